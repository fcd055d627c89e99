// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/compose/layout.hpp>

#include <imgcompose/board/rockchip.hpp>
#include <imgcompose/compose/steps.hpp>

#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {

ic::disk_plan nanopi_r2s() {
    return ic::rockchip::nanopi_r2s | ic::bootloader("idbloader.img", ic::zeros(126976_B)) |
           ic::bootloader("u-boot.itb", ic::zeros(994816_B)) | ic::partition("boot", 512_MiB, ic::from_text("b")) |
           ic::partition("root", ic::rest_of_disk, ic::zeros(3_MiB + 1_B));
}

ic::disk_plan with_bootloader(const ic::board& b) {
    return b | ic::bootloader("idbloader.img", ic::zeros(1_B)) | ic::bootloader("u-boot.itb", ic::zeros(1_B));
}

} // namespace

TEST_CASE("the write-up's card has the sectors that fdisk gave it") {
    const auto l = ic::layout(nanopi_r2s(), 61067264_sectors);
    CHECK(l.size == ic::bytes{61067264_sectors});
    REQUIRE(l.partitions.size() == 2);
    CHECK(l.partitions[0].at == ic::offset{32768_sectors});
    CHECK(l.partitions[0].end() == ic::offset{1081344_sectors});
    CHECK(l.partitions[1].at == ic::offset{1081344_sectors});
    CHECK(l.partitions[1].end() == ic::offset{61065216_sectors});
    CHECK(l.partitions[0].bootable);
    CHECK(!l.partitions[1].bootable);
}

TEST_CASE("the smallest disk holds everything and the backup GPT, in whole MiB") {
    const auto l = ic::layout(nanopi_r2s());
    CHECK(l.partitions[1].at == ic::offset{1081344_sectors});
    CHECK(l.partitions[1].size >= 3_MiB + 1_B);
    CHECK(l.partitions[1].size == ic::bytes{4_MiB});
    CHECK(l.size == ic::bytes{528_MiB} + 4_MiB + 1_MiB);
    CHECK(l.size % 1_MiB == ic::bytes{});
    // The same size given: the same layout.
    const auto same = ic::layout(nanopi_r2s(), l.size);
    CHECK(same.partitions[1].size == l.partitions[1].size);
    CHECK_THROWS_AS(ic::layout(nanopi_r2s(), 528_MiB), ic::layout_error);
}

TEST_CASE("an MBR needs nothing behind the last partition") {
    const auto l = ic::layout(nanopi_r2s() | ic::with_table(ic::disk_table::mbr));
    CHECK(l.table == ic::disk_table::mbr);
    CHECK(l.size == ic::bytes{528_MiB} + 4_MiB);
}

TEST_CASE("sizes that follow from the content") {
    const ic::recipe content = ic::zeros(10_MiB);
    const auto size_of = [&](ic::size_rule rule) {
        return ic::layout(ic::disk_plan{} | ic::partition("p", rule, content)).partitions[0].size;
    };
    CHECK(size_of(ic::smallest) == ic::bytes{10_MiB});
    CHECK(size_of(ic::smallest + 3_MiB) == ic::bytes{13_MiB});
    CHECK(size_of(ic::smallest_plus_percent(10)) == ic::bytes{11_MiB});
    CHECK(size_of(20_MiB) == ic::bytes{20_MiB});
    CHECK(size_of(ic::rest_of_disk) == ic::bytes{10_MiB});
    CHECK(ic::layout(ic::disk_plan{} | ic::partition("p", ic::rest_of_disk, content), 100_MiB).partitions[0].size ==
          ic::bytes{98_MiB});
    CHECK(ic::layout(ic::disk_plan{} | ic::partition("p", ic::smallest, content), 100_MiB).partitions[0].size ==
          ic::bytes{10_MiB});
}

