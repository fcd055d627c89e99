// SPDX-License-Identifier: BSL-1.0
// What a tree needs of an ext4 filesystem, whatever its size: inode numbers, directory blocks, attribute blocks.
#pragma once

#include <imgcompose/fs/ext4/htree.hpp>
#include <imgcompose/fs/ext4/xattr.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void file_too_large_for_reader(std::string_view path, bytes size, bytes most,
                                                   std::string_view who) {
    throw input_error(text::join(text::quoted(path), " has ", size.count, " bytes; ", who, " reads at most ", most.count,
                                 "; leave it out, or put it on a partition that only Linux has to read"));
}
[[noreturn]] inline void file_too_large_for_blocks(std::string_view path, bytes size, bytes most, bytes block_size) {
    throw input_error(text::join(text::quoted(path), " has ", size.count, " bytes; ext4 with blocks of ",
                                 block_size.count, " bytes holds at most ", most.count,
                                 block_size < bytes{4096} ? "; use larger blocks" : "; leave it out"));
}
[[noreturn]] inline void symlink_too_long_for_blocks(std::string_view path, bytes size, bytes block_size) {
    throw input_error(text::join("the target of the symbolic link ", text::quoted(path), " has ", size.count,
                                 " bytes; ext4 with blocks of ", block_size.count, " bytes holds at most ",
                                 block_size.count - 1,
                                 block_size < bytes{4096} ? "; use larger blocks" : "; Linux follows no longer ones"));
}
[[noreturn]] inline void time_has_no_such_fraction(std::string_view path, std::uint32_t nanoseconds) {
    throw input_error(text::join("the modification time of ", text::quoted(path), " has ", nanoseconds,
                                 " nanoseconds; at most 999999999 are possible"));
}
[[noreturn]] inline void time_out_of_range(std::string_view path, std::int64_t seconds, std::string_view range) {
    throw input_error(text::join("the modification time of ", text::quoted(path), " is ", seconds,
                                 " seconds from 1970; ext4 with these inodes can hold ", range, "; clamp it"));
}
[[noreturn]] inline void too_many_links(std::string_view path, std::uint32_t links) {
    throw input_error(text::join(text::quoted(path), " has ", links, " hard links; ext4 can count ",
                                 ext4_format::longest_link_count, "; make some of them copies"));
}
[[noreturn]] inline void too_many_inodes(std::uint64_t needed, std::uint64_t given) {
    throw layout_error(text::join("the tree needs ", needed,
                                  " inodes (reserved ones included), the filesystem is to have ", given,
                                  "; ask for more inodes or leave the number open"));
}
} // namespace fail

/// A directory and its blocks. Entries are positions in ext4_content::order, from `first` on.
struct ext4_directory {
    std::uint32_t ino = 0, parent_ino = 0;
    std::uint32_t first = 0, count = 0;
    std::uint32_t first_leaf = 0, leaf_count = 0; ///< in ext4_content::leaves
    std::uint32_t blocks = 0;
    std::uint32_t subdirectories = 0;
    bool hashed = false;
};

/// A block of entries; `hash` is the lowest in it, with bit 0 set where the block before ends with the same hash.
struct ext4_directory_leaf {
    std::uint32_t first = 0; ///< position in ext4_content::order
    std::uint32_t hash = 0;
};

/// A value of an extended attribute that has an inode of its own.
struct ext4_value_inode {
    std::uint32_t set = 0, attribute = 0; ///< which value
    std::uint32_t references = 0;
};

class ext4_content {
public:
    static constexpr std::uint32_t no_directory = 0xffffffff;

    ext4_profile profile;
    const imgcompose::tree* tree = nullptr;
    std::chrono::seconds epoch{0};

