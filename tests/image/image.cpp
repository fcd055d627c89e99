// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/image.hpp>

#include <imgcompose/image/read.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/held_memory.hpp>

#include <algorithm>
#include <numeric>
#include <random>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

TEST_CASE("an image of nothing is undefined") {
    const ic::image i{10_B};
    CHECK(i.size() == 10_B);
    CHECK(i.extents().empty());
    CHECK(ic::read_all(i) == ic::owned_bytes(10));
    CHECK(ic::read_all(ic::image{}).empty());
}

TEST_CASE("parts that overlap are refused with both names, their sectors and by how much") {
    ic::image disk{1_MiB};
    disk.place(ic::offset{64_sectors}, ic::image{100_sectors}, "idbloader");
    CHECK_THROWS_MATCHES(disk.place(ic::offset{100_sectors}, ic::image{200_sectors}, "u-boot"), ic::layout_error,
                         says("idbloader (sectors 64-163) overlaps u-boot (sectors 100-299) by 64 sectors; start u-boot at "
                              "sector 164 or later"));
    CHECK_THROWS_MATCHES(disk.place(ic::offset{}, ic::image{65_sectors}, "table"), ic::layout_error,
                         says("table (sectors 0-64) overlaps idbloader (sectors 64-163) by 1 sectors"));
    CHECK_THROWS_MATCHES(disk.place(ic::offset{33_B}, ic::image{64_sectors}), ic::layout_error,
                         says("an unnamed part (bytes 33-32800) overlaps idbloader (sectors 64-163) by 33 bytes"));
    // Exactly between is possible.
    disk.place(ic::offset{}, ic::image{64_sectors}, "before").place(ic::offset{164_sectors}, ic::image{1_sectors}, "after");
    CHECK(disk.extents().size() == 3);
}

TEST_CASE("undefined bytes of a part take their place too") {
    ic::image disk{100_B};
    disk.place(ic::offset{10_B}, ic::image{20_B}, "hollow");
    CHECK_THROWS_AS(disk.place(ic::offset{15_B}, ic::zeros(1_B), "in it"), ic::layout_error);
}

TEST_CASE("the overlap of something deep inside names what the user placed") {
    ic::image partition{1000_sectors};
    partition.place(ic::offset{10_sectors}, ic::zeros(5_sectors), "superblock");
    ic::image disk{1_GiB};
    disk.place(ic::offset{2048_sectors}, partition, "root");
    CHECK_THROWS_MATCHES(disk.place(ic::offset{2060_sectors}, ic::zeros(1_sectors), "blob"), ic::layout_error,
                         says("root (sectors 2048-3047) overlaps blob (sectors 2060-2060)"));
}

TEST_CASE("a part that does not fit says what is missing") {
    ic::image disk{100_sectors};
    CHECK_THROWS_MATCHES(disk.place(ic::offset{90_sectors}, ic::zeros(20_sectors), "root"), ic::layout_error,
                         says("root (sectors 90-109) does not fit the image of 100 sectors; 10 sectors are missing"));
    CHECK_THROWS_AS(disk.place(ic::offset{ic::bytes{~0ULL}}, ic::zeros(20_sectors), "root"), ic::layout_error);
    CHECK(disk.extents().empty());
}

TEST_CASE("regions nest with their names") {
    ic::image inner{100_B};
    inner.place(ic::offset{10_B}, ic::from_text("abc"), "text");
    ic::image middle{200_B};
    middle.place(ic::offset{50_B}, inner, "inner");
    ic::image outer{1000_B};
    outer.place(ic::offset{500_B}, middle).place(ic::offset{}, ic::zeros(5_B), "first");
    std::vector<std::tuple<std::string, std::uint64_t, std::uint32_t>> seen;
    for (const auto& r : outer.regions()) seen.emplace_back(outer.name_of(r), r.at.count, r.depth);
    CHECK(seen == decltype(seen){{"first", 0, 0}, {"inner", 550, 0}, {"text", 560, 1}});
    std::string text(3, ' ');
    ic::read(outer, ic::offset{560_B}, std::as_writable_bytes(std::span{text}));
    CHECK(text == "abc");
}

TEST_CASE("a source that is used often is stored once") {
    const auto text = ic::from_text("0123456789");
    ic::image i{100_B};
    for (std::uint64_t at = 0; at < 100; at += 20) i.place(ic::offset{ic::bytes{at}}, text);
    CHECK(i.sources().size() == 1);
    CHECK(i.extents().size() == 5);
}

