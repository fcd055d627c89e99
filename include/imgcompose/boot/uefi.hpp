// SPDX-License-Identifier: BSL-1.0
// What UEFI looks for on an EFI system partition: the fallback program, and systemd-boot with its entries.
// Source: UEFI 2.10, 3.5.1.1 "Removable Media Boot Behavior"; systemd bootctl(1) and systemd-boot(7).
#pragma once

#include <imgcompose/boot/kernel_image.hpp>
#include <imgcompose/boot/loader_entry.hpp>
#include <imgcompose/boot/pe.hpp>
#include <imgcompose/tree/content.hpp>
#include <imgcompose/tree/glob.hpp>
#include <imgcompose/tree/steps.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void machine_without_efi_name(machine m) {
    throw input_error(text::join("UEFI has no name for ", name_of(m)));
}
[[noreturn]] inline void loader_entry_name_impossible(std::string_view name) {
    throw input_error(text::join("a boot loader entry cannot be named ", text::quoted(name),
                                 "; use letters, digits and +-_. and end in .conf"));
}
[[noreturn]] inline void kernel_would_not_start(std::string_view why) { throw format_error(std::string{why}); }
} // namespace fail

/// Where firmware looks on a medium that it does not know: "/EFI/BOOT/BOOTAA64.EFI".
inline std::string efi_fallback_path(machine board) {
    const auto* n = detail::numbers_of(board);
    if (n == nullptr) fail::machine_without_efi_name(board);
    return text::join("/EFI/BOOT/", n->efi_file);
}

/// Where bootctl installs systemd-boot: "/EFI/systemd/systemd-bootaa64.efi".
inline std::string systemd_boot_path(machine board) {
    const auto* n = detail::numbers_of(board);
    if (n == nullptr) fail::machine_without_efi_name(board);
    return text::join("/EFI/systemd/systemd-boot", n->efi_name, ".efi");
}

/// Puts an EFI application (systemd-boot, GRUB, a kernel with its stub) where firmware starts it by itself. Throws
/// format_error for one that is for another processor.
inline auto add_efi_fallback(machine board, const image& program) {
    const std::string path = efi_fallback_path(board);
    require_efi_application(window{program}, board, path);
    return add(path, program);
}

/// An entry with the contents of the files it names; what is empty is in the tree already.
struct systemd_boot_entry {
    std::string name{}; ///< of the file in loader/entries: "linux.conf"
    loader_entry entry{};
    image kernel{};
    image initrd{}; ///< of the first that the entry names
    image devicetree{};
};

struct systemd_boot {
    machine board = machine::arm64;
    image program{}; ///< systemd-bootaa64.efi
    loader_conf conf{};
    std::vector<systemd_boot_entry> entries{};
};

/// Puts systemd-boot at both of its places, with loader.conf, its entries and their files. A file of several entries is
/// put there once. Throws format_error for programs and kernels of another processor.
inline auto add_systemd_boot(systemd_boot what) {
    require_efi_application(window{what.program}, what.board, "systemd-boot");
    for (const systemd_boot_entry& e : what.entries) {
        if (!is_loader_entry_name(e.name)) fail::loader_entry_name_impossible(e.name);
        for (const finding& f : check(e.entry, what.board))
            fail::loader_text_unfit(text::join(e.name, ": ", f.message));
        if (e.kernel.size() == bytes{}) continue;
        for (const finding& f : check_kernel(recognise_kernel(window{e.kernel}), what.board, kernel_loader::from_uefi,
                                             text::join(e.name, ": the kernel")))
            fail::kernel_would_not_start(f.message);
    }
    return [what = std::move(what)](tree t) {
        t = std::move(t) | add(efi_fallback_path(what.board), what.program) |
            add(systemd_boot_path(what.board), what.program) | add("/loader/loader.conf", what.conf);
        const auto add_once = [&](std::string_view path, const image& content) {
            if (path.empty() || content.size() == bytes{}) return;
            const std::string full = path.starts_with('/') ? std::string{path} : text::join('/', path);
            if (!t.find(full)) t = std::move(t) | add(full, content);
        };
        for (const systemd_boot_entry& e : what.entries) {
            t = std::move(t) | add("/loader/entries/" + e.name, e.entry);
            add_once(e.entry.kernel, e.kernel);
            if (!e.entry.initrds.empty()) add_once(e.entry.initrds.front(), e.initrd);
            add_once(e.entry.devicetree, e.devicetree);
        }
        return t;
    };
}

