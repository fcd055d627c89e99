// SPDX-License-Identifier: BSL-1.0
// From an ext2, ext3 or ext4 filesystem to the tree that is in it. What is read may be damaged or hostile: every number
// is checked before it is used, and no block is read twice as a part of two directories.
// Source: Linux Documentation/filesystems/ext4 and fs/ext4/{inode,namei,extents,xattr}.c.
#pragma once

#include <imgcompose/fs/ext4/facts.hpp>
#include <imgcompose/fs/ext4/geometry.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void ext4_is_damaged(std::string_view what, std::uint32_t inode) {
    throw format_error(
        inode == 0 ? text::join("the ext4 filesystem is damaged: ", what, "; run e2fsck on it")
                   : text::join("the ext4 filesystem is damaged: ", what, " (inode ", inode, "); run e2fsck on it"));
}
[[noreturn]] inline void not_ext4() { throw format_error("there is no ext4 filesystem: its magic number is missing"); }
[[noreturn]] inline void ext4_feature_not_read(std::string_view names) {
    throw format_error(text::join("the ext4 filesystem has features that cannot be read here: ", names));
}
} // namespace fail

namespace detail {

class ext4_tree_reader {
public:
    explicit ext4_tree_reader(const window& part) : part_(part) {
        using namespace ext4_format;
        const auto facts = read_ext4_facts(part);
        const auto sb = part.get<superblock>(offset{bytes{superblock_offset}});
        if (!facts || !sb) fail::not_ext4();
        require_known_features(facts->features);
        block_size_ = static_cast<std::uint32_t>(facts->block_size.count);
        blocks_ = std::min(facts->size, part.size()) / facts->block_size;
        inode_size_ = facts->inode_size;
        inodes_ = facts->inodes;
        inodes_per_group_ = from_disk(sb->s_inodes_per_group);
        geometry_.first_data_block = from_disk(sb->s_first_data_block);
        geometry_.blocks_per_group = from_disk(sb->s_blocks_per_group);
        geometry_.sparse_super = (facts->features.ro_compat & ro_compat_sparse_super) != 0;
        const bool wide = (facts->features.incompat & incompat_64bit) != 0;
        descriptor_size_ = wide ? from_disk(sb->s_desc_size) : 32u;
        if ((facts->features.incompat & 0x10) != 0) first_meta_group_ = from_disk(sb->s_first_meta_bg);
        if (!std::has_single_bit(inode_size_) || inode_size_ < good_old_inode_size || inode_size_ > block_size_)
            fail::ext4_is_damaged(text::join("inodes of ", inode_size_, " bytes are not possible"), 0);
        if (inodes_per_group_ == 0 || geometry_.blocks_per_group == 0)
            fail::ext4_is_damaged("its block groups are empty", 0);
        if (descriptor_size_ < 32 || descriptor_size_ > block_size_ || !std::has_single_bit(descriptor_size_))
            fail::ext4_is_damaged(text::join("group descriptors of ", descriptor_size_, " bytes are not possible"), 0);
        blocks_left_ = blocks_;
    }

    tree read() {
        pending_.push_back({ext4_format::root_inode, top_directory});
        const auto root = inode_of(ext4_format::root_inode);
        if ((from_disk(root.fields.i_mode) & 0xf000) != 0x4000)
            fail::ext4_is_damaged("the top directory is no directory", ext4_format::root_inode);
        take_attributes(tree_.at(top_directory), root);
        known_.emplace(ext4_format::root_inode, top_directory);
        while (!pending_.empty()) {
            const directory next = pending_.back();
            pending_.pop_back();
            read_directory(next);
        }
        return std::move(tree_);
    }

private:
    struct directory {
        std::uint32_t number;
        inode_index index;
    };
    /// An inode with the bytes behind its fields.
    struct found_inode {
        std::uint32_t number = 0;
        ext4_format::inode fields{};
        owned_bytes raw{};
        [[nodiscard]] std::uint64_t size() const {
            return from_disk(fields.i_size_lo) | std::uint64_t{from_disk(fields.i_size_high)} << 32;
        }
    };
    /// Blocks of a file, in order of `logical`.
    struct run {
        std::uint64_t logical, physical, count;
    };

