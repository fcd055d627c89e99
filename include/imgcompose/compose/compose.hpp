// SPDX-License-Identifier: BSL-1.0
// The last step: from a plan to the image of a disk.
#pragma once

#include <imgcompose/compose/layout.hpp>

IMGCOMPOSE_NAMESPACE_BEGIN

/// The image of the disk with everything where the layout says. Files are asked for their sizes but not read.
/// Throws layout_error for what overlaps, naming both, and what recipes throw.
image compose_as(const disk_plan& plan, const disk_layout& l);

/// As the last step of a pipeline: an image of the size that the plan asks for, the smallest if it says nothing.
struct compose_step {};
inline constexpr compose_step compose{};
/// Throws layout_error if something overlaps or does not fit, and what the contents throw.
image operator|(const disk_plan& plan, const compose_step& /*step*/);

/// As the last step of a pipeline: an image for a medium of this size, whatever the plan asks for.
struct compose_for {
    /// Of the medium.
    bytes disk_size;
    /// Of the medium: 512 or 4096.
    bytes sector_size;

    /// For a medium of `disk` bytes with such sectors.
    explicit constexpr compose_for(bytes disk, bytes sector = bytes{512}) : disk_size(disk), sector_size(sector) {}
};
/// Throws as `compose` does.
image operator|(disk_plan plan, const compose_for& medium);

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/compose/compose_impl.hpp>
#endif
