// SPDX-License-Identifier: BSL-1.0
// Boards with Amlogic SoCs: a signed file lies around the partition table, its bytes from 512 on over what would be the
// header of a GPT. Source: U-Boot doc/board/amlogic/pre-generated-fip.rst.
#pragma once

#include <imgcompose/board/board.hpp>

#include <array>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace amlogic {

/// The first 440 bytes of the file go before the MBR's disk signature, the rest into the sectors behind; the 72 bytes
/// between are the table's.
inline constexpr std::array boot_blobs{
    boot_blob{.name = "u-boot.bin.sd.bin",
              .at = offset{sectors{1}},
              .maximum = bytes{mebibytes{4}} - bytes{sectors{1}},
              .skip = bytes{sectors{1}}},
    boot_blob{.name = "u-boot.bin.sd.bin", .at = offset{}, .maximum = bytes{440}, .rest = false},
};

constexpr board board_with(std::string_view soc, std::string_view name, std::string_view title, std::string_view dtb,
                           std::string_view earlycon) {
    return {.name = name,
            .title = title,
            .soc = soc,
            .blobs = boot_blobs,
            .partition_floor = offset{mebibytes{4}},
            .table = table_kind::mbr,
            // U-Boot doc/board/amlogic/boot-flow.rst tells that those of GXL and later look, and not at which sector.
            .emmc_boot = {.why_not = "no source says at which sector of one its boot ROM looks"},
            .console = "ttyAML0,115200",
            .earlycon = earlycon,
            .dtb = dtb,
            .source = "U-Boot doc/board/amlogic/pre-generated-fip.rst and board pages"};
}

inline constexpr board odroid_c2 =
    board_with("S905", "odroid-c2", "Hardkernel ODROID-C2", "amlogic/meson-gxbb-odroidc2.dtb", "meson,0xc81004c0");
inline constexpr board odroid_n2 =
    board_with("S922X", "odroid-n2", "Hardkernel ODROID-N2", "amlogic/meson-g12b-odroid-n2.dtb", "meson,0xff803000");

inline constexpr std::array boards{&odroid_c2, &odroid_n2};

} // namespace amlogic
IMGCOMPOSE_NAMESPACE_END
