// SPDX-License-Identifier: BSL-1.0
// Filesystems made for tests, and what e2fsprogs say of them.
#pragma once

#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/tree/steps.hpp>
#include <imgcompose/write/write.hpp>

#include "tests/support/run.hpp"

#include <sstream>
#include <string>

namespace imgcompose_test {

/// A word of a shell command. (std::quoted would be found for a std::string.)
inline std::string word(std::string_view s) { return imgcompose_test::quoted(s); }

/// Writes what `r` makes of `size` to `path`.
inline void make_file(const imgcompose::recipe& r, const imgcompose::size_rule& size, const std::string& path) {
    imgcompose::write(imgcompose::standalone(r, size), imgcompose::sparse_file(path));
}

/// What e2fsck and dumpe2fs say beyond their summaries; empty for a sound filesystem.
inline std::string complaints(const std::string& path) {
    const auto fsck = run("e2fsck -fn " + word(path));
    std::string found = fsck.status == 0 ? "" : "e2fsck exits " + std::to_string(fsck.status) + "\n";
    std::istringstream lines(fsck.output);
    for (std::string line; std::getline(lines, line);) {
        const bool usual = line.empty() || line.starts_with("e2fsck 1.") || line.starts_with("Pass ") ||
                           line.find(" files (") != std::string::npos;
        if (!usual) found += line + '\n';
    }
    return found +
           run("dumpe2fs " + word(path) + " 2>&1 | grep -E 'EXPECTED|INVALID|needs_recovery|[Cc]orrupt'").output;
}

/// A tree of `count` files of a few bytes in the directory /many, with `longer` added to each name.
inline imgcompose::tree many_files(std::uint32_t count, const std::string& longer = {}) {
    namespace ic = imgcompose;
    ic::tree t;
    const auto parent = t.make_directories("/many");
    const auto content = t.add_image(std::make_shared<const ic::image>(ic::from_text("content of a small file\n")));
    for (std::uint32_t i = 0; i < count; ++i)
        t.link_unchecked(
            parent, "name-" + std::to_string(i * 7919u % count) + "-" + std::to_string(i) + longer,
            t.add_inode({.size = 24, .content = content, .mode = 0644, .files = ic::tree::content_is_image}));
    return t;
}

} // namespace imgcompose_test
