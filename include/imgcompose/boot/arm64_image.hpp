// SPDX-License-Identifier: BSL-1.0
// The header of an arm64 Linux Image, which `booti` needs.
// Source: Linux Documentation/arch/arm64/booting.rst, section 4; U-Boot arch/arm/lib/image.c, booti_setup.
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/core/units.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

struct arm64_image_header {
    le32 code0, code1;
    le64 text_offset; ///< where to load, from a 2 MiB boundary
    le64 image_size;  ///< memory needed from there, with what is cleared at start; 0: unknown (before Linux 3.17)
    le64 flags;       ///< bit 0: big-endian; 1-2: page size; 3: may lie anywhere
    le64 res2, res3, res4;
    std::array<char, 4> magic; ///< "ARM\x64"
    le32 res5;                 ///< offset of the PE header
};
static_assert(disk_struct<arm64_image_header> && sizeof(arm64_image_header) == 64);
static_assert(offsetof(arm64_image_header, flags) == 24 && offsetof(arm64_image_header, magic) == 56);

namespace fail {
[[noreturn]] inline void not_an_arm64_image(std::string_view name, std::string_view what) {
    throw format_error(text::join(name, " is not an arm64 Image: ", what));
}
} // namespace fail

enum class arm64_page_size : std::uint8_t { unspecified, four_kib, sixteen_kib, sixty_four_kib };

struct arm64_image {
    bytes text_offset{};
    bytes image_size{}; ///< as U-Boot takes it: 16 MiB where the header says 0
    arm64_page_size page_size = arm64_page_size::unspecified;
    bool big_endian = false;
    bool anywhere = false; ///< need not lie at the start of memory

    /// From the 2 MiB boundary at which it is loaded.
    [[nodiscard]] constexpr bytes memory_needed() const { return text_offset + image_size; }
};

namespace detail {
struct file_magic {
    std::size_t at;
    std::string_view magic;

    [[nodiscard]] constexpr bool begins(std::string_view file) const {
        return file.size() >= at && file.substr(at).starts_with(magic);
    }
};
inline constexpr file_magic bzimage_file{0x202, "HdrS"}, uimage_file{0, {"\x27\x05\x19\x56", 4}},
    fdt_file{0, {"\xd0\x0d\xfe\xed", 4}}, elf_file{0, "\x7f\x45LF"}, zboot_file{4, "zimg"},
    zimage_file{0x24, {"\x18\x28\x6f\x01", 4}}, riscv_file{0x38, {"RSC\x05", 4}}, pe_file{0, "MZ"},
    android_file{0, "ANDROID!"};

struct other_file {
    file_magic is;
    std::string_view what;
};
// In this order: an EFI zboot image is a PE file too.
inline constexpr std::array other_files{
    other_file{bzimage_file, "it is a bzImage, a kernel for x86; take the arm64 kernel"},
    other_file{uimage_file, "it is a uImage, which `bootm` boots"},
    other_file{fdt_file, "it is a FIT or a device tree"},
    other_file{elf_file, "it is an ELF file, such as vmlinux; take arch/arm64/boot/Image"},
    other_file{zboot_file, "it is an EFI zboot image (vmlinuz.efi), which only UEFI boots; take arch/arm64/boot/Image"},
    other_file{zimage_file, "it is a zImage, a kernel for 32-bit arm"},
    other_file{riscv_file, "it is an Image for riscv"},
    other_file{pe_file, "it is an EFI program, but no arm64 kernel"},
};

// The compressors of Linux kernels, in U-Boot's words.
struct compression_magic {
    std::string_view name;
    std::string_view magic;
};
inline constexpr std::array compression_magics{
    compression_magic{"gzip", {"\x1f\x8b", 2}},
    compression_magic{"zstd", {"\x28\xb5\x2f\xfd", 4}},
    compression_magic{"xz", {"\xfd\x37zXZ\0", 6}},
    compression_magic{"lz4", {"\x04\x22\x4d\x18", 4}},
    compression_magic{"lz4 (old format)", {"\x02\x21\x4c\x18", 4}},
    compression_magic{"bzip2", "BZh"},
    compression_magic{"lzo", {"\x89LZO\0\r\n\x1a\n", 9}},
    compression_magic{"lzma", {"\x5d\0\0", 3}},
};

/// The name of the compressor that made what begins with `start`; empty if none is known.
constexpr std::string_view compression_of(std::string_view start) {
    for (const auto& m : compression_magics)
        if (start.starts_with(m.magic)) return m.name;
    return {};
}

inline std::string what_instead_of_arm64_image(std::span<const std::byte> start) {
    const std::string_view begins{reinterpret_cast<const char*>(start.data()), start.size()};
    for (const auto& other : other_files)
        if (other.is.begins(begins)) return std::string{other.what};
    if (const auto compressor = compression_of(begins); !compressor.empty())
        return text::join("it is compressed with ", compressor, "; decompress it, or put it into a FIT");
    if (start.empty()) return "it is empty";
    if (start.size() < sizeof(arm64_image_header)) return "it is shorter than the header of 64 bytes";
    return "the magic number \"ARM\\x64\" is missing at byte 56";
}
} // namespace detail

/// `start` begins with an arm64 Image; 64 bytes tell, 1 KiB is enough to say what else it may be.
inline bool is_arm64_image(std::span<const std::byte> start) {
    constexpr std::array<char, 4> magic{'A', 'R', 'M', '\x64'};
    return start.size() >= sizeof(arm64_image_header) && struct_from<arm64_image_header>(start).magic == magic;
}

/// Reads the header at the start of a kernel. Throws format_error naming what it is instead; `name` is for the message.
inline arm64_image read_arm64_image(std::span<const std::byte> start, std::string_view name = "the kernel") {
    if (!is_arm64_image(start)) fail::not_an_arm64_image(name, detail::what_instead_of_arm64_image(start));
    const auto h = struct_from<arm64_image_header>(start);
    const std::uint64_t flags = from_disk(h.flags);
    arm64_image i{.text_offset = bytes{from_disk(h.text_offset)},
                  .image_size = bytes{from_disk(h.image_size)},
                  .page_size = static_cast<arm64_page_size>(flags >> 1 & 3),
                  .big_endian = (flags & 1) != 0,
                  .anywhere = (flags & 8) != 0};
    if (i.image_size == bytes{}) i.image_size = 16_MiB, i.text_offset = 512_KiB;
    if (i.text_offset > 1_GiB || i.image_size > 1_GiB)
        fail::not_an_arm64_image(name, "its header asks for more than 1 GiB of memory, so it is damaged");
    return i;
}

IMGCOMPOSE_NAMESPACE_END
