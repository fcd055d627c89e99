// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/board.hpp>

#include <tests/support/catch.hpp>

#include <array>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
constexpr std::array blobs{
    ic::boot_blob{"first", ic::offset{64_sectors}, 100_sectors},
    ic::boot_blob{"second", ic::offset{1_MiB}, 1_MiB},
    ic::boot_blob{"both", ic::offset{64_sectors}, ic::bytes{2_MiB} - 64_sectors, true},
};
constexpr std::array reserved{ic::named_range{"environment", ic::offset{164_sectors}, 8_sectors}};
constexpr ic::board sound{.name = "test",
                          .title = "A board of tests",
                          .soc = "T1",
                          .blobs = blobs,
                          .reserved = reserved,
                          .partition_floor = ic::offset{2_MiB},
                          .console = "ttyS0",
                          .dtb = "test.dtb",
                          .source = "made up"};
} // namespace

TEST_CASE("a board knows the places of its bootloader files") {
    CHECK(ic::check(sound));
    CHECK(sound.places("second").at == ic::offset{1_MiB});
    CHECK(sound.places("both").alternative);
    CHECK_THROWS_MATCHES(
        sound.places("third"), ic::input_error,
        says("test has no place for a bootloader file \"third\"; it has places for: first second both"));
    CHECK_THROWS_MATCHES(ic::board{}.places("x"), ic::input_error, says("none"));
}

TEST_CASE("a file that is too large for its place is refused") {
    CHECK_NOTHROW(ic::require_fits(sound, sound.places("first"), 100_sectors));
    CHECK_THROWS_MATCHES(ic::require_fits(sound, sound.places("first"), 51201_B), ic::layout_error,
                         says("first has 51201 bytes, 1 more than the 51200 that test has room for at sector 64"));
}

TEST_CASE("a board that contradicts itself is refused") {
    ic::board b = sound;
    SECTION("places overlap") {
        const std::array bad{ic::boot_blob{"first", ic::offset{64_sectors}, 2_MiB}, blobs[1]};
        b.blobs = bad;
        CHECK_THROWS_MATCHES(ic::check(b), ic::layout_error, says("first (sectors 64-4159) overlaps"));
    }
    SECTION("a place reaches into what is reserved") {
        const std::array bad{ic::boot_blob{"first", ic::offset{64_sectors}, 101_sectors}};
        b.blobs = bad;
        CHECK_THROWS_MATCHES(ic::check(b), ic::layout_error,
                             says("overlaps environment (sectors 164-171) by 1 sectors"));
    }
    SECTION("a place reaches into partitions") {
        b.partition_floor = ic::offset{1_MiB};
        CHECK_THROWS_MATCHES(ic::check(b), ic::layout_error,
                             says("reaches behind the first possible partition at sector 2048"));
    }
    SECTION("something is missing") {
        b.console = {};
        CHECK_THROWS_MATCHES(ic::check(b), ic::input_error, says("the board \"test\" has no console"));
        b = sound;
        b.source = {};
        CHECK_THROWS_MATCHES(ic::check(b), ic::input_error, says("source of its facts"));
    }
}

TEST_CASE("a list of boards has each once, in order of name") {
    ic::board later = sound;
    later.name = "tests";
    const std::array<const ic::board*, 2> sorted{&sound, &later}, backwards{&later, &sound}, twice{&sound, &sound};
    CHECK(ic::check(sorted));
    CHECK_THROWS_MATCHES(ic::check(backwards), ic::input_error, says("\"tests\" stands before \"test\""));
    CHECK_THROWS_MATCHES(ic::check(twice), ic::input_error, says("once and in order"));
    later.title = {};
    CHECK_THROWS_MATCHES(ic::check(sorted), ic::input_error, says("has no title"));
}

TEST_CASE("SoCs of one family are one to a bootloader") {
    static_assert(ic::same_soc("RK3588", "RK3588S") && ic::same_soc("RK3588S", "RK3588"));
    static_assert(!ic::same_soc("RK3566", "RK3568"));
}
