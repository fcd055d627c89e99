// SPDX-License-Identifier: BSL-1.0
#include "filesystems.hpp"

#include "sizes.hpp"

#include <imgcompose/core/suggest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>

namespace command {

namespace ic = imgcompose;

namespace {

struct switchable {
    std::string_view name;
    std::optional<bool> ic::ext4_features::*feature;
};
constexpr switchable switchables[] = {
    {"metadata_csum", &ic::ext4_features::metadata_csum}, {"64bit", &ic::ext4_features::bits64},
    {"flex_bg", &ic::ext4_features::flex_bg},             {"sparse_super", &ic::ext4_features::sparse_super},
    {"resize_inode", &ic::ext4_features::resize_inode},   {"dir_index", &ic::ext4_features::dir_index},
    {"large_dir", &ic::ext4_features::large_dir},
};
constexpr std::string_view always_on[] = {"extent",     "extents",    "filetype",    "ext_attr", "huge_file",
                                          "large_file", "dir_nlink", "extra_isize"};

/// All of `s` as a number in that base.
template <class T> std::optional<T> whole_number(std::string_view s, int base = 10) {
    T value{};
    const auto [end, failed] = std::from_chars(s.data(), s.data() + s.size(), value, base);
    if (failed != std::errc{} || end != s.data() + s.size()) return {};
    return value;
}

} // namespace

ic::reader parse_reader(std::string_view s) {
    if (s == "linux") return ic::linux_kernel;
    if (s == "u-boot") return ic::u_boot;
    if (s == "u-boot-2017") return ic::u_boot_2017;
    throw ic::input_error(fmt::format("\"{}\" is no reader{}", s, ic::text::did_you_mean(s, {"linux", "u-boot", "u-boot-2017"})));
}

ic::ext4_journal parse_journal(std::string_view s) {
    if (s == "auto") return {};
    if (s == "none") return ic::no_journal;
    return parse_size(s);
}

void apply_features(ic::ext4_options& options, const std::vector<std::string>& features) {
    for (const std::string& word : features) {
        const bool on = !word.starts_with('^');
        const std::string_view name = std::string_view{word}.substr(on ? 0 : 1);
        if (const auto s = std::ranges::find(switchables, name, &switchable::name); s != std::end(switchables)) {
            options.features.*(s->feature) = on;
        } else if (name == "has_journal") {
            if (!on) options.journal = ic::no_journal;
            else if (options.journal.what == ic::ext4_journal::kind::none) options.journal = {};
        } else if (std::ranges::find(always_on, name) == std::end(always_on) || !on) {
            std::string known = "has_journal";
            for (const switchable& s2 : switchables) known += fmt::format(", {}", s2.name);
            throw ic::input_error(fmt::format("the feature \"{}\" cannot be turned {}; those that can be chosen are: {}", name,
                                              on ? "on" : "off", known));
        }
    }
}

std::uint32_t parse_volume_id(std::string_view s) {
    std::string digits{s};
    if (digits.size() == 9 && digits[4] == '-') digits.erase(4, 1);
    const auto id = digits.size() == 8 ? whole_number<std::uint32_t>(digits, 16) : std::nullopt;
    if (!id) throw ic::input_error(fmt::format("\"{}\" is not a volume id; write eight hexadecimal digits, such as 1234-ABCD", s));
    return *id;
}

ic::fat_type parse_fat_bits(std::uint64_t bits) {
    switch (bits) {
    case 12: return ic::fat_type::fat12;
    case 16: return ic::fat_type::fat16;
    case 32: return ic::fat_type::fat32;
    default: throw ic::input_error(fmt::format("there is no FAT of {} bits; there are 12, 16 and 32", bits));
    }
}

ic::fat_symlinks parse_fat_symlinks(std::string_view s) {
    if (s == "refuse") return ic::fat_symlinks::refuse;
    if (s == "follow") return ic::fat_symlinks::follow;
    if (s == "skip") return ic::fat_symlinks::skip;
    throw ic::input_error(fmt::format("\"{}\" is nothing to do with symbolic links{}", s, ic::text::did_you_mean(s, {"refuse", "follow", "skip"})));
}

std::pair<std::uint32_t, std::uint32_t> parse_owner(std::string_view s) {
    const auto colon = s.find(':');
    const auto user = whole_number<std::uint32_t>(s.substr(0, colon));
    const auto group = colon == s.npos ? std::nullopt : whole_number<std::uint32_t>(s.substr(colon + 1));
    if (!user || !group) throw ic::input_error(fmt::format("\"{}\" is not an owner; write two numbers, such as 0:0", s));
    return {*user, *group};
}

std::uint16_t parse_mode(std::string_view s) {
    const auto mode = whole_number<std::uint16_t>(s, 8);
    if (!mode || *mode > 07777)
        throw ic::input_error(fmt::format("\"{}\" is not a mode; write octal digits up to 7777, such as 0644", s));
    return *mode;
}

} // namespace command
