// SPDX-License-Identifier: BSL-1.0
// Bootloader files on a disk, at the places where boot ROMs and bootloaders look for them, with the exact lengths that
// their own headers tell. They may be damaged or hostile.
#pragma once

#include <imgcompose/board/boards.hpp>
#include <imgcompose/board/rockchip/idbloader.hpp>
#include <imgcompose/board/rockchip/vendor_images.hpp>
#include <imgcompose/boot/fit_read.hpp>
#include <imgcompose/boot/uimage.hpp>
#include <imgcompose/core/hash.hpp>
#include <imgcompose/core/readable.hpp>
#include <imgcompose/inspect/report.hpp>

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

struct artefact_options {
    sha256_function sha256 = nullptr; ///< without it no SHA-256 is checked
};

namespace detail {

inline std::string_view chars_of(std::span<const std::byte> raw) {
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}
inline std::uint32_t le32_at(std::span<const std::byte> raw, std::size_t at) {
    return from_disk(struct_from<le32>(raw.subspan(at)));
}
inline std::uint32_t le16_at(std::span<const std::byte> raw, std::size_t at) {
    return from_disk(struct_from<le16>(raw.subspan(at)));
}

/// idbloader.img of RK3036 to RK3399: U-Boot tools/rkcommon.c, struct header0_info.
inline std::optional<found_artefact> idbloader_v1(const window& from) {
    owned_bytes h = from.take(offset{}, bytes{512});
    if (h.size() != 512) return {};
    rockchip::detail::rc4(h);
    if (le32_at(h, 0) != 0x0ff0aa55) return {};
    constexpr std::uint64_t sector = 512;
    const std::uint64_t init_at = le16_at(h, 12), init = le16_at(h, 506), all = le16_at(h, 508);
    found_artefact a{
        .kind = "idbloader", .file_name = "idbloader.img", .size = bytes{(init_at + std::max(init, all)) * sector}};
    const owned_bytes tag = from.take(offset{bytes{init_at * sector}}, bytes{4});
    const std::string_view name = chars_of(tag);
    const bool printable =
        std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
    if (printable && name.starts_with("RK")) a.soc = text::join(name, "xx");
    a.details = {text::join("TPL: ", init * sector, " bytes"),
                 text::join("SPL: ", (all - std::min(init, all)) * sector, " bytes")};
    return a;
}

/// idbloader.img of RK3506 to RK3588: U-Boot tools/rkcommon.c, struct header0_info_v2.
inline std::optional<found_artefact> idbloader_v2(const window& from, const artefact_options& options) {
    const owned_bytes h = from.take(offset{}, bytes{2048});
    if (h.size() != 2048 || chars_of(h).substr(0, 4) != "RKNS") return {};
    found_artefact a{.kind = "idbloader", .file_name = "idbloader.img", .soc = "RK35xx"};
    const bool hashed = le32_at(h, 12) == 1 && options.sha256 != nullptr;
    const auto has_hash = [&](std::span<const std::byte> data, std::size_t at) {
        return std::ranges::equal(options.sha256(data), std::span{h}.subspan(at, 32));
    };
    if (hashed && !has_hash(std::span{h}.first(1536), 1536))
        a.whole = false, a.details.emplace_back("the hash of its header is wrong");
    std::uint64_t end = 4;
    const std::size_t count = std::min<std::size_t>(le32_at(h, 8) >> 16, 4);
    for (std::size_t n = 0; n < count; ++n) {
        const std::size_t entry = 120 + n * 88;
        const std::uint64_t at = le16_at(h, entry), size = le16_at(h, entry + 2);
        if (size == 0) continue;
        end = std::max(end, at + size);
        const std::string name = n == 0 ? "TPL" : n == 1 ? "SPL" : text::join("image ", n + 1);
        a.details.push_back(text::join(name, ": ", size * 512, " bytes"));
        if (!hashed) continue;
        const owned_bytes data = from.take(offset{bytes{at * 512}}, bytes{size * 512}); // at most 32 MiB
        if (!has_hash(data, entry + 24))
            a.whole = false, a.details.push_back(text::join("the hash of ", name, " is wrong"));
    }
    a.size = bytes{end * 512};
    return a;
}

/// The first copy of uboot.img or trust.img, whose sums are checked.
inline std::optional<found_artefact> rockchip_vendor_image(const window& from, const artefact_options& options) {
    if (const auto h = from.get<rockchip::loader_header>(offset{});
        h && rockchip::detail::text_of(h->magic) == rockchip::detail::loader_magic) {
        found_artefact a{.kind = "Rockchip U-Boot",
                         .file_name = "uboot.img",
                         .size = bytes{sizeof *h + std::uint64_t{from_disk(h->load_size)}},
                         .details = {text::join("loads at ", text::hex(from_disk(h->load_address)))}};
        const auto found = rockchip::read_uboot_img(from, options.sha256);
        // recognise_artefact tells what is cut off; no other length is a bootloader's.
        if (!found && a.size <= from.size()) {
            a.whole = false;
            a.details.push_back(text::join("its header tells of ", from_disk(h->load_size), " bytes behind it"));
            a.size = bytes{sizeof *h};
        }
        if (found && (!found->crc_matches || found->hash_matches == false))
            a.whole = false, a.details.emplace_back(found->crc_matches ? "its hash is wrong" : "its checksum is wrong");
        return a;
    }
    const auto h = from.get<rockchip::trust_header>(offset{});
    if (!h || rockchip::detail::text_of(h->magic) != rockchip::detail::trust_magic) return {};
    found_artefact a{.kind = "Rockchip trusted firmware", .file_name = "trust.img", .size = bytes{2048}};
    const auto parts = rockchip::read_trust_img(from, options.sha256);
    if (parts.empty()) a.whole = false, a.details.emplace_back("its header names components that are not there");
    for (const rockchip::found_trust_part& p : parts) {
        a.size = std::max(a.size, from_start(p.content.at() + p.content.size()) - from_start(from.at()));
        a.details.push_back(text::join(text::quoted(p.id), ": ", p.content.size().count, " bytes"));
        if (p.hash_matches == false)
            a.whole = false, a.details.push_back(text::join("the hash of ", p.id, " is wrong"));
    }
    return a;
}

inline std::string detail_of(const found_fit_image& i) {
    std::string s = text::join(i.name, ": ", i.type.empty() ? "image" : i.type, ", ", i.size.count, " bytes");
    if (i.load) s += text::join(", loads at ", text::hex(*i.load));
    for (const found_fit_hash& h : i.hashes) s += text::join(", ", h.algorithm, ' ', name_of(h.state));
    return s;
}

/// A FIT, or a device tree by itself.
inline std::optional<found_artefact> fit_or_device_tree(const window& from, const artefact_options& options) {
    const auto magic = from.get<be32>(offset{}), size = from.get<be32>(offset{bytes{4}});
    if (!magic || !size || from_disk(*magic) != fdt_magic) return {};
    found_artefact a{.kind = "FIT", .file_name = "u-boot.itb", .size = bytes{from_disk(*size)}};
    // No bootloader has more; what claims to have is damaged.
    constexpr bytes most = mebibytes{64};
    try {
        const found_fit fit =
            read_fit(from.part(offset{}, most),
                     {.sha256 = options.sha256, .largest_tree = most, .most_hashed = bytes{mebibytes{256}}});
        a.size = fit.size;
        a.whole = fit.is_whole;
        if (!fit.description.empty()) a.details.push_back(fit.description);
        for (const found_fit_image& i : fit.images) a.details.push_back(detail_of(i));
        for (const found_fit_configuration& c : fit.configurations)
            a.details.push_back(
                text::join(c.name, c.name == fit.default_configuration ? " (default)" : "", ": ", c.description));
        for (const finding& f : check(fit, std::min(from.size(), most)))
            if (f.how_bad == severity::error) a.whole = false, a.details.push_back(f.message);
    } catch (const error& e) { // a tree that is no FIT, is cut off, or whose numbers overflow
        const owned_bytes raw = from.take(offset{}, std::min(a.size, most));
        try {
            const fdt_view tree{raw};
            a.kind = "device tree", a.file_name = "device-tree.dtb", a.size = tree.size();
            if (const auto model = tree.root().string("model")) a.details.emplace_back(*model);
        } catch (const error&) {
            a.whole = false;
            a.size = std::min(a.size, std::min(from.size(), most));
            a.details.emplace_back(e.what());
        }
    }
    return a;
}

/// U-Boot as a legacy image: behind SPL of 32-bit boards.
inline std::optional<found_artefact> legacy_image(const window& from) {
    const auto h = from.get<uimage_header>(offset{});
    if (!h || from_disk(h->magic) != uimage_magic) return {};
    found_artefact a{.kind = "uImage",
                     .file_name = "u-boot.img",
                     .size = bytes{sizeof(uimage_header) + std::uint64_t{from_disk(h->size)}}};
    constexpr bytes most = mebibytes{64}; // no bootloader has more
    const owned_bytes raw = from.take(offset{}, std::min(a.size, most));
    try {
        const uimage_contents c = read_uimage(raw);
        a.details.push_back(text::join(text::quoted(c.name), ": ", name_of(static_cast<uimage_type>(c.type)), ", ",
                                       from_disk(h->size), " bytes, loads at ", text::hex(c.load)));
    } catch (const error& e) {
        a.whole = false;
        a.size = bytes{raw.size()};
        a.details.emplace_back(e.what());
    }
    return a;
}

/// U-Boot for Allwinner: an SPL with a header of the boot ROM, and at 32 KiB a FIT or, on 32-bit SoCs, a legacy image.
/// Source: U-Boot include/sunxi_image.h, struct boot_file_head; arch/arm/mach-sunxi/Kconfig.
inline std::optional<found_artefact> egon(const window& from, const artefact_options& options) {
    const owned_bytes h = from.take(offset{}, bytes{32});
    if (h.size() != 32 || chars_of(h).substr(4, 8) != "eGON.BT0") return {};
    const std::uint32_t length = le32_at(h, 16), stored = le32_at(h, 12);
    found_artefact a{.kind = "eGON", .file_name = "sunxi-spl.bin", .size = bytes{length}};
    constexpr bytes largest = mebibytes{1}, u_boot_at = kibibytes{32};
    const owned_bytes spl = from.take(offset{}, std::min(a.size, largest));
    std::uint32_t sum = 0x5f0a6c39u - stored; // the field itself is summed as this
    for (std::size_t at = 0; at + 4 <= spl.size(); at += 4) sum += le32_at(spl, at);
    a.whole = spl.size() == length && length % 4 == 0 && sum == stored;
    a.size = std::min(a.size, bytes{spl.size()});
    a.details.push_back(text::join("SPL: ", length, " bytes, checksum ", sum == stored ? "right" : "wrong"));
    if (a.size > u_boot_at) return a;
    const window behind = from.part(offset{u_boot_at}, from.size());
    std::optional<found_artefact> u_boot = legacy_image(behind);
    if (!u_boot) u_boot = fit_or_device_tree(behind, options);
    if (u_boot && (u_boot->kind == "FIT" || u_boot->kind == "uImage")) {
        a.file_name = "u-boot-sunxi-with-spl.bin";
        a.size = u_boot_at + u_boot->size;
        a.whole = a.whole && u_boot->whole;
        a.details.insert(a.details.end(), u_boot->details.begin(), u_boot->details.end());
    }
    return a;
}

/// The image vector table of NXP i.MX8M: i.MX 8M Reference Manual 6.1.5.1; U-Boot include/imximage.h,
/// flash_header_v2_t.
inline std::optional<found_artefact> image_vector_table(const window& from) {
    const owned_bytes h = from.take(offset{}, bytes{32});
    if (h.size() != 32 || h[0] != std::byte{0xd1} || h[1] != std::byte{} || h[2] != std::byte{0x20}) return {};
    const unsigned version = std::to_integer<unsigned>(h[3]);
    if (version < 0x40 || version > 0x43) return {};
    const std::uint32_t boot_data = le32_at(h, 16), self = le32_at(h, 20);
    if (boot_data < self || boot_data - self > 4096) return {};
    const owned_bytes data = from.take(offset{bytes{boot_data - self}}, bytes{8});
    if (data.size() != 8) return {};
    const std::uint32_t start = le32_at(data, 0), length = le32_at(data, 4), before = self - std::min(start, self);
    return found_artefact{.kind = "i.MX boot image",
                          .file_name = "imx-spl.bin",
                          .size = bytes{length - std::min(length, before)},
                          .details = {text::join("entry at ", text::hex(le32_at(h, 4)))}};
}

} // namespace detail

