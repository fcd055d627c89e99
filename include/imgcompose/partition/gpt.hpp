// SPDX-License-Identifier: BSL-1.0
// GUID partition tables: from a description to the bytes of both copies and of the protective or hybrid MBR, at compile
// time or run time. Source: UEFI 2.10, section 5.3; where it leaves a choice, the bytes are sgdisk's.
#pragma once

#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/disjoint.hpp>
#include <imgcompose/core/unicode.hpp>
#include <imgcompose/partition/gpt_format.hpp>
#include <imgcompose/partition/layout.hpp>
#include <imgcompose/partition/mbr.hpp>
#include <imgcompose/partition/types.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

struct gpt_partition {
    std::string_view name{}; ///< UTF-8, at most 36 units of UTF-16
    uuid type = partition_type::linux_filesystem;
    uuid id{};           ///< nil: derived from the table's `ids`
    lba first{}, last{}; ///< both inclusive
    gpt_attributes attributes{};
};

/// A partition that is also in the MBR.
struct hybrid_partition {
    std::size_t number = 1; ///< of the GPT partition, from 1
    std::uint8_t type = mbr_type::linux_filesystem;
    bool active = false;
};

/// Views: what they show has to outlive the calls that the description is passed to, no longer.
struct gpt_table {
    bytes sector_size{512};
    bytes disk_size{};
    uuid disk_id{}; ///< nil: derived from `ids`
    seed ids{};
    std::uint32_t entry_count = 128; ///< fewer leave room for a bootloader: 56 end at sector 15, as sunxi needs
    lba entry_array{2};              ///< of the primary copy; later ones leave room too
    lba first_usable{};              ///< zero: behind the entry array; raise it past a bootloader
    std::span<const gpt_partition> partitions{};
    std::span<const named_range> reserved{};    ///< what the tables and partitions must not touch, such as a bootloader
    std::span<const hybrid_partition> hybrid{}; ///< at most three, and rarely wise: see UEFI 2.10, section 5.2.3
    bool protective_record_last = false;        ///< of a hybrid MBR
};

/// Where the parts of a table lie. The head is the MBR and the primary header, the backup is an array and a header.
struct gpt_layout {
    bytes head_size{};
    offset entry_array_at{};
    bytes entry_array_size{}; ///< whole sectors
    offset backup_at{};
    bytes backup_size{};
    lba first_usable{}, last_usable{}; ///< both inclusive
    lba backup_header{};               ///< the disk's last sector
};

/// Where the bytes of a table go, or are; sizes as in gpt_layout.
struct gpt_spans {
    std::span<std::byte> head{}, entry_array{}, backup{};
};

namespace fail {
[[noreturn]] inline void entry_count_out_of_range(std::uint32_t count) {
    throw layout_error(
        text::join("a GPT of ", count, " entries is not possible; it has 1 to 32768, as Linux reads 4 MiB of them"));
}
[[noreturn]] inline void too_many_partitions(std::size_t partitions, std::uint32_t entries) {
    throw layout_error(
        text::join(partitions, " partitions do not fit a GPT of ", entries, " entries; raise entry_count"));
}
[[noreturn]] inline void disk_too_small_for_gpt(bytes size, bytes needed) {
    throw layout_error(
        text::join("a disk of ", size.count, " bytes is too small for its GPT, which alone needs ", needed.count));
}
[[noreturn]] inline void entry_array_overlaps_header(lba at) {
    throw layout_error(text::join("the entry array cannot begin at LBA ", at.value,
                                  ": the GPT header is at LBA 1, so 2 is the earliest"));
}
[[noreturn]] inline void entry_array_overlaps_usable(lba array_end, lba first_usable) {
    throw layout_error(text::join("the first usable LBA ", first_usable.value,
                                  " is inside the entry array, which ends before LBA ", array_end.value,
                                  "; raise first_usable to ", array_end.value, " or take fewer entries"));
}
[[noreturn]] inline void partition_outside_usable(std::string_view name, lba first, lba last, lba first_usable,
                                                  lba last_usable) {
    throw layout_error(
        text::join(name, " (sectors ", first.value, "-", last.value, ") leaves the usable range of the GPT, sectors ",
                   first_usable.value, "-", last_usable.value,
                   first < first_usable ? "; begin it later" : "; end it earlier or make the disk larger"));
}
[[noreturn]] inline void partition_ids_are_equal(std::string_view a, std::string_view b) {
    throw layout_error(text::join(a, " and ", b, " have the same unique GUID; leave one nil to derive it"));
}
[[noreturn]] inline void partition_name_is_not_utf8(std::string_view name) {
    throw input_error(text::join("the partition name ", text::quoted(name), " is not UTF-8"));
}
[[noreturn]] inline void partition_name_too_long(std::string_view name, std::size_t units) {
    throw input_error(text::join("the partition name ", text::quoted(name), " has ", units,
                                 " units of UTF-16; a GPT has room for 36"));
}
[[noreturn]] inline void partition_name_has_nul(std::string_view name) {
    throw input_error(
        text::join("the partition name ", text::quoted(name), " has a NUL in it, where a reader would end it"));
}
[[noreturn]] inline void too_many_hybrid_partitions(std::size_t count) {
    throw layout_error(
        text::join(count, " partitions are to be in a hybrid MBR, which has room for 3 beside its protective record"));
}
[[noreturn]] inline void no_such_hybrid_partition(std::size_t number, std::size_t count) {
    throw layout_error(text::join("the hybrid MBR names partition ", number, ", but the GPT has ", count));
}
} // namespace fail

