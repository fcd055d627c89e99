// SPDX-License-Identifier: BSL-1.0
// The functions of named_range.hpp.
#pragma once

#include <imgcompose/core/named_range.hpp>
#include <imgcompose/core/units.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
IMGCOMPOSE_INLINE std::string range_text(offset at, bytes size) {
    if (at.count % 512 == 0 && size.count % 512 == 0)
        return text::join("sectors ", at.count / 512, "-", at.count / 512 + size.count / 512 - 1);
    return text::join("bytes ", at.count, "-", at.count + size.count - 1);
}

IMGCOMPOSE_INLINE std::string size_text(bytes size) {
    return size.count % 512 == 0 ? text::join(size.count / 512, " sectors") : text::join(size.count, " bytes");
}

IMGCOMPOSE_INLINE std::string position_text(offset at) {
    return at.count % 512 == 0 ? text::join("sector ", at.count / 512) : text::join("byte ", at.count);
}
} // namespace detail

namespace fail {
[[noreturn]] IMGCOMPOSE_INLINE void regions_overlap(std::string_view a, offset a_at, bytes a_size, std::string_view b,
                                                    offset b_at, bytes b_size) {
    const bytes common = std::min(a_at + a_size, b_at + b_size) - std::max(a_at, b_at);
    throw layout_error(text::join(a, " (", detail::range_text(a_at, a_size), ") overlaps ", b, " (",
                                  detail::range_text(b_at, b_size), ") by ", detail::size_text(common), "; start ", b,
                                  " at ", detail::position_text(a_at + a_size), " or later"));
}
} // namespace fail

IMGCOMPOSE_NAMESPACE_END
