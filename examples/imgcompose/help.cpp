// SPDX-License-Identifier: BSL-1.0
#include "cli_pages.hpp"

#include "document.hpp"
#include "text_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace command {

namespace {

/// "-o, --output FILE"
std::string left_of(const argument& a) {
    std::string s = a.short_name().empty() && !a.is_positional() ? "    " : "";
    if (!a.short_name().empty()) s += fmt::format("{}, ", a.short_name());
    s += a.long_name();
    if (a.takes_value() && !a.is_positional()) s += a.optional_value ? fmt::format(" [{}]", a.placeholder) : fmt::format(" {}", a.placeholder);
    return s;
}

/// What is explained to the right of what; where the left is too long, below it.
std::string rows(const std::vector<std::pair<std::string, std::string_view>>& list, std::size_t left, std::size_t columns) {
    std::string out;
    for (const auto& [what, meaning] : list) {
        std::string line = fmt::format("  {:<{}}", what, left);
        if (what.size() > left) {
            out += line + '\n';
            line = std::string(left + 2, ' ');
        }
        out += wrapped(fmt::format("{}  {}", line, meaning), columns, left + 4);
    }
    return out;
}

std::string groups_of(std::span<const argument> arguments, std::size_t columns) {
    std::vector<std::string_view> groups;
    const auto group_of = [](const argument& a) {
        return a.is_positional() ? std::string_view{"Arguments"} : a.group.empty() ? std::string_view{"Options"} : a.group;
    };
    for (const argument& a : arguments)
        if (std::ranges::find(groups, group_of(a)) == groups.end()) groups.push_back(group_of(a));
    if (const auto first = std::ranges::find(groups, "Arguments"); first != groups.end()) std::rotate(groups.begin(), first, first + 1);
    std::string out;
    for (const std::string_view group : groups) {
        std::vector<std::pair<std::string, std::string_view>> list;
        for (const argument& a : arguments)
            if (group_of(a) == group) list.emplace_back(left_of(a), a.meaning);
        out += fmt::format("\n{}:\n", group) + rows(list, 28, columns);
    }
    return out;
}

std::string usage_of(const subcommand& c, std::size_t columns) {
    std::string usage = fmt::format("Usage: imgcompose {}", c.name);
    for (const argument& a : c.arguments)
        if (a.is_positional()) usage += fmt::format(" {}", a.names);
    for (const argument& a : c.arguments)
        if (!a.is_positional() && a.required)
            usage += fmt::format(" {} {}", a.short_name().empty() ? a.long_name() : a.short_name(), a.placeholder);
    return wrapped(usage + " [options]", columns, 7);
}

} // namespace

const subcommand* find_command(std::string_view name) {
    const auto found = std::ranges::find(options::commands, name, &subcommand::name);
    return found == options::commands.end() ? nullptr : &*found;
}

std::string help_text(const subcommand* of, std::size_t columns) {
    if (of != nullptr) {
        std::string out = wrapped(fmt::format("{}.", of->meaning), columns, 0) + '\n' + usage_of(*of, columns);
        out += groups_of(of->arguments, columns);
        if (!of->exit_status.empty()) out += '\n' + wrapped(of->exit_status, columns, 0);
        return out;
    }
    std::string out = wrapped(fmt::format("{}.", summary_of_command), columns, 0);
    out += "\nUsage: imgcompose COMMAND [options]\n\nCommands:\n";
    std::vector<std::pair<std::string, std::string_view>> list;
    for (const subcommand& c : options::commands) list.emplace_back(c.name, c.meaning);
    out += rows(list, 16, columns) + groups_of(options::top, columns) + '\n';
    out += wrapped("Exit status: 0 done, 1 an error, 2 a wrong command line, 128 plus the signal number if a signal stopped it.", columns, 0);
    return out + wrapped("`imgcompose COMMAND --help` lists the options of a command, `imgcompose man` is the manual page.", columns, 0);
}

std::string suggestion(const std::vector<std::string>& words) {
    const subcommand* command = nullptr;
    for (const std::string& word : words) {
        const bool is_option = word.starts_with("--") && word.size() > 2;
        if (!is_option && (command != nullptr || word.starts_with('-'))) continue;
        std::vector<std::string_view> known;
        if (is_option) {
            for (const argument& a : command != nullptr ? command->arguments : std::span<const argument>{options::top})
                if (!a.is_positional()) known.push_back(a.long_name());
        } else {
            for (const subcommand& c : options::commands) known.push_back(c.name);
            command = find_command(word);
        }
        const std::string name = word.substr(0, word.find('='));
        if (std::ranges::find(known, name) != known.end()) continue;
        const std::string_view near = nearest(name, known);
        if (near.empty()) return {};
        return fmt::format("there is no {} {}; did you mean {}?", is_option ? "option" : "command", name, near);
    }
    return {};
}

} // namespace command
