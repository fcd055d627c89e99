// SPDX-License-Identifier: BSL-1.0
// extlinux.conf as a value, and as the text that U-Boot reads. extlinux_parse.hpp reads it back, extlinux_files.hpp
// looks for the files it names.
// Source: U-Boot boot/pxe_utils.c (cmd/pxe.c in 2017.09), read at v2023.01, v2025.01 and 2026; tried on the first two.
#pragma once

#include <imgcompose/core/finding.hpp>
#include <imgcompose/core/function.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/image/reader.hpp>
#include <imgcompose/image/time.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// The unit of TIMEOUT.
using deciseconds = std::chrono::duration<std::int64_t, std::deci>;

/// As a timeout: the menu stays until somebody chooses.
inline constexpr deciseconds wait_for_choice = deciseconds::max();

/// One LABEL. Paths are absolute in the filesystem that holds extlinux.conf, or relative to the directory of that file.
struct extlinux_entry {
    /// What the entry is called, and `default_label` names.
    std::string label{};
    std::string menu_label{};    ///< what the menu shows; the label if empty
    std::string kernel{};        ///< an Image, uImage or FIT
    std::string configuration{}; ///< of a FIT: which; its default if empty
    /// An initramfs, if there is one.
    std::string initrd{};
    std::string fdt{};    ///< a device tree; the label is skipped if it cannot be read
    std::string fdtdir{}; ///< where U-Boot looks for its $fdtfile; or it goes on with its own device tree
    std::vector<std::string> fdtoverlays{}; ///< applied in this order
    std::string append{};                   ///< what the kernel gets as its command line, letter by letter
    std::optional<int> localboot{};         ///< run $localcmd instead of a kernel
    unsigned ipappend = 0;                  ///< 1: add ip=, 2: add BOOTIF=, 3: both
    bool kaslrseed = false;                 ///< have U-Boot's random generator make /chosen/kaslr-seed

    friend bool operator==(const extlinux_entry&, const extlinux_entry&) = default;
};

/// `{.timeout = 1_s, .entries = {{.label = "Linux", .kernel = "/Image", .append = "root=/dev/mmcblk0p2"}}}`
struct extlinux {
    deciseconds timeout{};                 ///< how long a menu is shown; 0: none is, and nothing can be chosen
    std::string default_label{};           ///< the first entry's if empty
    std::string title = "Boot menu";       ///< above the menu, if one is shown
    std::string background{};              ///< a bitmap behind it
    std::string fallback_label{};          ///< taken when U-Boot counted too many failed boots (2024 and later)
    std::vector<extlinux_entry> entries{}; ///< in the order of the menu
    /// Which U-Boot reads it: what it would misread is refused.
    reader readable_by = u_boot;

    friend bool operator==(const extlinux&, const extlinux&) = default;
    /// The text as a file's content. Throws as `emit` does.
    operator image() const;
};

/// Limits of the reader. Source: U-Boot MAX_TFTP_PATH_LEN; CONFIG_SYS_CBSIZE (1024 by default, 512 on some boards);
/// boot/bootmeth_extlinux.c, bootmeth_alloc_file; struct pxe_label, num[4].
inline constexpr std::size_t extlinux_path_limit = 512;
inline constexpr std::size_t extlinux_append_limit = 1023;
inline constexpr std::size_t extlinux_append_safe = 511;
inline constexpr std::size_t extlinux_file_limit = 65536;
inline constexpr std::size_t extlinux_entry_limit = 999;

namespace detail {
/// Where in an extlinux a remark belongs: an entry (or none) and a keyword.
struct extlinux_place {
    static constexpr std::size_t no_entry = std::numeric_limits<std::size_t>::max();
    std::size_t entry = no_entry;
    std::string_view keyword{};
};

using extlinux_report = function<void(severity, const extlinux_place&, std::string_view)>;

/// Tells of all that U-Boot would misread or refuse in a value, whoever made it.
void check_extlinux(const extlinux& file, const extlinux_report& report);
std::string extlinux_message(const extlinux& file, const extlinux_place& place, std::string_view message);
std::string file_too_large_for_u_boot(std::size_t size);
} // namespace detail

/// All that is to be said about a file before it is written; `emit` throws the first error.
std::vector<finding> check(const extlinux& file);

/// The text of the file. With a timeout there is a menu; without one DEFAULT is booted at once, in all versions.
/// Throws input_error if U-Boot would misread it.
std::string emit(const extlinux& file);

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/boot/extlinux_impl.hpp>
#endif
