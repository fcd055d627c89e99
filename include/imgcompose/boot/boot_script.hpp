// SPDX-License-Identifier: BSL-1.0
// boot.scr: commands of U-Boot's shell as a legacy image, and the commands that boot a kernel.
// Source: U-Boot boot/bootmeth_script.c and include/config_distro_bootcmd.h (which variables a script finds set, and
// the limit of 64 KiB); boot/pxe_utils.c, label_boot (which device tree is taken).
#pragma once

#include <imgcompose/boot/cmdline.hpp>
#include <imgcompose/boot/u_boot_text.hpp>
#include <imgcompose/boot/uimage.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Of the whole boot.scr: U-Boot 2023.04 and later ignores a larger one without a word.
inline constexpr std::size_t boot_script_limit = 65536;

namespace fail {
[[noreturn]] inline void boot_script_too_large(std::size_t size) {
    throw input_error(text::join("boot.scr would have ", size, " bytes, ", size - boot_script_limit, " more than the ",
                                 boot_script_limit, " that U-Boot reads"));
}
[[noreturn]] inline void boot_script_has_nul() {
    throw input_error("a boot script has a NUL, where U-Boot would end it; give it as text");
}
[[noreturn]] inline void boot_script_has_carriage_return() {
    throw input_error("a boot script has a carriage return, which U-Boot takes as part of the last word of a line; end "
                      "lines with a line feed alone");
}
[[noreturn]] inline void not_a_boot_script(std::uint8_t type) {
    throw format_error(text::join("not a boot script: the uImage is of type ", type, " (",
                                  name_of(static_cast<uimage_type>(type)), ") instead of 6 (script)"));
}
[[noreturn]] inline void boot_script_without_kernel() { throw input_error("a boot script needs the path of a kernel"); }
} // namespace fail

struct boot_script_options {
    std::string_view name{}; ///< at most 32 bytes, shown by U-Boot
    uimage_arch arch = uimage_arch::arm64;
    std::chrono::seconds time{0}; ///< since 1970
};

/// The same bytes as `mkimage -A arm64 -T script -C none -n NAME -d commands boot.scr` with SOURCE_DATE_EPOCH.
/// Throws input_error if the script is empty, not text, or larger than U-Boot reads.
inline owned_bytes boot_script_bytes(std::string_view commands, const boot_script_options& options = {}) {
    if (commands.find('\0') != commands.npos) fail::boot_script_has_nul();
    if (commands.find('\r') != commands.npos) fail::boot_script_has_carriage_return();
    auto content =
        uimage_bytes(std::as_bytes(std::span{commands}),
                     {.type = uimage_type::script, .arch = options.arch, .name = options.name, .time = options.time});
    if (content.size() > boot_script_limit) fail::boot_script_too_large(content.size());
    return content;
}

/// The file's content: `add("/boot.scr", boot_script(commands, {.name = "Debian"}))`.
inline image boot_script(std::string_view commands, const boot_script_options& options = {}) {
    return owned(boot_script_bytes(commands, options));
}

/// The commands in a boot.scr, whose checksums are verified. Throws format_error for what U-Boot would refuse to run,
/// such as the commands themselves without a header.
inline std::string read_boot_script(std::span<const std::byte> from) {
    const uimage_contents c = read_uimage(from);
    if (c.type != static_cast<std::uint8_t>(uimage_type::script) || c.parts.empty()) fail::not_a_boot_script(c.type);
    return {reinterpret_cast<const char*>(c.parts.front().data()), c.parts.front().size()};
}

/// What a script loads. Paths are absolute in the partition that holds the script, or relative to the directory in
/// which U-Boot looked for it (`/` or `/boot/`).
struct script_boot {
    std::string kernel{};
    std::string initrd{}; ///< none if empty
    std::string fdt{};    ///< the device tree that U-Boot has if empty
    cmdline arguments{};
};

/// The commands that boot a Linux of arm64. Like extlinux.conf they take U-Boot's own device tree where the board has
/// no place for another ($fdt_addr_r), and stop at a file that cannot be read, so that U-Boot can go on elsewhere.
/// Throws input_error for names that U-Boot's shells would read differently.
inline std::string boot_commands(const script_boot& boot) {
    if (boot.kernel.empty()) fail::boot_script_without_kernel();
    const auto load = [](std::string_view address, std::string_view path) {
        return text::join("load ${devtype} ${devnum}:${distro_bootpart} ${", address, "} ",
                          path.starts_with('/') ? "" : "${prefix}", quoted_for_u_boot_shell(path));
    };
    std::string out = text::join("setenv bootargs ", quoted_for_u_boot_shell(to_string(boot.arguments)), '\n');
    out += "setenv fdt_used ${fdtcontroladdr}\n"
           "if test -n \"${fdt_addr}\"; then setenv fdt_used ${fdt_addr}; fi\n";
    // Nested, because old and new shells agree about `if` more than about `&&` and `exit`.
    std::string ends;
    const auto only_if = [&](std::string_view command) {
        out += text::join("if ", command, "; then\n");
        ends += "fi\n";
    };
    only_if(load("kernel_addr_r", boot.kernel));
    if (!boot.fdt.empty()) {
        out += text::join("setenv fdt_missing 0\n"
                          "if test -n \"${fdt_addr_r}\"; then\n"
                          "setenv fdt_used ${fdt_addr_r}\n"
                          "if ",
                          load("fdt_addr_r", boot.fdt),
                          "; then true; else setenv fdt_missing 1; fi\n"
                          "fi\n");
        only_if("test ${fdt_missing} = 0");
    }
    std::string_view ramdisk = "-";
    if (!boot.initrd.empty()) {
        only_if(load("ramdisk_addr_r", boot.initrd)); // the last, for its ${filesize}
        ramdisk = "${ramdisk_addr_r}:${filesize}";
    }
    out += text::join("booti ${kernel_addr_r} ", ramdisk, " ${fdt_used}\n");
    return out + ends;
}

IMGCOMPOSE_NAMESPACE_END
