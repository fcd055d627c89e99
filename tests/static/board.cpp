// SPDX-License-Identifier: BSL-1.0
// What a program can ask of a board while it is compiled.
#include <imgcompose/board/load_check.hpp>
#include <imgcompose/rockchip.hpp>

namespace {

namespace ic = imgcompose;
using namespace ic::literals;

constexpr const ic::board& r2s = ic::rockchip::nanopi_r2s;
static_assert(r2s.places("idbloader.img").at == ic::offset{64_sectors});
static_assert(r2s.places("u-boot.itb").at == ic::offset{8_MiB});
static_assert(r2s.partition_floor == ic::offset{16_MiB});
static_assert(ic::window_from(r2s.load, r2s.load.kernel) == 65024_KiB); // 63.5 MiB
constexpr const ic::load_addresses& of_rk3588 = ic::rockchip::orangepi_5.load;
static_assert(ic::window_from(of_rk3588, of_rk3588.kernel) == 256_MiB);
static_assert(ic::window_from(of_rk3588, of_rk3588.kernel, true) == 128_MiB);
static_assert(ic::window_from(r2s.load, r2s.load.fdt) == 1_MiB);

// A board of one's own is checked as well.
constexpr ic::board derived = [] {
    ic::board b = r2s;
    b.name = "mine";
    b.partition_floor = ic::offset{32_MiB};
    return b;
}();
static_assert(ic::check(derived));

} // namespace
