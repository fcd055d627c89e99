// SPDX-License-Identifier: BSL-1.0
// Sizes as people write them.
#pragma once

#include <imgcompose/core/readable.hpp>
#include <imgcompose/image/recipe.hpp>

#include <string>
#include <string_view>

namespace command {

/// In lower case, of ASCII.
std::string lower(std::string_view s);

/// "512MiB", "512M" and "512 MiB" are the same, as are "k", "K" and "KiB"; "32GB" has powers of ten; "64s" has sectors of
/// 512 bytes; a number alone has bytes. Throws imgcompose::input_error.
imgcompose::bytes parse_size(std::string_view s);

/// A size, "min", "min+10%", "min+64M" or "rest".
imgcompose::size_rule parse_size_rule(std::string_view s);

using imgcompose::readable;

} // namespace command
