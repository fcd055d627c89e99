// SPDX-License-Identifier: BSL-1.0
// Whether kernel and device tree fit between the addresses at which a board's U-Boot loads files: what is loaded behind
// a kernel that is too large gets overwritten, and the board stops without a word.
// Source: U-Boot arch/arm/lib/image.c, booti_setup (where the kernel is moved to), and cmd/booti.c, booti_start (which
// moves all of image_size before the ramdisk is moved away).
#pragma once

#include <imgcompose/board/board.hpp>
#include <imgcompose/boot/arm64_image.hpp>
#include <imgcompose/core/finding.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// From `address` to the next at which something is loaded; nothing if nothing is.
constexpr std::optional<bytes> window_from(const load_addresses& load, memory_address address,
                                           bool compressed = false) {
    std::optional<std::uint64_t> next;
    for (const memory_address other : {load.kernel, load.ramdisk, load.fdt, load.fdt_overlay,
                                       compressed ? load.kernel_compressed : memory_address{}})
        if (other > address && (!next || other.value < *next)) next = other.value;
    if (!next) return {};
    return bytes{*next - address.value};
}

/// Where `booti` moves a kernel that was loaded at kernel_addr_r: up to a multiple of 2 MiB if it may lie anywhere. One
/// that may not (before Linux 4.6) goes to the start of memory, which is not known here: then this is where it was
/// loaded.
constexpr memory_address placed_at(const load_addresses& load, const arm64_image& kernel) {
    if (!kernel.anywhere || kernel.text_offset.count > load.kernel.value) return load.kernel;
    constexpr bytes boundary = 2_MiB;
    return {round_up(load.kernel.value - kernel.text_offset.count, boundary.count) + kernel.text_offset.count};
}

/// Of what is loaded beside the kernel's own header; zero: not known, or none.
struct loaded_sizes {
    bytes kernel_file{};     ///< as it is on the medium
    bool compressed = false; ///< it is unpacked from kernel_comp_addr_r
    bytes fdt{};
    bytes fdt_overlay{};
};

/// All that would overwrite something else on a board whose load addresses are known. `kernel` is the header of the
/// unpacked kernel; without it, as of a compressed one, what is loaded beside is judged alone.
inline std::vector<finding> check_loads(const load_addresses& load, const std::optional<arm64_image>& kernel,
                                        const loaded_sizes& sizes = {}) {
    std::vector<finding> findings;
    if (load.kernel == memory_address{}) return findings;
    const auto error = [&](std::string message) { findings.push_back({.message = std::move(message)}); };
    const auto require = [&](std::string_view what, memory_address at, bytes size) {
        if (at == memory_address{}) return;
        const auto window = window_from(load, at, sizes.compressed);
        if (window && size > *window)
            error(text::join(what, " needs ", size.count, " bytes at ", text::hex(at.value), ", ",
                             (size - *window).count,
                             " more than lie before what U-Boot loads behind it; make it smaller, or use a U-Boot with "
                             "other addresses"));
    };
    if (kernel) require("the kernel", placed_at(load, *kernel), kernel->image_size);
    require("the device tree", load.fdt, sizes.fdt);
    require("a device tree overlay", load.fdt_overlay, sizes.fdt_overlay);
    if (!sizes.compressed) return findings;
    if (load.kernel_compressed == memory_address{})
        error(
            "the kernel is compressed, and the board's U-Boot has no kernel_comp_addr_r to unpack it from; decompress "
            "it");
    else if (sizes.kernel_file > load.kernel_compressed_maximum)
        error(text::join("the compressed kernel has ", sizes.kernel_file.count, " bytes; U-Boot takes at most ",
                         load.kernel_compressed_maximum.count, " (kernel_comp_size); decompress it"));
    return findings;
}

IMGCOMPOSE_NAMESPACE_END
