// SPDX-License-Identifier: BSL-1.0
// The functions of disk.hpp.
#pragma once

#include <imgcompose/compose/disk.hpp>
#include <imgcompose/board/board.hpp>
#include <imgcompose/image/recipe.hpp>
#include <imgcompose/partition/types.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

IMGCOMPOSE_INLINE disk_plan::disk_plan() = default;
IMGCOMPOSE_INLINE disk_plan::disk_plan(const disk_plan&) = default;
IMGCOMPOSE_INLINE disk_plan::disk_plan(disk_plan&&) noexcept = default;
IMGCOMPOSE_INLINE disk_plan& disk_plan::operator=(const disk_plan&) = default;
IMGCOMPOSE_INLINE disk_plan& disk_plan::operator=(disk_plan&&) noexcept = default;
IMGCOMPOSE_INLINE disk_plan::~disk_plan() = default;
IMGCOMPOSE_INLINE disk_plan::disk_plan(const board& b) : target(b) {}

IMGCOMPOSE_INLINE disk_table disk_plan::table() const {
    if (options.table) return *options.table;
    bool mbr = false;
    for (const board* b : boards()) mbr = mbr || b->table == table_kind::mbr;
    return mbr ? disk_table::mbr : disk_table::gpt;
}

IMGCOMPOSE_INLINE bool disk_plan::holds_bootloader() const {
    return !options.without_bootloader && options.bootloader_in == bootloader_place::disk;
}

IMGCOMPOSE_INLINE bytes disk_plan::alignment() const {
    if (options.alignment) return *options.alignment;
    bytes most = board{}.partition_alignment;
    for (const board* b : boards()) most = std::max(most, b->partition_alignment);
    return most;
}

IMGCOMPOSE_INLINE std::uint32_t disk_plan::gpt_entries() const {
    std::uint32_t least = board{}.gpt_entries;
    for (const board* b : boards()) least = std::min(least, b->gpt_entries);
    return options.gpt_entries.value_or(least);
}

IMGCOMPOSE_INLINE std::vector<const board*> disk_plan::boards() const {
    std::vector<const board*> all;
    if (target) all.push_back(&*target);
    for (const board& b : also) all.push_back(&b);
    return all;
}

IMGCOMPOSE_INLINE const board& disk_plan::board_with(std::string_view bootloader) const {
    for (const board* b : boards())
        if (std::ranges::any_of(b->blobs, [&](const boot_blob& blob) { return blob.name == bootloader; })) return *b;
    fail::board_has_no_such_blob(target->name, bootloader, target->blobs);
}

IMGCOMPOSE_INLINE const firmware_partition* disk_plan::firmware_of(std::string_view partition) const {
    for (const board* b : boards())
        for (const firmware_partition& f : b->firmware)
            if (f.name == partition) return &f;
    return nullptr;
}

IMGCOMPOSE_INLINE surroundings disk_plan::surroundings_of(const planned_partition& p, offset at) const {
    return {.sector_size = options.sector_size,
            .at = at,
            .ids = options.ids.for_part(text::join("partition:", p.name)),
            .epoch = options.epoch};
}

IMGCOMPOSE_NAMESPACE_END
