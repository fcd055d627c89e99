// SPDX-License-Identifier: BSL-1.0
// Where everything of a plan goes: pure arithmetic, complete before an image is made.
#pragma once

#include <imgcompose/compose/disk.hpp>

#include <optional>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Where a partition of the plan lies.
struct placed_partition {
    /// Where on the disk it begins.
    offset at{};
    /// How large it is.
    bytes size{};
    /// Whether U-Boot looks here.
    bool bootable = false;

    /// The first byte behind it.
    [[nodiscard]] constexpr offset end() const { return at + size; }
};

/// Where everything lies; `partitions` in the order of the plan.
struct disk_layout {
    /// The kind of its partition table.
    disk_table table = disk_table::gpt;
    /// Of the whole disk.
    bytes size{};
    /// Of the medium.
    bytes sector_size{512};
    /// One for each of the plan.
    std::vector<placed_partition> partitions{};
    /// Of an MBR with more than four partitions: the extended one, which holds all from the fourth on.
    std::optional<placed_partition> extended{};
};

/// Lays out a plan on a disk of `disk_size`; if that is not given, of the size that the plan asks for, which may be the
/// smallest that holds everything: partitions that take the rest of the disk are then as small as they can be.
/// Asks recipes for their sizes, but makes nothing. Throws layout_error or input_error for what cannot be.
disk_layout layout(const disk_plan& plan, std::optional<bytes> disk_size = {});

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/compose/layout_impl.hpp>
#endif