    std::vector<std::uint32_t> order;         ///< positions in tree.entries(): by directory, then name or hash
    std::vector<std::uint32_t> ino_of;        ///< by index of the tree's inode
    std::vector<std::uint32_t> tree_inode_of; ///< by ino - 11: numbers from the first free one on
    std::vector<std::uint32_t> directory_of;  ///< by ino - 11, `no_directory` for other files
    std::vector<ext4_directory> directories;  ///< the first is the top
    std::vector<ext4_directory_leaf> leaves;
    std::vector<ext4_xattr_plan> xattrs;        ///< by the tree's index of sets
    std::vector<std::uint32_t> xattr_users;     ///< inodes that have the set, likewise
    std::vector<ext4_value_inode> value_inodes; ///< numbered after all others
    bool needs_large_dir = false;

    [[nodiscard]] std::uint32_t first_value_inode() const {
        return ext4_format::first_free_inode + static_cast<std::uint32_t>(tree_inode_of.size());
    }
    /// The highest inode number in use; all below it are.
    [[nodiscard]] std::uint32_t last_inode() const {
        return first_value_inode() + static_cast<std::uint32_t>(value_inodes.size()) - 1;
    }
    /// Calls `f(ino, tree inode)` in order of the numbers, the top directory first.
    template <class F> void for_each_inode(const F& f) const {
        f(ext4_format::root_inode, tree->at(top_directory));
        for (std::size_t i = 0; i < tree_inode_of.size(); ++i)
            f(ext4_format::first_free_inode + static_cast<std::uint32_t>(i), tree->at(inode_index{tree_inode_of[i]}));
    }
    [[nodiscard]] const imgcompose::tree::inode& inode_at(std::uint32_t ino) const {
        return tree->at(ino == ext4_format::root_inode
                            ? top_directory
                            : inode_index{tree_inode_of[ino - ext4_format::first_free_inode]});
    }
    [[nodiscard]] const ext4_directory& directory_at(std::uint32_t ino) const {
        return directories[ino == ext4_format::root_inode ? 0 : directory_of[ino - ext4_format::first_free_inode]];
    }
    [[nodiscard]] bool has_xattr_block(const imgcompose::tree::inode& i) const {
        return i.xattrs != 0 && xattrs[i.xattrs].uses_block;
    }
    /// Whether a symbolic link is too long for the inode itself.
    [[nodiscard]] static bool has_link_block(const imgcompose::tree::inode& i) {
        return i.type == file_type::symlink && i.size >= 60;
    }
};

