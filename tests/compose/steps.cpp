// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/compose/steps.hpp>

#include <imgcompose/board/rockchip.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

TEST_CASE("steps only remember, in the order they came") {
    const auto plan = ic::rockchip::rock64 | ic::bootloader("u-boot.itb", ic::from_text("u")) |
                      ic::partition("boot", 64_MiB, ic::from_text("b")) | ic::empty_partition("spare", ic::rest_of_disk) |
                      ic::raw("mark", ic::offset{40_sectors}, ic::from_text("m")) | ic::seeded("words") | ic::epoch(7_s) |
                      ic::with_table(ic::disk_table::mbr) | ic::aligned_to(4_MiB) | ic::disk_size(8_GB);
    CHECK(plan.target->name == "rock64");
    REQUIRE(plan.bootloaders.size() == 1);
    CHECK(plan.bootloaders[0].name == "u-boot.itb");
    REQUIRE(plan.partitions.size() == 2);
    CHECK(plan.partitions[0].name == "boot");
    CHECK(plan.partitions[0].size == ic::size_rule{64_MiB});
    CHECK(plan.partitions[0].content.has_value());
    CHECK(plan.partitions[1].name == "spare");
    CHECK(!plan.partitions[1].content.has_value());
    REQUIRE(plan.raws.size() == 1);
    CHECK(plan.raws[0].at == ic::offset{40_sectors});
    CHECK(plan.options.ids == ic::seed{"words"});
    CHECK(plan.options.epoch == 7_s);
    CHECK(plan.table() == ic::disk_table::mbr);
    CHECK(plan.alignment() == ic::bytes{4_MiB});
    CHECK(plan.options.size == ic::size_rule{8_GB});
}

TEST_CASE("a plan that says nothing has the board's table and alignment") {
    CHECK(ic::disk_plan{ic::rockchip::rock64}.table() == ic::disk_table::gpt);
    CHECK(ic::disk_plan{}.table() == ic::disk_table::gpt);
    CHECK(ic::disk_plan{}.alignment() == ic::bytes{1_MiB});
    ic::board mbr_board = ic::rockchip::rock64;
    mbr_board.table = ic::table_kind::mbr;
    mbr_board.partition_alignment = 4_MiB;
    CHECK(ic::disk_plan{mbr_board}.table() == ic::disk_table::mbr);
    CHECK(ic::disk_plan{mbr_board}.alignment() == ic::bytes{4_MiB});
}

TEST_CASE("a user's own step is a lambda") {
    const auto spare = [](ic::disk_plan p) { return std::move(p) | ic::empty_partition("spare", 1_MiB); };
    CHECK((ic::disk_plan{} | spare | ic::seeded("x")).partitions.size() == 1);
}

TEST_CASE("a bootloader goes where its board says, or nowhere") {
    const auto& board = ic::rockchip::rock64;
    CHECK_THROWS_MATCHES(board | ic::bootloader("u-boot.bin", ic::from_text("u")), ic::input_error,
                         says("rock64 has no place for a bootloader file \"u-boot.bin\""));
    CHECK_THROWS_MATCHES(board | ic::bootloader("u-boot.itb", ic::zeros(8_MiB + 1_B)), ic::layout_error,
                         says("u-boot.itb has 8388609 bytes, 1 more than the 8388608"));
    CHECK((board | ic::bootloader("u-boot.itb", ic::zeros(8_MiB))).bootloaders.size() == 1);
    CHECK_THROWS_MATCHES(ic::disk_plan{} | ic::bootloader("u-boot.itb", ic::from_text("u")), ic::input_error,
                         says("nothing says where \"u-boot.itb\" goes"));
}

TEST_CASE("each partition has identifiers of its own, derived from the disk's seed and its name") {
    const auto plan = ic::disk_plan{} | ic::empty_partition("a", 1_MiB) | ic::empty_partition("b", 1_MiB) | ic::seeded("s") |
                      ic::epoch(5_s);
    const auto a = plan.surroundings_of(plan.partitions[0], ic::offset{1_MiB});
    const auto b = plan.surroundings_of(plan.partitions[1], ic::offset{2_MiB});
    CHECK(a.ids == ic::seed{"s"}.for_part("partition:a"));
    CHECK(a.ids != b.ids);
    CHECK(a.epoch == 5_s);
    CHECK(b.at == ic::offset{2_MiB});
}
