// SPDX-License-Identifier: BSL-1.0
// Whether a board finds its bootloader: each file whole, of the right kind and for the right SoC, where the board
// looks.
#pragma once

#include <imgcompose/inspect/lint_context.hpp>
#include <imgcompose/inspect/soc.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// What a bootloader file is found to be, of those that can be recognised.
struct known_blob {
    std::string_view name; ///< as boards have it
    std::array<std::string_view, 2> kinds;
};
inline constexpr std::array known_blobs{
    known_blob{"idbloader.img", {"idbloader"}},
    known_blob{"u-boot.itb", {"FIT", "Rockchip U-Boot"}}, // the other is what Rockchip's miniloader starts there
    known_blob{"u-boot-sunxi-with-spl.bin", {"eGON"}},
    known_blob{"flash.bin", {"i.MX boot image"}},
};
inline const known_blob* known_blob_named(std::string_view name) {
    const auto found = std::ranges::find(known_blobs, name, &known_blob::name);
    return found == known_blobs.end() ? nullptr : &*found;
}

/// Of a plan: whether all that a header tells of is in the file. Of an image: whether anything is at the end.
inline void check_end(const lint_context& c, const found_artefact& a) {
    const offset in_image = a.at + from_start(c.disk.at());
    for (const region& r : c.disk.whole().regions()) {
        if (r.at > in_image) break;
        const auto is_partition = [&](const found_partition& p) { return p.at == a.at && p.size == r.size; };
        if (r.at != in_image || std::ranges::any_of(c.report.partitions, is_partition)) continue;
        if (r.size >= a.size) break; // what is in it are its parts
        const bytes missing = a.size - r.size;
        const bool padding = missing < bytes{512} && all_zero(c.disk.take(a.at + r.size, missing));
        if (padding) break;
        return c.say(severity::error, "bootloader-truncated", a.at,
                     text::join(a.file_name, " was cut off: it has ", r.size.count, " bytes, and its header tells of ",
                                a.size.count, "; copy the file anew"));
    }
    constexpr bytes looked_at = kibibytes{4}; // stages are filled up to 2 KiB with zeros
    if (a.kind != "idbloader" || !a.whole || a.spread || a.size < looked_at * 2) return;
    if (all_zero(c.disk.take(a.end() - looked_at, looked_at)))
        c.say(severity::warning, "bootloader-truncated", a.at,
              text::join("the end of ", a.file_name, ", of which its header tells ", a.size.count,
                         " bytes, is empty: it seems to have been cut off; write it again"));
}

class bootloader_linter {
public:
    bootloader_linter(const lint_context& context, const board& b) : c_(context), b_(b) {}

    void look() {
        check_table();
        check_partitions();
        if (c_.options.without_bootloader) return;
        for (const boot_blob& blob : b_.blobs)
            if (!blob.alternative) check_blob(blob);
        for (const firmware_partition& f : b_.firmware) check_firmware(f);
    }

    /// What makes `a`, which lies where the board looks for it, useless there.
    void check_artefact(const found_artefact& a) {
        const rockchip::boot_rom* const rom = boot_rom_named(b_.soc);
        const bool another_mark = !a.soc.empty() && !takes_mark(b_.soc, a.soc);
        if (another_mark)
            c_.say(severity::error, "bootloader-wrong-soc", a.at,
                   text::join(a.file_name, " is for ", a.soc, ", but ", b_.title, " has an ", b_.soc,
                              "; build or download the one for this board"));
        else if (rom != nullptr && a.first_stage > rom->most)
            c_.say(severity::error, "first-stage-too-large", a.at,
                   text::join("the first stage in ", a.file_name, " has ", a.first_stage.count,
                              " bytes; the boot ROM of the ", b_.soc, " has memory for ", rom->most.count,
                              ": build or download the one for this board"));
        if (is_for_soc(a.compatible, b_.soc) == false)
            c_.say(severity::error, "bootloader-wrong-soc", a.at,
                   text::join("the device tree in ", a.file_name, " is for ", text::quoted(a.compatible.back()),
                              ", but ", b_.title, " has an ", b_.soc, "; build or download the one for this board"));
        else if (a.u_boot_loads && *a.u_boot_loads < memory_of_board())
            c_.say(severity::error, "bootloader-wrong-soc", a.at,
                   text::join("U-Boot in ", a.file_name, " is to be loaded at ", text::hex(*a.u_boot_loads),
                              ", but the memory of an ", b_.soc, " begins at ", text::hex(memory_of_board()),
                              "; build or download the one for this board"));
    }

private:
    [[nodiscard]] const found_artefact* artefact_at(offset at) const {
        const auto a = std::ranges::find(c_.report.artefacts, at, &found_artefact::at);
        return a == c_.report.artefacts.end() ? nullptr : &*a;
    }

