// SPDX-License-Identifier: BSL-1.0
// The tree that says where the blocks of a file are. Source: Linux fs/ext4/ext4_extents.h, extents.c.
#pragma once

#include <imgcompose/fs/ext4/checksum.hpp>
#include <imgcompose/fs/ext4/geometry.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// `length` blocks of a file from its block `logical` on, at block `physical` of the filesystem.
struct ext4_extent {
    std::uint32_t logical = 0;
    std::uint32_t length = 0;
    std::uint64_t physical = 0;
};

inline constexpr std::uint32_t ext4_extents_in_inode = 4;

/// Entries that fit one block of the tree.
constexpr std::uint32_t ext4_extents_in_block(std::uint32_t block_size) { return (block_size - 12) / 12; }

/// Blocks outside the inode that a tree of `extents` extents takes, all levels together.
constexpr std::uint64_t ext4_extent_tree_blocks(std::uint64_t extents, std::uint32_t block_size) {
    std::uint64_t blocks = 0;
    for (std::uint64_t entries = extents; entries > ext4_extents_in_inode;) {
        entries = div_up(entries, ext4_extents_in_block(block_size));
        blocks += entries;
    }
    return blocks;
}

namespace detail {
inline void put_extent_header(std::span<std::byte> to, std::size_t entries, std::size_t most, std::uint32_t depth) {
    put_struct(to, ext4_format::extent_header{.eh_magic = to_disk(ext4_format::extent_magic),
                                              .eh_entries = to_disk(static_cast<std::uint16_t>(entries)),
                                              .eh_max = to_disk(static_cast<std::uint16_t>(most)),
                                              .eh_depth = to_disk(static_cast<std::uint16_t>(depth)),
                                              .eh_generation = to_disk(0u)});
}
} // namespace detail

/// Writes the tree of `extents` into the 60 bytes of i_block and the blocks `tree_blocks`, for each of which
/// `block_at(number)` gives the bytes to fill. The blocks are used from the lowest level up.
template <class BlockAt>
void put_extent_tree(const ext4_profile& p, std::uint32_t ino, std::span<const ext4_extent> extents,
                     std::span<const std::uint64_t> tree_blocks, std::span<std::byte> i_block,
                     const BlockAt& block_at) {
    using namespace ext4_format;
    struct child {
        std::uint32_t logical;
        std::uint64_t block;
    };
    const auto put_leaf = [](std::span<std::byte> to, const ext4_extent& e) {
        put_struct(to, extent_leaf{.ee_block = to_disk(e.logical),
                                   .ee_len = to_disk(static_cast<std::uint16_t>(e.length)),
                                   .ee_start_hi = to_disk(static_cast<std::uint16_t>(e.physical >> 32)),
                                   .ee_start_lo = to_disk(static_cast<std::uint32_t>(e.physical))});
    };
    const auto put_index = [](std::span<std::byte> to, const child& c) {
        put_struct(to, extent_index{.ei_block = to_disk(c.logical),
                                    .ei_leaf_lo = to_disk(static_cast<std::uint32_t>(c.block)),
                                    .ei_leaf_hi = to_disk(static_cast<std::uint16_t>(c.block >> 32)),
                                    .ei_unused = to_disk(std::uint16_t{0})});
    };
    const std::size_t most = ext4_extents_in_block(p.block_size);
    std::size_t used = 0;
    const auto put_level = [&](const auto& entries, const auto& put, std::uint32_t depth) {
        std::vector<child> above;
        for (std::size_t first = 0; first < entries.size(); first += most) {
            const std::size_t count = std::min(most, entries.size() - first);
            const std::uint64_t number = tree_blocks[used++];
            const std::span<std::byte> block = block_at(number);
            detail::put_extent_header(block, count, most, depth);
            for (std::size_t i = 0; i < count; ++i) put(block.subspan(12 + 12 * i), entries[first + i]);
            ext4_checksum::finish_extent_block(p, ino, block);
            above.push_back({entries[first].logical, number});
        }
        return above;
    };
    const auto put_root = [&](const auto& entries, const auto& put, std::uint32_t depth) {
        detail::put_extent_header(i_block, entries.size(), ext4_extents_in_inode, depth);
        for (std::size_t i = 0; i < entries.size(); ++i) put(i_block.subspan(12 + 12 * i), entries[i]);
    };
    if (extents.size() <= ext4_extents_in_inode) return put_root(extents, put_leaf, 0);
    std::uint32_t depth = 1;
    std::vector<child> children = put_level(extents, put_leaf, 0);
    for (; children.size() > ext4_extents_in_inode; ++depth) children = put_level(children, put_index, depth);
    put_root(children, put_index, depth);
}

IMGCOMPOSE_NAMESPACE_END
