// SPDX-License-Identifier: BSL-1.0
// The bytes of ext4: structures and constants, nothing else.
// Source: Linux fs/ext4/ext4.h, ext4_extents.h, xattr.h, include/linux/jbd2.h, and Documentation/filesystems/ext4.
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/core/guid.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace ext4_format {

// s_feature_compat: who does not know these may still read and write.
inline constexpr std::uint32_t compat_has_journal = 0x4, compat_ext_attr = 0x8, compat_resize_inode = 0x10,
                               compat_dir_index = 0x20;
// s_feature_incompat: who does not know these may do neither.
inline constexpr std::uint32_t incompat_filetype = 0x2, incompat_extents = 0x40, incompat_64bit = 0x80,
                               incompat_flex_bg = 0x200, incompat_ea_inode = 0x400, incompat_largedir = 0x4000;
// s_feature_ro_compat: who does not know these may only read.
inline constexpr std::uint32_t ro_compat_sparse_super = 0x1, ro_compat_large_file = 0x2, ro_compat_huge_file = 0x8,
                               ro_compat_gdt_csum = 0x10, ro_compat_dir_nlink = 0x20, ro_compat_extra_isize = 0x40,
                               ro_compat_metadata_csum = 0x400;

inline constexpr std::uint32_t root_inode = 2, resize_inode = 7, journal_inode = 8, first_free_inode = 11;
inline constexpr std::uint32_t superblock_offset = 1024, superblock_size = 1024;
inline constexpr std::uint16_t super_magic = 0xEF53;
inline constexpr std::uint32_t good_old_inode_size = 128; ///< of revision 0: what lies behind is `extra`
inline constexpr std::uint16_t extra_inode_size = 32;     ///< bytes of the fields behind i_extra_isize's start
inline constexpr std::uint32_t longest_link_count = 65000;
inline constexpr std::uint32_t flag_signed_hash = 1; ///< s_flags: names are hashed as signed characters
inline constexpr std::uint8_t hash_half_md4 = 1;
inline constexpr std::uint8_t checksum_crc32c = 1;

// Times of inodes: 32 bits with a sign, of which the field beside them holds two more. Linux fs/ext4/ext4.h,
// ext4_encode_extra_time. 1901-12-13 to 2446-05-10, without the field to 2038-01-19.
inline constexpr std::int64_t first_second = -(std::int64_t{1} << 31);
inline constexpr std::int64_t last_second_of_old_inode = -first_second - 1;
inline constexpr std::int64_t last_second = (std::int64_t{1} << 34) + first_second - 1;

inline constexpr std::uint32_t mount_user_xattr = 0x4, mount_acl = 0x8; ///< s_default_mount_opts

struct superblock {
    le32 s_inodes_count, s_blocks_count_lo, s_r_blocks_count_lo, s_free_blocks_count_lo, s_free_inodes_count;
    le32 s_first_data_block, s_log_block_size, s_log_cluster_size;
    le32 s_blocks_per_group, s_clusters_per_group, s_inodes_per_group;
    le32 s_mtime, s_wtime;
    le16 s_mnt_count, s_max_mnt_count, s_magic, s_state, s_errors, s_minor_rev_level;
    le32 s_lastcheck, s_checkinterval, s_creator_os, s_rev_level;
    le16 s_def_resuid, s_def_resgid;
    le32 s_first_ino;
    le16 s_inode_size, s_block_group_nr;
    le32 s_feature_compat, s_feature_incompat, s_feature_ro_compat;
    std::array<std::uint8_t, 16> s_uuid;
    std::array<char, 16> s_volume_name;
    std::array<char, 64> s_last_mounted;
    le32 s_algorithm_usage_bitmap;
    std::uint8_t s_prealloc_blocks, s_prealloc_dir_blocks;
    le16 s_reserved_gdt_blocks;
    std::array<std::uint8_t, 16> s_journal_uuid;
    le32 s_journal_inum, s_journal_dev, s_last_orphan;
    std::array<std::uint8_t, 16> s_hash_seed;
    std::uint8_t s_def_hash_version, s_jnl_backup_type;
    le16 s_desc_size;
    le32 s_default_mount_opts, s_first_meta_bg, s_mkfs_time;
    std::array<le32, 17> s_jnl_blocks; ///< i_block of the journal inode, i_size_high, i_size_lo
    le32 s_blocks_count_hi, s_r_blocks_count_hi, s_free_blocks_count_hi;
    le16 s_min_extra_isize, s_want_extra_isize;
    le32 s_flags;
    le16 s_raid_stride, s_mmp_interval;
    le64 s_mmp_block;
    le32 s_raid_stripe_width;
    std::uint8_t s_log_groups_per_flex, s_checksum_type, s_encryption_level, s_reserved_pad;
    le64 s_kbytes_written;
    std::array<std::uint8_t, 0x80> snapshots_and_errors;
    std::array<char, 64> s_mount_opts;
    le32 s_usr_quota_inum, s_grp_quota_inum, s_overhead_clusters;
    std::array<le32, 2> s_backup_bgs;
    std::array<std::uint8_t, 4> s_encrypt_algos;
    std::array<std::uint8_t, 16> s_encrypt_pw_salt;
    le32 s_lpf_ino, s_prj_quota_inum, s_checksum_seed;
    /// Bits 32 to 39 of the superblock's times: Linux 4.20 (6a0678a757ed) and e2fsprogs 1.47.1 know them.
    std::uint8_t s_wtime_hi, s_mtime_hi, s_mkfs_time_hi, s_lastcheck_hi;
    std::array<std::uint8_t, 0x3FC - 0x278> s_reserved;
    le32 s_checksum; ///< CRC-32C of all before it
};
static_assert(disk_struct<superblock> && sizeof(superblock) == superblock_size);
static_assert(offsetof(superblock, s_magic) == 0x38 && offsetof(superblock, s_uuid) == 0x68 &&
              offsetof(superblock, s_journal_uuid) == 0xD0 && offsetof(superblock, s_hash_seed) == 0xEC &&
              offsetof(superblock, s_jnl_blocks) == 0x10C && offsetof(superblock, s_blocks_count_hi) == 0x150 &&
              offsetof(superblock, s_log_groups_per_flex) == 0x174 && offsetof(superblock, s_mount_opts) == 0x200 &&
              offsetof(superblock, s_checksum_seed) == 0x270 && offsetof(superblock, s_wtime_hi) == 0x274 &&
              offsetof(superblock, s_checksum) == 0x3FC);

inline constexpr std::uint16_t group_inode_uninit = 1, group_block_uninit = 2, group_inode_zeroed = 4;

/// Without the 64bit feature only the first 32 bytes are there.
struct group_descriptor {
    le32 bg_block_bitmap_lo, bg_inode_bitmap_lo, bg_inode_table_lo;
    le16 bg_free_blocks_count_lo, bg_free_inodes_count_lo, bg_used_dirs_count_lo, bg_flags;
    le32 bg_exclude_bitmap_lo;
    le16 bg_block_bitmap_csum_lo, bg_inode_bitmap_csum_lo, bg_itable_unused_lo, bg_checksum;
    le32 bg_block_bitmap_hi, bg_inode_bitmap_hi, bg_inode_table_hi;
    le16 bg_free_blocks_count_hi, bg_free_inodes_count_hi, bg_used_dirs_count_hi, bg_itable_unused_hi;
    le32 bg_exclude_bitmap_hi;
    le16 bg_block_bitmap_csum_hi, bg_inode_bitmap_csum_hi;
    le32 bg_reserved;
};
static_assert(disk_struct<group_descriptor> && sizeof(group_descriptor) == 64);
static_assert(offsetof(group_descriptor, bg_checksum) == 0x1E && offsetof(group_descriptor, bg_reserved) == 0x3C);

inline constexpr std::uint32_t inode_flag_index = 0x1000, inode_flag_extents = 0x80000, inode_flag_ea_inode = 0x200000;

/// The part of an inode that has fields; with 128-byte inodes it ends before i_extra_isize.
struct inode {
    le16 i_mode, i_uid;
    le32 i_size_lo, i_atime, i_ctime, i_mtime, i_dtime;
    le16 i_gid, i_links_count;
    le32 i_blocks_lo, i_flags, i_version;
    std::array<std::uint8_t, 60> i_block;
    le32 i_generation, i_file_acl_lo, i_size_high, i_obso_faddr;
    le16 i_blocks_high, i_file_acl_high, i_uid_high, i_gid_high, i_checksum_lo, i_reserved;
    le16 i_extra_isize, i_checksum_hi;
    le32 i_ctime_extra, i_mtime_extra, i_atime_extra, i_crtime, i_crtime_extra, i_version_hi, i_projid;
};
static_assert(disk_struct<inode> && sizeof(inode) == good_old_inode_size + extra_inode_size);
static_assert(offsetof(inode, i_block) == 0x28 && offsetof(inode, i_file_acl_lo) == 0x68 &&
              offsetof(inode, i_checksum_lo) == 0x7C && offsetof(inode, i_checksum_hi) == 0x82);

inline constexpr std::uint16_t extent_magic = 0xF30A;
inline constexpr std::uint32_t longest_extent = 32768; ///< blocks; larger lengths mean unwritten

struct extent_header {
    le16 eh_magic, eh_entries, eh_max, eh_depth;
    le32 eh_generation;
};
struct extent_leaf {
    le32 ee_block;
    le16 ee_len, ee_start_hi;
    le32 ee_start_lo;
};
struct extent_index {
    le32 ei_block, ei_leaf_lo;
    le16 ei_leaf_hi, ei_unused;
};
static_assert(sizeof(extent_header) == 12 && sizeof(extent_leaf) == 12 && sizeof(extent_index) == 12);
static_assert(disk_struct<extent_header> && disk_struct<extent_leaf> && disk_struct<extent_index>);

/// Followed by name_len bytes of name; rec_len is a multiple of 4 and leads to the next entry.
struct directory_entry {
    le32 inode;
    le16 rec_len;
    std::uint8_t name_len, file_type;
};
/// At the end of a directory block that has a checksum; looks like an unused entry to those who know no checksums.
struct directory_entry_tail {
    le32 det_reserved_zero1;
    le16 det_rec_len;
    std::uint8_t det_reserved_zero2, det_reserved_ft;
    le32 det_checksum;
};
static_assert(sizeof(directory_entry) == 8 && sizeof(directory_entry_tail) == 12);

/// In block 0 of a hashed directory, behind the entries for "." (12 bytes) and ".." (12 bytes).
struct dx_root_info {
    le32 reserved_zero;
    std::uint8_t hash_version, info_length, indirect_levels, unused_flags;
};
struct dx_entry {
    le32 hash, block;
};
/// Stands in the place of the hash of the first dx_entry.
struct dx_countlimit {
    le16 limit, count;
};
struct dx_tail {
    le32 dt_reserved, dt_checksum;
};
static_assert(sizeof(dx_root_info) == 8 && sizeof(dx_entry) == 8 && sizeof(dx_countlimit) == 4 && sizeof(dx_tail) == 8);

inline constexpr std::uint32_t xattr_magic = 0xEA020000;
inline constexpr std::uint32_t xattr_most_references = 1024; ///< of one shared block: EXT4_XATTR_REFCOUNT_MAX

struct xattr_block_header {
    le32 h_magic, h_refcount, h_blocks, h_hash, h_checksum;
    std::array<le32, 3> h_reserved;
};
struct xattr_entry {
    std::uint8_t e_name_len, e_name_index;
    le16 e_value_offs;
    le32 e_value_inum, e_value_size, e_hash;
};
static_assert(sizeof(xattr_block_header) == 32 && sizeof(xattr_entry) == 16);

/// The first 1024 bytes of the journal; big-endian. include/linux/jbd2.h, journal_superblock_s.
struct journal_superblock {
    be32 h_magic, h_blocktype, h_sequence;
    be32 s_blocksize, s_maxlen, s_first, s_sequence, s_start, s_errno;
    be32 s_feature_compat, s_feature_incompat, s_feature_ro_compat;
    std::array<std::uint8_t, 16> s_uuid;
    be32 s_nr_users, s_dynsuper, s_max_transaction, s_max_trans_data;
    std::array<std::uint8_t, 1024 - 0x50> rest;
};
static_assert(disk_struct<journal_superblock> && sizeof(journal_superblock) == 1024);
inline constexpr std::uint32_t journal_magic = 0xC03B3998, journal_superblock_v2 = 4;

} // namespace ext4_format
IMGCOMPOSE_NAMESPACE_END