namespace detail {

constexpr std::array<le16, 36> partition_name_field(std::string_view name) {
    std::array<le16, 36> field{};
    std::size_t units = 0;
    const bool valid = for_each_utf16_unit(name, [&](char16_t unit) {
        if (unit == 0) fail::partition_name_has_nul(name);
        if (units < field.size()) field[units] = to_disk(static_cast<std::uint16_t>(unit));
        ++units;
    });
    if (!valid) fail::partition_name_is_not_utf8(name);
    if (units > field.size()) fail::partition_name_too_long(name, units);
    return field;
}

template <disk_struct T> constexpr void put_bytes(std::span<std::byte> to, bytes at, const T& value) {
    const auto raw = to_bytes(value);
    std::copy(raw.begin(), raw.end(), to.subspan(at.count, raw.size()).begin());
}

} // namespace detail

/// Where the parts of the table lie. Throws layout_error if they cannot.
constexpr gpt_layout layout_of(const gpt_table& t) {
    require_sector_size(t.sector_size);
    if (t.disk_size % t.sector_size != bytes{}) fail::disk_size_is_not_whole_sectors(t.disk_size, t.sector_size);
    if (t.entry_count == 0 || t.entry_count > 32768) fail::entry_count_out_of_range(t.entry_count);
    if (t.entry_array < lba{2}) fail::entry_array_overlaps_header(t.entry_array);

    gpt_layout l;
    l.head_size = t.sector_size * 2;
    l.entry_array_at = offset_of(t.entry_array, t.sector_size);
    l.entry_array_size = align_up(bytes{sizeof(gpt_partition_entry)} * t.entry_count, t.sector_size);
    l.backup_size = l.entry_array_size + t.sector_size;
    const lba array_end{from_start(l.entry_array_at + l.entry_array_size) / t.sector_size};
    if (t.first_usable != lba{} && t.first_usable < array_end)
        fail::entry_array_overlaps_usable(array_end, t.first_usable);
    l.first_usable = std::max(t.first_usable, array_end);

    const bytes needed = from_start(offset_of(l.first_usable, t.sector_size)) + t.sector_size + l.backup_size;
    if (t.disk_size < needed) fail::disk_too_small_for_gpt(t.disk_size, needed);
    l.backup_at = offset{t.disk_size - l.backup_size};
    l.backup_header = {t.disk_size / t.sector_size - 1};
    l.last_usable = {from_start(l.backup_at) / t.sector_size - 1};
    return l;
}

/// Where partitions of the table can lie: not before `earliest`, and inside the usable range.
constexpr partition_space gpt_space(const gpt_table& t, offset earliest = {}) {
    const gpt_layout l = layout_of(t);
    return {.begin = std::max(earliest, offset_of(l.first_usable, t.sector_size)),
            .end = l.backup_at,
            .sector_size = t.sector_size};
}

/// The least size of a disk whose last partition ends at `end`.
constexpr bytes gpt_disk_size(offset end, bytes sector_size = bytes{512}, std::uint32_t entry_count = 128) {
    const bytes array = align_up(bytes{sizeof(gpt_partition_entry)} * entry_count, sector_size);
    return align_up(from_start(end), sector_size) + array + sector_size;
}

/// The disk's GUID: its own, or the derived one.
constexpr uuid disk_id_of(const gpt_table& t) {
    return t.disk_id.is_nil() ? t.ids.derive_uuid("disk guid") : t.disk_id;
}

