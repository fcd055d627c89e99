// SPDX-License-Identifier: BSL-1.0
// Boot Loader Specification entries (loader/entries/*.conf) and loader.conf, as systemd-boot reads them.
// Source: UAPI.1 Boot Loader Specification, "Type #1 Boot Loader Specification Entries"; systemd loader.conf(5);
// systemd src/boot/efi/boot.c, line_get_key_value (blanks and quotes).
#pragma once

#include <imgcompose/boot/machine.hpp>
#include <imgcompose/core/finding.hpp>
#include <imgcompose/image/image.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void loader_text_unfit(std::string_view why) { throw input_error(std::string{why}); }
} // namespace fail

/// One entry of the menu. Paths count from the root of the filesystem that holds the entry. What is empty is left out.
struct loader_entry {
    std::string title{};
    std::string version{};
    std::string machine_id{}; ///< 32 lower-case hexadecimal digits
    std::string sort_key{};   ///< entries with one come first, sorted by it, then the newest version first
    std::string kernel{};     ///< `linux` in the file: an Image with an EFI stub
    std::vector<std::string> initrds{};
    std::string efi{}; ///< any EFI program, instead of a kernel
    std::string options{};
    std::string devicetree{};
    std::vector<std::string> devicetree_overlays{};
    std::string architecture{}; ///< "aa64", "x64", ...: systemd-boot hides entries of another

    friend bool operator==(const loader_entry&, const loader_entry&) = default;
    /// The text as a file's content. Throws as `emit` does.
    operator image() const;
};

/// loader/loader.conf.
struct loader_conf {
    std::optional<std::chrono::seconds> timeout{}; ///< how long the menu is shown; nothing: it is not
    std::string default_entry{};                   ///< its file name, may have * and ?
    std::string console_mode{};                    ///< "keep", "auto", "max", or a number
    std::optional<bool> editor{};                  ///< whether the command line can be changed in the menu

    friend bool operator==(const loader_conf&, const loader_conf&) = default;
    operator image() const;
};

