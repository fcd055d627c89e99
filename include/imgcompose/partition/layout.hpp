// SPDX-License-Identifier: BSL-1.0
// Where partitions go, whatever the table: alignment and the sizes of partitions in order become ranges of the disk.
#pragma once

#include <imgcompose/core/named_range.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A partition as it is asked for.
struct partition_request {
    std::string_view name{};
    std::optional<bytes> size{}; ///< none: all that is left; only the last partition can have that
    std::optional<offset> at{};  ///< none: as early as possible behind the partition before
    bytes gap{};                 ///< kept free before it, such as for an extended boot record
};

/// The part of a disk that partitions can have, and how they are to lie in it.
struct partition_space {
    offset begin{};
    offset end{};
    bytes sector_size{512};
    /// Of where a partition begins, and of where one ends that takes all that is left: fdisk's and sfdisk's policy.
    bytes alignment = mebibytes{1};
};

namespace fail {
[[noreturn]] inline void sector_size_not_supported(bytes size) {
    throw layout_error(text::join("a sector size of ", size.count, " bytes is not supported; it is 512 or 4096"));
}
[[noreturn]] inline void partition_size_is_not_whole_sectors(std::string_view name, bytes size, bytes sector_size) {
    throw layout_error(text::join("partition ", text::quoted(name), " has ", size.count,
                                  " bytes, which are not whole sectors of ", sector_size.count, "; make it ",
                                  round_up(size.count, sector_size.count)));
}
[[noreturn]] inline void partition_is_not_at_a_sector(std::string_view name, offset at, bytes sector_size) {
    throw layout_error(text::join("partition ", text::quoted(name), " begins at byte ", at.count,
                                  ", which is not a multiple of the sector size of ", sector_size.count));
}
[[noreturn]] inline void partition_is_empty(std::string_view name) {
    throw layout_error(text::join("partition ", text::quoted(name), " has no size; give it at least one sector"));
}
[[noreturn]] inline void partition_begins_too_early(std::string_view name, offset at, offset earliest) {
    throw layout_error(text::join("partition ", text::quoted(name), " begins at ", detail::position_text(at),
                                  "; what lies before it allows ", detail::position_text(earliest), " or later"));
}
[[noreturn]] inline void partition_does_not_fit(std::string_view name, offset at, bytes size, offset end) {
    const offset wanted = at + size;
    throw layout_error(text::join("partition ", text::quoted(name), " of ", detail::size_text(size), " at ",
                                  detail::position_text(at), " does not fit: the space for partitions ends at ",
                                  detail::position_text(end), ", ", detail::size_text(wanted - std::min(wanted, end)),
                                  " are missing; make the disk larger or the partition smaller"));
}
[[noreturn]] inline void rest_of_disk_is_not_last(std::string_view name, std::string_view next) {
    throw layout_error(text::join("partition ", text::quoted(name), " takes the rest of the disk, so ",
                                  text::quoted(next), " has no space behind it; give ", text::quoted(name),
                                  " a size or put it last"));
}
} // namespace fail

constexpr void require_sector_size(bytes size) {
    if (size != bytes{512} && size != bytes{4096}) fail::sector_size_not_supported(size);
}

constexpr lba first_lba(const named_range& r, bytes sector_size) { return {from_start(r.at) / sector_size}; }
/// Inclusive, as partition tables have it.
constexpr lba last_lba(const named_range& r, bytes sector_size) { return {from_start(r.end()) / sector_size - 1}; }

/// Gives each request its range, in order; `placed` is as long as `wanted`. Throws layout_error.
constexpr void lay_out(std::span<const partition_request> wanted, const partition_space& space,
                       std::span<named_range> placed) {
    require_sector_size(space.sector_size);
    offset free = space.begin;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const partition_request& p = wanted[i];
        const offset earliest = free + p.gap;
        const offset at = p.at.value_or(align_up(earliest, space.alignment));
        if (from_start(at) % space.sector_size != bytes{})
            fail::partition_is_not_at_a_sector(p.name, at, space.sector_size);
        if (at < earliest) fail::partition_begins_too_early(p.name, at, earliest);
        bytes size{};
        if (p.size) {
            size = *p.size;
            if (size == bytes{}) fail::partition_is_empty(p.name);
            if (size % space.sector_size != bytes{})
                fail::partition_size_is_not_whole_sectors(p.name, size, space.sector_size);
        } else {
            if (i + 1 < wanted.size()) fail::rest_of_disk_is_not_last(p.name, wanted[i + 1].name);
            const offset end = align_down(space.end, std::max(space.alignment, space.sector_size));
            if (end <= at) fail::partition_does_not_fit(p.name, at, space.sector_size, space.end);
            size = end - at;
        }
        if (at + size > space.end) fail::partition_does_not_fit(p.name, at, size, space.end);
        placed[i] = {p.name, at, size};
        free = at + size;
    }
}

template <std::size_t N>
constexpr std::array<named_range, N> lay_out(const std::array<partition_request, N>& wanted,
                                             const partition_space& space) {
    std::array<named_range, N> placed{};
    lay_out(wanted, space, placed);
    return placed;
}

inline std::vector<named_range> lay_out(const std::vector<partition_request>& wanted, const partition_space& space) {
    std::vector<named_range> placed(wanted.size());
    lay_out(wanted, space, placed);
    return placed;
}

IMGCOMPOSE_NAMESPACE_END
