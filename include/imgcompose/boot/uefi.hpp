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

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// The files of an EFI system partition by their paths, which on FAT know no case.
class esp_files {
public:
    /// `esp` lives longer.
    explicit esp_files(const tree& esp) : esp_(esp) {
        for (std::uint32_t i = 0; i < esp.entries().size(); ++i) {
            const tree::entry& e = esp.entries()[i];
            by_name_.try_emplace(key(inode_index{e.parent}, esp.name_of(e)), inode_index{e.target});
        }
    }
    [[nodiscard]] std::optional<inode_index> find(std::string_view path) const {
        std::optional<inode_index> here = top_directory;
        tree::for_each_component(path, [&](std::string_view name) {
            const auto next = here ? by_name_.find(key(*here, name)) : by_name_.end();
            here = next == by_name_.end() ? std::nullopt : std::optional{next->second};
        });
        return here;
    }
    [[nodiscard]] std::optional<image> content(std::string_view path) const {
        const auto found = find(path);
        if (!found || esp_.at(*found).type != file_type::regular) return {};
        return content_of(esp_, esp_.at(*found));
    }
    [[nodiscard]] const tree& all() const { return esp_; }

private:
    static std::string key(inode_index directory, std::string_view name) {
        std::string k = std::to_string(static_cast<std::uint32_t>(directory)) + '/';
        for (const char c : name) k += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        return k;
    }

    const tree& esp_;
    std::unordered_map<std::string, inode_index> by_name_{};
};

/// Those in loader/entries, by their names: the first thousand, of at most 64 KiB each.
inline std::vector<std::pair<std::string, loader_entry>> loader_entries(const esp_files& esp) {
    constexpr std::uint64_t largest = 64 << 10;
    constexpr std::size_t most = 1000;
    std::vector<std::pair<std::string, loader_entry>> entries;
    const auto directory = esp.find("/loader/entries");
    if (!directory) return entries;
    const auto sorted = esp.all().sorted();
    for (const auto number : sorted.of(*directory)) {
        const auto& e = esp.all().entries()[number];
        const auto& i = esp.all().at(inode_index{e.target});
        std::string name{esp.all().name_of(e)};
        if (i.type != file_type::regular || !name.ends_with(".conf") || i.size > largest) continue;
        if (entries.size() == most) break;
        const owned_bytes raw = read_all(content_of(esp.all(), i));
        entries.emplace_back(std::move(name),
                             parse_loader_entry({reinterpret_cast<const char*>(raw.data()), raw.size()}));
    }
    return entries;
}

/// What keeps firmware from starting its fallback program: it is missing, or for another processor.
inline std::vector<finding> check_efi_fallback(const esp_files& esp, machine board) {
    const std::string fallback = efi_fallback_path(board);
    const auto one = [](std::string message) { return std::vector{finding{.message = std::move(message)}}; };
    const auto program = esp.content(fallback);
    if (!program)
        return one(fallback +
                   " is missing, so the firmware finds nothing to start; put systemd-boot or a kernel there");
    const auto pe = read_pe(window{*program});
    if (!pe || !pe->is_efi_application())
        return one(fallback + " is not an EFI application; put systemd-boot or a kernel there");
    if (pe->built_for == board) return {};
    return one(text::join(fallback, " is for ", name_of(pe->built_for), ", but the board is ", name_of(board),
                          "; take the one for it"));
}

/// What keeps systemd-boot, and others that read its entries, from starting them: files missing or for another
/// processor, and a default entry that is not there.
inline std::vector<finding> check_loader_entries(const esp_files& esp, machine board) {
    std::vector<finding> findings;
    const auto error = [&](std::string message) { findings.push_back({.message = std::move(message)}); };
    std::vector<std::string> names;
    constexpr std::size_t most_files = 100; // that one entry names
    for (const auto& [name, entry] : loader_entries(esp)) {
        names.push_back(name);
        for (const finding& f : check(entry, board)) error(text::join(name, ": ", f.message));
        std::vector<std::string> paths{entry.kernel, entry.efi, entry.devicetree};
        paths.insert(paths.end(), entry.initrds.begin(), entry.initrds.end());
        paths.insert(paths.end(), entry.devicetree_overlays.begin(), entry.devicetree_overlays.end());
        paths.resize(std::min(paths.size(), most_files));
        for (const std::string& path : paths)
            if (!path.empty() && !esp.content(path))
                error(text::join(name, ": ", text::quoted(path), " is not in the partition"));
        const auto kernel = entry.kernel.empty() ? std::nullopt : esp.content(entry.kernel);
        if (!kernel) continue;
        for (const finding& f :
             check_kernel(recognise_kernel(window{*kernel}), board, kernel_loader::from_uefi, entry.kernel))
            error(text::join(name, ": ", f.message));
    }
    const auto conf = names.empty() ? std::nullopt : esp.content("/loader/loader.conf");
    if (!conf || conf->size() >= 1_MiB) return findings;
    const owned_bytes raw = read_all(*conf);
    const auto wanted = parse_loader_conf({reinterpret_cast<const char*>(raw.data()), raw.size()}).default_entry;
    // "@saved" is no pattern, and one that cannot be read matches nothing for systemd-boot either.
    const bool is_word =
        wanted.empty() || wanted.starts_with('@') || wanted.find_first_of("[\\") != wanted.npos || wanted.size() > 255;
    // Older loader.conf files leave .conf out.
    const auto matches = [&](const std::string& name) {
        return glob{"/" + wanted}.matches("/" + name) || glob{"/" + wanted + ".conf"}.matches("/" + name);
    };
    if (!is_word && std::ranges::none_of(names, matches))
        findings.push_back({.how_bad = severity::warning,
                            .message = text::join("loader.conf has the default ", text::quoted(wanted),
                                                  ", which is no entry; the first of the menu is booted")});
    return findings;
}

/// What keeps a board from booting from this tree as an EFI system partition.
inline std::vector<finding> check_esp(const tree& esp, machine board) {
    const esp_files files{esp};
    std::vector<finding> findings = check_efi_fallback(files, board);
    for (finding& f : check_loader_entries(files, board)) findings.push_back(std::move(f));
    return findings;
}

IMGCOMPOSE_NAMESPACE_END
