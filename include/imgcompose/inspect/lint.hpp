// SPDX-License-Identifier: BSL-1.0
// Whether a disk will boot, told at a desk and not by a dead serial console: all that `inspect` finds, and what a
// board's firmware, U-Boot and Linux will stumble over.
#pragma once

#include <imgcompose/board/board.hpp>
#include <imgcompose/board/load_check.hpp>
#include <imgcompose/boot/boot_script.hpp>
#include <imgcompose/boot/cmdline.hpp>
#include <imgcompose/boot/extlinux_files.hpp>
#include <imgcompose/boot/extlinux_parse.hpp>
#include <imgcompose/boot/kernel_image.hpp>
#include <imgcompose/boot/uimage.hpp>
#include <imgcompose/inspect/boot_files.hpp>
#include <imgcompose/inspect/inspect.hpp>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

struct lint_options {
    const board* on = nullptr;        ///< judge for this board; nothing: what holds for all
    reader firmware = reader::u_boot; ///< what reads the boot partition
    bool without_bootloader = false;  ///< the bootloader is elsewhere, such as in SPI flash
    inspect_options inspection{};
};

namespace detail {

class linter {
public:
    linter(const window& disk, const lint_options& options)
        : disk_(disk), options_(options), report_(inspect(disk, options.inspection)) {}

    std::vector<disk_finding> look() {
        findings_ = report_.findings;
        if (options_.on != nullptr) check_board(*options_.on);
        for (const found_partition& p : report_.partitions)
            if (auto f = boot_files_of(disk_.part(p.at, p.size), p.content, p.number)) files_.push_back(std::move(*f));
        if (report_.table == disk_table::none)
            if (auto f = boot_files_of(disk_, report_.content, 0)) files_.push_back(std::move(*f));
        check_choice_of_partition();
        for (const found_partition& p : report_.partitions)
            if (p.content && p.content->ext4 && is_for_u_boot(p)) check_features(p.number, *p.content->ext4);
        if (report_.content && report_.content->ext4) check_features(0, *report_.content->ext4);
        for (const found_boot_files& f : files_) {
            if (!f.extlinux_conf.empty()) check_extlinux(f);
            if (!f.script.empty()) check_script(f);
            if (!f.efi_program.empty()) check_efi(f);
            check_fstab(f);
        }
        std::ranges::sort(findings_, [](const disk_finding& a, const disk_finding& b) {
            return std::tie(a.at, a.code, a.message) < std::tie(b.at, b.code, b.message);
        });
        return std::move(findings_);
    }

private:
    void say(severity how_bad, std::string_view code, offset at, std::string message) {
        findings_.push_back({how_bad, code, at, std::move(message)});
    }
    [[nodiscard]] offset place_of(std::uint32_t partition) const {
        const found_partition* const p = report_.partition(partition);
        return p != nullptr ? p->at : offset{};
    }
    [[nodiscard]] std::string title_of(std::uint32_t partition) const {
        const found_partition* const p = report_.partition(partition);
        return p != nullptr ? text::join("partition ", p->title()) : std::string{"the disk"};
    }

    // --- the board
    // -----------------------------------------------------------------------------------------------------

