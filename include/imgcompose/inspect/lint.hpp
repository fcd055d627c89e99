// SPDX-License-Identifier: BSL-1.0
// Whether a disk will boot, told at a desk and not by a dead serial console: all that `inspect` finds, and what a
// board's firmware, U-Boot and Linux will stumble over.
#pragma once

#include <imgcompose/inspect/lint_boot_files.hpp>
#include <imgcompose/inspect/lint_bootloader.hpp>
#include <imgcompose/inspect/lint_context.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {

class linter {
public:
    linter(const window& disk, const lint_options& options)
        : disk_(disk), options_(options), report_(inspect(disk, options.inspection)) {}

    std::vector<disk_finding> look() {
        findings_ = report_.findings;
        for (const found_artefact& a : report_.artefacts) check_end(context_, a);
        for (const board* b : options_.on) bootloader_linter{context_, *b}.look();
        find_boot_files();
        check_choice_of_partition();
        for (const found_partition& p : report_.partitions)
            if (p.content && p.content->ext4 && is_for_u_boot(p)) check_features(p.number, *p.content->ext4);
        if (report_.content && report_.content->ext4) check_features(0, *report_.content->ext4);
        for (const found_boot_files& f : files_) boot_file_linter{context_, files_, f}.look();
        sort_findings(findings_);
        return std::move(findings_);
    }
    std::vector<disk_finding> look_at_flash(const board& b) {
        findings_ = report_.findings;
        for (const found_artefact& a : report_.artefacts) check_end(context_, a);
        flash_linter{context_, b}.look();
        sort_findings(findings_);
        return std::move(findings_);
    }

private:
    void find_boot_files() {
        const auto add = [&](const window& part, const std::optional<found_content>& content, std::uint32_t number,
                             offset at) {
            const auto known = std::ranges::find(options_.known, at, &known_files::at);
            if (known != options_.known.end()) {
                const auto lives_elsewhere = [](const tree*) {};
                files_.push_back(boot_files_in(std::shared_ptr<const tree>{known->files, lives_elsewhere}, number));
            } else if (auto f = boot_files_of(part, content, number)) {
                files_.push_back(std::move(*f));
            }
        };
        for (const found_partition& p : report_.partitions) add(disk_.part(p.at, p.size), p.content, p.number, p.at);
        if (report_.table == disk_table::none) add(disk_, report_.content, 0, offset{});
    }

    // --- which partition U-Boot takes --------------------------------------------------------------------------------

    /// Source: U-Boot boot/bootdev-uclass.c, bootdev_find_in_blk; disk/part_efi.c, is_bootable: an ESP counts, too.
    [[nodiscard]] bool is_scanned(const found_partition& p) const {
        const auto counts = [](const found_partition& q) { return q.bootable || q.type == partition_type::esp; };
        if (std::ranges::any_of(report_.partitions, counts)) return counts(p);
        return p.number == 1;
    }
    void check_choice_of_partition() {
        if (report_.partitions.empty() && files_.empty()) return;
        bool any = false;
        for (const found_boot_files& f : files_) {
            any |= f.any();
            const found_partition* const p = report_.partition(f.partition);
            if (p == nullptr || !f.for_u_boot() || is_scanned(*p)) continue;
            const bool esp = std::ranges::any_of(
                report_.partitions, [](const found_partition& q) { return q.type == partition_type::esp; });
            context_.say(
                severity::error, "boot-partition-not-flagged", p->at,
                text::join("partition ", p->title(), " holds ", f.extlinux_conf.empty() ? f.script : f.extlinux_conf,
                           ", but U-Boot does not look there: ",
                           esp ? "an EFI system partition counts as bootable, and then only flagged ones are searched"
                               : "others are marked as bootable, or it is not the first",
                           "; mark it as bootable (", report_.table == disk_table::gpt ? "attribute bit 2" : "active",
                           ")"));
        }
        for (const found_partition& p : report_.partitions) {
            const auto f = std::ranges::find(files_, p.number, &found_boot_files::partition);
            if (p.bootable && f != files_.end() && !f->any())
                context_.say(severity::warning, "flagged-without-boot-files", p.at,
                             text::join("partition ", p.title(),
                                        " is marked as bootable, but has neither extlinux.conf nor a boot script nor "
                                        "an EFI program that firmware would find"));
        }
        if (!any && !files_.empty() && !has_kernel_partition())
            context_.say(severity::warning, "nothing-to-boot", offset{},
                         "no partition has extlinux/extlinux.conf, boot.scr or EFI/BOOT/BOOT*.EFI, at its top or in "
                         "/boot: U-Boot and UEFI will find nothing to start");
    }
    /// One with a kernel by itself: of Android, or of a Chromebook, which starts it by its type and priority.
    [[nodiscard]] bool has_kernel_partition() const {
        return std::ranges::any_of(report_.partitions, [&](const found_partition& p) {
            if (p.content && !p.content->filesystem) return report_.artefact_of(p) == nullptr;
            return p.type == partition_type::chromeos_kernel && !p.content;
        });
    }

