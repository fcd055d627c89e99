// SPDX-License-Identifier: BSL-1.0
// Whether firmware, U-Boot and Linux can do what the files say by which they start.
#pragma once

#include <imgcompose/board/load_check.hpp>
#include <imgcompose/boot/boot_script.hpp>
#include <imgcompose/boot/extlinux_files.hpp>
#include <imgcompose/boot/extlinux_parse.hpp>
#include <imgcompose/boot/fdt_read.hpp>
#include <imgcompose/boot/kernel_image.hpp>
#include <imgcompose/boot/uefi.hpp>
#include <imgcompose/inspect/lint_names.hpp>
#include <imgcompose/inspect/lint_scripts.hpp>
#include <imgcompose/inspect/soc.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// A device tree, as far as it tells for what it is.
struct found_dtb {
    std::vector<std::string> compatible{};
    std::string model{};
};

class boot_file_linter {
public:
    boot_file_linter(const lint_context& context, const std::vector<found_boot_files>& all, const found_boot_files& f)
        : c_(context), all_(all), f_(f), at_(context.place_of(f.partition)), title_(context.title_of(f.partition)) {}

    void look() {
        if (!f_.extlinux_conf.empty()) check_extlinux();
        if (!f_.script.empty()) check_script();
        if (!f_.efi_program.empty()) check_efi();
        check_loader();
        if (!f_.config_txt.empty() && c_.report.partition(f_.partition) != nullptr) check_raspberry_pi();
        check_fstab(c_, f_);
    }

private:
    void add(std::string_view code, const std::vector<finding>& list, std::string_view where) {
        for (const finding& x : list) {
            const std::string line = x.line == 0 ? "" : text::join(':', x.line);
            c_.say(x.how_bad, code, at_, text::join(where, line, ": ", x.message));
        }
    }
    [[nodiscard]] std::string in(std::string_view path) const { return text::join(path, " of ", title_); }
    [[nodiscard]] std::optional<window> file(std::string_view path) const {
        const auto i = f_.files->resolve(path);
        if (!i || f_.files->at(*i).type != file_type::regular) return {};
        return window{content_of(*f_.files, f_.files->at(*i))};
    }
    [[nodiscard]] static std::string_view chars(const owned_bytes& raw) {
        return {reinterpret_cast<const char*>(raw.data()), raw.size()};
    }

    // --- extlinux.conf -----------------------------------------------------------------------------------------------

    void check_extlinux() {
        const auto raw = file_bytes(*f_.files, f_.extlinux_conf, bytes{extlinux_file_limit + 1});
        if (!raw) return;
        if (raw->size() > extlinux_file_limit)
            c_.say(severity::error, "boot-file-too-large", at_,
                   text::join(in(f_.extlinux_conf),
                              " is larger than the 64 KiB that U-Boot reads; leave older entries out"));
        const extlinux_reading read = read_extlinux(chars(*raw), c_.options.firmware);
        add("extlinux-misread", read.findings, in(f_.extlinux_conf));
        std::vector<std::string_view> device_trees;
        for (const board* b : c_.options.on) device_trees.push_back(b->dtb);
        if (device_trees.empty()) device_trees.emplace_back();
        for (const std::string_view fdtfile : device_trees)
            add("boot-file-missing",
                check_files(read.file, *f_.files, {.extlinux_conf = f_.extlinux_conf, .fdtfile = fdtfile}),
                in(f_.extlinux_conf));
        std::set<std::string> kernels;
        constexpr std::size_t most_kernels = 100; // more than fit on any boot partition
        for (const extlinux_entry& e : read.file.entries) {
            const std::string where = text::join(in(f_.extlinux_conf), ": LABEL ", text::quoted(e.label));
            check_command_line(c_, at_, text::join(where, ": APPEND"), e.append);
            if (kernels.size() == most_kernels) continue;
            if (!e.kernel.empty() && kernels.insert(text::join(e.kernel, '\n', e.fdt)).second) check_entry(where, e);
        }
    }
    void check_entry(const std::string& where, const extlinux_entry& e) {
        const auto found_at = [&](std::string_view path) {
            return path.empty() ? std::nullopt : file(path_for_u_boot(f_.extlinux_conf, path));
        };
        loaded_sizes sizes;
        if (const auto fdt = found_at(e.fdt)) {
            sizes.fdt = fdt->size();
            check_dtb(text::join(where, ": FDT"), e.fdt, *fdt);
        }
        for (const std::string& overlay : e.fdtoverlays)
            if (const auto found = found_at(overlay)) sizes.fdt_overlay = std::max(sizes.fdt_overlay, found->size());
        if (const auto kernel = found_at(e.kernel))
            check_kernel_file(where, path_for_u_boot(f_.extlinux_conf, e.kernel), *kernel, sizes);
    }

