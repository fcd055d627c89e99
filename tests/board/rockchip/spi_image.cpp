// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/rockchip/spi_image.hpp>

#include <imgcompose/board/boards.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/read.hpp>
#include <tests/boot/shipped.hpp>
#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;
using imgcompose_test::text_of;

namespace {

const std::string fit = std::string("\xd0\x0d\xfe\xed", 4) + std::string(99'996, 'u');

} // namespace

TEST_CASE("the image for SPI flash has both files where the board looks, and 0xff elsewhere") {
    const auto made = text_of(ic::rockchip::spi_image(ic::rockchip::orangepi_5, ic::from_text(std::string(6144, 'i')), ic::from_text(fit)));
    CHECK(made.substr(0, 0x8000) == std::string(0x8000, '\xff'));
    CHECK(made.substr(0x8000, 6144) == std::string(6144, 'i'));
    CHECK(made.substr(0x8000 + 6144, 0x60000 - 0x8000 - 6144) == std::string(0x60000 - 0x8000 - 6144, '\xff'));
    CHECK(made.substr(0x60000, fit.size()) == fit);
    CHECK(made.size() == 0x60000 + fit.size());

    const auto spread = text_of(ic::rockchip::spi_image(ic::rockchip::rockpro64, ic::from_text(std::string(4096, 'i')), ic::from_text(fit),
                                                        {.flash_size = 16_MiB}));
    CHECK(spread.size() == 16u << 20);
    CHECK(spread.substr(0, 4096) == std::string(4096, 'i'));
    CHECK(spread.substr(0xe0000, fit.size()) == fit);
    CHECK(spread.substr(0xe0000 + fit.size()).find_first_not_of('\xff') == std::string::npos);
}

TEST_CASE("what does not fit SPI flash is refused") {
    const auto make = [&](const ic::board& b, std::size_t idbloader, const ic::rockchip::spi_image_options& o = {}) {
        return ic::rockchip::spi_image(b, ic::from_text(std::string(idbloader, 'i')), ic::from_text(fit), o);
    };
    CHECK_THROWS_MATCHES(make(ic::rockchip::nanopi_r2s, 1), ic::input_error, says("NanoPi R2S"));
    CHECK_THROWS_MATCHES(make(ic::rockchip::orangepi_5, 1, {.flash_size = 256_KiB}), ic::layout_error, says("more than the flash"));
    CHECK_THROWS_MATCHES(make(ic::rockchip::orangepi_5, 1, {.flash_size = 1_MiB + 1_B}), ic::layout_error, says("erase blocks"));
    CHECK_THROWS_MATCHES(make(ic::rockchip::orangepi_5, 0x60000), ic::layout_error, says("overlaps"));
}

TEST_CASE("u-boot-rockchip.bin is taken apart") {
    const std::string idbloader = text_of(ic::owned(
        ic::rockchip::idbloader_bytes("rk3399", ic::owned_bytes(2048, std::byte{'t'}), ic::owned_bytes(2048, std::byte{'s'}))));
    std::string combined = idbloader;
    combined.resize(0x7f8000, '\xff');
    combined += fit;
    const auto parts = ic::rockchip::take_apart(ic::from_text(combined));
    CHECK(text_of(parts.idbloader) == idbloader);
    CHECK(text_of(parts.u_boot_itb) == fit);
    combined.replace(0, 4, "none"); // as good as anything else
    CHECK_THROWS_MATCHES(ic::rockchip::take_apart(ic::from_text(combined)), ic::format_error, says("no idbloader at its start"));
    CHECK_THROWS_MATCHES(ic::rockchip::take_apart(ic::from_text("short")), ic::format_error, says("no FIT"));
    CHECK_THROWS_MATCHES(ic::rockchip::take_apart(ic::from_text(std::string(0x7f8000, '\xff') + fit)), ic::format_error, says("no idbloader"));
}

TEST_CASE("the images for SPI flash that are shipped are made byte for byte", "[shipped]") {
    int made = 0;
    for (const auto& path : imgcompose_test::shipped_files({"u-boot-rockchip-spi.bin"}, {}, imgcompose_test::release::and_next)) {
        const std::string board = path.parent_path().filename().string(); // "rock64-rk3328"
        INFO(path);
        ic::board b = ic::rockchip::rockpro64; // those of one SoC have one layout
        if (board.ends_with("rk3328")) b = ic::rockchip::rock64;
        // Source: U-Boot configs/puma-rk3399_defconfig, SYS_SPI_U_BOOT_OFFS.
        if (board.starts_with("puma")) b.spi->u_boot = ic::offset{0x80000_B};
        const ic::image plain = ic::blob(path.parent_path() / "idbloader.img"),
                        u_boot = ic::blob(path.parent_path() / "u-boot.itb");
        const ic::image idbloader =
            b.spi->spread ? ic::owned(ic::rockchip::spread_for_spi(ic::read_all(plain))) : plain;
        const std::string shipped = text_of(ic::blob(path));
        CHECK(text_of(ic::rockchip::spi_image(b, idbloader, u_boot)) == shipped);
        // As a program for flash wants it that writes the whole chip.
        const std::string whole = text_of(ic::rockchip::spi_image(b, idbloader, u_boot, {.flash_size = 16_MiB}));
        CHECK(whole == shipped + std::string((16u << 20) - shipped.size(), '\xff'));
        ++made;
    }
    if (made == 0) WARN("skipped: no u-boot-rockchip-spi.bin in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot");
}

TEST_CASE("u-boot-rockchip.bin as it is shipped has the two files that are shipped beside it", "[shipped]") {
    int taken = 0;
    for (const auto& path : imgcompose_test::shipped_files({"u-boot-rockchip.bin"}, {}, imgcompose_test::release::and_next)) {
        INFO(path);
        // Source: U-Boot configs/puma-rk3399_defconfig, SPL_PAD_TO.
        const bool puma = path.parent_path().filename().string().starts_with("puma");
        const auto parts = ic::rockchip::take_apart(ic::blob(path), puma ? ic::offset{0x38000_B} : ic::rockchip::u_boot_in_combined);
        CHECK(text_of(parts.idbloader) == text_of(ic::blob(path.parent_path() / "idbloader.img")));
        CHECK(text_of(parts.u_boot_itb) == text_of(ic::blob(path.parent_path() / "u-boot.itb")));
        ++taken;
    }
    if (taken == 0) WARN("skipped: no u-boot-rockchip.bin in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot");
}
