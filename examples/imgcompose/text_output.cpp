// SPDX-License-Identifier: BSL-1.0
#include "text_output.hpp"

#include <imgcompose/core/error.hpp>
#include <imgcompose/core/unicode.hpp>
#include <imgcompose/os/terminal.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <system_error>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

[[noreturn]] void output_is_lost() {
    const std::error_code why{errno, std::generic_category()};
    throw ic::io_error(why, "cannot write to standard output");
}

/// As many bytes from the front of `s` as fit so many columns, at least one code point.
std::size_t bytes_for(std::string_view s, std::size_t columns) {
    std::size_t taken = 0;
    while (taken < s.size()) {
        const auto [value, size] = ic::first_code_point(s.substr(taken));
        const std::size_t width = size == 0 ? 1 : ic::terminal_columns_of(value);
        if (width > columns && taken != 0) break;
        columns -= std::min(columns, width);
        taken += std::max<std::size_t>(size, 1);
    }
    return taken;
}

} // namespace

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) output_is_lost();
}

void flush_output() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) output_is_lost();
}

std::optional<std::size_t> terminal_columns() {
    std::size_t columns = 0;
    const char* const set = std::getenv("COLUMNS");
    if (set != nullptr) (void)std::from_chars(set, set + std::string_view{set}.size(), columns);
    if (columns == 0) columns = ic::os::terminal_columns(ic::os::standard_output).value_or(0);
    if (columns == 0) return {};
    return std::clamp<std::size_t>(columns, 40, 400);
}

std::size_t columns_of_output() { return terminal_columns().value_or(80); }

std::size_t columns_of_records() { return terminal_columns().value_or(std::numeric_limits<std::size_t>::max()); }

std::string printable(std::string_view s) {
    std::string out;
    while (!s.empty()) {
        const auto [value, size] = ic::first_code_point(s);
        const std::size_t taken = std::max<std::size_t>(size, 1);
        const bool control = value < 0x20 || (value >= 0x7f && value < 0xa0);
        if (size != 0 && !control) out += s.substr(0, size);
        else
            for (const char c : s.substr(0, taken)) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        s.remove_prefix(taken);
    }
    return out;
}

std::size_t width_of(std::string_view s) {
    std::size_t width = 0;
    while (!s.empty()) {
        const auto [value, size] = ic::first_code_point(s);
        width += size == 0 ? 1 : ic::terminal_columns_of(value);
        s.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return width;
}

std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
    std::string out;
    std::size_t column = 0;
    const auto next_line = [&](std::size_t width) { // where a word of that width can stand
        const std::size_t blanks = width + indent <= columns ? indent : columns - std::min(columns, std::max(width, columns - 2));
        out += '\n';
        out.append(blanks, ' ');
        column = blanks;
    };
    while (!text.empty()) {
        const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        std::string_view word = text.substr(begin, end - begin);
        text.remove_prefix(end);
        const std::size_t width = width_of(word);
        if (word.empty()) break; // blanks at the end
        if (column + begin + width > columns && !out.empty()) {
            next_line(width);
        } else {
            out.append(begin, ' ');
            column += begin;
        }
        while (column + width_of(word) > columns) {
            const std::size_t fits = bytes_for(word, columns - std::min(columns, column));
            out += word.substr(0, fits);
            word.remove_prefix(fits);
            if (!word.empty()) next_line(columns);
        }
        out += word;
        column += width_of(word);
    }
    return out + '\n';
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string out;
    for (const std::string& w : words) out += (&w == &words.front() ? std::string{} : std::string{between}) + w;
    return out;
}

std::string text_table::text(std::size_t columns) const {
    std::vector<std::size_t> widths(rows_.front().size() - 1);
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    std::size_t indent = 0;
    for (const std::size_t w : widths) indent += w + 2;
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < widths.size(); ++i) line += fmt::format("{}{}  ", std::string(widths[i] - width_of(row[i]), ' '), row[i]);
        // Its own blanks at the front are how deep it lies inside of another.
        const std::size_t deep = std::min(row.back().find_first_not_of(' '), row.back().size());
        out += wrapped(line + row.back(), columns, indent + deep + 2);
    }
    return out;
}

} // namespace command
