// SPDX-License-Identifier: BSL-1.0
// Where everything of a filesystem goes: pure arithmetic, complete before a byte is made.
#pragma once

#include <imgcompose/fs/ext4/content.hpp>
#include <imgcompose/fs/ext4/extent_tree.hpp>
#include <imgcompose/fs/ext4/journal.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void filesystem_too_small(bytes size, bytes least) {
    const std::uint64_t missing = (least - size).count;
    throw layout_error(text::join("the content does not fit an ext4 filesystem of ", size.count, " bytes: ", missing,
                                  " bytes (", div_up(missing, 1024 * 1024),
                                  " MiB) are missing; make it larger or leave files out"));
}
[[noreturn]] inline void filesystem_too_large(std::uint64_t blocks, std::string_view remedy) {
    throw layout_error(text::join("an ext4 filesystem of ", blocks, " blocks is too large; ", remedy));
}
[[noreturn]] inline void ext4_fits_no_size(std::uint64_t blocks) {
    throw layout_error(text::join("the content fits no ext4 filesystem of up to ", blocks,
                                  " blocks with these options; ask for fewer inodes, smaller inodes or larger blocks"));
}
} // namespace fail

/// Hands out free blocks from the front of each gap. What it has not got is counted as missing, so that one pass says
/// how much too small a filesystem is.
class ext4_allocator {
public:
    explicit ext4_allocator(std::vector<block_range> gaps) : gaps_(std::move(gaps)) {}

    /// `count` blocks, in one piece where a gap that is near has room for them. Calls `f(block_range)` for each piece.
    template <class F> void take(std::uint64_t count, const F& f) {
        while (count != 0) {
            while (first_ < gaps_.size() && gaps_[first_].at == gaps_[first_].end) ++first_;
            if (first_ == gaps_.size()) {
                missing_ += count;
                return;
            }
            std::size_t gap = first_;
            constexpr std::size_t look_ahead = 32;
            if (gaps_[first_].count() < count)
                for (std::size_t i = first_ + 1; i < std::min(gaps_.size(), first_ + look_ahead); ++i)
                    if (gaps_[i].count() >= count) {
                        gap = i;
                        break;
                    }
            const std::uint64_t n = std::min(count, gaps_[gap].count());
            f(block_range{gaps_[gap].at, gaps_[gap].at + n});
            gaps_[gap].at += n;
            count -= n;
        }
    }
    [[nodiscard]] std::uint64_t missing() const { return missing_; }
    /// What is still free, in order; empty ranges among it.
    [[nodiscard]] const std::vector<block_range>& free() const { return gaps_; }

private:
    std::vector<block_range> gaps_;
    std::size_t first_ = 0;
    std::uint64_t missing_ = 0;
};

/// The blocks of one inode: a single run for nearly all, a list for the others.
struct ext4_blocks {
    static constexpr std::uint64_t is_list = std::uint64_t{1} << 63;
    std::uint64_t where =
        0; ///< the first block of the run, or `is_list` and an index of ext4_layout::lists; 0: no blocks

    [[nodiscard]] bool has_list() const { return (where & is_list) != 0; }
    [[nodiscard]] std::size_t list() const { return static_cast<std::size_t>(where & ~is_list); }
};

struct ext4_block_list {
    std::uint32_t ino = 0;
    std::vector<ext4_extent> extents;
    std::vector<std::uint64_t> tree_blocks;
};

class ext4_layout {
public:
    const ext4_content* content = nullptr;
    ext4_geometry geometry;
    std::uint32_t journal_blocks = 0;
    std::uint64_t missing_blocks = 0; ///< 0: everything has its place
    std::vector<block_range> free;    ///< in order
    std::vector<ext4_blocks> blocks;  ///< by ino; up to the last in use
    std::vector<ext4_block_list> lists;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> xattr_blocks; ///< by ino: its block
    struct xattr_block {
        std::uint64_t block;
        std::uint32_t set, references;
    };
    std::vector<xattr_block> xattr_block_list;
    std::uint64_t resize_block = 0; ///< double indirect block of the resize inode

