// SPDX-License-Identifier: BSL-1.0
// U-Boot's stored environment: a checksum, perhaps a flag byte, and variables up to a fixed size.
// Source: U-Boot include/env_internal.h (struct environment_s); tools/mkenvimage.c (the text form, padding);
// env/common.c, env_check_redund (which of two copies counts).
#pragma once

#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/image/image.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void environment_name_unfit(std::string_view name, std::string_view why) {
    throw input_error(text::join("the name ", text::quoted(name), " of a U-Boot variable ", why));
}
[[noreturn]] inline void environment_value_has_nul(std::string_view name) {
    throw input_error(
        text::join("the value of the U-Boot variable ", text::quoted(name), " has a NUL, where U-Boot ends it"));
}
[[noreturn]] inline void environment_value_without_text(std::string_view name) {
    throw input_error(text::join("the value of the U-Boot variable ", text::quoted(name),
                                 " cannot be written as text: mkenvimage would drop or join its lines"));
}
[[noreturn]] inline void environment_line_unfit(std::size_t line, std::string_view what) {
    throw input_error(text::join("line ", line, " of the U-Boot environment, ", text::quoted(what),
                                 ", has no '='; write name=value"));
}
[[noreturn]] inline void environment_too_large(std::uint64_t needed, bytes size) {
    throw layout_error(text::join("the U-Boot environment needs ", needed, " bytes, but has ", size.count,
                                  " (CONFIG_ENV_SIZE); remove variables"));
}
[[noreturn]] inline void not_an_environment(std::string_view why) {
    throw format_error(text::join("not a valid U-Boot environment: ", why));
}
} // namespace fail

struct environment_variable {
    std::string name{};
    std::string value{};
    friend bool operator==(const environment_variable&, const environment_variable&) = default;
};

/// In the order in which they are stored; U-Boot itself sorts them by name when it saves.
struct environment {
    std::vector<environment_variable> variables{};

    /// Nothing if there is none of that name.
    [[nodiscard]] const std::string* find(std::string_view name) const {
        const auto v = std::ranges::find(variables, name, &environment_variable::name);
        return v == variables.end() ? nullptr : &v->value;
    }
    friend bool operator==(const environment&, const environment&) = default;
};

/// How a board's U-Boot is configured.
struct environment_options {
    bytes size{};            ///< CONFIG_ENV_SIZE: of one copy, with its checksum
    bool redundant = false;  ///< one of two copies (CONFIG_SYS_REDUNDAND_ENVIRONMENT): it has a flag byte
    std::uint8_t flags = 1;  ///< of a redundant copy: the larger one counts, as serial numbers are compared
    bool big_endian = false; ///< the order of the checksum: the board's own
    std::byte pad{0xff};
};

// --- as text
// -------------------------------------------------------------------------------------------------------------

/// From the text that mkenvimage reads: a variable a line, comments from '#' in the first column, and a backslash at
/// the end of a line for a line feed within a value. Throws input_error for a line without '=' and names given twice.
inline environment parse_environment(std::string_view content) {
    environment e;
    std::set<std::string> seen;
    std::string open; // a variable whose line is continued
    const auto close = [&](std::size_t line) {
        const auto equals = open.find('=');
        if (equals == open.npos) fail::environment_line_unfit(line, open);
        if (equals == 0) fail::environment_name_unfit("", "is empty");
        if (open.find('\0') != open.npos) fail::environment_value_has_nul(open.substr(0, equals));
        e.variables.push_back({open.substr(0, equals), open.substr(equals + 1)});
        if (!seen.insert(e.variables.back().name).second)
            fail::environment_name_unfit(e.variables.back().name, "is there twice; U-Boot takes the last value");
        open.clear();
    };
    std::size_t number = 0;
    while (!content.empty()) {
        ++number;
        const auto end = content.find('\n');
        const bool ended = end != content.npos;
        const auto line = content.substr(0, end);
        content.remove_prefix(ended ? end + 1 : content.size());
        if (line.empty() || line.starts_with('#')) continue; // also within a variable that is continued
        open += line;
        if (ended && line.ends_with('\\')) open.back() = '\n';
        else close(number);
    }
    if (!open.empty()) close(number);
    return e;
}

/// The text for mkenvimage. Throws input_error for values that it would read differently.
inline std::string emit(const environment& e) {
    std::string out;
    for (const environment_variable& v : e.variables) {
        if (v.name.starts_with('#')) fail::environment_name_unfit(v.name, "begins with '#', which begins a comment");
        // A line within a value that is empty or a comment is skipped; a backslash at a line's end is taken.
        const bool unfit = v.value.find("\n\n") != v.value.npos || v.value.find("\n#") != v.value.npos ||
                           v.value.find("\\\n") != v.value.npos || v.value.ends_with('\\') || v.value.ends_with('\n');
        if (unfit || v.name.find('\n') != v.name.npos) fail::environment_value_without_text(v.name);
        out += v.name;
        out += '=';
        for (const char c : v.value) {
            if (c == '\n') out += '\\';
            out += c;
        }
        out += '\n';
    }
    return out;
}

