// SPDX-License-Identifier: BSL-1.0
// The functions of layout.hpp.
#pragma once

#include <imgcompose/compose/layout.hpp>
#include <imgcompose/board/rockchip/spi_image.hpp>
#include <imgcompose/compose/disk.hpp>
#include <imgcompose/compose/shared.hpp>
#include <imgcompose/image/window.hpp>
#include <imgcompose/partition/gpt.hpp>
#include <imgcompose/partition/mbr.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void partition_without_name() {
    throw input_error("a partition has no name; it needs one, from which its identifiers are derived");
}

[[noreturn]] inline void partitions_have_the_same_name(std::string_view name) {
    throw input_error(text::join("two partitions are named ", text::quoted(name),
                                 "; their identifiers are derived from the name, so give each its own"));
}

[[noreturn]] inline void partition_is_below_floor(std::string_view name, offset at, std::string_view board,
                                                  offset floor) {
    throw layout_error(text::join("partition ", text::quoted(name), " begins at ", detail::position_text(at), "; on ",
                                  board, " partitions begin at ", detail::position_text(floor),
                                  " or later, unless they hold firmware"));
}

[[noreturn]] inline void empty_partition_has_no_smallest_size(std::string_view name) {
    throw input_error(
        text::join("partition ", text::quoted(name), " is empty, so it has no smallest size; give it one"));
}

[[noreturn]] inline void blobs_beside_content(std::string_view name, std::string_view kind) {
    throw input_error(text::join("partition ", text::quoted(name), " holds ", kind,
                                 ", so it has no room for blobs of its own; compose them into one image"));
}

[[noreturn]] inline void board_needs_an_mbr(std::string_view board) {
    throw layout_error(text::join("the bootloader of ", board,
                                  " lies where a GPT has its header; such a disk can only have "
                                  "an MBR"));
}

[[noreturn]] inline void bootloader_is_missing(std::string_view board, std::string_view name) {
    throw input_error(
        text::join(board, " does not start without ", text::quoted(name),
                   "; add it, or say that the board has its bootloader elsewhere (`without_bootloader`)"));
}

[[noreturn]] inline void firmware_partition_is_missing(std::string_view board, const firmware_partition& f) {
    throw input_error(
        text::join(board, " does not start without a partition ", text::quoted(f.name), " that holds ",
                   f.holds == "FAT" ? std::string_view{"files of its firmware"} : f.holds,
                   "; add it, or say that the board has its bootloader elsewhere (`without_bootloader`)"));
}

[[noreturn]] inline void entry_array_covers_bootloader(std::uint32_t entries, offset at, std::string_view board,
                                                       std::string_view blob, std::uint64_t most) {
    throw layout_error(text::join("a GPT of ", entries, " entries covers ", detail::position_text(at), ", where ",
                                  board, " has ", blob, "; ",
                                  most == 0 ? std::string{"begin its entries elsewhere, or take an MBR"}
                                            : text::join("take at most ", most, " entries, or an MBR")));
}

[[noreturn]] inline void hybrid_without_partition() {
    throw input_error("a hybrid table has no partition in its MBR; choose one (`in_hybrid_mbr`), or take GPT");
}

[[noreturn]] inline void disk_fills_nothing() {
    throw input_error("nothing says how large the disk is; give a size, or `smallest`");
}
} // namespace fail

