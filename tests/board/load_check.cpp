// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/load_check.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::has;

namespace {

// Source: U-Boot include/configs/rk3328_common.h and rk3399_common.h.
constexpr ic::load_addresses rk3328{.fdt = {0x01e00000},
                                    .fdt_overlay = {0x01f00000},
                                    .kernel = {0x02080000},
                                    .ramdisk = {0x06000000},
                                    .kernel_compressed = {0x08000000},
                                    .kernel_compressed_maximum = 32_MiB};
constexpr ic::load_addresses rk3399{.fdt = {0x12000000},
                                    .fdt_overlay = {0x12100000},
                                    .kernel = {0x02000000},
                                    .ramdisk = {0x12180000},
                                    .kernel_compressed = {0x0a000000},
                                    .kernel_compressed_maximum = 128_MiB};

static_assert(ic::window_from(rk3328, rk3328.kernel) == ic::bytes{63_MiB} + 512_KiB);
static_assert(ic::window_from(rk3328, rk3328.fdt) == ic::bytes{1_MiB});
static_assert(ic::window_from(rk3399, rk3399.kernel) == ic::bytes{256_MiB});
static_assert(ic::window_from(rk3399, rk3399.kernel, true) == ic::bytes{128_MiB});
static_assert(!ic::window_from(rk3399, rk3399.ramdisk));
static_assert(ic::window_from({.fdt = {100}, .fdt_overlay = {150}, .kernel = {200}, .ramdisk = {500}}, {100}) == 50_B);
// booti moves a kernel at 0x02080000 up to 0x02200000.
static_assert(ic::placed_at(rk3328, {.anywhere = true}).value == 0x02200000);
static_assert(ic::placed_at(rk3328, {.text_offset = 512_KiB, .anywhere = true}).value == 0x02080000);
static_assert(ic::placed_at(rk3328, {}).value == 0x02080000);
static_assert(ic::placed_at(rk3399, {.anywhere = true}).value == 0x02000000);
static_assert(ic::placed_at({.kernel = {100}}, {.text_offset = 512_KiB, .anywhere = true}).value == 100);

std::string found(const ic::load_addresses& load, ic::bytes image_size, const ic::loaded_sizes& sizes = {}) {
    std::string all;
    for (const auto& f : ic::check_loads(load, ic::arm64_image{.image_size = image_size, .anywhere = true}, sizes))
        all += f.message + '\n';
    return all;
}

} // namespace

TEST_CASE("a kernel fits up to the last byte before the ramdisk") {
    CHECK(found(rk3328, 62_MiB).empty());
    CHECK(has(found(rk3328, ic::bytes{62_MiB} + 1_B), "the kernel needs 65011713 bytes at 0x2200000, 1 more than lie"));
    CHECK(found(rk3399, 256_MiB).empty());
    CHECK_FALSE(found(rk3399, ic::bytes{256_MiB} + 1_B).empty());
    CHECK(found({}, 1_GiB).empty()); // a board whose addresses are not known
}

TEST_CASE("what else is loaded has its room") {
    CHECK(found(rk3328, 30_MiB, {.fdt = 1_MiB, .fdt_overlay = 1536_KiB}).empty());
    CHECK(has(found(rk3328, 30_MiB, {.fdt = ic::bytes{1_MiB} + 1_B}), "the device tree needs 1048577 bytes"));
    CHECK(has(found(rk3328, 30_MiB, {.fdt_overlay = 2_MiB}), "a device tree overlay needs"));
    CHECK(found(rk3328, 30_MiB, {.kernel_file = 32_MiB, .compressed = true}).empty());
    CHECK(has(found(rk3328, 30_MiB, {.kernel_file = ic::bytes{32_MiB} + 1_B, .compressed = true}),
              "the compressed kernel has 33554433 bytes; U-Boot takes at most 33554432"));
    CHECK(
        has(found({.kernel = {0x2000000}, .ramdisk = {0x4000000}}, 30_MiB, {.kernel_file = 1_MiB, .compressed = true}),
            "no kernel_comp_addr_r"));
    CHECK(has(found(rk3399, 200_MiB, {.kernel_file = 1_MiB, .compressed = true}), "the kernel needs"));
}

TEST_CASE("without a kernel's header all else is judged") {
    const auto without = [](const ic::load_addresses& load, const ic::loaded_sizes& sizes) { return ic::check_loads(load, {}, sizes).size(); };
    CHECK(without(rk3328, {.kernel_file = ic::bytes{33_MiB}, .compressed = true}) == 1);
    CHECK(without(rk3328, {.kernel_file = 32_MiB, .compressed = true, .fdt = 2_MiB}) == 1);
    CHECK(without({}, {.kernel_file = 1_GiB, .compressed = true, .fdt = 1_GiB}) == 0); // addresses that are not known
}
