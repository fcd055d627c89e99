// SPDX-License-Identifier: BSL-1.0
#include "cli_pages.hpp"

#include "document.hpp"

#include <imgcompose/core/error.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace command {

namespace {

std::vector<const CLI::App*> subcommands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
    std::vector<const CLI::Option*> found;
    for (const CLI::Option* o : app.get_options())
        if (!o->get_snames().empty() || !o->get_lnames().empty()) found.push_back(o);
    return found;
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& app) {
    std::vector<const CLI::Option*> found;
    for (const CLI::Option* o : app.get_options())
        if (o->get_positional()) found.push_back(o);
    return found;
}

/// "-o", "--output"
std::vector<std::string> names_of(const CLI::Option& o) {
    std::vector<std::string> names;
    for (const std::string& s : o.get_snames()) names.push_back("-" + s);
    for (const std::string& l : o.get_lnames()) names.push_back("--" + l);
    return names;
}

bool takes_value(const CLI::Option& o) { return o.get_items_expected_max() != 0; }

/// The words that it can have, as its check writes them: "TEXT:{ext4,fat}". Empty if there are too many to list.
std::vector<std::string> choices_of(const CLI::Option& o) {
    const std::string type = o.get_type_name();
    const auto begin = type.find('{'), end = type.find('}');
    if (begin == std::string::npos || end == std::string::npos) return {};
    return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

/// In single quotes, as shells have them.
std::string quoted(std::string_view text, std::string_view quote_inside) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += quote_inside;
        else out += c;
    }
    return out + '\'';
}

std::vector<std::string> all_names(const CLI::App& app) {
    std::vector<std::string> all;
    for (const CLI::Option* o : options_of(app))
        for (std::string& name : names_of(*o)) all.push_back(std::move(name));
    return all;
}

std::string bash(const CLI::App& app) {
    std::vector<std::string> commands;
    for (const CLI::App* c : subcommands_of(app)) commands.push_back(c->get_name());
    std::string out = fmt::format(R"(# bash completion for imgcompose, made by: imgcompose completion bash
_imgcompose() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} command='' words='' choices='' i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case ${{COMP_WORDS[i]}} in
        {}) command=${{COMP_WORDS[i]}}; break ;;
        esac
    done
    case $command in
    '')
        words='{}'
        choices='{}' ;;
)",
                                  fmt::join(commands, " | "), fmt::join(all_names(app), " "), fmt::join(commands, " "));
    for (const CLI::App* c : subcommands_of(app)) {
        out += fmt::format("    {})\n        words='{}'\n", c->get_name(), fmt::join(all_names(*c), " "));
        const auto positionals = positionals_of(*c);
        if (!positionals.empty() && !choices_of(*positionals.front()).empty())
            out += fmt::format("        [[ $prev != {} ]] || choices='{}'\n", c->get_name(),
                               fmt::join(choices_of(*positionals.front()), " "));
        out += "        case $prev in\n";
        for (const CLI::Option* o : options_of(*c))
            if (takes_value(*o)) // of which nothing is known, files are completed
                out += fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return ;;\n",
                                   fmt::join(names_of(*o), " | "), fmt::join(choices_of(*o), " "));
        out += "        esac ;;\n";
    }
    return out + R"(    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    elif [[ $choices ]]; then
        COMPREPLY=($(compgen -W "$choices" -- "$cur"))
    fi
}
complete -o bashdefault -o default -F _imgcompose imgcompose
)";
}

/// What _arguments has between brackets or colons.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_action(const CLI::Option& o) {
    const auto choices = choices_of(o);
    return choices.empty() ? "_files" : fmt::format("({})", fmt::join(choices, " "));
}

