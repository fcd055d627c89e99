// SPDX-License-Identifier: BSL-1.0
// A laid-out filesystem and its metadata as bytes: inodes, bitmaps, descriptors, superblocks.
#pragma once

#include <imgcompose/fs/ext4/directory.hpp>
#include <imgcompose/fs/ext4/layout.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Everything that the bytes follow from. Immutable once made; generators read it from several threads.
class ext4_filesystem {
public:
    std::shared_ptr<const imgcompose::tree> tree;
    ext4_options options;
    std::chrono::seconds epoch{0};
    ext4_content content;
    ext4_layout layout;

    /// The 60 bytes of i_block for layout.lists, made with their tree blocks.
    std::vector<std::array<std::byte, 60>> list_roots;

    [[nodiscard]] const ext4_profile& profile() const { return content.profile; }
    [[nodiscard]] const ext4_geometry& geometry() const { return layout.geometry; }
    [[nodiscard]] bool has_resize_inode() const { return layout.resize_block != 0; }

    /// Inodes in use of a group: always the first ones.
    [[nodiscard]] std::uint32_t used_inodes(std::uint64_t group) const {
        const std::uint64_t before = group * geometry().inodes_per_group;
        const std::uint64_t last = content.last_inode();
        return last <= before
                   ? 0
                   : static_cast<std::uint32_t>(std::min<std::uint64_t>(last - before, geometry().inodes_per_group));
    }
    /// Blocks at the start of a group's inode table that hold inodes in use.
    [[nodiscard]] std::uint32_t used_table_blocks(std::uint64_t group) const {
        return static_cast<std::uint32_t>(
            div_up(std::uint64_t{used_inodes(group)} * profile().inode_size, profile().block_size));
    }
    /// Calls `f(block_range)` for the free blocks of a group.
    template <class F> void for_each_free(std::uint64_t group, const F& f) const {
        const std::uint64_t start = geometry().start_of(group), end = geometry().end_of(group);
        auto r = std::partition_point(layout.free.begin(), layout.free.end(),
                                      [&](const block_range& x) { return x.end <= start; });
        for (; r != layout.free.end() && r->at < end; ++r)
            f(block_range{std::max(r->at, start), std::min(r->end, end)});
    }

    // --- inodes ----------------------------------------------------------------------------------------------------

    /// Fills `raw`, all zero before, with inode `ino`.
    void put_inode(std::uint32_t ino, std::span<std::byte> raw) const {
        ext4_format::inode n{};
        if (ino == ext4_format::root_inode ||
            (ino >= ext4_format::first_free_inode && ino < content.first_value_inode())) {
            fill_inode(ino, n, raw);
        } else if (ino >= content.first_value_inode() && ino <= content.last_inode()) {
            fill_value_inode(ino, n);
        } else if (ino == ext4_format::journal_inode && layout.journal_blocks != 0) {
            fill_journal_inode(n);
        } else if (ino == ext4_format::resize_inode && has_resize_inode()) {
            fill_resize_inode(n);
        } else {
            return; // an inode that is not in use is all zero
        }
        const std::size_t fields = std::min(raw.size(), sizeof n);
        std::memcpy(raw.data(), &n, fields);
        ext4_checksum::finish_inode(profile(), ino, raw);
    }

    [[nodiscard]] ext4_format::inode journal_inode() const {
        ext4_format::inode n{};
        fill_journal_inode(n);
        return n;
    }

    // --- groups ----------------------------------------------------------------------------------------------------

