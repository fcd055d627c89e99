// SPDX-License-Identifier: BSL-1.0
// A card for the NanoPi R2S, from a folder with idbloader.img, u-boot.itb, Image, initrd, dtbs/ and rootfs/.
#include <imgcompose/rockchip.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

namespace ic = imgcompose;
namespace fs = std::filesystem;
using namespace ic::literals;

ic::disk_plan describe(const ic::board& board, const fs::path& in) {
    const auto boot = ic::tree{}
        | ic::add("/Image", ic::blob(in / "Image"))
        | ic::add("/initrd", ic::blob(in / "initrd"))
        | ic::add("/board.dtb", ic::blob(in / "dtbs" / board.dtb))
        | ic::add("/extlinux/extlinux.conf", ic::extlinux{
              .timeout = 1_s,
              .entries = {{.label = "NixOS", .kernel = "/Image", .initrd = "/initrd", .fdt = "/board.dtb",
                           .append = ic::cmdline{.console = {std::string{board.console}},
                                                 .root = ic::by_label("NIXOS_SD"), .rootwait = true}}}});
    const auto root = ic::directory(in / "rootfs") | ic::owned_by(0, 0) | ic::clamp_mtime(1_s);
    return board
        | ic::bootloader("idbloader.img", ic::blob(in / "idbloader.img"))
        | ic::bootloader("u-boot.itb", ic::blob(in / "u-boot.itb"))
        | ic::partition("boot", 512_MiB, ic::ext4(boot, {.label = "NIXOS_BOOT", .readable_by = ic::u_boot}))
        | ic::partition("root", ic::rest_of_disk, ic::ext4(root, {.label = "NIXOS_SD", .grows_to = 32_GB}));
}

constexpr const ic::board& r2s = ic::rockchip::nanopi_r2s;
static_assert(r2s.places("idbloader.img").at == ic::offset{64_sectors}); // overlapping places would not compile

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::fputs("usage: nanopi_r2s INPUTS IMAGE\n", stderr);
        return 2;
    }
    ic::write(describe(r2s, argv[1]) | ic::compose, ic::sparse_file(argv[2]));
} catch (const std::exception& e) {
    std::fprintf(stderr, "nanopi_r2s: %s\n", e.what());
    return 1;
}
