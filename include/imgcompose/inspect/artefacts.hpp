// SPDX-License-Identifier: BSL-1.0
// Bootloader files on a disk, at the places where boot ROMs and bootloaders look for them, with the exact lengths that
// their own headers tell. They may be damaged or hostile.
#pragma once

#include <imgcompose/board/boards.hpp>
#include <imgcompose/board/rockchip/idbloader_read.hpp>
#include <imgcompose/board/rockchip/spi_image.hpp>
#include <imgcompose/board/rockchip/vendor_images.hpp>
#include <imgcompose/boot/fit_read.hpp>
#include <imgcompose/boot/uimage.hpp>
#include <imgcompose/core/hash.hpp>
#include <imgcompose/core/readable.hpp>
#include <imgcompose/inspect/artefact_format.hpp>
#include <imgcompose/inspect/report.hpp>
#include <imgcompose/write/file_sink.hpp>

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
    /// There is no partition table: it may be a bootloader file by itself, or the image of a flash.
    bool without_table = false;
};

namespace detail {

/// What more than any bootloader has; what claims to have it is damaged.
inline constexpr bytes largest_bootloader = mebibytes{64};

inline std::optional<found_artefact> idbloader(const window& from, const artefact_options& options) {
    const auto found = rockchip::read_idbloader(from, options.sha256);
    if (!found) return {};
    found_artefact a{.kind = "idbloader",
                     .file_name = "idbloader.img",
                     .size = found->size,
                     .soc = found->hashes        ? std::string{"RK35xx"}
                            : found->tag.empty() ? std::string{}
                                                 : text::join(found->tag, "xx"),
                     .spread = found->spread};
    if (a.spread) a.details.emplace_back("in the form for SPI flash: every 2 KiB are followed by 2 KiB of zeros");
    const auto damaged = [&](std::string how) {
        a.whole = false;
        a.details.push_back(std::move(how));
    };
    if (found->header_hash_matches == false) damaged("the hash of its header is wrong");
    for (std::size_t n = 0; n < found->stages.size(); ++n) {
        const rockchip::found_stage& s = found->stages[n];
        const std::string name = n == 0 ? "TPL" : n == 1 ? "SPL" : text::join("image ", n + 1);
        a.details.push_back(text::join(name, ": ", s.size.count, " bytes"));
        if (s.hash_matches == false) damaged(text::join("the hash of ", name, " is wrong"));
    }
    if (!found->stages.empty()) a.first_stage = found->stages.front().size;
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

/// What the device trees in a FIT are for, and where U-Boot goes.
inline void add_facts_of_u_boot(found_artefact& to, const window& from, const found_fit& fit) {
    constexpr std::size_t most_trees = 16;
    constexpr bytes largest_tree = mebibytes{1};
    std::size_t trees = 0;
    for (const found_fit_image& i : fit.images) {
        if (i.os == "u-boot" && i.load) to.u_boot_loads = i.load;
        if (i.type != "flat_dt" || i.size > largest_tree || ++trees > most_trees) continue;
        const owned_bytes raw = content_of(from, i).take(offset{}, i.size);
        try {
            const auto compatible = fdt_view{raw}.root().property("compatible");
            const auto names = compatible ? compatible->strings() : std::nullopt;
            if (names) to.compatible.insert(to.compatible.end(), names->begin(), names->end());
        } catch (const error&) { // compressed, or damaged, which its hash tells
            continue;
        }
    }
}

/// Files are filled up as the data in them is aligned, to 4 bytes by mkimage and to 512 by binman (`fit,align`), and
/// the tree does not tell.
inline bytes with_padding(const window& from, const found_fit& fit) {
    constexpr bytes by_mkimage{4}, by_binman{512};
    const auto is_aligned = [&](const found_fit_image& i) {
        return !i.external || i.size == bytes{} || from_start(i.at) % by_binman == bytes{};
    };
    const bytes alignment = std::ranges::all_of(fit.images, is_aligned) ? by_binman : by_mkimage;
    const bytes padded = align_up(fit.size, alignment);
    const bool any = std::ranges::any_of(fit.images, &found_fit_image::external);
    if (!any || padded > from.size()) return fit.size;
    return all_zero(from.take(offset{fit.size}, padded - fit.size)) ? padded : fit.size;
}

/// A FIT, or a device tree by itself.
inline std::optional<found_artefact> fit_or_device_tree(const window& from, const artefact_options& options) {
    const auto magic = from.get<be32>(offset{}), size = from.get<be32>(offset{bytes{4}});
    if (!magic || !size || from_disk(*magic) != fdt_magic) return {};
    found_artefact a{.kind = "FIT", .file_name = "u-boot.itb", .size = bytes{from_disk(*size)}};
    try {
        const owned_bytes raw = from.take(offset{}, std::min(a.size, largest_bootloader));
        const fdt_view tree{raw};
        if (!tree.find("/images")) {
            a.kind = "device tree", a.file_name = "device-tree.dtb", a.size = tree.size();
            if (const auto model = tree.root().string("model")) a.details.emplace_back(*model);
            return a;
        }
        const window within = from.part(offset{}, largest_bootloader);
        const found_fit fit =
            read_fit(within, raw, tree, {.sha256 = options.sha256, .most_hashed = bytes{mebibytes{256}}});
        a.size = with_padding(within, fit);
        a.whole = fit.is_whole;
        add_facts_of_u_boot(a, within, fit);
        if (!fit.description.empty()) a.details.push_back(fit.description);
        for (const found_fit_image& i : fit.images) a.details.push_back(detail_of(i));
        for (const found_fit_configuration& c : fit.configurations)
            a.details.push_back(
                text::join(c.name, c.name == fit.default_configuration ? " (default)" : "", ": ", c.description));
        for (const finding& f : check(fit, within.size()))
            if (f.how_bad == severity::error) a.whole = false, a.details.push_back(f.message);
    } catch (const error& e) { // it is cut off, or its numbers overflow
        a.whole = false;
        a.size = std::min(a.size, std::min(from.size(), largest_bootloader));
        a.details.emplace_back(e.what());
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
    const owned_bytes raw = from.take(offset{}, std::min(a.size, largest_bootloader));
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
/// Source: U-Boot arch/arm/mach-sunxi/Kconfig, SPL_PAD_TO.
inline std::optional<found_artefact> egon(const window& from, const artefact_options& options) {
    const auto h = from.get<egon_header>(offset{});
    if (!h || std::string_view{h->magic.data(), h->magic.size()} != "eGON.BT0") return {};
    const std::uint32_t length = from_disk(h->length), stored = from_disk(h->check_sum);
    found_artefact a{.kind = "eGON", .file_name = "sunxi-spl.bin", .size = bytes{length}};
    constexpr bytes largest = mebibytes{1}, u_boot_at = kibibytes{32};
    const owned_bytes spl = from.take(offset{}, std::min(a.size, largest));
    std::uint32_t sum = egon_stamp - stored;
    for (std::span<const std::byte> rest{spl}; rest.size() >= 4; rest = rest.subspan(4))
        sum += from_disk(struct_from<le32>(rest));
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
        a.compatible = std::move(u_boot->compatible);
        a.u_boot_loads = u_boot->u_boot_loads;
        a.details.insert(a.details.end(), u_boot->details.begin(), u_boot->details.end());
    }
    return a;
}

inline std::optional<found_artefact> imx_boot_image(const window& from) {
    const auto h = from.get<image_vector_table>(offset{});
    if (!h || h->tag != 0xd1 || from_disk(h->length) != sizeof *h || h->version < 0x40 || h->version > 0x43) return {};
    const std::uint32_t boot_data = from_disk(h->boot_data), self = from_disk(h->self);
    if (boot_data < self || boot_data - self > 4096) return {};
    const auto data = from.get<imx_boot_data>(offset{bytes{boot_data - self}});
    if (!data) return {};
    const std::uint32_t start = from_disk(data->start), size = from_disk(data->size);
    const std::uint32_t before = self - std::min(start, self);
    return found_artefact{.kind = "i.MX boot image",
                          .file_name = "imx-spl.bin",
                          .size = bytes{size - std::min(size, before)},
                          .details = {text::join("entry at ", text::hex(from_disk(h->entry)))}};
}

} // namespace detail

/// The bootloader file that begins at `at`; nothing if there is none that is known.
inline std::optional<found_artefact> recognise_artefact(const window& disk, offset at,
                                                        const artefact_options& options = {}) {
    const window from = disk.part(at, disk.size());
    std::optional<found_artefact> a = detail::idbloader(from, options);
    if (!a) a = detail::rockchip_vendor_image(from, options);
    if (!a) a = detail::egon(from, options);
    if (!a) a = detail::imx_boot_image(from);
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

namespace detail {

/// Where u-boot.itb lies in u-boot-rockchip.bin and u-boot-rockchip-spi.bin, from the idbloader and from the start.
/// Source: U-Boot configs/*_defconfig, SPL_PAD_TO and SYS_SPI_U_BOOT_OFFS; the RK3399 of Theobroma's Puma has 0x38000.
inline constexpr std::array u_boot_behind_idbloader{from_start(rockchip::u_boot_in_combined), bytes{0x38000}};
inline constexpr std::array u_boot_in_spi{offset{bytes{0x60000}}, offset{bytes{0x80000}}, offset{bytes{0xe0000}},
                                          offset{bytes{0x100000}}};

/// The FITs that belong to an idbloader at the start of a file or a flash.
inline void add_places_of_u_boot(std::vector<offset>& to, const window& from) {
    for (const offset at : {offset{}, offset{rockchip::idbloader_at}}) {
        if (!rockchip::read_idbloader(from.part(at, from.size()))) continue;
        for (const bytes behind : u_boot_behind_idbloader) to.push_back(at + behind);
        to.insert(to.end(), u_boot_in_spi.begin(), u_boot_in_spi.end());
    }
}

} // namespace detail

/// All that are found at those places, and at the starts of partitions without a filesystem.
inline std::vector<found_artefact> find_artefacts(const window& disk, const std::vector<found_partition>& partitions,
                                                  const artefact_options& options = {}) {
    std::vector<offset> places = bootloader_places();
    const auto is_filesystem = [](const found_partition& p) { return p.content && p.content->filesystem; };
    for (const found_partition& p : partitions)
        if (!is_filesystem(p)) places.push_back(p.at);
    if (options.without_table) {
        places.emplace_back();
        detail::add_places_of_u_boot(places, disk);
    }
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

/// Its bytes as its file has them: an idbloader for SPI flash in the form that `mkimage -T rksd` gives it, in which it
/// can be composed for any medium.
inline image file_of(const window& disk, const found_artefact& a) {
    const window part = disk.part(a.at, a.size);
    return a.spread ? owned(rockchip::gathered_from_spi(part.take(offset{}, part.size()))) : part.copy();
}

IMGCOMPOSE_NAMESPACE_END
