// SPDX-License-Identifier: BSL-1.0
// Master boot record tables: from a description to bytes, at compile time or run time, as sfdisk writes them.
#pragma once

#include <imgcompose/core/disjoint.hpp>
#include <imgcompose/core/guid.hpp>
#include <imgcompose/partition/layout.hpp>
#include <imgcompose/partition/mbr_format.hpp>
#include <imgcompose/partition/types.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

struct mbr_partition {
    std::string_view name{}; ///< for messages only: the table has no names
    std::uint8_t type = mbr_type::linux_filesystem;
    lba first{}, last{}; ///< both inclusive
    bool active = false; ///< what U-Boot calls bootable; boot code of PCs wants one at most
};

/// Views: what they show has to outlive the calls that the description is passed to, no longer.
struct mbr_table {
    bytes sector_size{512};
    bytes disk_size{};
    std::optional<std::uint32_t> disk_signature{}; ///< none: derived from `ids`
    seed ids{};
    std::span<const mbr_partition> primaries{}; ///< at most four; one may have an extended type
    std::span<const mbr_partition> logicals{};  ///< in the extended one, in order of the disk
    /// How far before a logical partition its extended boot record is; that of the first is where the extended
    /// partition begins. Source: util-linux libfdisk/src/dos.c, add_partition (its first usable sector, which is at 1
    /// MiB).
    bytes boot_record_distance = mebibytes{1};
    std::span<const std::byte> boot_code{};  ///< what the first 440 bytes hold, at most as many
    std::span<const named_range> reserved{}; ///< what the table and its partitions must not touch, such as a bootloader
};

namespace fail {
[[noreturn]] inline void disk_size_is_not_whole_sectors(bytes size, bytes sector_size) {
    throw layout_error(text::join("a disk of ", size.count, " bytes does not have whole sectors of ", sector_size.count,
                                  " bytes; make it ", round_up(size.count, sector_size.count)));
}
[[noreturn]] inline void boot_code_too_long(bytes size) {
    throw layout_error(text::join("boot code of ", size.count,
                                  " bytes does not fit before the disk signature, which is at "
                                  "byte 440 of an MBR"));
}
[[noreturn]] inline void too_many_primary_partitions(std::size_t count) {
    throw layout_error(
        text::join("an MBR has room for 4 partitions and ", count,
                   " are asked for; make one an extended partition with logical ones in it, or use GPT"));
}
[[noreturn]] inline void more_than_one_extended_partition(std::string_view first, std::string_view second) {
    throw layout_error(text::join(first, " and ", second, " are both extended partitions; an MBR has one at most"));
}
[[noreturn]] inline void logical_partitions_without_extended(std::string_view name) {
    throw layout_error(
        text::join(name, " is a logical partition, but no primary partition has an extended type (0x05 or 0x0f)"));
}
[[noreturn]] inline void extended_partition_in_extended(std::string_view name) {
    throw layout_error(text::join(name, " is a logical partition and cannot itself have an extended type"));
}
[[noreturn]] inline void partition_has_no_type(std::string_view name) {
    throw layout_error(text::join(name, " has no type: the zero type means that there is no partition"));
}
[[noreturn]] inline void partition_ends_before_it_begins(std::string_view name, lba first, lba last) {
    throw layout_error(text::join(name, " begins at sector ", first.value, " and ends before, at ", last.value));
}
[[noreturn]] inline void partition_beyond_2_tib(std::string_view name, lba last) {
    throw layout_error(text::join(name, " ends at sector ", last.value,
                                  ", but an MBR has 32 bits for a sector: the last it can use is 4294967294; use GPT"));
}
[[noreturn]] inline void partition_outside_disk(std::string_view name, lba last, std::uint64_t disk_sectors) {
    throw layout_error(text::join(name, " ends at sector ", last.value, ", but the disk has only ", disk_sectors,
                                  " sectors; make the disk larger by ", last.value - disk_sectors + 1,
                                  " or the partition smaller"));
}
[[noreturn]] inline void logical_outside_extended(std::string_view name, lba first, lba last, std::string_view extended,
                                                  lba extended_first, lba extended_last) {
    throw layout_error(text::join(name, " (sectors ", first.value, "-", last.value,
                                  ") is not inside the extended partition ", extended, " (sectors ",
                                  extended_first.value, "-", extended_last.value, ")"));
}
[[noreturn]] inline void logical_partitions_out_of_order(std::string_view earlier, std::string_view later) {
    throw layout_error(
        text::join(later, " lies before ", earlier, " on the disk; list logical partitions in order of the disk"));
}
[[noreturn]] inline void no_room_for_extended_boot_record(std::string_view name, lba first, lba earliest) {
    throw layout_error(text::join(name, " begins at sector ", first.value,
                                  " without room for its extended boot record; begin at ", earliest.value,
                                  " or later, or choose a smaller boot_record_distance"));
}
} // namespace fail

