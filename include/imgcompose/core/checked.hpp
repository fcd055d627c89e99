// SPDX-License-Identifier: BSL-1.0
// Arithmetic on sizes and offsets that reports overflow instead of wrapping.
#pragma once

#include <imgcompose/core/error.hpp>
#include <imgcompose/core/text.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void arithmetic_overflows(std::uint64_t a, char operation, std::uint64_t b) {
    throw layout_error(text::join("size arithmetic overflows 64 bits: ", a, ' ', operation, ' ', b,
                                  "; one of the two sizes is not what was meant"));
}
[[noreturn]] inline void value_does_not_fit_type(std::uint64_t value, std::uint64_t limit) {
    throw layout_error(text::join("the value ", value, " is larger than the limit of ", limit, " here"));
}
} // namespace fail

constexpr std::uint64_t checked_add(std::uint64_t a, std::uint64_t b) {
    if (a > std::numeric_limits<std::uint64_t>::max() - b) fail::arithmetic_overflows(a, '+', b);
    return a + b;
}

constexpr std::uint64_t checked_sub(std::uint64_t a, std::uint64_t b) {
    if (a < b) fail::arithmetic_overflows(a, '-', b);
    return a - b;
}

constexpr std::uint64_t checked_mul(std::uint64_t a, std::uint64_t b) {
    if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) fail::arithmetic_overflows(a, '*', b);
    return a * b;
}

/// `a / b`, rounded up; `b` is not zero.
constexpr std::uint64_t div_up(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

/// `value` rounded up to a multiple of `unit`, which is not zero.
constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
    return checked_mul(div_up(value, unit), unit);
}

/// `value` as a `To`. Throws layout_error if it does not fit.
template <std::integral To> constexpr To narrow(std::unsigned_integral auto value) {
    if (!std::in_range<To>(value))
        fail::value_does_not_fit_type(value, static_cast<std::uint64_t>(std::numeric_limits<To>::max()));
    return static_cast<To>(value);
}

IMGCOMPOSE_NAMESPACE_END