// --- as bytes
// ------------------------------------------------------------------------------------------------------------

/// One copy, the same bytes as `mkenvimage -s SIZE [-r] [-b] [-p PAD]`. Throws input_error for names and values that
/// U-Boot would read differently, layout_error if they do not fit.
inline owned_bytes environment_bytes(const environment& e, const environment_options& options) {
    std::string data;
    std::set<std::string_view> seen;
    for (const environment_variable& v : e.variables) {
        if (v.name.empty()) fail::environment_name_unfit(v.name, "is empty");
        if (v.name.find('=') != v.name.npos) fail::environment_name_unfit(v.name, "has a '=', where U-Boot ends it");
        if (v.name.find('\0') != v.name.npos) fail::environment_name_unfit(v.name, "has a NUL");
        if (v.value.find('\0') != v.value.npos) fail::environment_value_has_nul(v.name);
        if (!seen.insert(v.name).second)
            fail::environment_name_unfit(v.name, "is there twice; U-Boot takes the last value");
        data += v.name;
        data += '=';
        data += v.value;
        data += '\0';
    }
    data += '\0';
    const std::size_t head = sizeof(le32) + (options.redundant ? 1 : 0);
    if (head + data.size() > options.size.count) fail::environment_too_large(head + data.size(), options.size);

    owned_bytes all(static_cast<std::size_t>(options.size.count), options.pad);
    const auto to = std::span{all}.subspan(head);
    std::ranges::copy(std::as_bytes(std::span{data}), to.begin());
    const std::uint32_t crc = crc32(to);
    if (options.big_endian) put_struct<be32>(all, to_disk(crc));
    else put_struct<le32>(all, to_disk(crc));
    if (options.redundant) all[sizeof(le32)] = std::byte{options.flags};
    return all;
}

inline image environment_image(const environment& e, const environment_options& options) {
    return owned(environment_bytes(e, options));
}

/// Both copies of a redundant environment.
struct environment_pair {
    owned_bytes first{}, second{};

    /// One behind the other, as they are where CONFIG_ENV_OFFSET_REDUND says so.
    [[nodiscard]] image side_by_side() const {
        owned_bytes both = first;
        both.insert(both.end(), second.begin(), second.end());
        return owned(std::move(both));
    }
};

/// U-Boot takes the first copy, which is newer, and saves into the second next. `options.redundant` is taken for true.
/// Throws as `environment_bytes` does.
inline environment_pair environment_pair_bytes(const environment& e, environment_options options) {
    options.redundant = true;
    environment_pair both{environment_bytes(e, options), {}};
    --options.flags; // 255 comes before 0
    both.second = environment_bytes(e, options);
    return both;
}

struct found_environment {
    environment variables{};
    bool redundant = false;
    std::uint8_t flags = 0; ///< of a redundant copy
    bool big_endian = false;
};

/// One copy, which is all of `from`: the checksum counts every byte, so its size must be right. Which of the four forms
/// it has is seen by the checksum. Throws format_error if none fits.
inline found_environment read_environment(std::span<const std::byte> from) {
    if (from.size() < sizeof(le32) + 2) fail::not_an_environment(text::join("it has only ", from.size(), " bytes"));
    found_environment found;
    std::span<const std::byte> data;
    const auto little = from_disk(struct_from<le32>(from)), big = from_disk(struct_from<be32>(from));
    bool valid = false;
    for (const std::size_t head : {sizeof(le32), sizeof(le32) + 1}) {
        data = from.subspan(head);
        const auto crc = crc32(data);
        valid = crc == little || crc == big;
        if (!valid) continue;
        found.redundant = head != sizeof(le32);
        if (found.redundant) found.flags = std::to_integer<std::uint8_t>(from[sizeof(le32)]);
        found.big_endian = crc != little;
        break;
    }
    if (!valid)
        fail::not_an_environment(text::join("its CRC does not fit ", from.size(),
                                            " bytes; give its size as U-Boot has it in CONFIG_ENV_SIZE"));
    std::string_view rest{reinterpret_cast<const char*>(data.data()), data.size()};
    while (true) {
        const auto end = rest.find('\0');
        if (end == rest.npos) fail::not_an_environment("its variables have no end");
        if (end == 0) return found;
        const auto variable = rest.substr(0, end);
        const auto equals = variable.find('=');
        if (equals == variable.npos || equals == 0)
            fail::not_an_environment(text::join(text::quoted(variable), " is no variable"));
        found.variables.variables.push_back(
            {std::string{variable.substr(0, equals)}, std::string{variable.substr(equals + 1)}});
        rest.remove_prefix(end + 1);
    }
}

/// Of two sound redundant copies the one that U-Boot uses: the first unless the second is newer.
inline const found_environment& newer_of(const found_environment& first, const found_environment& second) {
    if (first.flags == 255 && second.flags == 0) return second;
    if (second.flags == 255 && first.flags == 0) return first;
    return second.flags > first.flags ? second : first;
}

IMGCOMPOSE_NAMESPACE_END
