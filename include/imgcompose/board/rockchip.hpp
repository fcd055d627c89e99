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

/// Source: U-Boot include/configs/rk3576_common.h, ENV_MEM_LAYOUT_SETTINGS.
inline constexpr load_addresses rk3576_load_addresses{.fdt = {0x52000000},
                                                      .fdt_overlay = {0x52100000},
                                                      .kernel = {0x42000000},
                                                      .ramdisk = {0x52180000},
                                                      .kernel_compressed = {0x4a000000},
                                                      .kernel_compressed_maximum = bytes{0x8000000}};

/// What all boards with one SoC share. The console is UART2 at 1500000 baud on nearly all (stdout-path
/// "serial2:1500000n8"); earlycon names that UART's registers. Source: U-Boot configs/*_defconfig, DEBUG_UART_BASE.
struct soc {
    std::string_view name{};
    std::string_view earlycon{};
    load_addresses load{};
    std::string_view console = "ttyS2,1500000";
};
inline constexpr soc rk3308{"RK3308", "uart8250,mmio32,0xff0a0000", low_load_addresses, "ttyS0,1500000"};
inline constexpr soc rk3328{"RK3328", "uart8250,mmio32,0xff130000", low_load_addresses};
inline constexpr soc rk3399{"RK3399", "uart8250,mmio32,0xff1a0000", high_load_addresses};
inline constexpr soc rk3566{"RK3566", "uart8250,mmio32,0xfe660000", high_load_addresses};
inline constexpr soc rk3568{"RK3568", "uart8250,mmio32,0xfe660000", high_load_addresses};
inline constexpr soc rk3576{"RK3576", "uart8250,mmio32,0x2ad40000", rk3576_load_addresses, "ttyS0,1500000"};
inline constexpr soc rk3588{"RK3588", "uart8250,mmio32,0xfeb50000", high_load_addresses};
inline constexpr soc rk3588s{"RK3588S", "uart8250,mmio32,0xfeb50000", high_load_addresses};

// What U-Boot's builds put into SPI flash. Source: U-Boot configs/*_defconfig, SYS_SPI_U_BOOT_OFFS, and
// arch/arm/dts/*-u-boot.dtsi: the boot ROM of the RK3399 wants the spread form at 0, those of the others the plain one
// at 32 KiB.
inline constexpr std::optional<spi_layout> no_spi{};
inline constexpr std::optional<spi_layout> plain_spi{{offset{bytes{0x8000}}, false, offset{bytes{0x60000}}}};
inline constexpr std::optional<spi_layout> spread_spi{{offset{}, true, offset{bytes{0xE0000}}}};
inline constexpr std::optional<spi_layout> odroid_spi{{offset{bytes{0x8000}}, false, offset{bytes{0x100000}}}};

constexpr board board_with(const soc& s, std::string_view name, std::string_view title, std::string_view dtb,
                           std::string_view source, const std::optional<spi_layout>& spi = no_spi) {
    return {.name = name,
            .title = title,
            .soc = s.name,
            .blobs = boot_blobs,
            .reserved = reserved_regions,
            .partition_floor = partition_floor,
            .spi = spi,
            // Tow-Boot issue 76 lists Allwinner and Amlogic as working from there, and no board of Rockchip's.
            .emmc_boot = {.why_not = "that Rockchip's boot ROMs look into one is unproven"},
            .console = s.console,
            .earlycon = s.earlycon,
            .dtb = dtb,
            .load = s.load,
            .source = source};
}