namespace detail {

/// Bytes of a directory entry.
constexpr std::uint32_t directory_entry_size(std::size_t name_length) {
    return static_cast<std::uint32_t>(sizeof(ext4_format::directory_entry) + name_length + 3) / 4 * 4;
}

/// Gives numbers to all inodes, directory by directory, so that neighbours in a directory are neighbours on disk. The first
/// is `lost_found`, unless that is the top directory.
inline void number_ext4_inodes(ext4_content& c, const tree::sorted_entries& sorted, inode_index lost_found) {
    const tree& t = *c.tree;
    c.ino_of.assign(t.inodes().size(), 0);
    c.ino_of[0] = ext4_format::root_inode;
    const auto give_number = [&](std::uint32_t inode) {
        c.ino_of[inode] = ext4_format::first_free_inode + static_cast<std::uint32_t>(c.tree_inode_of.size());
        c.tree_inode_of.push_back(inode);
        c.directory_of.push_back(ext4_content::no_directory);
    };
    if (lost_found != top_directory) give_number(static_cast<std::uint32_t>(lost_found));

    struct pending {
        std::uint32_t inode, parent_ino;
    };
    std::vector<pending> stack{{0, ext4_format::root_inode}};
    while (!stack.empty()) {
        const pending d = stack.back();
        stack.pop_back();
        const auto entries = sorted.of(inode_index{d.inode});
        ext4_directory directory{.ino = c.ino_of[d.inode],
                                 .parent_ino = d.parent_ino,
                                 .first = sorted.first[d.inode],
                                 .count = static_cast<std::uint32_t>(entries.size())};
        if (d.inode != 0)
            c.directory_of[directory.ino - ext4_format::first_free_inode] =
                static_cast<std::uint32_t>(c.directories.size());
        const std::size_t before = stack.size();
        for (const std::uint32_t e : entries) {
            const std::uint32_t target = t.entries()[e].target;
            if (c.ino_of[target] == 0) give_number(target);
            if (t.at(inode_index{target}).type == file_type::directory) {
                stack.push_back({target, directory.ino});
                ++directory.subdirectories;
            }
        }
        std::reverse(stack.begin() + static_cast<std::ptrdiff_t>(before), stack.end());
        c.directories.push_back(directory);
    }
}

/// Deals the entries of a directory out to blocks. Returns false if hashed blocks cannot be indexed.
inline bool deal_directory(ext4_content& c, ext4_directory& d, bool is_lost_found) {
    const tree& t = *c.tree;
    const ext4_profile& p = c.profile;
    const std::uint32_t room = p.directory_block_room();
    const auto entries = std::span{c.order}.subspan(d.first, d.count);
    const auto size_of = [&](std::uint32_t e) { return directory_entry_size(t.name_of(t.entries()[e]).size()); };

    d.first_leaf = static_cast<std::uint32_t>(c.leaves.size());
    std::uint64_t total = directory_entry_size(1) + directory_entry_size(2);
    for (const std::uint32_t e : entries) total += size_of(e);
    d.hashed = p.dir_index && total > room;

    std::vector<std::uint32_t> hashes;
    if (d.hashed) {
        // Names of equal hash stay in order of their bytes.
        std::vector<std::pair<std::uint32_t, std::uint32_t>> by_hash;
        by_hash.reserve(entries.size());
        for (std::uint32_t i = 0; i < d.count; ++i)
            by_hash.emplace_back(ext4_name_hash(t.name_of(t.entries()[entries[i]]), p.hash_seed), i);
        std::sort(by_hash.begin(), by_hash.end());
        const std::vector<std::uint32_t> by_name(entries.begin(), entries.end());
        hashes.reserve(entries.size());
        for (std::uint32_t i = 0; i < d.count; ++i)
            entries[i] = by_name[by_hash[i].second], hashes.push_back(by_hash[i].first);
    }
    // In a list the first block begins with "." and ".."; in a hashed directory these are in the root block.
    std::uint32_t used = d.hashed ? 0 : directory_entry_size(1) + directory_entry_size(2);
    c.leaves.push_back({.first = d.first, .hash = 0});
    for (std::uint32_t i = 0; i < d.count; ++i) {
        const std::uint32_t size = size_of(entries[i]);
        if (used + size > room) {
            std::uint32_t hash = 0;
            if (d.hashed) hash = hashes[i] | (hashes[i] == hashes[i - 1] ? 1u : 0u);
            c.leaves.push_back({.first = d.first + i, .hash = hash});
            used = 0;
        }
        used += size;
    }
    d.leaf_count = static_cast<std::uint32_t>(c.leaves.size()) - d.first_leaf;
    d.blocks = d.leaf_count;
    if (d.hashed) {
        const htree_shape shape = ext4_htree_shape(p.block_size, p.metadata_csum, d.leaf_count);
        if (shape.levels > 1) {
            if (!p.large_dir_allowed || shape.levels > 2) return false;
            c.needs_large_dir = true;
        }
        d.blocks += shape.index_blocks();
    } else if (is_lost_found) {
        // As mke2fs: e2fsck must find room there without allocating.
        d.blocks = std::max(d.blocks, std::max(16384 / p.block_size, 2u));
    }
    return true;
}

inline void check_ext4_inode(const ext4_content& c, const tree::inode& i, const std::function<std::string()>& path) {
    const ext4_profile& p = c.profile;
    if (i.type == file_type::regular && i.size > p.largest_file) {
        if (p.readable_by != linux_kernel)
            fail::file_too_large_for_reader(path(), bytes{i.size}, bytes{p.largest_file}, name_of(p.readable_by));
        fail::file_too_large_for_blocks(path(), bytes{i.size}, bytes{p.largest_file}, bytes{p.block_size});
    }
    if (i.type == file_type::symlink && i.size >= p.block_size)
        fail::symlink_too_long_for_blocks(path(), bytes{i.size}, bytes{p.block_size});
    if (i.type != file_type::directory && i.links > ext4_format::longest_link_count)
        fail::too_many_links(path(), i.links);
    if (i.mtime_nanoseconds == tree::no_time) return; // the epoch, which make_ext4_profile looked at
    if (i.mtime_nanoseconds > 999'999'999) fail::time_has_no_such_fraction(path(), i.mtime_nanoseconds);
    const bool old = p.inode_size == ext4_format::good_old_inode_size;
    if (i.mtime_seconds < ext4_format::first_second ||
        i.mtime_seconds > (old ? ext4_format::last_second_of_old_inode : ext4_format::last_second))
        fail::time_out_of_range(path(), i.mtime_seconds, old ? "1901 to 2038" : "1901 to 2446");
}

} // namespace detail

