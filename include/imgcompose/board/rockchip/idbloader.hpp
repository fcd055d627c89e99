// SPDX-License-Identifier: BSL-1.0
// idbloader.img: what the boot ROM of a Rockchip SoC loads, with the header it wants. The same bytes as
// `mkimage -n SOC -T rksd` and `-T rkspi` make. Source: U-Boot tools/rkcommon.c, rkcommon.h, rksd.c and rkspi.c.
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/core/hash.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/image/read.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace rockchip {

/// What the boot ROM of a SoC wants.
struct boot_rom {
    std::string_view soc{};       ///< as behind `mkimage -n`
    std::string_view tag{};       ///< the first four bytes of the first stage; of the second header generation: none
    bytes most{};                 ///< of the first stage, rounded up to 2 KiB: its memory
    bool encodes_payload = false; ///< by RC4, sector by sector
    bool hashes = false;          ///< the second header generation, which is plain and has SHA-256
};

/// Source: U-Boot tools/rkcommon.c, spl_infos.
inline constexpr std::array boot_roms{
    boot_rom{"px30", "RK33", bytes{0x2800}},
    boot_rom{"rk3036", "RK30", bytes{0x1000}},
    boot_rom{"rk3066", "RK30", bytes{0x7800}, true},
    boot_rom{"rk3128", "RK31", bytes{0x1800}},
    boot_rom{"rk3188", "RK31", bytes{0x7800}, true},
    boot_rom{"rk322x", "RK32", bytes{0x7000}},
    boot_rom{"rk3288", "RK32", bytes{0x8000}},
    boot_rom{"rk3308", "RK33", bytes{0x3f000}},
    boot_rom{"rk3328", "RK32", bytes{0x7800}},
    boot_rom{"rk3368", "RK33", bytes{0x7000}},
    boot_rom{"rk3399", "RK33", bytes{0x2e000}},
    boot_rom{"rk3506", "", bytes{0xb000}, false, true},
    boot_rom{"rk3528", "", bytes{0xf000}, false, true},
    boot_rom{"rk3566", "", bytes{0xf000}, false, true},
    boot_rom{"rk3568", "", bytes{0xf000}, false, true},
    boot_rom{"rk3576", "", bytes{0x7f000}, false, true},
    boot_rom{"rk3588", "", bytes{0xff000}, false, true},
    boot_rom{"rv1108", "RK11", bytes{0x1800}},
    boot_rom{"rv1126", "110B", bytes{0xf000}},
};

} // namespace rockchip

namespace fail {
[[noreturn]] inline void no_such_boot_rom(std::string_view soc) {
    std::string known;
    for (const auto& r : rockchip::boot_roms) text::append(known, text::join(' ', r.soc));
    throw input_error(text::join("the boot ROM of ", text::quoted(soc), " is not known; there are:", known));
}
[[noreturn]] inline void first_stage_too_large(std::string_view soc, bytes size, bytes most) {
    throw layout_error(text::join("the first stage (TPL, or DDR binary) has ", size.count,
                                  " bytes rounded up to 2 KiB; the "
                                  "boot ROM of ",
                                  soc, " has memory for ", most.count, "; take one that was built for it"));
}
[[noreturn]] inline void second_stage_too_large(bytes size) {
    throw layout_error(text::join("SPL has ", size.count, " bytes; an idbloader can tell of 32 MiB at most"));
}
[[noreturn]] inline void idbloader_without_first_stage() {
    throw input_error("an idbloader needs a first stage (TPL, or Rockchip's DDR binary), and it is empty");
}
} // namespace fail

