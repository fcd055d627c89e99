// SPDX-License-Identifier: BSL-1.0
// Archives as trees; needs the target imgcompose::archive (libarchive).
#pragma once

#include <imgcompose/archive/members.hpp>

#include <filesystem>

IMGCOMPOSE_NAMESPACE_BEGIN

struct archive_options {
    bool xattrs = true; ///< with ACLs and capabilities
    /// Where the contents of packed files are kept, in a file without a name, as long as they are needed; the system's
    /// folder for temporary files ($TMPDIR, else /tmp) if it is empty.
    std::filesystem::path unpack_in{};
};

/// All that is in a tar, cpio or zip archive, as unpacking it would: owners by number, modes, times, extended
/// attributes, ACLs, holes and hard links as they are, names as the bytes that they are, in any locale. (Of a zip,
/// which tells the characters of its names, those in UTF-8 are composed, as libarchive has them.) Of several members of
/// one name the last is there. Names count from the top of the tree, with or without "/" or "./" before them; `..` is
/// refused.
///
/// tar and cpio may be packed by what libarchive unpacks without another program: mostly gzip, xz, zstd, bzip2 and lz4.
/// What lies in the archive as it is stays there until the image is written, and the archive must not change until
/// then; all else is unpacked now. mtree manifests are not read: they name other files of the host, which an archive
/// of somebody else's should not reach.
///
/// Throws format_error for what is no archive, is damaged, cut off or holds what a tree has not, input_error for names
/// that cannot be, and io_error; each names the archive and the member.
inline tree archive(const std::filesystem::path& path, const archive_options& options = {}) {
    return detail::archive_members{path.string(), options.xattrs, options.unpack_in}.read();
}

IMGCOMPOSE_NAMESPACE_END
