// SPDX-License-Identifier: BSL-1.0
// An installer: a disk image as a file in the root filesystem of another. It is never written anywhere in between.
#include <imgcompose/rockchip.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const auto inner = ic::rockchip::rock64
        | ic::bootloader("u-boot-rockchip.bin", ic::blob("u-boot.bin"))
        | ic::partition("root", ic::smallest, ic::ext4(ic::directory("rootfs"), {.label = "ROOT"}))
        | ic::compose;
    const auto installer = ic::directory("rootfs") | ic::add("/images/rock64.img", inner);
    ic::write(ic::ext4_image(installer, {.label = "INSTALL", .size = ic::smallest + 16_MiB}),
              ic::sparse_file("installer.img"));
}