    static void require_known_features(const ext4_feature_bits& f) {
        constexpr std::uint32_t known =
            0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x20000;
        constexpr std::uint32_t shared_blocks = 0x4000; // Android's: blocks that several files have
        if ((f.ro_compat & shared_blocks) != 0) fail::ext4_feature_not_read("shared_blocks");
        if ((f.incompat & ~known) == 0) return;
        std::vector<std::string> names;
        append_feature_names(names, f.incompat & ~known, "incompat", ext4_incompat_names);
        std::string all;
        for (const std::string& n : names) all += (all.empty() ? "" : " ") + n;
        fail::ext4_feature_not_read(all);
    }

    [[nodiscard]] offset at_block(std::uint64_t n) const { return offset{bytes{n * block_size_}}; }

    /// A block inside the filesystem and the window; each costs one of as many as there are.
    owned_bytes block(std::uint64_t n, std::uint32_t inode) {
        require_inside(n, 1, inode);
        owned_bytes raw(block_size_);
        if (!part_.read(at_block(n), raw)) fail::ext4_is_damaged("a block lies outside of it", inode);
        return raw;
    }
    void require_inside(std::uint64_t first, std::uint64_t count, std::uint32_t inode) {
        if (first >= blocks_ || count > blocks_ - first)
            fail::ext4_is_damaged(text::join("block ", first, " lies outside of it"), inode);
        if (count > blocks_left_) fail::ext4_is_damaged("its files have more blocks than it has itself", inode);
        blocks_left_ -= count;
    }

    // --- inodes ------------------------------------------------------------------------------------------------------

    [[nodiscard]] std::uint64_t descriptor_block(std::uint64_t group) const {
        const std::uint64_t per_block = block_size_ / descriptor_size_, index = group / per_block;
        if (!first_meta_group_ || index < *first_meta_group_) return geometry_.first_data_block + 1 + index;
        const std::uint64_t first = index * per_block; // of the meta group; its descriptors are in its first group
        return geometry_.start_of(first) + (geometry_.has_superblock(first) ? 1 : 0);
    }
    std::uint64_t inode_table_of(std::uint64_t group) {
        const auto [known, is_new] = tables_.try_emplace(group, 0);
        if (!is_new) return known->second;
        std::array<std::byte, sizeof(ext4_format::group_descriptor)> raw{};
        const std::uint32_t present = std::min<std::uint32_t>(descriptor_size_, sizeof raw);
        const std::uint64_t block = descriptor_block(group);
        if (block >= blocks_ ||
            !part_.read(at_block(block) + bytes{group % (block_size_ / descriptor_size_) * descriptor_size_},
                        std::span{raw}.first(present)))
            fail::ext4_is_damaged(text::join("the descriptor of group ", group, " lies outside of it"), 0);
        const auto d = struct_from<ext4_format::group_descriptor>(raw);
        return known->second = from_disk(d.bg_inode_table_lo) | std::uint64_t{from_disk(d.bg_inode_table_hi)} << 32;
    }

    found_inode inode_of(std::uint32_t number) {
        if (number == 0 || number > inodes_)
            fail::ext4_is_damaged("an entry leads to an inode that does not exist", number);
        const std::uint64_t group = (number - 1) / inodes_per_group_, index = (number - 1) % inodes_per_group_;
        const std::uint64_t table = inode_table_of(group), behind = index * inode_size_ / block_size_;
        if (table >= blocks_ || behind >= blocks_ - table)
            fail::ext4_is_damaged("its inode lies outside of it", number);
        const offset at = at_block(table) + bytes{index * inode_size_};
        found_inode found{.number = number, .raw = owned_bytes(inode_size_)};
        read_through_cache(at, found.raw, number);
        owned_bytes fields = found.raw;
        fields.resize(std::max(fields.size(), sizeof found.fields));
        found.fields = struct_from<ext4_format::inode>(fields);
        return found;
    }
    /// Inodes are read in order of the names more often than not: a chunk of the table serves many.
    void read_through_cache(offset at, std::span<std::byte> to, std::uint32_t inode) {
        constexpr bytes chunk{65536};
        const offset first = align_down(at, chunk);
        if (cache_.empty() || cache_at_ != first) cache_ = part_.take(first, chunk), cache_at_ = first;
        const std::uint64_t skip = (at - first).count;
        if (skip + to.size() > cache_.size()) fail::ext4_is_damaged("its inode lies outside of it", inode);
        std::copy_n(cache_.begin() + static_cast<std::ptrdiff_t>(skip), to.size(), to.begin());
    }

