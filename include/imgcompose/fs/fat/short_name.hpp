// SPDX-License-Identifier: BSL-1.0
// Names: what FAT can hold, when two are the same to it, and the 8.3 name that stands beside each long one.
#pragma once

#include <imgcompose/core/text.hpp>
#include <imgcompose/core/unicode.hpp>
#include <imgcompose/fs/fat/format.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void fat_name_not_utf8(std::string_view path) {
    throw input_error(text::join("the name of ", text::quoted(path),
                                 " is not UTF-8, which FAT's UTF-16 names are made from; rename it"));
}
[[noreturn]] inline void fat_name_too_long(std::string_view path, std::size_t units, std::size_t most,
                                           std::string_view whose) {
    throw input_error(
        text::join("the name of ", text::quoted(path), " has ", units, " UTF-16 units; ", whose, " at most ", most));
}
[[noreturn]] inline void fat_character_impossible(std::string_view path, std::string_view character) {
    throw input_error(text::join("the name of ", text::quoted(path), " has the character ", text::quoted(character),
                                 ", which FAT forbids; rename it"));
}
[[noreturn]] inline void fat_name_ends_in(std::string_view path, char last) {
    throw input_error(text::join("the name of ", text::quoted(path), " ends in a ", last == '.' ? "point" : "space",
                                 ", which Windows takes away; rename it"));
}
} // namespace fail

/// An 8.3 name as a directory entry holds it.
struct fat_short_name {
    std::array<char, 11> name{};
    std::uint8_t nt_res = 0;      ///< halves that are shown in lower case
    bool needs_long_name = false; ///< the name cannot be told from this alone

    static constexpr std::uint8_t lower_base = 0x08, lower_extension = 0x10; // Linux fs/fat/fat.h CASE_LOWER_*
};

/// The checksum that ties long name entries to their short one: fatgen103, "ChkSum".
constexpr std::uint8_t fat_checksum(const std::array<char, 11>& name) {
    unsigned sum = 0;
    for (const char c : name) sum = ((sum & 1) << 7 | sum >> 1) + static_cast<unsigned char>(c), sum &= 0xff;
    return static_cast<std::uint8_t>(sum);
}

/// A unit as names are compared: upper case. ASCII, Latin, Greek, Cyrillic, Armenian and full-width letters, in the
/// ranges that have one rule each in UnicodeData.txt; the rest have no case here.
constexpr char16_t fat_upper_case(char16_t c) {
    const auto in = [c](char16_t first, char16_t last) { return c >= first && c <= last; };
    const auto minus = [c](unsigned n) { return static_cast<char16_t>(c - n); };
    if (c < 0x80) return in(u'a', u'z') ? minus(0x20) : c;
    if (in(0xe0, 0xfe) && c != 0xf7) return minus(0x20);
    if (c == 0xff) return 0x178;
    // Pairs of an upper case letter and its lower case one after the other.
    if (in(0x100, 0x137) && c != 0x131) return c & 1 ? minus(1) : c;
    if (in(0x139, 0x148) || in(0x179, 0x17e)) return c & 1 ? c : minus(1);
    if (in(0x14a, 0x177) || in(0x1e00, 0x1e95) || in(0x1ea0, 0x1eff)) return c & 1 ? minus(1) : c;
    if (in(0x460, 0x481) || in(0x48a, 0x4bf) || in(0x4d0, 0x52f)) return c & 1 ? minus(1) : c;
    if (in(0x4c1, 0x4ce)) return c & 1 ? c : minus(1);
    if (c == 0x3ac) return 0x386;
    if (in(0x3ad, 0x3af)) return minus(0x25);
    if (in(0x3b1, 0x3cb) && c != 0x3c2) return minus(0x20);
    if (c == 0x3cc) return 0x38c;
    if (in(0x3cd, 0x3ce)) return minus(0x3f);
    if (in(0x430, 0x44f)) return minus(0x20);
    if (in(0x450, 0x45f)) return minus(0x50);
    if (in(0x561, 0x586)) return minus(0x30);
    if (in(0xff41, 0xff5a)) return minus(0x20);
    return c;
}

/// The name in UTF-16. Throws input_error, naming what `path()` returns, if FAT cannot hold it.
/// Source: fatgen103, "FAT Long Directory Entries"; Linux fs/fat/namei_vfat.c, vfat_bad_char.
template <std::invocable Path> std::u16string fat_long_name(std::string_view name, const Path& path) {
    std::u16string units;
    units.reserve(name.size());
    if (!for_each_utf16_unit(name, [&](char16_t u) { units += u; })) fail::fat_name_not_utf8(path());
    for (const char c : name)
        if (static_cast<unsigned char>(c) < 0x20 || std::string_view{"\"*/:<>?\\|"}.find(c) != std::string_view::npos)
            fail::fat_character_impossible(path(), {&c, 1});
    if (units.find(u'\xffff') != units.npos)
        fail::fat_character_impossible(path(), "\xef\xbf\xbf"); // fills unused places
    if (units.size() > 255) fail::fat_name_too_long(path(), units.size(), 255, "FAT has");
    if (name.ends_with('.') || name.ends_with(' ')) fail::fat_name_ends_in(path(), name.back());
    return units;
}

