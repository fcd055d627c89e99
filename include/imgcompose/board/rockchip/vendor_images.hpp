// SPDX-License-Identifier: BSL-1.0
// uboot.img and trust.img, which Rockchip's miniloader starts from sectors 16384 and 24576 instead of u-boot.itb.
// Source: Rockchip's U-Boot tools/rockchip/loaderimage.c, trust_merger.c and trust_merger.h, crc32_rk.c.
#pragma once

#include <imgcompose/boot/elf.hpp>
#include <imgcompose/core/checked.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/core/hash.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/image/window.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace rockchip {

/// Where the miniloader looks on SD card and eMMC.
inline constexpr offset uboot_img_place{sectors{16384}}, trust_img_place{sectors{24576}};

/// What begins each copy in uboot.img.
struct loader_header {
    std::array<char, 8> magic; ///< "LOADER  "
    le32 version, reserved0, load_address, load_size, crc32, hash_length;
    std::array<std::byte, 32> hash;
    le32 js_hash;
    std::array<std::uint8_t, 1980> rest;
};
static_assert(disk_struct<loader_header> && sizeof(loader_header) == 2048 && offsetof(loader_header, hash) == 32);

struct trust_header {
    std::array<char, 4> magic; ///< "BL3X"
    le32 version;              ///< binary coded decimal: major << 8 | minor
    le32 flags;                ///< trust_hash | trust_signature << 4
    le32 size;                 ///< number of components in the upper half, where the signature is in words in the lower
    std::array<std::uint8_t, 16> reserved;
    std::array<std::uint8_t, 768> rsa;
};
static_assert(disk_struct<trust_header> && sizeof(trust_header) == 800);
struct trust_component_data {
    std::array<std::byte, 32> hash;
    le32 load_address, load_size; ///< size in sectors
    std::array<le32, 2> reserved;
};
struct trust_component {
    std::array<char, 4> id; ///< "BL31", "BL32"
    le32 storage, size;     ///< both in sectors
    le32 reserved;
};
static_assert(disk_struct<trust_component_data> && sizeof(trust_component_data) == 48);
static_assert(disk_struct<trust_component> && sizeof(trust_component) == 16);

} // namespace rockchip

namespace fail {
[[noreturn]] inline void uboot_img_block_too_small(bytes payload, bytes block) {
    throw layout_error(text::join("a bootloader of ", payload.count, " bytes does not fit a copy of ", block.count,
                                  " bytes with its header of 2048; make the copies larger (`copy_size`)"));
}
[[noreturn]] inline void uboot_img_without_u_boot() {
    throw input_error("a uboot.img needs a bootloader (u-boot.bin), and it is empty");
}
[[noreturn]] inline void vendor_image_without_copies(std::string_view file) {
    throw input_error(text::join(file, " is to have no copies; the miniloader needs one (`copies`)"));
}
[[noreturn]] inline void vendor_copy_size_unfit(std::string_view file, bytes copy) {
    throw input_error(text::join("the copies of ", file, " are to have ", copy.count,
                                 " bytes; the miniloader looks at multiples of 65536 (`copy_size`)"));
}
[[noreturn]] inline void trust_version_too_large(std::uint32_t number) {
    throw input_error(text::join("the version of trust.img has the number ", number, "; each of its two is at most 99"));
}
[[noreturn]] inline void trust_img_of(std::size_t components) {
    throw input_error(text::join("a trust.img has 1 to 8 components, not ", components));
}
[[noreturn]] inline void trust_component_misnamed(std::string_view id) {
    throw input_error(
        text::join("a component of trust.img has a name of four characters, such as BL31, not ", text::quoted(id)));
}
[[noreturn]] inline void trust_img_too_large(bytes size, bytes copy) {
    throw layout_error(text::join("the components of trust.img have ", size.count,
                                  " bytes with their headers, more than a copy of ", copy.count,
                                  "; make the copies larger (`copy_size`)"));
}
} // namespace fail