    void check_blob(const boot_blob& blob) {
        const known_blob* const known = known_blob_named(blob.name);
        const found_artefact* const a = artefact_at(blob.at);
        const bytes looked_at = std::min(blob.maximum, bytes{kibibytes{4}});
        const bool nothing = a == nullptr && all_zero(c_.disk.take(blob.at, looked_at));
        if (nothing)
            return c_.say(severity::error, "bootloader-missing", blob.at,
                          text::join("there is no ", blob.name, "; ", b_.title,
                                     " boots from this medium only if it has a bootloader elsewhere, such as in SPI "
                                     "flash"));
        if (known == nullptr || blob.skip != bytes{}) return; // nobody can tell what else it is
        if (a == nullptr)
            return c_.say(severity::error, "bootloader-unknown", blob.at,
                          text::join("what is here is no ", blob.name, ": its magic number is wrong; write it again"));
        if (std::ranges::find(known->kinds, a->kind) == known->kinds.end())
            return c_.say(severity::error, "bootloader-misplaced", blob.at,
                          text::join("here is ", a->file_name, " (", a->kind, "), where ", b_.title, " looks for ",
                                     blob.name, "; write each file to its own place"));
        if (a->spread)
            c_.say(
                severity::error, "bootloader-spread", blob.at,
                text::join(a->file_name,
                           " is in the form for SPI flash (mkimage -T rkspi), which no boot ROM reads from a card or "
                           "eMMC; take the plain one, or let `extract` make it of this"));
        if (a->size > blob.maximum)
            c_.say(severity::error, "bootloader-too-large", a->at,
                   text::join(a->file_name, " has ", a->size.count, " bytes, ", (a->size - blob.maximum).count,
                              " more than ", b_.title, " has room for"));
        if (a->kind == "eGON" && a->file_name != blob.name)
            c_.say(severity::error, "bootloader-incomplete", a->at,
                   text::join("here is SPL, but no U-Boot 32 KiB behind it; write all of ", blob.name));
        check_artefact(*a);
    }

    /// Where the memory of the SoC begins, as far as U-Boot's load addresses tell: at 0 or at 1 GiB for all of them.
    [[nodiscard]] std::uint64_t memory_of_board() const {
        return b_.load.kernel.value / bytes{gibibytes{1}}.count * bytes{gibibytes{1}}.count;
    }

    // --- partitions --------------------------------------------------------------------------------------------------

    void check_table() {
        if (b_.table != table_kind::mbr || c_.report.table != disk_table::gpt) return;
        if (b_.blobs.empty())
            c_.say(severity::warning, "wrong-table", offset{},
                   text::join(b_.title,
                              " finds its firmware's partition in an MBR, and in a GPT only with a newer boot "
                              "ROM or EEPROM; take an MBR"));
        else if (!c_.options.without_bootloader)
            c_.say(severity::error, "wrong-table", offset{},
                   text::join("the bootloader of ", b_.title,
                              " lies where a GPT has its header; such a disk can only have an MBR"));
    }

    void check_partitions() {
        for (const found_partition& p : c_.report.partitions) {
            if (p.at >= b_.partition_floor || is_of_bootloader(p)) continue;
            if (b_.blobs.empty() || c_.options.without_bootloader)
                c_.say(severity::warning, "partition-below-floor", p.at,
                       text::join("partition ", p.title(), " begins before ", position_text(b_.partition_floor),
                                  ", the first place for one on ", b_.title));
            else
                c_.say(severity::error, "partition-over-bootloader", p.at,
                       text::join("partition ", p.title(), " begins where ", b_.title,
                                  " keeps its bootloader; begin it at ", position_text(b_.partition_floor),
                                  " or later"));
        }
    }
    /// It holds a bootloader file, or is a partition of the vendor's where none lies.
    [[nodiscard]] bool is_of_bootloader(const found_partition& p) const {
        if (p.content && p.content->filesystem) return false;
        if (c_.report.artefact_of(p) != nullptr) return true;
        if (std::ranges::any_of(b_.firmware, [&](const firmware_partition& f) { return serves(p, f); })) return true;
        const auto overlaps = [&](const boot_blob& blob) { return blob.at < p.end() && p.at < blob.at + blob.maximum; };
        return !b_.blobs.empty() && std::ranges::none_of(b_.blobs, overlaps);
    }

