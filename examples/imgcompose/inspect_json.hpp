// SPDX-License-Identifier: BSL-1.0
// Parts of the JSON that several commands print.
#pragma once

#include <imgcompose/inspect/report.hpp>

#include <nlohmann/json.hpp>

namespace command {

nlohmann::ordered_json json_of(const imgcompose::disk_finding& f);

} // namespace command