    void check_board(const board& b) {
        bool has_alternative = false;
        for (const boot_blob& blob : b.blobs)
            if (const found_artefact* a = artefact_at(blob.at))
                has_alternative |= blob.alternative && a->file_name == blob.name;
        for (const boot_blob& blob : b.blobs)
            if (!blob.alternative) check_blob(b, blob, has_alternative);
        for (const found_artefact& a : report_.artefacts)
            if (!a.soc.empty() && !same_soc(a.soc, b.soc))
                say(severity::error, "bootloader-wrong-soc", a.at,
                    text::join(a.file_name, " is for ", a.soc, ", but ", b.title, " has an ", b.soc,
                               "; build or download the one for this board"));
        for (const found_partition& p : report_.partitions)
            if (p.at < b.partition_floor)
                say(severity::error, "partition-over-bootloader", p.at,
                    text::join("partition ", p.title(), " begins at ", position_text(p.at), ", where ", b.title,
                               " keeps its bootloader; begin it at ", position_text(b.partition_floor), " or later"));
        if (b.table == table_kind::mbr && report_.table == disk_table::gpt)
            say(severity::error, "wrong-table", offset{},
                text::join(b.title,
                           " boots from a disk with an MBR only; its bootloader lies where a GPT has its header"));
    }
    [[nodiscard]] const found_artefact* artefact_at(offset at) const {
        const auto a = std::ranges::find(report_.artefacts, at, &found_artefact::at);
        return a == report_.artefacts.end() ? nullptr : &*a;
    }
    void check_blob(const board& b, const boot_blob& blob, bool has_alternative) {
        const found_artefact* const a = artefact_at(blob.at);
        if (a == nullptr) {
            if (has_alternative) return; // one file holds them all
            if (options_.without_bootloader) return;
            const owned_bytes start = disk_.take(blob.at, bytes{4096});
            if (all_zero(start))
                say(severity::error, "bootloader-missing", blob.at,
                    text::join("there is no ", blob.name, " at ", position_text(blob.at), "; ", b.title,
                               " boots from this medium only if it has a bootloader elsewhere, such as in SPI flash"));
            else
                say(severity::error, "bootloader-unknown", blob.at,
                    text::join("what is at ", position_text(blob.at), " is no ", blob.name,
                               ": its magic number is wrong; write it again"));
            return;
        }
        if (a->size > blob.maximum)
            say(severity::error, "bootloader-too-large", a->at,
                text::join(a->file_name, " has ", a->size.count, " bytes, ", (a->size - blob.maximum).count,
                           " more than ", b.title, " has room for there"));
    }
    /// What an artefact says is a SoC or, as "RK35xx", the family that its boot ROM asks for; that of the RK3328 is
    /// RK32xx. Source of the families: U-Boot tools/rkcommon.c, spl_infos.
    static bool same_soc(std::string_view said, std::string_view has) {
        const auto plain = [](std::string_view s) {
            std::string out;
            for (const char c : s) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            return out;
        };
        const std::string a = plain(said), b = plain(has);
        if (!a.ends_with("xx")) return b.starts_with(a) || a.starts_with(b); // RK3588 and RK3588S
        for (const rockchip::boot_rom& rom : rockchip::boot_roms)
            if (b.starts_with(rom.soc)) return a == (rom.hashes ? "rk35xx" : plain(rom.tag) + "xx");
        return false;
    }

    // --- which partition U-Boot takes
    // -----------------------------------------------------------------------------------

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
            const bool for_u_boot = !f.extlinux_conf.empty() || !f.script.empty();
            any |= f.any();
            const found_partition* const p = report_.partition(f.partition);
            if (p == nullptr || !for_u_boot || is_scanned(*p)) continue;
            const bool esp = std::ranges::any_of(
                report_.partitions, [](const found_partition& q) { return q.type == partition_type::esp; });
            say(severity::error, "boot-partition-not-flagged", p->at,
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
                say(severity::warning, "flagged-without-boot-files", p.at,
                    text::join("partition ", p.title(),
                               " is marked as bootable, but has neither extlinux.conf nor a boot "
                               "script nor an EFI program that firmware would find"));
        }
        if (!any && !files_.empty() && !has_kernel_partition())
            say(severity::warning, "nothing-to-boot", offset{},
                "no partition has extlinux/extlinux.conf, boot.scr or EFI/BOOT/BOOT*.EFI, at its top or in /boot: "
                "U-Boot "
                "and UEFI will find nothing to start");
    }
    [[nodiscard]] bool has_kernel_partition() const {
        return std::ranges::any_of(report_.partitions, [](const found_partition& p) {
            return p.content && !p.content->filesystem; // a ChromeOS kernel, an Android boot image
        });
    }

