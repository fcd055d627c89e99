// SPDX-License-Identifier: BSL-1.0
// The functions of glob.hpp.
#pragma once

#include <imgcompose/tree/glob.hpp>
#include <imgcompose/core/error.hpp>
#include <imgcompose/core/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void impossible_pattern(std::string_view pattern, std::string_view why) {
    throw input_error(text::join("the pattern ", text::quoted(pattern), " is not possible: ", why));
}
} // namespace fail

IMGCOMPOSE_INLINE glob::glob(std::string_view pattern)
    : pattern_(pattern.starts_with('/') ? std::string{pattern} : text::join("/**/", pattern)) {
    if (pattern.empty()) fail::impossible_pattern(pattern, "it is empty");
    for (std::size_t i = 0; i < pattern_.size(); ++i) {
        if (pattern_[i] == '\\' && ++i == pattern_.size())
            fail::impossible_pattern(pattern, "it ends with a backslash; write two for the character itself");
        if (pattern_[i] == '[') {
            i = end_of_set(i);
            if (i == std::string::npos)
                fail::impossible_pattern(pattern, "a `[` has no `]`; write `\\[` for the character itself");
        }
    }
}

IMGCOMPOSE_INLINE bool glob::matches(std::string_view path) const {
    constexpr auto none = std::string_view::npos;
    // Where to go on when what follows a star does not match: the star then takes one byte more. An earlier star
    // never has to be tried again, because the later one can take whatever it would have.
    std::size_t star = none, star_at = none;                // `*`
    std::size_t stars = none, stars_at = none;              // `**`
    bool by_component = false;                              // `**/` takes whole components
    std::size_t p = 0, t = 0;
    for (;;) {
        if (p == pattern_.size() && t == path.size()) return true;
        if (p < pattern_.size() && pattern_[p] == '*') {
            if (p + 1 < pattern_.size() && pattern_[p + 1] == '*') {
                by_component = p > 0 && pattern_[p - 1] == '/' && p + 2 < pattern_.size() && pattern_[p + 2] == '/';
                p += by_component ? 3 : 2;
                stars = p, stars_at = t;
                star = none;
            } else {
                star = ++p, star_at = t;
            }
            continue;
        }
        if (p < pattern_.size() && t < path.size() && matches_one(p, path[t])) {
            p = after_one(p);
            ++t;
            continue;
        }
        if (star != none && star_at < path.size() && path[star_at] != '/') {
            p = star, t = ++star_at;
            continue;
        }
        if (stars == none || stars_at >= path.size()) return false;
        if (by_component) {
            stars_at = path.find('/', stars_at);
            if (stars_at == none) return false;
        }
        p = stars, t = ++stars_at;
        star = none;
    }
}

IMGCOMPOSE_INLINE std::size_t glob::end_of_set(std::size_t open) const {
    std::size_t first = open + 1;
    if (first < pattern_.size() && (pattern_[first] == '!' || pattern_[first] == '^')) ++first;
    return pattern_.find(']', first + 1);
}

IMGCOMPOSE_INLINE std::size_t glob::after_one(std::size_t p) const {
    return pattern_[p] == '[' ? end_of_set(p) + 1 : pattern_[p] == '\\' ? p + 2 : p + 1;
}

IMGCOMPOSE_INLINE bool glob::matches_one(std::size_t p, char c) const {
    if (pattern_[p] == '?') return c != '/';
    if (pattern_[p] == '\\') return c == pattern_[p + 1];
    if (pattern_[p] == '[') return c != '/' && in_set(pattern_.substr(p + 1, end_of_set(p) - p - 1), c);
    return c == pattern_[p];
}

IMGCOMPOSE_INLINE bool glob::in_set(std::string_view set, char c) {
    const bool inverted = set.front() == '!' || set.front() == '^';
    if (inverted) set.remove_prefix(1);
    const auto byte = [](char b) { return static_cast<unsigned char>(b); };
    for (std::size_t i = 0; i < set.size(); ++i) {
        if (i + 2 < set.size() && set[i + 1] == '-') {
            if (byte(set[i]) <= byte(c) && byte(c) <= byte(set[i + 2])) return !inverted;
            i += 2;
        } else if (set[i] == c) {
            return !inverted;
        }
    }
    return inverted;
}

IMGCOMPOSE_NAMESPACE_END
