// SPDX-License-Identifier: BSL-1.0
// U-Boot's legacy image: a header of 64 bytes, big-endian, and data; scripts and multi-file images begin with a table.
// Source: U-Boot include/image.h (struct legacy_img_hdr), tools/mkimage.c, tools/default_image.c.
#pragma once

#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/image/image.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Field names are those of U-Boot without `ih_`.
struct uimage_header {
    be32 magic;
    be32 hcrc; ///< CRC-32 of the header with this field zero
    be32 time; ///< seconds since 1970
    be32 size; ///< of the data, with the table of a script or multi-file image
    be32 load;
    be32 ep;
    be32 dcrc; ///< CRC-32 of the data
    std::uint8_t os, arch, type, comp;
    std::array<char, 32> name; ///< without terminator if full
};
static_assert(disk_struct<uimage_header> && sizeof(uimage_header) == 64);
static_assert(offsetof(uimage_header, dcrc) == 24 && offsetof(uimage_header, os) == 28);
static_assert(offsetof(uimage_header, name) == 32);

inline constexpr std::uint32_t uimage_magic = 0x27051956;

// The values that boot arm, arm64 and riscv boards; the fields may hold others. `linux` alone is a macro of GNU modes.
enum class uimage_os : std::uint8_t { linux_os = 5, u_boot_os = 17, trusted_firmware = 25, tee = 26, opensbi = 27 };
enum class uimage_arch : std::uint8_t { arm = 2, x86 = 3, mips = 5, powerpc = 7, arm64 = 22, x86_64 = 24, riscv = 26 };
enum class uimage_type : std::uint8_t {
    standalone = 1,
    kernel = 2,
    ramdisk = 3,
    multi = 4,
    firmware = 5,
    script = 6,
    filesystem = 7,
    flat_device_tree = 8,
    kernel_noload = 14
};
enum class uimage_compression : std::uint8_t { none = 0, gzip = 1, bzip2 = 2, lzma = 3, lzo = 4, lz4 = 5, zstd = 6 };

// As mkimage takes them with -O, -A, -T and -C.
constexpr std::string_view name_of(uimage_os os) {
    switch (os) {
    case uimage_os::linux_os: return "linux";
    case uimage_os::u_boot_os: return "u-boot";
    case uimage_os::trusted_firmware: return "arm-trusted-firmware";
    case uimage_os::tee: return "tee";
    case uimage_os::opensbi: return "opensbi";
    }
    return "unknown";
}
constexpr std::string_view name_of(uimage_arch arch) {
    switch (arch) {
    case uimage_arch::arm: return "arm";
    case uimage_arch::x86: return "x86";
    case uimage_arch::mips: return "mips";
    case uimage_arch::powerpc: return "powerpc";
    case uimage_arch::arm64: return "arm64";
    case uimage_arch::x86_64: return "x86_64";
    case uimage_arch::riscv: return "riscv";
    }
    return "unknown";
}
constexpr std::string_view name_of(uimage_type type) {
    switch (type) {
    case uimage_type::standalone: return "standalone";
    case uimage_type::kernel: return "kernel";
    case uimage_type::ramdisk: return "ramdisk";
    case uimage_type::multi: return "multi";
    case uimage_type::firmware: return "firmware";
    case uimage_type::script: return "script";
    case uimage_type::filesystem: return "filesystem";
    case uimage_type::flat_device_tree: return "flat_dt";
    case uimage_type::kernel_noload: return "kernel_noload";
    }
    return "unknown";
}
constexpr std::string_view name_of(uimage_compression compression) {
    switch (compression) {
    case uimage_compression::none: return "none";
    case uimage_compression::gzip: return "gzip";
    case uimage_compression::bzip2: return "bzip2";
    case uimage_compression::lzma: return "lzma";
    case uimage_compression::lzo: return "lzo";
    case uimage_compression::lz4: return "lz4";
    case uimage_compression::zstd: return "zstd";
    }
    return "unknown";
}

