// SPDX-License-Identifier: BSL-1.0
// Options resolved: every choice made, every impossible one refused.
#pragma once

#include <imgcompose/fs/ext4/format.hpp>
#include <imgcompose/fs/ext4/options.hpp>
#include <imgcompose/os/crc32c.hpp>

#include <bit>
#include <chrono>
#include <cstdint>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void ext4_option_out_of_range(std::string_view option, std::string_view why) {
    throw input_error(text::join("ext4: ", option, " ", why));
}
[[noreturn]] inline void epoch_out_of_range(std::chrono::seconds epoch, std::string_view last) {
    throw input_error(text::join("ext4: the epoch is ", epoch.count(),
                                 " seconds from 1970; for a filesystem of these inodes 0 to ", last, " are possible"));
}
} // namespace fail

/// What the filesystem is, apart from its size and content; make_ext4_profile says what it is usually.
struct ext4_profile {
    std::uint32_t block_size = 0;
    std::uint32_t inode_size = 0;
    std::uint32_t flex_group_size = 0; ///< groups; 1 without flex_bg
    bool metadata_csum = false;
    bool gdt_csum = false; ///< checksums of group descriptors alone; makes uninitialised groups possible
    bool bits64 = false;
    bool flex_bg = false;
    bool sparse_super = false;
    bool resize_inode = false;
    bool dir_index = false;
    bool large_dir_allowed = false;
    bool holes_allowed = false;     ///< else they are written out as zeros
    std::uint64_t largest_file = 0; ///< bytes
    reader readable_by = linux_kernel;
    uuid id{};
    uuid hash_seed{};
    std::uint32_t checksum_seed = 0; ///< CRC-32C of the UUID, from which all metadata checksums start

    [[nodiscard]] std::uint32_t descriptor_size() const { return bits64 ? 64 : 32; }
    [[nodiscard]] bool lazy_groups() const { return metadata_csum || gdt_csum; }
    [[nodiscard]] std::uint32_t first_data_block() const { return block_size == 1024 ? 1 : 0; }
    [[nodiscard]] std::uint32_t blocks_per_group() const { return block_size * 8; }
    [[nodiscard]] std::uint32_t inodes_per_block() const { return block_size / inode_size; }
    /// What entries may fill of a directory block.
    [[nodiscard]] std::uint32_t directory_block_room() const {
        return block_size - (metadata_csum ? static_cast<std::uint32_t>(sizeof(ext4_format::directory_entry_tail)) : 0);
    }
};