    void put_block_bitmap(std::uint64_t group, std::span<std::byte> block) const {
        std::memset(block.data(), 0xff, block.size());
        for_each_free(group, [&](const block_range& r) {
            std::uint64_t bit = r.at - geometry().start_of(group);
            const std::uint64_t end = r.end - geometry().start_of(group);
            for (; bit < end && bit % 8 != 0; ++bit) clear_bit(block, bit);
            const std::uint64_t whole = (end - bit) / 8;
            std::memset(block.data() + bit / 8, 0, whole);
            for (bit += whole * 8; bit < end; ++bit) clear_bit(block, bit);
        });
    }
    void put_inode_bitmap(std::uint64_t group, std::span<std::byte> block) const {
        // Bits behind the last inode of the group are set, too.
        std::memset(block.data(), 0xff, block.size());
        for (std::uint32_t bit = used_inodes(group); bit < geometry().inodes_per_group; ++bit) clear_bit(block, bit);
    }

    [[nodiscard]] bool block_bitmap_is_uninitialised(std::uint64_t group) const {
        if (!profile().lazy_groups() || group + 1 == geometry().groups.size()) return false;
        std::uint64_t free = 0;
        for_each_free(group, [&](const block_range& r) { free += r.count(); });
        // The kernel makes the bitmap of such a group from what it knows to be there.
        const auto& g = geometry().groups[group];
        const std::uint64_t start = geometry().start_of(group), end = geometry().end_of(group);
        std::uint64_t known = geometry().copy_blocks(group);
        const auto add_own = [&](std::uint64_t at, std::uint64_t count) {
            if (at >= start && at + count <= end) known += count;
        };
        add_own(g.block_bitmap, 1);
        add_own(g.inode_bitmap, 1);
        add_own(g.inode_table, geometry().inode_table_blocks);
        return end - start - free == known;
    }
    [[nodiscard]] bool inodes_are_uninitialised(std::uint64_t group) const {
        return profile().lazy_groups() && used_inodes(group) == 0;
    }

    [[nodiscard]] std::vector<ext4_format::group_descriptor> descriptors() const {
        const std::size_t count = geometry().groups.size();
        std::vector<std::uint32_t> directories(count);
        for (const ext4_directory& d : content.directories) ++directories[(d.ino - 1) / geometry().inodes_per_group];

        std::vector<ext4_format::group_descriptor> all(count);
        std::vector<std::byte> bitmap(profile().block_size);
        for (std::size_t g = 0; g < count; ++g) {
            auto& d = all[g];
            const auto& at = geometry().groups[g];
            std::uint64_t free_blocks = 0;
            for_each_free(g, [&](const block_range& r) { free_blocks += r.count(); });
            const std::uint32_t free_inodes = geometry().inodes_per_group - used_inodes(g);
            const auto split = [&](std::uint64_t v, le32& low, le32& high) {
                low = to_disk(static_cast<std::uint32_t>(v));
                high = to_disk(static_cast<std::uint32_t>(v >> 32));
            };
            const auto split16 = [&](std::uint64_t v, le16& low, le16& high) {
                low = to_disk(static_cast<std::uint16_t>(v));
                high = to_disk(static_cast<std::uint16_t>(v >> 16));
            };
            split(at.block_bitmap, d.bg_block_bitmap_lo, d.bg_block_bitmap_hi);
            split(at.inode_bitmap, d.bg_inode_bitmap_lo, d.bg_inode_bitmap_hi);
            split(at.inode_table, d.bg_inode_table_lo, d.bg_inode_table_hi);
            split16(free_blocks, d.bg_free_blocks_count_lo, d.bg_free_blocks_count_hi);
            split16(free_inodes, d.bg_free_inodes_count_lo, d.bg_free_inodes_count_hi);
            split16(directories[g], d.bg_used_dirs_count_lo, d.bg_used_dirs_count_hi);
            std::uint16_t flags = 0;
            if (profile().lazy_groups()) {
                split16(free_inodes, d.bg_itable_unused_lo, d.bg_itable_unused_hi);
                if (inodes_are_uninitialised(g)) flags |= ext4_format::group_inode_uninit;
                if (block_bitmap_is_uninitialised(g)) flags |= ext4_format::group_block_uninit;
                if (used_table_blocks(g) == geometry().inode_table_blocks) flags |= ext4_format::group_inode_zeroed;
            }
            d.bg_flags = to_disk(flags);
            if (profile().metadata_csum) {
                if ((flags & ext4_format::group_block_uninit) == 0) {
                    put_block_bitmap(g, bitmap);
                    split16(
                        os::crc32c(profile().checksum_seed, std::span{bitmap}.first(geometry().blocks_per_group / 8)),
                        d.bg_block_bitmap_csum_lo, d.bg_block_bitmap_csum_hi);
                }
                if ((flags & ext4_format::group_inode_uninit) == 0) {
                    put_inode_bitmap(g, bitmap);
                    split16(
                        os::crc32c(profile().checksum_seed, std::span{bitmap}.first(geometry().inodes_per_group / 8)),
                        d.bg_inode_bitmap_csum_lo, d.bg_inode_bitmap_csum_hi);
                }
            }
            if (profile().lazy_groups())
                d.bg_checksum = to_disk(ext4_checksum::of_group(profile(), static_cast<std::uint32_t>(g), d));
        }
        return all;
    }

