// SPDX-License-Identifier: BSL-1.0
#include "cli_pages.hpp"

#include "keys.hpp"
#include "text_output.hpp"

#include <imgcompose/board/boards.hpp>
#include <imgcompose/core/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace command {

namespace {

using list = std::vector<std::string>;

/// "-o", "--output"; nothing for what has its place instead of a name.
list names_of(const argument& a) {
    if (a.is_positional()) return {};
    list names;
    if (!a.short_name().empty()) names.emplace_back(a.short_name());
    names.emplace_back(a.long_name());
    return names;
}

/// The words that it can have, as far as they are known.
list choices_of(const argument& a) {
    list words{a.choices.begin(), a.choices.end()};
    if (a.kind == argument_kind::board)
        for (const imgcompose::board* b : imgcompose::all_boards) words.emplace_back(b->name);
    if (a.kind == argument_kind::change) // of the tables that there is one of; others need a name between
        for (const key& table : keys::description)
            if (table.kind == value_kind::table)
                for (const key& k : table.inside)
                    if (k.inside.empty()) words.push_back(fmt::format("{}.{}=", table.name, k.name));
    return words;
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

list option_names(std::span<const argument> arguments) {
    list all;
    for (const argument& a : arguments)
        for (std::string& name : names_of(a)) all.push_back(std::move(name));
    return all;
}

// --- bash ------------------------------------------------------------------------------------------------------------

/// What is done to complete a value; empty if nothing can be offered.
std::string bash_action(const argument& a) {
    switch (a.kind) {
    case argument_kind::file: return "_imgcompose_files -f";
    case argument_kind::directory: return "_imgcompose_files -d";
    case argument_kind::toml_file: return "_imgcompose_files -f toml";
    case argument_kind::change: return fmt::format("_imgcompose_words '{}'; compopt -o nospace 2>/dev/null", fmt::join(choices_of(a), " "));
    default: break;
    }
    const list choices = choices_of(a);
    return choices.empty() ? "" : fmt::format("_imgcompose_words '{}'", fmt::join(choices, " "));
}

std::string bash_command(const subcommand& c) {
    std::string out = fmt::format("    {})\n        words='{}'\n", c.name, fmt::join(option_names(c.arguments), " "));
    list takes_value;
    std::string by_option, by_place;
    int place = 0;
    for (const argument& a : c.arguments) {
        const std::string action = bash_action(a);
        if (a.is_positional()) {
            by_place += fmt::format("        {}) {} ;;\n", place++, action.empty() ? ":" : action);
            continue;
        }
        if (!a.takes_value()) continue;
        for (std::string& name : names_of(a)) takes_value.push_back(std::move(name));
        by_option += fmt::format("        {}) {}return ;;\n", fmt::join(names_of(a), " | "), action.empty() ? "" : action + "; ");
    }
    if (!takes_value.empty()) out += fmt::format("        _imgcompose_place {}\n", fmt::join(takes_value, " "));
    else if (!by_place.empty()) out += "        _imgcompose_place\n";
    if (!by_option.empty()) out += "        case $prev in\n" + by_option + "        esac\n";
    if (!by_place.empty()) out += "        [[ $cur == -* ]] || case $place in\n" + by_place + "        esac\n";
    return out + "        ;;\n";
}

std::string bash() {
    list commands;
    for (const subcommand& c : options::commands) commands.emplace_back(c.name);
    std::string out = fmt::format(R"(# bash completion for imgcompose, made by: imgcompose completion bash
_imgcompose_words() {{ mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }}
_imgcompose_files() {{ # -f or -d, and how names of files have to end
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$cur"; [[ $1 == -d ]] || compgen -f ${{2:+-X "!*.$2"}} -- "$cur")
    ((${{#COMPREPLY[@]}} == 0)) || mapfile -t COMPREPLY < <(printf '%s\n' "${{COMPREPLY[@]}}" | sort -u)
}}
_imgcompose_place() {{ # the options that take a value: how many arguments without a name come before
    local i
    place=0
    for ((i = at + 1; i < COMP_CWORD; ++i)); do
        case " $* " in
        *" ${{COMP_WORDS[i]}} "*)
            [[ ${{COMP_WORDS[i + 1]-}} != = ]] || ((++i)) # --board=NAME is three words to bash
            ((++i)) ;;
        *) [[ ${{COMP_WORDS[i]}} == -* ]] || ((++place)) ;;
        esac
    done
}}
_imgcompose() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} command='' words='' at place
    COMPREPLY=()
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $prev == = ]]; then
        prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    for ((at = 1; at < COMP_CWORD; ++at)); do
        case ${{COMP_WORDS[at]}} in
        {}) command=${{COMP_WORDS[at]}}; break ;;
        esac
    done
    case $command in
    '')
        words='{}'
        [[ $cur == -* ]] || _imgcompose_words '{}' ;;
)",
                                  fmt::join(commands, " | "), fmt::join(option_names(options::top), " "), fmt::join(commands, " "));
    for (const subcommand& c : options::commands) out += bash_command(c);
    return out + R"(    esac
    [[ $cur != -* ]] || _imgcompose_words "$words"
}
complete -F _imgcompose imgcompose
)";
}

