// SPDX-License-Identifier: BSL-1.0
// Whether the names by which a system looks for its filesystems (root=, /etc/fstab) lead anywhere on the disk.
#pragma once

#include <imgcompose/boot/cmdline.hpp>
#include <imgcompose/inspect/lint_context.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

class device_names {
public:
    explicit device_names(const disk_report& report) : report_(report) {}

    [[nodiscard]] bool exists(const root_spec& root) const {
        const auto same_id = [](std::string_view a, std::string_view b) { return lower_case(a) == lower_case(b); };
        const auto any = [&](const auto& f) { return std::ranges::any_of(report_.partitions, f); };
        const auto contents = [&](const auto& f) {
            return any([&](const found_partition& p) { return p.content && f(*p.content); }) ||
                   (report_.content && f(*report_.content));
        };
        switch (root.by) {
        case root_spec::kind::label: return contents([&](const found_content& c) { return c.label == root.value; });
        case root_spec::kind::uuid: return contents([&](const found_content& c) { return same_id(c.id, root.value); });
        case root_spec::kind::partlabel: return any([&](const found_partition& p) { return p.name == root.value; });
        case root_spec::kind::partuuid: {
            // "ID/PARTNROFF=1" counts on from the partition of that id.
            const std::string_view id = std::string_view{root.value}.substr(0, root.value.find("/PARTNROFF="));
            // The kernel takes the beginning of an id, too; Rockchip's vendor kernels have "614e0000-0000".
            return any([&](const found_partition& p) { return lower_case(id_of(p)).starts_with(lower_case(id)); });
        }
        case root_spec::kind::none:
        case root_spec::kind::device: break;
        }
        return device_may_exist(root.value);
    }
    /// Of all partitions, for a message.
    [[nodiscard]] std::string known(root_spec::kind by) const {
        constexpr std::size_t most = 16;
        std::vector<std::string> names;
        const auto add = [&](const std::string& name) {
            if (!name.empty()) names.push_back(name);
        };
        for (const found_partition& p : report_.partitions) {
            if (by == root_spec::kind::label && p.content) add(p.content->label);
            if (by == root_spec::kind::uuid && p.content) add(p.content->id);
            if (by == root_spec::kind::partlabel) add(p.name);
            if (by == root_spec::kind::partuuid) add(id_of(p));
            if (by == root_spec::kind::device) add(text::join("partition ", p.number));
        }
        if (names.empty()) return "is none";
        std::string s = names.size() == 1 ? "is " : "are ";
        for (std::size_t i = 0; i < std::min(names.size(), most); ++i) s += (i == 0 ? "" : ", ") + names[i];
        return names.size() > most ? s + " and more" : s;
    }

private:
    /// PARTUUID. As the kernel names partitions of an MBR: the disk signature and the number, both hexadecimal.
    [[nodiscard]] std::string id_of(const found_partition& p) const {
        if (!p.id.is_nil()) return to_string(p.id);
        const auto digits = [](std::uint32_t n, std::size_t least) {
            const std::string s = text::hex(n).substr(2);
            return s.size() < least ? std::string(least - s.size(), '0') + s : s;
        };
        return text::join(digits(report_.disk_signature.value_or(0), 8), '-', digits(p.number, 2));
    }
    /// Which disk a name such as /dev/mmcblk1p2 means is the running system's affair, but not whether it has a
    /// partition 2.
    [[nodiscard]] bool device_may_exist(std::string_view device) const {
        if (!device.starts_with("/dev/")) return true; // such as 179:2, nfs
        std::string_view disk;
        for (const std::string_view p : {"/dev/mmcblk", "/dev/nvme"})
            if (device.starts_with(p)) disk = p;
        const bool letters = device.starts_with("/dev/sd") || device.starts_with("/dev/vd");
        if (disk.empty() && !letters) return true;
        const auto last = device.find_last_not_of("0123456789");
        const std::string_view digits = device.substr(last + 1);
        if (digits.empty() || digits.size() > 6 || (!letters && device[last] != 'p')) return true; // a whole disk
        std::uint32_t number = 0;
        for (const char c : digits) number = number * 10 + static_cast<std::uint32_t>(c - '0');
        return report_.partition(number) != nullptr;
    }

    const disk_report& report_;
};

/// `where` is what has the command line, for messages: "extlinux.conf of partition 1 (boot): LABEL "a"".
inline void check_command_line(const lint_context& c, offset at, const std::string& where, std::string_view words) {
    cmdline line;
    try {
        line = parse_cmdline(words);
    } catch (const error& e) {
        return c.say(severity::warning, "command-line-odd", at, text::join(where, ": ", e.what()));
    }
    const device_names names{c.report};
    if (!line.root.value.empty() && !names.exists(line.root))
        c.say(severity::error, "root-not-found", at,
              text::join(where, ": root=", to_string(line.root),
                         " names what no partition of this disk carries; there ", names.known(line.root.by)));
    if (c.options.on.empty() || line.console.empty()) return;
    const auto device = [](std::string_view s) { return s.substr(0, s.find(',')); };
    const auto is_serial = [](std::string_view s) {
        return s.starts_with("ttyS") || s.starts_with("ttyAMA") || s.starts_with("ttymxc") || s.starts_with("ttyAML") ||
               s.starts_with("serial");
    };
    // The firmware of a Raspberry Pi puts the right one for serial0.
    const auto has_own = [&](const board* b) {
        return b->console.empty() || !is_serial(b->console) ||
               std::ranges::any_of(line.console, [&](std::string_view s) {
                   return device(s) == device(b->console) || s.starts_with("serial");
               });
    };
    if (!std::ranges::any_of(line.console, is_serial)) return; // on a screen, as somebody wants it
    for (const board* b : c.options.on)
        if (!has_own(b))
            c.say(severity::warning, "console-not-of-board", at,
                  text::join(where, ": the console is ", line.console.back(), ", but that of ", b->title, " is ",
                             b->console, ": it would stay silent"));
}

/// A line of fstab that waits for what is not there drops the system into its emergency shell.
inline void check_fstab(const lint_context& c, const found_boot_files& f) {
    constexpr bytes largest = kibibytes{64};
    constexpr std::size_t most_findings = 20;
    const auto raw = file_bytes(*f.files, "/etc/fstab", largest);
    if (!raw) return;
    const device_names names{c.report};
    std::size_t found = 0;
    std::string_view rest{reinterpret_cast<const char*>(raw->data()), raw->size()};
    for (std::size_t line = 1; !rest.empty() && found < most_findings; ++line) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const std::string_view words = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto blank = words.find_first_of(" \t");
        std::string device{words.substr(0, blank)};
        std::erase(device, '"');
        const bool waits =
            blank != words.npos && words.find("nofail") == words.npos && words.find("noauto") == words.npos;
        const bool by_name =
            std::ranges::any_of(root_prefixes, [&](const auto& p) { return device.starts_with(p.second); });
        if (!waits || !by_name || device.ends_with('=')) continue; // mount tells what the last is
        const root_spec spec = parse_root_spec(device);
        if (names.exists(spec)) continue;
        ++found;
        c.say(severity::warning, "fstab-names-nothing", c.place_of(f.partition),
              text::join("/etc/fstab:", line, " of ", c.title_of(f.partition), " names ", device,
                         ", which no partition of this disk carries; systemd would wait for it and stop; there ",
                         names.known(spec.by)));
    }
}

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