    [[nodiscard]] static std::optional<found_dtb> read_dtb(const window& file) {
        constexpr bytes largest = mebibytes{4};
        try {
            const owned_bytes raw = file.take(offset{}, largest);
            const fdt_view tree{raw};
            found_dtb d{.model = std::string{tree.root().string("model").value_or("")}};
            const auto compatible = tree.root().property("compatible");
            if (const auto names = compatible ? compatible->strings() : std::nullopt)
                d.compatible.assign(names->begin(), names->end());
            return d;
        } catch (const error&) {
            return {};
        }
    }
    void check_dtb(const std::string& where, std::string_view path, const window& file) {
        if (file.size() == bytes{}) return; // told already
        const auto dtb = read_dtb(file);
        if (!dtb)
            return c_.say(
                severity::error, "dtb-damaged", at_,
                text::join(where, ": ", text::quoted(path), " is no device tree, or a damaged one; copy it anew"));
        const auto base = [](std::string_view p) { return p.substr(p.rfind('/') + 1); };
        for (const board* b : c_.options.on) {
            const auto for_soc = is_for_soc(dtb->compatible, b->soc);
            if (for_soc == false) {
                c_.say(severity::warning, "dtb-of-another-board", at_,
                       text::join(where, ": ", text::quoted(path), " is for ", text::quoted(dtb->compatible.back()),
                                  ", but ", b->title, " has an ", b->soc));
                continue;
            }
            // Generations keep the folder's name in front: HASH-dtbs-rockchip/rk3328-rock64.dtb.
            if (b->dtb.empty() || base(path).ends_with(base(b->dtb)) || dtb->compatible.empty()) continue;
            if (is_for_board(dtb->compatible, *b) || bare(dtb->model).starts_with(bare(b->title))) continue;
            if (c_.options.on.size() > 1) continue; // of a disk for several boards
            c_.say(severity::warning, "dtb-of-another-board", at_,
                   text::join(where, ": ", text::quoted(path), " is for ", text::quoted(dtb->compatible.front()),
                              ", but the device tree of ", b->title, " is ", base(b->dtb)));
        }
    }
    void check_kernel_file(const std::string& where, const std::string& path, const window& kernel,
                           loaded_sizes sizes) {
        const found_kernel found = recognise_kernel(kernel);
        std::vector<machine> judged = c_.machines();
        if (judged.empty()) judged.push_back(machine::unknown);
        for (const machine m : judged)
            add("kernel-unfit", check_kernel(found, m, kernel_loader::from_u_boot, path), where);
        sizes.kernel_file = kernel.size();
        sizes.compressed = found.kind == kernel_kind::compressed;
        for (const board* b : c_.options.on)
            add("kernel-too-large", check_loads(b->load, found.header, sizes), text::join(where, ": ", path));
    }

    // --- boot.scr ----------------------------------------------------------------------------------------------------

    void check_script() {
        const auto raw = file_bytes(*f_.files, f_.script, bytes{boot_script_limit + 1});
        if (!raw) return;
        if (raw->size() > boot_script_limit)
            c_.say(severity::error, "boot-file-too-large", at_,
                   text::join(in(f_.script), " is larger than the 64 KiB that U-Boot reads"));
        std::string commands;
        try {
            commands = read_boot_script(*raw);
        } catch (const error& e) {
            return c_.say(severity::error, "boot-script-damaged", at_,
                          text::join(in(f_.script), " is no boot script that U-Boot would run: ", e.what(),
                                     "; make it with mkimage -T script, or boot_script"));
        }
        const script_facts facts = facts_of_script(commands);
        std::set<std::string> told;
        for (const script_load& l : facts.loads) {
            if (l.loaded == script_load::when::sometimes || (l.loaded == script_load::when::asked && !l.boots))
                continue;
            const auto from = std::ranges::find(all_, l.partition.value_or(f_.partition), &found_boot_files::partition);
            if (from == all_.end()) continue; // another disk, or files that are not readable here
            const bool elsewhere = !l.partition && std::ranges::any_of(all_, [&](const found_boot_files& other) {
                return other.files->resolve(l.path).has_value(); // U-Boot scans, and so may the script
            });
            if (elsewhere || from->files->resolve(l.path) || from->files->resolve("/boot" + l.path) ||
                !told.insert(l.path).second)
                continue;
            c_.say(l.boots && l.loaded == script_load::when::always ? severity::error : severity::warning,
                   "boot-file-missing", at_,
                   text::join(in(f_.script), ", line ", l.line, ", loads ", text::quoted(l.path), ", which is not in ",
                              c_.title_of(from->partition)));
        }
        for (const auto& [line, words] : facts.bootargs)
            check_command_line(c_, at_, text::join(in(f_.script), ", line ", line, ": bootargs"), words);
    }

    // --- UEFI --------------------------------------------------------------------------------------------------------

