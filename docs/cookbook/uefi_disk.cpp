// SPDX-License-Identifier: BSL-1.0
// A disk for machines with UEFI: an EFI system partition and a root of the type that systemd mounts by itself.
#include <imgcompose/imgcompose.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const auto esp = ic::tree{} | ic::add("/EFI/BOOT/BOOTAA64.EFI", ic::blob("Image")); // a kernel with an EFI stub
    const auto disk = ic::disk_plan{}
        | ic::partition("esp", 64_MiB, ic::fat(esp, {.label = "ESP"}), {.type = ic::partition_type::esp})
        | ic::partition("root", ic::smallest, ic::ext4(ic::directory("rootfs"), {.label = "ROOT"}),
                        {.type = ic::partition_type::linux_root_arm64,
                         .attributes = ic::gpt_attributes::grow_filesystem})
        | ic::compose;
    ic::write(disk, ic::sparse_file("uefi.img"));
}
