// SPDX-License-Identifier: BSL-1.0
// What the system knows of a block device: whether it can be taken out, and who uses it.
#pragma once

#include <imgcompose/os/file.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

/// All of a small file that has no size of its own, as in /proc and /sys; nothing if it cannot be read.
inline std::optional<std::string> read_text(const std::string& path) {
    const answer opened = file::try_open(working_directory, path.c_str(), open_mode::read);
    if (opened < 0) return {};
    const file f{static_cast<handle>(opened), path};
    std::string text;
    std::vector<std::byte> buffer(1 << 16);
    for (;;) {
        const answer got = f.try_read_at(offset{bytes{text.size()}}, buffer);
        if (got < 0) return {};
        if (got == 0) return text;
        text.append(reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(got));
    }
}

struct block_device_facts {
    bool removable = false;         ///< can be taken out: says so itself, is on USB, or is an SD card
    bool loop = false;              ///< is a file of the host
    bool partition = false;         ///< is a part of another device
    bool read_only = false;
    std::vector<std::string> uses{}; ///< such as "mounted at /boot", of it or a partition of it
};

namespace detail {
inline std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    const answer opened = file::try_open(working_directory, directory.c_str(), open_mode::directory);
    if (opened < 0) return names;
    const file f{static_cast<handle>(opened), directory};
    name_list list;
    while (file::try_read_names(f.get(), list) > 0) {}
    for (std::size_t i = 0; i < list.size(); ++i) names.emplace_back(list[i]);
    std::sort(names.begin(), names.end());
    return names;
}
inline std::string first_line(const std::string& path) {
    const std::string text = read_text(path).value_or("");
    return text.substr(0, text.find('\n'));
}
/// A path of /proc/self/mountinfo: space, tab, newline and backslash are in it as three octal digits.
inline std::string unescaped(std::string_view s) {
    std::string out;
    for (std::size_t i = 0; i < s.size(); ++i) {
        const auto digit = [&](std::size_t k) { return i + k < s.size() && s[i + k] >= '0' && s[i + k] <= '7'; };
        if (s[i] == '\\' && digit(1) && digit(2) && digit(3)) {
            out += static_cast<char>((s[i + 1] - '0') * 64 + (s[i + 2] - '0') * 8 + (s[i + 3] - '0'));
            i += 3;
        } else {
            out += s[i];
        }
    }
    return out;
}
/// Mount points of a device given as "major:minor". Source: Linux Documentation/filesystems/proc.rst, 3.5.
inline std::vector<std::string> mount_points(std::string_view mountinfo, std::string_view device) {
    std::vector<std::string> points;
    while (!mountinfo.empty()) {
        const std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
        mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
        std::vector<std::string_view> fields;
        for (std::size_t i = 0; i < line.size() && fields.size() < 5;) {
            const std::size_t end = std::min(line.find(' ', i), line.size());
            fields.push_back(line.substr(i, end - i));
            i = end + 1;
        }
        if (fields.size() == 5 && fields[2] == device) points.push_back(unescaped(fields[4]));
    }
    return points;
}
} // namespace detail

/// Asks /sys and /proc; where there are none, nothing is known to be removable. Links on the way are followed.
inline block_device_facts facts_of_block_device(const file_status& device) {
    const std::string number = text::join(device.device_major, ':', device.device_minor);
    const std::string own = "/sys/dev/block/" + number;
    block_device_facts facts;
    facts.partition = read_text(own + "/partition").has_value();
    facts.loop = detail::first_line(own + "/loop/backing_file") != "" || device.device_major == 7;
    facts.read_only = detail::first_line(own + "/ro") == "1";
    std::array<char, 4096> link{};
    const answer length = file::try_read_link(working_directory, own.c_str(), link);
    const std::string_view where{link.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
    facts.removable = detail::first_line(own + "/removable") == "1" || where.find("/usb") != where.npos ||
                      detail::first_line(own + "/device/type") == "SD";

    std::vector<std::pair<std::string, std::string>> parts{{own, number}}; // in /sys, and major:minor
    for (const std::string& name : detail::names_in(own))
        if (read_text(own + "/" + name + "/partition"))
            parts.emplace_back(own + "/" + name, detail::first_line(own + "/" + name + "/dev"));
    const std::string mountinfo = read_text("/proc/self/mountinfo").value_or("");
    for (const auto& [path, its_number] : parts) {
        for (const std::string& point : detail::mount_points(mountinfo, its_number))
            facts.uses.push_back("mounted at " + point);
        for (const std::string& holder : detail::names_in(path + "/holders"))
            facts.uses.push_back("a part of " + holder);
    }
    return facts;
}

} // namespace os
IMGCOMPOSE_NAMESPACE_END
