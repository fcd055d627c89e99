// SPDX-License-Identifier: BSL-1.0
// The bytes of a master boot record and of an extended boot record. Source: UEFI 2.10, section 5.2; extended boot
// records are as util-linux libfdisk/src/dos.c reads and writes them.
#pragma once

#include <imgcompose/core/endian.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A cylinder, head and sector: head, then sector (bits 0 to 5) with the cylinder's bits 8 and 9 above it, then the
/// cylinder's low byte.
using mbr_chs = std::array<std::uint8_t, 3>;

/// UEFI 2.10, table 5.2 "Legacy MBR Partition Record".
struct mbr_partition_record {
    std::uint8_t boot_indicator; // 0x80: active
    mbr_chs starting_chs;
    std::uint8_t os_type;
    mbr_chs ending_chs;
    le32 starting_lba, size_in_lba;
};
static_assert(disk_struct<mbr_partition_record> && sizeof(mbr_partition_record) == 16);
static_assert(offsetof(mbr_partition_record, starting_lba) == 8);

/// UEFI 2.10, table 5.1 "Legacy MBR". An extended boot record has the same shape: its first record is a logical
/// partition, its second a link to the next extended boot record.
struct master_boot_record {
    std::array<std::uint8_t, 440> boot_code;
    le32 unique_mbr_disk_signature;
    le16 unknown;
    std::array<mbr_partition_record, 4> partition_record;
    std::array<std::uint8_t, 2> signature; // 0x55 0xaa
};
static_assert(disk_struct<master_boot_record> && sizeof(master_boot_record) == 512);
static_assert(offsetof(master_boot_record, unique_mbr_disk_signature) == 440);
static_assert(offsetof(master_boot_record, partition_record) == 446 && offsetof(master_boot_record, signature) == 510);

inline constexpr std::array<std::uint8_t, 2> mbr_signature{0x55, 0xaa};
inline constexpr std::uint8_t mbr_active = 0x80;

IMGCOMPOSE_NAMESPACE_END