    // --- blocks of a file --------------------------------------------------------------------------------------------

    std::vector<run> runs_of(const found_inode& i) {
        std::vector<run> runs;
        if ((from_disk(i.fields.i_flags) & ext4_format::inode_flag_extents) != 0)
            add_extents(runs, std::as_bytes(std::span{i.fields.i_block}), i.number, 6);
        else add_mapped(runs, i);
        return runs;
    }
    void add_run(std::vector<run>& runs, const run& r, std::uint32_t inode) {
        if (!runs.empty() && r.logical < runs.back().logical + runs.back().count)
            fail::ext4_is_damaged("its extents overlap or are not in order", inode);
        require_inside(r.physical, r.count, inode);
        if (!runs.empty() && runs.back().logical + runs.back().count == r.logical &&
            runs.back().physical + runs.back().count == r.physical)
            runs.back().count += r.count;
        else runs.push_back(r);
    }
    /// `node`: a header and its entries. Each level has to be lower than the one above: 5 is the deepest there can be.
    void add_extents(std::vector<run>& runs, std::span<const std::byte> node, std::uint32_t inode,
                     std::uint32_t above) {
        using namespace ext4_format;
        const auto header = struct_from<extent_header>(node);
        const std::uint32_t entries = from_disk(header.eh_entries), depth = from_disk(header.eh_depth);
        if (from_disk(header.eh_magic) != extent_magic || depth >= above || entries > (node.size() - 12) / 12)
            fail::ext4_is_damaged("its extent tree makes no sense", inode);
        for (std::uint32_t n = 1; n <= entries; ++n) {
            const auto raw = node.subspan(n * 12, 12);
            if (depth > 0) {
                const auto e = struct_from<extent_index>(raw);
                const std::uint64_t child = from_disk(e.ei_leaf_lo) | std::uint64_t{from_disk(e.ei_leaf_hi)} << 32;
                const owned_bytes below = block(child, inode);
                add_extents(runs, below, inode, depth);
                continue;
            }
            const auto e = struct_from<extent_leaf>(raw);
            const std::uint32_t length = from_disk(e.ee_len);
            if (length == 0) fail::ext4_is_damaged("it has an empty extent", inode);
            if (length > longest_extent) continue; // unwritten: reads as zero
            add_run(runs,
                    {from_disk(e.ee_block), from_disk(e.ee_start_lo) | std::uint64_t{from_disk(e.ee_start_hi)} << 32,
                     length},
                    inode);
        }
    }
    /// Of ext2 and ext3: twelve blocks, then trees of block numbers of one, two and three levels.
    void add_mapped(std::vector<run>& runs, const found_inode& i) {
        const auto raw = std::as_bytes(std::span{i.fields.i_block});
        const std::uint64_t needed = div_up(i.size(), block_size_);
        std::uint64_t logical = 0;
        for (std::uint32_t n = 0; n < 15 && logical < needed; ++n)
            add_tree(runs, from_disk(struct_from<le32>(raw.subspan(n * 4))), n < 12 ? 0 : n - 11, logical, needed,
                     i.number);
    }
    void add_tree(std::vector<run>& runs, std::uint64_t number, std::uint32_t level, std::uint64_t& logical,
                  std::uint64_t needed, std::uint32_t inode) {
        std::uint64_t covers = 1;
        for (std::uint32_t n = 0; n < level; ++n) covers *= block_size_ / 4;
        if (number == 0) return void(logical += covers); // a hole
        if (level == 0) return add_run(runs, {logical++, number, 1}, inode);
        const owned_bytes raw = block(number, inode);
        for (std::size_t at = 0; at < raw.size() && logical < needed; at += 4)
            add_tree(runs, from_disk(struct_from<le32>(std::span{raw}.subspan(at))), level - 1, logical, needed, inode);
    }

    // --- directories -------------------------------------------------------------------------------------------------