namespace detail {

constexpr std::string_view name_or_number(std::string_view name, std::size_t index) {
    constexpr std::array<std::string_view, 8> numbered{"partition 1", "partition 2", "partition 3", "partition 4",
                                                       "partition 5", "partition 6", "partition 7", "partition 8"};
    return !name.empty() ? name : index < numbered.size() ? numbered[index] : "an unnamed partition";
}

constexpr named_range sector_range(std::string_view name, lba first, lba last, bytes sector_size) {
    const offset at = offset_of(first, sector_size);
    return {name, at, offset_of(last, sector_size) + sector_size - at};
}

/// The cylinder, head and sector of a sector, with 255 heads and 63 sectors as all tools have them since LBA.
constexpr mbr_chs chs_of(lba sector, mbr_chs beyond) {
    const std::uint64_t cylinder = sector.value / (255 * 63);
    if (cylinder > 1023) return beyond;
    return {static_cast<std::uint8_t>(sector.value / 63 % 255),
            static_cast<std::uint8_t>((sector.value % 63 + 1) | (cylinder >> 8 << 6)),
            static_cast<std::uint8_t>(cylinder)};
}

/// Cylinder 1023, head 254, sector 63: what sfdisk and sgdisk write for what lies beyond.
inline constexpr mbr_chs chs_clamped{0xfe, 0xff, 0xff};

/// A record whose sectors are counted from `base`.
constexpr mbr_partition_record record_of(std::uint8_t type, lba first, lba last, lba base, bool active) {
    mbr_partition_record r{};
    r.boot_indicator = active ? mbr_active : std::uint8_t{0};
    r.starting_chs = chs_of(first, chs_clamped);
    r.os_type = type;
    r.ending_chs = chs_of(last, chs_clamped);
    r.starting_lba = to_disk(first.value - base.value);
    r.size_in_lba = to_disk(last.value - first.value + 1);
    return r;
}

constexpr void require_mbr_partition(const mbr_partition& p, std::string_view name, std::uint64_t disk_sectors) {
    if (p.type == mbr_type::empty) fail::partition_has_no_type(name);
    if (p.last < p.first) fail::partition_ends_before_it_begins(name, p.first, p.last);
    if (p.last.value >= std::numeric_limits<std::uint32_t>::max()) fail::partition_beyond_2_tib(name, p.last);
    if (p.last.value >= disk_sectors) fail::partition_outside_disk(name, p.last, disk_sectors);
}

constexpr const mbr_partition* extended_of(const mbr_table& t) {
    for (const mbr_partition& p : t.primaries)
        if (mbr_type::is_extended(p.type)) return &p;
    return nullptr;
}

} // namespace detail

/// Where partitions of an MBR can lie: not before `earliest`, and not where 32 bits end.
constexpr partition_space mbr_space(bytes disk_size, bytes sector_size, offset earliest = {}) {
    require_sector_size(sector_size);
    const bytes addressable = sector_size * std::numeric_limits<std::uint32_t>::max();
    return {.begin = std::max(earliest, offset{sector_size}),
            .end = offset{std::min(align_down(disk_size, sector_size), addressable)},
            .sector_size = sector_size};
}

/// Never zero, which means none.
constexpr std::uint32_t disk_signature_of(const mbr_table& t) {
    if (t.disk_signature) return *t.disk_signature;
    return std::max<std::uint32_t>(t.ids.derive_u32("disk signature"), 1);
}

/// How many extended boot records there are: an extended partition without logical ones has an empty one.
constexpr std::size_t extended_boot_record_count(const mbr_table& t) {
    return detail::extended_of(t) == nullptr ? 0 : std::max<std::size_t>(t.logicals.size(), 1);
}

/// Where the extended boot record of the logical partition of that index lies.
constexpr lba extended_boot_record_at(const mbr_table& t, std::size_t index) {
    if (index == 0) return detail::extended_of(t)->first;
    return {checked_sub(t.logicals[index].first.value, t.boot_record_distance / t.sector_size)};
}

