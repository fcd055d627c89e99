// SPDX-License-Identifier: BSL-1.0
// The functions of compose.hpp.
#pragma once

#include <imgcompose/compose/compose.hpp>
#include <imgcompose/compose/layout_impl.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/partition/gpt_image.hpp>
#include <imgcompose/partition/mbr_image.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
inline lba first_lba(const placed_partition& p, bytes sector_size) { return {from_start(p.at) / sector_size}; }

inline lba last_lba(const placed_partition& p, bytes sector_size) { return {from_start(p.end()) / sector_size - 1}; }

inline image gpt_disk(const disk_plan& plan, const disk_layout& l) {
    std::vector<gpt_partition> partitions;
    std::vector<hybrid_partition> hybrid;
    gpt_table table = gpt_of(plan, l.size);
    // What makes partitions on the running system then keeps off the bootloader too.
    offset usable = plan.target ? floor_of(plan) : offset{};
    for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
        const planned_partition& p = plan.partitions[i];
        const placed_partition& placed = l.partitions[i];
        partitions.push_back({.name = p.name,
                              .type = gpt_type_of(plan, p),
                              .id = p.options.id.value_or(uuid{}),
                              .first = first_lba(placed, l.sector_size),
                              .last = last_lba(placed, l.sector_size),
                              .attributes = placed.bootable
                                                ? p.options.attributes | gpt_attributes::legacy_bios_bootable
                                                : p.options.attributes});
        if (l.table == disk_table::hybrid && p.options.in_hybrid_mbr)
            hybrid.push_back({.number = i + 1, .type = mbr_type_of(plan, p, placed), .active = placed.bootable});
        usable = std::min(usable, placed.at);
    }
    table.partitions = partitions;
    table.hybrid = hybrid;
    table.first_usable = std::max(layout_of(table).first_usable, lba{from_start(usable) / l.sector_size});
    return gpt_image(table);
}

/// Whether it goes into the sector that an MBR is in, before its disk signature.
inline bool is_boot_code(const disk_layout& l, const placed_image& piece) {
    return l.table == disk_table::mbr && piece.at == offset{};
}

inline image mbr_disk(const disk_plan& plan, const disk_layout& l) {
    owned_bytes boot_code;
    for (const placed_image& piece : placed_bootloaders(plan))
        if (is_boot_code(l, piece)) boot_code = read_all(piece.content);
    std::vector<mbr_partition> primaries, logicals;
    for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
        const planned_partition& p = plan.partitions[i];
        auto& list = l.extended && i >= primaries_before_extended ? logicals : primaries;
        list.push_back({.name = p.name,
                        .type = mbr_type_of(plan, p, l.partitions[i]),
                        .first = first_lba(l.partitions[i], l.sector_size),
                        .last = last_lba(l.partitions[i], l.sector_size),
                        .active = l.partitions[i].bootable});
    }
    if (l.extended)
        primaries.push_back({.name = "the extended partition",
                             .type = mbr_type::extended_lba,
                             .first = first_lba(*l.extended, l.sector_size),
                             .last = last_lba(*l.extended, l.sector_size)});
    return mbr_image({.sector_size = l.sector_size,
                      .disk_size = l.size,
                      .disk_signature = plan.options.disk_signature,
                      .ids = plan.options.ids,
                      .primaries = primaries,
                      .logicals = logicals,
                      .boot_code = boot_code});
}

inline image empty_disk(const disk_plan& plan, const disk_layout& l) {
    switch (l.table) {
    case disk_table::gpt:
    case disk_table::hybrid: return gpt_disk(plan, l);
    case disk_table::mbr: return mbr_disk(plan, l);
    case disk_table::none: break;
    }
    return image{l.size};
}

/// Everything that is placed on the disk by itself, bootloaders first.
inline std::vector<placed_image> blobs_of(const disk_plan& plan, const disk_layout& l) {
    std::vector<placed_image> blobs;
    for (placed_image& piece : placed_bootloaders(plan))
        if (!is_boot_code(l, piece)) blobs.push_back(std::move(piece));
    blobs.insert(blobs.end(), plan.raws.begin(), plan.raws.end());
    return blobs;
}
} // namespace detail

IMGCOMPOSE_INLINE image compose_as(const disk_plan& plan, const disk_layout& l) {
    image disk = detail::empty_disk(plan, l);
    std::vector<placed_image> blobs = detail::blobs_of(plan, l);
    for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
        const planned_partition& p = plan.partitions[i];
        const placed_partition& placed = l.partitions[i];
        image content{placed.size};
        if (p.content) {
            content = (*p.content)->make(placed.size, plan.surroundings_of(p, placed.at));
        } else {
            for (const placed_image& b : p.options.blobs) content.place(b.at, b.content, b.name);
            std::erase_if(blobs, [&](const placed_image& b) { // those that lie in it
                if (b.at < placed.at || b.at + b.content.size() > placed.end()) return false;
                content.place(offset{b.at - placed.at}, b.content, b.name);
                return true;
            });
        }
        disk.place(placed.at, content, p.name);
    }
    for (const placed_image& b : blobs) disk.place(b.at, b.content, b.name);
    return disk;
}

IMGCOMPOSE_INLINE image operator|(const disk_plan& plan, const compose_step& /*step*/) {
    return compose_as(plan, layout(plan));
}

IMGCOMPOSE_INLINE image operator|(disk_plan plan, const compose_for& medium) {
    plan.options.sector_size = medium.sector_size;
    return compose_as(plan, layout(plan, medium.disk_size));
}

IMGCOMPOSE_NAMESPACE_END
