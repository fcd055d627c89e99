// SPDX-License-Identifier: BSL-1.0
// Evaluation kits with i.MX 8M: one file behind the GPT. Source: U-Boot doc/board/nxp/imx8mm_evk.rst, imx8mq_evk.rst
// (33 KiB), imx8mn_evk.rst, imx8mp_evk.rst (32 KiB).
#pragma once

#include <imgcompose/board/board.hpp>

#include <array>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace imx8 {

inline constexpr offset partition_floor{mebibytes{8}};

inline constexpr std::array blobs_at_33k{
    boot_blob{"flash.bin", offset{kibibytes{33}}, bytes{mebibytes{8}} - bytes{kibibytes{33}}},
};
inline constexpr std::array blobs_at_32k{
    boot_blob{"flash.bin", offset{kibibytes{32}}, bytes{mebibytes{8}} - bytes{kibibytes{32}}},
};

constexpr board board_with(std::span<const boot_blob> blobs, std::string_view soc, std::string_view name,
                           std::string_view title, std::string_view dtb, std::string_view console,
                           std::string_view earlycon) {
    return {.name = name,
            .title = title,
            .soc = soc,
            .blobs = blobs,
            .partition_floor = partition_floor,
            .console = console,
            .earlycon = earlycon,
            .dtb = dtb,
            .source = "U-Boot doc/board/nxp/imx8m*_evk.rst"};
}

inline constexpr board mm_evk = board_with(blobs_at_33k, "i.MX 8M Mini", "imx8mm-evk", "NXP i.MX 8M Mini EVK",
                                           "freescale/imx8mm-evk.dtb", "ttymxc1,115200", "ec_imx6q,0x30890000");
inline constexpr board mn_evk = board_with(blobs_at_32k, "i.MX 8M Nano", "imx8mn-evk", "NXP i.MX 8M Nano EVK",
                                           "freescale/imx8mn-evk.dtb", "ttymxc1,115200", "ec_imx6q,0x30890000");
inline constexpr board mp_evk = board_with(blobs_at_32k, "i.MX 8M Plus", "imx8mp-evk", "NXP i.MX 8M Plus EVK",
                                           "freescale/imx8mp-evk.dtb", "ttymxc1,115200", "ec_imx6q,0x30890000");
inline constexpr board mq_evk = board_with(blobs_at_33k, "i.MX 8M Quad", "imx8mq-evk", "NXP i.MX 8MQuad EVK",
                                           "freescale/imx8mq-evk.dtb", "ttymxc0,115200", "ec_imx6q,0x30860000");

inline constexpr std::array boards{&mm_evk, &mn_evk, &mp_evk, &mq_evk};

} // namespace imx8
IMGCOMPOSE_NAMESPACE_END