    [[nodiscard]] std::uint64_t xattr_block_of(std::uint32_t ino) const {
        const auto found = std::lower_bound(xattr_blocks.begin(), xattr_blocks.end(), std::pair{ino, std::uint64_t{0}});
        return found != xattr_blocks.end() && found->first == ino ? found->second : 0;
    }
    /// How many blocks hold the content of an inode, its extent tree left out.
    [[nodiscard]] std::uint64_t run_length(std::uint32_t ino) const {
        if (ino == ext4_format::journal_inode) return journal_blocks;
        if (ino >= content->first_value_inode()) {
            const auto& v = content->value_inodes[ino - content->first_value_inode()];
            return div_up(content->xattrs[v.set].attributes[v.attribute].value.size(), content->profile.block_size);
        }
        const auto& i = content->inode_at(ino);
        if (i.type == file_type::directory) return content->directory_at(ino).blocks;
        if (i.type == file_type::symlink) return ext4_content::has_link_block(i) ? 1 : 0;
        return div_up(i.size, content->profile.block_size);
    }
    /// Calls `f(ext4_extent)` for the blocks of an inode in order of `logical`; an extent may be longer than the format
    /// has it.
    template <class F> void for_each_run(std::uint32_t ino, const F& f) const {
        const ext4_blocks& b = blocks[ino];
        if (b.where == 0) return;
        if (b.has_list()) {
            for (const ext4_extent& e : lists[b.list()].extents) f(e);
        } else {
            f(ext4_extent{.logical = 0, .length = static_cast<std::uint32_t>(run_length(ino)), .physical = b.where});
        }
    }
    /// Blocks that count as the inode's in i_blocks, its block of attributes left out.
    [[nodiscard]] std::uint64_t counted_blocks(std::uint32_t ino) const {
        std::uint64_t count = 0;
        for_each_run(ino, [&](const ext4_extent& e) { count += e.length; });
        if (blocks[ino].has_list()) count += lists[blocks[ino].list()].tree_blocks.size();
        return count;
    }
};

namespace detail {

/// Places the parts of one filesystem in turn.
class ext4_placer {
public:
    ext4_placer(ext4_layout& l, ext4_allocator& a) : l_(l), a_(a) {}

    /// The blocks `ranges` (of the file, in order, disjoint) of inode `ino`.
    void place(std::uint32_t ino, const std::vector<block_range>& ranges) {
        std::uint64_t total = 0;
        for (const block_range& r : ranges) total += r.count();
        if (total == 0) return;
        runs_.clear();
        a_.take(total, [&](const block_range& r) { runs_.push_back(r); });
        if (runs_.empty()) return; // nothing is left; counted as missing
        // A file that begins with data and ends with a hole is no plain one: its size does not tell how long the run is.
        const bool plain = ranges.size() == 1 && total == l_.run_length(ino) && runs_.size() == 1 &&
                           total <= std::uint64_t{ext4_extents_in_inode} * ext4_format::longest_extent;
        if (plain) {
            l_.blocks[ino].where = runs_[0].at;
            return;
        }
        ext4_block_list list{.ino = ino, .extents = {}, .tree_blocks = {}};
        std::size_t run = 0;
        for (const block_range& r : ranges) {
            std::uint64_t logical = r.at;
            while (logical < r.end && run < runs_.size()) {
                const std::uint64_t n =
                    std::min({r.end - logical, runs_[run].count(), std::uint64_t{ext4_format::longest_extent}});
                list.extents.push_back(
                    {static_cast<std::uint32_t>(logical), static_cast<std::uint32_t>(n), runs_[run].at});
                logical += n;
                runs_[run].at += n;
                if (runs_[run].count() == 0) ++run;
            }
        }
        a_.take(ext4_extent_tree_blocks(list.extents.size(), l_.content->profile.block_size),
                [&](const block_range& r) {
                    for (std::uint64_t b = r.at; b < r.end; ++b) list.tree_blocks.push_back(b);
                });
        l_.blocks[ino].where = ext4_blocks::is_list | l_.lists.size();
        l_.lists.push_back(std::move(list));
    }
    void place(std::uint32_t ino, std::uint64_t count) {
        one_[0] = {0, count};
        place(ino, one_);
    }
    std::uint64_t place_block() {
        std::uint64_t at = 0;
        a_.take(1, [&](const block_range& r) { at = r.at; });
        return at;
    }

    void place_xattr_blocks() {
        const ext4_content& c = *l_.content;
        std::vector<std::size_t> current(c.xattrs.size(), SIZE_MAX);
        c.for_each_inode([&](std::uint32_t ino, const tree::inode& i) {
            if (!c.has_xattr_block(i)) return;
            std::size_t& block = current[i.xattrs];
            if (block == SIZE_MAX || l_.xattr_block_list[block].references == ext4_format::xattr_most_references) {
                block = l_.xattr_block_list.size();
                l_.xattr_block_list.push_back({.block = place_block(), .set = i.xattrs, .references = 0});
            }
            ++l_.xattr_block_list[block].references;
            l_.xattr_blocks.emplace_back(ino, l_.xattr_block_list[block].block);
        });
    }

