// SPDX-License-Identifier: BSL-1.0
// UTF-8 to UTF-16 and back, as partition and file names need it.
#pragma once

#include <imgcompose/version.hpp>

#include <cstddef>
#include <string>
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

/// Whether terminals give it two columns: East Asian wide and full-width characters, and emoji.
/// Source: Unicode 15, EastAsianWidth.txt, in blocks.
constexpr bool is_wide(char32_t c) {
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0x303e) || (c >= 0x3041 && c <= 0xa4cf) ||
           (c >= 0xa960 && c <= 0xa97f) || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff01 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) ||
           (c >= 0x1f300 && c <= 0x1f64f) || (c >= 0x1f680 && c <= 0x1f6ff) || (c >= 0x1f900 && c <= 0x1f9ff) ||
           (c >= 0x20000 && c <= 0x3fffd);
}

/// Whether it stands upon the character before it and takes no room. Source: Unicode 15, the blocks of combining marks,
/// and what joins or marks direction.
constexpr bool is_combining(char32_t c) {
    return (c >= 0x0300 && c <= 0x036f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f) ||
           (c >= 0xfe20 && c <= 0xfe2f);
}

/// 0, 1 or 2.
constexpr std::size_t terminal_columns_of(char32_t c) { return is_combining(c) ? 0 : is_wide(c) ? 2 : 1; }

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

/// `value`, at most U+10FFFF, as one to four bytes behind `to`.
inline void append_utf8(std::string& to, char32_t value) {
    const auto put = [&](char32_t byte) { to += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (value < 0x80) return put(value);
    if (value < 0x800) return put(0xc0 | value >> 6), put(0x80 | (value & 0x3f));
    if (value < 0x10000) return put(0xe0 | value >> 12), put(0x80 | (value >> 6 & 0x3f)), put(0x80 | (value & 0x3f));
    put(0xf0 | value >> 18), put(0x80 | (value >> 12 & 0x3f)), put(0x80 | (value >> 6 & 0x3f)),
        put(0x80 | (value & 0x3f));
}

/// UTF-16 as UTF-8. A surrogate without its other half becomes U+FFFD, as Unicode 15 section 3.9 advises.
inline std::string utf8_of(std::u16string_view units) {
    std::string out;
    for (std::size_t i = 0; i < units.size(); ++i) {
        char32_t value = units[i];
        const bool high = value >= 0xd800 && value < 0xdc00, low = value >= 0xdc00 && value < 0xe000;
        if (high && i + 1 < units.size() && units[i + 1] >= 0xdc00 && units[i + 1] < 0xe000)
            value = 0x10000 + ((value - 0xd800) << 10) + (units[++i] - 0xdc00u);
        else if (high || low) value = 0xfffd;
        append_utf8(out, value);
    }
    return out;
}

IMGCOMPOSE_NAMESPACE_END
