// SPDX-License-Identifier: BSL-1.0
// The functions of shared.hpp.
#pragma once

#include <imgcompose/compose/shared.hpp>
#include <imgcompose/board/board.hpp>
#include <imgcompose/compose/disk.hpp>

#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] IMGCOMPOSE_INLINE void boards_look_at_the_same_place(const board& a, const boot_blob& of_a, const board& b,
                                                                  const boot_blob& of_b) {
    throw layout_error(text::join(a.title, " has ", of_a.name, " (", detail::range_text(of_a.at, of_a.maximum),
                                  ") where ", b.title, " has ", of_b.name, " (",
                                  detail::range_text(of_b.at, of_b.maximum),
                                  "); they can share a disk only without a bootloader on it"));
}

[[noreturn]] IMGCOMPOSE_INLINE void boards_need_different_files(const board& a, const board& b, const boot_blob& blob) {
    throw layout_error(text::join(a.title, " and ", b.title, " both start from ", blob.name, " at ",
                                  detail::position_text(blob.at), ", but what is made for the ", a.soc,
                                  " of one is not for the ", b.soc,
                                  " of the other; they can share a disk only without a bootloader on it"));
}

[[noreturn]] IMGCOMPOSE_INLINE void board_keeps_what_another_overwrites(const board& a, const named_range& kept,
                                                                        const board& b, const boot_blob& blob) {
    throw layout_error(text::join(a.title, " keeps its ", kept.name, " (", detail::range_text(kept.at, kept.size),
                                  ") where ", b.title, " has ", blob.name,
                                  "; they can share a disk only without a bootloader on it"));
}

[[noreturn]] IMGCOMPOSE_INLINE void boards_need_different_tables(const board& mbr, const board& gpt,
                                                                 std::string_view partition) {
    throw layout_error(text::join("the bootloader of ", mbr.title, " lies where a GPT has its header, and ", gpt.title,
                                  " finds its partition ", text::quoted(partition),
                                  " by its type in a GPT; they cannot share a disk"));
}
} // namespace fail

IMGCOMPOSE_NAMESPACE_END
