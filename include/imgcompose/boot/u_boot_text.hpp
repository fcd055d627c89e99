// SPDX-License-Identifier: BSL-1.0
// How U-Boot reads text that it passes on: the substitution in APPEND lines, and words of its shell.
#pragma once

#include <imgcompose/core/error.hpp>
#include <imgcompose/core/text.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void word_unfit_for_u_boot_shell(std::string_view word, char c) {
    throw input_error(text::join(text::quoted(word),
                                 " cannot be written in a U-Boot script: its shells disagree about ",
                                 text::quoted(std::string_view{&c, 1}), "; use a name without it"));
}
} // namespace fail

/// What U-Boot makes of an APPEND line: quotes and backslashes gone, variables put in.
/// Source: U-Boot common/cli_simple.c, cli_simple_process_macros, called by boot/pxe_utils.c, label_boot.
struct macro_reading {
    std::string text{};                    ///< variables are left out: their values are the board's
    std::optional<std::size_t> variable{}; ///< where the first `${` or `$(` is that gets replaced
    std::optional<std::size_t> quote{};    ///< where the first ' is that disappears
};

inline macro_reading read_macros(std::string_view line) {
    enum class waiting_for { dollar, bracket, end_of_name, quote } state = waiting_for::dollar;
    macro_reading result;
    char previous = '\0';
    std::size_t name_at = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        char c = line[i];
        if (state != waiting_for::quote && c == '\\' && previous != '\\') {
            if (++i == line.size()) break;
            previous = c;
            c = line[i];
        }
        const bool escaped = previous == '\\';
        switch (state) {
        case waiting_for::dollar:
            if (c == '\'' && !escaped) {
                if (!result.quote) result.quote = i;
                state = waiting_for::quote;
            } else if (c == '$' && !escaped) {
                name_at = i;
                state = waiting_for::bracket;
            } else {
                result.text += c;
            }
            break;
        case waiting_for::bracket:
            if (c == '(' || c == '{') {
                if (!result.variable) result.variable = name_at;
                state = waiting_for::end_of_name;
            } else {
                result.text += '$';
                result.text += c;
                state = waiting_for::dollar;
            }
            break;
        case waiting_for::end_of_name:
            if (c == ')' || c == '}') state = waiting_for::dollar;
            break;
        case waiting_for::quote:
            if (c == '\'' && !escaped) state = waiting_for::dollar;
            else result.text += c;
            break;
        }
        previous = c;
    }
    return result;
}

/// `wanted` written so that `read_macros` gives it back.
inline std::string escape_macros(std::string_view wanted) {
    std::string line;
    char previous = '\0'; // as U-Boot remembers it: behind a backslash everything is literal
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const char c = wanted[i];
        // A dollar sign before an ordinary character is itself.
        constexpr std::string_view not_behind_dollar = "({$\\'";
        const bool last = i + 1 == wanted.size();
        const bool special = c == '\\' || c == '\'' ||
                             (c == '$' && (last || not_behind_dollar.find(wanted[i + 1]) != std::string_view::npos));
        if (special && previous != '\\') line += '\\';
        line += c;
        previous = c;
    }
    return line;
}

/// `word` for U-Boot's shell, as one word: bare if it can be, else in single quotes. Both of its shells (the old hush
/// and the one of 2024) and the parser without a shell then read the same. Throws input_error for ', \ and control
/// characters, where they do not.
inline std::string quoted_for_u_boot_shell(std::string_view word) {
    constexpr std::string_view harmless = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/+,=@%:-";
    for (const char c : word)
        if (c == '\'' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            fail::word_unfit_for_u_boot_shell(word, c);
    if (!word.empty() && word.find_first_not_of(harmless) == word.npos) return std::string{word};
    return text::join('\'', word, '\'');
}

IMGCOMPOSE_NAMESPACE_END