/// Throws input_error for an option that is impossible.
inline ext4_profile make_ext4_profile(const ext4_options& o, const surroundings& where) {
    ext4_profile p;
    if (o.block_size != 1_KiB && o.block_size != 2_KiB && o.block_size != 4_KiB)
        fail::ext4_option_out_of_range(
            "block_size", text::join("is ", o.block_size.count, " bytes; 1024, 2048 and 4096 are possible"));
    if (o.block_size < where.sector_size)
        fail::ext4_option_out_of_range("block_size", text::join("is ", o.block_size.count,
                                                                " bytes, less than a sector of the medium (",
                                                                where.sector_size.count, "); use 4096"));
    p.block_size = static_cast<std::uint32_t>(o.block_size.count);
    if (!std::has_single_bit(o.inode_size) || o.inode_size < 128 || o.inode_size > p.block_size)
        fail::ext4_option_out_of_range(
            "inode_size", text::join("is ", o.inode_size, "; powers of two from 128 to the block size are possible"));
    p.inode_size = o.inode_size;
    if (o.label.size() > 16)
        fail::ext4_option_out_of_range(
            "label", text::join(text::quoted(o.label), " has ", o.label.size(), " bytes; at most 16 are possible"));
    if (o.label.find('\0') != o.label.npos)
        fail::ext4_option_out_of_range("label", text::join(text::quoted(o.label), " holds a NUL, where it would end"));
    if (o.mount_options.find('\0') != o.mount_options.npos)
        fail::ext4_option_out_of_range("mount_options", "hold a NUL, where they would end");
    if (o.mount_options.size() > 63)
        fail::ext4_option_out_of_range("mount_options",
                                       text::join("has ", o.mount_options.size(), " bytes; at most 63 are possible"));
    if (!std::has_single_bit(o.flex_group_size) || o.flex_group_size > 65536)
        fail::ext4_option_out_of_range(
            "flex_group_size", text::join("is ", o.flex_group_size, "; powers of two up to 65536 are possible"));
    if (const double percent = o.reserved_percent.value_or(5.0); !(percent >= 0.0 && percent <= 50.0))
        fail::ext4_option_out_of_range("reserved_percent", "is not between 0 and 50");
    if (o.stride > 65535) fail::ext4_option_out_of_range("stride", "is more than 65535 blocks");
    if (o.bytes_per_inode && (*o.bytes_per_inode < 1_KiB || *o.bytes_per_inode > 64_MiB))
        fail::ext4_option_out_of_range("bytes_per_inode", "is not between 1 KiB and 64 MiB");
    // Nearer to the size of an inode there would be hardly a block for the content, whatever the size.
    if (const bytes least{o.inode_size + o.inode_size / 8u}; o.bytes_per_inode && *o.bytes_per_inode < least)
        fail::ext4_option_out_of_range("bytes_per_inode",
                                       text::join("is ", o.bytes_per_inode->count, "; with inodes of ", o.inode_size,
                                                  " bytes at least ", least.count, " are possible"));
    if (o.inodes && *o.inodes > 0xffffffff)
        fail::ext4_option_out_of_range("inodes",
                                       text::join("is ", *o.inodes, "; at most 4294967295 are possible"));
    // What has no time of its own, such as the journal, gets the epoch; see check_ext4_inode.
    const std::int64_t last = o.inode_size > ext4_format::good_old_inode_size ? ext4_format::last_second
                                                                              : ext4_format::last_second_of_old_inode;
    if (where.epoch.count() < 0 || where.epoch.count() > last)
        fail::epoch_out_of_range(where.epoch, text::join(last));

    // Vendor U-Boot 2017.09 was only read about, not run: it gets what ext4 was when it was written.
    const bool vendor = o.readable_by == reader::u_boot_2017;
    const ext4_features& f = o.features;
    p.metadata_csum = f.metadata_csum.value_or(!vendor);
    p.gdt_csum = !p.metadata_csum;
    p.bits64 = f.bits64.value_or(!vendor);
    p.flex_bg = f.flex_bg.value_or(true);
    p.sparse_super = f.sparse_super.value_or(true);
    p.resize_inode = f.resize_inode.value_or(p.sparse_super);
    p.dir_index = f.dir_index.value_or(true);
    p.large_dir_allowed = p.dir_index && f.large_dir.value_or(true);
    p.flex_group_size = p.flex_bg ? o.flex_group_size : 1;
    if (p.resize_inode && !p.sparse_super)
        fail::ext4_option_out_of_range(
            "features",
            "has resize_inode without sparse_super, which Linux refuses to mount; leave both on or both off");
    p.readable_by = o.readable_by;
    // U-Boot's ext4 reader keeps the low 32 bits of a file's size; its 2017.09 takes some holes for errors.
    p.holes_allowed = !vendor;
    p.largest_file = o.readable_by == linux_kernel ? (1ULL << 32) * p.block_size - p.block_size : 0xffffffff;

    p.id = o.id.value_or(where.ids.derive_uuid("ext4 uuid"));
    p.hash_seed = o.hash_seed.value_or(where.ids.derive_uuid("ext4 hash seed"));
    p.checksum_seed = os::crc32c(~0u, std::as_bytes(std::span{p.id.raw}));
    return p;
}

IMGCOMPOSE_NAMESPACE_END
