// SPDX-License-Identifier: BSL-1.0
// Text for standard output: written or an error, and no line wider than the terminal.
#pragma once

#include <imgcompose/core/units.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace command {

/// Writes to standard output. Throws imgcompose::io_error if that fails.
void print(std::string_view text);

/// Sends on what `print` still holds. Throws imgcompose::io_error if some of it is lost.
void flush_output();

/// $COLUMNS, else those of the terminal that standard output is; nothing for a file or a pipe.
std::optional<std::size_t> terminal_columns();

/// For what is laid out in columns: 80 where there is no terminal.
std::size_t columns_of_output();

/// For what has a line for each thing, of any length where there is no terminal: programs such as grep read it.
std::size_t columns_of_records();

/// What is printed as it is: bytes that are no text of one line as \xNN.
std::string printable(std::string_view s);

/// The columns that printable text takes.
std::size_t width_of(std::string_view s);

/// `text` with line breaks between its words, so that no line is wider than `columns`; the lines behind the first begin
/// with `indent` blanks, or fewer where a word is too long for that. Only a word that is wider than all columns is broken.
/// Ends with a line break.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent);

std::string joined(const std::vector<std::string>& words, std::string_view between);

/// Rows whose cells stand below one another: all but the last to the right, the last one wrapped.
class text_table {
public:
    explicit text_table(std::vector<std::string> heads) { add(std::move(heads)); }
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    [[nodiscard]] std::string text(std::size_t columns) const;

private:
    std::vector<std::vector<std::string>> rows_{};
};

} // namespace command
