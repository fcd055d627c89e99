// SPDX-License-Identifier: BSL-1.0
// A master boot record and its extended boot records as an image.
#pragma once

#include <imgcompose/image/image.hpp>
#include <imgcompose/partition/mbr.hpp>

#include <cstddef>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
/// One whole sector, whatever its size.
inline image sector_of(const master_boot_record& record, bytes sector_size) {
    owned_bytes sector(sector_size.count);
    put_struct(sector, record);
    return owned(std::move(sector));
}
} // namespace detail

/// A disk with this table and nothing else: all but the boot records is free for others to be placed.
/// Throws as `check` does.
inline image mbr_image(const mbr_table& t) {
    image disk{t.disk_size};
    disk.place(offset{}, detail::sector_of(make_mbr(t), t.sector_size), "master boot record");
    for (std::size_t i = 0; i < extended_boot_record_count(t); ++i)
        disk.place(offset_of(extended_boot_record_at(t, i), t.sector_size),
                   detail::sector_of(make_extended_boot_record(t, i), t.sector_size), "extended boot record");
    return disk;
}

IMGCOMPOSE_NAMESPACE_END
