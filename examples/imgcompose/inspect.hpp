// SPDX-License-Identifier: BSL-1.0
// Disks as they are found, for people and for programs.
#pragma once

#include "commands.hpp"

#include <imgcompose/image/window.hpp>
#include <imgcompose/inspect/report.hpp>

#include <cstddef>
#include <string>

namespace command {

/// The image or device of that name, or what the description of that name (it ends with .toml) is composed to.
imgcompose::window open_disk(const description_options& disk);

/// All that is on it, with the hashes of bootloaders checked.
imgcompose::disk_report inspected(const imgcompose::window& disk);

/// Lines of at most `columns`, where their words allow it.
std::string inspection_text(const imgcompose::disk_report& report, const std::string& name, std::size_t columns);
std::string inspection_json(const imgcompose::disk_report& report, const std::string& name);

/// What is printed as it is: bytes that are no text of one line as \xNN.
std::string printable(std::string_view s);

/// Of what standard output is.
std::size_t columns_of_output();

} // namespace command