namespace detail {
inline constexpr std::size_t primaries_before_extended = 3;

inline bool needs_extended(const disk_plan& p) { return p.table() == disk_table::mbr && p.partitions.size() > 4; }

/// u-boot-rockchip.bin as the two files in it: whole, its 0xff would be written over what vendors keep between them.
/// Throws layout_error for a first one that reaches there by itself.
inline std::vector<placed_image> pieces_of_combined(const board& b, const image& combined) {
    const boot_blob &first = b.places("idbloader.img"), &second = b.places("u-boot.itb");
    if (combined.size() <= first.maximum) return {{std::string{rockchip::combined_file}, first.at, combined}};
    const auto parts = rockchip::take_apart(combined, offset{second.at - first.at});
    require_fits(b, first, parts.idbloader.size());
    require_fits(b, second, parts.u_boot_itb.size());
    return {{std::string{first.name}, first.at, parts.idbloader},
            {std::string{second.name}, second.at, parts.u_boot_itb}};
}

/// A bootloader file at its place, or what of it goes to each of its places.
inline std::vector<placed_image> pieces_of(const disk_plan& p, const planned_bootloader& b) {
    std::vector<placed_image> pieces;
    const board& board = p.board_with(b.name);
    if (b.name == rockchip::combined_file) return pieces_of_combined(board, b.content);
    for (const boot_blob& blob : board.blobs) {
        if (blob.name != b.name) continue;
        const bool whole = blob.skip == bytes{} && blob.rest;
        pieces.push_back(
            {b.name, blob.at,
             whole ? b.content
                   : window{b.content}.part(offset{blob.skip}, blob.rest ? b.content.size() : blob.maximum).copy()});
    }
    return pieces;
}

/// Whether an MBR type says that the content is FAT, which in a GPT is marked as Windows marks it.
constexpr bool is_fat(std::uint8_t type) {
    return type == mbr_type::fat12 || type == mbr_type::fat16_small || type == mbr_type::fat16 ||
           type == mbr_type::fat16_lba || type == mbr_type::fat32 || type == mbr_type::fat32_lba;
}

inline std::uint8_t mbr_type_of(const disk_plan& plan, const planned_partition& p) {
    if (p.options.mbr_type) return *p.options.mbr_type;
    if (const firmware_partition* f = plan.firmware_of(p.name); f != nullptr && f->mbr_type != 0) return f->mbr_type;
    const auto usual = p.content ? (*p.content)->mbr_type() : std::nullopt;
    return usual.value_or(mbr_type::linux_filesystem);
}

/// The same once it has its place: a filesystem of no fixed type has got one with its size. The firmware of a board finds
/// its partition by the type that the board says, whatever is in it.
inline std::uint8_t mbr_type_of(const disk_plan& plan, const planned_partition& p, const placed_partition& placed) {
    const std::uint8_t usual = mbr_type_of(plan, p);
    if (p.options.mbr_type || !p.content) return usual;
    for (const board* b : plan.boards())
        for (const firmware_partition& f : b->firmware)
            if (f.mbr_type == usual) return usual;
    return (*p.content)->mbr_type_of(placed.size, plan.surroundings_of(p, placed.at)).value_or(usual);
}

inline uuid gpt_type_of(const disk_plan& plan, const planned_partition& p) {
    if (p.options.type) return *p.options.type;
    if (const firmware_partition* f = plan.firmware_of(p.name); f != nullptr && !f->type.is_nil()) return f->type;
    const auto usual = p.content ? (*p.content)->mbr_type() : std::nullopt;
    return usual && is_fat(*usual) ? partition_type::basic_data : partition_type::linux_filesystem;
}

/// All pieces of all bootloader files that are on the disk.
inline std::vector<placed_image> placed_bootloaders(const disk_plan& p) {
    std::vector<placed_image> all;
    if (p.options.bootloader_in != bootloader_place::disk) return all;
    for (const planned_bootloader& b : p.bootloaders) std::ranges::move(pieces_of(p, b), std::back_inserter(all));
    return all;
}

/// Whether the firmware takes this partition for its own.
inline bool serves(const disk_plan& p, const planned_partition& part, const firmware_partition& f) {
    if (part.name == f.name) return true;
    if (p.table() == disk_table::mbr) return f.mbr_type != 0 && mbr_type_of(p, part) == f.mbr_type;
    return !f.type.is_nil() && gpt_type_of(p, part) == f.type;
}

/// Whether all is there that the board starts by, and the table leaves it where it is.
inline void require_firmware(const disk_plan& p, const board& b) {
    if (!p.holds_bootloader()) return;
    const bool has_gpt = p.table() == disk_table::gpt || p.table() == disk_table::hybrid;
    if (has_gpt && b.table == table_kind::mbr && !b.blobs.empty()) fail::board_needs_an_mbr(b.title);
    for (const firmware_partition& f : b.firmware)
        if (std::ranges::none_of(p.partitions, [&](const auto& part) { return serves(p, part, f); }))
            fail::firmware_partition_is_missing(b.title, f);

    const auto given = [&](std::string_view name) {
        return std::ranges::any_of(p.bootloaders, [&](const auto& l) { return l.name == name; });
    };
    if (std::ranges::any_of(b.blobs, [&](const boot_blob& l) { return l.alternative && given(l.name); })) return;
    for (const boot_blob& l : b.blobs)
        if (!l.alternative && !given(l.name)) fail::bootloader_is_missing(b.title, l.name);
}

/// Whether the primary GPT reaches over a bootloader file.
inline void require_room_before_bootloader(const disk_plan& p) {
    if (p.table() != disk_table::gpt && p.table() != disk_table::hybrid) return;
    constexpr bytes entry{128};
    const offset array = offset_of(p.options.gpt_entry_array, p.options.sector_size);
    const offset array_end = array + align_up(entry * p.gpt_entries(), p.options.sector_size);
    for (const placed_image& piece : placed_bootloaders(p))
        if (piece.at >= array && piece.at < array_end)
            fail::entry_array_covers_bootloader(p.gpt_entries(), piece.at, p.board_with(piece.name).title, piece.name,
                                                (piece.at - array) / entry);
}

inline void require_sound(const disk_plan& p) {
    require_sector_size(p.options.sector_size);
    std::vector<std::string_view> names;
    bool in_hybrid = false;
    for (const planned_partition& part : p.partitions) {
        if (part.name.empty()) fail::partition_without_name();
        names.push_back(part.name);
        in_hybrid = in_hybrid || part.options.in_hybrid_mbr;
        if (!part.options.blobs.empty() && part.content) fail::blobs_beside_content(part.name, (*part.content)->kind());
        if (part.size.what == size_rule::kind::smallest && !part.content)
            fail::empty_partition_has_no_smallest_size(part.name);
    }
    std::ranges::sort(names);
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
        fail::partitions_have_the_same_name(*twice);
    if (p.table() == disk_table::hybrid && !in_hybrid) fail::hybrid_without_partition();

    for (const board* b : p.boards()) require_firmware(p, *b);
    require_room_before_bootloader(p);
    if (!p.also.empty() && p.holds_bootloader()) check_shared(p.boards());
}

/// What U-Boot takes for bootable; see disk_plan.
inline std::vector<bool> bootable_partitions(const disk_plan& p) {
    const bool said =
        std::ranges::any_of(p.partitions, [](const auto& part) { return part.options.bootable.has_value(); });
    std::vector<bool> bootable;
    for (const planned_partition& part : p.partitions)
        bootable.push_back(said ? part.options.bootable.value_or(false) : part.name == "boot");
    return bootable;
}

/// The table with everything but its partitions.
inline gpt_table gpt_of(const disk_plan& p, bytes disk_size) {
    return {.sector_size = p.options.sector_size,
            .disk_size = disk_size,
            .disk_id = p.options.disk_id.value_or(uuid{}),
            .ids = p.options.ids,
            .entry_count = p.gpt_entries(),
            .entry_array = p.options.gpt_entry_array};
}

/// What the disk needs behind `end`, where the last partition ends.
inline bytes disk_size_for(const disk_plan& p, offset end) {
    if (p.table() == disk_table::gpt || p.table() == disk_table::hybrid)
        return gpt_disk_size(end, p.options.sector_size, p.gpt_entries());
    return from_start(end);
}

/// Where the table allows partitions on a disk of this size.
inline partition_space space_of(const disk_plan& p, bytes disk_size) {
    partition_space space{.end = offset{disk_size}, .sector_size = p.options.sector_size};
    if (p.table() == disk_table::mbr) space = mbr_space(disk_size, p.options.sector_size);
    else if (p.table() != disk_table::none) space = gpt_space(gpt_of(p, disk_size));
    space.alignment = p.alignment();
    return space;
}

/// Where partitions begin that do not say where: behind the bootloader, or one alignment behind the table.
inline offset floor_of(const disk_plan& p) {
    if (!p.target) return offset{p.table() == disk_table::none ? bytes{} : p.alignment()};
    offset floor{};
    for (const board* b : p.boards()) floor = std::max(floor, b->partition_floor);
    return floor;
}
} // namespace detail