/// Throws layout_error for a table that cannot be written, or that contradicts itself.
constexpr void check(const mbr_table& t) {
    require_sector_size(t.sector_size);
    if (t.disk_size % t.sector_size != bytes{}) fail::disk_size_is_not_whole_sectors(t.disk_size, t.sector_size);
    const std::uint64_t disk_sectors = t.disk_size / t.sector_size;
    if (disk_sectors == 0) fail::partition_outside_disk("the master boot record", {0}, 0);
    if (t.primaries.size() > 4) fail::too_many_primary_partitions(t.primaries.size());

    const mbr_partition* extended = nullptr;
    std::string_view extended_name;
    std::vector<named_range> taken(t.reserved.begin(), t.reserved.end());
    taken.push_back({"the master boot record", offset{}, t.sector_size});
    for (std::size_t i = 0; i < t.primaries.size(); ++i) {
        const mbr_partition& p = t.primaries[i];
        const std::string_view name = detail::name_or_number(p.name, i);
        detail::require_mbr_partition(p, name, disk_sectors);
        taken.push_back(detail::sector_range(name, p.first, p.last, t.sector_size));
        if (!mbr_type::is_extended(p.type)) continue;
        if (extended != nullptr) fail::more_than_one_extended_partition(extended_name, name);
        extended = &p;
        extended_name = name;
    }
    require_disjoint(taken);

    if (t.logicals.empty()) return;
    if (extended == nullptr) fail::logical_partitions_without_extended(detail::name_or_number(t.logicals[0].name, 4));
    taken.clear();
    for (std::size_t i = 0; i < t.logicals.size(); ++i) {
        const mbr_partition& p = t.logicals[i];
        const std::string_view name = detail::name_or_number(p.name, i + 4);
        detail::require_mbr_partition(p, name, disk_sectors);
        if (mbr_type::is_extended(p.type)) fail::extended_partition_in_extended(name);
        if (p.first < extended->first || p.last > extended->last)
            fail::logical_outside_extended(name, p.first, p.last, extended_name, extended->first, extended->last);
        taken.push_back(detail::sector_range(name, p.first, p.last, t.sector_size));
    }
    require_disjoint(taken);
    if (t.boot_record_distance < t.sector_size || t.boot_record_distance % t.sector_size != bytes{})
        fail::size_is_not_a_multiple(t.boot_record_distance.count, t.sector_size.count);

    std::uint64_t free = extended->first.value;
    for (std::size_t i = 0; i < t.logicals.size(); ++i) {
        const mbr_partition& p = t.logicals[i];
        const std::string_view name = detail::name_or_number(p.name, i + 4);
        if (i > 0 && p.first < t.logicals[i - 1].first)
            fail::logical_partitions_out_of_order(detail::name_or_number(t.logicals[i - 1].name, i + 3), name);
        const std::uint64_t room = i == 0 ? 1 : t.boot_record_distance / t.sector_size;
        if (p.first.value < free + room) fail::no_room_for_extended_boot_record(name, p.first, {free + room});
        free = p.last.value + 1;
    }
}

/// The first sector of the disk. Throws layout_error as `check` does.
constexpr master_boot_record make_mbr(const mbr_table& t) {
    check(t);
    master_boot_record mbr{};
    mbr.unique_mbr_disk_signature = to_disk(disk_signature_of(t));
    for (std::size_t i = 0; i < t.primaries.size(); ++i) {
        const mbr_partition& p = t.primaries[i];
        mbr.partition_record[i] = detail::record_of(p.type, p.first, p.last, {}, p.active);
    }
    if (t.boot_code.size() > mbr.boot_code.size()) fail::boot_code_too_long(bytes{t.boot_code.size()});
    for (std::size_t i = 0; i < t.boot_code.size(); ++i)
        mbr.boot_code[i] = std::to_integer<std::uint8_t>(t.boot_code[i]);
    mbr.signature = mbr_signature;
    return mbr;
}

/// The extended boot record of the logical partition of that index. Throws layout_error as `check` does.
constexpr master_boot_record make_extended_boot_record(const mbr_table& t, std::size_t index) {
    check(t);
    master_boot_record record{};
    record.signature = mbr_signature;
    if (t.logicals.empty()) return record;
    const mbr_partition& p = t.logicals[index];
    record.partition_record[0] =
        detail::record_of(p.type, p.first, p.last, extended_boot_record_at(t, index), p.active);
    if (index + 1 < t.logicals.size())
        record.partition_record[1] =
            detail::record_of(mbr_type::extended, extended_boot_record_at(t, index + 1), t.logicals[index + 1].last,
                              detail::extended_of(t)->first, false);
    return record;
}

IMGCOMPOSE_NAMESPACE_END
