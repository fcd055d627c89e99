// SPDX-License-Identifier: BSL-1.0
// A directory of the host as a tree.
#pragma once

#include <imgcompose/tree/tree.hpp>

#include <cstddef>
#include <filesystem>

IMGCOMPOSE_NAMESPACE_BEGIN

/// What is read of a directory.
struct directory_options {
    bool follow_symlink = true;   ///< if the path itself is a symbolic link to a directory; those inside never are
    bool one_file_system = false; ///< leave out what is below the mount points inside
    bool xattrs = true;           ///< with ACLs and capabilities
    std::size_t jobs = 0;         ///< threads; 0: one a processor, at most four
};

/// All that is in a directory, and its own attributes: owners, modes, times, extended attributes, holes and hard links
/// as they are. File contents are not read before the image is written, and must not change until then. Throws
/// io_error, naming the path, for what cannot be read.
tree directory(const std::filesystem::path& path, const directory_options& options = {});

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/tree/directory_impl.hpp>
#endif
