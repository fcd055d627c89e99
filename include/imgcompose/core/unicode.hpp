// SPDX-License-Identifier: BSL-1.0
// UTF-8 to UTF-16, as partition and file names need it.
#pragma once

#include <imgcompose/version.hpp>

#include <cstddef>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A code point at the front of UTF-8 text and how many bytes it takes; none where `size` is zero.
struct utf8_code_point {
    char32_t value = 0;
    std::size_t size = 0;
};

/// The first code point of `s`. Its size is zero if `s` is empty or does not begin with well-formed UTF-8: overlong
/// forms, surrogates and values above U+10FFFF are refused. Source: Unicode 15, table 3-7.
constexpr utf8_code_point first_code_point(std::string_view s) {
    if (s.empty()) return {};
    const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(s[i])); };
    const char32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (size == 0 || s.size() < size) return {};
    char32_t value = lead & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        value = value << 6 | (byte(i) & 0x3f);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    const bool surrogate = value >= 0xd800 && value < 0xe000;
    if (overlong || surrogate || value > 0x10ffff) return {};
    return {value, size};
}

/// Calls `unit` with each UTF-16 unit of the UTF-8 text, in order. False at the first byte that is not well-formed.
template <class Unit> constexpr bool for_each_utf16_unit(std::string_view utf8, Unit&& unit) {
    while (!utf8.empty()) {
        const auto [value, size] = first_code_point(utf8);
        if (size == 0) return false;
        if (value < 0x10000) {
            unit(static_cast<char16_t>(value));
        } else {
            unit(static_cast<char16_t>(0xd800 + ((value - 0x10000) >> 10)));
            unit(static_cast<char16_t>(0xdc00 + ((value - 0x10000) & 0x3ff)));
        }
        utf8.remove_prefix(size);
    }
    return true;
}

IMGCOMPOSE_NAMESPACE_END