    void place_files() {
        const ext4_content& c = *l_.content;
        const std::uint64_t unit = c.profile.block_size;
        std::vector<block_range> ranges;
        c.for_each_inode([&](std::uint32_t ino, const tree::inode& i) {
            if (i.type != file_type::regular || i.size == 0) return;
            const std::uint64_t whole = div_up(i.size, unit);
            if (!c.profile.holes_allowed || (i.files != tree::content_is_image && i.ranges == 0))
                return place(ino, whole);
            ranges.clear();
            c.tree->for_each_data_range(i, [&](const data_range& r) {
                const block_range b{r.at.count / unit, std::min(div_up((r.at + r.size).count, unit), whole)};
                if (!ranges.empty() && b.at <= ranges.back().end)
                    ranges.back().end = std::max(ranges.back().end, b.end);
                else if (b.at < b.end) ranges.push_back(b);
            });
            place(ino, ranges);
        });
    }

private:
    ext4_layout& l_;
    ext4_allocator& a_;
    std::vector<block_range> runs_;
    std::vector<block_range> one_ = std::vector<block_range>(1);
};

inline ext4_layout place_ext4(const ext4_content& c, const ext4_options& o, ext4_geometry geometry) {
    ext4_layout l;
    l.content = &c;
    l.geometry = std::move(geometry);
    l.journal_blocks = ext4_journal_blocks(o.journal, l.geometry.blocks, c.profile.block_size);
    l.blocks.resize(c.last_inode() + 1);
    ext4_allocator a(l.geometry.gaps());
    ext4_placer placer(l, a);
    if (l.geometry.reserved_descriptor_blocks != 0) l.resize_block = placer.place_block();
    for (const ext4_directory& d : c.directories) placer.place(d.ino, d.blocks);
    placer.place_xattr_blocks();
    c.for_each_inode([&](std::uint32_t ino, const tree::inode& i) {
        if (ext4_content::has_link_block(i)) placer.place(ino, 1);
    });
    if (l.journal_blocks != 0) placer.place(ext4_format::journal_inode, l.journal_blocks);
    placer.place_files();
    for (std::uint32_t i = 0; i < c.value_inodes.size(); ++i)
        placer.place(c.first_value_inode() + i, l.run_length(c.first_value_inode() + i));
    l.missing_blocks = a.missing();
    l.free = a.free();
    std::erase_if(l.free, [](const block_range& r) { return r.count() == 0; });
    return l;
}

/// How many inodes the user wants for so many blocks.
struct ext4_inode_wish {
    ext4_inode_demand wanted{};
    ext4_inode_demand least{}; ///< the same where that is not negotiable
};
inline ext4_inode_wish wished_ext4_inodes(const ext4_options& o, const ext4_profile& p, std::uint64_t blocks,
                                          std::uint64_t needed) {
    if (o.inodes) {
        if (*o.inodes < needed) fail::too_many_inodes(needed, *o.inodes);
        return {{.inodes = *o.inodes}, {.inodes = *o.inodes}};
    }
    const auto of_size = [&](bytes size) {
        // mke2fs.conf: inode_ratio 16384, of the types "big" (4 TiB) 32768 and "huge" (16 TiB) 65536.
        const bytes usual = size < bytes{4_TiB} ? 16_KiB : size < bytes{16_TiB} ? 32_KiB : 64_KiB;
        return std::min<std::uint64_t>(size / o.bytes_per_inode.value_or(usual), 0xffffffff);
    };
    ext4_inode_wish w;
    w.wanted.inodes = std::max(needed, of_size(bytes{blocks * p.block_size}));
    w.wanted.when_grown = w.least.when_grown = o.grows_to ? of_size(*o.grows_to) : 0;
    w.least.inodes = o.bytes_per_inode ? w.wanted.inodes : needed;
    return w;
}

inline void check_ext4_blocks(const ext4_profile& p, std::uint64_t blocks) {
    if (!p.bits64 && blocks > 0xffffffff)
        fail::filesystem_too_large(blocks, "allow the 64bit feature or use larger blocks");
    if (blocks >= (1ULL << 48)) fail::filesystem_too_large(blocks, "2^48 blocks are the limit of the format");
}

} // namespace detail

