// SPDX-License-Identifier: BSL-1.0
// What of a partition firmware reads: extlinux.conf, boot scripts, EFI programs, a Raspberry Pi's config.txt.
// Source of names and their order: U-Boot boot/bootmeth_extlinux.c and bootmeth_script.c,
// include/config_distro_bootcmd.h; Raspberry Pi documentation, "config.txt".
#pragma once

#include <imgcompose/boot/machine.hpp>
#include <imgcompose/image/window.hpp>
#include <imgcompose/inspect/files.hpp>
#include <imgcompose/inspect/report.hpp>
#include <imgcompose/tree/content.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// The files of one partition that firmware starts from.
struct found_boot_files {
    std::uint32_t partition = 0; ///< its number; 0: a disk without partitions
    std::shared_ptr<const tree> files = std::make_shared<const tree>();
    std::string extlinux_conf{}; ///< the path that U-Boot finds first; empty: none
    std::string script{};        ///< likewise
    std::string efi_program{};   ///< UEFI's fallback for any processor
    std::string config_txt{};    ///< of a Raspberry Pi; also where it is not, but its firmware is

    [[nodiscard]] bool any() const { return for_u_boot() || !efi_program.empty() || !config_txt.empty(); }
    [[nodiscard]] bool for_u_boot() const { return !extlinux_conf.empty() || !script.empty(); }
};

namespace detail {

inline std::string first_file_of(const tree& files, std::initializer_list<std::string_view> paths) {
    for (const std::string_view path : paths)
        if (const auto i = files.resolve(path); i && files.at(*i).type == file_type::regular) return std::string{path};
    return {};
}

/// UEFI looks names up without regard to case.
inline std::string efi_fallback_of(const tree& files) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const auto child = [&](inode_index in, std::string_view name) -> const tree::entry* {
        for (const auto& e : files.entries())
            if (e.parent == static_cast<std::uint32_t>(in) &&
                std::ranges::equal(files.name_of(e), name, {}, lower, lower))
                return &e;
        return nullptr;
    };
    const auto* const efi = child(top_directory, "EFI");
    const auto* const boot = efi == nullptr ? nullptr : child(inode_index{efi->target}, "BOOT");
    if (boot == nullptr) return {};
    for (const auto& m : machines)
        if (const auto* const file = child(inode_index{boot->target}, m.efi_file))
            return text::join('/', files.name_of(*efi), '/', files.name_of(*boot), '/', files.name_of(*file));
    return {};
}

} // namespace detail

/// At most `most` bytes of a file; nothing if it is not there. What cannot be read is left out.
inline std::optional<owned_bytes> file_bytes(const tree& files, std::string_view path, bytes most) {
    const auto i = files.resolve(path);
    if (!i || files.at(*i).type != file_type::regular) return {};
    return window{content_of(files, files.at(*i))}.take(offset{}, most);
}

/// In a filesystem whose files are known.
inline found_boot_files boot_files_in(std::shared_ptr<const tree> files, std::uint32_t number) {
    found_boot_files f{.partition = number, .files = std::move(files)};
    f.extlinux_conf = detail::first_file_of(*f.files, {"/extlinux/extlinux.conf", "/boot/extlinux/extlinux.conf"});
    f.script =
        detail::first_file_of(*f.files, {"/boot.scr.uimg", "/boot.scr", "/boot/boot.scr.uimg", "/boot/boot.scr"});
    f.efi_program = detail::efi_fallback_of(*f.files);
    if (!detail::first_file_of(*f.files, {"/config.txt", "/start4.elf", "/start.elf", "/bootcode.bin"}).empty())
        f.config_txt = "/config.txt";
    return f;
}

/// Nothing for a filesystem that is not readable here, or damaged.
inline std::optional<found_boot_files> boot_files_of(const window& part, const std::optional<found_content>& content,
                                                     std::uint32_t number) {
    if (!has_readable_files(content)) return {};
    try {
        tree files = files_of(part, content);
        (void)files.child_indexed(top_directory, ""); // a hostile configuration may ask for very many
        return boot_files_in(std::make_shared<const tree>(std::move(files)), number);
    } catch (const error&) {
        return {};
    }
}

IMGCOMPOSE_NAMESPACE_END
