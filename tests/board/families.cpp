// SPDX-License-Identifier: BSL-1.0
// What boards that are not Rockchip's need, and what they cannot have.
#include <imgcompose/board/boards.hpp>

#include <tests/support/catch.hpp>

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
