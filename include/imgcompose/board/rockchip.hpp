// SPDX-License-Identifier: BSL-1.0
// Boards with Rockchip SoCs. A board is one line: its SoC, names and device tree.
#pragma once

#include <imgcompose/board/board.hpp>

#include <array>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace rockchip {

/// Where the boot ROM looks for idbloader.img on SD and eMMC.
/// Unit: 512-byte sectors from the start of the medium. Source: U-Boot doc/board/rockchip/rockchip.rst (seek=64).
inline constexpr offset idbloader_at{sectors{64}};

/// Where SPL looks for u-boot.itb. Source: U-Boot common/spl/Kconfig, SYS_MMCSD_RAW_MODE_U_BOOT_SECTOR 0x4000.
inline constexpr offset u_boot_at{sectors{16384}};

/// First sector that is left for partitions. Source: Rockchip's wiki "Partitions" (boot), Armbian (OFFSET=16).
inline constexpr offset partition_floor{sectors{32768}};

/// What vendor systems keep between the two. Sources: Rockchip's wiki "Partitions", rkdeveloptool parameter_gpt.txt.
inline constexpr std::array reserved_regions{
    named_range{"vendor storage", offset{sectors{7168}}, sectors{512}}, // serial number and MAC address
    named_range{"reserved", offset{sectors{7680}}, sectors{384}},
    named_range{"DRM key", offset{sectors{8064}}, sectors{64}},
    named_range{"U-Boot environment", offset{sectors{8128}}, sectors{64}}, // U-Boot ENV_OFFSET 0x3F8000, size 0x8000
    named_range{"legacy parameter", offset{sectors{8192}}, sectors{8192}}, // rkdeveloptool prm, at 0x2000
};

/// idbloader.img may reach vendor storage, u-boot.itb the first partition: the trust region at 24576 that would halve
/// it belongs to Rockchip's miniloader, which reads no u-boot.itb. u-boot-rockchip.bin is both with 0xFF between them,
/// over all that is reserved (U-Boot SPL_PAD_TO 0x7F8000 puts the second at the same sector 16384).
inline constexpr std::array boot_blobs{
    boot_blob{"idbloader.img", idbloader_at, sectors{7168 - 64}},
    boot_blob{"u-boot.itb", u_boot_at, sectors{32768 - 16384}},
    boot_blob{"u-boot-rockchip.bin", idbloader_at, sectors{32768 - 64}, true},
};

/// Source: U-Boot include/configs/rk3328_common.h, ENV_MEM_LAYOUT_SETTINGS; the same in rk3308 and px30.
inline constexpr load_addresses low_load_addresses{.fdt = {0x01e00000},
                                                   .fdt_overlay = {0x01f00000},
                                                   .kernel = {0x02080000},
                                                   .ramdisk = {0x06000000},
                                                   .kernel_compressed = {0x08000000},
                                                   .kernel_compressed_maximum = bytes{0x2000000}};
/// Source: U-Boot include/configs/rk3588_common.h, ENV_MEM_LAYOUT_SETTINGS; the same in rk3399, rk3528 and rk3568.
inline constexpr load_addresses high_load_addresses{.fdt = {0x12000000},
                                                    .fdt_overlay = {0x12100000},
                                                    .kernel = {0x02000000},
                                                    .ramdisk = {0x12180000},
                                                    .kernel_compressed = {0x0a000000},
                                                    .kernel_compressed_maximum = bytes{0x8000000}};

/// What all boards with one SoC share. The console is UART2 at 1500000 baud on all of these (stdout-path
/// "serial2:1500000n8"); earlycon names that UART's registers. Source: U-Boot configs/*_defconfig, DEBUG_UART_BASE.
struct soc {
    std::string_view name{};
    std::string_view earlycon{};
    load_addresses load{};
    std::string_view console = "ttyS2,1500000";
};
inline constexpr soc rk3328{"RK3328", "uart8250,mmio32,0xff130000", low_load_addresses};
inline constexpr soc rk3588{"RK3588", "uart8250,mmio32,0xfeb50000", high_load_addresses};
inline constexpr soc rk3588s{"RK3588S", "uart8250,mmio32,0xfeb50000", high_load_addresses};

constexpr board board_with(const soc& s, std::string_view name, std::string_view title, std::string_view dtb) {
    return {.name = name,
            .title = title,
            .soc = s.name,
            .blobs = boot_blobs,
            .reserved = reserved_regions,
            .partition_floor = partition_floor,
            .console = s.console,
            .earlycon = s.earlycon,
            .dtb = dtb,
            .load = s.load};
}

// Device trees: Linux arch/arm64/boot/dts/rockchip; they are the $fdtfile of U-Boot's configs.
inline constexpr board nanopi_r2s =
    board_with(rk3328, "nanopi-r2s", "FriendlyELEC NanoPi R2S", "rockchip/rk3328-nanopi-r2s.dtb");
inline constexpr board rock64 = board_with(rk3328, "rock64", "Pine64 ROCK64", "rockchip/rk3328-rock64.dtb");
inline constexpr board orangepi_5 =
    board_with(rk3588s, "orangepi-5", "Xunlong Orange Pi 5", "rockchip/rk3588s-orangepi-5.dtb");
inline constexpr board orangepi_5_plus =
    board_with(rk3588, "orangepi-5-plus", "Xunlong Orange Pi 5 Plus", "rockchip/rk3588-orangepi-5-plus.dtb");
inline constexpr board rock_5a = board_with(rk3588s, "rock-5a", "Radxa ROCK 5A", "rockchip/rk3588s-rock-5a.dtb");

inline constexpr std::array<const board*, 5> boards{&nanopi_r2s, &orangepi_5, &orangepi_5_plus, &rock_5a, &rock64};
static_assert(check(boards));

} // namespace rockchip
IMGCOMPOSE_NAMESPACE_END
