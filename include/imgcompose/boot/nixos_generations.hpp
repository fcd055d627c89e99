// SPDX-License-Identifier: BSL-1.0
// /boot of a NixOS system: extlinux.conf with its generations, and the kernels, initrds and device trees it names, by
// the names and in the words of the script that NixOS runs on the device. What that script finds there it keeps if a
// generation still needs it, and removes if none does; so nothing of ours goes stale.
// Source: nixpkgs nixos/modules/system/boot/loader/generic-extlinux-compatible/extlinux-conf-builder.sh.
#pragma once

#include <imgcompose/image/image.hpp>
#include <imgcompose/tree/content.hpp>
#include <imgcompose/tree/steps.hpp>
#include <imgcompose/tree/walk.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void nixos_generation_unfit(std::string_view toplevel, std::string_view why) {
    throw input_error(text::join("the NixOS generation ", text::quoted(toplevel), ' ', why));
}
[[noreturn]] inline void nixos_timeout_unfit(std::int64_t seconds) {
    throw input_error(text::join("the timeout of extlinux.conf is ", seconds, " seconds; 0 to 100000 are possible"));
}
} // namespace fail

/// What one generation boots with. The paths are in the store, where links lead to in the end (`readlink -f`).
struct nixos_generation {
    unsigned number = 0;
    std::string toplevel{};    ///< "/nix/store/...-nixos-system-..."
    std::string kernel_path{}; ///< "/nix/store/...-linux-6.12/Image"
    image kernel{};
    std::string initrd_path{};
    image initrd{};
    std::string dtbs_path{}; ///< a directory; empty: none
    tree dtbs{};             ///< what is in it
    std::string kernel_params{};
    std::string date{};    ///< "2026-11-21 03:19", when it was made; in the menu only
    std::string version{}; ///< "25.05.20260101.abcdef"; in the menu only
};

/// The menu, with the values that NixOS gives the script.
struct nixos_boot_menu {
    nixos_generation default_generation{};
    std::vector<nixos_generation> generations{}; ///< in any order: the menu has the newest first
    std::size_t limit = 20; ///< of them; boot.loader.generic-extlinux-compatible.configurationLimit
    /// boot.loader.timeout; nothing: wait for ever. NixOS means 0 as "at once", but writes it as -10, for which U-Boot
    /// (2023.01 and 2025.01, tried) waits for ever too.
    std::optional<std::chrono::seconds> timeout{5};
    std::string dtb_name{};   ///< hardware.deviceTree.name: FDT instead of FDTDIR
    bool device_trees = true; ///< ....useGenerationDeviceTree
    bool copied = true;       ///< /boot has the files itself; else the store is on its filesystem, and is named
};

namespace detail {

/// Where a path in the store is copied to, relative to /boot.
inline std::string nixos_copy_of(std::string_view path) {
    constexpr std::string_view store = "/nix/store/";
    std::string name{path.starts_with(store) ? path.substr(store.size()) : path};
    std::ranges::replace(name, '/', '-');
    return "nixos/" + name;
}

class nixos_menu_text {
public:
    explicit nixos_menu_text(const nixos_boot_menu& menu) : menu_(menu) {}

