// SPDX-License-Identifier: BSL-1.0
// The functions of suggest.hpp.
#pragma once

#include <imgcompose/core/suggest.hpp>
#include <imgcompose/core/text.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace text {

IMGCOMPOSE_INLINE std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before, row(b.size() + 1), next(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < a.size(); ++i) {
        next[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            next[j + 1] = std::min({row[j] + (a[i] == b[j] ? 0u : 1u), next[j] + 1, row[j + 1] + 1});
            if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
                next[j + 1] = std::min(next[j + 1], before[j - 1] + 1);
        }
        before = row;
        std::swap(row, next);
    }
    return row.back();
}

IMGCOMPOSE_INLINE std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
    std::string_view best;
    if (word.size() > 100) return best;
    std::size_t best_distance = (word.size() < 4 ? 1 : std::max<std::size_t>(2, word.size() / 3)) + 1;
    for (const std::string_view k : known)
        if (const std::size_t d = edit_distance(word, k); d < best_distance) best = k, best_distance = d;
    return best;
}

IMGCOMPOSE_INLINE std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
    if (const std::string_view near = nearest(word, known); !near.empty())
        return join("; did you mean `", near, "`?");
    std::string all;
    for (const std::string_view k : known) all += join(all.empty() ? "; there are: " : ", ", k);
    return all;
}
} // namespace text

IMGCOMPOSE_NAMESPACE_END
