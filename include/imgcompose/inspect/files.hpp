// SPDX-License-Identifier: BSL-1.0
// The files of a filesystem that was found.
#pragma once

#include <imgcompose/fs/ext4/read.hpp>
#include <imgcompose/fs/fat/read.hpp>
#include <imgcompose/inspect/report.hpp>

#include <optional>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void files_not_readable(std::string_view kind) {
    throw input_error(text::join("the files of ", kind.empty() ? std::string_view{"what is not known"} : kind,
                                 " cannot be read here; ext2, ext3, ext4 and FAT can"));
}
} // namespace fail

/// Whether `files_of` can read them.
inline bool has_readable_files(const std::optional<found_content>& c) { return c && (c->ext4 || c->fat); }

/// The tree in the filesystem at the start of `part`, which was recognised as `content`. Throws format_error where it
/// is damaged, input_error for what has no files that can be read.
inline tree files_of(const window& part, const std::optional<found_content>& content) {
    if (content && content->ext4) return read_ext4(part);
    if (content && content->fat) return read_fat(part);
    fail::files_not_readable(content ? std::string_view{content->kind} : std::string_view{});
}

IMGCOMPOSE_NAMESPACE_END
