// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/named_range.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
ic::named_range at(std::string_view name, std::uint64_t begin, std::uint64_t end) {
    return {name, ic::offset{ic::sectors{begin}}, ic::sectors{end - begin}};
}
} // namespace

TEST_CASE("ranges that touch are disjoint, those with a byte in common are not") {
    CHECK_NOTHROW(ic::require_disjoint(at("a", 0, 10), at("b", 10, 20)));
    CHECK_NOTHROW(ic::require_disjoint(at("b", 10, 20), at("a", 0, 10)));
    const std::string words = "a (sectors 0-10) overlaps b (sectors 10-19) by 1 sectors; start b at sector 11 or later";
    CHECK_THROWS_MATCHES(ic::require_disjoint(at("a", 0, 11), at("b", 10, 20)), ic::layout_error, says(words));
    CHECK_THROWS_MATCHES(ic::require_disjoint(at("b", 10, 20), at("a", 0, 11)), ic::layout_error, says(words));
    CHECK_THROWS_MATCHES(ic::require_disjoint({"a", ic::offset{1_B}, 2_B}, {"b", ic::offset{2_B}, 1_B}),
                         ic::layout_error,
                         says("a (bytes 1-2) overlaps b (bytes 2-2) by 1 bytes; start b at byte 3 or later"));
    CHECK_NOTHROW(ic::require_disjoint(at("a", 0, 10), at("nothing", 5, 5)));
}