namespace rockchip {

namespace detail {

/// Most significant bit first, polynomial 0x04C10DB7 (not that of everybody else), no inversion.
constexpr std::uint32_t crc32_rk(std::span<const std::byte> data) {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t crc = b << 24;
        for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x80000000u) != 0 ? 0x04C10DB7u : 0);
        table[b] = crc;
    }
    std::uint32_t crc = 0;
    for (const std::byte x : data) crc = (crc << 8) ^ table[(crc >> 24) ^ static_cast<std::uint8_t>(x)];
    return crc;
}
constexpr std::uint32_t js_hash(std::span<const std::byte> data) {
    std::uint32_t h = 0x47C6A7E6;
    for (const std::byte x : data) h ^= (h << 5) + static_cast<std::uint8_t>(x) + (h >> 2);
    return h;
}

/// The payload and what of its header the hash covers.
inline owned_bytes hashed_of(std::span<const std::byte> payload, const loader_header& h) {
    owned_bytes all(payload.begin(), payload.end());
    const auto put = [&](const le32& field) {
        const auto raw = std::as_bytes(std::span{&field, 1});
        all.insert(all.end(), raw.begin(), raw.end());
    };
    if (from_disk(h.version) > 0) put(h.version), put(h.reserved0);
    put(h.load_address), put(h.load_size), put(h.hash_length);
    return all;
}

inline constexpr std::string_view loader_magic = "LOADER  ", trust_magic = "BL3X";
inline constexpr std::uint32_t trust_sha256 = 3, trust_sha_mask = 0xf; // trust_merger.c, SHA_SEL_256
inline constexpr unsigned trust_signature_shift = 4;

inline void require_copies(std::string_view file, bytes copy, std::size_t copies) {
    if (copies == 0) fail::vendor_image_without_copies(file);
    if (copy == bytes{} || copy % kibibytes{64} != bytes{}) fail::vendor_copy_size_unfit(file, copy);
}

template <std::size_t N> std::string_view text_of(const std::array<char, N>& a) { return {a.data(), N}; }

} // namespace detail

struct uboot_img_options {
    sha256_function sha256 = nullptr;
    std::uint32_t load_address = 0x200000; ///< where the miniloader puts it; 0x600000 on RK3308
    std::uint32_t version = 0;             ///< for rollback protection; in the hash if not 0
    bytes copy_size = mebibytes{1};        ///< a whole number of 64 KiB
    std::size_t copies = 4;                ///< the miniloader takes the first that is whole
};

/// uboot.img of a u-boot.bin, as `loaderimage --pack --uboot` makes it. Throws layout_error if it does not fit,
/// input_error for what the miniloader would not find.
inline owned_bytes uboot_img(std::span<const std::byte> u_boot, const uboot_img_options& o) {
    if (o.sha256 == nullptr) fail::needs_sha256("uboot.img");
    if (u_boot.empty()) fail::uboot_img_without_u_boot();
    detail::require_copies("uboot.img", o.copy_size, o.copies);
    owned_bytes payload(u_boot.begin(), u_boot.end());
    payload.resize(round_up(payload.size(), 4));
    if (bytes{payload.size() + sizeof(loader_header)} > o.copy_size)
        fail::uboot_img_block_too_small(bytes{payload.size()}, o.copy_size);
    loader_header h{};
    std::ranges::copy(detail::loader_magic, h.magic.begin());
    h.version = to_disk(o.version);
    h.load_address = to_disk(o.load_address);
    h.load_size = to_disk(static_cast<std::uint32_t>(payload.size()));
    h.crc32 = to_disk(detail::crc32_rk(payload));
    h.hash_length = to_disk(std::uint32_t{sizeof h.hash});
    h.hash = o.sha256(detail::hashed_of(payload, h));
    h.js_hash = to_disk(detail::js_hash(payload));

    const std::size_t copy = o.copy_size.count;
    owned_bytes all(checked_mul(copy, o.copies));
    for (std::size_t i = 0; i < o.copies; ++i) {
        put_struct(std::span{all}.subspan(i * copy), h);
        std::ranges::copy(payload, all.begin() + static_cast<std::ptrdiff_t>(i * copy + sizeof h));
    }
    return all;
}