    std::string write() {
        std::int64_t timeout = 0;
        if (menu_.timeout) {
            timeout = menu_.timeout->count();
            if (timeout < 0 || timeout > 100'000) fail::nixos_timeout_unfit(timeout);
            timeout = timeout == 0 ? -10 : timeout * 10;
        }
        out_ = text::join("# Generated file, all changes will be lost on nixos-rebuild!\n\n"
                          "# Change this to e.g. nixos-42 to temporarily boot to an older configuration.\n"
                          "DEFAULT nixos-default\n\nMENU TITLE ",
                          std::string(60, '-'), "\nTIMEOUT ", timeout, '\n');
        add(menu_.default_generation, "default", "NixOS - Default");
        for (const nixos_generation* g : shown(menu_)) {
            const auto tag = std::to_string(g->number);
            add(*g, tag, text::join("NixOS - Configuration ", tag, " (", g->date, " - ", g->version, ')'));
        }
        return std::move(out_);
    }

    /// The newest first, up to the limit.
    static std::vector<const nixos_generation*> shown(const nixos_boot_menu& menu) {
        std::vector<const nixos_generation*> all;
        for (const nixos_generation& g : menu.generations) all.push_back(&g);
        std::ranges::sort(all, [](const auto* a, const auto* b) { return a->number > b->number; });
        for (std::size_t i = 1; i < all.size(); ++i)
            if (all[i]->number == all[i - 1]->number)
                fail::nixos_generation_unfit(all[i]->toplevel,
                                             text::join("has the number ", all[i]->number, ", which another has too"));
        if (all.size() > menu.limit) all.resize(menu.limit);
        return all;
    }

private:
    void add(const nixos_generation& g, std::string_view tag, std::string_view menu_label) {
        check(g);
        std::string_view params = g.kernel_params;
        while (params.ends_with('\n')) params.remove_suffix(1); // as the shell reads a file
        if (params.find('\n') != params.npos)
            fail::nixos_generation_unfit(g.toplevel, "has kernel parameters of two lines");
        out_ += text::join("\nLABEL nixos-", tag, "\n  MENU LABEL ", menu_label, "\n  LINUX ", named(g.kernel_path),
                           "\n  INITRD ", named(g.initrd_path), "\n  APPEND init=", g.toplevel, "/init ", params, '\n');
        if (!menu_.device_trees) return;
        if (g.dtbs_path.empty()) {
            if (!menu_.dtb_name.empty())
                fail::nixos_generation_unfit(g.toplevel, text::join("has no device trees, but ",
                                                                    text::quoted(menu_.dtb_name), " is to be used"));
        } else if (menu_.dtb_name.empty()) {
            out_ += text::join("  FDTDIR ", named(g.dtbs_path), '\n');
        } else {
            out_ += text::join("  FDT ", named(g.dtbs_path), '/', menu_.dtb_name, '\n');
        }
    }
    static void check(const nixos_generation& g) {
        const auto in_store = [&](std::string_view what, std::string_view path) {
            if (!path.starts_with("/nix/store/"))
                fail::nixos_generation_unfit(
                    g.toplevel, text::join("has ", what, ' ', text::quoted(path), ", which is not in /nix/store"));
        };
        in_store("its system at", g.toplevel);
        in_store("its kernel at", g.kernel_path);
        in_store("its initrd at", g.initrd_path);
        if (!g.dtbs_path.empty()) in_store("its device trees at", g.dtbs_path);
        for (const std::string_view s :
             {std::string_view{g.toplevel}, std::string_view{g.kernel_path}, std::string_view{g.initrd_path},
              std::string_view{g.dtbs_path}, std::string_view{g.date}, std::string_view{g.version}})
            if (s.find('\n') != s.npos) fail::nixos_generation_unfit(g.toplevel, "has a line feed in a name");
    }
    [[nodiscard]] std::string named(std::string_view path) const {
        return menu_.copied ? "../" + nixos_copy_of(path) : std::string{path};
    }

    const nixos_boot_menu& menu_;
    std::string out_{};
};

/// The path without links, as `readlink -f` prints it; nothing if it leads nowhere.
inline std::optional<std::string> real_path(const tree& t, std::string_view path) {
    std::vector<std::string> left; // the next component is the last
    const auto prepend = [&](std::string_view more) {
        std::vector<std::string> names;
        tree::for_each_component(more, [&](std::string_view name) { names.emplace_back(name); });
        left.insert(left.end(), names.rbegin(), names.rend());
    };
    prepend(path);
    std::string here;
    int links = 0;
    while (!left.empty()) {
        const std::string name = std::move(left.back());
        left.pop_back();
        if (name == ".") continue;
        if (name == "..") {
            here.resize(here.empty() ? 0 : here.rfind('/'));
            continue;
        }
        const std::string next = here + '/' + name;
        const auto found = t.find(next);
        if (!found) return {};
        if (t.at(*found).type != file_type::symlink) {
            here = next;
            continue;
        }
        if (++links > 40) return {}; // as many as Linux follows
        const auto target = t.symlink_target(t.at(*found));
        if (target.starts_with('/')) here.clear();
        prepend(target);
    }
    return here.empty() ? "/" : here;
}

} // namespace detail

/// The text of extlinux.conf. Throws input_error for paths outside of the store, texts of two lines, generations of the
/// same number, and a device tree by name where there are none.
inline std::string emit(const nixos_boot_menu& menu) { return detail::nixos_menu_text{menu}.write(); }

/// Puts all of it into /boot, or what `boot` names in the tree ("" for a partition that becomes /boot): extlinux.conf
/// replaces one that is there. Throws as `emit` does.
inline auto add_nixos_generations(nixos_boot_menu menu, std::string boot = "") {
    return [menu = std::move(menu), boot = std::move(boot)](tree t) {
        t = std::move(t) | replace(boot + "/extlinux/extlinux.conf", from_text(emit(menu)));
        if (!menu.copied) return t;
        t = std::move(t) | make_directory(boot + "/nixos");
        const auto copy = [&](std::string_view path, const auto& add_it) {
            const std::string to = text::join(boot, '/', detail::nixos_copy_of(path));
            if (!path.empty() && !t.find(to)) t = add_it(std::move(t), to);
        };
        const auto copy_all = [&](const nixos_generation& g) {
            copy(g.kernel_path,
                 [&](tree before, const std::string& to) { return std::move(before) | add(to, g.kernel); });
            copy(g.initrd_path,
                 [&](tree before, const std::string& to) { return std::move(before) | add(to, g.initrd); });
            if (menu.device_trees)
                copy(g.dtbs_path, [&](tree before, const std::string& to) {
                    return std::move(before) | make_directory(to) | merge(tree{g.dtbs} | prefix(to));
                });
        };
        copy_all(menu.default_generation);
        for (const nixos_generation* g : detail::nixos_menu_text::shown(menu)) copy_all(*g);
        return t;
    };
}

/// The generation whose system is at `toplevel` in `root`, a tree with /nix/store: its kernel, initrd, device trees and
/// texts are found as the script finds them. A system without kernel or initrd throws input_error (the script leaves it
/// out). `date` is for the menu: in a store all times are 1.
inline nixos_generation nixos_generation_in(const tree& root, std::string_view toplevel, unsigned number,
                                            std::string date) {
    nixos_generation g{.number = number, .date = std::move(date)};
    const auto system = detail::real_path(root, toplevel);
    if (!system) fail::nixos_generation_unfit(toplevel, "is not in the tree");
    g.toplevel = *system;
    const auto file = [&](std::string_view name, std::string& path) {
        const auto real = detail::real_path(root, text::join(g.toplevel, '/', name));
        const auto found = real ? root.find(*real) : std::nullopt;
        if (!found || root.at(*found).type != file_type::regular)
            fail::nixos_generation_unfit(g.toplevel, text::join("has no file ", text::quoted(name)));
        path = *real;
        return content_of(root, root.at(*found));
    };
    const auto words = [&](std::string_view name) {
        std::string path;
        const owned_bytes raw = read_all(file(name, path));
        std::string s{reinterpret_cast<const char*>(raw.data()), raw.size()};
        while (s.ends_with('\n')) s.pop_back();
        return s;
    };
    g.kernel = file("kernel", g.kernel_path);
    g.initrd = file("initrd", g.initrd_path);
    g.kernel_params = words("kernel-params");
    g.version = words("nixos-version");
    const auto dtbs = detail::real_path(root, g.toplevel + "/dtbs");
    const auto directory = dtbs ? root.find(*dtbs) : std::nullopt;
    if (!directory || root.at(*directory).type != file_type::directory) return g;
    g.dtbs_path = *dtbs;
    for_each_path(root, *directory, [&](std::string_view path, std::uint32_t entry) {
        auto target = inode_index{root.entries()[entry].target};
        if (root.at(target).type == file_type::symlink) { // FAT has none
            const auto real = detail::real_path(root, *dtbs + std::string{path});
            target = real ? root.find(*real).value_or(target) : target;
        }
        const auto& i = root.at(target);
        if (i.type == file_type::regular) g.dtbs = std::move(g.dtbs) | add(std::string{path}, content_of(root, i));
        return i.type == file_type::directory;
    });
    return g;
}

IMGCOMPOSE_NAMESPACE_END
