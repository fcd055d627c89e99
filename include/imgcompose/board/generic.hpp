// SPDX-License-Identifier: BSL-1.0
// Machines that need no files of their own before an operating system's: those with UEFI, and QEMU's.
// Source: UEFI 2.10, 3.5.1.1 "Removable Media Boot Behavior" and 13.3.3 "System Partition"; QEMU
// docs/system/arm/virt.rst.
#pragma once

#include <imgcompose/board/board.hpp>
#include <imgcompose/partition/types.hpp>

#include <array>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace generic {

/// The EFI system partition: FAT, with EFI/BOOT/BOOT*.EFI.
inline constexpr std::array efi{
    firmware_partition{
        .name = "esp", .type = partition_type::esp, .mbr_type = 0xef, .holds = "FAT", .minimum = bytes{mebibytes{32}}},
};

constexpr board efi_machine(std::string_view name, std::string_view title, std::string_view architecture,
                            std::string_view console) {
    return {.name = name,
            .title = title,
            .soc = "any",
            .partition_floor = offset{mebibytes{1}},
            .firmware = efi,
            .architecture = architecture,
            .console = console,
            .source = "UEFI 2.10, 3.5.1.1 and 13.3.3"};
}

inline constexpr board uefi_arm64 = efi_machine("uefi-arm64", "UEFI on arm64", "arm64", "ttyAMA0");
inline constexpr board uefi_riscv64 = efi_machine("uefi-riscv64", "UEFI on riscv64", "riscv64", "ttyS0");
inline constexpr board uefi_x86_64 = efi_machine("uefi-x86-64", "UEFI on x86_64", "x86_64", "ttyS0");

/// With U-Boot or UEFI given to QEMU by -bios; the device tree is QEMU's.
inline constexpr board qemu_virt_arm64{.name = "qemu-virt-arm64",
                                       .title = "QEMU's virt machine, arm64",
                                       .soc = "any",
                                       .partition_floor = offset{mebibytes{1}},
                                       .console = "ttyAMA0",
                                       .earlycon = "pl011,0x9000000",
                                       .source =
                                           "QEMU docs/system/arm/virt.rst; U-Boot doc/board/emulation/qemu-arm.rst"};

inline constexpr std::array boards{&qemu_virt_arm64, &uefi_arm64, &uefi_riscv64, &uefi_x86_64};

} // namespace generic
IMGCOMPOSE_NAMESPACE_END
