// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/compose/spi.hpp>

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

const std::string fit = std::string("\xd0\x0d\xfe\xed", 4) + std::string(9'996, 'u');

ic::disk_plan spi_plan_for(const ic::board& b, const std::string& idbloader) {
    return b | ic::bootloader("idbloader.img", ic::from_text(idbloader)) |
           ic::bootloader("u-boot.itb", ic::from_text(fit)) | ic::partition("root", 1_MiB, ic::from_text("files"));
}


} // namespace

TEST_CASE("one plan makes the flash and a disk without a bootloader") {
    const auto plan = spi_plan_for(ic::rockchip::orangepi_5, std::string(6144, 'i')) | ic::bootloader_in_spi(16_MiB);
    const auto flash = text_of(ic::compose_spi(plan)), disk = text_of(plan | ic::compose);
    CHECK(flash.size() == 16u << 20);
    CHECK(flash.substr(0x8000, 6144) == std::string(6144, 'i'));
    CHECK(flash.substr(0x60000, fit.size()) == fit);
    CHECK(disk.find("iiii") == std::string::npos);
    CHECK(disk.find("uuuu") == std::string::npos);
    CHECK(disk.substr(16 << 20, 5) == "files");
    CHECK(text_of(ic::compose_spi(spi_plan_for(ic::rockchip::orangepi_5, "i") | ic::bootloader_in_spi())) ==
          flash.substr(0, 0x8000) + "i" + std::string(0x58000 - 1, '\xff') + fit);
}

TEST_CASE("an idbloader for a disk is spread for boot ROMs that read flash so") {
    std::string two(4096, 'i');
    std::fill(two.begin() + 2048, two.end(), 'j');
    const auto spread =
        std::string(2048, 'i') + std::string(2048, '\0') + std::string(2048, 'j') + std::string(2048, '\0');
    const auto flash = [](const std::string& idbloader) {
        return text_of(ic::compose_spi(spi_plan_for(ic::rockchip::rockpro64, idbloader) | ic::bootloader_in_spi()));
    };
    CHECK(flash(two).substr(0, 8192) == spread);
    CHECK(flash(spread).substr(0, 8192) == spread);
    CHECK(flash(two + "k").substr(8192, 2048) == "k" + std::string(2047, '\0'));
}

TEST_CASE("u-boot-rockchip.bin has what flash needs") {
    std::string combined(0x7f8000, '\xff');
    const auto raw = ic::rockchip::idbloader_bytes("rk3399", ic::owned_bytes(2048, std::byte{'t'}), ic::owned_bytes(2048, std::byte{'s'}));
    const std::string idbloader = text_of(ic::owned(raw));
    combined.replace(0, idbloader.size(), idbloader);
    const auto plan = ic::rockchip::rock_5b | ic::bootloader("u-boot-rockchip.bin", ic::from_text(combined + fit)) |
                      ic::bootloader_in_spi();
    const auto flash = text_of(ic::compose_spi(plan));
    CHECK(flash.substr(0x8000, idbloader.size()) == idbloader);
    CHECK(flash.substr(0x60000, fit.size()) == fit);
}

TEST_CASE("flash that cannot be made is refused with the reason") {
    CHECK_THROWS_MATCHES(ic::compose_spi(ic::disk_plan{}), ic::input_error, says("begin with a board"));
    CHECK_THROWS_MATCHES(ic::compose_spi(ic::shared(ic::rockchip::orangepi_5, ic::rockchip::orangepi_5b)),
                         ic::input_error, says("each has a flash of its own"));
    CHECK_THROWS_MATCHES(ic::compose_spi(ic::disk_plan{ic::rockchip::nanopi_r2s}), ic::input_error,
                         says("U-Boot builds no image for the SPI flash of FriendlyELEC NanoPi R2S"));
    CHECK_THROWS_MATCHES(ic::compose_spi(ic::disk_plan{ic::rockchip::rock_5a}), ic::input_error,
                         says("rk3588-vendor-spi.toml"));
    CHECK_THROWS_MATCHES(ic::compose_spi(ic::rockchip::rock_5b | ic::bootloader("idbloader.img", ic::from_text("i"))),
                         ic::input_error, says("needs \"u-boot.itb\""));
    CHECK_THROWS_MATCHES(ic::compose_spi(spi_plan_for(ic::rockchip::rock_5b, "i") | ic::bootloader_in_spi(64_KiB)),
                         ic::layout_error, says("the flash of 65536"));
    CHECK_THROWS_AS(
        ic::compose_spi(spi_plan_for(ic::rockchip::rock_5b, std::string(1 << 20, 'i')) | ic::bootloader_in_spi()),
        ic::layout_error);
}
