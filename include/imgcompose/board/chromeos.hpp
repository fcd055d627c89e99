// SPDX-License-Identifier: BSL-1.0
// Chromebooks: depthcharge boots the signed kernel partition with the highest priority. Source: ChromiumOS "Disk
// format"; vboot_reference firmware/lib/cgptlib; AsterisMono/kukui-nixos (layout).
#pragma once

#include <imgcompose/board/board.hpp>

#include <array>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace chromeos {

inline constexpr uuid kernel_type = "fe3a2a5d-4f32-41a7-b725-accc3285a309"_uuid;

inline constexpr std::array firmware{
    firmware_partition{.name = "KernelA", .type = kernel_type, .holds = "kpart", .minimum = bytes{mebibytes{16}}},
};

inline constexpr board kukui{.name = "kukui",
                             .title = "Google Kukui (Chromebook Duet and others)",
                             .soc = "MT8183",
                             .partition_floor = offset{mebibytes{4}},
                             .firmware = firmware,
                             .console = "tty1",
                             .earlycon = "mtk8250,mmio32,0x11002000",
                             .dtb = "mediatek/mt8183-kukui-krane-sku176.dtb",
                             .source = "ChromiumOS, Disk format; AsterisMono/kukui-nixos"};

inline constexpr std::array boards{&kukui};

} // namespace chromeos
IMGCOMPOSE_NAMESPACE_END
