// SPDX-License-Identifier: BSL-1.0
// Where a filesystem of a given size has its fixed metadata: superblocks, descriptors, bitmaps, inode tables.
// Pure arithmetic. Follows mke2fs (e2fsprogs lib/ext2fs/initialize.c, alloc_tables.c), except that flexible groups
// leave no room for groups that do not exist yet.
#pragma once

#include <imgcompose/fs/ext4/profile.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Blocks from `at` up to, but without, `end`.
struct block_range {
    std::uint64_t at = 0, end = 0;
    [[nodiscard]] std::uint64_t count() const { return end - at; }
    friend constexpr auto operator<=>(const block_range&, const block_range&) = default;
};

struct ext4_geometry {
    struct group_places {
        std::uint64_t block_bitmap = 0, inode_bitmap = 0, inode_table = 0;
    };

    std::uint64_t blocks = 0; ///< a last group too small to be of use is left out
    std::uint32_t first_data_block = 0;
    std::uint32_t blocks_per_group = 0;
    std::uint32_t inodes_per_group = 0;
    std::uint32_t inode_table_blocks = 0; ///< of one group
    std::uint32_t descriptor_blocks = 0;  ///< of one copy of the descriptor table
    std::uint32_t reserved_descriptor_blocks = 0;
    bool sparse_super = true;
    std::vector<group_places> groups;
    std::vector<block_range> fixed; ///< what all that takes, in order

    [[nodiscard]] std::uint64_t start_of(std::uint64_t group) const {
        return first_data_block + group * blocks_per_group;
    }
    [[nodiscard]] std::uint64_t end_of(std::uint64_t group) const { return std::min(start_of(group + 1), blocks); }
    [[nodiscard]] bool has_superblock(std::uint64_t group) const {
        if (group <= 1 || !sparse_super) return true;
        for (const std::uint64_t base : {3u, 5u, 7u}) {
            std::uint64_t power = base;
            while (power < group) power *= base;
            if (power == group) return true;
        }
        return false;
    }
    /// Of the copy of superblock and descriptors in a group; 0 if it has none.
    [[nodiscard]] std::uint64_t copy_blocks(std::uint64_t group) const {
        return has_superblock(group) ? 1 + descriptor_blocks + reserved_descriptor_blocks : 0;
    }
    [[nodiscard]] std::uint64_t inodes() const { return std::uint64_t{inodes_per_group} * groups.size(); }
    [[nodiscard]] std::uint64_t free_blocks() const {
        std::uint64_t taken = 0;
        for (const block_range& r : fixed) taken += r.count();
        return blocks - first_data_block - taken;
    }
    /// What is not fixed, in order.
    [[nodiscard]] std::vector<block_range> gaps() const {
        std::vector<block_range> free;
        std::uint64_t at = first_data_block;
        for (const block_range& r : fixed) {
            if (r.at > at) free.push_back({at, r.at});
            at = r.end;
        }
        if (at < blocks) free.push_back({at, blocks});
        return free;
    }
};

namespace detail {

/// Descriptor blocks kept free behind each copy of the table so that the filesystem can grow while mounted.
/// e2fsprogs lib/ext2fs/initialize.c, calc_reserved_gdt_blocks.
inline std::uint32_t reserved_descriptor_blocks(const ext4_profile& p, const ext4_options& o, std::uint64_t blocks,
                                                std::uint32_t descriptor_blocks) {
    constexpr std::uint64_t most_blocks = 0xffffffff; // the resize inode has 32-bit block numbers
    if (!p.resize_inode || blocks > most_blocks) return 0;
    std::uint64_t grown = blocks < most_blocks / 1024 ? blocks * 1024 : most_blocks;
    if (o.grows_to) grown = std::max(blocks, div_up(o.grows_to->count, p.block_size));
    const std::uint64_t groups = div_up(grown - p.first_data_block(), p.blocks_per_group());
    const std::uint64_t wanted = div_up(groups * p.descriptor_size(), p.block_size);
    const std::uint64_t more = wanted > descriptor_blocks ? wanted - descriptor_blocks : 0;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(more, p.block_size / 4));
}

/// Where the next run of free blocks can be: walks over groups' copies, which are the only obstacles.
class fixed_placer {
public:
    explicit fixed_placer(const ext4_geometry& g) : g_(g) {}

    /// The first run of `count` blocks at `at` or later that no copy lies in.
    std::uint64_t place(std::uint64_t at, std::uint64_t count) const {
        for (;;) {
            const std::uint64_t group = (at - g_.first_data_block) / g_.blocks_per_group;
            at = std::max(at, g_.start_of(group) + g_.copy_blocks(group));
            // A run may reach into following groups only where these begin without a copy.
            std::uint64_t next = group + 1;
            while (g_.start_of(next) < at + count && !g_.has_superblock(next)) ++next;
            if (g_.start_of(next) >= at + count || !g_.has_superblock(next)) return at;
            at = g_.start_of(next);
        }
    }

private:
    const ext4_geometry& g_;
};

} // namespace detail

