// SPDX-License-Identifier: BSL-1.0
// The functions of extlinux.hpp.
#pragma once

#include <imgcompose/boot/extlinux.hpp>
#include <imgcompose/boot/u_boot_text.hpp>
#include <imgcompose/core/error.hpp>
#include <imgcompose/core/text.hpp>
#include <imgcompose/image/image.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void extlinux_would_not_boot(std::string_view why) {
    throw input_error(text::join("extlinux.conf: ", why));
}
} // namespace fail

namespace detail {
// What U-Boot would misread or refuse in a value, whoever made it.
class extlinux_rules {
public:
    extlinux_rules(const extlinux& file, const extlinux_report& report) : file_(file), report_(report) {}

    void check() {
        if (file_.readable_by == linux_kernel)
            error("DEFAULT", "extlinux.conf is read by U-Boot, not by Linux; set readable_by to u_boot or u_boot_2017");
        check_top();
        std::set<std::string_view> seen;
        for (entry_ = 0; entry_ < file_.entries.size(); ++entry_) {
            const auto& e = file_.entries[entry_];
            if (!seen.insert(e.label).second)
                error("LABEL", "is there twice; U-Boot takes the last for DEFAULT and shows both; rename one");
            check_entry(e);
        }
    }

private:
    void error(std::string_view keyword, std::string_view message) {
        report_(severity::error, extlinux_place{entry_, keyword}, message);
    }
    void warning(std::string_view keyword, std::string_view message) {
        report_(severity::warning, extlinux_place{entry_, keyword}, message);
    }

    void check_top() {
        constexpr std::int64_t longest =
            std::numeric_limits<std::int32_t>::max() - 9; // U-Boot adds 9 and divides by 10
        if (file_.timeout < deciseconds{} || (file_.timeout > deciseconds{longest} && file_.timeout != wait_for_choice))
            error("TIMEOUT",
                  text::join("cannot be ", file_.timeout.count(), " tenths of a second; the most is ", longest));
        if (file_.timeout > deciseconds{}) {
            if (file_.title.empty()) error("MENU TITLE", "is empty, but U-Boot shows a menu only behind a title");
            else check_text("MENU TITLE", file_.title);
            if (!file_.background.empty()) {
                not_in_2017("MENU BACKGROUND");
                check_path("MENU BACKGROUND", file_.background);
            }
        }
        if (file_.entries.empty()) error("LABEL", "there is none, so nothing can be booted; add an entry");
        if (file_.entries.size() > extlinux_entry_limit)
            error("LABEL", text::join("there are ", file_.entries.size(), "; U-Boot has room for the numbers of ",
                                      extlinux_entry_limit));
        check_names_label("DEFAULT", file_.default_label);
        if (!file_.fallback_label.empty()) not_in_2017("FALLBACK");
        check_names_label("FALLBACK", file_.fallback_label);
    }

    void check_names_label(std::string_view keyword, std::string_view name) {
        if (name.empty()) return;
        if (std::ranges::none_of(file_.entries, [&](const auto& e) { return e.label == name; }))
            error(keyword, text::join(text::quoted(name), " is no label of this file"));
    }

    void check_entry(const extlinux_entry& e) {
        if (e.label.empty()) error("LABEL", "has no name");
        else check_text("LABEL", e.label);
        if (!e.menu_label.empty()) check_text("MENU LABEL", e.menu_label);
        if (e.kernel.empty() && !e.localboot) error("KERNEL", "is missing; U-Boot skips the label");
        if (!e.kernel.empty()) check_path("KERNEL", e.kernel);
        if (e.kernel.find('#') != std::string::npos)
            error("KERNEL",
                  "has a '#', behind which U-Boot expects the configuration of a FIT; rename the file, or say "
                  "the configuration apart");
        if (!e.configuration.empty()) {
            if (e.kernel.empty()) error("KERNEL", "is missing, but a configuration of it is chosen");
            check_text("KERNEL", e.configuration);
        }
        if (!e.initrd.empty()) check_path("INITRD", e.initrd);
        if (!e.fdt.empty()) check_path("FDT", e.fdt);
        if (!e.fdtdir.empty()) check_path("FDTDIR", e.fdtdir);
        if (!e.fdt.empty() && !e.fdtdir.empty())
            error("FDTDIR", "is given beside FDT; U-Boot ignores it then; remove one of them");
        if (!e.fdtoverlays.empty()) not_in_2017("FDTOVERLAYS");
        for (const auto& overlay : e.fdtoverlays) {
            if (overlay.empty()) error("FDTOVERLAYS", "has an empty path");
            else check_path("FDTOVERLAYS", overlay);
            if (overlay.find_first_of(" \t") != std::string::npos)
                error("FDTOVERLAYS", text::join("has a blank in ", text::quoted(overlay),
                                                ", which U-Boot takes for two files; rename it"));
        }
        if (!e.append.empty()) check_append(e);
        if (e.ipappend > 3) error("IPAPPEND", text::join("is ", e.ipappend, "; it is 0, 1, 2 or 3"));
        if (e.kaslrseed) not_in_2017("KASLRSEED");
    }

    void check_append(const extlinux_entry& e) {
        check_text("APPEND", e.append);
        // label_boot: " ip=a:b:c:d" and " BOOTIF=01-..." are added before the length is checked.
        const std::size_t size =
            escape_macros(e.append).size() + ((e.ipappend & 1) != 0 ? 67 : 0) + ((e.ipappend & 2) != 0 ? 28 : 0);
        if (size > extlinux_append_limit)
            error("APPEND", text::join("has ", size, " characters, ", size - extlinux_append_limit,
                                       " more than U-Boot takes; it would skip the label"));
        else if (size > extlinux_append_safe)
            warning("APPEND", text::join("has ", size, " characters; some builds of U-Boot take no more than ",
                                         extlinux_append_safe, " and skip the label"));
        if (e.initrd.empty() && e.append.find("initrd=") != std::string::npos)
            error("APPEND", "has initrd=, and U-Boot would load what follows as the initial ramdisk; use INITRD");
    }