namespace detail {

class loader_text {
public:
    void add(std::string_view key, std::string_view value) {
        if (value.empty()) return;
        if (value.find('\n') != value.npos || value.find('\r') != value.npos || value.find('\0') != value.npos)
            fail::loader_text_unfit(text::join(key, " has a line end or a NUL inside"));
        constexpr std::string_view blanks = " \t";
        if (blanks.find(value.front()) != blanks.npos || blanks.find(value.back()) != blanks.npos)
            fail::loader_text_unfit(text::join(key, " begins or ends with a blank, which readers drop"));
        if (value.size() > 1 && value.front() == '"' && value.back() == '"')
            fail::loader_text_unfit(text::join(key, " is in quotation marks, which systemd-boot drops"));
        out += text::join(key, ' ', value, '\n');
    }
    void add_path(std::string_view key, std::string_view path) {
        if (path.find(' ') != path.npos)
            fail::loader_text_unfit(
                text::join(key, " has a blank in its path, where other readers of entries (GRUB's blscfg) end it"));
        add(key, path);
    }
    std::string out{};
};

/// Calls `f(key, value)` for each line that says something.
template <class F> void for_each_loader_line(std::string_view content, const F& f) {
    constexpr std::string_view blanks = " \t\r";
    while (!content.empty()) {
        const auto end = content.find('\n');
        auto line = content.substr(0, end);
        content.remove_prefix(end == content.npos ? content.size() : end + 1);
        const auto first = line.find_first_not_of(blanks);
        if (first == line.npos || line[first] == '#') continue;
        line = line.substr(first, line.find_last_not_of(blanks) - first + 1);
        const auto key = line.substr(0, line.find_first_of(blanks));
        auto value = line.substr(key.size());
        value.remove_prefix(std::min(value.find_first_not_of(blanks), value.size()));
        if (value.size() > 1 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
        f(key, value);
    }
}

} // namespace detail

/// The text of the file. Throws input_error for an entry that starts nothing, or that would be read differently.
inline std::string emit(const loader_entry& e) {
    if (e.kernel.empty() == e.efi.empty())
        fail::loader_text_unfit("a boot loader entry needs either a kernel or an EFI program");
    if (!e.machine_id.empty() &&
        (e.machine_id.size() != 32 || e.machine_id.find_first_not_of("0123456789abcdef") != e.machine_id.npos))
        fail::loader_text_unfit(
            text::join("machine-id ", text::quoted(e.machine_id), " is not 32 lower-case hexadecimal digits"));
    detail::loader_text t;
    t.add("title", e.title);
    t.add("version", e.version);
    t.add("machine-id", e.machine_id);
    t.add("sort-key", e.sort_key);
    t.add("architecture", e.architecture);
    t.add_path("linux", e.kernel);
    for (const auto& initrd : e.initrds) t.add_path("initrd", initrd);
    t.add_path("efi", e.efi);
    t.add("options", e.options);
    t.add_path("devicetree", e.devicetree);
    std::string overlays;
    for (const auto& overlay : e.devicetree_overlays) {
        if (overlay.find(' ') != overlay.npos) fail::loader_text_unfit("devicetree-overlay has a blank in a path");
        overlays += (overlays.empty() ? "" : " ") + overlay;
    }
    t.add("devicetree-overlay", overlays);
    return std::move(t.out);
}

inline std::string emit(const loader_conf& c) {
    detail::loader_text t;
    if (c.timeout) {
        if (c.timeout->count() < 0)
            fail::loader_text_unfit(text::join("the timeout of loader.conf is ", c.timeout->count(), " seconds"));
        t.add("timeout", c.timeout->count() == 0 ? std::string{"menu-hidden"} : std::to_string(c.timeout->count()));
    }
    t.add("default", c.default_entry);
    t.add("console-mode", c.console_mode);
    if (c.editor) t.add("editor", *c.editor ? "yes" : "no");
    return std::move(t.out);
}

inline loader_entry::operator image() const { return from_text(emit(*this)); }
inline loader_conf::operator image() const { return from_text(emit(*this)); }

/// As systemd-boot reads it: unknown keys are skipped, `initrd` and `options` given several times are joined.
inline loader_entry parse_loader_entry(std::string_view content) {
    loader_entry e;
    detail::for_each_loader_line(content, [&](std::string_view key, std::string_view value) {
        if (key == "title") e.title = value;
        else if (key == "version") e.version = value;
        else if (key == "machine-id") e.machine_id = value;
        else if (key == "sort-key") e.sort_key = value;
        else if (key == "linux") e.kernel = value;
        else if (key == "initrd") e.initrds.emplace_back(value);
        else if (key == "efi") e.efi = value;
        else if (key == "options") e.options += text::join(e.options.empty() ? "" : " ", value);
        else if (key == "devicetree") e.devicetree = value;
        else if (key == "architecture") e.architecture = value;
        else if (key == "devicetree-overlay")
            while (!value.empty()) {
                const auto one = value.substr(0, value.find(' '));
                if (!one.empty()) e.devicetree_overlays.emplace_back(one);
                value.remove_prefix(std::min(one.size() + 1, value.size()));
            }
    });
    return e;
}

/// What of loader.conf is known here; a timeout of another word than "menu-hidden" is left out.
inline loader_conf parse_loader_conf(std::string_view content) {
    loader_conf c;
    detail::for_each_loader_line(content, [&](std::string_view key, std::string_view value) {
        if (key == "timeout") {
            const bool is_number =
                !value.empty() && value.size() < 10 && value.find_first_not_of("0123456789") == value.npos;
            if (value == "menu-hidden") c.timeout = std::chrono::seconds{0};
            else if (is_number) c.timeout = std::chrono::seconds{std::stoi(std::string{value})};
        } else if (key == "default") {
            c.default_entry = value;
        } else if (key == "console-mode") {
            c.console_mode = value;
        } else if (key == "editor") {
            c.editor =
                value == "yes" || value == "true" || value == "y" || value == "t" || value == "on" || value == "1";
        }
    });
    return c;
}

/// Whether a file in loader/entries can have this name: "nixos-generation-1.conf".
inline bool is_loader_entry_name(std::string_view name) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_.";
    return name.size() > 5 && name.size() <= 255 && name.ends_with(".conf") &&
           name.find_first_not_of(allowed) == name.npos;
}

/// What is wrong with an entry for a board with this processor.
inline std::vector<finding> check(const loader_entry& e, machine board) {
    std::vector<finding> findings;
    const auto error = [&](std::string message) { findings.push_back({.message = std::move(message)}); };
    if (e.kernel.empty() && e.efi.empty()) error("the entry names neither a kernel (linux) nor an EFI program (efi)");
    if (!e.kernel.empty() && !e.efi.empty()) error("the entry names both linux and efi; keep one");
    const auto* n = detail::numbers_of(board);
    if (n != nullptr && !e.architecture.empty() && text::lower_case(e.architecture) != text::lower_case(n->efi_name))
        error(text::join("the entry is for architecture ", text::quoted(e.architecture), ", the board's is ",
                         n->efi_name, ", so it will not be shown"));
    return findings;
}

IMGCOMPOSE_NAMESPACE_END
