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
    /// How many of the first groups have a copy.
    [[nodiscard]] std::uint64_t copies_in(std::uint64_t count) const {
        if (!sparse_super || count <= 2) return count;
        std::uint64_t copies = 2;
        for (const std::uint64_t base : {3u, 5u, 7u})
            for (std::uint64_t power = base; power < count; power *= base) ++copies;
        return copies;
    }
    /// What so many groups leave for content, wherever in them their metadata is.
    [[nodiscard]] std::uint64_t free_blocks(std::uint64_t count) const {
        const std::uint64_t taken = count * (2ull + inode_table_blocks) + copies_in(count) * copy_blocks(0);
        const std::uint64_t all = blocks - first_data_block;
        return all - std::min(all, taken);
    }
    [[nodiscard]] std::uint64_t free_blocks() const { return free_blocks(groups.size()); }
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
                                                std::uint64_t blocks_per_group, std::uint32_t descriptor_blocks) {
    constexpr std::uint64_t most_blocks = 0xffffffff; // the resize inode has 32-bit block numbers
    if (!p.resize_inode || blocks > most_blocks) return 0;
    std::uint64_t grown = blocks < most_blocks / 1024 ? blocks * 1024 : most_blocks;
    if (o.grows_to) grown = std::max(blocks, div_up(o.grows_to->count, p.block_size));
    const std::uint64_t groups = div_up(grown - p.first_data_block(), blocks_per_group);
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

/// The least number of blocks that the last group needs: its own metadata and 50 more. mke2fs counts its bitmaps and
/// inode table in any case; where flex_bg puts them elsewhere they need no room here, unless groups are small for them.
inline std::uint64_t ext4_least_last_group(const ext4_geometry& g, std::uint64_t group, const ext4_profile& p) {
    const bool elsewhere = p.flex_bg && g.blocks_per_group == p.blocks_per_group();
    return g.copy_blocks(group) + (elsewhere ? 0 : 2 + g.inode_table_blocks) + 50;
}

/// How many inodes a filesystem is to have room for, reserved ones included.
struct ext4_inode_demand {
    std::uint64_t inodes = 0;
    std::uint64_t when_grown = 0; ///< once it has grown to ext4_options::grows_to: the groups of then, as rich as now
};

struct ext4_geometry_result {
    ext4_geometry geometry{};
    bool fits = true; ///< false: there is no room for the metadata alone
    /// The next number of blocks for which the answer could be a better one: where nothing fits, or where the blocks at
    /// the end that are too few for a group would be of use.
    std::uint64_t larger = 0;
};

namespace fail {
[[noreturn]] inline void ext4_has_too_many_inodes(std::uint64_t inodes, std::uint64_t groups, std::uint64_t most) {
    throw layout_error(text::join("ext4: ", inodes, " inodes in ", groups, " groups of equally many would be more than ",
                                  "the 4294967295 that the format can number; set `inodes` to at most ", most));
}
[[noreturn]] inline void ext4_needs_meta_bg(std::uint64_t blocks, std::uint64_t descriptor_blocks,
                                            std::uint64_t blocks_per_group) {
    throw layout_error(text::join("an ext4 filesystem of ", blocks, " blocks has ", descriptor_blocks,
                                  " blocks of group descriptors, and a group has ", blocks_per_group,
                                  " blocks: that needs the feature meta_bg, which is not written; make it smaller",
                                  blocks_per_group < 32768 ? ", or use blocks of 4 KiB" : ""));
}
} // namespace fail

namespace detail {

/// How many inodes are dealt out at a time: whole blocks of them, and whole bytes of bitmap.
inline std::uint64_t ext4_inode_unit(const ext4_profile& p) {
    return std::max<std::uint64_t>(8, p.inodes_per_block());
}
/// The most that a group can have: a bit of one block for each, and e2fsprogs lib/ext2fs/ext2_fs.h,
/// EXT2_MAX_INODES_PER_GROUP.
inline std::uint64_t most_ext4_inodes_per_group(const ext4_profile& p) {
    return std::min<std::uint64_t>(8ull * p.block_size, 65536 - ext4_inode_unit(p));
}

/// Divides `blocks` into groups of g.blocks_per_group. Returns how many; 0 if these cannot hold the inodes.
inline std::uint64_t divide_into_groups(const ext4_profile& p, const ext4_options& o, std::uint64_t blocks,
                                        const ext4_inode_demand& demand, ext4_geometry_result& result) {
    ext4_geometry& g = result.geometry;
    const std::uint64_t unit = ext4_inode_unit(p), most = most_ext4_inodes_per_group(p);
    std::uint64_t least = 16;
    if (demand.when_grown != 0) {
        const std::uint64_t grown = std::max<std::uint64_t>(o.grows_to->count / p.block_size, g.first_data_block + 1);
        least = std::max(least, div_up(demand.when_grown, div_up(grown - g.first_data_block, g.blocks_per_group)));
    }
    result.larger = 0;
    for (std::uint64_t count = div_up(blocks - g.first_data_block, g.blocks_per_group);; --count) {
        g.blocks = std::min(blocks, g.start_of(count));
        g.descriptor_blocks = static_cast<std::uint32_t>(div_up(count * p.descriptor_size(), p.block_size));
        g.reserved_descriptor_blocks =
            reserved_descriptor_blocks(p, o, g.blocks, g.blocks_per_group, g.descriptor_blocks);
        std::uint64_t per_group = round_up(std::max(div_up(demand.inodes, count), least), unit);
        constexpr std::uint64_t all = 0xffffffff;
        if (per_group * count > all) {
            // As mke2fs, a few less where they follow from the size.
            per_group = all / count / unit * unit;
            if (o.inodes) fail::ext4_has_too_many_inodes(demand.inodes, count, all - (count + 1) * unit);
        }
        if (per_group > most) return 0;
        g.inodes_per_group = static_cast<std::uint32_t>(per_group);
        g.inode_table_blocks = static_cast<std::uint32_t>(div_up(per_group * p.inode_size, p.block_size));
        const std::uint64_t least_last = ext4_least_last_group(g, count - 1, p);
        if (count == 1 || g.blocks - g.start_of(count - 1) >= least_last) return count;
        result.larger = std::max(result.larger, g.start_of(count - 1) + least_last);
    }
}

/// All of a geometry but its places: how many groups, and how much each holds. 0: there is no room for so many inodes.
inline std::uint64_t size_groups(const ext4_profile& p, const ext4_options& o, std::uint64_t blocks,
                                 const ext4_inode_demand& demand, ext4_geometry_result& result) {
    ext4_geometry& g = result.geometry;
    const auto next_possible = [&](std::uint64_t larger) {
        result.fits = false;
        result.larger = larger;
        return std::uint64_t{0};
    };
    g.first_data_block = p.first_data_block();
    g.sparse_super = p.sparse_super;
    const std::uint64_t least = g.first_data_block + div_up(checked_mul(demand.inodes, p.inode_size), p.block_size);
    if (blocks <= least) return next_possible(least + 1);

    // Where a group's bitmap has too few bits for its inodes, there are more and smaller groups.
    // e2fsprogs lib/ext2fs/initialize.c, "Try again with slightly different parameters".
    constexpr std::uint32_t smallest_group = 256, step = 8;
    std::uint32_t largest_group = p.blocks_per_group();
    // Larger ones are passed over than make as many groups as the inodes need; where these may be cut to what 32 bits can
    // number, all are tried.
    if (const std::uint64_t groups = div_up(demand.inodes, most_ext4_inodes_per_group(p));
        groups > 1 && demand.inodes <= 0x7fffffff) {
        const std::uint64_t at_most =
            std::max<std::uint64_t>((blocks - g.first_data_block - 1) / (groups - 1), smallest_group);
        if (at_most < largest_group)
            largest_group -= static_cast<std::uint32_t>(round_up(largest_group - at_most, step));
    }
    std::uint64_t count = 0;
    for (g.blocks_per_group = largest_group; (count = divide_into_groups(p, o, blocks, demand, result)) == 0;
         g.blocks_per_group -= step)
        if (g.blocks_per_group < smallest_group + step) {
            const std::uint64_t groups = div_up(demand.inodes, 8ull * p.block_size);
            return next_possible(std::max(blocks + 1, g.first_data_block + 50 + (groups - 1) * smallest_group));
        }
    // Without flex_bg a group with a copy holds its own bitmaps and inode table, too.
    const std::uint64_t own = p.flex_bg ? 0 : 2ull + g.inode_table_blocks;
    if (1ull + g.descriptor_blocks + own > g.blocks_per_group)
        fail::ext4_needs_meta_bg(blocks, g.descriptor_blocks, g.blocks_per_group);
    if (const std::uint64_t with_copy = g.copy_blocks(1) + own; count > 1 && with_copy > g.blocks_per_group)
        return next_possible(std::max(blocks + 1, g.first_data_block + (count - 1) * with_copy));
    return count;
}

} // namespace detail

/// The geometry of `blocks` blocks with room for the inodes that are demanded.
inline ext4_geometry_result make_ext4_geometry(const ext4_profile& p, const ext4_options& o, std::uint64_t blocks,
                                               const ext4_inode_demand& demand) {
    ext4_geometry_result result;
    ext4_geometry& g = result.geometry;
    const std::uint64_t count = detail::size_groups(p, o, blocks, demand, result);
    if (!result.fits) return result;

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
        result.larger = std::max({result.larger, blocks + 1, g.fixed.back().end});
    }
    return result;
}

IMGCOMPOSE_NAMESPACE_END
