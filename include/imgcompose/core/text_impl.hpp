// SPDX-License-Identifier: BSL-1.0
// The functions of text.hpp.
#pragma once

#include <imgcompose/core/text.hpp>
#include <imgcompose/version.hpp>

#include <cstdint>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace text {

IMGCOMPOSE_INLINE void append(std::string& out, std::string_view s) { out += s; }

IMGCOMPOSE_INLINE void append(std::string& out, char c) { out += c; }

IMGCOMPOSE_INLINE std::string lower_case(std::string_view s) {
    std::string out{s};
    for (char& c : out) c = lower_case(c);
    return out;
}

IMGCOMPOSE_INLINE std::string hex(std::uint64_t value) {
    std::string digits;
    do {
        digits.insert(digits.begin(), "0123456789abcdef"[value % 16]);
        value /= 16;
    } while (value != 0);
    return "0x" + digits;
}

IMGCOMPOSE_INLINE std::string quoted(std::string_view s) {
    std::string out = "\"";
    for (const char c : s) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f) {
            out += "\\x";
            out += "0123456789abcdef"[byte / 16];
            out += "0123456789abcdef"[byte % 16];
        } else {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
    }
    return out + '"';
}
} // namespace text

IMGCOMPOSE_NAMESPACE_END
