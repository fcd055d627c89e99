// SPDX-License-Identifier: BSL-1.0
// Disks as they are found, for people and for programs.
#pragma once

#include "commands.hpp"
#include "text_output.hpp"

#include <imgcompose/image/image.hpp>
#include <imgcompose/image/window.hpp>
#include <imgcompose/inspect/report.hpp>

#include <cstddef>
#include <string>

namespace command {

/// The image or device of that name, or what the description of that name (it ends with .toml) is composed to.
imgcompose::window open_disk(const description_options& disk);

/// All that is on it, with the hashes of bootloaders checked.
imgcompose::disk_report inspected(const imgcompose::window& disk);

/// Its regions, a line each. Of an image that is composed: what their bytes are too, and if `all`, what lies inside of them.
std::string region_table(const imgcompose::disk_report& report, std::size_t columns, const imgcompose::image* composed = nullptr,
                         bool all = false);

/// With an empty line before them; nothing if nothing was found.
std::string findings_text(const imgcompose::disk_report& report, std::size_t columns);

/// Lines of at most `columns`.
std::string inspection_text(const imgcompose::disk_report& report, const std::string& name, std::size_t columns);
std::string inspection_json(const imgcompose::disk_report& report, const std::string& name);

} // namespace command
