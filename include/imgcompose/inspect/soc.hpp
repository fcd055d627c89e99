// SPDX-License-Identifier: BSL-1.0
// Whether what is found on a disk is for the SoC and the board that are to start from it.
#pragma once

#include <imgcompose/board/board.hpp>
#include <imgcompose/board/rockchip/idbloader.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// Small letters and digits only: "i.MX 8M Mini" is "imx8mmini".
inline std::string bare(std::string_view s) {
    std::string out;
    for (const char c : s)
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

/// What the boot ROM of a Rockchip SoC wants; null for others.
inline const rockchip::boot_rom* boot_rom_named(std::string_view soc) {
    const std::string plain = bare(soc);
    for (const rockchip::boot_rom& rom : rockchip::boot_roms)
        if (plain.starts_with(rom.soc)) return &rom; // RK3588S is an RK3588
    return nullptr;
}

/// Whether a boot ROM takes a first stage with this mark: "RK33xx", or "RK35xx" for the second header generation. The
/// mark is a family's, and that of the RK3328 is RK32xx.
inline bool takes_mark(std::string_view soc, std::string_view mark) {
    const rockchip::boot_rom* const rom = boot_rom_named(soc);
    if (rom == nullptr) return false;
    return bare(mark) == (rom->hashes ? std::string{"rk35xx"} : bare(rom->tag) + "xx");
}

/// Whether a device tree with these root compatibles is for the SoC; nothing if they do not tell. Vendors whose words
/// are not those that people use ("amlogic,meson-gxbb" is the S905) are left out.
/// Source: Linux Documentation/devicetree/bindings/arm; RK3566 and RK3568 are one SoC to U-Boot (generic-rk3568).
inline std::optional<bool> is_for_soc(std::span<const std::string> compatible, std::string_view soc) {
    constexpr std::array<std::string_view, 6> vendors{"rockchip,", "allwinner,", "starfive,",
                                                      "fsl,imx8",  "brcm,bcm",   "mediatek,mt"};
    const std::string wanted = bare(soc);
    if (wanted == "any") return {};
    std::optional<bool> answer;
    for (const std::string& c : compatible) {
        if (std::ranges::none_of(vendors, [&](std::string_view v) { return c.starts_with(v); })) continue;
        const std::string named = bare(std::string_view{c}.substr(c.find(',') + 1));
        const auto generic = [](std::string_view s) { return s.starts_with("rk3566") ? "rk3568" : s; };
        const std::string_view a = generic(named), b = generic(wanted);
        const bool same = a.starts_with(b) || b.starts_with(a) || a.ends_with(b); // "sun50i-a64"
        if (same) return true;
        answer = false;
    }
    return answer;
}

/// The same of a board: "radxa,rock-5a" is a board whose device tree is rockchip/rk3588s-rock-5a.dtb.
inline bool is_for_board(std::span<const std::string> compatible, const board& b) {
    std::string_view file = b.dtb.substr(b.dtb.rfind('/') + 1);
    file = file.substr(0, file.rfind('.'));
    const std::string whole = bare(file), name = bare(file.substr(std::min(file.find('-') + 1, file.size())));
    return std::ranges::any_of(compatible, [&](const std::string& c) {
        const std::string named = bare(std::string_view{c}.substr(c.find(',') + 1));
        return !named.empty() && (named == name || named == whole || name.ends_with(named) || named.ends_with(name));
    });
}

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
