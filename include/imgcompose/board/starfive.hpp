// SPDX-License-Identifier: BSL-1.0
// StarFive VisionFive 2: from a card the boot ROM of the JH7110 loads SPL out of the GPT partition of a type of its
// own. Source: U-Boot doc/board/starfive/jh7110_common.rst and visionfive2.rst. (U-Boot 2025.10 and later boots from
// QSPI only.)
#pragma once

#include <imgcompose/board/board.hpp>

#include <array>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace starfive {

inline constexpr uuid spl_type = "2e54b353-1271-4842-806f-e436d6af6985"_uuid;
inline constexpr uuid u_boot_type = "bc13c2ff-59e6-4262-a352-b275fd6f7172"_uuid;

inline constexpr std::array firmware{
    firmware_partition{
        .name = "spl", .type = spl_type, .holds = "u-boot-spl.bin.normal.out", .minimum = bytes{mebibytes{2}}},
    firmware_partition{.name = "uboot", .type = u_boot_type, .holds = "u-boot.itb", .minimum = bytes{mebibytes{4}}},
};

inline constexpr board visionfive_2{.name = "visionfive-2",
                                    .title = "StarFive VisionFive 2",
                                    .soc = "JH7110",
                                    .partition_floor = offset{mebibytes{1}},
                                    .firmware = firmware,
                                    .architecture = "riscv64",
                                    .console = "ttyS0,115200",
                                    .earlycon = "uart8250,mmio32,0x10000000",
                                    .dtb = "starfive/jh7110-starfive-visionfive-2-v1.3b.dtb",
                                    .source = "U-Boot doc/board/starfive/jh7110_common.rst and visionfive2.rst"};

inline constexpr std::array boards{&visionfive_2};

} // namespace starfive
IMGCOMPOSE_NAMESPACE_END