TEST_CASE("appended extents join where they continue, and come in order") {
    ic::image i{100_B};
    const auto source = i.add_source(std::make_shared<const ic::owned_bytes>(50));
    i.append({.at = ic::offset{}, .size = 10_B, .source = source});
    i.append({.at = ic::offset{10_B}, .size = 10_B, .from = 10_B, .source = source});
    CHECK(i.extents().size() == 1);
    i.append({.at = ic::offset{20_B}, .size = 10_B, .from = 5_B, .source = source});
    i.append({.at = ic::offset{31_B}, .size = 10_B, .from = 16_B, .source = source});
    CHECK(i.extents().size() == 3);
    i.append({.at = ic::offset{50_B}, .size = 1_B, .source = ic::extent::is_fill, .item = 1});
    i.append({.at = ic::offset{51_B}, .size = 1_B, .source = ic::extent::is_fill, .item = 2});
    i.append({.at = ic::offset{52_B}, .size = 9_B, .source = ic::extent::is_fill, .item = 2});
    CHECK(i.extents().size() == 5);
    CHECK_THROWS_AS(i.append({.at = ic::offset{60_B}, .size = 1_B}), ic::layout_error);
    CHECK_THROWS_AS(i.append({.at = ic::offset{99_B}, .size = 2_B}), ic::layout_error);
}

TEST_CASE("placing parts in any order gives what a plain array has") {
    std::mt19937 random{GENERATE(1u, 2u, 3u, 4u)};
    constexpr std::size_t size = 20'000;
    ic::image disk{ic::bytes{size}};
    std::vector<std::uint8_t> model(size), taken(size);
    int refused = 0;
    for (int step = 0; step < 2000; ++step) {
        const std::size_t length = random() % 40, at = random() % size;
        const auto value = static_cast<std::uint8_t>(random() % 4);
        ic::image part{ic::bytes{length}};
        std::vector<std::uint8_t> bytes_of_part(length);
        // A part of a part: some bytes, a fill, the rest undefined.
        const std::size_t text = length / 3, filled = length / 4;
        if (text != 0) {
            ic::owned_bytes content(text);
            for (auto& b : content) b = static_cast<std::byte>(random());
            for (std::size_t i = 0; i < text; ++i) bytes_of_part[i] = static_cast<std::uint8_t>(content[i]);
            part.place(ic::offset{}, ic::owned(content));
        }
        part.place(ic::offset{ic::bytes{length - filled}}, ic::fill(ic::bytes{filled}, std::byte{value}));
        std::fill(bytes_of_part.end() - static_cast<std::ptrdiff_t>(filled), bytes_of_part.end(), value);

        const bool fits = at + length <= size;
        const bool free = fits && std::count(taken.begin() + static_cast<std::ptrdiff_t>(at),
                                             taken.begin() + static_cast<std::ptrdiff_t>(at + length), 1) == 0;
        if (!free) {
            ++refused;
            REQUIRE_THROWS_AS(disk.place(ic::offset{ic::bytes{at}}, part, "x"), ic::layout_error);
            continue;
        }
        disk.place(ic::offset{ic::bytes{at}}, part, "x");
        std::copy(bytes_of_part.begin(), bytes_of_part.end(), model.begin() + static_cast<std::ptrdiff_t>(at));
        std::fill_n(taken.begin() + static_cast<std::ptrdiff_t>(at), length, 1);
    }
    CHECK(refused > 100);
    for (int i = 0; i < 1000; ++i) {
        const std::size_t at = random() % size, length = random() % (size - at);
        std::vector<std::uint8_t> got(length, 0xee);
        ic::read(disk, ic::offset{ic::bytes{at}}, std::as_writable_bytes(std::span{got}));
        REQUIRE(std::equal(got.begin(), got.end(), model.begin() + static_cast<std::ptrdiff_t>(at)));
    }
    std::vector<std::byte> beyond(2);
    CHECK_THROWS_AS(ic::read(disk, ic::offset{ic::bytes{size - 1}}, beyond), ic::layout_error);
    ic::offset last{};
    for (const auto& e : disk.extents()) {
        REQUIRE(e.at >= last);
        last = e.end();
    }
}

TEST_CASE("a million extents placed in any order cost less than 100 bytes each") {
    constexpr std::uint64_t count = 1'000'000;
    // Each number below a prime's multiple once, far from in order.
    const auto part = ic::from_text("0123456789");
    const auto before = imgcompose_test::held_memory.load();
    ic::image disk{ic::bytes{count * 16}};
    for (std::uint64_t i = 0; i < count; ++i) disk.place(ic::offset{ic::bytes{i * 700'001 % count * 16}}, part);
    REQUIRE(disk.extents().size() == count);
    CHECK(imgcompose_test::held_memory.load() - before < 100 * static_cast<std::int64_t>(count));
    CHECK(disk.sources().size() == 1);
    std::string text(10, ' ');
    ic::read(disk, ic::offset{ic::bytes{123'456 * 16}}, std::as_writable_bytes(std::span{text}));
    CHECK(text == "0123456789");
}
