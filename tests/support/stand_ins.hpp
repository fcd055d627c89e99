// SPDX-License-Identifier: BSL-1.0
// Files that stand in for those of bootloaders and kernels: of the right form and a true size, with random bytes for the
// code. What checks a bootloader takes them for real ones.
#pragma once

#include <imgcompose/board/rockchip/idbloader.hpp>
#include <imgcompose/board/rockchip/vendor_images.hpp>
#include <imgcompose/boot/arm64_image.hpp>
#include <imgcompose/boot/fdt.hpp>
#include <imgcompose/boot/fit.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/inspect/artefact_format.hpp>

#include <tests/boot/pe_file.hpp>
#include <tests/boot/sha256sum.hpp>
#include <tests/support/bytes.hpp>

#include <algorithm>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imgcompose_test::stand_in {

namespace ic = imgcompose;

/// Bytes that no compression shrinks and that are never zero for long.
inline ic::owned_bytes code(std::size_t size) {
    std::mt19937 random{static_cast<std::uint32_t>(size)};
    ic::owned_bytes raw(size);
    for (std::byte& b : raw) b = static_cast<std::byte>(random() % 255 + 1);
    return raw;
}

inline std::string idbloader(std::string_view soc, std::size_t tpl = 30'000, std::size_t spl = 150'000,
                             bool for_spi = false) {
    return text_of(ic::rockchip::idbloader_bytes(soc, code(tpl), code(spl), {.sha256 = sha256_by_sha256sum, .for_spi = for_spi}));
}

/// A device tree of 60 KB.
inline std::string dtb(const std::vector<std::string>& compatible, const std::string& model = "A board") {
    ic::fdt tree;
    tree.root.properties = {ic::fdt_string("model", model), ic::fdt_strings("compatible", compatible),
                            {"padding", code(60'000)}};
    return text_of(ic::fdt_bytes(tree));
}

struct u_boot {
    std::vector<std::string> compatible{};
    std::uint64_t load = 0x200000;
    std::size_t size = 700'000;
    std::vector<std::string> hashes{"sha256"};
    std::string arch = "arm64";
};
/// u-boot.itb
inline std::string itb(const u_boot& u) {
    ic::fit_source f{.description = "FIT image for U-Boot with bl31 (TF-A)"};
    f.images = {{.name = "u-boot", .data = ic::owned(code(u.size)), .type = "standalone", .arch = u.arch, .os = "u-boot",
                 .compression = "none", .load = u.load, .hashes = u.hashes},
                {.name = "atf-1", .data = ic::owned(code(150'000)), .type = "firmware", .arch = u.arch,
                 .os = "arm-trusted-firmware", .compression = "none", .load = 0x40000, .entry = 0x40000, .hashes = u.hashes},
                {.name = "fdt-1", .data = ic::from_text(dtb(u.compatible)), .type = "flat_dt", .compression = "none",
                 .hashes = u.hashes}};
    f.configurations = {{.name = "config-1", .description = "board", .firmware = "atf-1", .loadables = {"u-boot"}, .fdt = {"fdt-1"}}};
    return text_of(ic::read_all(ic::fit(f, {.sha256 = sha256_by_sha256sum})));
}

/// sunxi-spl.bin
inline std::string sunxi_spl(std::size_t size = 30'000) {
    ic::owned_bytes raw = code(size / 4 * 4);
    ic::egon_header h{};
    h.magic = {'e', 'G', 'O', 'N', '.', 'B', 'T', '0'};
    h.check_sum = ic::to_disk(ic::egon_stamp);
    h.length = ic::to_disk(static_cast<std::uint32_t>(raw.size()));
    ic::put_struct(raw, h);
    std::uint32_t sum = 0;
    for (std::span<const std::byte> rest{raw}; !rest.empty(); rest = rest.subspan(4))
        sum += ic::from_disk(ic::struct_from<ic::le32>(rest));
    h.check_sum = ic::to_disk(sum);
    ic::put_struct(raw, h);
    return text_of(raw);
}
/// u-boot-sunxi-with-spl.bin
inline std::string sunxi(const std::vector<std::string>& compatible) {
    std::string all = sunxi_spl();
    all.resize(32768);
    return all + itb({.compatible = compatible, .load = 0x4a000000, .size = 600'000});
}

/// flash.bin of an i.MX 8M, whose table is at its start.
inline std::string imx8(std::size_t size = 1'500'000) {
    ic::owned_bytes raw = code(size);
    constexpr std::uint32_t self = 0x7e0fc0;
    ic::image_vector_table h{};
    h.tag = 0xd1, h.version = 0x41;
    h.length = ic::to_disk(std::uint16_t{sizeof h});
    h.entry = ic::to_disk(0x7e1000u);
    h.boot_data = ic::to_disk(self + std::uint32_t{sizeof h});
    h.self = ic::to_disk(self);
    ic::imx_boot_data d{};
    d.start = ic::to_disk(self);
    d.size = ic::to_disk(static_cast<std::uint32_t>(200'000));
    ic::put_struct(raw, h);
    ic::put_struct(std::span{raw}.subspan(sizeof h), d);
    return text_of(raw);
}

/// The header of a kernel for arm64 that needs so much memory, and some code.
inline std::string kernel(std::uint64_t memory = 20u << 20) {
    ic::owned_bytes k = code(65'536);
    ic::arm64_image_header h{};
    h.image_size = ic::to_disk(memory);
    h.flags = ic::to_disk(std::uint64_t{0xa});
    h.magic = {'A', 'R', 'M', 'd'};
    ic::put_struct(k, h);
    return text_of(k);
}
/// A kernel for riscv64. Source: Linux Documentation/arch/riscv/boot-image-header.rst.
inline std::string riscv_kernel() {
    std::string k = text_of(code(65'536));
    k.replace(16, 8, std::string("\0\0\x40\x01\0\0\0\0", 8));
    k.replace(48, 5, std::string("RISCV"));
    k.replace(56, 4, "RSC\x05");
    return k;
}
inline std::string efi_program(std::uint16_t machine = 0xaa64) {
    return text_of(pe_file(machine));
}

} // namespace imgcompose_test::stand_in
