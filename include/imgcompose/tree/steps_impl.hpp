// SPDX-License-Identifier: BSL-1.0
// The functions of steps.hpp.
#pragma once

#include <imgcompose/tree/steps.hpp>
#include <imgcompose/tree/glob.hpp>
#include <imgcompose/tree/merge.hpp>
#include <imgcompose/tree/walk.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void directory_cannot_be_replaced(std::string_view path) {
    throw input_error(text::join(text::quoted(path), " is a directory; exclude it first to put a file in its place"));
}
} // namespace fail

namespace detail {
inline tree::inode file_inode(tree& t, const image& content) {
    return {.size = content.size().count,
            .content = t.add_image(std::make_shared<const image>(content)),
            .files = tree::content_is_image};
}

inline tree_edit add_inode_step(std::string path, tree::inode i, attributes_of_node attributes) {
    return [path = std::move(path), i, attributes = std::move(attributes)](tree t) {
        t.add(path, i, attributes);
        return t;
    };
}

inline tree::inode device_inode(file_type type, std::string_view path, device_number d) {
    if (d.major > 0xfff || d.minor > 0xfffff) fail::device_number_out_of_range(path, d);
    return {.content = d.minor, .ranges = d.major, .type = type};
}

/// Calls `f(inode)` for each inode that has a name that the pattern matches; "/" is the top directory's.
template <class F> void change_matching(tree& t, const glob& pattern, const F& f) {
    std::vector<bool> chosen(t.inodes().size());
    chosen[0] = pattern.matches("/");
    for_each_path(t, [&](std::string_view path, std::uint32_t number) {
        if (pattern.matches(path)) chosen[t.entries()[number].target] = true;
        return true;
    });
    for (std::uint32_t i = 0; i < chosen.size(); ++i)
        if (chosen[i]) f(t.at(inode_index{i}));
}
} // namespace detail

