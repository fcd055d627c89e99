// SPDX-License-Identifier: BSL-1.0
// A disk that exists, as an image: a raw image file or a block device.
#pragma once

#include <imgcompose/image/image.hpp>
#include <imgcompose/os/file.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void not_a_disk(std::string_view path, file_type type) {
    throw input_error(
        text::join(path, " is a ", name_of(type), "; an image file or a block device can be looked into"));
}
} // namespace fail

namespace detail {

/// The bytes of a file that stays open.
class bytes_of_open_file final : public generator {
public:
    explicit bytes_of_open_file(os::file f) : file_(std::move(f)) {}
    void generate(std::uint32_t, bytes from, std::span<std::byte> to) const override {
        file_.read_exactly_at(offset{from}, to);
    }
    [[nodiscard]] std::string describe(std::uint32_t) const override { return file_.path(); }

private:
    os::file file_;
};

} // namespace detail

/// The bytes of a file or block device, which is opened once for reading and not changed; holes of a file are zero.
/// Throws io_error if it cannot be opened, input_error if it is of another kind.
inline image open_disk(const std::filesystem::path& path) {
    os::file file = os::file::open_for_reading(path.string());
    const os::file_status status = file.status();
    bytes size = status.size;
    if (status.type == file_type::block_device) size = file.geometry().size;
    else if (status.type != file_type::regular) fail::not_a_disk(path.string(), status.type);

    image disk{size};
    std::vector<std::pair<offset, offset>> data;
    if (status.type == file_type::regular && status.allocated < size) {
        for (offset at{}; at < offset{size};) {
            const os::answer begin = file.try_seek_data(at);
            if (os::is_error(begin, std::errc::no_such_device_or_address)) break; // only a hole is left
            const os::answer end =
                begin < 0 ? begin : file.try_seek_hole(offset{bytes{static_cast<std::uint64_t>(begin)}});
            if (end < 0) { // it cannot tell
                data.emplace_back(at, offset{size});
                break;
            }
            const offset first{bytes{static_cast<std::uint64_t>(begin)}}, last{bytes{static_cast<std::uint64_t>(end)}};
            data.emplace_back(std::min(first, offset{size}), std::min(last, offset{size}));
            at = std::max(last, at + bytes{1});
        }
    } else {
        data.emplace_back(offset{}, offset{size});
    }

    const auto index = disk.add_source(std::make_shared<const detail::bytes_of_open_file>(std::move(file)));
    offset end{};
    for (const auto& [first, last] : data) {
        disk.append({.at = end, .size = first - end, .source = extent::is_zero});
        disk.append({.at = first, .size = last - first, .from = from_start(first), .source = index});
        end = last;
    }
    disk.append({.at = end, .size = offset{size} - end, .source = extent::is_zero});
    return disk;
}

IMGCOMPOSE_NAMESPACE_END
