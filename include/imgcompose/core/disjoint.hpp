// SPDX-License-Identifier: BSL-1.0
// Whether any two of many ranges overlap.
#pragma once

#include <imgcompose/core/named_range.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Throws layout_error, naming both, if two of `ranges` have a byte in common. They come in any order, and an empty one
/// overlaps nothing.
constexpr void require_disjoint(std::vector<named_range> ranges) {
    std::erase_if(ranges, [](const named_range& r) { return r.size == bytes{}; });
    // Those that begin together stay apart by their size and name, so that the message never depends on the order.
    std::sort(ranges.begin(), ranges.end(), [](const named_range& a, const named_range& b) {
        if (a.at != b.at) return a.at < b.at;
        if (a.size != b.size) return a.size > b.size;
        return a.name < b.name;
    });
    for (std::size_t i = 1; i < ranges.size(); ++i) require_disjoint(ranges[i - 1], ranges[i]);
}

IMGCOMPOSE_NAMESPACE_END