    // --- superblock --------------------------------------------------------------------------------------------------

    /// The copy in a group; the first is the one in use.
    [[nodiscard]] ext4_format::superblock superblock(std::uint64_t group) const {
        using namespace ext4_format;
        const ext4_profile& p = profile();
        const ext4_geometry& g = geometry();
        ext4_format::superblock s{};
        std::uint64_t free = 0;
        for (const block_range& r : layout.free) free += r.count();
        const auto reserved =
            static_cast<std::uint64_t>(static_cast<double>(g.blocks) * options.reserved_percent.value_or(5.0) / 100.0);
        const auto split = [](std::uint64_t v, le32& low, le32& high) {
            low = to_disk(static_cast<std::uint32_t>(v));
            high = to_disk(static_cast<std::uint32_t>(v >> 32));
        };
        split(g.blocks, s.s_blocks_count_lo, s.s_blocks_count_hi);
        split(reserved, s.s_r_blocks_count_lo, s.s_r_blocks_count_hi);
        split(free, s.s_free_blocks_count_lo, s.s_free_blocks_count_hi);
        s.s_inodes_count = to_disk(narrow<std::uint32_t>(g.inodes()));
        s.s_free_inodes_count = to_disk(narrow<std::uint32_t>(g.inodes() - content.last_inode()));
        s.s_first_data_block = to_disk(g.first_data_block);
        const auto log_size = static_cast<std::uint32_t>(std::countr_zero(p.block_size) - 10);
        s.s_log_block_size = s.s_log_cluster_size = to_disk(log_size);
        s.s_blocks_per_group = s.s_clusters_per_group = to_disk(g.blocks_per_group);
        s.s_inodes_per_group = to_disk(g.inodes_per_group);
        const auto now = static_cast<std::uint64_t>(epoch.count());
        s.s_wtime = s.s_lastcheck = s.s_mkfs_time = to_disk(static_cast<std::uint32_t>(now));
        s.s_wtime_hi = s.s_lastcheck_hi = s.s_mkfs_time_hi = static_cast<std::uint8_t>(now >> 32);
        s.s_max_mnt_count = to_disk(std::uint16_t{0xffff});
        s.s_magic = to_disk(super_magic);
        // mke2fs leaves the copies marked as not clean.
        s.s_state = to_disk(static_cast<std::uint16_t>(group == 0 ? 1 : 0));
        s.s_errors = to_disk(static_cast<std::uint16_t>(options.on_error));
        s.s_rev_level = to_disk(1u);
        s.s_first_ino = to_disk(first_free_inode);
        s.s_inode_size = to_disk(static_cast<std::uint16_t>(p.inode_size));
        s.s_block_group_nr = to_disk(static_cast<std::uint16_t>(group));
        s.s_feature_compat = to_disk(compat_ext_attr | (p.dir_index ? compat_dir_index : 0) |
                                     (has_resize_inode() ? compat_resize_inode : 0) |
                                     (layout.journal_blocks != 0 ? compat_has_journal : 0));
        s.s_feature_incompat =
            to_disk(incompat_filetype | incompat_extents | (p.bits64 ? incompat_64bit : 0) |
                    (p.flex_bg ? incompat_flex_bg : 0) | (content.needs_large_dir ? incompat_largedir : 0) |
                    (content.value_inodes.empty() ? 0 : incompat_ea_inode));
        s.s_feature_ro_compat = to_disk(ro_compat_large_file | ro_compat_huge_file | ro_compat_dir_nlink |
                                        (p.inode_size > good_old_inode_size ? ro_compat_extra_isize : 0) |
                                        (p.sparse_super ? ro_compat_sparse_super : 0) |
                                        (p.metadata_csum ? ro_compat_metadata_csum
                                         : p.gdt_csum    ? ro_compat_gdt_csum
                                                         : 0));
        s.s_uuid = p.id.raw;
        std::copy(options.label.begin(), options.label.end(), s.s_volume_name.begin());
        s.s_reserved_gdt_blocks = to_disk(static_cast<std::uint16_t>(g.reserved_descriptor_blocks));
        s.s_hash_seed = p.hash_seed.raw;
        s.s_def_hash_version = hash_half_md4;
        s.s_desc_size = to_disk(static_cast<std::uint16_t>(p.bits64 ? p.descriptor_size() : 0));
        s.s_default_mount_opts =
            to_disk((options.mount_user_xattr ? mount_user_xattr : 0) | (options.mount_acl ? mount_acl : 0));
        if (p.inode_size > good_old_inode_size) s.s_min_extra_isize = s.s_want_extra_isize = to_disk(extra_inode_size);
        s.s_flags = to_disk(flag_signed_hash);
        s.s_raid_stride = to_disk(static_cast<std::uint16_t>(options.stride));
        s.s_raid_stripe_width = to_disk(options.stripe_width);
        if (p.flex_bg) s.s_log_groups_per_flex = static_cast<std::uint8_t>(std::countr_zero(p.flex_group_size));
        std::copy(options.mount_options.begin(), options.mount_options.end(), s.s_mount_opts.begin());
        if (layout.journal_blocks != 0) {
            s.s_journal_inum = to_disk(ext4_format::journal_inode);
            s.s_jnl_backup_type = 1;
            const ext4_format::inode j = journal_inode();
            std::memcpy(s.s_jnl_blocks.data(), j.i_block.data(), j.i_block.size());
            s.s_jnl_blocks[15] = j.i_size_high;
            s.s_jnl_blocks[16] = j.i_size_lo;
        }
        if (p.metadata_csum) {
            s.s_checksum_type = checksum_crc32c;
            s.s_checksum = to_disk(
                os::crc32c(~0u, std::as_bytes(std::span{&s, 1}).first(offsetof(ext4_format::superblock, s_checksum))));
        }
        return s;
    }

private:
    static void clear_bit(std::span<std::byte> block, std::uint64_t bit) {
        block[bit / 8] &= ~(std::byte{1} << (bit % 8));
    }

