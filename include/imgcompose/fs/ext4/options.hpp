// SPDX-License-Identifier: BSL-1.0
// What a user may say about an ext4 filesystem.
#pragma once

#include <imgcompose/core/guid.hpp>
#include <imgcompose/image/reader.hpp>
#include <imgcompose/image/recipe.hpp>

#include <cstdint>
#include <optional>
#include <string>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Features that a user may want on or off; what is not said here follows from `readable_by`.
struct ext4_features {
    std::optional<bool> metadata_csum{}; ///< checksums of all metadata
    std::optional<bool> bits64{};        ///< 64bit: block numbers beyond 2^32, 64-byte descriptors
    std::optional<bool> flex_bg{};       ///< metadata of several groups together
    std::optional<bool> sparse_super{};  ///< superblock copies in a few groups only
    std::optional<bool> resize_inode{};  ///< reserved descriptor blocks to grow online
    std::optional<bool> dir_index{};     ///< hashed directories
    std::optional<bool> large_dir{}; ///< hashed directories of three levels; made when a directory needs it, unless off
};

/// How large the journal is; a size alone says it, and `no_journal`.
struct ext4_journal {
    /// As mke2fs for the size of the filesystem, of a given size, or none.
    enum class kind : std::uint8_t { as_mke2fs, of_size, none };
    /// Which of them.
    kind what = kind::as_mke2fs;
    /// Only `of_size`.
    bytes size{};

    constexpr ext4_journal() = default;
    /// Of this kind.
    constexpr ext4_journal(kind k, bytes s = {}) : what(k), size(s) {}
    /// Of exactly this size.
    template <std::uint64_t Unit> constexpr ext4_journal(quantity<Unit> s) : what(kind::of_size), size(s) {}
};
inline constexpr ext4_journal no_journal{ext4_journal::kind::none};

// Times go from 1901 to 2446. From 2310-04-04 to 2378-04-22 e2fsck takes them for those before 1970 that kernels before
// 3.13 wrote wrongly, and offers to "fix" them: e2fsprogs e2fsck/pass1.c, check_inode_extra_space.

/// What the kernel does when it finds an error: superblock field s_errors.
enum class ext4_on_error : std::uint8_t { carry_on = 1, remount_read_only = 2, panic = 3 };

/// How an ext4 filesystem is made. What is not said is as mke2fs has it.
struct ext4_options {
    std::string label{};               ///< at most 16 bytes
    std::optional<uuid> id{};          ///< derived from the seed if not given
    std::optional<uuid> hash_seed{};   ///< of hashed directories; derived from the seed if not given
    reader readable_by = linux_kernel; ///< who must be able to read every file
    size_rule size = fill_partition;   ///< for a filesystem that is an image by itself
    /// resize2fs can grow it online up to this size; mke2fs's 1024-fold if not given. Where it is given, groups have as
    /// many inodes as those of a filesystem of that size, also in the smallest one: up to 2 MiB of each 128 MiB, of which
    /// only what is in use is written.
    std::optional<bytes> grows_to{};
    bytes block_size{4096};          ///< 1, 2 or 4 KiB
    std::uint16_t inode_size = 256;  ///< bytes: 128 to the block size, a power of two
    std::optional<std::uint64_t> inodes{};    ///< how many; else by `bytes_per_inode`
    std::optional<bytes> bytes_per_inode{};   ///< as mke2fs if not given: 16 KiB, more from 4 TiB on; at least 9/8 inodes
    std::optional<double> reserved_percent{}; ///< blocks only root may use; 5 if not given
    /// Its journal.
    ext4_journal journal{};
    /// What is on or off against what `readable_by` chooses.
    ext4_features features{};
    std::uint32_t stride = 0;           ///< blocks: s_raid_stride
    std::uint32_t stripe_width = 0;     ///< blocks: s_raid_stripe_width
    std::uint32_t flex_group_size = 16; ///< groups; a power of two
    bool mount_user_xattr = true;       ///< default mount options of the superblock
    /// The other one that mke2fs sets.
    bool mount_acl = true;
    std::string mount_options{}; ///< s_mount_opts: at most 63 bytes, such as "noatime"
    /// What the kernel does when it finds an error.
    ext4_on_error on_error = ext4_on_error::carry_on;
    bool lost_and_found = true; ///< make /lost+found where the tree has none
};

IMGCOMPOSE_NAMESPACE_END
