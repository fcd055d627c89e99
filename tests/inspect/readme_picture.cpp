// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/svg.hpp>

#include "made.hpp"
#include <tests/support/catch.hpp>

#include <imgcompose/board/rockchip.hpp>
#include <imgcompose/board/rockchip/idbloader.hpp>
#include <imgcompose/boot/fit.hpp>

#include <cstdlib>

namespace ic = imgcompose;
namespace t = imgcompose_test;
using namespace imgcompose::literals;

namespace {

/// README's card, with files of the sizes of real ones.
ic::image readme_card() {
    const auto bytes_of = [](std::uint64_t size) { return ic::fill(ic::bytes{size}, std::byte{0x5a}); };
    const auto boot = ic::tree{} | ic::add("/Image", bytes_of(53'000'000)) | ic::add("/initrd", bytes_of(14'000'000)) |
                      ic::add("/extlinux/extlinux.conf", ic::from_text("LABEL NixOS\n"));
    const auto root = ic::tree{} | ic::add("/nix/store/everything", bytes_of(1'900'000'000));
    const ic::image u_boot = ic::fit({.images = {{.name = "u-boot", .data = bytes_of(830'000), .type = "firmware", .arch = "arm64"}},
                                      .configurations = {{.name = "board", .firmware = "u-boot"}}});
    return ic::rockchip::nanopi_r2s | ic::seeded("README") |
           ic::bootloader("idbloader.img", ic::rockchip::idbloader("rk3328", bytes_of(10'000), bytes_of(92'000))) |
           ic::bootloader("u-boot.itb", u_boot) |
           ic::partition("boot", 512_MiB, ic::ext4(boot, {.label = "NIXOS_BOOT", .readable_by = ic::u_boot})) |
           ic::partition("root", ic::rest_of_disk, ic::ext4(root, {.label = "NIXOS_SD"})) |
           ic::compose_for(ic::bytes{32'000'000'000});
}

} // namespace

// IMGCOMPOSE_UPDATE_DOCS=1 draws it anew.
TEST_CASE("the picture in README is what inspect draws of README's card") {
    const auto path = t::source_dir() / "docs" / "nanopi-r2s.svg";
    const std::string svg = ic::svg_of(ic::inspect(ic::window{readme_card()}), {.title = "nanopi-r2s.img"});
    if (std::getenv("IMGCOMPOSE_UPDATE_DOCS") != nullptr) t::write_file(path, svg);
    const bool same = t::read_file(path) == svg;
    CHECK(same);
    for (const char* words : {">idbloader.img<", ">u-boot.itb<", ">1 boot<", ">2 root<", "NIXOS_SD"})
        CHECK(svg.find(words) != std::string::npos);
}
