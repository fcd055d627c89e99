// SPDX-License-Identifier: BSL-1.0
// What the superblock of an ext2, ext3 or ext4 filesystem says. It may be damaged or hostile.
// Source: Linux fs/ext4/ext4.h; names of features: e2fsprogs lib/e2p/feature.c.
#pragma once

#include <imgcompose/core/guid.hpp>
#include <imgcompose/fs/ext4/format.hpp>
#include <imgcompose/image/window.hpp>
#include <imgcompose/os/crc32c.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// The three words of feature bits; see ext4_format for who may do what without knowing one.
struct ext4_feature_bits {
    std::uint32_t compat = 0, incompat = 0, ro_compat = 0;
    friend constexpr bool operator==(const ext4_feature_bits&, const ext4_feature_bits&) = default;
};

struct ext4_facts {
    std::string label{};
    uuid id{};
    ext4_feature_bits features{};
    bytes block_size{}; ///< a power of two from 1 KiB to 64 KiB
    bytes size{};
    bytes free{};     ///< the share kept for root included
    bytes reserved{}; ///< for root
    std::uint64_t inodes = 0, free_inodes = 0;
    std::uint32_t inode_size = 0;
    std::string last_mounted{}; ///< where it was mounted last
    bool clean = false;         ///< unmounted without leaving anything to do
    bool has_errors = false;    ///< the kernel found some
    bool checksum_right = true; ///< of the superblock, where it has one

    [[nodiscard]] bool needs_recovery() const { return (features.incompat & 0x4) != 0; }
    /// As mount names it, by its features alone.
    [[nodiscard]] std::string_view kind() const {
        constexpr std::uint32_t of_ext3 = 0x2 | 0x4 | 0x10, ro_of_ext3 = 0x1 | 0x2 | 0x4; // EXT3_FEATURE_*_SUPP
        if ((features.incompat & ~of_ext3) != 0 || (features.ro_compat & ~ro_of_ext3) != 0) return "ext4";
        return (features.compat & ext4_format::compat_has_journal) != 0 ? "ext3" : "ext2";
    }
};

namespace detail {
struct named_feature {
    std::uint32_t bit;
    std::string_view name;
};
inline constexpr std::array<named_feature, 11> ext4_compat_names{{
    {0x1, "dir_prealloc"},
    {0x2, "imagic_inodes"},
    {0x4, "has_journal"},
    {0x8, "ext_attr"},
    {0x10, "resize_inode"},
    {0x20, "dir_index"},
    {0x40, "lazy_bg"},
    {0x200, "sparse_super2"},
    {0x400, "fast_commit"},
    {0x800, "stable_inodes"},
    {0x1000, "orphan_file"},
}};
inline constexpr std::array<named_feature, 16> ext4_incompat_names{{
    {0x1, "compression"},
    {0x2, "filetype"},
    {0x4, "needs_recovery"},
    {0x8, "journal_dev"},
    {0x10, "meta_bg"},
    {0x40, "extent"},
    {0x80, "64bit"},
    {0x100, "mmp"},
    {0x200, "flex_bg"},
    {0x400, "ea_inode"},
    {0x1000, "dirdata"},
    {0x2000, "metadata_csum_seed"},
    {0x4000, "large_dir"},
    {0x8000, "inline_data"},
    {0x10000, "encrypt"},
    {0x20000, "casefold"},
}};
inline constexpr std::array<named_feature, 16> ext4_ro_compat_names{{
    {0x1, "sparse_super"},
    {0x2, "large_file"},
    {0x8, "huge_file"},
    {0x10, "uninit_bg"},
    {0x20, "dir_nlink"},
    {0x40, "extra_isize"},
    {0x80, "snapshot"},
    {0x100, "quota"},
    {0x200, "bigalloc"},
    {0x400, "metadata_csum"},
    {0x800, "replica"},
    {0x1000, "read-only"},
    {0x2000, "project"},
    {0x4000, "shared_blocks"},
    {0x8000, "verity"},
    {0x10000, "orphan_present"},
}};

inline void append_feature_names(std::vector<std::string>& to, std::uint32_t bits, std::string_view word,
                                 std::span<const named_feature> names) {
    for (std::uint32_t left = bits; left != 0; left &= left - 1) {
        const std::uint32_t bit = left & (~left + 1);
        const auto known = std::ranges::find(names, bit, &named_feature::bit);
        to.push_back(known != names.end() ? std::string{known->name} : text::join(word, ' ', text::hex(bit)));
    }
}

/// Text of a field that ends at its first NUL, or is full.
inline std::string text_of_field(std::span<const char> field) {
    return {field.begin(), std::ranges::find(field, '\0')};
}
} // namespace detail

/// The features as dumpe2fs names them, in its order.
inline std::vector<std::string> names_of(const ext4_feature_bits& f) {
    std::vector<std::string> names;
    detail::append_feature_names(names, f.compat, "compat", detail::ext4_compat_names);
    detail::append_feature_names(names, f.incompat, "incompat", detail::ext4_incompat_names);
    detail::append_feature_names(names, f.ro_compat, "ro_compat", detail::ext4_ro_compat_names);
    return names;
}

/// Of the filesystem at the start of `part`; nothing if there is none. Numbers are as they are found: a size may be
/// larger than the window.
inline std::optional<ext4_facts> read_ext4_facts(const window& part) {
    using namespace ext4_format;
    const auto sb = part.get<superblock>(offset{bytes{superblock_offset}});
    if (!sb || from_disk(sb->s_magic) != super_magic || from_disk(sb->s_log_block_size) > 6) return {};

    ext4_facts f;
    f.features = {from_disk(sb->s_feature_compat), from_disk(sb->s_feature_incompat),
                  from_disk(sb->s_feature_ro_compat)};
    const bool wide = (f.features.incompat & incompat_64bit) != 0;
    f.block_size = bytes{1024ull << from_disk(sb->s_log_block_size)};
    // At most 2^47 blocks, so that no product overflows; more than any ext4 can have.
    const auto size_of = [&](const le32& low, const le32& high) {
        const std::uint64_t blocks = from_disk(low) | (wide ? std::uint64_t{from_disk(high)} << 32 : 0);
        return f.block_size * std::min(blocks, std::uint64_t{1} << 47);
    };
    f.size = size_of(sb->s_blocks_count_lo, sb->s_blocks_count_hi);
    f.free = std::min(size_of(sb->s_free_blocks_count_lo, sb->s_free_blocks_count_hi), f.size);
    f.reserved = std::min(size_of(sb->s_r_blocks_count_lo, sb->s_r_blocks_count_hi), f.size);
    f.inodes = from_disk(sb->s_inodes_count);
    f.free_inodes = std::min<std::uint64_t>(from_disk(sb->s_free_inodes_count), f.inodes);
    f.inode_size = from_disk(sb->s_rev_level) == 0 ? good_old_inode_size : from_disk(sb->s_inode_size);
    f.label = detail::text_of_field(sb->s_volume_name);
    f.id.raw = sb->s_uuid;
    f.last_mounted = detail::text_of_field(sb->s_last_mounted);
    f.clean = (from_disk(sb->s_state) & 1) != 0 && !f.needs_recovery();
    f.has_errors = (from_disk(sb->s_state) & 2) != 0;
    if ((f.features.ro_compat & ro_compat_metadata_csum) != 0) {
        const auto raw = to_bytes(*sb);
        f.checksum_right =
            os::crc32c(~0u, std::span{raw}.first(offsetof(superblock, s_checksum))) == from_disk(sb->s_checksum);
    }
    return f;
}

IMGCOMPOSE_NAMESPACE_END
