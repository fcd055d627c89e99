// SPDX-License-Identifier: BSL-1.0
// From a description to what the library composes.
#pragma once

#include "document.hpp"

#include <imgcompose/compose/disk.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace command {

struct described_disk {
    imgcompose::disk_plan plan{};
    std::vector<std::string> warnings{};
};

/// What the description asks for. `default_epoch` is for one that has none. Throws description_error.
described_disk read_disk(document& description, std::chrono::seconds default_epoch);

} // namespace command
