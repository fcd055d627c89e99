// SPDX-License-Identifier: BSL-1.0
// What a file that is to be booted is: which kind of kernel, for which processor.
// Source: Linux Documentation/arch/arm64/booting.rst, arch/x86/boot.rst (HdrS, xloadflags), arch/arm/booting.rst
// (zImage), drivers/firmware/efi/libstub/zboot-header.S; the magic numbers of the compressors, as in Linux
// lib/decompress.c.
#pragma once

#include <imgcompose/boot/arm64_image.hpp>
#include <imgcompose/boot/fit_read.hpp>
#include <imgcompose/boot/pe.hpp>
#include <imgcompose/core/finding.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

enum class kernel_kind : std::uint8_t {
    unknown,
    empty,
    arm64_image,
    riscv_image,
    arm_zimage,
    x86_bzimage,
    efi_zboot, ///< vmlinuz.efi: unpacks itself under UEFI
    efi_program,
    elf, ///< vmlinux
    uimage,
    fit,
    device_tree,
    android_boot,
    compressed, ///< what is in it cannot be told
};

constexpr std::string_view name_of(kernel_kind k) {
    switch (k) {
    case kernel_kind::unknown: return "an unknown file";
    case kernel_kind::empty: return "an empty file";
    case kernel_kind::arm64_image: return "an arm64 Image";
    case kernel_kind::riscv_image: return "a riscv Image";
    case kernel_kind::arm_zimage: return "a zImage";
    case kernel_kind::x86_bzimage: return "a bzImage";
    case kernel_kind::efi_zboot: return "an EFI zboot image";
    case kernel_kind::efi_program: return "an EFI program";
    case kernel_kind::elf: return "an ELF file";
    case kernel_kind::uimage: return "a uImage";
    case kernel_kind::fit: return "a FIT";
    case kernel_kind::device_tree: return "a device tree";
    case kernel_kind::android_boot: return "an Android boot image";
    case kernel_kind::compressed: return "a compressed file";
    }
    return "an unknown file";
}

struct found_kernel {
    kernel_kind kind = kernel_kind::unknown;
    machine built_for = machine::unknown;
    std::string compression{};           ///< "gzip", ...: of the file, or what an EFI zboot image holds
    bytes size{};                        ///< of the file
    bytes memory{};                      ///< needed where it runs; 0: not known
    std::optional<arm64_image> header{}; ///< of an arm64 Image
    bool is_efi_application = false;     ///< UEFI can start it
    bool has_kernel = true;              ///< false: a FIT whose default configuration names none

    /// "a bzImage for x86_64", "a file compressed with gzip".
    [[nodiscard]] std::string describe() const {
        if (kind == kernel_kind::compressed) return text::join("a file compressed with ", compression);
        const bool says_it = kind == kernel_kind::arm64_image || kind == kernel_kind::riscv_image;
        if (built_for == machine::unknown || says_it) return std::string{name_of(kind)};
        return text::join(name_of(kind), " for ", name_of(built_for));
    }
};

namespace detail {

class kernel_recogniser {
public:
    explicit kernel_recogniser(const window& file)
        : file_(file), start_(file.take(offset{}, 4_KiB)),
          text_(reinterpret_cast<const char*>(start_.data()), start_.size()) {
        found_.size = file.size();
    }

    found_kernel recognise() {
        if (start_.empty()) return is(kernel_kind::empty);
        if (const auto pe = read_pe(file_)) {
            found_.built_for = pe->built_for;
            found_.is_efi_application = pe->is_efi_application();
        }
        // Kernels with an EFI stub are PE files too, so their own magic numbers come first.
        if (bzimage_file.begins(text_)) return bzimage();
        if (pe_file.begins(text_) && zboot_file.begins(text_)) {
            found_.compression = std::string{field(24, 32)};
            return is(kernel_kind::efi_zboot);
        }
        if (is_arm64_image(start_)) return arm64();
        if (riscv_file.begins(text_)) {
            found_.memory = bytes{number<le64>(16)};
            return is(kernel_kind::riscv_image, machine::riscv64);
        }
        if (zimage_file.begins(text_)) return is(kernel_kind::arm_zimage, machine::arm);
        if (elf_file.begins(text_)) return elf();
        if (pe_file.begins(text_)) return is(kernel_kind::efi_program);
        if (uimage_file.begins(text_)) return is(kernel_kind::uimage, machine_of_uimage(byte(29)));
        if (fdt_file.begins(text_)) return fit_or_device_tree();
        if (android_file.begins(text_)) return is(kernel_kind::android_boot);
        found_.compression = compression_of(text_);
        if (!found_.compression.empty()) return is(kernel_kind::compressed);
        return found_;
    }

private:
    [[nodiscard]] std::string_view field(std::size_t at, std::size_t size) const {
        if (text_.size() < at) return {};
        const auto f = text_.substr(at, size);
        return f.substr(0, f.find('\0'));
    }
    // Zero where the file ends before.
    template <disk_field F> [[nodiscard]] std::uint64_t number(std::size_t at) const {
        if (start_.size() < at + sizeof(F)) return 0;
        return from_disk(struct_from<F>(std::span{start_}.subspan(at)));
    }
    [[nodiscard]] std::uint8_t byte(std::size_t at) const {
        return at < start_.size() ? std::to_integer<std::uint8_t>(start_[at]) : std::uint8_t{0};
    }
    found_kernel is(kernel_kind kind) {
        found_.kind = kind;
        return found_;
    }
    found_kernel is(kernel_kind kind, machine built_for) {
        found_.built_for = built_for;
        return is(kind);
    }

