// SPDX-License-Identifier: BSL-1.0
// Master boot records and their logical partitions from bytes, which may be damaged or hostile.
// Source: UEFI 2.10, section 5.2; logical partitions as Linux block/partitions/msdos.c, parse_extended, follows them.
#pragma once

#include <imgcompose/core/units.hpp>
#include <imgcompose/partition/mbr_format.hpp>
#include <imgcompose/partition/types.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A record in use.
struct found_mbr_partition {
    std::uint32_t number = 0; ///< 1 to 4; logical ones from 5
    std::uint8_t type = mbr_type::empty;
    bool active = false;
    lba first{};
    std::uint64_t count = 0;     ///< sectors
    std::optional<lba> record{}; ///< of a logical partition: where its extended boot record is

    [[nodiscard]] constexpr lba last() const { return {first.value + count - 1}; } ///< inclusive
};

struct found_mbr {
    std::uint32_t disk_signature = 0;
    bool has_boot_code = false;
    std::vector<found_mbr_partition> partitions{}; ///< primary ones

    /// The record that keeps programs without GPT off the disk.
    [[nodiscard]] const found_mbr_partition* protective() const {
        const auto p = std::ranges::find(partitions, mbr_type::gpt_protective, &found_mbr_partition::type);
        return p == partitions.end() ? nullptr : &*p;
    }
};

namespace detail {
inline std::optional<master_boot_record> boot_record(std::span<const std::byte> sector) {
    if (sector.size() < sizeof(master_boot_record)) return {};
    const auto raw = struct_from<master_boot_record>(sector);
    if (raw.signature != mbr_signature) return {};
    return raw;
}
} // namespace detail

/// The table in the first sector of a disk; nothing if there is none. A boot sector of a filesystem has the same
/// signature; it is none where a record is neither active nor inactive, as Linux has it.
inline std::optional<found_mbr> read_mbr(std::span<const std::byte> sector) {
    const auto raw = detail::boot_record(sector);
    if (!raw) return {};
    found_mbr found{.disk_signature = from_disk(raw->unique_mbr_disk_signature),
                    .has_boot_code = std::ranges::any_of(raw->boot_code, [](std::uint8_t b) { return b != 0; })};
    for (std::uint32_t i = 0; i < 4; ++i) {
        const mbr_partition_record& r = raw->partition_record[i];
        if (r.boot_indicator != 0 && r.boot_indicator != mbr_active) return {};
        const std::uint32_t count = from_disk(r.size_in_lba);
        if (r.os_type == mbr_type::empty || count == 0) continue;
        found.partitions.push_back({.number = i + 1,
                                    .type = r.os_type,
                                    .active = r.boot_indicator == mbr_active,
                                    .first = {from_disk(r.starting_lba)},
                                    .count = count});
    }
    return found;
}

struct found_logicals {
    std::vector<found_mbr_partition> partitions{};
    std::vector<lba> records{}; ///< every extended boot record on the way, partitions or not
    std::string_view problem{}; ///< why the chain ended early; empty if it did not
    lba problem_at{};
};

/// Follows the chain of extended boot records from the start of an extended partition. `read_sector(lba)` gives the
/// sector's bytes (a range of std::byte), an empty range if it has none. A chain that comes back to itself, or has more
/// than 256 links, ends there.
template <class ReadSector> found_logicals read_logicals(lba extended_first, const ReadSector& read_sector) {
    found_logicals found;
    std::uint32_t number = 5;
    lba at = extended_first;
    const auto ended = [&](std::string_view why) {
        found.problem = why, found.problem_at = at;
        return found;
    };
    for (;;) {
        if (std::ranges::find(found.records, at) != found.records.end())
            return ended("the chain of extended boot records leads back to itself");
        if (found.records.size() == 256) return ended("there are more than 256 extended boot records");
        const auto sector = read_sector(at);
        const auto raw = detail::boot_record(sector);
        if (!raw) return ended("there is no extended boot record where one has to be");
        found.records.push_back(at);

        std::optional<lba> next;
        for (const mbr_partition_record& r : raw->partition_record) {
            const std::uint32_t start = from_disk(r.starting_lba), count = from_disk(r.size_in_lba);
            if (r.os_type == mbr_type::empty || count == 0) continue;
            if (mbr_type::is_extended(r.os_type)) {
                if (!next) next = lba{extended_first.value + start};
                continue;
            }
            found.partitions.push_back({.number = number++,
                                        .type = r.os_type,
                                        .active = r.boot_indicator == mbr_active,
                                        .first = {at.value + start},
                                        .count = count,
                                        .record = at});
        }
        if (!next) return found;
        at = *next;
    }
}

IMGCOMPOSE_NAMESPACE_END
