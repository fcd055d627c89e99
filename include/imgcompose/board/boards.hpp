// SPDX-License-Identifier: BSL-1.0
// All boards, by name, for programs whose user names one.
#pragma once

#include <imgcompose/board/rockchip.hpp>

#include <span>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// In order of name.
inline constexpr std::span<const board* const> all_boards = rockchip::boards;
static_assert(check(all_boards));

namespace fail {
[[noreturn]] inline void no_such_board(std::string_view name) {
    std::string known;
    for (const board* b : all_boards) text::append(known, text::join(' ', b->name));
    throw input_error(text::join("there is no board ", text::quoted(name), "; there are:", known));
}
} // namespace fail

/// The board of that name. Throws input_error, naming those there are.
constexpr const board& find_board(std::string_view name) {
    for (const board* b : all_boards)
        if (b->name == name) return *b;
    fail::no_such_board(name);
}

IMGCOMPOSE_NAMESPACE_END
