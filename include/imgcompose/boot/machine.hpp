// SPDX-License-Identifier: BSL-1.0
// For which processor a program is, in the numbers of the formats that say so.
// Source: PE/COFF specification, "Machine Types"; ELF gABI e_machine; UEFI 2.10, 3.5.1.1 "Removable Media Boot
// Behavior".
#pragma once

#include <imgcompose/boot/uimage.hpp>

#include <array>
#include <cstdint>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

enum class machine : std::uint8_t { unknown, arm, arm64, x86, x86_64, riscv32, riscv64, loongarch64 };

namespace detail {
struct machine_numbers {
    machine is;
    std::string_view name;     ///< as U-Boot and people call it
    std::uint16_t pe;          ///< COFF Machine
    std::uint16_t elf;         ///< e_machine
    std::uint8_t elf_class;    ///< 1: 32 bits, 2: 64
    std::string_view efi_name; ///< in BOOT*.EFI and systemd-boot*.efi
    std::string_view efi_file; ///< UEFI's fallback, in /EFI/BOOT
};
inline constexpr std::array machines{
    machine_numbers{machine::arm, "arm", 0x01c2, 40, 1, "arm", "BOOTARM.EFI"},
    machine_numbers{machine::arm64, "arm64", 0xaa64, 183, 2, "aa64", "BOOTAA64.EFI"},
    machine_numbers{machine::x86, "x86", 0x014c, 3, 1, "ia32", "BOOTIA32.EFI"},
    machine_numbers{machine::x86_64, "x86_64", 0x8664, 62, 2, "x64", "BOOTX64.EFI"},
    machine_numbers{machine::riscv32, "riscv32", 0x5032, 243, 1, "riscv32", "BOOTRISCV32.EFI"},
    machine_numbers{machine::riscv64, "riscv64", 0x5064, 243, 2, "riscv64", "BOOTRISCV64.EFI"},
    machine_numbers{machine::loongarch64, "loongarch64", 0x6264, 258, 2, "loongarch64", "BOOTLOONGARCH64.EFI"},
};
constexpr const machine_numbers* numbers_of(machine m) {
    for (const auto& n : machines)
        if (n.is == m) return &n;
    return nullptr;
}
} // namespace detail

constexpr std::string_view name_of(machine m) {
    const auto* n = detail::numbers_of(m);
    return n != nullptr ? n->name : "an unknown processor";
}

/// That of which `name_of` is the name.
constexpr machine machine_named(std::string_view name) {
    for (const auto& n : detail::machines)
        if (n.name == name) return n.is;
    return machine::unknown;
}

constexpr machine machine_of_pe(std::uint16_t number) {
    if (number == 0x01c0 || number == 0x01c4) return machine::arm; // without Thumb, with Thumb-2
    for (const auto& n : detail::machines)
        if (n.pe == number) return n.is;
    return machine::unknown;
}

/// `elf_class` is EI_CLASS: 1 for 32 bits, 2 for 64.
constexpr machine machine_of_elf(std::uint16_t number, std::uint8_t elf_class) {
    for (const auto& n : detail::machines)
        if (n.elf == number && n.elf_class == elf_class) return n.is;
    return machine::unknown;
}

/// Of the word in a FIT's `arch`; U-Boot has one for both widths of riscv, of which the boards are of 64 bits.
constexpr machine machine_of_fit(std::string_view arch) {
    return arch == "riscv" ? machine::riscv64 : machine_named(arch);
}

constexpr machine machine_of_uimage(std::uint8_t arch) {
    switch (static_cast<uimage_arch>(arch)) {
    case uimage_arch::arm: return machine::arm;
    case uimage_arch::arm64: return machine::arm64;
    case uimage_arch::x86: return machine::x86;
    case uimage_arch::x86_64: return machine::x86_64;
    case uimage_arch::riscv: return machine::riscv64;
    default: return machine::unknown;
    }
}

IMGCOMPOSE_NAMESPACE_END
