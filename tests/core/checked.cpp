// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/checked.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using imgcompose_test::says;

namespace {
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
}

TEST_CASE("sums, differences and products up to the last value are exact") {
    static_assert(ic::checked_add(most - 1, 1) == most && ic::checked_add(0, 0) == 0);
    static_assert(ic::checked_sub(most, most) == 0 && ic::checked_sub(7, 0) == 7);
    static_assert(ic::checked_mul(most, 1) == most && ic::checked_mul(0, most) == 0 && ic::checked_mul(most, 0) == 0);
    CHECK(ic::checked_mul(std::uint64_t{1} << 32, (std::uint64_t{1} << 32) - 1) == most - (std::uint64_t{1} << 32) + 1);
}

TEST_CASE("one more than that is refused with both operands") {
    CHECK_THROWS_MATCHES(ic::checked_add(most, 1), ic::layout_error, says("18446744073709551615 + 1"));
    CHECK_THROWS_MATCHES(ic::checked_sub(1, 2), ic::layout_error, says("overflows 64 bits: 1 - 2"));
    CHECK_THROWS_MATCHES(ic::checked_mul(std::uint64_t{1} << 32, std::uint64_t{1} << 32), ic::layout_error,
                         says("4294967296 * 4294967296"));
}

TEST_CASE("divisions round up without overflowing, roundings to a unit are checked") {
    static_assert(ic::div_up(0, 7) == 0 && ic::div_up(7, 7) == 1 && ic::div_up(8, 7) == 2 && ic::div_up(most, 1) == most);
    static_assert(ic::div_up(most, 2) == (std::uint64_t{1} << 63));
    static_assert(ic::round_up(0, 512) == 0 && ic::round_up(1, 512) == 512 && ic::round_up(512, 512) == 512);
    CHECK_THROWS_AS(ic::round_up(most, 512), ic::layout_error);
}

TEST_CASE("a value is narrowed when it fits, signed or not") {
    static_assert(ic::narrow<std::uint8_t>(255u) == 255 && ic::narrow<std::int8_t>(127u) == 127);
    CHECK_THROWS_MATCHES(ic::narrow<std::uint8_t>(256u), ic::layout_error, says("256 is larger than the limit of 255"));
    CHECK_THROWS_MATCHES(ic::narrow<std::int8_t>(128u), ic::layout_error, says("limit of 127"));
    CHECK_THROWS_AS(ic::narrow<std::int64_t>(most), ic::layout_error);
}