namespace fail {
[[noreturn]] inline void uimage_name_too_long(std::string_view name) {
    throw input_error(text::join("the uImage name ", text::quoted(name), " has ", name.size(),
                                 " bytes; the header has room for 32 (mkimage would cut it)"));
}
[[noreturn]] inline void uimage_name_has_nul(std::string_view name) {
    throw input_error(text::join("the uImage name ", text::quoted(name), " has a NUL, where readers end it"));
}
[[noreturn]] inline void uimage_is_empty() {
    throw input_error("an empty file cannot be put into a uImage (mkimage refuses it too)");
}
[[noreturn]] inline void uimage_too_large(std::uint64_t size) {
    throw input_error(text::join("the contents of a uImage have ", size, " bytes; its size field ends at 4294967295"));
}
[[noreturn]] inline void uimage_time_out_of_range(std::int64_t seconds) {
    throw input_error(text::join("the time of a uImage is ", seconds,
                                 " seconds since 1970; its field holds 0 to 4294967295 (until 2106)"));
}
[[noreturn]] inline void uimage_needs_parts() {
    throw input_error("a multi-file uImage is made of parts; use multi_uimage");
}
[[noreturn]] inline void not_a_uimage(std::string_view why) {
    throw format_error(text::join("not a valid uImage: ", why));
}
} // namespace fail

struct uimage_options {
    uimage_type type = uimage_type::kernel;
    uimage_arch arch = uimage_arch::arm64;
    uimage_os os = uimage_os::linux_os;
    uimage_compression compression = uimage_compression::none; ///< of the data as given: nothing is compressed here
    std::string_view name{};                                   ///< at most 32 bytes
    std::chrono::seconds time{0};                              ///< since 1970; mkimage takes SOURCE_DATE_EPOCH
    std::uint32_t load = 0;                                    ///< address in the board's memory
    std::uint32_t entry = 0;                                   ///< the same, where execution starts
};

namespace detail {

constexpr std::uint32_t header_crc(uimage_header h) {
    h.hcrc = to_disk(0u);
    return crc32(to_bytes(h));
}

// `content` is the header's place and, behind it, all data: filled in place.
inline void fill_in_header(owned_bytes& content, const uimage_options& o) {
    if (o.name.size() > 32) fail::uimage_name_too_long(o.name);
    if (o.name.find('\0') != o.name.npos) fail::uimage_name_has_nul(o.name);
    if (o.time.count() < 0 || o.time.count() > std::numeric_limits<std::uint32_t>::max())
        fail::uimage_time_out_of_range(o.time.count());
    const auto data = std::span<const std::byte>{content}.subspan(sizeof(uimage_header));
    if (data.size() > std::numeric_limits<std::uint32_t>::max()) fail::uimage_too_large(data.size());
    uimage_header h{};
    h.magic = to_disk(uimage_magic);
    h.time = to_disk(static_cast<std::uint32_t>(o.time.count()));
    h.size = to_disk(static_cast<std::uint32_t>(data.size()));
    h.load = to_disk(o.load);
    h.ep = to_disk(o.entry);
    h.dcrc = to_disk(crc32(data));
    h.os = static_cast<std::uint8_t>(o.os);
    h.arch = static_cast<std::uint8_t>(o.arch);
    h.type = static_cast<std::uint8_t>(o.type);
    h.comp = static_cast<std::uint8_t>(o.compression);
    o.name.copy(h.name.data(), h.name.size());
    h.hcrc = to_disk(header_crc(h));
    put_struct(content, h);
}

inline void append_be32(owned_bytes& to, std::uint32_t value) {
    const be32 field = to_disk(value);
    const auto raw = to_bytes(field);
    to.insert(to.end(), raw.begin(), raw.end());
}

} // namespace detail

/// Several files in one image, each but the last padded to four bytes; a script is one of these with a single part.
/// Throws input_error for an empty part, a long name, or more than 4 GiB.
inline owned_bytes multi_uimage_bytes(std::span<const std::span<const std::byte>> parts,
                                      const uimage_options& options) {
    owned_bytes content(sizeof(uimage_header));
    for (const auto part : parts) {
        if (part.empty()) fail::uimage_is_empty(); // a length of zero ends the table
        if (part.size() > std::numeric_limits<std::uint32_t>::max()) fail::uimage_too_large(part.size());
        detail::append_be32(content, static_cast<std::uint32_t>(part.size()));
    }
    if (parts.empty()) fail::uimage_is_empty();
    detail::append_be32(content, 0);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        content.insert(content.end(), parts[i].begin(), parts[i].end());
        if (i + 1 != parts.size()) content.resize(round_up(content.size(), 4));
    }
    detail::fill_in_header(content, options);
    return content;
}

