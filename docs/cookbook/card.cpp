// SPDX-License-Identifier: BSL-1.0
// A card for a board that the library knows: bootloader, a boot partition that U-Boot reads, and a root.
#include <imgcompose/rockchip.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const ic::board& board = ic::rockchip::rock64;
    const auto boot = ic::tree{}
        | ic::add("/Image", ic::blob("Image"))
        | ic::add("/initrd", ic::blob("initrd"))
        | ic::add("/extlinux/extlinux.conf", ic::extlinux{
              .entries = {{.label = "Linux", .kernel = "/Image", .initrd = "/initrd",
                           .append = ic::cmdline{.console = {std::string{board.console}},
                                                 .root = ic::by_label("ROOT"), .rootwait = true}}}});
    const auto card = board
        | ic::bootloader("idbloader.img", ic::blob("idbloader.img"))
        | ic::bootloader("u-boot.itb", ic::blob("u-boot.itb"))
        | ic::partition("boot", 64_MiB, ic::ext4(boot, {.label = "BOOT", .readable_by = ic::u_boot}))
        | ic::partition("root", ic::smallest, ic::ext4(ic::directory("rootfs"), {.label = "ROOT", .grows_to = 32_GB}))
        | ic::compose;
    ic::write(card, ic::sparse_file("card.img"));
}