namespace detail {

/// What fits as well as `found` in fewer blocks, `from` or more. Each step towards `found` was as long as what was missing,
/// but one group more can mean a few blocks less of inode tables.
inline std::uint64_t look_back_for_ext4_size(const ext4_content& c, const ext4_options& o, std::uint64_t from,
                                             std::uint64_t found, const ext4_layout& l) {
    const ext4_profile& p = c.profile;
    const std::uint64_t reach = l.geometry.groups.size() * 4;
    std::uint64_t taken = l.geometry.free_blocks();
    for (const block_range& r : l.free) taken -= r.count();
    for (std::uint64_t blocks = std::max(from, found - std::min(found, reach)); blocks < found; ++blocks) {
        const ext4_inode_demand demand = wished_ext4_inodes(o, p, blocks, c.last_inode()).least;
        // There may be many thousand groups, and four sizes to try for each: most are ruled out by their sums.
        ext4_geometry_result sums;
        const std::uint64_t count = size_groups(p, o, blocks, demand, sums);
        if (!sums.fits) continue;
        const auto journal = ext4_journal_blocks(o.journal, sums.geometry.blocks, p.block_size);
        if (sums.geometry.free_blocks(count) + l.journal_blocks < taken + journal) continue;
        auto g = make_ext4_geometry(p, o, blocks, demand);
        if (!g.fits) continue;
        if (place_ext4(c, o, std::move(g.geometry)).missing_blocks == 0) return blocks;
    }
    return found;
}

} // namespace detail

/// The least number of blocks, `from` or more, that the content fits with as few inodes as the options allow. Where so
/// many inodes are wanted that groups have to be small for them, a few more.
inline std::uint64_t smallest_ext4_blocks(const ext4_content& c, const ext4_options& o, std::uint64_t from = 0) {
    const ext4_profile& p = c.profile;
    std::uint64_t blocks = std::max<std::uint64_t>(from, p.first_data_block() + 1);
    // With few bytes an inode each step finds the most part of what it adds taken by inodes; see make_ext4_profile.
    for (int steps = 0; steps < 10'000; ++steps) {
        detail::check_ext4_blocks(p, blocks);
        const auto wish = detail::wished_ext4_inodes(o, p, blocks, c.last_inode());
        auto g = make_ext4_geometry(p, o, blocks, wish.least);
        if (!g.fits) {
            blocks = g.larger;
            continue;
        }
        const std::uint64_t larger = std::max(g.larger, blocks + 1), used = g.geometry.blocks;
        const bool small_groups = g.geometry.blocks_per_group != p.blocks_per_group();
        const ext4_layout l = detail::place_ext4(c, o, std::move(g.geometry));
        if (l.missing_blocks == 0) {
            if (small_groups) return blocks;
            return detail::look_back_for_ext4_size(c, o, from, std::max(used, from), l);
        }
        blocks = std::max(used + l.missing_blocks, larger);
    }
    fail::ext4_fits_no_size(blocks);
}

/// The layout of the content in `size` bytes, whole blocks of it in use. Throws layout_error if it does not fit.
inline ext4_layout lay_out_ext4(const ext4_content& c, const ext4_options& o, bytes size) {
    const ext4_profile& p = c.profile;
    const std::uint64_t blocks = size.count / p.block_size;
    detail::check_ext4_blocks(p, blocks);
    const auto wish = detail::wished_ext4_inodes(o, p, blocks, c.last_inode());

    const auto try_with = [&](const ext4_inode_demand& demand, std::uint64_t least = 0) -> std::optional<ext4_layout> {
        auto g = make_ext4_geometry(p, o, blocks, demand);
        if (!g.fits || g.geometry.free_blocks() < least) return {};
        auto l = detail::place_ext4(c, o, std::move(g.geometry));
        if (l.missing_blocks != 0) return {};
        return l;
    };
    if (auto usual = try_with(wish.wanted)) return std::move(*usual);
    auto best = try_with(wish.least);
    if (!best) fail::filesystem_too_small(size, bytes{checked_mul(smallest_ext4_blocks(c, o, blocks + 1), p.block_size)});
    // Fewer inodes than usual leave room for the content: as many of them as fit.
    std::uint64_t taken = best->geometry.free_blocks();
    for (const block_range& r : best->free) taken -= r.count();
    std::uint64_t fits = wish.least.inodes, too_many = wish.wanted.inodes;
    while (too_many - fits > std::max<std::uint64_t>(256, fits / 16)) {
        const std::uint64_t middle = fits + (too_many - fits) / 2;
        if (auto l = try_with({.inodes = middle, .when_grown = wish.least.when_grown}, taken))
            best = std::move(l), fits = middle;
        else too_many = middle;
    }
    return std::move(*best);
}

IMGCOMPOSE_NAMESPACE_END
