// SPDX-License-Identifier: BSL-1.0
// u-boot.itb from what the builds of U-Boot and its firmware hand out: u-boot-nodtb.bin, bl31.elf, tee.elf, device
// trees. Source: U-Boot arch/arm/dts/rockchip-u-boot.dtsi and sunxi-u-boot.dtsi (names, types, order);
// tools/binman/etype/fit.py, split-elf (one image a segment, `entry` in the first alone); common/spl/spl_fit.c (what
// SPL reads).
#pragma once

#include <imgcompose/boot/elf.hpp>
#include <imgcompose/boot/fit.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void u_boot_fit_incomplete(std::string_view what) {
    throw input_error(text::join("u-boot.itb needs ", what));
}
[[noreturn]] inline void firmware_for_other_machine(std::string_view name, machine is, machine board) {
    throw format_error(
        text::join(name, " is for ", name_of(is), ", but the board is ", name_of(board), "; take the one for it"));
}
[[noreturn]] inline void firmware_without_segments(std::string_view name) {
    throw format_error(text::join(name, " has nothing to load"));
}
} // namespace fail

struct u_boot_device_tree {
    std::string name{}; ///< "rk3328-rock64": SPL of several boards chooses by it
    image content{};
};

struct u_boot_fit_parts {
    image u_boot{}; ///< u-boot-nodtb.bin
    std::uint64_t u_boot_address =
        0;        ///< CONFIG_TEXT_BASE: 0x200000 on rk3328 and rk3399, 0xa00000 on rk356x and rk3588
    image bl31{}; ///< an ELF file
    image tee{};  ///< an ELF file; empty: none
    std::vector<u_boot_device_tree> device_trees{}; ///< one configuration each
    machine board = machine::arm64;
    std::vector<std::string> hashes{}; ///< of each image: "sha256" where SPL verifies (CONFIG_SPL_FIT_SIGNATURE)
    std::chrono::seconds time{0};      ///< since 1970
};

namespace detail {

// The segments of an ELF file as images "NAME-1", "NAME-2", ...; returns their names.
inline std::vector<std::string> add_segments(fit_source& to, const u_boot_fit_parts& parts, const image& elf,
                                             const fit_image& pattern) {
    const window file{elf};
    const elf_program program = read_elf(file);
    if (program.built_for != parts.board)
        fail::firmware_for_other_machine(pattern.name, program.built_for, parts.board);
    if (program.segments.empty()) fail::firmware_without_segments(pattern.name);
    std::vector<std::string> names;
    for (const elf_segment& s : program.segments) {
        fit_image i = pattern;
        i.name = text::join(pattern.name, '-', names.size() + 1);
        i.data = file.part(s.at, s.size).copy();
        i.load = s.address;
        if (names.empty()) i.entry = program.entry;
        names.push_back(i.name);
        to.images.push_back(std::move(i));
    }
    return names;
}

} // namespace detail

/// For `fit`, whose external data is where SPL looks for it. Throws format_error for firmware that is no ELF file or
/// for another processor, input_error if U-Boot, BL31 or a device tree is missing.
inline fit_source u_boot_fit(const u_boot_fit_parts& parts) {
    if (parts.u_boot.size() == bytes{}) fail::u_boot_fit_incomplete("U-Boot itself (u-boot-nodtb.bin)");
    if (parts.bl31.size() == bytes{}) fail::u_boot_fit_incomplete("BL31 (bl31.elf), or nothing starts U-Boot");
    if (parts.device_trees.empty()) fail::u_boot_fit_incomplete("a device tree for U-Boot");
    const std::string arch{name_of(parts.board)};
    fit_source f{.description = "FIT image for U-Boot with bl31 (TF-A)", .time = parts.time};
    f.images.push_back({.name = "u-boot",
                        .description = "U-Boot",
                        .data = parts.u_boot,
                        .type = "standalone",
                        .arch = arch,
                        .os = "u-boot",
                        .compression = "none",
                        .load = parts.u_boot_address,
                        .hashes = parts.hashes});
    const auto firmware = detail::add_segments(f, parts, parts.bl31,
                                               {.name = "atf",
                                                .description = "ARM Trusted Firmware",
                                                .type = "firmware",
                                                .arch = arch,
                                                .os = "arm-trusted-firmware",
                                                .compression = "none",
                                                .hashes = parts.hashes});
    std::vector<std::string> loadables{"u-boot"};
    loadables.insert(loadables.end(), firmware.begin() + 1, firmware.end());
    if (parts.tee.size() != bytes{}) {
        const auto tee = detail::add_segments(f, parts, parts.tee,
                                              {.name = "tee",
                                               .description = "TEE",
                                               .type = "tee",
                                               .arch = arch,
                                               .os = "tee",
                                               .compression = "none",
                                               .hashes = parts.hashes});
        loadables.insert(loadables.end(), tee.begin(), tee.end());
    }
    for (const u_boot_device_tree& t : parts.device_trees) {
        const std::string number = std::to_string(f.configurations.size() + 1);
        f.images.push_back({.name = "fdt-" + number,
                            .description = t.name,
                            .data = t.content,
                            .type = "flat_dt",
                            .compression = "none",
                            .hashes = parts.hashes});
        f.configurations.push_back({.name = "config-" + number,
                                    .description = t.name,
                                    .firmware = firmware.front(),
                                    .loadables = loadables,
                                    .fdt = {"fdt-" + number}});
    }
    return f;
}

IMGCOMPOSE_NAMESPACE_END