    void read_directory(const directory& here) {
        const found_inode i = inode_of(here.number);
        for (const run& r : runs_of(i))
            for (std::uint64_t n = 0; n < r.count && r.logical + n < div_up(i.size(), block_size_); ++n) {
                owned_bytes raw(block_size_);
                if (!part_.read(at_block(r.physical + n), raw))
                    fail::ext4_is_damaged("a block lies outside of it", i.number);
                read_entries(raw, here);
            }
    }
    void read_entries(std::span<const std::byte> block, const directory& here) {
        using namespace ext4_format;
        for (std::size_t at = 0; at + sizeof(directory_entry) <= block.size();) {
            const auto e = struct_from<directory_entry>(block.subspan(at));
            std::uint32_t length = from_disk(e.rec_len);
            if (block_size_ == 65536 && (length == 0 || length == 65535)) length = 65536; // ext4_rec_len_from_disk
            if (length < sizeof e || length % 4 != 0 || length > block.size() - at || e.name_len > length - sizeof e)
                fail::ext4_is_damaged("a directory entry makes no sense", here.number);
            const auto name = block.subspan(at + sizeof e, e.name_len);
            if (from_disk(e.inode) != 0)
                add_name(here, {reinterpret_cast<const char*>(name.data()), name.size()}, from_disk(e.inode));
            at += length;
        }
    }
    void add_name(const directory& here, std::string_view name, std::uint32_t number) {
        if (name == "." || name == "..") return;
        if (name.empty() || name.find('/') != name.npos || name.find('\0') != name.npos)
            fail::ext4_is_damaged(text::join("the name ", text::quoted(name), " is not possible"), here.number);
        if (const auto known = known_.find(number); known != known_.end()) {
            if (tree_.at(known->second).type == file_type::directory)
                fail::ext4_is_damaged("a directory has two names, or contains itself", number);
            return tree_.link_unchecked(here.index, name, known->second);
        }
        const found_inode i = inode_of(number);
        const inode_index index = add_inode(i);
        tree_.link_unchecked(here.index, name, index);
        known_.emplace(number, index);
        if (tree_.at(index).type == file_type::directory) pending_.push_back({number, index});
    }

    // --- what an inode becomes ---------------------------------------------------------------------------------------

