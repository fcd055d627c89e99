// SPDX-License-Identifier: BSL-1.0
// The metadata checksums of ext4: CRC-32C started from the filesystem's UUID and from what the structure belongs to.
// Source: Linux fs/ext4/inode.c (ext4_inode_csum), namei.c (ext4_dirblock_csum, ext4_dx_csum), super.c
// (ext4_group_desc_csum), extents.c (ext4_extent_block_csum), xattr.c (ext4_xattr_block_csum).
#pragma once

#include <imgcompose/core/crc.hpp>
#include <imgcompose/fs/ext4/profile.hpp>
#include <imgcompose/os/crc32c.hpp>

#include <cstddef>
#include <span>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace ext4_checksum {

template <class T> std::uint32_t over(std::uint32_t before, const T& value) {
    return os::crc32c(before, std::as_bytes(std::span{&value, 1}));
}

/// What the checksums of an inode's blocks start from; the generation is always 0 here.
inline std::uint32_t inode_seed(const ext4_profile& p, std::uint32_t ino) {
    const le32 number = to_disk(ino), generation = to_disk(0u);
    return over(over(p.checksum_seed, number), generation);
}

inline std::uint16_t of_group(const ext4_profile& p, std::uint32_t group, ext4_format::group_descriptor d) {
    d.bg_checksum = to_disk(std::uint16_t{0});
    const le32 number = to_disk(group);
    const auto raw = std::as_bytes(std::span{&d, 1}).first(p.descriptor_size());
    if (p.metadata_csum) return static_cast<std::uint16_t>(os::crc32c(over(p.checksum_seed, number), raw) & 0xffff);
    // The older sum leaves its own two bytes out.
    constexpr std::size_t field = offsetof(ext4_format::group_descriptor, bg_checksum);
    std::uint16_t crc = crc16(0xffff, std::as_bytes(std::span{p.id.raw}));
    crc = crc16(crc, std::as_bytes(std::span{&number, 1}));
    crc = crc16(crc, raw.first(field));
    return crc16(crc, raw.subspan(field + 2));
}

/// Sets the checksum in the last 12 bytes of a directory block.
inline void finish_directory_block(const ext4_profile& p, std::uint32_t ino, std::span<std::byte> block) {
    if (!p.metadata_csum) return;
    ext4_format::directory_entry_tail tail{};
    const std::size_t at = block.size() - sizeof tail;
    tail.det_rec_len = to_disk(static_cast<std::uint16_t>(sizeof tail));
    tail.det_reserved_ft = 0xDE;
    tail.det_checksum = to_disk(os::crc32c(inode_seed(p, ino), block.first(at)));
    put_struct(block.subspan(at), tail);
}

/// Sets the checksum behind the last possible entry of an interior node of a hashed directory.
/// `entries_at`: where its dx_countlimit is; `limit`, `count` as stored there.
inline void finish_dx_node(const ext4_profile& p, std::uint32_t ino, std::span<std::byte> block, std::size_t entries_at,
                           std::size_t limit, std::size_t count) {
    if (!p.metadata_csum) return;
    std::uint32_t crc = os::crc32c(inode_seed(p, ino), block.first(entries_at + count * sizeof(ext4_format::dx_entry)));
    crc = over(crc, ext4_format::dx_tail{}); // its reserved field, and its checksum taken as zero
    const ext4_format::dx_tail tail{.dt_reserved = to_disk(0u), .dt_checksum = to_disk(crc)};
    put_struct(block.subspan(entries_at + limit * sizeof(ext4_format::dx_entry)), tail);
}

/// Sets the checksum behind the last possible entry of a block of an extent tree.
inline void finish_extent_block(const ext4_profile& p, std::uint32_t ino, std::span<std::byte> block) {
    if (!p.metadata_csum) return;
    const std::size_t at = 12 + (block.size() - 12) / 12 * 12;
    const le32 crc = to_disk(os::crc32c(inode_seed(p, ino), block.first(at)));
    put_struct(block.subspan(at), crc);
}

/// Sets the checksum of an inode of `raw.size()` bytes.
inline void finish_inode(const ext4_profile& p, std::uint32_t ino, std::span<std::byte> raw) {
    if (!p.metadata_csum) return;
    const std::uint32_t crc = os::crc32c(inode_seed(p, ino), raw);
    const le16 low = to_disk(static_cast<std::uint16_t>(crc & 0xffff)),
               high = to_disk(static_cast<std::uint16_t>(crc >> 16));
    put_struct(raw.subspan(offsetof(ext4_format::inode, i_checksum_lo)), low);
    if (raw.size() > ext4_format::good_old_inode_size)
        put_struct(raw.subspan(offsetof(ext4_format::inode, i_checksum_hi)), high);
}

/// Sets the checksum of a block of extended attributes.
inline void finish_xattr_block(const ext4_profile& p, std::uint64_t at_block, std::span<std::byte> block) {
    if (!p.metadata_csum) return;
    const le64 number = to_disk(at_block);
    const le32 crc = to_disk(os::crc32c(over(p.checksum_seed, number), block));
    put_struct(block.subspan(offsetof(ext4_format::xattr_block_header, h_checksum)), crc);
}

} // namespace ext4_checksum
IMGCOMPOSE_NAMESPACE_END
