// SPDX-License-Identifier: BSL-1.0
// Composed for exactly the medium that is there, so that nothing is left to grow at the first boot. A real flasher asks
// ic::flash for the device: examples/minimal_flasher.
#include <imgcompose/rockchip.hpp>

#include <filesystem>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const ic::bytes medium{std::filesystem::file_size("medium")};
    const auto disk = ic::rockchip::rock64
        | ic::bootloader("u-boot-rockchip.bin", ic::blob("u-boot.bin"))
        | ic::partition("root", ic::rest_of_disk, ic::ext4(ic::directory("rootfs"), {.label = "ROOT"}))
        | ic::compose_for(medium);
    ic::write(disk, ic::existing_file("medium")); // only what has to be there: the rest keeps what it has
}
