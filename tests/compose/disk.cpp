// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/compose/disk.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;

TEST_CASE("each table has a name of its own") {
    CHECK(ic::name_of(ic::disk_table::gpt) == "gpt");
    CHECK(ic::name_of(ic::disk_table::mbr) == "mbr");
    CHECK(ic::name_of(ic::disk_table::hybrid) == "hybrid");
    CHECK(ic::name_of(ic::disk_table::none) == "none");
}

TEST_CASE("only what makes a plan of a plan is a step of one") {
    const auto step = [](ic::disk_plan p) { return p; };
    const auto to_number = [](const ic::disk_plan& p) { return p.partitions.size(); };
    const auto of_number = [](int n) { return n; };
    STATIC_REQUIRE(ic::disk_step<decltype(step)>);
    STATIC_REQUIRE(!ic::disk_step<decltype(to_number)>);
    STATIC_REQUIRE(!ic::disk_step<decltype(of_number)>);
}