IMGCOMPOSE_INLINE disk_layout layout(const disk_plan& plan, std::optional<bytes> disk_size) {
    detail::require_sound(plan);
    const bytes sector = plan.options.sector_size;
    const size_rule rule = plan.options.size;
    if (!disk_size && rule.what == size_rule::kind::exact) disk_size = rule.size;
    if (!disk_size && rule.what == size_rule::kind::fill) fail::disk_fills_nothing();

    // Of a disk that is to be the smallest only the end is not yet known.
    const tebibytes far_away{1024};
    partition_space space = detail::space_of(plan, disk_size.value_or(far_away));
    const offset floor = std::max(detail::floor_of(plan), space.begin);
    const bytes boot_record_distance = mbr_table{}.boot_record_distance;
    std::vector<partition_request> requests;
    offset free{}, end{};
    for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
        const planned_partition& p = plan.partitions[i];
        const bool logical = detail::needs_extended(plan) && i >= detail::primaries_before_extended;
        partition_request r{.name = p.name, .gap = logical ? boot_record_distance : bytes{}};
        r.at = p.options.at.value_or(align_up(std::max(free, floor) + r.gap, space.alignment));
        for (const board* b : plan.boards())
            if (*r.at < b->partition_floor && !p.options.holds_firmware)
                fail::partition_is_below_floor(p.name, *r.at, b->title, b->partition_floor);

        bytes size = sector;
        if (p.size.what == size_rule::kind::exact) {
            size = p.size.size;
        } else if (p.content && (p.size.what == size_rule::kind::smallest || !disk_size)) {
            const bytes least = (*p.content)->smallest_size(plan.surroundings_of(p, *r.at));
            size = align_up(p.size.resolve(least, least), sector);
        }
        if (p.size.what == size_rule::kind::fill) size = align_up(size, space.alignment);
        else r.size = size;
        requests.push_back(r);
        free = *r.at + size;
        end = std::max(end, free);
    }

    if (!disk_size) {
        bytes needed = detail::disk_size_for(plan, end);
        for (const placed_image& piece : detail::placed_bootloaders(plan))
            needed = std::max(needed, from_start(piece.at + piece.content.size()));
        for (const placed_image& r : plan.raws) needed = std::max(needed, from_start(r.at + r.content.size()));
        disk_size = align_up(rule.resolve(needed, {}), std::max(space.alignment, sector));
        space.end = detail::space_of(plan, *disk_size).end;
    }

    disk_layout result{.table = plan.table(), .size = *disk_size, .sector_size = sector};
    const std::vector<bool> bootable = detail::bootable_partitions(plan);
    const std::vector<named_range> placed = lay_out(requests, space);
    for (std::size_t i = 0; i < placed.size(); ++i)
        result.partitions.push_back({placed[i].at, placed[i].size, bootable[i]});
    if (detail::needs_extended(plan)) {
        const offset begin = placed[detail::primaries_before_extended].at - boot_record_distance;
        result.extended = placed_partition{begin, placed.back().end() - begin, false};
    }
    return result;
}

IMGCOMPOSE_NAMESPACE_END
