// SPDX-License-Identifier: BSL-1.0
// The bytes of a GUID partition table. Source: UEFI 2.10, section 5.3.
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/core/guid.hpp>

#include <array>
#include <cstddef>

IMGCOMPOSE_NAMESPACE_BEGIN

/// UEFI 2.10, table 5.5 "GPT Header".
struct gpt_header {
    std::array<char, 8> signature;                      // "EFI PART", no terminator
    le32 revision, header_size, header_crc32, reserved; // CRC of header_size bytes with this field zero
    le64 my_lba, alternate_lba;
    le64 first_usable_lba, last_usable_lba; // both inclusive
    guid disk_guid;
    le64 partition_entry_lba;
    le32 number_of_partition_entries, size_of_partition_entry, partition_entry_array_crc32;
};
static_assert(disk_struct<gpt_header> && sizeof(gpt_header) == 92);
static_assert(offsetof(gpt_header, my_lba) == 24 && offsetof(gpt_header, disk_guid) == 56);
static_assert(offsetof(gpt_header, partition_entry_array_crc32) == 88);

/// UEFI 2.10, table 5.6 "GPT Partition Entry".
struct gpt_partition_entry {
    guid partition_type_guid; // zero: unused
    guid unique_partition_guid;
    le64 starting_lba, ending_lba; // both inclusive
    le64 attributes;
    std::array<le16, 36> partition_name; // UTF-16, the rest zero
};
static_assert(disk_struct<gpt_partition_entry> && sizeof(gpt_partition_entry) == 128);
static_assert(offsetof(gpt_partition_entry, attributes) == 48 && offsetof(gpt_partition_entry, partition_name) == 56);

inline constexpr std::array<char, 8> gpt_signature{'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T'};
inline constexpr std::uint32_t gpt_revision_1_0 = 0x00010000;

IMGCOMPOSE_NAMESPACE_END
