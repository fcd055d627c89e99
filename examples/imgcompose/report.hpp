// SPDX-License-Identifier: BSL-1.0
// What is in an image, for people and for programs.
#pragma once

#include <imgcompose/compose/layout.hpp>
#include <imgcompose/image/image.hpp>

#include <optional>
#include <string>

namespace command {

/// What `inspect` would show of it, and what its bytes are. Regions inside of others only if `all`.
std::string report(const imgcompose::disk_plan& plan, const imgcompose::image& disk, bool all);

/// The same of the image for SPI flash.
std::string report_spi(const imgcompose::image& flash, bool all);

/// All of it with every extent and its source as JSON.
std::string report_json(const imgcompose::disk_plan& plan, const imgcompose::disk_layout& layout,
                        const imgcompose::image& disk, const std::optional<imgcompose::image>& spi = {});

} // namespace command