    inode_index add_inode(const found_inode& from) {
        tree::inode i;
        switch (from_disk(from.fields.i_mode) & 0xf000) {
        case 0x8000: i.type = file_type::regular; break;
        case 0x4000: i.type = file_type::directory; break;
        case 0xa000: i.type = file_type::symlink; break;
        case 0x2000: i.type = file_type::character_device; break;
        case 0x6000: i.type = file_type::block_device; break;
        case 0x1000: i.type = file_type::fifo; break;
        case 0xc000: i.type = file_type::socket; break;
        default: fail::ext4_is_damaged("its type is none that exists", from.number);
        }
        take_attributes(i, from);
        if (i.type == file_type::regular) take_content(i, from);
        if (i.type == file_type::symlink) take_target(i, from);
        if (i.type == file_type::character_device || i.type == file_type::block_device) take_device(i, from);
        return tree_.add_inode(i);
    }
    void take_attributes(tree::inode& to, const found_inode& from) {
        const ext4_format::inode& f = from.fields;
        to.implied = false;
        to.mode = static_cast<std::uint16_t>(from_disk(f.i_mode) & 07777);
        to.uid = from_disk(f.i_uid) | static_cast<std::uint32_t>(from_disk(f.i_uid_high)) << 16;
        to.gid = from_disk(f.i_gid) | static_cast<std::uint32_t>(from_disk(f.i_gid_high)) << 16;
        to.mtime_seconds = static_cast<std::int32_t>(from_disk(f.i_mtime));
        to.mtime_nanoseconds = 0;
        const bool has_extra = inode_size_ > ext4_format::good_old_inode_size && from_disk(f.i_extra_isize) >= 12;
        if (has_extra) { // two bits of epoch, thirty of nanoseconds
            const std::uint32_t extra = from_disk(f.i_mtime_extra);
            to.mtime_seconds += static_cast<std::int64_t>(extra & 3) << 32;
            to.mtime_nanoseconds = std::min(extra >> 2, 999'999'999u);
        }
        to.xattrs = tree_.intern_xattrs(xattrs_of(from));
    }
    void take_content(tree::inode& to, const found_inode& from) {
        const std::uint64_t size = from.size();
        if (size / block_size_ > 0xffffffff) fail::ext4_is_damaged("it is longer than a file can be", from.number);
        image content{bytes{size}};
        const auto index = content.add_source(part_.content());
        for (const run& r : runs_of(from)) {
            const bytes at{r.logical * block_size_};
            if (at >= content.size()) break; // preallocated behind the end
            add_zeros(content, offset{at});
            content.append({.at = offset{at},
                            .size = std::min(bytes{r.count * block_size_}, content.size() - at),
                            .from = from_start(part_.at() + from_start(at_block(r.physical))),
                            .source = index});
        }
        add_zeros(content, offset{content.size()});
        to.size = size;
        to.files = tree::content_is_image;
        to.content = tree_.add_image(std::make_shared<const image>(std::move(content)));
    }
    static void add_zeros(image& to, offset up_to) {
        const offset end = to.extents().empty() ? offset{} : to.extents().back().end();
        to.append({.at = end, .size = up_to - end, .source = extent::is_zero});
    }
    void take_target(tree::inode& to, const found_inode& from) {
        const std::uint64_t size = from.size();
        if (size > 4096) fail::ext4_is_damaged("its target is longer than a path can be", from.number);
        std::string target(size, '\0');
        const bool inside = size < from.fields.i_block.size() &&
                            (from_disk(from.fields.i_flags) & ext4_format::inode_flag_extents) == 0;
        if (inside) {
            std::copy_n(reinterpret_cast<const char*>(from.fields.i_block.data()), size, target.begin());
        } else {
            for (const run& r : runs_of(from)) {
                const std::uint64_t at = r.logical * block_size_;
                if (at >= size) break;
                const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(r.count * block_size_, size - at));
                if (!part_.read(at_block(r.physical), std::as_writable_bytes(std::span{target}.subspan(at, length))))
                    fail::ext4_is_damaged("a block lies outside of it", from.number);
            }
        }
        to.size = target.size();
        to.content = tree_.add_target(target);
    }
    /// Linux fs/ext4/inode.c: the old form in the first word if it is not zero, else the new one in the second.
    static void take_device(tree::inode& to, const found_inode& from) {
        const auto raw = std::as_bytes(std::span{from.fields.i_block});
        const std::uint32_t old = from_disk(struct_from<le32>(raw)), now = from_disk(struct_from<le32>(raw.subspan(4)));
        to.ranges = old != 0 ? old >> 8 & 0xff : now >> 8 & 0xfff;
        to.content = old != 0 ? old & 0xff : (now & 0xff) | (now >> 12 & 0xfff00);
    }

    // --- extended attributes -----------------------------------------------------------------------------------------