/// A single file as a legacy image; `mkimage -A arch -T type -C none -n name -d file` makes the same bytes.
inline owned_bytes uimage_bytes(std::span<const std::byte> data, const uimage_options& options) {
    if (options.type == uimage_type::script) return multi_uimage_bytes(std::array{data}, options);
    if (options.type == uimage_type::multi) fail::uimage_needs_parts();
    if (data.empty()) fail::uimage_is_empty();
    owned_bytes content(sizeof(uimage_header));
    content.insert(content.end(), data.begin(), data.end());
    detail::fill_in_header(content, options);
    return content;
}

inline image uimage(std::span<const std::byte> data, const uimage_options& options) {
    return owned(uimage_bytes(data, options));
}
inline image multi_uimage(std::span<const std::span<const std::byte>> parts, uimage_options options) {
    options.type = uimage_type::multi;
    return owned(multi_uimage_bytes(parts, options));
}

/// A legacy image that was read. The spans lie in what was given to `read_uimage`.
struct uimage_contents {
    std::uint32_t time = 0, load = 0, entry = 0;
    std::uint8_t os = 0, arch = 0, type = 0, compression = 0; ///< as stored; see the enumerations
    std::string name{};
    std::vector<std::span<const std::byte>> parts{}; ///< one, but of a multi-file image
    bytes size{};                                    ///< header and data; what may follow belongs to somebody else
};

/// Reads and verifies. Throws format_error for bytes that U-Boot would refuse, or read beyond their end.
inline uimage_contents read_uimage(std::span<const std::byte> from) {
    if (from.size() < sizeof(uimage_header))
        fail::not_a_uimage(text::join("it has ", from.size(), " bytes, the header alone has 64"));
    const auto h = struct_from<uimage_header>(from);
    if (from_disk(h.magic) != uimage_magic)
        fail::not_a_uimage(text::join("it begins with ", text::hex(from_disk(h.magic)), " instead of 0x27051956"));
    if (from_disk(h.hcrc) != detail::header_crc(h))
        fail::not_a_uimage(text::join("the header's CRC is ", text::hex(detail::header_crc(h)), ", the field says ",
                                      text::hex(from_disk(h.hcrc))));
    auto data = from.subspan(sizeof h);
    if (from_disk(h.size) > data.size())
        fail::not_a_uimage(text::join("the last ", from_disk(h.size) - data.size(), " bytes of its data are missing"));
    data = data.first(from_disk(h.size));
    if (const auto crc = crc32(data); from_disk(h.dcrc) != crc)
        fail::not_a_uimage(
            text::join("the data's CRC is ", text::hex(crc), ", the header says ", text::hex(from_disk(h.dcrc))));

    uimage_contents c{.time = from_disk(h.time),
                      .load = from_disk(h.load),
                      .entry = from_disk(h.ep),
                      .os = h.os,
                      .arch = h.arch,
                      .type = h.type,
                      .compression = h.comp,
                      .size = bytes{sizeof h + data.size()}};
    c.name.assign(h.name.begin(), std::find(h.name.begin(), h.name.end(), '\0'));
    const auto type = static_cast<uimage_type>(h.type);
    if (type != uimage_type::script && type != uimage_type::multi) {
        c.parts = {data};
        return c;
    }
    std::vector<std::uint32_t> sizes;
    auto rest = data;
    while (true) {
        if (rest.size() < sizeof(be32)) fail::not_a_uimage("the table of its parts has no end");
        const auto size = from_disk(struct_from<be32>(rest));
        rest = rest.subspan(sizeof(be32));
        if (size == 0) break;
        sizes.push_back(size);
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] > rest.size())
            fail::not_a_uimage(
                text::join("part ", i, " has ", sizes[i], " bytes, but only ", rest.size(), " are left"));
        c.parts.push_back(rest.first(sizes[i]));
        const auto taken = static_cast<std::size_t>(round_up(sizes[i], 4));
        rest = rest.subspan(std::min(taken, rest.size()));
    }
    return c;
}

IMGCOMPOSE_NAMESPACE_END