namespace rockchip {

/// By a SoC's name in any case; the RK3588S has the ROM of the RK3588. Throws input_error, naming those there are.
inline const boot_rom& boot_rom_of(std::string_view soc) {
    std::string wanted = text::lower_case(soc);
    if (wanted == "rk3588s") wanted = "rk3588";
    for (const boot_rom& r : boot_roms)
        if (r.soc == wanted) return r;
    fail::no_such_boot_rom(soc);
}

inline constexpr std::uint32_t header_v1_magic = 0x0ff0aa55, header_v2_magic = 0x534e4b52; ///< the second: "RKNS"
/// What the first generation tells of a second stage where there is none.
inline constexpr bytes no_second_stage = kibibytes{512};

/// The first header generation, before it is encoded.
struct header_v1 {
    le32 magic; ///< header_v1_magic
    std::array<std::uint8_t, 4> reserved;
    le32 disable_rc4; ///< 1: the payload is plain
    le16 init_offset; ///< in sectors
    std::array<std::uint8_t, 492> reserved1;
    le16 init_size, init_boot_size; ///< in sectors
    std::array<std::uint8_t, 2> reserved2;
};
static_assert(disk_struct<header_v1> && sizeof(header_v1) == 512 && offsetof(header_v1, init_size) == 506);

/// The second, "RKNS".
struct image_entry_v2 {
    le32 size_and_off; ///< sectors: size in the upper half, offset from the header in the lower
    le32 address, flag, counter;
    std::array<std::uint8_t, 8> reserved;
    std::array<std::byte, 64> hash;
};
struct header_v2 {
    le32 magic; ///< header_v2_magic
    std::array<std::uint8_t, 4> reserved;
    le32 size_and_nimage; ///< number of images in the upper half; where the hash is, in words, in the lower
    le32 boot_flag;       ///< 1: SHA-256
    std::array<std::uint8_t, 104> reserved1;
    std::array<image_entry_v2, 4> images;
    std::array<std::uint8_t, 1064> reserved2;
    std::array<std::byte, 512> hash; ///< of all before
};
static_assert(disk_struct<header_v2> && sizeof(header_v2) == 2048 && offsetof(header_v2, images) == 120);
static_assert(offsetof(header_v2, hash) == 1536);

namespace detail {

inline constexpr std::size_t chunk = 2048; // what stages are rounded up to, and the header has
inline constexpr std::size_t sector = 512;

/// RC4 under the key that is in every boot ROM.
inline void rc4(std::span<std::byte> data) {
    constexpr std::array<std::uint8_t, 16> key{0x7c, 0x4e, 0x03, 0x04, 0x55, 0x05, 0x09, 0x07,
                                               0x2d, 0x2c, 0x7b, 0x38, 0x17, 0x0d, 0x17, 0x11};
    std::array<std::uint8_t, 256> s{};
    for (std::size_t i = 0; i < s.size(); ++i) s[i] = static_cast<std::uint8_t>(i);
    for (std::size_t i = 0, j = 0; i < s.size(); ++i) {
        j = (j + s[i] + key[i % key.size()]) & 0xff;
        std::swap(s[i], s[j]);
    }
    std::size_t i = 0, j = 0;
    for (std::byte& b : data) {
        i = (i + 1) & 0xff;
        j = (j + s[i]) & 0xff;
        std::swap(s[i], s[j]);
        b ^= static_cast<std::byte>(s[(s[i] + s[j]) & 0xff]);
    }
}
inline void rc4_by_sectors(std::span<std::byte> data) {
    for (; !data.empty(); data = data.subspan(sector)) rc4(data.first(sector));
}

inline owned_bytes padded(std::span<const std::byte> stage) {
    owned_bytes out(static_cast<std::size_t>(round_up(stage.size(), chunk)));
    std::ranges::copy(stage, out.begin());
    return out;
}

/// How many sectors, for a field of 16 bits.
inline std::uint16_t sectors_of(std::size_t size) {
    if (size / sector > 0xffff) fail::second_stage_too_large(bytes{size});
    return static_cast<std::uint16_t>(size / sector);
}

inline owned_bytes header_of_v1(const boot_rom& rom, std::size_t init, std::size_t boot) {
    header_v1 h{};
    h.magic = to_disk(header_v1_magic);
    h.disable_rc4 = to_disk(rom.encodes_payload ? 0u : 1u);
    h.init_offset = to_disk(sectors_of(chunk));
    h.init_size = to_disk(sectors_of(init));
    h.init_boot_size = to_disk(sectors_of(init + (boot != 0 ? boot : no_second_stage.count)));
    owned_bytes raw(chunk);
    put_struct(raw, h);
    rc4(std::span{raw}.first(sizeof h));
    return raw;
}

inline owned_bytes header_of_v2(std::span<const std::byte> init, std::span<const std::byte> boot,
                                sha256_function sha256) {
    header_v2 h{};
    h.magic = to_disk(header_v2_magic);
    h.size_and_nimage = to_disk(2u << 16 | 1536u / 4);
    h.boot_flag = to_disk(1u);
    std::uint32_t at = sectors_of(chunk), counter = 1;
    for (const std::span<const std::byte> stage : {init, boot}) {
        image_entry_v2& e = h.images[counter - 1];
        const std::uint32_t size = sectors_of(stage.size());
        e.size_and_off = to_disk(size << 16 | at);
        e.address = to_disk(0xffffffffu);
        e.counter = to_disk(counter++);
        std::ranges::copy(sha256(stage), e.hash.begin());
        at += size;
        if (at > 0xffff) fail::second_stage_too_large(bytes{boot.size()});
    }
    owned_bytes raw(chunk);
    put_struct(raw, h);
    const sha256_value hash = sha256(std::span{raw}.first(offsetof(header_v2, hash)));
    std::ranges::copy(hash, raw.begin() + offsetof(header_v2, hash));
    return raw;
}

} // namespace detail

struct idbloader_options {
    sha256_function sha256 = nullptr; ///< the second header generation needs one
    bool for_spi = false;             ///< spread out, as the boot ROMs of RK3288 and RK3399 read SPI flash
};

/// Every 2 KiB followed by 2 KiB of zeros (U-Boot tools/rkspi.c). `raw` has whole 2 KiB.
inline owned_bytes spread_for_spi(std::span<const std::byte> raw) {
    owned_bytes out(raw.size() * 2);
    for (std::size_t i = 0; i < raw.size(); i += detail::chunk)
        std::ranges::copy(raw.subspan(i, detail::chunk), out.begin() + static_cast<std::ptrdiff_t>(2 * i));
    return out;
}

/// idbloader.img of a first stage (TPL, or the DDR binary) and SPL, which may be empty where the first stage loads it
/// by itself. Throws layout_error for stages that are too large, input_error for an unknown SoC or a missing hash.
inline owned_bytes idbloader_bytes(std::string_view soc, std::span<const std::byte> first_stage,
                                   std::span<const std::byte> spl, const idbloader_options& options = {}) {
    const boot_rom& rom = boot_rom_of(soc);
    if (first_stage.empty()) fail::idbloader_without_first_stage();
    owned_bytes init = detail::padded(first_stage), boot = detail::padded(spl);
    if (bytes{init.size()} > rom.most) fail::first_stage_too_large(rom.soc, bytes{init.size()}, rom.most);
    owned_bytes all;
    if (rom.hashes) {
        if (options.sha256 == nullptr) fail::needs_sha256(text::join("the idbloader of ", rom.soc));
        all = detail::header_of_v2(init, boot, options.sha256);
    } else {
        all = detail::header_of_v1(rom, init.size(), boot.size());
        // A signed one keeps its own mark.
        const auto mark = std::as_bytes(std::span{rom.tag});
        constexpr std::string_view is_signed = "RSAK";
        if (!std::ranges::equal(std::span{init}.first(4), std::as_bytes(std::span{is_signed})))
            std::ranges::copy(mark, init.begin());
        if (rom.encodes_payload) detail::rc4_by_sectors(init), detail::rc4_by_sectors(boot);
    }
    all.insert(all.end(), init.begin(), init.end());
    all.insert(all.end(), boot.begin(), boot.end());
    return options.for_spi ? spread_for_spi(all) : all;
}

/// The same of files, as a bootloader's content.
inline image idbloader(std::string_view soc, const image& first_stage, const image& spl = {},
                       const idbloader_options& options = {}) {
    return owned(idbloader_bytes(soc, read_all(first_stage), read_all(spl), options));
}

} // namespace rockchip
IMGCOMPOSE_NAMESPACE_END
