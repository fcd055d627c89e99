// SPDX-License-Identifier: BSL-1.0
// The medium that an image is to go to, refused if it is the wrong one.
#pragma once

#include <imgcompose/core/units.hpp>

#include <filesystem>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace flash {

/// What is accepted as a medium to overwrite.
struct target_options {
    bool allow_fixed = false; ///< also a device that cannot be taken out
    bool allow_file = true;   ///< also a regular file, whose size is then that of the medium
};

/// What may be overwritten.
class target {
public:
    /// For `removable_device`, which checks it.
    target(std::filesystem::path path, bytes size, bytes sector_size);

    /// The device, or the file that stands for one.
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Of the medium.
    [[nodiscard]] bytes size() const { return size_; }
    /// Of the medium: what `compose_for` wants.
    [[nodiscard]] bytes sector_size() const { return sector_size_; }

private:
    std::filesystem::path path_;
    bytes size_;
    bytes sector_size_;
};

/// Looks at the device or file at `path` and changes nothing. Throws input_error if it is mounted or otherwise in use (or
/// a partition of it is), a partition, write-protected, or a disk that cannot be taken out; loop devices may be used.
target find_target(const std::filesystem::path& path, const target_options& options = {});

/// The same for a card, stick or loop device only.
target removable_device(const std::filesystem::path& path);

} // namespace flash
IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/flash/target_impl.hpp>
#endif
