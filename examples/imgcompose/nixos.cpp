// SPDX-License-Identifier: BSL-1.0
#include "nixos.hpp"

#include <imgcompose/tree/walk.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

namespace command {

namespace ic = imgcompose;

namespace {

constexpr std::string_view profiles = "/nix/var/nix/profiles";

std::string link_of(unsigned number) { return fmt::format("{}/system-{}-link", profiles, number); }

/// The N of each system-N-link in the profiles.
std::vector<unsigned> numbers_in(const ic::tree& store) {
    std::vector<unsigned> numbers;
    const auto folder = store.resolve(profiles);
    if (!folder) return numbers;
    ic::for_each_path(store, *folder, [&](std::string_view path, std::uint32_t) {
        constexpr std::string_view begin = "/system-", end = "-link";
        if (!path.starts_with(begin) || !path.ends_with(end)) return false;
        const std::string_view digits = path.substr(begin.size(), path.size() - begin.size() - end.size());
        unsigned number = 0;
        const auto [last, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (failed == std::errc{} && last == digits.data() + digits.size()) numbers.push_back(number);
        return false;
    });
    return numbers;
}

/// As `date "+%Y-%m-%d %H:%M"` prints it in UTC.
std::string date_of(std::chrono::seconds epoch) {
    const std::chrono::sys_seconds time{epoch};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time - day).count();
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), minutes / 60, minutes % 60);
}

std::optional<std::chrono::seconds> boot_timeout_of(const section& s) {
    const std::int64_t seconds = s.integer("timeout").value_or(5);
    if (seconds == -1) return {};
    return std::chrono::seconds{seconds};
}

} // namespace

std::string store_of(const section& s) { return s.text("store").value_or(*s.text("into")); }

std::string boot_folder_of(const section& s) {
    const std::string folder = s.text("boot").value_or(store_of(s) == *s.text("into") ? "/boot" : "");
    return folder == "/" ? "" : folder;
}

ic::nixos_boot_menu read_nixos(const section& s, const ic::tree& store, std::chrono::seconds epoch) {
    ic::nixos_boot_menu menu{.timeout = boot_timeout_of(s), .dtb_name = s.text("dtb_name").value_or("")};
    menu.limit = s.count("limit").value_or(menu.limit);
    menu.device_trees = s.boolean("device_trees").value_or(true);
    menu.copied = s.boolean("copied").value_or(store_of(s) != *s.text("into"));
    if (!menu.copied && store_of(s) != *s.text("into"))
        s.refuse("copied", "the store is in another partition than `into`, so U-Boot cannot read the files in it; leave out `copied`");

    for (const section& g : s.tables("generation")) {
        const auto number = g.count("number").value_or(0);
        if (number == 0 || number > 999'999'999) g.refuse("number", "`number` is the generation's: 1 or more");
        const auto n = static_cast<unsigned>(number);
        menu.generations.push_back(g.at(g.has("toplevel") ? "toplevel" : "number", [&] {
            return ic::nixos_generation_in(store, g.text("toplevel").value_or(link_of(n)), n, g.text("date").value_or(date_of(epoch)));
        }));
    }
    if (!s.has("generation"))
        for (const unsigned n : numbers_in(store))
            menu.generations.push_back(s.at("store", [&] { return ic::nixos_generation_in(store, link_of(n), n, date_of(epoch)); }));

    const std::string system = fmt::format("{}/system", profiles);
    if (s.has("default") || store.find(system)) {
        const std::string path = s.text("default").value_or(system);
        menu.default_generation = s.at(s.has("default") ? "default" : "store", [&] { return ic::nixos_generation_in(store, path, 0, {}); });
    } else if (!menu.generations.empty()) {
        menu.default_generation = *std::ranges::max_element(menu.generations, {}, &ic::nixos_generation::number);
    } else {
        s.refuse("store", fmt::format("the tree of partition \"{}\" has no {}/system-*-link; name the system as `default`, or generations",
                                      store_of(s), profiles));
    }
    return menu;
}

} // namespace command
