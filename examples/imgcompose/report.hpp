// SPDX-License-Identifier: BSL-1.0
// What is in an image, for people and for programs.
#pragma once

#include <imgcompose/compose/layout.hpp>
#include <imgcompose/image/image.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace command {

/// What `inspect` would show of it, and what its bytes are. Regions inside of others only if `all`.
std::string report(const imgcompose::disk_plan& plan, const imgcompose::image& disk, bool all);

/// The image for another medium than the disk: SPI flash, or a boot partition of eMMC.
struct boot_medium {
    std::string_view name{}; ///< in JSON
    std::string_view title{};
    imgcompose::image content{};
};

/// The same of that.
std::string report_boot_medium(const boot_medium& medium, bool all);

/// The parameter.txt by which Rockchip's tools would make such a table. Throws what imgcompose throws for one that
/// they would not.
std::string report_parameter(const imgcompose::disk_plan& plan, const imgcompose::disk_layout& layout, const imgcompose::image& disk);

/// All of it with every extent and its source as JSON.
std::string report_json(const imgcompose::disk_plan& plan, const imgcompose::disk_layout& layout,
                        const imgcompose::image& disk, const std::optional<boot_medium>& medium = {});

} // namespace command