    /// Whether the firmware takes this partition for its own; see the same of a plan in compose/layout.hpp.
    [[nodiscard]] bool serves(const found_partition& p, const firmware_partition& f) const {
        if (!p.name.empty() && p.name == f.name) return true;
        if (c_.report.table == disk_table::mbr) return f.mbr_type != 0 && p.mbr_type == f.mbr_type;
        if (p.mbr_type && f.mbr_type != 0 && *p.mbr_type == f.mbr_type) return true; // of a hybrid table
        return !f.type.is_nil() && p.type == f.type;
    }
    void check_firmware(const firmware_partition& f) {
        const std::string what = f.holds == "FAT" ? std::string{"the files of its firmware"} : std::string{f.holds};
        std::vector<const found_partition*> own;
        for (const found_partition& p : c_.report.partitions)
            if (serves(p, f)) own.push_back(&p);
        if (own.empty())
            return c_.say(severity::error, "firmware-partition-missing", offset{},
                          text::join("there is no partition ", text::quoted(f.name), " with ", what, ", by which ",
                                     b_.title, " starts; add one of its type"));
        const bool any = std::ranges::any_of(own, [&](const found_partition* p) { return holds(*p, f); });
        const found_partition& first = *own.front();
        if (!any)
            return c_.say(severity::error, "firmware-partition-empty", first.at,
                          text::join("partition ", first.title(), " is to hold ", what, ", by which ", b_.title,
                                     " starts, and holds ",
                                     first.content ? first.content->kind : std::string{"nothing of the kind"}));
        for (const found_partition* p : own)
            if (const found_artefact* const a = c_.report.artefact_of(*p); a != nullptr && holds(*p, f))
                check_artefact(*a);
    }
    [[nodiscard]] bool holds(const found_partition& p, const firmware_partition& f) const {
        if (f.holds == "FAT") return p.content && p.content->fat;
        if (p.content && p.content->filesystem) return false;
        const known_blob* const known = known_blob_named(f.holds);
        const found_artefact* const a = c_.report.artefact_of(p);
        if (known != nullptr) return a != nullptr && std::ranges::find(known->kinds, a->kind) != known->kinds.end();
        return !all_zero(c_.disk.take(p.at, std::min(p.size, bytes{kibibytes{4}})));
    }

    const lint_context& c_;
    const board& b_;
};

/// The image of a board's SPI flash.
class flash_linter {
public:
    flash_linter(const lint_context& context, const board& b) : c_(context), b_(b) {}

    void look() {
        if (!b_.spi)
            return c_.say(
                severity::error, "bootloader-misplaced", offset{},
                text::join("nobody builds U-Boot for the SPI flash of ", b_.title, "; put its bootloader on the card"));
        check("idbloader.img", b_.spi->idbloader);
        check("u-boot.itb", b_.spi->u_boot);
    }

private:
    void check(std::string_view name, offset at) {
        const auto a = std::ranges::find(c_.report.artefacts, at, &found_artefact::at);
        if (a == c_.report.artefacts.end())
            return c_.say(severity::error, "bootloader-missing", at,
                          text::join("there is no ", name, ", by which ", b_.title, " starts from its SPI flash"));
        if (a->file_name != name)
            return c_.say(severity::error, "bootloader-misplaced", at,
                          text::join("here is ", a->file_name, " (", a->kind, "), where ", b_.title, " looks for ",
                                     name, " in its SPI flash"));
        if (a->kind == "idbloader" && a->spread != b_.spi->spread)
            c_.say(severity::error, "bootloader-spread", at,
                   text::join(name,
                              b_.spi->spread ? " is plain, and the boot ROM of the "
                                             : " is spread out, and the boot ROM of the ",
                              b_.soc, " reads SPI flash with ", b_.spi->spread ? "" : "no ",
                              "2 KiB of zeros behind every 2 KiB; make it with mkimage -T ",
                              b_.spi->spread ? "rkspi" : "rksd"));
        bootloader_linter{c_, b_}.check_artefact(*a);
    }

    const lint_context& c_;
    const board& b_;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
