// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/units.hpp>

#include <tests/support/catch.hpp>

#include <limits>
#include <type_traits>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
constexpr std::uint64_t most_units = std::numeric_limits<std::uint64_t>::max();
}

TEST_CASE("sizes widen by themselves and exactly") {
    static_assert(ic::bytes{64_sectors} == 32768_B && ic::bytes{1_TiB}.count == std::uint64_t{1} << 40);
    static_assert(ic::sectors{8_MiB}.count == 16384 && 1_GiB == 1024_MiB && 32_GB == 32'000'000'000_B);
    static_assert(!std::is_convertible_v<ic::bytes, ic::sectors> && !std::is_convertible_v<int, ic::bytes>);
    static_assert(!std::is_constructible_v<ic::sectors, ic::bytes>);
    CHECK_THROWS_AS(ic::bytes{ic::tebibytes{most_units}}, ic::layout_error);
}

TEST_CASE("they narrow only when asked, and only without a rest") {
    static_assert(ic::exactly<ic::sectors>(8_MiB).count == 16384);
    CHECK_THROWS_MATCHES(ic::exactly<ic::sectors>(513_B), ic::layout_error,
                         says("a size of 513 bytes is not a multiple of 512 bytes"));
}

TEST_CASE("a position is not a size: their sums and differences are checked") {
    static_assert(ic::offset{64_sectors} + 8_MiB > ic::offset{} && ic::offset{2_B} - ic::offset{1_B} == 1_B);
    static_assert(!std::is_convertible_v<ic::bytes, ic::offset> && !std::is_convertible_v<ic::offset, ic::bytes>);
    static_assert(from_start(ic::offset{7_B}) == 7_B);
    CHECK_THROWS_AS(ic::offset{ic::bytes{most_units}} + 1_B, ic::layout_error);
    CHECK_THROWS_AS(ic::offset{1_B} - ic::offset{2_B}, ic::layout_error);
    CHECK_THROWS_AS(1_B - 2_B, ic::layout_error);
}

TEST_CASE("a number becomes a position only with the size of what it counts") {
    static_assert(offset_of(ic::lba{34}, 512_B) == ic::offset{17_KiB});
    static_assert(offset_of(ic::block_number{1}, 4_KiB) == ic::offset{4_KiB});
    static_assert(!std::is_convertible_v<ic::lba, ic::block_number> && !std::is_convertible_v<ic::lba, ic::offset>);
    CHECK_THROWS_AS(offset_of(ic::lba{most_units}, 512_B), ic::layout_error);
}

TEST_CASE("alignment goes up and down to the multiples, and refuses zero") {
    static_assert(align_up(1_B, 1_MiB) == 1_MiB && align_up(1_MiB, 1_MiB) == 1_MiB && align_up(0_B, 1_MiB) == 0_B);
    static_assert(align_down(ic::offset{1025_B}, 1_KiB) == ic::offset{1_KiB});
    CHECK_THROWS_AS(align_up(ic::bytes{most_units}, 512_B), ic::layout_error);
    CHECK_THROWS_MATCHES(align_up(1_B, 0_B), ic::layout_error, says("alignment of zero"));
    CHECK_THROWS_AS(align_down(1_B, 0_B), ic::layout_error);
}