TEST_CASE("partitions begin at multiples of the alignment, and where they are told to") {
    const auto plan = ic::disk_plan{} | ic::empty_partition("a", 3_MiB) | ic::empty_partition("b", 512_B) |
                      ic::empty_partition("c", 1_MiB, {.at = ic::offset{40_MiB + 512_B}}) | ic::empty_partition("d", 1_MiB);
    const auto l = ic::layout(plan | ic::aligned_to(4_MiB));
    CHECK(l.partitions[0].at == ic::offset{4_MiB});
    CHECK(l.partitions[1].at == ic::offset{8_MiB});
    CHECK(l.partitions[2].at == ic::offset{40_MiB + 512_B});
    CHECK(l.partitions[3].at == ic::offset{44_MiB});
    CHECK(l.size == ic::bytes{48_MiB});
}

TEST_CASE("a size for the disk is kept, whatever it holds") {
    CHECK(ic::layout(nanopi_r2s() | ic::disk_size(2_GiB)).size == ic::bytes{2_GiB});
    const auto more = ic::layout(nanopi_r2s() | ic::disk_size(ic::smallest + 100_MiB));
    CHECK(more.size == ic::layout(nanopi_r2s()).size + 100_MiB);
    CHECK(more.partitions[1].size == ic::bytes{104_MiB});
    CHECK_THROWS_MATCHES(ic::layout(nanopi_r2s() | ic::disk_size(ic::rest_of_disk)), ic::input_error,
                         says("nothing says how large the disk is"));
}

TEST_CASE("sectors of 4096 bytes") {
    auto plan = nanopi_r2s();
    plan.options.sector_size = 4096_B;
    const auto l = ic::layout(plan);
    CHECK(l.partitions[0].at == ic::offset{32768_sectors});
    CHECK(l.size % 4096_B == ic::bytes{});
    plan.options.sector_size = 1024_B;
    CHECK_THROWS_MATCHES(ic::layout(plan), ic::layout_error, says("a sector size of 1024 bytes is not supported"));
}

TEST_CASE("which partitions are bootable") {
    const auto bootable = [](const ic::disk_plan& p) {
        std::string s;
        for (const auto& part : ic::layout(p).partitions) s += part.bootable ? 'b' : '-';
        return s;
    };
    const auto two = ic::disk_plan{} | ic::empty_partition("esp", 1_MiB) | ic::empty_partition("boot", 1_MiB);
    CHECK(bootable(two) == "-b");
    CHECK(bootable(two | ic::empty_partition("root", 1_MiB, {.bootable = true})) == "--b");
    CHECK(bootable(two | ic::empty_partition("root", 1_MiB, {.bootable = false})) == "---");
    CHECK(bootable(ic::disk_plan{} | ic::empty_partition("root", 1_MiB)) == "-");
}

TEST_CASE("more than four partitions in an MBR are logical from the fourth on") {
    auto plan = ic::disk_plan{} | ic::with_table(ic::disk_table::mbr);
    for (const char* name : {"a", "b", "c", "d", "e"}) plan = std::move(plan) | ic::empty_partition(name, 2_MiB);
    const auto l = ic::layout(plan);
    REQUIRE(l.extended.has_value());
    CHECK(l.extended->at == ic::offset{7_MiB});
    CHECK(l.partitions[3].at == ic::offset{8_MiB});
    CHECK(l.partitions[4].at == ic::offset{11_MiB});
    CHECK(l.extended->end() == l.partitions[4].end());
    CHECK(!ic::layout(ic::disk_plan{plan} | ic::with_table(ic::disk_table::gpt)).extended.has_value());
}

TEST_CASE("a disk without a table begins with its partition") {
    const auto l = ic::layout(ic::disk_plan{} | ic::with_table(ic::disk_table::none) | ic::partition("all", ic::smallest, ic::zeros(3_MiB)));
    CHECK(l.partitions[0].at == ic::offset{});
    CHECK(l.size == ic::bytes{3_MiB});
}

