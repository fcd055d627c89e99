// SPDX-License-Identifier: BSL-1.0
// Ranges of a disk with names: what may not overlap, and the sentence that says so.
#pragma once

#include <imgcompose/core/units.hpp>

#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
std::string range_text(offset at, bytes size);
std::string size_text(bytes size);
std::string position_text(offset at);
} // namespace detail

namespace fail {
/// `a` begins first, or is the one already placed where both begin together.
[[noreturn]] void regions_overlap(std::string_view a, offset a_at, bytes a_size, std::string_view b, offset b_at,
                                  bytes b_size);
} // namespace fail

/// A range of a disk and what lies there.
struct named_range {
    std::string_view name{};
    offset at{};
    bytes size{};

    [[nodiscard]] constexpr offset end() const { return at + size; }
};

/// Throws layout_error, naming both, if they have a byte in common. An empty range overlaps nothing.
constexpr void require_disjoint(const named_range& a, const named_range& b) {
    if (a.size == bytes{} || b.size == bytes{} || a.end() <= b.at || b.end() <= a.at) return;
    if (a.at <= b.at) fail::regions_overlap(a.name, a.at, a.size, b.name, b.at, b.size);
    fail::regions_overlap(b.name, b.at, b.size, a.name, a.at, a.size);
}

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/core/named_range_impl.hpp>
#endif