    void check_text(std::string_view keyword, std::string_view value) {
        if (value.find('\n') != value.npos || value.find('\0') != value.npos)
            error(keyword, "has a line feed or a NUL inside, where U-Boot takes the value to end");
        if (value.find('\r') != value.npos)
            error(keyword, "has a carriage return, which U-Boot takes as part of the value; end lines with a line feed "
                           "alone");
        if (value.starts_with('#')) error(keyword, "begins with '#', which U-Boot takes for a comment");
        if (value.starts_with(' ') || value.starts_with('\t'))
            error(keyword, "begins with a blank, which U-Boot drops; remove it");
    }

    void check_path(std::string_view keyword, std::string_view path) {
        check_text(keyword, path);
        if (path.ends_with(' ') || path.ends_with('\t'))
            error(keyword, text::join("ends with a blank, and U-Boot looks for a file ", text::quoted(path),
                                      "; remove the blank"));
        // A relative path is appended to the directory of extlinux.conf, whose longest usual name is this.
        constexpr std::string_view directory = "/boot/extlinux/";
        const std::size_t size = path.size() + (path.starts_with('/') ? 0 : directory.size());
        if (size > extlinux_path_limit)
            error(keyword, text::join("is a path of ", size, " characters; U-Boot takes ", extlinux_path_limit));
    }

    void not_in_2017(std::string_view keyword) {
        if (file_.readable_by == u_boot_2017)
            error(keyword,
                  "is not known to U-Boot 2017.09, which would ignore all that follows in the label; leave it out");
    }

    const extlinux& file_;
    const extlinux_report& report_;
    std::size_t entry_ = extlinux_place::no_entry;
};

IMGCOMPOSE_INLINE void check_extlinux(const extlinux& file, const extlinux_report& report) {
    extlinux_rules{file, report}.check();
}

IMGCOMPOSE_INLINE std::string extlinux_message(const extlinux& file, const extlinux_place& place, std::string_view message) {
    if (place.entry == extlinux_place::no_entry || place.entry >= file.entries.size())
        return text::join(place.keyword, ' ', message);
    return text::join("label ", text::quoted(file.entries[place.entry].label), ": ", place.keyword, ' ', message);
}

// The text, of a value that may be wrong.
inline std::string render(const extlinux& file) {
    std::string out;
    const auto line = [&](std::string_view keyword, std::string_view value) {
        if (!value.empty()) out += text::join(keyword, ' ', value, '\n');
    };
    if (!file.default_label.empty()) line("DEFAULT", file.default_label);
    else if (!file.entries.empty()) line("DEFAULT", file.entries.front().label);
    if (file.timeout != deciseconds{}) {
        line("MENU TITLE", file.title);
        line("MENU BACKGROUND", file.background);
        // 2017.09 counts TIMEOUT in seconds. A later U-Boot that meets such a file shows the menu for less time.
        const auto count = file.timeout == wait_for_choice ? 0
                           : file.readable_by == u_boot_2017
                               ? std::chrono::ceil<std::chrono::seconds>(file.timeout).count()
                               : file.timeout.count();
        line("TIMEOUT", std::to_string(count));
    }
    line("FALLBACK", file.fallback_label);
    for (const auto& e : file.entries) {
        out += '\n';
        line("LABEL", e.label);
        line("  MENU LABEL", e.menu_label);
        line("  KERNEL", e.configuration.empty() ? e.kernel : text::join(e.kernel, '#', e.configuration));
        line("  INITRD", e.initrd); // before APPEND, whose initrd= then means nothing to U-Boot
        line("  FDT", e.fdt);
        line("  FDTDIR", e.fdtdir);
        line("  APPEND", escape_macros(e.append));
        if (e.localboot) line("  LOCALBOOT", std::to_string(*e.localboot));
        if (e.ipappend != 0) line("  IPAPPEND", std::to_string(e.ipappend));
        // Last what came last to U-Boot: an older one ends the label at a word it does not know.
        std::string overlays;
        for (const auto& overlay : e.fdtoverlays) overlays += overlays.empty() ? overlay : ' ' + overlay;
        line("  FDTOVERLAYS", overlays);
        if (e.kaslrseed) out += "  KASLRSEED\n";
    }
    return out;
}

IMGCOMPOSE_INLINE std::string file_too_large_for_u_boot(std::size_t size) {
    return text::join("the file has ", size, " bytes; U-Boot 2023.04 and later ignores one of more than ",
                      extlinux_file_limit, " without a word; keep fewer labels");
}
} // namespace detail

IMGCOMPOSE_INLINE std::vector<finding> check(const extlinux& file) {
    std::vector<finding> findings;
    const auto report = [&](severity how_bad, const detail::extlinux_place& place, std::string_view message) {
        findings.push_back({.how_bad = how_bad, .message = detail::extlinux_message(file, place, message)});
    };
    detail::check_extlinux(file, report);
    const auto size = detail::render(file).size();
    if (size > extlinux_file_limit && file.readable_by != u_boot_2017)
        findings.push_back({.message = detail::file_too_large_for_u_boot(size)});
    return findings;
}

IMGCOMPOSE_INLINE std::string emit(const extlinux& file) {
    for (const auto& f : check(file))
        if (f.how_bad == severity::error) fail::extlinux_would_not_boot(f.message);
    return detail::render(file);
}

IMGCOMPOSE_INLINE extlinux::operator image() const { return from_text(emit(*this)); }

IMGCOMPOSE_NAMESPACE_END