IMGCOMPOSE_INLINE tree_edit add(std::string path, image content, attributes_of_node attributes) {
    return [path = std::move(path), bytes_of_file = std::move(content), attributes = std::move(attributes)](tree t) {
        const auto i = detail::file_inode(t, bytes_of_file);
        t.add(path, i, attributes);
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit replace(std::string path, image content, std::optional<attributes_of_node> attributes) {
    return [path = std::move(path), bytes_of_file = std::move(content), attributes = std::move(attributes)](tree t) {
        auto i = detail::file_inode(t, bytes_of_file);
        const auto [parent, name] = tree::parent_and_name(path);
        const inode_index where = t.make_directories(parent);
        const auto old = t.child_indexed(where, name);
        if (!old) {
            t.add(path, i, attributes.value_or(attributes_of_node{}));
            return t;
        }
        const tree::inode& before = t.at(*old);
        if (before.type == file_type::directory) fail::directory_cannot_be_replaced(path);
        if (attributes || before.type != file_type::regular) {
            t.set_attributes(i, attributes.value_or(attributes_of_node{}), path);
        } else {
            i.mtime_seconds = before.mtime_seconds, i.mtime_nanoseconds = before.mtime_nanoseconds;
            i.uid = before.uid, i.gid = before.gid, i.mode = before.mode, i.xattrs = before.xattrs;
        }
        t.relink(where, name, t.add_inode(i));
        t.compact();
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit make_directory(std::string path, attributes_of_node attributes) {
    return [path = std::move(path), attributes = std::move(attributes)](tree t) {
        const inode_index made = t.make_directories(path);
        t.set_attributes(t.at(made), attributes, path);
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit symlink(std::string path, std::string target, attributes_of_node attributes) {
    return [path = std::move(path), target = std::move(target), attributes = std::move(attributes)](tree t) {
        const tree::inode i{.size = target.size(), .content = t.add_target(target), .type = file_type::symlink};
        t.add(path, i, attributes);
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit hard_link(std::string path, std::string existing) {
    return [path = std::move(path), existing = std::move(existing)](tree t) {
        const auto target = t.find(existing);
        if (!target) fail::not_in_tree(existing);
        if (t.at(*target).type == file_type::directory) fail::hard_link_to_directory(existing);
        const auto [parent, name] = tree::parent_and_name(path);
        t.link(t.make_directories(parent), name, *target);
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit character_device(std::string path, device_number number, attributes_of_node attributes) {
    const auto i = detail::device_inode(file_type::character_device, path, number);
    return detail::add_inode_step(std::move(path), i, std::move(attributes));
}

IMGCOMPOSE_INLINE tree_edit block_device(std::string path, device_number number, attributes_of_node attributes) {
    const auto i = detail::device_inode(file_type::block_device, path, number);
    return detail::add_inode_step(std::move(path), i, std::move(attributes));
}

IMGCOMPOSE_INLINE tree_edit fifo(std::string path, attributes_of_node attributes) {
    return detail::add_inode_step(std::move(path), {.type = file_type::fifo}, std::move(attributes));
}

IMGCOMPOSE_INLINE tree_edit socket(std::string path, attributes_of_node attributes) {
    return detail::add_inode_step(std::move(path), {.type = file_type::socket}, std::move(attributes));
}

IMGCOMPOSE_INLINE tree_edit merge(tree later) {
    return [later = std::move(later)](tree t) { return merge(std::move(t), later); };
}

IMGCOMPOSE_INLINE tree_edit exclude(std::string_view pattern) {
    return [unwanted = glob{pattern}](tree t) {
        std::vector<bool> keep(t.entries().size());
        for_each_path(
            t, [&](std::string_view path, std::uint32_t number) { return keep[number] = !unwanted.matches(path); });
        t.retain(keep);
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit only(std::string path) {
    return [path = std::move(path)](tree t) {
        const auto found = t.resolve(path);
        if (!found) fail::not_in_tree(path);
        if (t.at(*found).type != file_type::directory) fail::not_a_directory(path);
        if (*found == top_directory) return t;
        std::vector<bool> keep(t.entries().size());
        for_each_path(t, *found, [&](std::string_view, std::uint32_t number) { return keep[number] = true; });
        t.at(top_directory) = t.at(*found);
        t.reparent(*found, top_directory);
        t.retain(keep);
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit prefix(std::string path) {
    return [path = std::move(path)](tree t) {
        if (path.find_first_not_of('/') == std::string::npos) return t;
        const auto [parent, name] = tree::parent_and_name(path);
        tree::inode old_top = t.at(top_directory);
        old_top.links = 0;
        const inode_index moved = t.add_inode(old_top);
        t.reparent(top_directory, moved);
        t.at(top_directory) = tree{}.at(top_directory);
        t.link(t.make_directories(parent), name, moved);
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit owned_by(std::uint32_t uid, std::uint32_t gid) {
    return [=](tree t) {
        t.for_each_inode([&](tree::inode& i) { i.uid = uid, i.gid = gid; });
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit renumbered_owners(std::map<std::uint32_t, std::uint32_t> users,
                                              std::map<std::uint32_t, std::uint32_t> groups) {
    return [users = std::move(users), groups = std::move(groups)](tree t) {
        const auto renumber = [](const std::map<std::uint32_t, std::uint32_t>& by, std::uint32_t& id) {
            if (const auto found = by.find(id); found != by.end()) id = found->second;
        };
        t.for_each_inode([&](tree::inode& i) { renumber(users, i.uid), renumber(groups, i.gid); });
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit with_mode(std::string_view pattern, std::uint16_t mode) {
    if (mode > 07777) fail::mode_out_of_range(pattern, mode);
    return [chosen = glob{pattern}, mode](tree t) {
        detail::change_matching(t, chosen, [&](tree::inode& i) {
            if (i.type != file_type::symlink) i.mode = mode;
        });
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit with_mode(std::string_view pattern, file_type type, std::uint16_t mode) {
    if (mode > 07777) fail::mode_out_of_range(pattern, mode);
    return [chosen = glob{pattern}, type, mode](tree t) {
        detail::change_matching(t, chosen, [&](tree::inode& i) {
            if (i.type == type) i.mode = mode;
        });
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit with_attributes(std::string path, attributes_of_node attributes) {
    return [path = std::move(path), attributes = std::move(attributes)](tree t) {
        const auto found = t.find(path);
        if (!found) fail::not_in_tree(path);
        tree::inode& i = t.at(*found);
        if (!attributes.mtime) i.mtime_nanoseconds = tree::no_time;
        t.set_attributes(i, attributes, path);
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit clamp_mtime(timestamp latest) {
    return [latest](tree t) {
        t.for_each_inode([&](tree::inode& i) {
            if (i.mtime_nanoseconds == tree::no_time || timestamp{i.mtime_seconds, i.mtime_nanoseconds} <= latest)
                return;
            i.mtime_seconds = latest.seconds, i.mtime_nanoseconds = latest.nanoseconds;
        });
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit with_mtime(timestamp time) {
    return [time](tree t) {
        t.for_each_inode(
            [&](tree::inode& i) { i.mtime_seconds = time.seconds, i.mtime_nanoseconds = time.nanoseconds; });
        return t;
    };
}

IMGCOMPOSE_INLINE tree_edit drop_xattrs(std::string_view pattern) {
    return [unwanted = glob{text::join("/", pattern)}](tree t) {
        std::map<std::uint32_t, std::uint32_t> without;
        t.for_each_inode([&](tree::inode& i) {
            const auto [known, is_new] = without.try_emplace(i.xattrs, 0);
            if (is_new) {
                auto set = t.xattrs_of(i);
                std::erase_if(set, [&](const xattr& x) { return unwanted.matches(text::join("/", x.name)); });
                known->second = t.intern_xattrs(std::move(set));
            }
            i.xattrs = known->second;
        });
        return t;
    };
}

IMGCOMPOSE_NAMESPACE_END