    // --- what U-Boot can read ----------------------------------------------------------------------------------------

    /// It has files for U-Boot, or U-Boot looks there and they cannot be read here either.
    [[nodiscard]] bool is_for_u_boot(const found_partition& p) const {
        const auto f = std::ranges::find(files_, p.number, &found_boot_files::partition);
        return f != files_.end() ? f->for_u_boot() : is_scanned(p);
    }
    /// Features that were tried with U-Boot 2023.01 and 2025.01, and what their sources say of the others.
    void check_features(std::uint32_t partition, const ext4_facts& facts) {
        const ext4_feature_bits& bits = facts.features;
        const auto refuse = [&](severity how_bad, std::string_view feature, std::string_view what) {
            context_.say(how_bad, "feature-u-boot-cannot-read", context_.place_of(partition),
                         text::join("the ext4 filesystem of ", context_.title_of(partition), " has the feature ",
                                    feature, ": U-Boot ", what, "; make it without (mke2fs -O ^", feature, ")"));
        };
        if ((bits.incompat & 0x8000) != 0)
            refuse(severity::error, "inline_data", "finds neither small files nor small directories");
        if ((bits.incompat & 0x1) != 0) refuse(severity::error, "compression", "knows no compressed files");
        if ((bits.ro_compat & 0x200) != 0)
            refuse(severity::warning, "bigalloc", "was seen to read it, and seen to refuse it");
        if ((bits.incompat & 0x10) != 0)
            refuse(severity::warning, "meta_bg", "looks for the later groups in the wrong place, by its source");
        if (options_.firmware == reader::u_boot_2017 && (bits.incompat & 0x4400) != 0)
            refuse(severity::warning, "large_dir", "2017.09 was not made for it");
        if (facts.needs_recovery())
            context_.say(severity::error, "journal-not-replayed", context_.place_of(partition),
                         text::join("the journal of ", context_.title_of(partition),
                                    " holds what was not yet written in place, and U-Boot does not replay it; run "
                                    "e2fsck on it"));
    }

    window disk_;
    const lint_options& options_;
    disk_report report_;
    std::vector<found_boot_files> files_{};
    std::vector<disk_finding> findings_{};
    lint_context context_{disk_, options_, report_, findings_};
};

} // namespace detail

/// What keeps the disk from booting, or may; nothing for a sound one. Throws io_error for bytes that cannot be read,
/// and nothing because of what they are.
inline std::vector<disk_finding> lint(const window& disk, const lint_options& options = {}) {
    return detail::linter{disk, options}.look();
}

/// The same of the image of a board's SPI flash; `on` of the options does not count.
inline std::vector<disk_finding> lint_flash(const window& flash, const board& b, const lint_options& options = {}) {
    return detail::linter{flash, options}.look_at_flash(b);
}

IMGCOMPOSE_NAMESPACE_END