/// The unique GUID of the partition of that index: its own, or derived from "partition guid:<number>:<name>".
constexpr uuid partition_id_of(const gpt_table& t, std::size_t index) {
    const gpt_partition& p = t.partitions[index];
    if (!p.id.is_nil()) return p.id;
    std::array<char, 20> number{};
    std::size_t first_digit = number.size();
    for (std::size_t n = index + 1; n != 0; n /= 10) number[--first_digit] = static_cast<char>('0' + n % 10);
    std::vector<char> name; // for clang++ the std::string of libstdc++ 12 is no constant
    const auto append = [&](std::string_view part) {
        for (const char c : part) name.push_back(c);
    };
    append("partition guid:");
    append({number.data() + first_digit, number.size() - first_digit});
    append(":");
    append(p.name);
    return t.ids.derive_uuid({name.data(), name.size()});
}

namespace detail {
constexpr void require_gpt_ranges(const gpt_table& t, const gpt_layout& l) {
    std::vector<named_range> taken(t.reserved.begin(), t.reserved.end());
    taken.push_back({"the MBR and GPT header", offset{}, l.head_size});
    taken.push_back({"the GPT entry array", l.entry_array_at, l.entry_array_size});
    taken.push_back({"the backup GPT", l.backup_at, l.backup_size});
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
        const gpt_partition& p = t.partitions[i];
        const std::string_view name = name_or_number(p.name, i);
        if (p.last < p.first) fail::partition_ends_before_it_begins(name, p.first, p.last);
        if (p.first < l.first_usable || p.last > l.last_usable)
            fail::partition_outside_usable(name, p.first, p.last, l.first_usable, l.last_usable);
        taken.push_back(sector_range(name, p.first, p.last, t.sector_size));
    }
    require_disjoint(std::move(taken));
}

constexpr void require_hybrid(const gpt_table& t) {
    if (t.hybrid.size() > 3) fail::too_many_hybrid_partitions(t.hybrid.size());
    for (const hybrid_partition& h : t.hybrid) {
        if (h.number == 0 || h.number > t.partitions.size())
            fail::no_such_hybrid_partition(h.number, t.partitions.size());
        const gpt_partition& p = t.partitions[h.number - 1];
        const std::string_view name = name_or_number(p.name, h.number - 1);
        if (h.type == mbr_type::empty) fail::partition_has_no_type(name);
        if (p.last.value >= std::numeric_limits<std::uint32_t>::max()) fail::partition_beyond_2_tib(name, p.last);
    }
}

/// The entries in use, which differ in their unique GUIDs.
constexpr std::vector<gpt_partition_entry> gpt_entries(const gpt_table& t) {
    std::vector<gpt_partition_entry> entries;
    std::vector<std::pair<uuid, std::size_t>> ids;
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
        const gpt_partition& p = t.partitions[i];
        if (p.type.is_nil()) fail::partition_has_no_type(name_or_number(p.name, i));
        const uuid id = partition_id_of(t, i);
        ids.emplace_back(id, i);
        gpt_partition_entry e{};
        e.partition_type_guid = to_disk(p.type);
        e.unique_partition_guid = to_disk(id);
        e.starting_lba = to_disk(p.first.value);
        e.ending_lba = to_disk(p.last.value);
        e.attributes = to_disk(p.attributes.bits);
        e.partition_name = partition_name_field(p.name);
        entries.push_back(e);
    }
    std::sort(ids.begin(), ids.end());
    for (std::size_t i = 1; i < ids.size(); ++i) {
        const auto& [a_id, a] = ids[i - 1];
        const auto& [b_id, b] = ids[i];
        if (a_id == b_id)
            fail::partition_ids_are_equal(name_or_number(t.partitions[a].name, a),
                                          name_or_number(t.partitions[b].name, b));
    }
    return entries;
}

/// What `check` checks, and the entries that come of it.
constexpr std::vector<gpt_partition_entry> checked_gpt_entries(const gpt_table& t, const gpt_layout& l) {
    if (t.partitions.size() > t.entry_count) fail::too_many_partitions(t.partitions.size(), t.entry_count);
    require_gpt_ranges(t, l);
    require_hybrid(t);
    return gpt_entries(t);
}
} // namespace detail

/// Throws layout_error or input_error for a table that cannot be written, or that contradicts itself. Names may repeat.
constexpr void check(const gpt_table& t) { detail::checked_gpt_entries(t, layout_of(t)); }

