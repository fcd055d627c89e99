// SPDX-License-Identifier: BSL-1.0
// Every name of a tree with its path.
#pragma once

#include <imgcompose/tree/tree.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Calls `f(path, entry)` for all that is below `from`, in the order of the names' bytes and a directory before what is
/// in it; `entry` is a position in t.entries(), the path begins with a slash and counts from `from`. What is in a
/// directory is left out if `f` returns false. However deep the tree is, this does not recurse.
template <class F> void for_each_path(const tree& t, inode_index from, const F& f) {
    struct level {
        inode_index directory;
        std::size_t next;
        std::size_t path_size;
    };
    const tree::sorted_entries sorted = t.sorted();
    std::string path;
    std::vector<level> levels{{from, 0, 0}};
    while (!levels.empty()) {
        level& here = levels.back();
        const auto names = sorted.of(here.directory);
        path.resize(here.path_size);
        if (here.next == names.size()) {
            levels.pop_back();
            continue;
        }
        const std::uint32_t number = names[here.next++];
        const tree::entry& e = t.entries()[number];
        path += '/';
        path += t.name_of(e);
        const bool inside = f(std::string_view{path}, number);
        const inode_index target{e.target};
        if (inside && t.at(target).type == file_type::directory) levels.push_back({target, 0, path.size()});
    }
}
template <class F> void for_each_path(const tree& t, const F& f) { for_each_path(t, top_directory, f); }

IMGCOMPOSE_NAMESPACE_END
