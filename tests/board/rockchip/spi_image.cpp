// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/rockchip/spi_image.hpp>

#include <imgcompose/board/rockchip.hpp>
#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {

std::string text_of(const ic::image& i) {
    const auto raw = ic::read_all(i);
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}
const std::string fit = std::string("\xd0\x0d\xfe\xed", 4) + std::string(99'996, 'u');

} // namespace

TEST_CASE("the image for SPI flash has both files where the board looks, and 0xff elsewhere") {
    const auto made = text_of(ic::rockchip::spi_image(ic::rockchip::orangepi_5, ic::from_text(std::string(6144, 'i')), ic::from_text(fit)));
    CHECK(made.substr(0, 0x8000) == std::string(0x8000, '\xff'));
    CHECK(made.substr(0x8000, 6144) == std::string(6144, 'i'));
    CHECK(made.substr(0x8000 + 6144, 0x60000 - 0x8000 - 6144) == std::string(0x60000 - 0x8000 - 6144, '\xff'));
    CHECK(made.substr(0x60000, fit.size()) == fit);
    CHECK(made.size() % 65536 == 0);
    CHECK(made.substr(0x60000 + fit.size()).find_first_not_of('\xff') == std::string::npos);

    const auto spread = text_of(ic::rockchip::spi_image(ic::rockchip::rockpro64, ic::from_text(std::string(4096, 'i')), ic::from_text(fit),
                                                        {.flash_size = 16_MiB}));
    CHECK(spread.size() == 16u << 20);
    CHECK(spread.substr(0, 4096) == std::string(4096, 'i'));
    CHECK(spread.substr(0xe0000, fit.size()) == fit);
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
