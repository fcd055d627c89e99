// SPDX-License-Identifier: BSL-1.0
// The boards against FACTS sections 1.1, 2 and 3.9, written down a second time.
#include <imgcompose/board/rockchip.hpp>

#include <imgcompose/board/load_check.hpp>
#include <tests/support/catch.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace ic = imgcompose;
using namespace ic::literals;

namespace {

/// What the table of facts has of a board; its SPI offset is 0 where U-Boot builds no image for flash.
struct row {
    const ic::board& board;
    std::string_view soc, dtb, defconfig;
    std::uint64_t earlycon, spi;
    std::string_view console;
};

/// Where U-Boot loads files to, section 3.9: fdt, overlay, kernel, ramdisk, compressed kernel and its room.
struct loads {
    std::uint64_t fdt, overlay, kernel, ramdisk, compressed, room;
    ic::bytes window;
};
loads loads_of(std::string_view soc) {
    if (soc == "RK3328" || soc == "RK3308")
        return {0x01e00000, 0x01f00000, 0x02080000, 0x06000000, 0x08000000, 0x2000000, 65024_KiB};
    if (soc == "RK3576") return {0x52000000, 0x52100000, 0x42000000, 0x52180000, 0x4a000000, 0x8000000, 256_MiB};
    return {0x12000000, 0x12100000, 0x02000000, 0x12180000, 0x0a000000, 0x8000000, 256_MiB};
}

// clang-format off
const std::array rows{
    row{ic::rockchip::nanopi_r2s, "RK3328", "rockchip/rk3328-nanopi-r2s.dtb", "nanopi-r2s-rk3328", 0xff130000, 0, "ttyS2,1500000"},
    row{ic::rockchip::orangepi_5, "RK3588S", "rockchip/rk3588s-orangepi-5.dtb", "orangepi-5-rk3588s", 0xfeb50000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::orangepi_5_plus, "RK3588", "rockchip/rk3588-orangepi-5-plus.dtb", "orangepi-5-plus-rk3588", 0xfeb50000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::rock_5a, "RK3588S", "rockchip/rk3588s-rock-5a.dtb", "rock5a-rk3588s", 0xfeb50000, 0, "ttyS2,1500000"},
    row{ic::rockchip::orangepi_5b, "RK3588S", "rockchip/rk3588s-orangepi-5b.dtb", "", 0xfeb50000, 0, "ttyS2,1500000"},
    row{ic::rockchip::rock_5b, "RK3588", "rockchip/rk3588-rock-5b.dtb", "rock5b-rk3588", 0xfeb50000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::rock_5c, "RK3588S", "rockchip/rk3588s-rock-5c.dtb", "rock-5c-rk3588s", 0xfeb50000, 0, "ttyS2,1500000"},
    row{ic::rockchip::rock_5_itx, "RK3588", "rockchip/rk3588-rock-5-itx.dtb", "rock-5-itx-rk3588", 0xfeb50000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::orangepi_5_max, "RK3588", "rockchip/rk3588-orangepi-5-max.dtb", "orangepi-5-max-rk3588", 0xfeb50000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::nanopc_t6, "RK3588", "rockchip/rk3588-nanopc-t6.dtb", "nanopc-t6-rk3588", 0xfeb50000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::nanopi_r6s, "RK3588S", "rockchip/rk3588s-nanopi-r6s.dtb", "nanopi-r6s-rk3588s", 0xfeb50000, 0, "ttyS2,1500000"},
    row{ic::rockchip::nanopi_r6c, "RK3588S", "rockchip/rk3588s-nanopi-r6c.dtb", "nanopi-r6c-rk3588s", 0xfeb50000, 0, "ttyS2,1500000"},
    row{ic::rockchip::nanopi_r2c, "RK3328", "rockchip/rk3328-nanopi-r2c.dtb", "nanopi-r2c-rk3328", 0xff130000, 0, "ttyS2,1500000"},
    row{ic::rockchip::orangepi_r1_plus_lts, "RK3328", "rockchip/rk3328-orangepi-r1-plus-lts.dtb", "orangepi-r1-plus-lts-rk3328", 0xff130000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::rock64, "RK3328", "rockchip/rk3328-rock64.dtb", "rock64-rk3328", 0xff130000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::rock_pi_e, "RK3328", "rockchip/rk3328-rock-pi-e.dtb", "rock-pi-e-rk3328", 0xff130000, 0, "ttyS2,1500000"},
    row{ic::rockchip::rockpro64, "RK3399", "rockchip/rk3399-rockpro64.dtb", "rockpro64-rk3399", 0xff1a0000, 0xE0000, "ttyS2,1500000"},
    row{ic::rockchip::rock_pi_4a, "RK3399", "rockchip/rk3399-rock-pi-4a.dtb", "rock-pi-4-rk3399", 0xff1a0000, 0xE0000, "ttyS2,1500000"},
    row{ic::rockchip::rock_pi_4b, "RK3399", "rockchip/rk3399-rock-pi-4b.dtb", "rock-pi-4-rk3399", 0xff1a0000, 0xE0000, "ttyS2,1500000"},
    row{ic::rockchip::rock_4se, "RK3399", "rockchip/rk3399-rock-4se.dtb", "rock-4se-rk3399", 0xff1a0000, 0xE0000, "ttyS2,1500000"},
    row{ic::rockchip::pinebook_pro, "RK3399", "rockchip/rk3399-pinebook-pro.dtb", "pinebook-pro-rk3399", 0xff1a0000, 0xE0000, "ttyS2,1500000"},
    row{ic::rockchip::nanopc_t4, "RK3399", "rockchip/rk3399-nanopc-t4.dtb", "nanopc-t4-rk3399", 0xff1a0000, 0, "ttyS2,1500000"},
    row{ic::rockchip::nanopi_r4s, "RK3399", "rockchip/rk3399-nanopi-r4s.dtb", "nanopi-r4s-rk3399", 0xff1a0000, 0, "ttyS2,1500000"},
    row{ic::rockchip::nanopi_r5s, "RK3568", "rockchip/rk3568-nanopi-r5s.dtb", "nanopi-r5s-rk3568", 0xfe660000, 0, "ttyS2,1500000"},
    row{ic::rockchip::nanopi_r5c, "RK3568", "rockchip/rk3568-nanopi-r5c.dtb", "nanopi-r5c-rk3568", 0xfe660000, 0, "ttyS2,1500000"},
    row{ic::rockchip::nanopi_r3s, "RK3566", "rockchip/rk3566-nanopi-r3s.dtb", "nanopi-r3s-rk3566", 0xfe660000, 0, "ttyS2,1500000"},
    row{ic::rockchip::radxa_zero_3w, "RK3566", "rockchip/rk3566-radxa-zero-3w.dtb", "radxa-zero-3-rk3566", 0xfe660000, 0, "ttyS2,1500000"},
    row{ic::rockchip::radxa_zero_3e, "RK3566", "rockchip/rk3566-radxa-zero-3e.dtb", "radxa-zero-3-rk3566", 0xfe660000, 0, "ttyS2,1500000"},
    row{ic::rockchip::quartz64_a, "RK3566", "rockchip/rk3566-quartz64-a.dtb", "quartz64-a-rk3566", 0xfe660000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::quartz64_b, "RK3566", "rockchip/rk3566-quartz64-b.dtb", "quartz64-b-rk3566", 0xfe660000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::rock_3a, "RK3568", "rockchip/rk3568-rock-3a.dtb", "rock-3a-rk3568", 0xfe660000, 0x60000, "ttyS2,1500000"},
    row{ic::rockchip::odroid_m1, "RK3568", "rockchip/rk3568-odroid-m1.dtb", "odroid-m1-rk3568", 0xfe660000, 0x100000, "ttyS2,1500000"},
    row{ic::rockchip::rock_pi_s, "RK3308", "rockchip/rk3308-rock-pi-s.dtb", "rock-pi-s-rk3308", 0xff0a0000, 0, "ttyS0,1500000"},
    row{ic::rockchip::rock_s0, "RK3308", "rockchip/rk3308-rock-s0.dtb", "rock-s0-rk3308", 0xff0a0000, 0, "ttyS0,1500000"},
    row{ic::rockchip::rock_4d, "RK3576", "rockchip/rk3576-rock-4d.dtb", "rock-4d-rk3576", 0x2ad40000, 0x60000, "ttyS0,1500000"},
};
// clang-format on

} // namespace