struct found_uboot_img {
    std::uint32_t load_address = 0, version = 0;
    window payload;
    bool crc_matches = false;
    std::optional<bool> hash_matches{}; ///< if there was a function to try it
};

/// The first copy in what begins at `w`; nothing if it is no uboot.img, or ends before its payload does.
inline std::optional<found_uboot_img> read_uboot_img(const window& w, sha256_function sha256 = nullptr) {
    const auto h = w.get<loader_header>(offset{});
    constexpr bytes most = mebibytes{64}; // of a bootloader; the header may say anything
    if (!h || detail::text_of(h->magic) != detail::loader_magic) return {};
    const bytes size{from_disk(h->load_size)};
    const offset begin{bytes{sizeof(loader_header)}};
    if (size == bytes{} || size > most || !w.has(begin, size)) return {};
    found_uboot_img found{from_disk(h->load_address), from_disk(h->version), w.part(begin, size)};
    const owned_bytes payload = found.payload.take(offset{}, size);
    found.crc_matches = detail::crc32_rk(payload) == from_disk(h->crc32);
    if (sha256 != nullptr && from_disk(h->hash_length) == sizeof h->hash)
        found.hash_matches = sha256(detail::hashed_of(payload, *h)) == h->hash;
    return found;
}

/// A part of the secure world: TF-A ("BL31") or OP-TEE ("BL32").
struct trust_part {
    std::string id{};
    image content{};
    std::uint32_t load_address = 0; ///< RK3328: BL31 0x40000, BL32 0x8400000
};

/// What becomes of an ELF file (bl31.elf, tee.elf): one part a segment, all of the same name, at the addresses that it
/// has itself. Source: trust_merger.c, filter_elf. Throws format_error if it is none.
inline std::vector<trust_part> trust_parts_of_elf(std::string_view id, const image& elf) {
    const window file{elf};
    std::vector<trust_part> parts;
    for (const elf_segment& s : read_elf(file).segments)
        parts.push_back({std::string{id}, file.part(s.at, s.size).copy(), narrow<std::uint32_t>(s.address)});
    return parts;
}

/// What the header says of the signature that Rockchip's signing tool may add later. Source: trust_merger.c, RSA_SEL_*.
enum class trust_signature : std::uint8_t { none, rsa_1024, rsa_2048, rsa_2048_pss };

/// As Rockchip's build says it for a SoC. Source: Rockchip's U-Boot make.sh, PLATFORM_RSA.
inline trust_signature trust_signature_of(std::string_view soc) {
    for (const std::string_view pss : {"px30", "rk1808", "rk3308", "rk3326"})
        if (text::lower_case(soc) == pss) return trust_signature::rsa_2048_pss;
    return trust_signature::rsa_2048;
}

struct trust_img_options {
    sha256_function sha256 = nullptr;
    std::uint32_t major = 1, minor = 0; ///< each at most 99
    trust_signature signature = trust_signature::rsa_2048; ///< see trust_signature_of
    bytes copy_size = mebibytes{2};                        ///< a whole number of 64 KiB
    std::size_t copies = 2;
};

