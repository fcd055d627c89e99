// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/recipe.hpp>

#include <imgcompose/image/read.hpp>
#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

TEST_CASE("a size rule resolves to a size") {
    CHECK(ic::size_rule{5_MiB}.resolve(1_B, 9_B) == 5_MiB);
    CHECK(ic::smallest.resolve(100_B, 900_B) == 100_B);
    CHECK((ic::smallest + 7_B).resolve(100_B, 900_B) == 107_B);
    CHECK(ic::smallest_plus_percent(10).resolve(101_B, 900_B) == 112_B);
    CHECK(ic::fill_partition.resolve(100_B, 900_B) == 900_B);
    CHECK_THROWS_AS(ic::smallest_plus_percent(200).resolve(ic::bytes{~0ULL / 4}, {}), ic::layout_error);
}

TEST_CASE("a fixed image is a recipe: its size is the smallest, the rest stays undefined") {
    const ic::recipe r = ic::from_text("abc");
    CHECK(r->smallest_size({}) == 3_B);
    const auto made = r->make(10_B, {});
    CHECK(made.size() == 10_B);
    CHECK(made.extents().size() == 1);
    CHECK(r->kind() == "image");
    CHECK(r->label().empty());
    CHECK_THROWS_AS(r->make(2_B, {}), ic::layout_error);
}
