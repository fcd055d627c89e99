// SPDX-License-Identifier: BSL-1.0
// A configuration of genimage as a description.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace command {

struct genimage_import {
    std::string description{};          ///< TOML
    std::vector<std::string> remarks{}; ///< "file:line: what the description does not say"
};

/// Of the disk image `which`; if that is empty, of the only one. Files are looked at in `inputs` for what they are, but
/// not read. Throws description_error for what is no configuration, or has no such image.
genimage_import import_genimage_text(std::string_view text, const std::string& name, const std::string& which,
                                     const std::filesystem::path& inputs);

} // namespace command
