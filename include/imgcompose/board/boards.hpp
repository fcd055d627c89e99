// SPDX-License-Identifier: BSL-1.0
// All boards that are known, by name.
#pragma once

#include <imgcompose/board/allwinner.hpp>
#include <imgcompose/board/amlogic.hpp>
#include <imgcompose/board/chromeos.hpp>
#include <imgcompose/board/generic.hpp>
#include <imgcompose/board/imx8.hpp>
#include <imgcompose/board/raspberry_pi.hpp>
#include <imgcompose/board/rockchip.hpp>
#include <imgcompose/board/starfive.hpp>
#include <imgcompose/core/suggest.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
template <std::size_t... Counts> constexpr auto boards_in_order(const std::array<const board*, Counts>&... families) {
    std::array<const board*, (Counts + ...)> all{};
    std::size_t count = 0;
    const auto insert = [&](const auto& family) { // costs a compiler less than to instantiate a sort for it
        for (const board* b : family) {
            std::size_t at = count++;
            for (; at != 0 && b->name < all[at - 1]->name; --at) all[at] = all[at - 1];
            all[at] = b;
        }
    };
    (insert(families), ...);
    return all;
}
} // namespace detail

/// In order of name.
inline constexpr std::array all_boards =
    detail::boards_in_order(rockchip::boards, allwinner::boards, amlogic::boards, chromeos::boards, generic::boards,
                            imx8::boards, raspberry_pi::boards, starfive::boards);

namespace fail {
[[noreturn]] inline void no_such_board(std::string_view name) {
    std::vector<std::string_view> names;
    for (const board* b : all_boards) names.push_back(b->name);
    if (const std::string_view meant = text::nearest(name, names); !meant.empty())
        throw input_error(text::join("there is no board ", text::quoted(name), "; did you mean `", meant, "`?"));
    // Those whose names begin alike, or all.
    std::string near, known;
    for (const board* b : all_boards) {
        text::append(known, text::join(' ', b->name));
        const auto [n, o] = std::ranges::mismatch(name, b->name);
        if (n - name.begin() >= 4 || (n == name.end() && !name.empty())) text::append(near, text::join(' ', b->name));
    }
    throw input_error(
        text::join("there is no board ", text::quoted(name),
                   near.empty() ? text::join("; there are:", known) : text::join("; did you mean one of:", near)));
}
} // namespace fail

/// The board of that name. Throws input_error, naming those it may have been meant to be.
constexpr const board& find_board(std::string_view name) {
    for (const board* b : all_boards)
        if (b->name == name) return *b;
    fail::no_such_board(name);
}

IMGCOMPOSE_NAMESPACE_END