/// Plans the content. The tree must outlive it. Throws input_error for what these features cannot hold.
inline ext4_content plan_ext4_content(const ext4_profile& p, const tree& t, std::chrono::seconds epoch) {
    ext4_content c;
    c.profile = p;
    c.tree = &t;
    c.epoch = epoch;
    tree::sorted_entries sorted = t.sorted();
    inode_index lost_found = t.child(top_directory, "lost+found").value_or(top_directory);
    if (t.at(lost_found).type != file_type::directory) lost_found = top_directory;
    detail::number_ext4_inodes(c, sorted, lost_found);
    c.order = std::move(sorted.order);
    for (ext4_directory& d : c.directories) {
        const bool is_lost_found = lost_found != top_directory && d.ino == ext4_format::first_free_inode;
        if (!detail::deal_directory(c, d, is_lost_found)) {
            const auto index =
                d.ino == ext4_format::root_inode ? 0 : c.tree_inode_of[d.ino - ext4_format::first_free_inode];
            fail::directory_too_large(t.path_of(inode_index{index}), d.count,
                                      p.large_dir_allowed ? "use a larger block size"
                                                          : "allow large_dir or use a larger block size");
        }
    }

    c.xattr_users.assign(t.xattr_set_count(), 0);
    c.xattrs.resize(t.xattr_set_count());
    c.for_each_inode([&](std::uint32_t ino, const tree::inode& i) {
        const auto path = [&] {
            return t.path_of(ino == ext4_format::root_inode
                                 ? top_directory
                                 : inode_index{c.tree_inode_of[ino - ext4_format::first_free_inode]});
        };
        detail::check_ext4_inode(c, i, path);
        if (i.xattrs == 0) return;
        if (c.xattr_users[i.xattrs]++ == 0) c.xattrs[i.xattrs] = plan_ext4_xattrs(p, t.xattrs_of(i), path());
    });
    // Equal large values share an inode. One reference a block or inode that holds the entry.
    std::map<std::string_view, std::uint32_t> known;
    for (std::uint32_t set = 1; set < c.xattrs.size(); ++set)
        for (std::uint32_t n = 0; n < c.xattrs[set].attributes.size(); ++n) {
            auto& a = c.xattrs[set].attributes[n];
            if (a.where != ext4_xattr_plan::place::own_inode) continue;
            const auto [where, is_new] = known.try_emplace(a.value, static_cast<std::uint32_t>(c.value_inodes.size()));
            if (is_new) c.value_inodes.push_back({.set = set, .attribute = n});
            a.value_inode = c.first_value_inode() + where->second;
            c.value_inodes[where->second].references +=
                a.entry_in_inode
                    ? c.xattr_users[set]
                    : static_cast<std::uint32_t>(div_up(c.xattr_users[set], ext4_format::xattr_most_references));
        }
    return c;
}

IMGCOMPOSE_NAMESPACE_END