TEST_CASE("each Rockchip board is what the table of facts says") {
    CHECK(rows.size() == ic::rockchip::boards.size());
    for (const ic::board* b : ic::rockchip::boards)
        CHECK(std::ranges::count(rows, b->name, [](const row& r) { return r.board.name; }) == 1);
    for (const row& r : rows) {
        INFO(r.board.name);
        const ic::board& b = r.board;
        CHECK(b.soc == r.soc);
        CHECK(b.dtb == r.dtb);
        CHECK(b.earlycon == "uart8250,mmio32," + ic::text::hex(r.earlycon));
        CHECK(b.console == r.console);
        if (r.defconfig.empty()) CHECK(b.source.find("defconfig") == std::string_view::npos);
        else CHECK(b.source == "U-Boot configs/" + std::string{r.defconfig} + "_defconfig");
        CHECK(b.table == ic::table_kind::gpt);
        CHECK(b.gpt_entries == 128);
        const loads l = loads_of(b.soc);
        CHECK(b.load.fdt.value == l.fdt);
        CHECK(b.load.fdt_overlay.value == l.overlay);
        CHECK(b.load.kernel.value == l.kernel);
        CHECK(b.load.ramdisk.value == l.ramdisk);
        CHECK(b.load.kernel_compressed.value == l.compressed);
        CHECK(b.load.kernel_compressed_maximum.count == l.room);
        CHECK(ic::window_from(b.load, b.load.kernel) == l.window);
        CHECK(ic::window_from(b.load, b.load.fdt) == 1_MiB);
        CHECK(b.partition_floor == ic::offset{32768_sectors});
        CHECK(b.partition_alignment == 1_MiB);
        CHECK(b.places("idbloader.img").at == ic::offset{64_sectors});
        CHECK(b.places("idbloader.img").range().end() == ic::offset{7168_sectors});
        CHECK(b.places("u-boot.itb").at == ic::offset{16384_sectors});
        CHECK(b.places("u-boot.itb").range().end() == ic::offset{32768_sectors});
        CHECK(b.places("u-boot-rockchip.bin").at == ic::offset{64_sectors});
        CHECK(b.places("u-boot-rockchip.bin").alternative);
        // Section 2.1: the boot ROM of the RK3399 wants the spread form at 0, the others the plain one at 32 KiB.
        CHECK(b.spi.has_value() == (r.spi != 0));
        if (!b.spi) continue;
        CHECK(b.spi->u_boot.count == r.spi);
        CHECK(b.spi->spread == (b.soc == "RK3399"));
        CHECK(b.spi->idbloader.count == (b.soc == "RK3399" ? 0u : 0x8000u));
    }
}