    void check_efi() {
        const auto program = file(f_.efi_program);
        if (!program) return;
        const found_kernel found = recognise_kernel(*program);
        if (!found.is_efi_application)
            return c_.say(severity::error, "efi-program-damaged", at_,
                          text::join(in(f_.efi_program), " is ", found.describe(), ", which UEFI cannot start"));
        const esp_files files{*f_.files};
        for (const machine m : c_.machines())
            for (const finding& f : check_efi_fallback(files, m))
                // U-Boot has another way to start where there is one.
                c_.say(f_.for_u_boot() ? severity::warning : severity::error, "efi-program-unfit", at_,
                       text::join(title_, ": ", f.message));
    }
    void check_loader() {
        if (!f_.files->child(top_directory, "loader") && !f_.files->child(top_directory, "LOADER")) return;
        const esp_files files{*f_.files};
        std::vector<machine> judged = c_.machines();
        if (judged.empty()) judged.push_back(machine::unknown);
        for (const machine m : judged) add("loader-entry-unfit", check_loader_entries(files, m), title_);
        for (const auto& [name, entry] : loader_entries(files))
            check_command_line(c_, at_, text::join("loader/entries/", in(name), ": options"), entry.options);
    }

    // --- Raspberry Pi ------------------------------------------------------------------------------------------------

    /// What config.txt says, as far as it is for all boards or for the one that is judged.
    /// Source: Raspberry Pi documentation, "config.txt", "Conditional filters", "Boot options".
    struct pi_config {
        std::string kernel{}, device_tree{}, initramfs{}, prefix{}, cmdline = "cmdline.txt";
    };
    [[nodiscard]] pi_config read_config() const {
        pi_config config;
        const auto raw = file_bytes(*f_.files, "/config.txt", bytes{kibibytes{64}});
        if (!raw) return config;
        bool counts = true;
        for (std::string_view rest = chars(*raw); !rest.empty();) {
            const auto end = std::min(rest.find('\n'), rest.size());
            std::string_view line = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            line = line.substr(0, line.find('#'));
            while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
                line.remove_suffix(1);
            if (line.starts_with('[')) counts = line == "[all]" || is_filter_of_board(line);
            else if (counts) take(config, line);
        }
        return config;
    }
    [[nodiscard]] bool is_filter_of_board(std::string_view filter) const {
        return std::ranges::any_of(c_.options.on, [&](const board* b) {
            return (b->name == "raspberry-pi-4" && filter == "[pi4]") ||
                   (b->name == "raspberry-pi-3" && filter == "[pi3]");
        });
    }
    static void take(pi_config& config, std::string_view line) {
        const auto value = [&](std::string_view key, std::string& to) {
            if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) to = line.substr(key.size() + 1);
        };
        value("kernel", config.kernel);
        value("device_tree", config.device_tree);
        value("os_prefix", config.prefix);
        value("cmdline", config.cmdline);
        constexpr std::string_view initramfs = "initramfs ";
        if (line.starts_with(initramfs)) {
            const std::string_view file = line.substr(initramfs.size());
            config.initramfs = file.substr(0, file.find(' '));
        }
    }
    void check_raspberry_pi() {
        const auto is_pi = [](const board* b) { return b->name.starts_with("raspberry-pi"); };
        const bool judged = std::ranges::any_of(c_.options.on, is_pi);
        if (!c_.options.on.empty() && !judged) return;
        const auto is_there = [&](std::string_view path) {
            return f_.files->resolve(text::join(path.starts_with('/') ? "" : "/", path)).has_value();
        };
        const auto any_of = [&](std::initializer_list<std::string_view> paths) {
            return std::ranges::any_of(paths, is_there);
        };
        if (!any_of({"start.elf", "start4.elf", "start_cd.elf", "start4cd.elf", "start_x.elf", "start4x.elf",
                     "start_db.elf", "start4db.elf", "kernel_2712.img"})) {
            if (judged)
                c_.say(
                    severity::error, "firmware-partition-empty", at_,
                    text::join(title_, " has no start*.elf, by which a Raspberry Pi starts; copy its firmware there"));
            return;
        }
        const pi_config config = read_config();
        const auto require = [&](std::string_view key, const std::string& path) {
            if (path.empty() || is_there(config.prefix + path) || is_there(path)) return;
            c_.say(severity::error, "boot-file-missing", at_,
                   text::join(in("config.txt"), ": ", key, " names ", text::quoted(path), ", which is not there"));
        };
        require("kernel", config.kernel);
        require("device_tree", config.device_tree);
        require("initramfs", config.initramfs);
        const auto own = [&](std::string_view name) { return is_there(config.prefix + std::string{name}); };
        if (config.kernel.empty() && !own("kernel8.img") && !own("kernel7l.img") && !own("kernel7.img") &&
            !own("kernel.img") && !own("kernel_2712.img"))
            c_.say(severity::error, "boot-file-missing", at_,
                   text::join(title_, " has no kernel: neither kernel8.img nor another that a Raspberry Pi starts"));
        const auto words = file_bytes(*f_.files, text::join("/", config.prefix, config.cmdline), bytes{kibibytes{4}});
        if (!words) return;
        std::string_view line = chars(*words);
        line = line.substr(0, line.find_first_of("\r\n"));
        check_command_line(c_, at_, in(config.cmdline), line);
    }

    const lint_context& c_;
    const std::vector<found_boot_files>& all_;
    const found_boot_files& f_;
    offset at_;
    std::string title_;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