std::string zsh(const CLI::App& app) {
    constexpr std::string_view inside = "'\\''";
    std::string out = "#compdef imgcompose\n# zsh completion for imgcompose, made by: imgcompose completion zsh\n"
                      "_imgcompose() {\n    local context state line\n    typeset -A opt_args\n    local -a commands\n "
                      "   commands=(\n";
    for (const CLI::App* c : subcommands_of(app))
        out += fmt::format("        {}\n", quoted(c->get_name() + ":" + zsh_text(c->get_description()), inside));
    out += "    )\n    _arguments -C \\\n";
    const auto arguments = [&](const CLI::App& of, std::string_view indent) {
        for (const CLI::Option* o : options_of(of)) {
            const auto names = names_of(*o);
            const std::string value =
                takes_value(*o) ? fmt::format(":{}:{}", zsh_text(names.back()), zsh_action(*o)) : "";
            for (const std::string& name : names)
                out += fmt::format("{}{} \\\n", indent,
                                   quoted(fmt::format("({}){}[{}]{}", fmt::join(names, " "), name,
                                                      zsh_text(o->get_description()), value),
                                          inside));
        }
    };
    arguments(app, "        ");
    out += "        '1:command:->command' '*::argument:->argument'\n    case $state in\n"
           "    command) _describe command commands ;;\n    argument)\n        case $line[1] in\n";
    for (const CLI::App* c : subcommands_of(app)) {
        out += fmt::format("        {})\n            _arguments \\\n", c->get_name());
        arguments(*c, "                ");
        int number = 0;
        for (const CLI::Option* o : positionals_of(*c))
            out += fmt::format(
                "                {} \\\n",
                quoted(fmt::format("{}:{}:{}", ++number, zsh_text(o->get_name(true)), zsh_action(*o)), inside));
        out += "                && return ;;\n";
    }
    return out +
           "        esac ;;\n    esac\n}\n"
           "if [ \"$funcstack[1]\" = _imgcompose ]; then _imgcompose \"$@\"; else compdef _imgcompose imgcompose; fi\n";
}

std::string fish(const CLI::App& app) {
    constexpr std::string_view inside = "\\'";
    std::string out = "# fish completion for imgcompose, made by: imgcompose completion fish\n";
    const auto options = [&](const CLI::App& of, const std::string& when) {
        for (const CLI::Option* o : options_of(of)) {
            out += fmt::format("complete -c imgcompose -n {}", quoted(when, inside));
            for (const std::string& s : o->get_snames()) out += " -s " + s;
            for (const std::string& l : o->get_lnames()) out += " -l " + l;
            if (takes_value(*o))
                out += choices_of(*o).empty() ? " -rF" : fmt::format(" -xa '{}'", fmt::join(choices_of(*o), " "));
            out += fmt::format(" -d {}\n", quoted(o->get_description(), inside));
        }
    };
    for (const CLI::App* c : subcommands_of(app))
        out += fmt::format("complete -c imgcompose -f -n __fish_use_subcommand -a {} -d {}\n", c->get_name(),
                           quoted(c->get_description(), inside));
    options(app, "__fish_use_subcommand");
    for (const CLI::App* c : subcommands_of(app)) {
        const std::string when = "__fish_seen_subcommand_from " + c->get_name();
        options(*c, when);
        for (const CLI::Option* o : positionals_of(*c))
            if (const auto choices = choices_of(*o); !choices.empty())
                out += fmt::format("complete -c imgcompose -f -n '{}' -a '{}'\n", when, fmt::join(choices, " "));
    }
    return out;
}

} // namespace

std::string completion(const CLI::App& app, std::string_view shell) {
    if (shell == "bash") return bash(app);
    if (shell == "zsh") return zsh(app);
    if (shell == "fish") return fish(app);
    throw imgcompose::input_error(
        fmt::format("there is no completion for \"{}\"; there is for bash, zsh and fish", shell));
}

std::string suggestion(const CLI::App& app, const std::vector<std::string>& words) {
    const CLI::App* command = nullptr;
    for (const std::string& word : words) {
        const bool is_option = word.starts_with("--") && word.size() > 2;
        if (!is_option && (command != nullptr || word.starts_with('-'))) continue;
        std::vector<std::string> known;
        if (is_option) {
            known = all_names(command != nullptr ? *command : app);
        } else {
            for (const CLI::App* c : subcommands_of(app)) {
                known.push_back(c->get_name());
                if (c->get_name() == word) command = c;
            }
        }
        const std::string name = word.substr(0, word.find('='));
        if (std::ranges::find(known, name) != known.end()) continue;
        const std::string_view near = nearest(name, {known.begin(), known.end()});
        if (near.empty()) return {};
        return fmt::format("there is no {} {}; did you mean {}?", is_option ? "option" : "command", name, near);
    }
    return {};
}

} // namespace command
