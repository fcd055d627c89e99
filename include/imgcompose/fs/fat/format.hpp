// SPDX-License-Identifier: BSL-1.0
// FAT12, FAT16 and FAT32 as they lie on disk.
// Source: Microsoft "FAT: General Overview of On-Disk Format" 1.03 (fatgen103); field names are its own in snake_case.
#pragma once

#include <imgcompose/core/endian.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
/// A field of text, filled up with spaces.
template <std::size_t N> constexpr std::array<char, N> padded(std::string_view s) {
    std::array<char, N> field{};
    field.fill(' ');
    std::ranges::copy(s.substr(0, N), field.begin());
    return field;
}
} // namespace detail

/// The part of the boot sector that all three types share: fatgen103, "Boot Sector and BPB".
struct fat_bpb {
    std::array<std::uint8_t, 3> jmp_boot;
    std::array<char, 8> oem_name;
    le16 byts_per_sec;
    std::uint8_t sec_per_clus;
    le16 rsvd_sec_cnt;
    std::uint8_t num_fats;
    le16 root_ent_cnt; // 0 on FAT32
    le16 tot_sec16;    // 0 where tot_sec32 holds the count
    std::uint8_t media;
    le16 fat_sz16; // 0 on FAT32: this is how readers tell it from the others
    le16 sec_per_trk;
    le16 num_heads;
    le32 hidd_sec; // sectors of the medium before the volume
    le32 tot_sec32;
};
static_assert(disk_struct<fat_bpb> && sizeof(fat_bpb) == 36);
static_assert(offsetof(fat_bpb, byts_per_sec) == 11 && offsetof(fat_bpb, media) == 21 &&
              offsetof(fat_bpb, hidd_sec) == 28);

/// What follows, at another place on FAT32.
struct fat_volume {
    std::uint8_t drv_num;
    std::uint8_t reserved1;
    std::uint8_t boot_sig; // 0x29: the next three fields are there
    le32 vol_id;
    std::array<char, 11> vol_lab;
    std::array<char, 8> fil_sys_type; // for people; no reader may decide by it
};
static_assert(disk_struct<fat_volume> && sizeof(fat_volume) == 26);

struct fat16_boot_sector {
    fat_bpb bpb;
    fat_volume volume;
    std::array<std::uint8_t, 448> boot_code;
    le16 signature;
};
static_assert(disk_struct<fat16_boot_sector> && sizeof(fat16_boot_sector) == 512);
static_assert(offsetof(fat16_boot_sector, volume) == 36 && offsetof(fat16_boot_sector, boot_code) == 62);

struct fat32_boot_sector {
    fat_bpb bpb;
    le32 fat_sz32;
    le16 ext_flags; // 0: all FATs are mirrors of the first
    le16 fs_ver;
    le32 root_clus;
    le16 fs_info;     // sector of the fat32_fs_info
    le16 bk_boot_sec; // sector of the copy of this sector
    std::array<std::uint8_t, 12> reserved;
    fat_volume volume;
    std::array<std::uint8_t, 420> boot_code;
    le16 signature;
};
static_assert(disk_struct<fat32_boot_sector> && sizeof(fat32_boot_sector) == 512);
static_assert(offsetof(fat32_boot_sector, root_clus) == 44 && offsetof(fat32_boot_sector, volume) == 64);
static_assert(offsetof(fat32_boot_sector, boot_code) == 90);

inline constexpr std::uint16_t fat_signature = 0xaa55; // at byte 510, whatever the sector size

/// fatgen103, "FAT32 FSInfo Sector Structure and Backup Boot Sector".
struct fat32_fs_info {
    le32 lead_sig;
    std::array<std::uint8_t, 480> reserved1;
    le32 struc_sig;
    le32 free_count;
    le32 nxt_free; // where a driver starts to look for a free cluster
    std::array<std::uint8_t, 12> reserved2;
    le32 trail_sig;

    static constexpr std::uint32_t lead = 0x41615252, struc = 0x61417272, trail = 0xaa550000;
};
static_assert(disk_struct<fat32_fs_info> && sizeof(fat32_fs_info) == 512 && offsetof(fat32_fs_info, struc_sig) == 484);

inline constexpr std::uint32_t fat32_info_sector = 1;   // as everybody has it
inline constexpr std::uint32_t fat32_backup_sector = 6; // "no value other than 6 is recommended"

/// fatgen103, "FAT 32 Byte Directory Entry Structure".
struct fat_directory_entry {
    std::array<char, 11> name; // 8.3, padded with spaces, without the point
    std::uint8_t attr;
    std::uint8_t nt_res;         // which halves of the name are lower case: see short_name
    std::uint8_t crt_time_tenth; // hundredths of a second, 0 to 199
    le16 crt_time;
    le16 crt_date;
    le16 lst_acc_date;
    le16 fst_clus_hi;
    le16 wrt_time;
    le16 wrt_date;
    le16 fst_clus_lo;
    le32 file_size;

    static constexpr std::uint8_t read_only = 0x01, volume_id = 0x08, directory = 0x10, archive = 0x20,
                                  long_name = 0x0f;
};
static_assert(disk_struct<fat_directory_entry> && sizeof(fat_directory_entry) == 32);
static_assert(offsetof(fat_directory_entry, fst_clus_hi) == 20 && offsetof(fat_directory_entry, file_size) == 28);

/// Thirteen units of a long name: fatgen103, "FAT Long Directory Entries".
struct fat_long_name_entry {
    std::uint8_t ord; // from 1; the entry with the end of the name comes first on disk and has `last` set
    std::array<le16, 5> name1;
    std::uint8_t attr;
    std::uint8_t type;
    std::uint8_t chksum; // of the short name
    std::array<le16, 6> name2;
    le16 fst_clus_lo;
    std::array<le16, 2> name3;

    static constexpr std::uint8_t last = 0x40;
    static constexpr std::size_t units = 13;
};
static_assert(disk_struct<fat_long_name_entry> && sizeof(fat_long_name_entry) == 32);
static_assert(offsetof(fat_long_name_entry, chksum) == 13 && offsetof(fat_long_name_entry, name3) == 28);

/// Entries in one directory: it may have at most 2 MiB. fatgen103, "FAT Directory Structure"; Linux fs/fat/fat.h
/// FAT_MAX_DIR_SIZE.
inline constexpr std::uint32_t fat_largest_directory = 65536;
inline constexpr std::uint64_t fat_largest_file = 0xffffffff;

IMGCOMPOSE_NAMESPACE_END
