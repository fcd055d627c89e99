// SPDX-License-Identifier: BSL-1.0
// Whether the filesystem that holds extlinux.conf also holds what it names.
// Source of the path rules: U-Boot boot/pxe_utils.c, get_relfile and label_boot.
#pragma once

#include <imgcompose/boot/extlinux.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void boot_file_is_missing(std::string_view why) {
    throw input_error(text::join("extlinux.conf: ", why));
}
} // namespace fail

/// Where U-Boot looks for `path`: an absolute one is taken from the root of the filesystem, a relative one is put
/// behind the directory of `extlinux_conf`, neither of them normalised.
inline std::string path_for_u_boot(std::string_view extlinux_conf, std::string_view path) {
    if (path.starts_with('/')) return std::string{path};
    return text::join(extlinux_conf.substr(0, extlinux_conf.rfind('/') + 1), path);
}

namespace detail {

// Levenshtein's distance, of names: case counts nothing, so that the wrong case is the nearest of all.
inline std::size_t name_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (text::lower_case(a[i]) == text::lower_case(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

// Longer names than these nobody mistypes by a letter; and what a hostile file names must not take hours to compare.
inline constexpr std::size_t compared_name_limit = 128, compared_names_limit = 1000, suggestion_limit = 3;
inline constexpr std::size_t compared_path_limit = 4096;

// Whether a user who wrote `wanted` may have meant `name`.
inline bool is_near(std::string_view wanted, std::string_view name) {
    if (name.starts_with(wanted) || wanted.starts_with(name)) return true;
    const std::size_t allowed = std::max<std::size_t>(1, wanted.size() / 4);
    const std::size_t longer = std::max(wanted.size(), name.size());
    if (longer > compared_name_limit) return false;
    const std::size_t shorter = std::min(wanted.size(), name.size());
    return longer - shorter <= allowed && name_distance(wanted, name) <= allowed;
}

// At most three paths that the user may have meant: near names in the deepest directory of `path` that is there, the
// nearest first, then files of the same name elsewhere.
inline std::vector<std::string> near_matches(const tree& files, std::string_view path) {
    if (path.size() > compared_path_limit) return {};
    std::size_t end = path.size();
    std::size_t slash = path.rfind('/');
    while (slash != path.npos && slash != 0 && !files.resolve(path.substr(0, slash))) {
        end = slash;
        slash = path.rfind('/', slash - 1);
    }
    if (slash == path.npos) return {};
    const std::string_view wanted = path.substr(slash + 1, end - slash - 1);
    const std::string_view last = path.substr(path.rfind('/') + 1);
    const auto directory = files.resolve(path.substr(0, std::max<std::size_t>(slash, 1)));

    std::vector<std::pair<std::size_t, std::string>> near; // by distance, then by name: the tree has no order
    std::vector<inode_index> elsewhere;
    std::vector<std::string_view> beside;
    for (const auto& e : files.entries()) {
        const auto name = files.name_of(e);
        if (directory && e.parent == static_cast<std::uint32_t>(*directory)) beside.push_back(name);
        else if (name == last) elsewhere.push_back(inode_index{e.target});
    }
    if (wanted.size() <= compared_name_limit && beside.size() <= compared_names_limit)
        for (const std::string_view name : beside)
            if (is_near(wanted, name))
                near.emplace_back(name_distance(wanted, name), text::join(path.substr(0, slash + 1), name));
    constexpr std::size_t too_common = 100; // a name of which nobody can say which was meant
    if (elsewhere.size() <= too_common)
        for (const auto i : elsewhere) near.emplace_back(std::numeric_limits<std::size_t>::max(), files.path_of(i));
    std::ranges::sort(near);
    std::vector<std::string> paths;
    for (auto& [distance, found] : near)
        if (paths.size() < 3) paths.push_back(std::move(found));
    return paths;
}

inline std::string missing_file_message(const tree& files, std::string_view path, bool suggest = true) {
    auto message = text::join(text::quoted(path), " is not in the filesystem");
    const auto near = suggest ? near_matches(files, path) : std::vector<std::string>{};
    if (near.empty()) return message += "; add it to the tree";
    message += "; there is ";
    for (std::size_t i = 0; i < near.size(); ++i) message += (i == 0 ? "" : ", ") + text::quoted(near[i]);
    return message;
}

} // namespace detail

struct extlinux_files_options {
    std::string_view extlinux_conf = "/extlinux/extlinux.conf"; ///< its own absolute path in the filesystem
    std::string_view fdtfile{}; ///< the board's $fdtfile, such as rockchip/rk3328-rock64.dtb: is looked for in FDTDIR
};

/// Every kernel, initrd, device tree, overlay and background that `files`, the filesystem with extlinux.conf, lacks.
/// That file must be in the tree too, or relative paths lead nowhere. A device tree missing in FDTDIR is a warning:
/// U-Boot then goes on with its own.
inline std::vector<finding> check_files(const extlinux& file, const tree& files,
                                        const extlinux_files_options& options = {}) {
    std::vector<finding> findings;
    std::size_t missing = 0;
    const auto look_for = [&](std::size_t entry, std::string_view keyword, std::string_view path, file_type wanted,
                              severity how_bad = severity::error) {
        if (path.empty()) return;
        const std::string full = path_for_u_boot(options.extlinux_conf, path);
        const auto found = files.resolve(full);
        std::string what;
        if (!found) what = detail::missing_file_message(files, full, missing++ < detail::suggestion_limit);
        else if (files.at(*found).type != wanted)
            what = text::quoted(full) +
                   (wanted == file_type::directory ? " is not a directory" : " is not a regular file");
        else if (wanted == file_type::regular && files.at(*found).size == 0)
            what = text::join(text::quoted(full), " is empty");
        if (!what.empty())
            findings.push_back({.how_bad = how_bad, .message = detail::extlinux_message(file, {entry, keyword}, what)});
    };
    if (!files.resolve(options.extlinux_conf))
        findings.push_back({.message = text::quoted(options.extlinux_conf) + " itself is not in the filesystem"});
    if (file.timeout > deciseconds{})
        look_for(detail::extlinux_place::no_entry, "MENU BACKGROUND", file.background, file_type::regular,
                 severity::warning);
    for (std::size_t i = 0; i < file.entries.size(); ++i) {
        const auto& e = file.entries[i];
        look_for(i, "KERNEL", e.kernel, file_type::regular);
        look_for(i, "INITRD", e.initrd, file_type::regular);
        look_for(i, "FDT", e.fdt, file_type::regular);
        look_for(i, "FDTDIR", e.fdtdir, file_type::directory);
        if (!e.fdtdir.empty() && !options.fdtfile.empty())
            look_for(i, "FDTDIR", text::join(e.fdtdir, e.fdtdir.ends_with('/') ? "" : "/", options.fdtfile),
                     file_type::regular, severity::warning);
        for (const auto& overlay : e.fdtoverlays) look_for(i, "FDTOVERLAYS", overlay, file_type::regular);
    }
    return findings;
}

/// Throws input_error for the first file that is missing.
inline void require_files(const extlinux& file, const tree& files, const extlinux_files_options& options = {}) {
    for (const auto& f : check_files(file, files, options))
        if (f.how_bad == severity::error) fail::boot_file_is_missing(f.message);
}

IMGCOMPOSE_NAMESPACE_END
