// SPDX-License-Identifier: BSL-1.0
// What the table of commands and options tells people and shells.
#pragma once

#include "options.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace command {

inline constexpr std::string_view summary_of_command =
    "Composes bootable disk images byte for byte, without root, mounts or other programs";

/// The command of that name; nothing if there is none.
const subcommand* find_command(std::string_view name);

/// Of one command, or of the whole if there is none.
std::string help_text(const subcommand* of, std::size_t columns);

/// For bash, zsh or fish. Throws imgcompose::input_error for another shell.
std::string completion(std::string_view shell);

/// The manual page, for man(7).
std::string man_page();

/// Of the first word that is no command or option: "there is no option --ouput; did you mean --output?". Empty if all
/// of `words` are known, or nothing is near.
std::string suggestion(const std::vector<std::string>& words);

} // namespace command
