// SPDX-License-Identifier: BSL-1.0
// A file's bytes as an image.
#pragma once

#include <imgcompose/image/image.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Which bytes of a file are taken.
struct blob_options {
    bytes skip{};                   ///< bytes at the start of the file that are left out
    std::optional<bytes> size{};    ///< how many bytes to take; the rest of the file if not given
    std::optional<bytes> maximum{}; ///< input_error if more would be taken
    bytes pad_to{};                 ///< size of the image is a multiple of this; 0: no padding
    /// What the padding is made of.
    std::byte pad_with{};
};

/// The bytes of a file, which is not read before the image is. Symbolic links are followed.
/// Throws io_error if there is no such file, input_error if it is too short or too large.
image blob(const std::filesystem::path& path, const blob_options& options = {});

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/image/blob_impl.hpp>
#endif