    /// All four times of an inode. The upper bits of the seconds are in the extra word (Linux ext4.h,
    /// ext4_encode_extra_time).
    void set_times(ext4_format::inode& n, timestamp t) const {
        n.i_atime = n.i_ctime = n.i_mtime = to_disk(static_cast<std::uint32_t>(static_cast<std::uint64_t>(t.seconds)));
        if (profile().inode_size == ext4_format::good_old_inode_size) return;
        n.i_extra_isize = to_disk(ext4_format::extra_inode_size);
        n.i_crtime = n.i_mtime;
        const std::int64_t low =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(t.seconds)));
        const auto above = static_cast<std::uint32_t>((static_cast<std::uint64_t>(t.seconds - low) >> 32) & 3);
        n.i_atime_extra = n.i_ctime_extra = n.i_mtime_extra = n.i_crtime_extra = to_disk(t.nanoseconds << 2 | above);
    }
    void set_size(ext4_format::inode& n, std::uint64_t size) const {
        n.i_size_lo = to_disk(static_cast<std::uint32_t>(size));
        n.i_size_high = to_disk(static_cast<std::uint32_t>(size >> 32));
    }
    /// Blocks of the filesystem, which i_blocks counts in units of 512 bytes.
    void set_blocks(ext4_format::inode& n, std::uint64_t count) const {
        const std::uint64_t units = count * (profile().block_size / 512);
        n.i_blocks_lo = to_disk(static_cast<std::uint32_t>(units));
        n.i_blocks_high = to_disk(static_cast<std::uint16_t>(units >> 32));
    }
    /// i_block of an inode with extents, even if it has none.
    void set_extents(ext4_format::inode& n, std::uint32_t ino) const {
        const auto i_block = std::as_writable_bytes(std::span{n.i_block});
        const ext4_blocks& b = layout.blocks[ino];
        if (b.has_list()) {
            std::memcpy(i_block.data(), list_roots[b.list()].data(), 60);
            return;
        }
        std::array<ext4_extent, ext4_extents_in_inode> extents{};
        std::size_t count = 0;
        layout.for_each_run(ino, [&](ext4_extent e) {
            while (e.length != 0) {
                const std::uint32_t n_blocks = std::min(e.length, ext4_format::longest_extent);
                extents[count++] = {e.logical, n_blocks, e.physical};
                e.logical += n_blocks, e.physical += n_blocks, e.length -= n_blocks;
            }
        });
        put_extent_tree(profile(), ino, std::span{extents}.first(count), {}, i_block,
                        [](std::uint64_t) { return std::span<std::byte>{}; });
    }

    void fill_inode(std::uint32_t ino, ext4_format::inode& n, std::span<std::byte> raw) const {
        const auto& i = content.inode_at(ino);
        constexpr std::uint16_t type_bits[] = {0100000, 0040000, 0120000, 0020000, 0060000, 0010000, 0140000};
        n.i_mode = to_disk(static_cast<std::uint16_t>(type_bits[static_cast<std::size_t>(i.type)] | i.mode));
        n.i_uid = to_disk(static_cast<std::uint16_t>(i.uid));
        n.i_uid_high = to_disk(static_cast<std::uint16_t>(i.uid >> 16));
        n.i_gid = to_disk(static_cast<std::uint16_t>(i.gid));
        n.i_gid_high = to_disk(static_cast<std::uint16_t>(i.gid >> 16));
        set_times(n, i.mtime(epoch));
        std::uint32_t links = i.links;
        std::uint32_t flags = 0;
        std::uint64_t blocks = layout.counted_blocks(ino);
        switch (i.type) {
        case file_type::directory: {
            const ext4_directory& d = content.directory_at(ino);
            links = 2 + d.subdirectories;
            if (links > ext4_format::longest_link_count) links = 1; // dir_nlink: not counted any more
            flags = ext4_format::inode_flag_extents | (d.hashed ? ext4_format::inode_flag_index : 0);
            set_size(n, std::uint64_t{d.blocks} * profile().block_size);
            set_extents(n, ino);
            break;
        }
        case file_type::regular:
            flags = ext4_format::inode_flag_extents;
            set_size(n, i.size);
            set_extents(n, ino);
            break;
        case file_type::symlink:
            set_size(n, i.size);
            if (ext4_content::has_link_block(i)) {
                flags = ext4_format::inode_flag_extents;
                set_extents(n, ino);
            } else {
                const auto target = tree->symlink_target(i);
                std::memcpy(n.i_block.data(), target.data(), target.size());
            }
            break;
        case file_type::character_device:
        case file_type::block_device: {
            const device_number d = tree::device_of(i);
            // Linux include/linux/kdev_t.h: old_encode_dev where it fits, else new_encode_dev in the second word.
            const bool old = d.major < 256 && d.minor < 256;
            const le32 number =
                to_disk(old ? d.major << 8 | d.minor : (d.minor & 0xff) | d.major << 8 | (d.minor & ~0xffu) << 12);
            std::memcpy(n.i_block.data() + (old ? 0 : 4), &number, sizeof number);
            break;
        }
        case file_type::fifo:
        case file_type::socket: break;
        }
        n.i_links_count = to_disk(static_cast<std::uint16_t>(links));
        n.i_flags = to_disk(flags);
        if (i.xattrs != 0) {
            const auto& x = content.xattrs[i.xattrs];
            if (raw.size() > sizeof n) put_xattrs_in_inode(profile(), x, raw.subspan(sizeof n));
            if (x.uses_block) {
                const std::uint64_t block = layout.xattr_block_of(ino);
                n.i_file_acl_lo = to_disk(static_cast<std::uint32_t>(block));
                n.i_file_acl_high = to_disk(static_cast<std::uint16_t>(block >> 32));
                ++blocks;
            }
            // Blocks of values in inodes of their own count as the user's, of everyone who has the attribute.
            // e2fsprogs e2fsck/pass1.c, check_blocks (ea_ibody_quota, ea_block_quota).
            for (const auto& a : x.attributes)
                if (a.where == ext4_xattr_plan::place::own_inode)
                    blocks += div_up(a.value.size(), profile().block_size);
        }
        set_blocks(n, blocks);
    }

    /// An inode that holds the value of an attribute. Linux fs/ext4/xattr.c: its times carry hash and references.
    void fill_value_inode(std::uint32_t ino, ext4_format::inode& n) const {
        const auto& v = content.value_inodes[ino - content.first_value_inode()];
        const auto& value = content.xattrs[v.set].attributes[v.attribute].value;
        n.i_mode = to_disk(std::uint16_t{0100600});
        n.i_links_count = to_disk(std::uint16_t{1});
        n.i_flags = to_disk(ext4_format::inode_flag_extents | ext4_format::inode_flag_ea_inode);
        n.i_atime = to_disk(os::crc32c(profile().checksum_seed, std::as_bytes(std::span{value.data(), value.size()})));
        n.i_version = to_disk(v.references); // the low half of the count; i_ctime has the high half
        if (profile().inode_size > ext4_format::good_old_inode_size)
            n.i_extra_isize = to_disk(ext4_format::extra_inode_size);
        set_size(n, value.size());
        set_extents(n, ino);
        set_blocks(n, layout.counted_blocks(ino));
    }

    void fill_journal_inode(ext4_format::inode& n) const {
        n.i_mode = to_disk(std::uint16_t{0100600});
        n.i_links_count = to_disk(std::uint16_t{1});
        n.i_flags = to_disk(ext4_format::inode_flag_extents);
        set_times(n, timestamp{epoch});
        set_size(n, std::uint64_t{layout.journal_blocks} * profile().block_size);
        set_extents(n, ext4_format::journal_inode);
        set_blocks(n, layout.counted_blocks(ext4_format::journal_inode));
    }

    /// Its double indirect block lists the reserved descriptor blocks. e2fsprogs lib/ext2fs/res_gdt.c.
    void fill_resize_inode(ext4_format::inode& n) const {
        n.i_mode = to_disk(std::uint16_t{0100600});
        n.i_links_count = to_disk(std::uint16_t{1});
        set_times(n, timestamp{epoch});
        const std::uint64_t per_block = profile().block_size / 4;
        set_size(n, (per_block * per_block + per_block + 12) * profile().block_size);
        std::uint64_t copies = 0;
        for (std::uint64_t g = 0; g < geometry().groups.size(); ++g) copies += geometry().has_superblock(g) ? 1 : 0;
        set_blocks(n, 1 + geometry().reserved_descriptor_blocks * copies);
        const le32 block = to_disk(static_cast<std::uint32_t>(layout.resize_block));
        std::memcpy(n.i_block.data() + 13 * sizeof block, &block, sizeof block);
    }
};

IMGCOMPOSE_NAMESPACE_END