/// The bootloader file that begins at `at`; nothing if there is none that is known.
inline std::optional<found_artefact> recognise_artefact(const window& disk, offset at,
                                                        const artefact_options& options = {}) {
    const window from = disk.part(at, disk.size());
    std::optional<found_artefact> a = detail::idbloader_v1(from);
    if (!a) a = detail::idbloader_v2(from, options);
    if (!a) a = detail::rockchip_vendor_image(from, options);
    if (!a) a = detail::egon(from, options);
    if (!a) a = detail::image_vector_table(from);
    if (!a) a = detail::fit_or_device_tree(from, options);
    if (!a || a->size == bytes{}) return {};
    a->at = at;
    if (a->size > from.size()) {
        a->details.push_back(
            text::join("the last ", (a->size - from.size()).count, " of its ", a->size.count, " bytes are missing"));
        a->whole = false;
        a->size = from.size();
    }
    return a;
}

/// Where any known board has a bootloader file, and where those have one that no board here stands for; in order.
inline std::vector<offset> bootloader_places() {
    std::vector<offset> places{
        offset{kibibytes{8}},   // Allwinner: U-Boot doc/board/allwinner/sunxi.rst
        offset{kibibytes{128}}, // Allwinner H3 and later
        offset{kibibytes{33}},  // i.MX8MM, i.MX8MQ: U-Boot doc/board/nxp
        offset{kibibytes{32}},  // i.MX8MN, i.MX8MP; Rockchip's sector 64
        offset{sectors{16384}}, // Rockchip: loader2
        offset{sectors{24576}}, // Rockchip: trust
    };
    for (const board* b : all_boards)
        for (const boot_blob& blob : b->blobs) places.push_back(blob.at);
    std::ranges::sort(places);
    places.erase(std::ranges::unique(places).begin(), places.end());
    return places;
}

/// All that are found at those places, and at the starts of partitions without a filesystem.
inline std::vector<found_artefact> find_artefacts(const window& disk, const std::vector<found_partition>& partitions,
                                                  const artefact_options& options = {}) {
    std::vector<offset> places = bootloader_places();
    const auto is_filesystem = [](const found_partition& p) { return p.content && p.content->filesystem; };
    for (const found_partition& p : partitions)
        if (!is_filesystem(p)) places.push_back(p.at);
    std::ranges::sort(places);
    places.erase(std::ranges::unique(places).begin(), places.end());
    std::vector<found_artefact> found;
    for (const offset at : places) {
        if (at >= offset{disk.size()}) break;
        // What lies in a file that was found is a part of it.
        if (!found.empty() && at < found.back().end()) continue;
        if (auto a = recognise_artefact(disk, at, options)) found.push_back(*std::move(a));
    }
    return found;
}

IMGCOMPOSE_NAMESPACE_END
