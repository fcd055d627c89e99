// SPDX-License-Identifier: BSL-1.0
// What boards that are not Rockchip's need, and what they cannot have.
#include <imgcompose/board/boards.hpp>

#include <tests/support/catch.hpp>

#include <array>
#include <cstdint>

namespace ic = imgcompose;
using namespace ic::literals;

TEST_CASE("Allwinner's bootloader begins where a GPT of 56 entries ends") {
    const ic::board& b = ic::allwinner::pine64_plus;
    CHECK(b.places("u-boot-sunxi-with-spl.bin").at == ic::offset{16_sectors});
    CHECK(b.gpt_entries == 56);
    ic::board usual = b;
    usual.gpt_entries = 128;
    CHECK_THROWS_MATCHES(ic::check(usual), ic::layout_error, imgcompose_test::says("over a GPT of 128 entries"));
    usual.table = ic::table_kind::mbr;
    CHECK(ic::check(usual));
}

TEST_CASE("Amlogic's file lies around the MBR") {
    const ic::board& b = ic::amlogic::odroid_c2;
    CHECK(b.table == ic::table_kind::mbr);
    REQUIRE(b.blobs.size() == 2);
    CHECK(b.blobs[0].at == ic::offset{1_sectors});
    CHECK(b.blobs[0].skip == ic::bytes{1_sectors});
    CHECK(b.blobs[1].range().end() == ic::offset{440_B});
    ic::board gpt = b;
    gpt.table = ic::table_kind::gpt;
    CHECK_THROWS_AS(ic::check(gpt), ic::layout_error);
}

TEST_CASE("i.MX 8M kits differ by a kilobyte") {
    CHECK(ic::imx8::mm_evk.places("flash.bin").at == ic::offset{33_KiB});
    CHECK(ic::imx8::mq_evk.places("flash.bin").at == ic::offset{33_KiB});
    CHECK(ic::imx8::mn_evk.places("flash.bin").at == ic::offset{32_KiB});
    CHECK(ic::imx8::mp_evk.places("flash.bin").at == ic::offset{32_KiB});
}

TEST_CASE("firmware finds partitions by type where it reads no fixed sectors") {
    CHECK(ic::starfive::visionfive_2.firmware[0].type == ic::starfive::spl_type);
    CHECK(ic::chromeos::kukui.firmware[0].type == ic::partition_type::chromeos_kernel);
    CHECK(ic::generic::uefi_arm64.firmware[0].type == ic::partition_type::esp);
    CHECK(ic::raspberry_pi::pi_4.firmware[0].mbr_type == 0x0c);
    CHECK(ic::raspberry_pi::pi_4.table == ic::table_kind::mbr);
    for (const ic::board* b : ic::all_boards)
        if (b->blobs.empty()) CHECK(b->firmware.empty() == (b->name == "qemu-virt-arm64"));
}

TEST_CASE("boards of the other families are what the table of facts says") {
    struct row {
        const char *name, *soc, *dtb, *console, *earlycon, *file;
        std::uint64_t at;
        ic::table_kind table;
        ic::bytes floor;
    };
    using enum ic::table_kind;
    // clang-format off
    const std::array rows{
        row{"orangepi-pc2", "H5", "allwinner/sun50i-h5-orangepi-pc2.dtb", "ttyS0,115200", "uart,mmio32,0x01c28000", "u-boot-sunxi-with-spl.bin", 8192, gpt, 1_MiB},
        row{"pine64-plus", "A64", "allwinner/sun50i-a64-pine64-plus.dtb", "ttyS0,115200", "uart,mmio32,0x01c28000", "u-boot-sunxi-with-spl.bin", 8192, gpt, 1_MiB},
        row{"imx8mm-evk", "i.MX 8M Mini", "freescale/imx8mm-evk.dtb", "ttymxc1,115200", "ec_imx6q,0x30890000", "flash.bin", 33 * 1024, gpt, 8_MiB},
        row{"imx8mn-evk", "i.MX 8M Nano", "freescale/imx8mn-evk.dtb", "ttymxc1,115200", "ec_imx6q,0x30890000", "flash.bin", 32 * 1024, gpt, 8_MiB},
        row{"imx8mp-evk", "i.MX 8M Plus", "freescale/imx8mp-evk.dtb", "ttymxc1,115200", "ec_imx6q,0x30890000", "flash.bin", 32 * 1024, gpt, 8_MiB},
        row{"imx8mq-evk", "i.MX 8M Quad", "freescale/imx8mq-evk.dtb", "ttymxc0,115200", "ec_imx6q,0x30860000", "flash.bin", 33 * 1024, gpt, 8_MiB},
        row{"odroid-c2", "S905", "amlogic/meson-gxbb-odroidc2.dtb", "ttyAML0,115200", "meson,0xc81004c0", "u-boot.bin.sd.bin", 512, mbr, 4_MiB},
        row{"odroid-n2", "S922X", "amlogic/meson-g12b-odroid-n2.dtb", "ttyAML0,115200", "meson,0xff803000", "u-boot.bin.sd.bin", 512, mbr, 4_MiB},
        row{"raspberry-pi-3", "BCM2837", "broadcom/bcm2837-rpi-3-b.dtb", "ttyS1,115200", "uart8250,mmio32,0x3f215040", nullptr, 0, mbr, 1_MiB},
        row{"raspberry-pi-4", "BCM2711", "broadcom/bcm2711-rpi-4-b.dtb", "ttyS1,115200", "uart8250,mmio32,0xfe215040", nullptr, 0, mbr, 1_MiB},
        row{"visionfive-2", "JH7110", "starfive/jh7110-starfive-visionfive-2-v1.3b.dtb", "ttyS0,115200", "uart8250,mmio32,0x10000000", nullptr, 0, gpt, 1_MiB},
        row{"kukui", "MT8183", "mediatek/mt8183-kukui-krane-sku176.dtb", "tty1", "mtk8250,mmio32,0x11002000", nullptr, 0, gpt, 4_MiB},
    };
    // clang-format on
    for (const row& r : rows) {
        INFO(r.name);
        const ic::board& b = ic::find_board(r.name);
        CHECK(b.soc == r.soc);
        CHECK(b.dtb == r.dtb);
        CHECK(b.console == r.console);
        CHECK(b.earlycon == r.earlycon);
        CHECK(b.table == r.table);
        CHECK(b.partition_floor == ic::offset{r.floor});
        CHECK(b.blobs.empty() == (r.file == nullptr));
        if (r.file != nullptr) CHECK(b.places(r.file).at.count == r.at);
    }
    CHECK(ic::all_boards.size() == ic::rockchip::boards.size() + rows.size() + ic::generic::boards.size());
    // FACTS 3.10: of the first kernel of a Chromebook, S1 T2 P10, and of the second, S0 T2 P5.
    const auto attributes = [](unsigned priority, unsigned tries, bool successful) {
        const ic::gpt_attributes a = ic::chromeos_kernel_attributes{priority, tries, successful};
        return a.bits;
    };
    CHECK(attributes(10, 2, true) == 0x012A000000000000);
    CHECK(attributes(5, 2, false) == 0x0025000000000000);
}
