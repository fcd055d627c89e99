// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/disjoint.hpp>

#include <tests/support/catch.hpp>

#include <algorithm>
#include <vector>

namespace ic = imgcompose;
using imgcompose_test::says;

namespace {
ic::named_range sectors(std::string_view name, std::uint64_t begin, std::uint64_t end) {
    return {name, ic::offset{ic::sectors{begin}}, ic::sectors{end - begin}};
}
} // namespace

TEST_CASE("of many ranges in any order an overlap is found and named alike") {
    std::vector<ic::named_range> ranges;
    for (std::uint64_t i = 0; i < 100; ++i) ranges.push_back(sectors("other", i * 10, i * 10 + 10));
    CHECK_NOTHROW(ic::require_disjoint(ranges));
    ranges.push_back(sectors("long", 1000, 2000));
    ranges.push_back(sectors("short", 1500, 1501));
    ranges.push_back(sectors("empty", 1500, 1500));
    CHECK_THROWS_MATCHES(ic::require_disjoint(ranges), ic::layout_error,
                         says("long (sectors 1000-1999) overlaps short"));
    std::ranges::reverse(ranges);
    CHECK_THROWS_MATCHES(ic::require_disjoint(ranges), ic::layout_error,
                         says("long (sectors 1000-1999) overlaps short"));
}