// --- zsh -------------------------------------------------------------------------------------------------------------

/// What _arguments has between brackets or colons.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_action(const argument& a) {
    switch (a.kind) {
    case argument_kind::file: return "_files";
    case argument_kind::directory: return "_files -/";
    case argument_kind::toml_file: return "_files -g \"*.toml\"";
    case argument_kind::change: return fmt::format("compadd -S \"\" -- {}", fmt::join(choices_of(a), " "));
    default: break;
    }
    const list choices = choices_of(a);
    return choices.empty() ? " " : fmt::format("({})", fmt::join(choices, " "));
}

std::string zsh_arguments(std::span<const argument> arguments, std::string_view indent) {
    constexpr std::string_view inside = "'\\''";
    std::string out;
    int number = 0;
    for (const argument& a : arguments) {
        if (a.is_positional()) {
            out += fmt::format("{}{} \\\n", indent, quoted(fmt::format("{}:{}:{}", ++number, zsh_text(a.names), zsh_action(a)), inside));
            continue;
        }
        const list names = names_of(a);
        const std::string value = !a.takes_value() ? "" : fmt::format("{}:{}:{}", a.optional_value ? ":" : "", zsh_text(a.placeholder), zsh_action(a));
        for (const std::string& name : names) {
            const std::string without = a.repeated ? "*" : fmt::format("({})", fmt::join(names, " "));
            const std::string_view joined_by = !a.takes_value() ? "" : name.starts_with("--") ? "=" : "+";
            const std::string spec = fmt::format("{}{}{}[{}]{}", without, name, joined_by, zsh_text(a.meaning), value);
            out += fmt::format("{}{} \\\n", indent, quoted(spec, inside));
        }
    }
    return out;
}

std::string zsh() {
    constexpr std::string_view inside = "'\\''";
    std::string out = "#compdef imgcompose\n# zsh completion for imgcompose, made by: imgcompose completion zsh\n"
                      "_imgcompose() {\n    local context state line\n    typeset -A opt_args\n    local -a commands\n"
                      "    commands=(\n";
    for (const subcommand& c : options::commands)
        out += fmt::format("        {}\n", quoted(fmt::format("{}:{}", c.name, zsh_text(c.meaning)), inside));
    out += "    )\n    _arguments -C \\\n" + zsh_arguments(options::top, "        ");
    out += "        '1:command:->command' '*::argument:->argument'\n    case $state in\n"
           "    command) _describe command commands ;;\n    argument)\n        case $line[1] in\n";
    for (const subcommand& c : options::commands)
        out += fmt::format("        {})\n            _arguments \\\n{}                && return ;;\n", c.name,
                           zsh_arguments(c.arguments, "                "));
    return out +
           "        esac ;;\n    esac\n}\n"
           "if [ \"$funcstack[1]\" = _imgcompose ]; then _imgcompose \"$@\"; else compdef _imgcompose imgcompose; fi\n";
}

// --- fish ------------------------------------------------------------------------------------------------------------

std::string fish_action(const argument& a) {
    switch (a.kind) {
    case argument_kind::file: return " -rF";
    case argument_kind::directory: return " -xa '(__fish_complete_directories)'";
    case argument_kind::toml_file: return " -xa '(__fish_complete_suffix .toml)'";
    default: break;
    }
    const list choices = choices_of(a);
    return choices.empty() ? " -x" : fmt::format(" -xa '{}'", fmt::join(choices, " "));
}

std::string fish_options(std::span<const argument> arguments, std::string_view when) {
    constexpr std::string_view inside = "\\'";
    std::string out;
    for (const argument& a : arguments) {
        if (a.is_positional()) continue;
        out += fmt::format("complete -c imgcompose -n {}", quoted(when, inside));
        if (!a.short_name().empty()) out += fmt::format(" -s {}", a.short_name().substr(1));
        out += fmt::format(" -l {}{}", a.long_name().substr(2), a.takes_value() ? fish_action(a) : "");
        out += fmt::format(" -d {}\n", quoted(a.meaning, inside));
    }
    return out;
}

std::string fish() {
    constexpr std::string_view inside = "\\'";
    std::string out = "# fish completion for imgcompose, made by: imgcompose completion fish\ncomplete -c imgcompose -f\n";
    for (const subcommand& c : options::commands)
        out += fmt::format("complete -c imgcompose -n __fish_use_subcommand -a {} -d {}\n", c.name, quoted(c.meaning, inside));
    out += fish_options(options::top, "__fish_use_subcommand");
    for (const subcommand& c : options::commands) {
        const std::string when = fmt::format("__fish_seen_subcommand_from {}", c.name);
        out += fish_options(c.arguments, when);
        for (const argument& a : c.arguments)
            if (a.is_positional()) out += fmt::format("complete -c imgcompose -n '{}'{}\n", when, fish_action(a));
    }
    return out;
}

} // namespace

std::string completion(std::string_view shell) {
    if (shell == "bash") return bash();
    if (shell == "zsh") return zsh();
    if (shell == "fish") return fish();
    throw imgcompose::input_error(fmt::format("there is no completion for \"{}\"; there is for bash, zsh and fish", shell));
}

} // namespace command