/// The least number of blocks that the last group needs, as mke2fs has it: its own metadata and 50 more.
inline std::uint64_t ext4_least_last_group(const ext4_geometry& g, std::uint64_t group, const ext4_profile& p) {
    return g.copy_blocks(group) + (p.flex_bg ? 0 : 2 + g.inode_table_blocks) + 50;
}

/// The geometry of `blocks` blocks with room for at least `inodes` inodes (reserved ones included).
/// `fits` is false if the metadata alone has no room.
struct ext4_geometry_result {
    ext4_geometry geometry{};
    bool fits = true;
    std::uint64_t next_size = 0; ///< where `fits` is false or blocks were left out: the next number of blocks of use
};

inline ext4_geometry_result make_ext4_geometry(const ext4_profile& p, const ext4_options& o, std::uint64_t blocks,
                                               std::uint64_t inodes) {
    ext4_geometry_result result;
    ext4_geometry& g = result.geometry;
    g.first_data_block = p.first_data_block();
    g.blocks_per_group = p.blocks_per_group();
    g.sparse_super = p.sparse_super;
    if (blocks <= g.first_data_block) return {.fits = false, .next_size = g.first_data_block + 1ull};

    std::uint64_t count = div_up(blocks - g.first_data_block, g.blocks_per_group);
    for (;; --count) {
        g.blocks = std::min(blocks, g.start_of(count));
        g.descriptor_blocks = static_cast<std::uint32_t>(div_up(count * p.descriptor_size(), p.block_size));
        g.reserved_descriptor_blocks = detail::reserved_descriptor_blocks(p, o, g.blocks, g.descriptor_blocks);
        // Whole blocks of inodes, and whole bytes of bitmap.
        const std::uint64_t unit = std::max<std::uint64_t>(8, p.inodes_per_block());
        const std::uint64_t per_group = round_up(std::max<std::uint64_t>(div_up(inodes, count), 16), unit);
        const std::uint64_t most = std::min<std::uint64_t>(8ull * p.block_size, 65536 - unit);
        if (per_group > most) {
            result.fits = false;
            result.next_size = g.first_data_block + div_up(inodes, most) * g.blocks_per_group - g.blocks_per_group + 50;
            result.next_size = std::max(result.next_size, blocks + 1);
            return result;
        }
        g.inodes_per_group = static_cast<std::uint32_t>(per_group);
        g.inode_table_blocks = static_cast<std::uint32_t>(div_up(per_group * p.inode_size, p.block_size));
        const std::uint64_t least = ext4_least_last_group(g, count - 1, p);
        if (count == 1 || g.blocks - g.start_of(count - 1) >= least) break;
        result.next_size = std::max(result.next_size, g.start_of(count - 1) + least);
    }

    g.groups.resize(count);
    const detail::fixed_placer placer(g);
    const std::uint64_t flex = p.flex_group_size;
    for (std::uint64_t first = 0; first < count; first += flex) {
        const std::uint64_t last = std::min(first + flex, count);
        std::uint64_t at = g.start_of(first);
        const auto take = [&](std::uint64_t n) {
            at = placer.place(at, n);
            g.fixed.push_back({at, at + n});
            at += n;
            return at - n;
        };
        for (std::uint64_t i = first; i < last; ++i) g.groups[i].block_bitmap = take(1);
        for (std::uint64_t i = first; i < last; ++i) g.groups[i].inode_bitmap = take(1);
        for (std::uint64_t i = first; i < last; ++i) g.groups[i].inode_table = take(g.inode_table_blocks);
    }
    for (std::uint64_t i = 0; i < count; ++i)
        if (const std::uint64_t n = g.copy_blocks(i)) g.fixed.push_back({g.start_of(i), g.start_of(i) + n});
    std::sort(g.fixed.begin(), g.fixed.end());
    for (std::size_t i = 1; i < g.fixed.size(); ++i)
        if (g.fixed[i].at < g.fixed[i - 1].end) result.fits = false; // tables of one flexible group ran into the next
    if (g.fixed.back().end > g.blocks) result.fits = false;
    if (!result.fits) {
        // At least the blocks beyond the end are missing; a table that ran into the next group needs one more block to
        // show.
        result.next_size = std::max({result.next_size, blocks + 1, std::max(g.fixed.back().end, g.blocks)});
    }
    return result;
}

IMGCOMPOSE_NAMESPACE_END
