// SPDX-License-Identifier: BSL-1.0
// Raspberry Pi: nothing is raw. The boot ROM, or the bootloader in an EEPROM, reads files from the first FAT partition
// of an MBR. Source: Raspberry Pi documentation, "Raspberry Pi boot modes" and "config.txt"; Debian raspi-firmware.
#pragma once

#include <imgcompose/board/board.hpp>

#include <array>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace raspberry_pi {

/// Holds start*.elf, fixup*.dat, config.txt, device trees and the kernel or U-Boot; before the Pi 4 also bootcode.bin.
inline constexpr std::array firmware{
    firmware_partition{.name = "firmware", .mbr_type = 0x0c, .holds = "FAT", .minimum = bytes{mebibytes{32}}},
};

/// Source: U-Boot board/raspberrypi/rpi/rpi.env.
inline constexpr load_addresses loads{.fdt = {0x02600000}, .kernel = {0x00080000}, .ramdisk = {0x02700000}};

constexpr board board_with(std::string_view soc, std::string_view name, std::string_view title, std::string_view dtb,
                           std::string_view console, std::string_view earlycon) {
    return {.name = name,
            .title = title,
            .soc = soc,
            .partition_floor = offset{mebibytes{1}},
            .partition_alignment = mebibytes{4},
            .table = table_kind::mbr,
            .firmware = firmware,
            .console = console,
            .earlycon = earlycon,
            .dtb = dtb,
            .load = loads,
            .source = "Raspberry Pi documentation, boot modes; U-Boot board/raspberrypi/rpi/rpi.env"};
}

inline constexpr board pi_3 = board_with("BCM2837", "raspberry-pi-3", "Raspberry Pi 3 Model B",
                                         "broadcom/bcm2837-rpi-3-b.dtb", "ttyS1,115200", "uart8250,mmio32,0x3f215040");
inline constexpr board pi_4 = board_with("BCM2711", "raspberry-pi-4", "Raspberry Pi 4 Model B",
                                         "broadcom/bcm2711-rpi-4-b.dtb", "ttyS1,115200", "uart8250,mmio32,0xfe215040");

inline constexpr std::array boards{&pi_3, &pi_4};

} // namespace raspberry_pi
IMGCOMPOSE_NAMESPACE_END