namespace detail {

// FAT knows no case.
inline std::optional<inode_index> find_on_fat(const tree& t, std::string_view path) {
    const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
    inode_index here = top_directory;
    bool found = true;
    tree::for_each_component(path, [&](std::string_view name) {
        bool next = false;
        for (const auto& e : t.entries())
            if (found && !next && e.parent == static_cast<std::uint32_t>(here) &&
                std::ranges::equal(t.name_of(e), name, {}, upper, upper)) {
                here = inode_index{e.target};
                next = true;
            }
        found = found && next;
    });
    if (!found) return {};
    return here;
}

} // namespace detail

/// What keeps a board from booting from this tree as an EFI system partition: the fallback program or what an entry
/// names missing or for another processor, and a default entry that is not there.
inline std::vector<finding> check_esp(const tree& esp, machine board) {
    std::vector<finding> findings;
    const auto error = [&](std::string message) { findings.push_back({.message = std::move(message)}); };
    const auto content = [&](std::string_view path) -> std::optional<image> {
        const auto found = detail::find_on_fat(esp, path);
        if (!found || esp.at(*found).type != file_type::regular) return {};
        return content_of(esp, esp.at(*found));
    };
    const std::string fallback = efi_fallback_path(board);
    if (const auto program = content(fallback)) {
        const auto pe = read_pe(window{*program});
        if (!pe || !pe->is_efi_application()) error(fallback + " is not an EFI application");
        else if (pe->built_for != board)
            error(text::join(fallback, " is for ", name_of(pe->built_for), ", but the board is ", name_of(board)));
    } else {
        error(fallback + " is missing, so the firmware finds nothing to start; put systemd-boot or a kernel there");
    }
    const auto entries = detail::find_on_fat(esp, "/loader/entries");
    if (!entries) return findings;
    std::vector<std::string> names;
    const auto sorted = esp.sorted();
    for (const auto number : sorted.of(*entries)) {
        const auto& e = esp.entries()[number];
        const auto& i = esp.at(inode_index{e.target});
        const std::string name{esp.name_of(e)};
        constexpr std::uint64_t largest = 1 << 20;
        if (i.type != file_type::regular || !name.ends_with(".conf") || i.size > largest) continue;
        constexpr std::size_t most = 1000; // of entries: each is looked for in all of the tree
        if (names.size() == most) break;
        names.push_back(name);
        const owned_bytes raw = read_all(content_of(esp, i));
        const auto entry = parse_loader_entry({reinterpret_cast<const char*>(raw.data()), raw.size()});
        for (const finding& f : check(entry, board)) error(text::join(name, ": ", f.message));
        const auto require = [&](std::string_view path) {
            if (path.empty()) return;
            if (!content(path)) error(text::join(name, ": ", text::quoted(path), " is not in the partition"));
        };
        for (const auto& path : {entry.kernel, entry.efi, entry.devicetree}) require(path);
        for (const auto& path : entry.initrds) require(path);
        for (const auto& path : entry.devicetree_overlays) require(path);
        const auto kernel = entry.kernel.empty() ? std::nullopt : content(entry.kernel);
        if (!kernel) continue;
        for (const finding& f :
             check_kernel(recognise_kernel(window{*kernel}), board, kernel_loader::from_uefi, entry.kernel))
            error(text::join(name, ": ", f.message));
    }
    if (const auto conf = content("/loader/loader.conf"); conf && conf->size() < 1_MiB) {
        const owned_bytes raw = read_all(*conf);
        const auto wanted = parse_loader_conf({reinterpret_cast<const char*>(raw.data()), raw.size()}).default_entry;
        // "@saved" is no pattern, and one that cannot be read matches nothing for systemd-boot either.
        const bool is_word = wanted.empty() || wanted.starts_with('@') || wanted.find_first_of("[\\") != wanted.npos;
        // Older loader.conf files leave .conf out.
        const auto matches = [&](const std::string& name) {
            return glob{"/" + wanted}.matches("/" + name) || glob{"/" + wanted + ".conf"}.matches("/" + name);
        };
        if (!is_word && std::ranges::none_of(names, matches))
            findings.push_back({.how_bad = severity::warning,
                                .message = text::join("loader.conf has the default ", text::quoted(wanted),
                                                      ", which is no entry; the first of the menu is booted")});
    }
    return findings;
}

IMGCOMPOSE_NAMESPACE_END
