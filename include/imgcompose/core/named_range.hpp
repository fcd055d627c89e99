// SPDX-License-Identifier: BSL-1.0
// Ranges of a disk with names: what may not overlap, and the sentence that says so.
#pragma once

#include <imgcompose/core/units.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
inline std::string range_text(offset at, bytes size) {
    if (at.count % 512 == 0 && size.count % 512 == 0)
        return text::join("sectors ", at.count / 512, "-", at.count / 512 + size.count / 512 - 1);
    return text::join("bytes ", at.count, "-", at.count + size.count - 1);
}
inline std::string size_text(bytes size) {
    return size.count % 512 == 0 ? text::join(size.count / 512, " sectors") : text::join(size.count, " bytes");
}
inline std::string position_text(offset at) {
    return at.count % 512 == 0 ? text::join("sector ", at.count / 512) : text::join("byte ", at.count);
}
} // namespace detail

namespace fail {
/// `a` begins first, or is the one already placed where both begin together.
[[noreturn]] inline void regions_overlap(std::string_view a, offset a_at, bytes a_size, std::string_view b, offset b_at,
                                         bytes b_size) {
    const bytes common = std::min(a_at + a_size, b_at + b_size) - std::max(a_at, b_at);
    throw layout_error(text::join(a, " (", detail::range_text(a_at, a_size), ") overlaps ", b, " (",
                                  detail::range_text(b_at, b_size), ") by ", detail::size_text(common), "; start ", b,
                                  " at ", detail::position_text(a_at + a_size), " or later"));
}
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

/// The same for each pair of `ranges`, which come in any order.
constexpr void require_disjoint(std::vector<named_range> ranges) {
    std::erase_if(ranges, [](const named_range& r) { return r.size == bytes{}; });
    // Those that begin together stay apart by their size and name, so that the message never depends on the order.
    std::ranges::sort(ranges, [](const named_range& a, const named_range& b) {
        if (a.at != b.at) return a.at < b.at;
        if (a.size != b.size) return a.size > b.size;
        return a.name < b.name;
    });
    for (std::size_t i = 1; i < ranges.size(); ++i) require_disjoint(ranges[i - 1], ranges[i]);
}

IMGCOMPOSE_NAMESPACE_END
