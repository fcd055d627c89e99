// SPDX-License-Identifier: BSL-1.0
// Files that are made of what the builds of U-Boot and vendors hand out: `made = { type = "idbloader", ... }` wherever a
// description can name a file.
#pragma once

#include "document.hpp"

#include <imgcompose/board/board.hpp>
#include <imgcompose/image/image.hpp>

#include <chrono>
#include <string_view>
#include <vector>

namespace command {

/// What is made, is made for these.
struct made_for {
    std::vector<const imgcompose::board*> boards{};
    std::chrono::seconds epoch{0}; ///< in files that hold a time
};

/// The bytes of the file that the table's key `file` names, or of what its key `made` tells of: one of them.
/// `skip` and `max` count where the table has them. A table with neither names the file by its key `otherwise`, if that
/// is given. Throws description_error.
imgcompose::image read_content(const section& s, const made_for& target, std::string_view otherwise = {});

} // namespace command
