// SPDX-License-Identifier: BSL-1.0
// What a check has to say, where several things can be told at once.
#pragma once

#include <imgcompose/core/text.hpp>

#include <cstddef>
#include <string>

IMGCOMPOSE_NAMESPACE_BEGIN

enum class severity : unsigned char {
    warning, ///< works, but not as its author may think, or not everywhere
    error,   ///< does not work
};

/// One remark about a text or a value.
struct finding {
    /// Whether it works nevertheless.
    severity how_bad = severity::error;
    std::size_t line = 0;   ///< from 1; 0: not about a place in a text
    std::size_t column = 0; ///< from 1, in bytes
    std::string message{};  ///< what, where and what to do, without line and column

    friend bool operator==(const finding&, const finding&) = default;
};

/// As compilers write it: "3:7: error: ...".
inline std::string to_string(const finding& f) {
    const auto what = text::join(f.how_bad == severity::error ? "error: " : "warning: ", f.message);
    return f.line == 0 ? what : text::join(f.line, ':', f.column, ": ", what);
}

IMGCOMPOSE_NAMESPACE_END
