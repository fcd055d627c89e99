// SPDX-License-Identifier: BSL-1.0
// A configuration of genimage as text: libconfuse's syntax of options and sections.
// Source: libconfuse doc/tutorial.xml and src/lexer.l; genimage README.rst.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace command {

/// `name = value` or `name = { value, value }`
struct genimage_option {
    std::string name{};
    std::vector<std::string> values{};
    std::size_t line = 0;
    mutable bool used = false; ///< somebody asked for it
};

/// `name title { ... }`, or the file as a whole.
struct genimage_section {
    std::string name{};
    std::string title{};
    std::size_t line = 0;
    std::vector<genimage_option> options{};
    std::vector<genimage_section> sections{};

    /// The last option of that name, which is then used; nothing if there is none.
    [[nodiscard]] const genimage_option* find(std::string_view option) const;
    /// Its only value; empty if it is not there.
    [[nodiscard]] std::string text(std::string_view option) const;
    [[nodiscard]] const genimage_section* section(std::string_view of_name) const;
};

struct genimage_config {
    genimage_section top{};
    std::vector<std::size_t> includes{}; ///< lines of include("..."), which is not followed
};

/// Throws description_error, "name:line: what", for what is no configuration.
genimage_config parse_genimage(std::string_view text, const std::string& name);

} // namespace command
