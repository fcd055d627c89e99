// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/partition/layout.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
const ic::partition_space space{.begin = ic::offset{32768_sectors}, .end = ic::offset{ic::sectors{61067264 - 33}}};

std::vector<ic::named_range> laid_out(std::vector<ic::partition_request> wanted, const ic::partition_space& s = space) {
    return ic::lay_out(wanted, s);
}
} // namespace

TEST_CASE("the card of the NanoPi R2S write-up is laid out as fdisk did") {
    const auto placed = laid_out({{.name = "boot", .size = 512_MiB}, {.name = "root"}});
    REQUIRE(placed.size() == 2);
    CHECK(ic::first_lba(placed[0], 512_B).value == 32768);
    CHECK(ic::last_lba(placed[0], 512_B).value == 1081343);
    CHECK(ic::first_lba(placed[1], 512_B).value == 1081344);
    CHECK(ic::last_lba(placed[1], 512_B).value == 61065215);
    CHECK(ic::first_lba(placed[1], 4096_B).value == 135168);
}

TEST_CASE("partitions begin aligned, behind gaps, or where they are told") {
    const auto placed = laid_out({{.name = "odd", .size = 3_sectors},
                                  {.name = "next", .size = 1_MiB},
                                  {.name = "behind a gap", .size = 1_MiB, .gap = 1_sectors},
                                  {.name = "fixed", .size = 1_MiB, .at = ic::offset{100001_sectors}},
                                  {.name = "after", .size = 1_MiB}});
    CHECK(placed[1].at == ic::offset{17_MiB});
    CHECK(placed[2].at == ic::offset{19_MiB});
    CHECK(placed[3].at == ic::offset{100001_sectors});
    CHECK(placed[4].at == ic::offset{50_MiB});
    auto unaligned = space;
    unaligned.alignment = 1_sectors;
    const auto tight = laid_out({{.name = "odd", .size = 3_sectors}, {.name = "rest"}}, unaligned);
    CHECK(tight[1].at == ic::offset{32771_sectors});
    CHECK(tight[1].end() == space.end);
}

TEST_CASE("what cannot be laid out is refused with its reason") {
    CHECK_THROWS_MATCHES(laid_out({{.name = "big", .size = 1_TiB}}), ic::layout_error,
                         says("partition \"big\" of 2147483648 sectors at sector 32768 does not fit: the space for "
                              "partitions ends at sector 61067231, 2086449185 sectors are missing"));
    CHECK_THROWS_MATCHES(laid_out({{.name = "a"}, {.name = "b", .size = 1_MiB}}), ic::layout_error,
                         says("\"a\" takes the rest of the disk, so \"b\" has no space"));
    CHECK_THROWS_MATCHES(laid_out({{.name = "a", .size = 1000_B}}), ic::layout_error, says("make it 1024"));
    CHECK_THROWS_MATCHES(laid_out({{.name = "a", .size = 0_B}}), ic::layout_error, says("has no size"));
    CHECK_THROWS_MATCHES(laid_out({{.name = "a", .size = 1_MiB, .at = ic::offset{ic::bytes{16777217}}}}),
                         ic::layout_error, says("not a multiple of the sector size"));
    CHECK_THROWS_MATCHES(laid_out({{.name = "a", .size = 1_MiB, .at = ic::offset{8_MiB}}}), ic::layout_error,
                         says("begins at sector 16384; what lies before it allows sector 32768 or later"));
    CHECK_THROWS_MATCHES(
        laid_out({{.name = "a", .size = 1_MiB}, {.name = "b", .size = 1_MiB, .at = ic::offset{16_MiB}}}),
        ic::layout_error, says("allows sector 34816 or later"));
    CHECK_THROWS_MATCHES(laid_out({{.name = "a", .size = ic::bytes{~std::uint64_t{0} - 511}}}), ic::layout_error,
                         says("overflows"));
    auto bad = space;
    bad.sector_size = 1024_B;
    CHECK_THROWS_MATCHES(laid_out({}, bad), ic::layout_error, says("512 or 4096"));
    bad = space;
    bad.end = ic::offset{16_MiB} + 100_sectors;
    CHECK_THROWS_MATCHES(laid_out({{.name = "rest"}}, bad), ic::layout_error, says("does not fit"));
    bad = space;
    bad.alignment = 0_B;
    CHECK_THROWS_MATCHES(laid_out({{.name = "rest"}}, bad), ic::layout_error, says("alignment of zero"));
}
