// SPDX-License-Identifier: BSL-1.0
// What would keep a disk from booting, told as compilers tell it.
#pragma once

#include "document.hpp"

#include <imgcompose/compose/disk.hpp>
#include <imgcompose/compose/layout.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/inspect/report.hpp>

#include <optional>
#include <string>
#include <vector>

namespace command {

/// Of a composed disk, and of its image for SPI flash if it has one.
struct linted_disk {
    std::vector<imgcompose::disk_finding> disk{}, flash{};
};
linted_disk linted(const imgcompose::disk_plan& plan, const imgcompose::disk_layout& layout, const imgcompose::image& made,
                   const std::optional<imgcompose::image>& flash, const std::string& firmware = "u-boot");

/// "error: sector 64: ... [bootloader-missing]"
std::string line_of(const imgcompose::disk_finding& finding);

/// Tells all on standard error. Throws description_error if something keeps the disk from booting.
void require_bootable(const document& d, const linted_disk& findings);

} // namespace command
