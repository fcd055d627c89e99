// SPDX-License-Identifier: BSL-1.0
// The other medium of a plan whose bootloader is in SPI flash: `compose` makes the disk, `compose_spi` the flash.
#pragma once

#include <imgcompose/board/rockchip/spi_image.hpp>
#include <imgcompose/compose/disk.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void spi_flash_of_no_board() {
    throw input_error("nothing says what SPI flash holds; begin with a board");
}
[[noreturn]] inline void spi_flash_of_several_boards() {
    throw input_error(
        "several boards share the disk, and each has a flash of its own; make one plan a board for those");
}
[[noreturn]] inline void spi_flash_lacks(std::string_view board, std::string_view file) {
    throw input_error(text::join("the SPI flash of ", board, " needs ", text::quoted(file),
                                 "; add it, or u-boot-rockchip.bin, in which it is"));
}
} // namespace fail

namespace detail {

inline const planned_bootloader* bootloader_named(const disk_plan& plan, std::string_view name) {
    const auto found = std::ranges::find(plan.bootloaders, name, &planned_bootloader::name);
    return found == plan.bootloaders.end() ? nullptr : &*found;
}

/// An idbloader as the board's boot ROM reads it from flash. One for a disk has its header in the first 2 KiB and code
/// right behind; if there is nothing in the second 2 KiB, it is spread already.
inline image idbloader_in_spi(const board& b, const image& idbloader) {
    const owned_bytes second = window{idbloader}.take(offset{kibibytes{2}}, kibibytes{2});
    const bool is_spread = std::ranges::all_of(second, [](std::byte x) { return x == std::byte{}; });
    if (!b.spi || !b.spi->spread || is_spread) return idbloader;
    owned_bytes whole = read_all(idbloader);
    whole.resize(round_up(whole.size(), bytes{kibibytes{2}}.count));
    return owned(rockchip::spread_for_spi(whole));
}

} // namespace detail

/// The image of the SPI flash, of the plan's idbloader.img and u-boot.itb, or u-boot-rockchip.bin which has both.
/// Throws input_error for a board without, or with a file missing, layout_error for what does not fit.
inline image compose_spi(const disk_plan& plan) {
    if (!plan.target) fail::spi_flash_of_no_board();
    if (!plan.also.empty()) fail::spi_flash_of_several_boards();
    const board& b = *plan.target;
    if (!b.spi) fail::board_has_no_spi_image(b.title);
    rockchip::combined_bootloader files;
    if (const auto* combined = detail::bootloader_named(plan, rockchip::combined_file)) {
        files = rockchip::take_apart(combined->content,
                                     offset{b.places("u-boot.itb").at - b.places("idbloader.img").at});
    } else {
        const auto file = [&](std::string_view name) {
            const auto* given = detail::bootloader_named(plan, name);
            if (given == nullptr) fail::spi_flash_lacks(b.title, name);
            return given->content;
        };
        files = {file("idbloader.img"), file("u-boot.itb")};
    }
    return rockchip::spi_image(b, detail::idbloader_in_spi(b, files.idbloader), files.u_boot_itb,
                               {.flash_size = plan.options.boot_medium_size});
}

IMGCOMPOSE_NAMESPACE_END
