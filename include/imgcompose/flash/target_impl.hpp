// SPDX-License-Identifier: BSL-1.0
// The functions of target.hpp.
#pragma once

#include <imgcompose/flash/target.hpp>
#include <imgcompose/os/block_device.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void target_in_use(std::string_view path, std::string_view use) {
    throw input_error(text::join(path, " is in use: ", use, "; unmount it first, if it is the right one"));
}

[[noreturn]] inline void target_not_removable(std::string_view path) {
    throw input_error(text::join(path,
                                 " cannot be taken out of this machine, so it may be the system's own disk; if it is "
                                 "the right one, say so with `allow_fixed`"));
}

[[noreturn]] inline void target_is_partition(std::string_view path) {
    throw input_error(text::join(path, " is a partition; name the device that it is a part of"));
}

[[noreturn]] inline void target_is_read_only(std::string_view path) {
    throw input_error(text::join(path, " is write-protected; SD cards have a switch for that"));
}

[[noreturn]] inline void not_a_target(std::string_view path, file_type type, std::string_view wanted) {
    throw input_error(text::join(path, " is a ", name_of(type), ", not ", wanted));
}

[[noreturn]] inline void target_is_empty(std::string_view path) {
    throw input_error(text::join(path, " has no medium in it, or a size of zero"));
}
} // namespace fail

namespace flash {

IMGCOMPOSE_INLINE target::target(std::filesystem::path path, bytes size, bytes sector_size)
    : path_(std::move(path)), size_(size), sector_size_(sector_size) {}

IMGCOMPOSE_INLINE target find_target(const std::filesystem::path& path, const target_options& options) {
    const std::string name = path.string();
    const os::file_status status = os::status_of(name);
    if (status.type == file_type::regular && options.allow_file) {
        if (status.size == bytes{}) fail::target_is_empty(name);
        return {path, status.size, bytes{512}};
    }
    if (status.type != file_type::block_device)
        fail::not_a_target(name, status.type, options.allow_file ? "a block device or regular file" : "a block device");

    const os::block_device_facts facts = os::facts_of_block_device(status);
    if (facts.partition) fail::target_is_partition(name);
    if (!facts.uses.empty()) fail::target_in_use(name, facts.uses.front());
    if (!facts.removable && !facts.loop && !options.allow_fixed) fail::target_not_removable(name);
    if (facts.read_only) fail::target_is_read_only(name);
    // Who else uses it only the kernel knows, and tells by refusing this.
    const os::device_geometry device = os::file::open(name, os::open_mode::exclusive).geometry();
    if (device.size == bytes{}) fail::target_is_empty(name);
    return {path, device.size, device.sector_size};
}

IMGCOMPOSE_INLINE target removable_device(const std::filesystem::path& path) {
    return find_target(path, {.allow_file = false});
}
} // namespace flash

IMGCOMPOSE_NAMESPACE_END