/// The protective MBR: one record over the whole disk, or as much of it as 32 bits can say. With `hybrid` partitions
/// that record ends where the first of them begins, as sgdisk has it.
constexpr master_boot_record make_protective_mbr(const gpt_table& t) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    lba last{t.disk_size / t.sector_size - 1};
    for (const hybrid_partition& h : t.hybrid) last = std::min(last, lba{t.partitions[h.number - 1].first.value - 1});

    mbr_partition_record protective{};
    protective.starting_chs = detail::chs_of({1}, detail::chs_clamped);
    protective.os_type = mbr_type::gpt_protective;
    // UEFI 2.10, table 5.4: all ones where it does not fit. In hybrid MBRs sgdisk writes the greatest that does.
    protective.ending_chs = detail::chs_of(last, t.hybrid.empty() ? mbr_chs{0xff, 0xff, 0xff} : detail::chs_clamped);
    protective.starting_lba = to_disk(1u);
    protective.size_in_lba = to_disk(std::min(last.value, most));

    master_boot_record mbr{};
    std::size_t next = 0;
    if (!t.protective_record_last) mbr.partition_record[next++] = protective;
    for (const hybrid_partition& h : t.hybrid) {
        const gpt_partition& p = t.partitions[h.number - 1];
        mbr.partition_record[next++] = detail::record_of(h.type, p.first, p.last, {}, h.active);
    }
    if (t.protective_record_last) mbr.partition_record[next] = protective;
    mbr.signature = mbr_signature;
    return mbr;
}

/// Writes the whole table into spans of zeros, whose sizes are those of layout_of(t). Throws as `check` does.
constexpr void write_gpt(const gpt_table& t, gpt_spans to) {
    const gpt_layout l = layout_of(t);
    const std::vector<gpt_partition_entry> entries = detail::checked_gpt_entries(t, l);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bytes at = bytes{sizeof(gpt_partition_entry)} * i;
        detail::put_bytes(to.entry_array, at, entries[i]);
        detail::put_bytes(to.backup, at, entries[i]);
    }

    gpt_header primary{};
    primary.signature = gpt_signature;
    primary.revision = to_disk(gpt_revision_1_0);
    primary.header_size = to_disk(static_cast<std::uint32_t>(sizeof primary));
    primary.my_lba = to_disk(1u);
    primary.alternate_lba = to_disk(l.backup_header.value);
    primary.first_usable_lba = to_disk(l.first_usable.value);
    primary.last_usable_lba = to_disk(l.last_usable.value);
    primary.disk_guid = to_disk(disk_id_of(t));
    primary.partition_entry_lba = to_disk(t.entry_array.value);
    primary.number_of_partition_entries = to_disk(t.entry_count);
    primary.size_of_partition_entry = to_disk(static_cast<std::uint32_t>(sizeof(gpt_partition_entry)));
    primary.partition_entry_array_crc32 =
        to_disk(crc32(to.entry_array.first(sizeof(gpt_partition_entry) * t.entry_count)));

    gpt_header backup = primary;
    backup.my_lba = primary.alternate_lba;
    backup.alternate_lba = primary.my_lba;
    backup.partition_entry_lba = to_disk(from_start(l.backup_at) / t.sector_size);

    primary.header_crc32 = to_disk(crc32(to_bytes(primary)));
    backup.header_crc32 = to_disk(crc32(to_bytes(backup)));
    detail::put_bytes(to.head, bytes{}, make_protective_mbr(t));
    detail::put_bytes(to.head, t.sector_size, primary);
    detail::put_bytes(to.backup, l.entry_array_size, backup);
}

/// The bytes of a table; see gpt_layout for where they go.
struct gpt_bytes {
    std::vector<std::byte> head{}, entry_array{}, backup{};
};

inline gpt_bytes make_gpt(const gpt_table& t) {
    const gpt_layout l = layout_of(t);
    gpt_bytes b;
    b.head.resize(l.head_size.count);
    b.entry_array.resize(l.entry_array_size.count);
    b.backup.resize(l.backup_size.count);
    write_gpt(t, {b.head, b.entry_array, b.backup});
    return b;
}

/// The same as arrays, for tables that are constants.
template <const gpt_table& Table> struct gpt_arrays {
    static constexpr gpt_layout layout = layout_of(Table);
    std::array<std::byte, layout.head_size.count> head{};
    std::array<std::byte, layout.entry_array_size.count> entry_array{};
    std::array<std::byte, layout.backup_size.count> backup{};
};

/// The bytes of the table `Table`, a constant of static storage, made by the compiler; a wrong layout does not compile.
template <const gpt_table& Table>
inline constexpr gpt_arrays<Table> gpt_constant = [] {
    gpt_arrays<Table> b;
    write_gpt(Table, {b.head, b.entry_array, b.backup});
    return b;
}();

IMGCOMPOSE_NAMESPACE_END
