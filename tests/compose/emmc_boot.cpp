// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/compose/emmc_boot.hpp>

#include <imgcompose/board/boards.hpp>
#include <imgcompose/compose/compose.hpp>
#include <imgcompose/compose/shared.hpp>
#include <imgcompose/compose/steps.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;
using imgcompose_test::text_of;

namespace {

ic::disk_plan emmc_plan_for(const ic::board& b, std::size_t size) {
    return b | ic::bootloader("u-boot-sunxi-with-spl.bin", ic::from_text(std::string(size, 'a'))) |
           ic::partition("root", 1_MiB, ic::from_text("files")) | ic::bootloader_in_emmc_boot();
}

} // namespace

TEST_CASE("one plan makes a boot partition of eMMC and the user area without a bootloader") {
    const auto plan = emmc_plan_for(ic::allwinner::pine64_plus, 860'001);
    const auto boot = text_of(ic::compose_emmc_boot(plan)), disk = text_of(plan | ic::compose);
    CHECK(boot.substr(0, 860'001) == std::string(860'001, 'a'));
    CHECK(boot.size() == (860'001 + 511) / 512 * 512);
    CHECK(disk.find("aaaa") == std::string::npos);
    CHECK(disk.find("files") != std::string::npos);
    const auto whole = text_of(ic::compose_emmc_boot(plan | ic::bootloader_in_emmc_boot(4_MiB)));
    CHECK(whole == boot + std::string((4u << 20) - boot.size(), '\0'));
}

TEST_CASE("a boot partition that cannot be made is refused with the reason") {
    const auto refused = [](const ic::board& b, const char* why) {
        CHECK_THROWS_MATCHES(ic::compose_emmc_boot(ic::disk_plan{b}), ic::input_error, says(why));
    };
    refused(ic::rockchip::rock64, "Pine64 ROCK64 is not known to start from a boot partition of eMMC: that Rockchip's boot "
                                  "ROMs look into one is unproven");
    refused(ic::amlogic::odroid_n2, "at which sector");
    refused(ic::imx8::mp_evk, "no source says where");
    refused(ic::allwinner::pine64_plus, "needs \"u-boot-sunxi-with-spl.bin\"; add it");
    CHECK_THROWS_MATCHES(ic::compose_emmc_boot(ic::disk_plan{}), ic::input_error, says("begin with a board"));
    CHECK_THROWS_MATCHES(ic::compose_emmc_boot(ic::shared(ic::allwinner::pine64_plus, ic::allwinner::orangepi_pc2)),
                         ic::input_error, says("boot partitions of its own"));
    const auto plan = emmc_plan_for(ic::allwinner::pine64_plus, 860'001);
    CHECK_THROWS_MATCHES(ic::compose_emmc_boot(plan | ic::bootloader_in_emmc_boot(512_KiB)), ic::layout_error,
                         says("more than its 524288"));
    for (const ic::bytes size : {0_B, 1'000'000_B})
        CHECK_THROWS_MATCHES(ic::compose_emmc_boot(plan | ic::bootloader_in_emmc_boot(size)), ic::layout_error,
                             says("a multiple of 128 KiB"));
    ic::board wrong = ic::allwinner::pine64_plus;
    wrong.emmc_boot.file = "other.bin";
    CHECK_THROWS_AS(ic::check(wrong), ic::input_error);
}