TEST_CASE("partitions keep clear of the board's firmware, unless they hold it") {
    const auto plan = with_bootloader(ic::rockchip::rock64);
    CHECK_THROWS_MATCHES(ic::layout(plan | ic::empty_partition("p", 1_MiB, {.at = ic::offset{16384_sectors}})), ic::layout_error,
                         says("partition \"p\" begins at sector 16384; on Pine64 ROCK64 partitions begin at sector 32768 or later"));
    const auto l = ic::layout(
        plan | ic::empty_partition("uboot", 4_MiB, {.at = ic::offset{16384_sectors}, .holds_firmware = true}) |
        ic::empty_partition("root", 1_MiB));
    CHECK(l.partitions[0].at == ic::offset{16384_sectors});
    CHECK(l.partitions[1].at == ic::offset{32768_sectors});
}

TEST_CASE("a board does not start with half a bootloader") {
    const auto& board = ic::rockchip::rock64;
    const auto only = [&](const char* name) { return board | ic::bootloader(name, ic::zeros(1_B)); };
    CHECK_THROWS_MATCHES(ic::layout(board), ic::input_error,
                         says("Pine64 ROCK64 does not start without \"idbloader.img\""));
    CHECK_THROWS_MATCHES(ic::layout(only("idbloader.img")), ic::input_error, says("does not start without \"u-boot.itb\""));
    CHECK_NOTHROW(ic::layout(only("u-boot-rockchip.bin")));
    CHECK_NOTHROW(ic::layout(with_bootloader(board)));
    CHECK_NOTHROW(ic::layout(board | ic::without_bootloader()));
}

TEST_CASE("plans that contradict themselves") {
    const auto plan = ic::disk_plan{} | ic::empty_partition("a", 1_MiB);
    CHECK_THROWS_MATCHES(ic::layout(plan | ic::empty_partition("", 1_MiB)), ic::input_error, says("a partition has no name"));
    CHECK_THROWS_MATCHES(ic::layout(plan | ic::empty_partition("a", 1_MiB)), ic::input_error,
                         says("two partitions are named \"a\""));
    CHECK_THROWS_MATCHES(ic::layout(plan | ic::empty_partition("b", ic::smallest)), ic::input_error,
                         says("partition \"b\" is empty, so it has no smallest size"));
    CHECK_THROWS_MATCHES(ic::layout(plan | ic::empty_partition("b", ic::bytes{})), ic::layout_error, says("has no size"));
    CHECK_THROWS_MATCHES(ic::layout(plan | ic::empty_partition("b", 100_B)), ic::layout_error, says("not whole sectors of 512"));
    CHECK_THROWS_MATCHES(ic::layout(plan | ic::empty_partition("b", 1_MiB, {.at = ic::offset{1_MiB + 512_B}})), ic::layout_error,
                         says("partition \"b\" begins at sector 2049; what lies before it allows sector 4096 or later"));
    CHECK_THROWS_MATCHES(ic::layout(ic::disk_plan{} | ic::empty_partition("r", ic::rest_of_disk) | ic::empty_partition("b", 1_MiB), 64_MiB),
                         ic::layout_error, says("partition \"r\" takes the rest of the disk, so \"b\" has no space behind it"));
    CHECK_THROWS_MATCHES(ic::layout(plan, 1_MiB + 512_KiB), ic::layout_error, says("make the disk larger or the partition smaller"));
    CHECK_THROWS_MATCHES(ic::layout(plan | ic::with_table(ic::disk_table::hybrid)), ic::input_error, says("no partition in its MBR"));
    const ic::partition_options with_blob{.blobs = {{"x", ic::offset{}, ic::from_text("x")}}};
    CHECK_THROWS_MATCHES(ic::layout(ic::disk_plan{} | ic::partition("p", 1_MiB, ic::from_text("x"), with_blob)), ic::input_error,
                         says("partition \"p\" holds image, so it has no room for blobs"));
}
