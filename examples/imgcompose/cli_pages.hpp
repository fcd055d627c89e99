// SPDX-License-Identifier: BSL-1.0
// What others want to know of the command line, told by its own definition.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace command {

/// For bash, zsh or fish. Throws imgcompose::input_error for another shell.
std::string completion(const CLI::App& app, std::string_view shell);

/// The manual page, for man(7).
std::string man_page(const CLI::App& app);

/// Of the first word that is no command or option: "there is no option --ouput; did you mean --output?". Empty if all
/// of `words` are known, or nothing is near.
std::string suggestion(const CLI::App& app, const std::vector<std::string>& words);

} // namespace command
