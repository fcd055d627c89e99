// SPDX-License-Identifier: BSL-1.0
// Times: those since 1970 that are in an image, and those that a menu waits.
#pragma once

#include <imgcompose/core/checked.hpp>

#include <chrono>
#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN

inline namespace literals {
/// Seconds. A number that std::chrono::seconds cannot hold throws layout_error, at compile time a constant is refused.
constexpr std::chrono::seconds operator""_s(unsigned long long n) {
    return std::chrono::seconds{narrow<std::int64_t>(static_cast<std::uint64_t>(n))};
}
} // namespace literals

IMGCOMPOSE_NAMESPACE_END
