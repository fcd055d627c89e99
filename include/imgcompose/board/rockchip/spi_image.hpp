// SPDX-License-Identifier: BSL-1.0
// The image for the SPI NOR flash of a board, as U-Boot's build makes u-boot-rockchip-spi.bin, and u-boot-rockchip.bin
// taken apart. Source: U-Boot arch/arm/dts/rockchip-u-boot.dtsi and the SoCs' *-u-boot.dtsi (binman).
#pragma once

#include <imgcompose/board/board.hpp>
#include <imgcompose/board/rockchip/idbloader_read.hpp>
#include <imgcompose/image/window.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void board_has_no_spi_image(std::string_view board) {
    throw input_error(text::join("U-Boot builds no image for the SPI flash of ", board,
                                 "; put its bootloader on the card, or take its vendor's for flash, as "
                                 "rk3588-vendor-spi.toml lays it out for the RK3588"));
}
[[noreturn]] inline void does_not_fit_spi_flash(bytes size, bytes flash) {
    throw layout_error(text::join("the image for SPI flash has ", size.count, " bytes, ", (size - flash).count,
                                  " more than the flash of ", flash.count));
}
[[noreturn]] inline void not_whole_erase_blocks(bytes flash, bytes erase_block) {
    throw layout_error(text::join("a flash of ", flash.count, " bytes has no whole erase blocks of ", erase_block.count,
                                  " bytes; look the flash's size up again"));
}
[[noreturn]] inline void not_a_combined_bootloader(std::string_view why) {
    throw format_error(text::join("this is no u-boot-rockchip.bin: ", why, "; place another bootloader as a raw file"));
}
} // namespace fail

namespace rockchip {

struct spi_image_options {
    std::optional<bytes> flash_size{}; ///< the image is filled up to it; else it ends with u-boot.itb, as U-Boot's does
    bytes erase_block = kibibytes{64}; ///< a flash has whole ones
};

/// What is written to the start of the board's SPI flash, with 0xff, as erased flash reads, where nothing is: the bytes
/// of U-Boot's u-boot-rockchip-spi.bin, and with a `flash_size` those of the whole flash.
/// `idbloader` is the one for SPI: spread out for boards that want it so (see idbloader_options). Throws input_error
/// for a board without SPI flash, layout_error for what does not fit.
inline image spi_image(const board& b, const image& idbloader, const image& u_boot_itb,
                       const spi_image_options& options = {}) {
    if (!b.spi) fail::board_has_no_spi_image(b.title);
    const bytes needed = from_start(b.spi->u_boot + u_boot_itb.size());
    if (options.flash_size) {
        if (needed > *options.flash_size) fail::does_not_fit_spi_flash(needed, *options.flash_size);
        if (*options.flash_size % options.erase_block != bytes{})
            fail::not_whole_erase_blocks(*options.flash_size, options.erase_block);
    }
    image made{options.flash_size.value_or(needed)};
    offset end{};
    const auto fill_up_to = [&](offset at) {
        if (end < at) made.place(end, fill(at - end, std::byte{0xff}));
    };
    const auto put = [&](offset at, const image& content, std::string_view name) {
        fill_up_to(at);
        made.place(at, content, name); // refuses an idbloader that reaches into u-boot.itb
        end = at + content.size();
    };
    put(b.spi->idbloader, idbloader, "idbloader.img");
    put(b.spi->u_boot, u_boot_itb, "u-boot.itb");
    fill_up_to(offset{made.size()});
    return made;
}

/// Where u-boot.itb begins in u-boot-rockchip.bin, which goes to sector 64, on nearly all boards. Source: U-Boot
/// common/spl/Kconfig, SPL_PAD_TO.
inline constexpr offset u_boot_in_combined{bytes{0x7f8000}};
/// As U-Boot's build names the file.
inline constexpr std::string_view combined_file = "u-boot-rockchip.bin";

struct combined_bootloader {
    image idbloader{}, u_boot_itb{};
};

/// The two files in a u-boot-rockchip.bin. Placed apart they leave what is between them to the vendor's data there. The
/// 0xff between them is left out. Throws format_error if it is none.
inline combined_bootloader take_apart(const image& combined, offset second_at = u_boot_in_combined) {
    const window all{combined};
    const auto magic = all.get<be32>(second_at);
    if (!magic || from_disk(*magic) != 0xd00dfeed)
        fail::not_a_combined_bootloader(text::join("there is no FIT at byte ", second_at.count));
    offset end = second_at;
    while (end > offset{}) {
        const owned_bytes last = all.take(end - bytes{detail::chunk}, bytes{detail::chunk});
        if (!std::ranges::all_of(last, [](std::byte b) { return b == std::byte{0xff}; })) break;
        end = end - bytes{detail::chunk};
    }
    if (!read_idbloader(all)) fail::not_a_combined_bootloader("there is no idbloader at its start");
    return {all.part(offset{}, from_start(end)).copy(),
            all.part(second_at, all.size()).copy()};
}

} // namespace rockchip
IMGCOMPOSE_NAMESPACE_END
