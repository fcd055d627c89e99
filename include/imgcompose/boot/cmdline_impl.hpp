// SPDX-License-Identifier: BSL-1.0
// The functions of cmdline.hpp.
#pragma once

#include <imgcompose/boot/cmdline.hpp>
#include <imgcompose/core/error.hpp>
#include <imgcompose/core/guid.hpp>
#include <imgcompose/core/text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void kernel_word_has(std::string_view word, std::string_view what) {
    throw input_error(text::join("the kernel argument ", text::quoted(word), " has ", what,
                                 ", which cannot be written on a kernel command line"));
}

[[noreturn]] inline void kernel_word_is_several(std::string_view word) {
    throw input_error(text::join("the kernel argument ", text::quoted(word),
                                 " has a blank but no '='; give each word as its own string, or use parse_cmdline"));
}

[[noreturn]] inline void kernel_word_is_empty() {
    throw input_error("an empty string is given as a kernel argument; leave it out");
}

[[noreturn]] inline void cmdline_quote_is_open(std::size_t column) {
    throw input_error(
        text::join("column ", column, " of the kernel command line opens a double quote that is never closed"));
}

[[noreturn]] inline void cmdline_too_long(std::size_t size, std::size_t limit) {
    throw input_error(text::join("the kernel command line has ", size, " characters, ", size - limit, " more than the ",
                                 limit, " that the kernel keeps"));
}

[[noreturn]] inline void root_without_value(std::string_view kind) {
    throw input_error(text::join("root=", kind, " needs a value behind it"));
}
} // namespace fail

IMGCOMPOSE_INLINE root_spec by_label(std::string value) { return {root_spec::kind::label, std::move(value)}; }

IMGCOMPOSE_INLINE root_spec by_uuid(std::string value) { return {root_spec::kind::uuid, std::move(value)}; }

IMGCOMPOSE_INLINE root_spec by_uuid(const uuid& id) { return by_uuid(to_string(id)); }

IMGCOMPOSE_INLINE root_spec by_partuuid(std::string value) { return {root_spec::kind::partuuid, std::move(value)}; }

IMGCOMPOSE_INLINE root_spec by_partuuid(const uuid& id) { return by_partuuid(to_string(id)); }

IMGCOMPOSE_INLINE root_spec by_partlabel(std::string value) { return {root_spec::kind::partlabel, std::move(value)}; }

IMGCOMPOSE_INLINE root_spec by_device(std::string value) { return {root_spec::kind::device, std::move(value)}; }

IMGCOMPOSE_INLINE std::string to_string(const root_spec& root) {
    for (const auto& [kind, prefix] : detail::root_prefixes)
        if (root.by == kind) return std::string{prefix} + root.value;
    return root.value;
}

IMGCOMPOSE_INLINE root_spec parse_root_spec(std::string_view s) {
    for (const auto& [kind, prefix] : detail::root_prefixes)
        if (s.starts_with(prefix)) {
            if (s.size() == prefix.size()) fail::root_without_value(prefix);
            return {kind, std::string{s.substr(prefix.size())}};
        }
    if (s.empty()) fail::root_without_value("");
    return by_device(std::string{s});
}

namespace detail {
inline bool is_kernel_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0'; } // linux/ctype.h

// `name=value`, the value in double quotes if it has blanks. The kernel has no way to write a double quote.
inline std::string kernel_word(std::string_view word) {
    if (word.empty()) fail::kernel_word_is_empty();
    for (const char c : word) {
        if (c == '"') fail::kernel_word_has(word, "a double quote");
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t') fail::kernel_word_has(word, "a control character");
    }
    const auto blank = std::find_if(word.begin(), word.end(), is_kernel_blank);
    if (blank == word.end()) return std::string{word};
    const auto equals = word.find('=', 1); // the first character is the name's, whatever it is
    if (equals == word.npos) fail::kernel_word_is_several(word);
    if (static_cast<std::size_t>(blank - word.begin()) < equals) fail::kernel_word_has(word, "a blank in its name");
    return text::join(word.substr(0, equals + 1), '"', word.substr(equals + 1), '"');
}

struct kernel_argument {
    std::string_view name{};
    std::optional<std::string_view> value{};
    std::string_view rest{};
};

// What lib/cmdline.c's next_arg does, but an open quote is refused. `line` begins with an argument.
inline kernel_argument next_argument(std::string_view line, std::size_t column) {
    std::size_t begin = 0;
    bool in_quote = false;
    const bool all_quoted = line.starts_with('"');
    std::size_t opened_at = 0;
    if (all_quoted) begin = 1, in_quote = true;
    std::size_t end = begin, equals = line.npos;
    for (; end < line.size(); ++end) {
        if (is_kernel_blank(line[end]) && !in_quote) break;
        if (line[end] == '=' && equals == line.npos && end != begin) equals = end;
        if (line[end] == '"') in_quote = !in_quote, opened_at = end;
    }
    if (in_quote) fail::cmdline_quote_is_open(column + opened_at);
    std::string_view word = line.substr(begin, end - begin);
    if (all_quoted && word.ends_with('"')) word.remove_suffix(1);
    kernel_argument argument{.name = word, .rest = line.substr(end)};
    if (equals != line.npos) {
        argument.name = word.substr(0, equals - begin);
        argument.value = word.substr(std::min(equals - begin + 1, word.size()));
        if (argument.value->starts_with('"')) {
            argument.value->remove_prefix(1);
            if (argument.value->ends_with('"')) argument.value->remove_suffix(1);
        }
    }
    return argument;
}
} // namespace detail