// In order of name. Device trees: Linux arch/arm64/boot/dts/rockchip; they are the $fdtfile of U-Boot's configs. What all
// have in common: U-Boot doc/board/rockchip/rockchip.rst.
// clang-format off
inline constexpr board nanopc_t4 = board_with(rk3399, "nanopc-t4", "FriendlyELEC NanoPC-T4", "rockchip/rk3399-nanopc-t4.dtb", "U-Boot configs/nanopc-t4-rk3399_defconfig");
inline constexpr board nanopc_t6 = board_with(rk3588, "nanopc-t6", "FriendlyELEC NanoPC-T6", "rockchip/rk3588-nanopc-t6.dtb", "U-Boot configs/nanopc-t6-rk3588_defconfig", plain_spi);
inline constexpr board nanopi_r2c = board_with(rk3328, "nanopi-r2c", "FriendlyELEC NanoPi R2C", "rockchip/rk3328-nanopi-r2c.dtb", "U-Boot configs/nanopi-r2c-rk3328_defconfig");
inline constexpr board nanopi_r2s = board_with(rk3328, "nanopi-r2s", "FriendlyELEC NanoPi R2S", "rockchip/rk3328-nanopi-r2s.dtb", "U-Boot configs/nanopi-r2s-rk3328_defconfig");
inline constexpr board nanopi_r3s = board_with(rk3566, "nanopi-r3s", "FriendlyELEC NanoPi R3S", "rockchip/rk3566-nanopi-r3s.dtb", "U-Boot configs/nanopi-r3s-rk3566_defconfig");
inline constexpr board nanopi_r4s = board_with(rk3399, "nanopi-r4s", "FriendlyELEC NanoPi R4S", "rockchip/rk3399-nanopi-r4s.dtb", "U-Boot configs/nanopi-r4s-rk3399_defconfig");
inline constexpr board nanopi_r5c = board_with(rk3568, "nanopi-r5c", "FriendlyELEC NanoPi R5C", "rockchip/rk3568-nanopi-r5c.dtb", "U-Boot configs/nanopi-r5c-rk3568_defconfig");
inline constexpr board nanopi_r5s = board_with(rk3568, "nanopi-r5s", "FriendlyELEC NanoPi R5S", "rockchip/rk3568-nanopi-r5s.dtb", "U-Boot configs/nanopi-r5s-rk3568_defconfig");
inline constexpr board nanopi_r6c = board_with(rk3588s, "nanopi-r6c", "FriendlyELEC NanoPi R6C", "rockchip/rk3588s-nanopi-r6c.dtb", "U-Boot configs/nanopi-r6c-rk3588s_defconfig");
inline constexpr board nanopi_r6s = board_with(rk3588s, "nanopi-r6s", "FriendlyELEC NanoPi R6S", "rockchip/rk3588s-nanopi-r6s.dtb", "U-Boot configs/nanopi-r6s-rk3588s_defconfig");
inline constexpr board odroid_m1 = board_with(rk3568, "odroid-m1", "Hardkernel ODROID-M1", "rockchip/rk3568-odroid-m1.dtb", "U-Boot configs/odroid-m1-rk3568_defconfig", odroid_spi);
inline constexpr board orangepi_5 = board_with(rk3588s, "orangepi-5", "Xunlong Orange Pi 5", "rockchip/rk3588s-orangepi-5.dtb", "U-Boot configs/orangepi-5-rk3588s_defconfig", plain_spi);
inline constexpr board orangepi_5_max = board_with(rk3588, "orangepi-5-max", "Xunlong Orange Pi 5 Max", "rockchip/rk3588-orangepi-5-max.dtb", "U-Boot configs/orangepi-5-max-rk3588_defconfig", plain_spi);
inline constexpr board orangepi_5_plus = board_with(rk3588, "orangepi-5-plus", "Xunlong Orange Pi 5 Plus", "rockchip/rk3588-orangepi-5-plus.dtb", "U-Boot configs/orangepi-5-plus-rk3588_defconfig", plain_spi);
inline constexpr board orangepi_5b = board_with(rk3588s, "orangepi-5b", "Xunlong Orange Pi 5B", "rockchip/rk3588s-orangepi-5b.dtb", "its vendor's U-Boot, as ryan4yin/nixos-rk3588 has it; U-Boot has no configuration for it");
inline constexpr board orangepi_r1_plus_lts = board_with(rk3328, "orangepi-r1-plus-lts", "Xunlong Orange Pi R1 Plus LTS", "rockchip/rk3328-orangepi-r1-plus-lts.dtb", "U-Boot configs/orangepi-r1-plus-lts-rk3328_defconfig", plain_spi);
inline constexpr board pinebook_pro = board_with(rk3399, "pinebook-pro", "Pine64 Pinebook Pro", "rockchip/rk3399-pinebook-pro.dtb", "U-Boot configs/pinebook-pro-rk3399_defconfig", spread_spi);
inline constexpr board quartz64_a = board_with(rk3566, "quartz64-a", "Pine64 Quartz64 Model A", "rockchip/rk3566-quartz64-a.dtb", "U-Boot configs/quartz64-a-rk3566_defconfig", plain_spi);
inline constexpr board quartz64_b = board_with(rk3566, "quartz64-b", "Pine64 Quartz64 Model B", "rockchip/rk3566-quartz64-b.dtb", "U-Boot configs/quartz64-b-rk3566_defconfig", plain_spi);
inline constexpr board radxa_zero_3e = board_with(rk3566, "radxa-zero-3e", "Radxa ZERO 3E", "rockchip/rk3566-radxa-zero-3e.dtb", "U-Boot configs/radxa-zero-3-rk3566_defconfig");
inline constexpr board radxa_zero_3w = board_with(rk3566, "radxa-zero-3w", "Radxa ZERO 3W", "rockchip/rk3566-radxa-zero-3w.dtb", "U-Boot configs/radxa-zero-3-rk3566_defconfig");
inline constexpr board rock_3a = board_with(rk3568, "rock-3a", "Radxa ROCK 3A", "rockchip/rk3568-rock-3a.dtb", "U-Boot configs/rock-3a-rk3568_defconfig", plain_spi);
inline constexpr board rock_4d = board_with(rk3576, "rock-4d", "Radxa ROCK 4D", "rockchip/rk3576-rock-4d.dtb", "U-Boot configs/rock-4d-rk3576_defconfig", plain_spi);
inline constexpr board rock_4se = board_with(rk3399, "rock-4se", "Radxa ROCK 4SE", "rockchip/rk3399-rock-4se.dtb", "U-Boot configs/rock-4se-rk3399_defconfig", spread_spi);
inline constexpr board rock_5_itx = board_with(rk3588, "rock-5-itx", "Radxa ROCK 5 ITX", "rockchip/rk3588-rock-5-itx.dtb", "U-Boot configs/rock-5-itx-rk3588_defconfig", plain_spi);
inline constexpr board rock_5a = board_with(rk3588s, "rock-5a", "Radxa ROCK 5A", "rockchip/rk3588s-rock-5a.dtb", "U-Boot configs/rock5a-rk3588s_defconfig");
inline constexpr board rock_5b = board_with(rk3588, "rock-5b", "Radxa ROCK 5B", "rockchip/rk3588-rock-5b.dtb", "U-Boot configs/rock5b-rk3588_defconfig", plain_spi);
inline constexpr board rock_5c = board_with(rk3588s, "rock-5c", "Radxa ROCK 5C", "rockchip/rk3588s-rock-5c.dtb", "U-Boot configs/rock-5c-rk3588s_defconfig");
inline constexpr board rock_pi_4a = board_with(rk3399, "rock-pi-4a", "Radxa ROCK Pi 4A", "rockchip/rk3399-rock-pi-4a.dtb", "U-Boot configs/rock-pi-4-rk3399_defconfig", spread_spi);
inline constexpr board rock_pi_4b = board_with(rk3399, "rock-pi-4b", "Radxa ROCK Pi 4B", "rockchip/rk3399-rock-pi-4b.dtb", "U-Boot configs/rock-pi-4-rk3399_defconfig", spread_spi);
inline constexpr board rock_pi_e = board_with(rk3328, "rock-pi-e", "Radxa ROCK Pi E", "rockchip/rk3328-rock-pi-e.dtb", "U-Boot configs/rock-pi-e-rk3328_defconfig");
inline constexpr board rock_pi_s = board_with(rk3308, "rock-pi-s", "Radxa ROCK Pi S", "rockchip/rk3308-rock-pi-s.dtb", "U-Boot configs/rock-pi-s-rk3308_defconfig");
inline constexpr board rock_s0 = board_with(rk3308, "rock-s0", "Radxa ROCK S0", "rockchip/rk3308-rock-s0.dtb", "U-Boot configs/rock-s0-rk3308_defconfig");
inline constexpr board rock64 = board_with(rk3328, "rock64", "Pine64 ROCK64", "rockchip/rk3328-rock64.dtb", "U-Boot configs/rock64-rk3328_defconfig", plain_spi);
inline constexpr board rockpro64 = board_with(rk3399, "rockpro64", "Pine64 RockPro64", "rockchip/rk3399-rockpro64.dtb", "U-Boot configs/rockpro64-rk3399_defconfig", spread_spi);
// clang-format on

inline constexpr std::array boards{
    &nanopc_t4,      &nanopc_t6,       &nanopi_r2c,  &nanopi_r2s,
    &nanopi_r3s,     &nanopi_r4s,      &nanopi_r5c,  &nanopi_r5s,
    &nanopi_r6c,     &nanopi_r6s,      &odroid_m1,   &orangepi_5,
    &orangepi_5_max, &orangepi_5_plus, &orangepi_5b, &orangepi_r1_plus_lts,
    &pinebook_pro,   &quartz64_a,      &quartz64_b,  &radxa_zero_3e,
    &radxa_zero_3w,  &rock_3a,         &rock_4d,     &rock_4se,
    &rock_5_itx,     &rock_5a,         &rock_5b,     &rock_5c,
    &rock_pi_4a,     &rock_pi_4b,      &rock_pi_e,   &rock_pi_s,
    &rock_s0,        &rock64,          &rockpro64,
};

} // namespace rockchip
IMGCOMPOSE_NAMESPACE_END
