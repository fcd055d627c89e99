// SPDX-License-Identifier: BSL-1.0
// What of a partition a bootloader reads: extlinux.conf, boot scripts, EFI programs.
// Source of names and their order: U-Boot boot/bootmeth_extlinux.c and bootmeth_script.c,
// include/config_distro_bootcmd.h.
#pragma once

#include <imgcompose/boot/machine.hpp>
#include <imgcompose/image/window.hpp>
#include <imgcompose/inspect/files.hpp>
#include <imgcompose/inspect/report.hpp>
#include <imgcompose/tree/content.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// The files of one partition that firmware starts from.
struct found_boot_files {
    std::uint32_t partition = 0; ///< its number; 0: a disk without partitions
    tree files{};
    std::string extlinux_conf{}; ///< the path that U-Boot finds first; empty: none
    std::string script{};        ///< likewise
    std::string efi_program{};   ///< UEFI's fallback for any processor

    [[nodiscard]] bool any() const { return !extlinux_conf.empty() || !script.empty() || !efi_program.empty(); }
};

namespace detail {

inline std::string first_file_of(const tree& files, std::initializer_list<std::string_view> paths) {
    for (const std::string_view path : paths)
        if (const auto i = files.resolve(path); i && files.at(*i).type == file_type::regular) return std::string{path};
    return {};
}

/// UEFI looks names up without regard to case.
inline std::string efi_fallback_of(const tree& files) {
    const auto child = [&](inode_index in,
                           std::string_view name) -> std::optional<std::pair<inode_index, std::string>> {
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
        for (const auto& e : files.entries())
            if (e.parent == static_cast<std::uint32_t>(in) &&
                std::ranges::equal(files.name_of(e), name, {}, lower, lower))
                return std::pair{inode_index{e.target}, std::string{files.name_of(e)}};
        return {};
    };
    const auto efi = child(top_directory, "EFI");
    if (!efi) return {};
    const auto boot = child(efi->first, "BOOT");
    if (!boot) return {};
    for (const auto& m : machines)
        if (const auto file = child(boot->first, m.efi_file))
            return text::join('/', efi->second, '/', boot->second, '/', file->second);
    return {};
}

} // namespace detail

/// At most `most` bytes of a file; nothing if it is not there. What cannot be read is left out.
inline std::optional<owned_bytes> file_bytes(const tree& files, std::string_view path, bytes most) {
    const auto i = files.resolve(path);
    if (!i || files.at(*i).type != file_type::regular) return {};
    return window{content_of(files, files.at(*i))}.take(offset{}, most);
}

/// Nothing for a filesystem that is not readable here, or damaged.
inline std::optional<found_boot_files> boot_files_of(const window& part, const std::optional<found_content>& content,
                                                     std::uint32_t number) {
    if (!has_readable_files(content)) return {};
    found_boot_files f{.partition = number};
    try {
        f.files = files_of(part, content);
    } catch (const error&) {
        return {};
    }
    f.extlinux_conf = detail::first_file_of(f.files, {"/extlinux/extlinux.conf", "/boot/extlinux/extlinux.conf"});
    f.script = detail::first_file_of(f.files, {"/boot.scr.uimg", "/boot.scr", "/boot/boot.scr.uimg", "/boot/boot.scr"});
    f.efi_program = detail::efi_fallback_of(f.files);
    return f;
}

IMGCOMPOSE_NAMESPACE_END