    std::vector<xattr> xattrs_of(const found_inode& i) {
        std::vector<xattr> set;
        const std::size_t behind = ext4_format::good_old_inode_size + from_disk(i.fields.i_extra_isize);
        if (inode_size_ > ext4_format::good_old_inode_size && behind + 4 <= i.raw.size() && behind % 4 == 0) {
            const auto room = std::span{i.raw}.subspan(behind);
            if (from_disk(struct_from<le32>(room)) == ext4_format::xattr_magic)
                add_xattrs(set, room.subspan(4), 0, i.number);
        }
        const std::uint64_t own = from_disk(i.fields.i_file_acl_lo) | std::uint64_t{from_disk(i.fields.i_file_acl_high)}
                                                                          << 32;
        if (own != 0) {
            if (own >= blocks_) fail::ext4_is_damaged("the block of its attributes lies outside of it", i.number);
            owned_bytes raw(block_size_); // which inodes may share
            const bool there = part_.read(at_block(own), raw);
            if (!there ||
                from_disk(struct_from<ext4_format::xattr_block_header>(raw).h_magic) != ext4_format::xattr_magic)
                fail::ext4_is_damaged("the block of its attributes is none", i.number);
            add_xattrs(set, raw, sizeof(ext4_format::xattr_block_header), i.number);
        }
        return set;
    }
    /// Entries from `at` on; offsets of values count from the start of `area`.
    void add_xattrs(std::vector<xattr>& set, std::span<const std::byte> area, std::size_t at, std::uint32_t inode) {
        using namespace ext4_format;
        while (at + 4 <= area.size() && from_disk(struct_from<le32>(area.subspan(at))) != 0) {
            if (at + sizeof(xattr_entry) > area.size()) fail::ext4_is_damaged("its attributes make no sense", inode);
            const auto e = struct_from<xattr_entry>(area.subspan(at));
            const std::size_t value_at = from_disk(e.e_value_offs), size = from_disk(e.e_value_size);
            const std::uint32_t value_inode = from_disk(e.e_value_inum);
            if (e.e_name_len > area.size() - at - sizeof e ||
                (value_inode == 0 && size != 0 && (value_at > area.size() || size > area.size() - value_at)))
                fail::ext4_is_damaged("its attributes make no sense", inode);
            const auto name = area.subspan(at + sizeof e, e.e_name_len);
            std::string value =
                value_inode != 0
                    ? value_in_inode(value_inode, size)
                    : std::string{reinterpret_cast<const char*>(area.data()) + (size != 0 ? value_at : 0), size};
            add_xattr(set, e.e_name_index, {reinterpret_cast<const char*>(name.data()), name.size()}, std::move(value));
            at += (sizeof e + e.e_name_len + 3) / 4 * 4;
        }
    }
    /// Shared by all files with that value, so it costs no blocks but may not be long: Linux allows 64 KiB.
    std::string value_in_inode(std::uint32_t number, std::size_t size) {
        const found_inode i = inode_of(number);
        if (size > 65536 || i.size() != size) fail::ext4_is_damaged("the inode of an attribute makes no sense", number);
        std::string value(size, '\0');
        const std::uint64_t left = blocks_left_;
        for (const run& r : runs_of(i)) {
            const std::uint64_t at = r.logical * block_size_;
            if (at >= size) break;
            const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(r.count * block_size_, size - at));
            if (!part_.read(at_block(r.physical), std::as_writable_bytes(std::span{value}.subspan(at, length))))
                fail::ext4_is_damaged("a block lies outside of it", number);
        }
        blocks_left_ = left;
        return value;
    }
    static void add_xattr(std::vector<xattr>& set, std::uint8_t index, std::string_view name, std::string value) {
        switch (index) {
        case 1: return set.push_back({text::join("user.", name), std::move(value)});
        case 2: return set.push_back({"system.posix_acl_access", acl_from_disk(value)});
        case 3: return set.push_back({"system.posix_acl_default", acl_from_disk(value)});
        case 4: return set.push_back({text::join("trusted.", name), std::move(value)});
        case 6: return set.push_back({text::join("security.", name), std::move(value)});
        case 7: return set.push_back({text::join("system.", name), std::move(value)});
        default: return; // of a kind that Linux does not show either
        }
    }
    /// The reverse of acl_to_disk; see there. An entry that is cut off is left out.
    static std::string acl_from_disk(std::string_view disk) {
        std::string value("\2\0\0\0", 4);
        for (std::size_t at = 4; at + 4 <= disk.size();) {
            const auto tag = static_cast<unsigned char>(disk[at]);
            const bool named = tag == 0x02 || tag == 0x08; // ACL_USER, ACL_GROUP
            if (named && at + 8 > disk.size()) break;
            value += disk.substr(at, named ? 8 : 4);
            if (!named) value += "\xff\xff\xff\xff";
            at += named ? 8 : 4;
        }
        return value;
    }

    window part_;
    ext4_geometry geometry_{};
    std::uint32_t block_size_ = 0, inode_size_ = 0, inodes_per_group_ = 0, descriptor_size_ = 0;
    std::uint64_t blocks_ = 0, inodes_ = 0;
    std::uint64_t blocks_left_ = 0; ///< that no file has claimed: sound files share none
    std::optional<std::uint32_t> first_meta_group_{};
    std::unordered_map<std::uint64_t, std::uint64_t> tables_{};
    owned_bytes cache_{};
    offset cache_at_{};

    tree tree_{};
    std::unordered_map<std::uint32_t, inode_index> known_{};
    std::vector<directory> pending_{};
};

} // namespace detail

/// All that is in the filesystem at the start of `part`. Contents are not read: the files' images refer to those of the
/// window. Throws format_error for what is no ext4, is damaged, or has a feature that is not known here (encryption,
/// inline data, compression); a journal that was not replayed is ignored.
inline tree read_ext4(const window& part) { return detail::ext4_tree_reader{part}.read(); }

IMGCOMPOSE_NAMESPACE_END