/// trust.img as trust_merger makes it: hashed by SHA-256, with room for a signature. (The RK3368 has hashes of another
/// byte order, which this does not make.) Throws layout_error if it does not fit, input_error for what cannot be.
inline owned_bytes trust_img(std::span<const trust_part> parts, const trust_img_options& o) {
    constexpr std::size_t most = 8, sector = 512;
    if (o.sha256 == nullptr) fail::needs_sha256("trust.img");
    detail::require_copies("trust.img", o.copy_size, o.copies);
    for (const std::uint32_t number : {o.major, o.minor})
        if (number > 99) fail::trust_version_too_large(number);
    if (parts.empty() || parts.size() > most) fail::trust_img_of(parts.size());
    const std::size_t signature = sizeof(trust_header) + parts.size() * sizeof(trust_component_data);
    owned_bytes one(2048);
    trust_header h{};
    std::ranges::copy(detail::trust_magic, h.magic.begin());
    const auto decimal = [](std::uint32_t n) { return n / 10 << 4 | n % 10; };
    h.version = to_disk(decimal(o.major) << 8 | decimal(o.minor));
    h.flags = to_disk(detail::trust_sha256 | std::uint32_t{static_cast<std::uint8_t>(o.signature)}
                                                 << detail::trust_signature_shift);
    h.size = to_disk(static_cast<std::uint32_t>(parts.size() << 16 | signature >> 2));
    put_struct(std::span{one}, h);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const trust_part& p = parts[i];
        if (p.id.size() != 4) fail::trust_component_misnamed(p.id);
        owned_bytes content = read_all(p.content);
        content.resize(round_up(content.size(), 2048));
        const auto size = static_cast<std::uint32_t>(content.size() / sector);
        put_struct(std::span{one}.subspan(sizeof h + i * sizeof(trust_component_data)),
                   trust_component_data{.hash = o.sha256(content),
                                        .load_address = to_disk(p.load_address),
                                        .load_size = to_disk(size),
                                        .reserved = {}});
        trust_component c{.id = {},
                          .storage = to_disk(static_cast<std::uint32_t>(one.size() / sector)),
                          .size = to_disk(size),
                          .reserved = {}};
        std::ranges::copy(p.id, c.id.begin());
        put_struct(std::span{one}.subspan(signature + 256 + i * sizeof c), c);
        one.insert(one.end(), content.begin(), content.end());
    }
    if (bytes{one.size()} > o.copy_size) fail::trust_img_too_large(bytes{one.size()}, o.copy_size);
    one.resize(o.copy_size.count);
    owned_bytes all;
    for (std::size_t i = 0; i < o.copies; ++i) all.insert(all.end(), one.begin(), one.end());
    return all;
}

struct found_trust_part {
    std::string id{};
    std::uint32_t load_address = 0;
    window content;
    std::optional<bool> hash_matches{}; ///< if there was a function to try it and the image is hashed so
};

/// The components of the first copy in what begins at `w`; none if it is no trust.img, or one of them lies behind its
/// end.
inline std::vector<found_trust_part> read_trust_img(const window& w, sha256_function sha256 = nullptr) {
    std::vector<found_trust_part> found;
    const auto h = w.get<trust_header>(offset{});
    if (!h || detail::text_of(h->magic) != detail::trust_magic) return {};
    const std::uint32_t count = from_disk(h->size) >> 16, signature = (from_disk(h->size) & 0xffff) << 2;
    constexpr std::uint32_t most = 64;
    constexpr bytes largest = mebibytes{64};
    if (count == 0 || count > most) return {};
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto data =
            w.get<trust_component_data>(offset{bytes{sizeof(trust_header) + i * sizeof(trust_component_data)}});
        const auto component = w.get<trust_component>(offset{bytes{signature + 256 + i * sizeof(trust_component)}});
        if (!data || !component) return {};
        const offset at{sectors{from_disk(component->storage)}};
        const bytes size = sectors{from_disk(component->size)};
        if (size > largest || !w.has(at, size)) return {};
        found_trust_part part{
            std::string{detail::text_of(component->id)}, from_disk(data->load_address), w.part(at, size), {}};
        if (sha256 != nullptr && (from_disk(h->flags) & detail::trust_sha_mask) == detail::trust_sha256)
            part.hash_matches = sha256(part.content.take(offset{}, size)) == data->hash;
        found.push_back(std::move(part));
    }
    return found;
}

} // namespace rockchip
IMGCOMPOSE_NAMESPACE_END
