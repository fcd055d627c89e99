// SPDX-License-Identifier: BSL-1.0
// Who has to read what we write: filesystems and boot files are made so that all of these can.
#pragma once

#include <imgcompose/version.hpp>

#include <cstdint>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// In order of how much they can read: what an earlier one reads, the later ones do too.
enum class reader : std::uint8_t {
    u_boot_2017, ///< Rockchip's vendor U-Boot, version string 2017.09
    u_boot,      ///< U-Boot 2023.01 and later, the only one tested
    linux_kernel,
};

inline constexpr reader u_boot_2017 = reader::u_boot_2017;
inline constexpr reader u_boot = reader::u_boot;
inline constexpr reader linux_kernel = reader::linux_kernel;

constexpr std::string_view name_of(reader r) {
    switch (r) {
    case reader::u_boot_2017: return "U-Boot 2017.09";
    case reader::u_boot: return "U-Boot";
    case reader::linux_kernel: return "Linux";
    }
    return "unknown reader";
}

IMGCOMPOSE_NAMESPACE_END
