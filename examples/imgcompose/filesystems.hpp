// SPDX-License-Identifier: BSL-1.0
// The words that descriptions and the command line have for a filesystem's options.
#pragma once

#include <imgcompose/fs/ext4/options.hpp>
#include <imgcompose/fs/fat/options.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace command {

// All throw imgcompose::input_error, naming what is possible.

/// "linux", "u-boot" or "u-boot-2017".
imgcompose::reader parse_reader(std::string_view s);
/// "auto", "none" or a size.
imgcompose::ext4_journal parse_journal(std::string_view s);
/// Names as mke2fs -O has them, those after '^' off. `has_journal` changes the journal.
void apply_features(imgcompose::ext4_options& options, const std::vector<std::string>& features);
/// "1234ABCD" or "1234-ABCD".
std::uint32_t parse_volume_id(std::string_view s);
/// 12, 16 or 32.
imgcompose::fat_type parse_fat_bits(std::uint64_t bits);
/// "refuse", "follow" or "skip".
imgcompose::fat_symlinks parse_fat_symlinks(std::string_view s);
/// "1000:100"
std::pair<std::uint32_t, std::uint32_t> parse_owner(std::string_view s);
/// Octal.
std::uint16_t parse_mode(std::string_view s);

} // namespace command