IMGCOMPOSE_INLINE std::string to_string(const cmdline& c) {
    std::string line;
    const auto add = [&](std::string_view word) {
        if (!line.empty()) line += ' ';
        line += detail::kernel_word(word);
    };
    for (const auto& console : c.console) add("console=" + console);
    if (c.earlycon) add(c.earlycon->empty() ? "earlycon" : "earlycon=" + *c.earlycon);
    if (c.root.by != root_spec::kind::none) {
        if (c.root.value.empty()) fail::root_without_value(to_string(c.root));
        add("root=" + to_string(c.root));
    }
    if (!c.rootfstype.empty()) add("rootfstype=" + c.rootfstype);
    if (c.rootwait) add("rootwait");
    if (c.access != root_access::unsaid) add(c.access == root_access::read_only ? "ro" : "rw");
    if (!c.init.empty()) add("init=" + c.init);
    for (const auto& word : c.extra) add(word);
    if (line.size() >= arm64_cmdline_size) fail::cmdline_too_long(line.size(), arm64_cmdline_size - 1);
    return line;
}

IMGCOMPOSE_INLINE cmdline::operator std::string() const { return to_string(*this); }

IMGCOMPOSE_INLINE cmdline parse_cmdline(std::string_view line) {
    cmdline result;
    std::size_t column = 1;
    bool for_init = false;
    const auto skip_blanks = [&] {
        while (!line.empty() && detail::is_kernel_blank(line.front())) line.remove_prefix(1), ++column;
    };
    for (skip_blanks(); !line.empty(); skip_blanks()) {
        const auto argument = detail::next_argument(line, column);
        column += line.size() - argument.rest.size();
        line = argument.rest;
        const std::string_view name = argument.name, value = argument.value.value_or(std::string_view{});
        for (const std::string_view part : {name, value})
            if (part.find('"') != part.npos) fail::kernel_word_has(part, "a double quote inside");
        if (for_init || (name == "--" && !argument.value)) {
            for_init = true;
        } else if (name == "console" && argument.value) {
            result.console.emplace_back(value);
            continue;
        } else if (name == "earlycon") {
            result.earlycon = value;
            continue;
        } else if (name == "root" && !value.empty()) {
            result.root = parse_root_spec(value);
            continue;
        } else if (name == "rootfstype" && !value.empty()) {
            result.rootfstype = value;
            continue;
        } else if (name == "init" && !value.empty()) {
            result.init = value;
            continue;
        } else if (name == "rootwait" && !argument.value) {
            result.rootwait = true;
            continue;
        } else if ((name == "ro" || name == "rw") && !argument.value) {
            result.access = name == "ro" ? root_access::read_only : root_access::read_write;
            continue;
        }
        if (name.empty() && !argument.value) continue; // a pair of quotes with nothing in it
        result.extra.push_back(argument.value ? text::join(name, '=', value) : std::string{name});
    }
    (void)to_string(result); // refuses what has no other spelling
    return result;
}

IMGCOMPOSE_INLINE cmdline merge(cmdline base, const cmdline& later) {
    base.console.insert(base.console.end(), later.console.begin(), later.console.end());
    if (later.earlycon) base.earlycon = later.earlycon;
    if (later.root.by != root_spec::kind::none) base.root = later.root;
    if (!later.rootfstype.empty()) base.rootfstype = later.rootfstype;
    base.rootwait = base.rootwait || later.rootwait;
    if (later.access != root_access::unsaid) base.access = later.access;
    if (!later.init.empty()) base.init = later.init;
    // What stands behind `--` is for init, and has to stay there.
    const auto for_init = [](auto& words) { return std::find(words.begin(), words.end(), "--"); };
    auto more = for_init(later.extra);
    base.extra.insert(for_init(base.extra), later.extra.begin(), more);
    if (more != later.extra.end() && for_init(base.extra) != base.extra.end()) ++more; // one `--` is enough
    base.extra.insert(base.extra.end(), more, later.extra.end());
    return base;
}

IMGCOMPOSE_NAMESPACE_END
