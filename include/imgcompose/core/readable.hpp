// SPDX-License-Identifier: BSL-1.0
// Sizes as people read them.
#pragma once

#include <imgcompose/core/text.hpp>
#include <imgcompose/core/units.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// "512 MiB", "1.4 GiB": powers of 1024, one digit behind the point where it is no whole number, rounded down.
inline std::string readable(bytes size) {
    constexpr std::array<std::string_view, 7> names{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t power = 0;
    std::uint64_t unit = 1;
    while (power + 1 < names.size() && size.count / unit >= 1024) unit *= 1024, ++power;
    const std::uint64_t whole = size.count / unit, rest = size.count % unit;
    if (rest == 0) return text::join(whole, ' ', names[power]);
    // Of an exbibyte, ten times the rest still fits 64 bits: it is less than 2^64.
    return text::join(whole, '.', rest * 10 / unit, ' ', names[power]);
}

IMGCOMPOSE_NAMESPACE_END
