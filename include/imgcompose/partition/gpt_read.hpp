// SPDX-License-Identifier: BSL-1.0
// GUID partition tables from their bytes. What is read may be damaged or hostile: nothing here is believed, and nothing
// but the given bytes is looked at. Source: UEFI 2.10, section 5.3.
#pragma once

#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/unicode.hpp>
#include <imgcompose/core/units.hpp>
#include <imgcompose/partition/gpt_format.hpp>
#include <imgcompose/partition/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A header as it was found.
struct found_gpt_header {
    lba my_lba{}, alternate_lba{};
    lba first_usable{}, last_usable{}; ///< both inclusive
    lba entry_array{};
    uuid disk_id{};
    std::uint32_t entry_count = 0;
    std::uint32_t entry_size = 0; ///< bytes
    std::uint32_t entry_array_crc32 = 0;
    bool checksum_right = false; ///< of the header itself

    /// Of the entry array; the product of two fields that 64 bits can hold.
    [[nodiscard]] constexpr bytes entry_array_size() const { return bytes{std::uint64_t{entry_count} * entry_size}; }
    /// Whether the sizes are ones that readers take: entries of 128 * 2^n bytes, at most 4 MiB of them as in Linux.
    [[nodiscard]] constexpr bool sizes_possible() const {
        return entry_count != 0 && entry_size >= sizeof(gpt_partition_entry) && entry_size % 128 == 0 &&
               entry_array_size() <= bytes{mebibytes{4}};
    }
};

/// The header at the start of a sector; nothing if the signature is not there.
inline std::optional<found_gpt_header> read_gpt_header(std::span<const std::byte> sector) {
    if (sector.size() < sizeof(gpt_header)) return {};
    auto raw = struct_from<gpt_header>(sector);
    if (raw.signature != gpt_signature) return {};
    found_gpt_header h{.my_lba = {from_disk(raw.my_lba)},
                       .alternate_lba = {from_disk(raw.alternate_lba)},
                       .first_usable = {from_disk(raw.first_usable_lba)},
                       .last_usable = {from_disk(raw.last_usable_lba)},
                       .entry_array = {from_disk(raw.partition_entry_lba)},
                       .disk_id = from_disk(raw.disk_guid),
                       .entry_count = from_disk(raw.number_of_partition_entries),
                       .entry_size = from_disk(raw.size_of_partition_entry),
                       .entry_array_crc32 = from_disk(raw.partition_entry_array_crc32)};
    const std::uint32_t size = from_disk(raw.header_size), stored = from_disk(raw.header_crc32);
    if (size < sizeof raw || size > sector.size()) return h;
    std::vector<std::byte> checked(sector.begin(), sector.begin() + size);
    raw.header_crc32 = to_disk(0u);
    put_struct(std::span{checked}, raw);
    h.checksum_right = crc32(checked) == stored;
    return h;
}

/// An entry in use.
struct found_gpt_entry {
    std::uint32_t number = 0; ///< from 1, as the kernel names partitions
    uuid type{}, id{};
    lba first{}, last{}; ///< both inclusive
    gpt_attributes attributes{};
    std::string name{}; ///< UTF-8
};

/// The entries in use, of an array of entries of `entry_size` bytes (at least 128); an incomplete last one is left out.
inline std::vector<found_gpt_entry> read_gpt_entries(std::span<const std::byte> array, std::uint32_t entry_size) {
    std::vector<found_gpt_entry> entries;
    if (entry_size < sizeof(gpt_partition_entry)) return entries;
    for (std::size_t i = 0; i < array.size() / entry_size; ++i) {
        const auto raw = struct_from<gpt_partition_entry>(array.subspan(i * entry_size, entry_size));
        const uuid type = from_disk(raw.partition_type_guid);
        if (type.is_nil()) continue;
        std::u16string name;
        for (const le16& unit : raw.partition_name) {
            if (from_disk(unit) == 0) break;
            name += static_cast<char16_t>(from_disk(unit));
        }
        entries.push_back({.number = static_cast<std::uint32_t>(i + 1),
                           .type = type,
                           .id = from_disk(raw.unique_partition_guid),
                           .first = {from_disk(raw.starting_lba)},
                           .last = {from_disk(raw.ending_lba)},
                           .attributes = {from_disk(raw.attributes)},
                           .name = utf8_of(name)});
    }
    return entries;
}

IMGCOMPOSE_NAMESPACE_END
