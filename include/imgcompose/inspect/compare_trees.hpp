// SPDX-License-Identifier: BSL-1.0
// What differs between two trees, in terms of files.
#pragma once

#include <imgcompose/tree/content.hpp>
#include <imgcompose/tree/walk.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

struct file_change {
    enum class kind : std::uint8_t { added, removed, changed };

    kind what = kind::changed;
    std::string path{};             ///< absolute; "/" for the top directory
    std::vector<std::string> how{}; ///< of what changed: "mode: 0644 -> 0600", "content"

    friend bool operator==(const file_change&, const file_change&) = default;
};

struct compare_options {
    bool contents = true;          ///< read files of equal size too
    bool times = true;             ///< modification times
    std::chrono::seconds epoch{0}; ///< of what has no time of its own
};

namespace detail {

inline std::string octal(std::uint32_t value) {
    std::string digits;
    for (; value != 0; value /= 8) digits.insert(digits.begin(), static_cast<char>('0' + value % 8));
    return "0" + digits;
}
inline std::string time_text(const timestamp& t) {
    if (t.nanoseconds == 0) return text::join(t.seconds);
    const std::string fraction = std::to_string(1'000'000'000 + t.nanoseconds).substr(1);
    return text::join(t.seconds, '.', fraction);
}

/// "what: before -> after" for each fact in which two inodes differ.
inline std::vector<std::string> differences(const tree& a, const tree::inode& x, const tree& b, const tree::inode& y,
                                            const compare_options& options) {
    std::vector<std::string> how;
    const auto differs = [&](std::string_view what, const auto& before, const auto& after) {
        if (before != after) how.push_back(text::join(what, ": ", before, " -> ", after));
    };
    differs("type", name_of(x.type), name_of(y.type));
    differs("mode", octal(x.mode), octal(y.mode));
    differs("owner", text::join(x.uid, ':', x.gid), text::join(y.uid, ':', y.gid));
    if (options.times && x.mtime(options.epoch) != y.mtime(options.epoch))
        differs("mtime", time_text(x.mtime(options.epoch)), time_text(y.mtime(options.epoch)));
    differs("hard links", x.links, y.links);

    std::vector<std::string> changed_attributes;
    const auto &before = a.xattrs_of(x), &after = b.xattrs_of(y);
    for (const xattr& old : before)
        if (std::ranges::find(after, old) == after.end()) changed_attributes.push_back(old.name);
    for (const xattr& now : after)
        if (std::ranges::find(before, now.name, &xattr::name) == before.end()) changed_attributes.push_back(now.name);
    std::ranges::sort(changed_attributes);
    for (const std::string& name : changed_attributes) how.push_back("attribute " + name);

    if (x.type != y.type) return how;
    if (x.type == file_type::symlink)
        differs("target", text::quoted(a.symlink_target(x)), text::quoted(b.symlink_target(y)));
    if (x.type == file_type::character_device || x.type == file_type::block_device) {
        const device_number m = tree::device_of(x), n = tree::device_of(y);
        differs("device", text::join(m.major, ':', m.minor), text::join(n.major, ':', n.minor));
    }
    if (x.type == file_type::regular) {
        if (x.size != y.size) how.push_back(text::join("size: ", x.size, " -> ", y.size, " bytes"));
        if (x.size == y.size && options.contents && !reads_same(content_of(a, x), content_of(b, y)))
            how.push_back("content");
    }
    return how;
}

struct named_inode {
    std::string path;
    inode_index inode;
};
inline std::vector<named_inode> all_paths(const tree& t) {
    std::vector<named_inode> paths{{"/", top_directory}};
    for_each_path(t, [&](std::string_view path, std::uint32_t entry) {
        paths.push_back({std::string{path}, inode_index{t.entries()[entry].target}});
        return true;
    });
    std::ranges::sort(paths, [](const named_inode& x, const named_inode& y) {
        return std::tie(x.path, x.inode) < std::tie(y.path, y.inode);
    });
    return paths;
}

} // namespace detail

/// What has to be done to `a` so that it becomes `b`, in order of the paths. Contents of equal size are read.
/// Throws io_error or format_error for what cannot be read.
inline std::vector<file_change> compare(const tree& a, const tree& b, const compare_options& options = {}) {
    std::vector<file_change> changes;
    const auto before = detail::all_paths(a), after = detail::all_paths(b);
    for (std::size_t i = 0, j = 0; i < before.size() || j < after.size();) {
        if (j == after.size() || (i < before.size() && before[i].path < after[j].path)) {
            changes.push_back({file_change::kind::removed, before[i++].path, {}});
        } else if (i == before.size() || after[j].path < before[i].path) {
            changes.push_back({file_change::kind::added, after[j++].path, {}});
        } else {
            auto how = detail::differences(a, a.at(before[i].inode), b, b.at(after[j].inode), options);
            if (!how.empty()) changes.push_back({file_change::kind::changed, after[j].path, std::move(how)});
            ++i, ++j;
        }
    }
    return changes;
}

IMGCOMPOSE_NAMESPACE_END