    /// It has files for U-Boot, or U-Boot looks there and they cannot be read here either.
    [[nodiscard]] bool is_for_u_boot(const found_partition& p) const {
        const auto f = std::ranges::find(files_, p.number, &found_boot_files::partition);
        return f != files_.end() ? !f->extlinux_conf.empty() || !f->script.empty() : is_scanned(p);
    }
    /// Features that were tried with U-Boot 2023.01 and 2025.01, and what their sources say of the others.
    void check_features(std::uint32_t partition, const ext4_facts& facts) {
        const ext4_feature_bits& bits = facts.features;
        const auto refuse = [&](severity how_bad, std::string_view feature, std::string_view what) {
            say(how_bad, "feature-u-boot-cannot-read", place_of(partition),
                text::join("the ext4 filesystem of ", title_of(partition), " has the feature ", feature, ": U-Boot ",
                           what, "; make it without (mke2fs -O ^", feature, ")"));
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
            say(severity::error, "journal-not-replayed", place_of(partition),
                text::join("the journal of ", title_of(partition),
                           " holds what was not yet written in place, and U-Boot "
                           "does not replay it; run e2fsck on it"));
    }

    // --- boot files
    // -------------------------------------------------------------------------------------------------------

    void add(const found_boot_files& f, std::string_view code, const std::vector<finding>& list,
             std::string_view path) {
        for (const finding& x : list) {
            const std::string at = x.line == 0 ? "" : text::join(':', x.line);
            say(x.how_bad, code, place_of(f.partition),
                text::join(path, at, " of ", title_of(f.partition), ": ", x.message));
        }
    }

    void check_extlinux(const found_boot_files& f) {
        const auto raw = file_bytes(f.files, f.extlinux_conf, bytes{extlinux_file_limit + 1});
        if (!raw) return;
        if (raw->size() > extlinux_file_limit)
            say(severity::error, "boot-file-too-large", place_of(f.partition),
                text::join(f.extlinux_conf, " of ", title_of(f.partition),
                           " is larger than the 64 KiB that U-Boot reads; "
                           "leave older entries out"));
        const std::string_view content{reinterpret_cast<const char*>(raw->data()), raw->size()};
        const extlinux_reading read = read_extlinux(content, options_.firmware);
        add(f, "extlinux-misread", read.findings, f.extlinux_conf);
        const std::string_view dtb = options_.on != nullptr ? options_.on->dtb : std::string_view{};
        add(f, "boot-file-missing", check_files(read.file, f.files, {.extlinux_conf = f.extlinux_conf, .fdtfile = dtb}),
            f.extlinux_conf);
        std::set<std::string> kernels;
        for (const extlinux_entry& e : read.file.entries) {
            const std::string where =
                text::join(f.extlinux_conf, " of ", title_of(f.partition), ": LABEL ", text::quoted(e.label));
            check_command_line(f, where, e.append);
            check_dtb(f, where, e);
            if (!e.kernel.empty() && kernels.insert(e.kernel).second) check_kernel_file(f, where, e.kernel);
        }
    }
    void check_dtb(const found_boot_files& f, const std::string& where, const extlinux_entry& e) {
        if (options_.on == nullptr || e.fdt.empty() || options_.on->dtb.empty()) return;
        const auto base = [](std::string_view path) { return path.substr(path.rfind('/') + 1); };
        const std::string_view wanted = base(options_.on->dtb);
        // Generations keep the folder's name in front: HASH-dtbs-rockchip/rk3328-rock64.dtb.
        if (base(e.fdt).ends_with(wanted)) return;
        say(severity::warning, "dtb-of-another-board", place_of(f.partition),
            text::join(where, ": FDT is ", text::quoted(e.fdt), ", but ", options_.on->title, " has ", wanted));
    }
    void check_kernel_file(const found_boot_files& f, const std::string& where, std::string_view kernel) {
        const std::string path = path_for_u_boot(f.extlinux_conf, kernel);
        const auto i = f.files.resolve(path);
        if (!i || f.files.at(*i).type != file_type::regular) return; // told already
        const window file{content_of(f.files, f.files.at(*i))};
        const found_kernel found = recognise_kernel(file);
        add(f, "kernel-unfit", check_kernel(found, machine_of_board(), kernel_loader::from_u_boot, path), where);
        if (options_.on == nullptr || !found.header) return;
        add(f, "kernel-too-large", check_loads(options_.on->load, *found.header, {.kernel_file = file.size()}),
            text::join(path, " of ", where));
    }
    [[nodiscard]] machine machine_of_board() const {
        return options_.on == nullptr ? machine::unknown : machine_named(options_.on->architecture);
    }

    void check_script(const found_boot_files& f) {
        const auto raw = file_bytes(f.files, f.script, bytes{boot_script_limit + 1});
        if (!raw) return;
        if (raw->size() > boot_script_limit)
            say(severity::error, "boot-file-too-large", place_of(f.partition),
                text::join(f.script, " of ", title_of(f.partition), " is larger than the 64 KiB that U-Boot reads"));
        try {
            (void)read_uimage(*raw);
        } catch (const error& e) {
            say(severity::error, "boot-script-damaged", place_of(f.partition),
                text::join(f.script, " of ", title_of(f.partition), " is no boot script that U-Boot would run: ",
                           e.what(), "; make it with mkimage -T script, or boot_script"));
        }
    }

    void check_efi(const found_boot_files& f) {
        const auto i = f.files.resolve(f.efi_program);
        if (!i) return;
        const found_kernel found = recognise_kernel(window{content_of(f.files, f.files.at(*i))});
        if (!found.is_efi_application)
            say(severity::error, "efi-program-damaged", place_of(f.partition),
                text::join(f.efi_program, " of ", title_of(f.partition), " is ", found.describe(),
                           ", which UEFI cannot start"));
    }

    // --- names of devices
    // ---------------------------------------------------------------------------------------------------

    void check_command_line(const found_boot_files& f, const std::string& where, std::string_view append) {
        cmdline line;
        try {
            line = parse_cmdline(append);
        } catch (const error& e) {
            return say(severity::warning, "command-line-odd", place_of(f.partition),
                       text::join(where, ": APPEND: ", e.what()));
        }
        if (!line.root.value.empty() && !exists(line.root))
            say(severity::error, "root-not-found", place_of(f.partition),
                text::join(where, ": root=", to_string(line.root),
                           " names what no partition of this disk carries; there ", known_names(line.root.by)));
        if (options_.on == nullptr || options_.on->console.empty() || line.console.empty()) return;
        const auto device = [](std::string_view s) { return s.substr(0, s.find(',')); };
        const std::string_view own = device(options_.on->console);
        const bool serial = std::ranges::any_of(line.console, [&](std::string_view c) { return device(c) == own; });
        const bool other_serial = std::ranges::any_of(line.console, [&](std::string_view c) {
            return device(c) != own && (c.starts_with("ttyS") || c.starts_with("ttyAMA") || c.starts_with("ttymxc") ||
                                        c.starts_with("ttyAML"));
        });
        if (!serial && other_serial)
            say(severity::warning, "console-not-of-board", place_of(f.partition),
                text::join(where, ": the console is ", line.console.back(), ", but that of ", options_.on->title,
                           " is ", options_.on->console, ": it would stay silent"));
    }

    [[nodiscard]] bool exists(const root_spec& root) const {
        const auto same_id = [](std::string_view a, std::string_view b) {
            return std::ranges::equal(
                a, b, {}, [](char c) { return std::tolower(static_cast<unsigned char>(c)); },
                [](char c) { return std::tolower(static_cast<unsigned char>(c)); });
        };
        const auto any = [&](const auto& f) { return std::ranges::any_of(report_.partitions, f); };
        const auto contents = [&](const auto& f) {
            return any([&](const found_partition& p) { return p.content && f(*p.content); }) ||
                   (report_.content && f(*report_.content));
        };
        switch (root.by) {
        case root_spec::kind::label: return contents([&](const found_content& c) { return c.label == root.value; });
        case root_spec::kind::uuid: return contents([&](const found_content& c) { return same_id(c.id, root.value); });
        case root_spec::kind::partlabel: return any([&](const found_partition& p) { return p.name == root.value; });
        case root_spec::kind::partuuid: {
            if (const auto by_offset = root.value.find("/PARTNROFF="); by_offset != root.value.npos)
                return any([&](const found_partition& p) {
                    return same_id(to_string(p.id), root.value.substr(0, by_offset));
                });
            return any([&](const found_partition& p) {
                return same_id(p.id.is_nil() ? mbr_partuuid(p) : to_string(p.id), root.value);
            });
        }
        case root_spec::kind::none:
        case root_spec::kind::device: break;
        }
        return device_may_exist(root.value);
    }
    /// As the kernel names partitions of an MBR: the disk signature and the number, both hexadecimal.
    [[nodiscard]] std::string mbr_partuuid(const found_partition& p) const {
        const auto digits = [](std::uint32_t n, std::size_t least) {
            const std::string s = text::hex(n).substr(2);
            return s.size() < least ? std::string(least - s.size(), '0') + s : s;
        };
        return text::join(digits(report_.disk_signature.value_or(0), 8), '-', digits(p.number, 2));
    }
    /// Which disk a name such as /dev/mmcblk1p2 means is the running system's affair, but not whether it has a
    /// partition 2.
    [[nodiscard]] bool device_may_exist(std::string_view device) const {
        if (!device.starts_with("/dev/")) return true; // such as 179:2, nfs
        std::string_view disk;
        for (const std::string_view p : {"/dev/mmcblk", "/dev/nvme"})
            if (device.starts_with(p)) disk = p;
        const bool letters = device.starts_with("/dev/sd") || device.starts_with("/dev/vd");
        if (disk.empty() && !letters) return true;
        const auto last = device.find_last_not_of("0123456789");
        const std::string_view digits = device.substr(last + 1);
        if (digits.empty() || digits.size() > 6 || (!letters && device[last] != 'p')) return true; // a whole disk
        std::uint32_t number = 0;
        for (const char c : digits) number = number * 10 + static_cast<std::uint32_t>(c - '0');
        return report_.partition(number) != nullptr;
    }
    [[nodiscard]] std::string known_names(root_spec::kind by) const {
        std::vector<std::string> names;
        for (const found_partition& p : report_.partitions) {
            if (by == root_spec::kind::label && p.content && !p.content->label.empty())
                names.push_back(p.content->label);
            if (by == root_spec::kind::uuid && p.content && !p.content->id.empty()) names.push_back(p.content->id);
            if (by == root_spec::kind::partlabel && !p.name.empty()) names.push_back(p.name);
            if (by == root_spec::kind::partuuid) names.push_back(p.id.is_nil() ? mbr_partuuid(p) : to_string(p.id));
            if (by == root_spec::kind::device) names.push_back(text::join("partition ", p.number));
        }
        if (names.empty()) return "is none";
        std::string s = names.size() == 1 ? "is " : "are ";
        for (std::size_t i = 0; i < names.size(); ++i) s += (i == 0 ? "" : ", ") + names[i];
        return s;
    }

    /// A line of fstab that waits for what is not there drops the system into its emergency shell.
    void check_fstab(const found_boot_files& f) {
        const auto raw = file_bytes(f.files, "/etc/fstab", bytes{1 << 20});
        if (!raw) return;
        std::string_view rest{reinterpret_cast<const char*>(raw->data()), raw->size()};
        for (std::size_t line = 1; !rest.empty(); ++line) {
            const auto end = std::min(rest.find('\n'), rest.size());
            std::string_view words = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const auto blank = words.find_first_of(" \t");
            const std::string_view device = words.substr(0, blank);
            if (blank == words.npos || device.starts_with('#') || words.find("nofail") != words.npos ||
                words.find("noauto") != words.npos)
                continue;
            if (!device.starts_with("LABEL=") && !device.starts_with("UUID=") && !device.starts_with("PARTUUID=") &&
                !device.starts_with("PARTLABEL="))
                continue;
            try {
                std::string plain{device};
                std::erase(plain, '"');
                const root_spec spec = parse_root_spec(plain);
                if (!exists(spec))
                    say(severity::warning, "fstab-names-nothing", place_of(f.partition),
                        text::join(
                            "/etc/fstab:", line, " of ", title_of(f.partition), " names ", device,
                            ", which no partition of this disk carries; systemd would wait for it and stop; there ",
                            known_names(spec.by)));
            } catch (const error&) {
                continue; // LABEL= without a label: mount says so
            }
        }
    }

    window disk_;
    const lint_options& options_;
    disk_report report_;
    std::vector<found_boot_files> files_;
    std::vector<disk_finding> findings_;
};

} // namespace detail

/// What keeps the disk from booting, or may; nothing for a sound one. Throws io_error for bytes that cannot be read,
/// and nothing because of what they are.
inline std::vector<disk_finding> lint(const window& disk, const lint_options& options = {}) {
    return detail::linter{disk, options}.look();
}

IMGCOMPOSE_NAMESPACE_END