    found_kernel bzimage() {
        const bool knows_64_bits = number<le16>(0x206) >= 0x20c && (number<le16>(0x236) & 1) != 0;
        if (number<le16>(0x206) >= 0x20a) found_.memory = bytes{number<le32>(0x260)};
        return is(kernel_kind::x86_bzimage, knows_64_bits ? machine::x86_64 : machine::x86);
    }
    found_kernel arm64() {
        try {
            found_.header = read_arm64_image(start_);
            found_.memory = found_.header->memory_needed();
        } catch (const format_error&) {
            return found_; // a damaged header: unknown
        }
        return is(kernel_kind::arm64_image, machine::arm64);
    }
    found_kernel elf() {
        const bool big_endian = byte(5) == 2; // EI_DATA
        const auto e_machine = static_cast<std::uint16_t>(big_endian ? number<be16>(18) : number<le16>(18));
        return is(kernel_kind::elf, machine_of_elf(e_machine, byte(4)));
    }
    found_kernel fit_or_device_tree() {
        try {
            const auto fit = read_fit(file_, {.most_hashed = 0_B});
            found_.kind = kernel_kind::fit;
            const auto* kernel = fit.find_image(fit.configuration().kernel);
            found_.has_kernel = kernel != nullptr;
            if (kernel != nullptr) {
                found_.built_for = machine_of_fit(kernel->arch);
                found_.compression = kernel->compression == "none" ? "" : kernel->compression;
            }
        } catch (const error&) { // no configuration, or no FIT at all
            if (found_.kind == kernel_kind::unknown) found_.kind = kernel_kind::device_tree;
            found_.has_kernel = false;
        }
        return found_;
    }

    window file_;
    owned_bytes start_;
    std::string_view text_;
    found_kernel found_{};
};

} // namespace detail

/// Looks at the start of a file, and into the tree of a FIT. Never throws for what is in it.
inline found_kernel recognise_kernel(const window& file) { return detail::kernel_recogniser{file}.recognise(); }

/// What starts the kernel.
enum class kernel_loader : std::uint8_t {
    from_u_boot, ///< extlinux.conf or a script, with booti, bootz or bootm
    from_uefi,   ///< firmware or systemd-boot
};

/// What keeps `kernel` from being started on a board with this processor; `name` is for the messages.
inline std::vector<finding> check_kernel(const found_kernel& kernel, machine board,
                                         kernel_loader by = kernel_loader::from_u_boot,
                                         std::string_view name = "the kernel") {
    const auto one = [&](severity how_bad, std::string_view what, std::string_view remedy) {
        return std::vector{
            finding{.how_bad = how_bad, .message = text::join(name, " is ", kernel.describe(), what, "; ", remedy)}};
    };
    const std::string take = text::join("take a kernel for ", name_of(board));
    if (kernel.kind == kernel_kind::unknown || kernel.kind == kernel_kind::empty ||
        kernel.kind == kernel_kind::device_tree || kernel.kind == kernel_kind::android_boot)
        return one(severity::error, "", take);
    if (kernel.built_for != machine::unknown && board != machine::unknown && kernel.built_for != board)
        return one(severity::error, text::join(", but the board is ", name_of(board)), take);
    if (by == kernel_loader::from_uefi) {
        if (kernel.is_efi_application) return {};
        return one(severity::error, ", which UEFI cannot start", "take a kernel with an EFI stub");
    }
    switch (kernel.kind) {
    case kernel_kind::fit:
        if (kernel.has_kernel) return {};
        return one(severity::error, ", whose default configuration has no kernel", "name one in it");
    case kernel_kind::elf:
        return one(severity::error, ", which U-Boot does not boot as Linux", "take arch/*/boot/Image");
    case kernel_kind::efi_zboot: return one(severity::error, ", which only UEFI boots", "take arch/arm64/boot/Image");
    case kernel_kind::efi_program: return one(severity::error, ", but no kernel that U-Boot boots", take);
    case kernel_kind::compressed:
        if (kernel.compression == "xz") return one(severity::error, ", which U-Boot cannot unpack", "decompress it");
        return one(
            severity::warning,
            ", which U-Boot unpacks only where kernel_comp_addr_r and kernel_comp_size are set, and 2017.09 never",
            "decompress it to be safe");
    default: return {};
    }
}

IMGCOMPOSE_NAMESPACE_END
