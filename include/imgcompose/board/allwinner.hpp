// SPDX-License-Identifier: BSL-1.0
// Boards with Allwinner SoCs: the boot ROM reads a file with an eGON header 8 KiB into the medium, where a GPT of 128
// entries has its entries. Source: U-Boot doc/board/allwinner/sunxi.rst; disk/Kconfig, EFI_PARTITION_ENTRIES_NUMBERS.
#pragma once

#include <imgcompose/board/board.hpp>

#include <array>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace allwinner {

/// Where the boot ROM looks first. The H3 and later also look at 128 KiB, but U-Boot's SPL then finds no U-Boot.
inline constexpr offset egon_at{sectors{16}};
/// U-Boot's own default for these boards: the entries then end at 8 KiB.
inline constexpr std::uint32_t gpt_entries = 56;
inline constexpr offset partition_floor{mebibytes{1}};

/// SPL and U-Boot in one file, which ends before the first partition.
inline constexpr std::array boot_blobs{
    boot_blob{"u-boot-sunxi-with-spl.bin", egon_at, bytes{mebibytes{1}} - bytes{sectors{16}}},
};

/// Source: U-Boot include/configs/sunxi-common.h, MEM_LAYOUT_ENV_SETTINGS of 64-bit SoCs.
inline constexpr load_addresses loads{.fdt = {0x4fa00000},
                                      .fdt_overlay = {0x4fe00000},
                                      .kernel = {0x40080000},
                                      .ramdisk = {0x4ff00000},
                                      .kernel_compressed = {0x44000000},
                                      .kernel_compressed_maximum = bytes{0xb000000}};

constexpr board board_with(std::string_view soc, std::string_view name, std::string_view title, std::string_view dtb) {
    return {.name = name,
            .title = title,
            .soc = soc,
            .blobs = boot_blobs,
            .partition_floor = partition_floor,
            .gpt_entries = gpt_entries,
            .emmc_boot = {.file = "u-boot-sunxi-with-spl.bin"}, // sunxi.rst, "Installing on eMMC": at sector 0
            .console = "ttyS0,115200",
            .earlycon = "uart,mmio32,0x01c28000",
            .dtb = dtb,
            .load = loads,
            .source = "U-Boot doc/board/allwinner/sunxi.rst and configs/*_defconfig"};
}

inline constexpr board orangepi_pc2 =
    board_with("H5", "orangepi-pc2", "Xunlong Orange Pi PC 2", "allwinner/sun50i-h5-orangepi-pc2.dtb");
inline constexpr board pine64_plus =
    board_with("A64", "pine64-plus", "Pine64 PINE A64+", "allwinner/sun50i-a64-pine64-plus.dtb");

inline constexpr std::array boards{&orangepi_pc2, &pine64_plus};

} // namespace allwinner
IMGCOMPOSE_NAMESPACE_END