TEST_CASE("the reserved regions are those of Rockchip's storage map") {
    const auto sectors_of = [](std::string_view name) {
        for (const auto& r : ic::rockchip::reserved_regions)
            if (r.name == name) return std::pair{r.at.count / 512, r.end().count / 512};
        return std::pair<std::uint64_t, std::uint64_t>{};
    };
    CHECK(sectors_of("vendor storage") == std::pair<std::uint64_t, std::uint64_t>{7168, 7680});
    CHECK(sectors_of("reserved") == std::pair<std::uint64_t, std::uint64_t>{7680, 8064});
    CHECK(sectors_of("DRM key") == std::pair<std::uint64_t, std::uint64_t>{8064, 8128});
    CHECK(sectors_of("U-Boot environment") == std::pair<std::uint64_t, std::uint64_t>{8128, 8192});
    CHECK(sectors_of("legacy parameter") == std::pair<std::uint64_t, std::uint64_t>{8192, 16384});
    // ENV_OFFSET and ENV_SIZE as U-Boot has them, and where u-boot-rockchip.bin has its second part.
    CHECK(ic::offset{8128_sectors} == ic::offset{ic::bytes{0x3f8000}});
    CHECK(ic::rockchip::idbloader_at + ic::bytes{0x7f8000} == ic::rockchip::u_boot_at);
}
