// SPDX-License-Identifier: BSL-1.0
// The boards against FACTS sections 1.1, 2 and 3.9, written down a second time.
#include <imgcompose/board/rockchip.hpp>

#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;

TEST_CASE("each Rockchip board is what the table of facts says") {
    struct row {
        const ic::board& board;
        std::string_view soc, dtb, earlycon;
        std::uint64_t kernel_at;
        ic::bytes kernel_window;
    };
    const std::array rows{
        row{ic::rockchip::nanopi_r2s, "RK3328", "rockchip/rk3328-nanopi-r2s.dtb", "uart8250,mmio32,0xff130000",
            0x02080000, 65024_KiB},
        row{ic::rockchip::rock64, "RK3328", "rockchip/rk3328-rock64.dtb", "uart8250,mmio32,0xff130000", 0x02080000,
            65024_KiB},
        row{ic::rockchip::orangepi_5, "RK3588S", "rockchip/rk3588s-orangepi-5.dtb", "uart8250,mmio32,0xfeb50000",
            0x02000000, 256_MiB},
        row{ic::rockchip::orangepi_5_plus, "RK3588", "rockchip/rk3588-orangepi-5-plus.dtb",
            "uart8250,mmio32,0xfeb50000", 0x02000000, 256_MiB},
        row{ic::rockchip::nanopi_r4s, "RK3399", "rockchip/rk3399-nanopi-r4s.dtb", "uart8250,mmio32,0xff1a0000", 0x02000000,
            256_MiB},
        row{ic::rockchip::quartz64_a, "RK3566", "rockchip/rk3566-quartz64-a.dtb", "uart8250,mmio32,0xfe660000",
            0x02000000, 256_MiB},
        row{ic::rockchip::odroid_m1, "RK3568", "rockchip/rk3568-odroid-m1.dtb", "uart8250,mmio32,0xfe660000", 0x02000000,
            256_MiB},
        row{ic::rockchip::rock_5a, "RK3588S", "rockchip/rk3588s-rock-5a.dtb", "uart8250,mmio32,0xfeb50000", 0x02000000,
            256_MiB},
    };
    for (const row& r : rows) {
        INFO(r.board.name);
        CHECK(r.board.soc == r.soc);
        CHECK(r.board.dtb == r.dtb);
        CHECK(r.board.earlycon == r.earlycon);
        CHECK(r.board.console == "ttyS2,1500000");
        CHECK(r.board.table == ic::table_kind::gpt);
        CHECK(r.board.load.kernel.value == r.kernel_at);
        CHECK(r.board.load.kernel_window() == r.kernel_window);
        CHECK(r.board.load.fdt_window() == 1_MiB);
        CHECK(r.board.partition_floor == ic::offset{32768_sectors});
        CHECK(r.board.partition_alignment == 1_MiB);
        CHECK(r.board.places("idbloader.img").at == ic::offset{64_sectors});
        CHECK(r.board.places("idbloader.img").range().end() == ic::offset{7168_sectors});
        CHECK(r.board.places("u-boot.itb").at == ic::offset{16384_sectors});
        CHECK(r.board.places("u-boot.itb").range().end() == ic::offset{32768_sectors});
        CHECK(r.board.places("u-boot-rockchip.bin").at == ic::offset{64_sectors});
        CHECK(r.board.places("u-boot-rockchip.bin").alternative);
    }
}

TEST_CASE("the boards are all of the table, each with the device tree of its SoC") {
    CHECK(ic::rockchip::boards.size() == 35);
    for (const ic::board* b : ic::rockchip::boards) {
        INFO(b->name);
        std::string soc;
        for (const char c : b->soc) soc += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        CHECK(b->dtb.starts_with("rockchip/" + soc + '-'));
        CHECK(b->console == (b->soc == "RK3308" || b->soc == "RK3576" ? "ttyS0,1500000" : "ttyS2,1500000"));
    }
}

TEST_CASE("what goes into SPI flash is where the SoC and the board look for it") {
    const auto u_boot_at = [](const ic::board& b) { return b.spi ? b.spi->u_boot.count : 0; };
    CHECK(u_boot_at(ic::rockchip::orangepi_5) == 0x60000);
    CHECK(u_boot_at(ic::rockchip::rock_5b) == 0x60000);
    CHECK(u_boot_at(ic::rockchip::odroid_m1) == 0x100000);
    CHECK(u_boot_at(ic::rockchip::rockpro64) == 0xE0000);
    CHECK(u_boot_at(ic::rockchip::nanopi_r2s) == 0);
    CHECK(ic::rockchip::rockpro64.spi->spread);
    CHECK(ic::rockchip::rockpro64.spi->idbloader == ic::offset{});
    CHECK_FALSE(ic::rockchip::rock64.spi->spread);
    CHECK(ic::rockchip::rock64.spi->idbloader == ic::offset{0x8000_B});
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
