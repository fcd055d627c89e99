// SPDX-License-Identifier: BSL-1.0
// Sentences for error messages, for headers that must not include fmt.
#pragma once

#include <imgcompose/version.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace text {

void append(std::string& out, std::string_view s);
void append(std::string& out, char c);
template <std::integral T>
requires(!std::same_as<T, char> && !std::same_as<T, bool>) void append(std::string& out, T number) {
    out += std::to_string(number);
}

/// The parts one after the other: text as it is, integers in decimal.
template <class... Parts> std::string join(const Parts&... parts) {
    std::string out;
    (append(out, parts), ...);
    return out;
}

/// Of ASCII letters; everything else stays, whatever the locale.
constexpr char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lower_case(std::string_view s);

/// `value` as 0x and lower-case hexadecimal digits.
std::string hex(std::uint64_t value);

/// `s` in quotation marks; control characters and bytes that are not ASCII as `\xNN`, so that a message is one line.
std::string quoted(std::string_view s);

/// The other way; likewise.
constexpr char upper_case(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

} // namespace text
IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/core/text_impl.hpp>
#endif
