// SPDX-License-Identifier: BSL-1.0
// The kinds of files that Unix and its filesystems know.
#pragma once

#include <imgcompose/version.hpp>

#include <cstdint>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

enum class file_type : std::uint8_t { regular, directory, symlink, character_device, block_device, fifo, socket };

constexpr std::string_view name_of(file_type t) {
    switch (t) {
    case file_type::regular: return "regular file";
    case file_type::directory: return "directory";
    case file_type::symlink: return "symbolic link";
    case file_type::character_device: return "character device";
    case file_type::block_device: return "block device";
    case file_type::fifo: return "fifo";
    case file_type::socket: return "socket";
    }
    return "unknown";
}

IMGCOMPOSE_NAMESPACE_END