/// The name as two names are compared by FAT's readers.
inline std::u16string fat_folded(std::u16string name) {
    std::ranges::transform(name, name.begin(), fat_upper_case);
    return name;
}

/// The short name that says the same as `name`, in the case of its letters or without; nothing if there is none.
inline std::optional<fat_short_name> fat_exact_short_name(std::string_view name) {
    const auto point = name.rfind('.');
    const std::string_view base = name.substr(0, point);
    const std::string_view extension = point == name.npos ? std::string_view{} : name.substr(point + 1);
    if (base.empty() || base.size() > 8 || extension.size() > 3 || (point != name.npos && extension.empty())) return {};

    fat_short_name result;
    result.name.fill(' ');
    const auto put = [&](std::string_view part, std::size_t at, std::uint8_t lower_flag) {
        bool upper = false, lower = false;
        for (const char c : part) {
            const bool is_lower = c >= 'a' && c <= 'z';
            const bool is_upper = c >= 'A' && c <= 'Z';
            if (!is_lower && !is_upper && !(c >= '0' && c <= '9') &&
                std::string_view{"!#$%&'()-@^_`{}~"}.find(c) == std::string_view::npos)
                return false;
            lower |= is_lower, upper |= is_upper;
            result.name[at++] = text::upper_case(c);
        }
        if (lower && upper) result.needs_long_name = true;
        else if (lower) result.nt_res |= lower_flag;
        return true;
    };
    if (!put(base, 0, fat_short_name::lower_base) || !put(extension, 8, fat_short_name::lower_extension)) return {};
    if (result.needs_long_name) result.nt_res = 0;
    return result;
}

/// Gives out the short names of one directory, each once.
class fat_short_names {
public:
    /// Keeps a name from being given to another; what has an exact short name comes before what gets a number.
    void take(const fat_short_name& n) { taken_.insert(key_of(n.name)); }

    /// A name with a number, such as LONGNA~1.TXT: the first that is free, so that it depends only on the names that
    /// came before. Time does not grow with how many there are.
    fat_short_name numbered(std::string_view name) {
        const auto [base, extension] = basis(name);
        for (std::size_t digits = 1, limit = 10; digits <= 6; ++digits, limit *= 10) {
            const std::string stem = base.substr(0, 7 - digits) + '~';
            std::uint32_t& next = next_[text::join(stem, '.', extension, '.', digits)];
            if (next == 0) next = static_cast<std::uint32_t>(limit / 10);
            while (next < limit) {
                const std::string first = text::join(stem, next++);
                fat_short_name n{.needs_long_name = true};
                n.name.fill(' ');
                std::ranges::copy(first, n.name.begin());
                std::copy_n(extension.begin(), std::min<std::size_t>(extension.size(), 3), n.name.begin() + 8);
                if (taken_.insert(key_of(n.name)).second) return n;
            }
        }
        fail::value_does_not_fit_type(1'000'000, 999'999); // a directory has room for 32767 long names
    }

private:
    static std::string key_of(const std::array<char, 11>& name) { return {name.begin(), name.end()}; }

    /// What remains of a name before a number is put to it: fatgen103, "The Basis-Name Generation Algorithm". What is
    /// not ASCII becomes an underscore, since no reader would agree on its code page.
    static std::pair<std::string, std::string> basis(std::string_view name) {
        while (name.starts_with('.') || name.starts_with(' ')) name.remove_prefix(1);
        const auto point = name.rfind('.');
        const auto letters = [](std::string_view part, std::size_t most) {
            std::string out;
            while (!part.empty() && out.size() < most) {
                const auto [value, size] = first_code_point(part);
                part.remove_prefix(size);
                if (value == U' ' || value == U'.') continue;
                const char c = value < 0x7f ? static_cast<char>(fat_upper_case(static_cast<char16_t>(value))) : '_';
                out += std::string_view{"+,;=[]"}.find(c) != std::string_view::npos ? '_' : c;
            }
            return out;
        };
        std::string base = letters(name.substr(0, point), 6);
        if (base.empty()) base = "_"; // a name of blanks and points only up to its extension
        return {std::move(base), point == name.npos ? std::string{} : letters(name.substr(point + 1), 3)};
    }

    std::unordered_set<std::string> taken_;
    std::unordered_map<std::string, std::uint32_t> next_;
};

IMGCOMPOSE_NAMESPACE_END
