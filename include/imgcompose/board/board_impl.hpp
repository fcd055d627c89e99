// SPDX-License-Identifier: BSL-1.0
// The functions of board.hpp.
#pragma once

#include <imgcompose/board/board.hpp>
#include <imgcompose/core/guid.hpp>
#include <imgcompose/core/named_range.hpp>
#include <imgcompose/core/suggest.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] IMGCOMPOSE_INLINE void board_has_no_such_blob(std::string_view board, std::string_view blob,
                                                           std::span<const boot_blob> blobs) {
    std::string known;
    std::vector<std::string_view> names;
    for (const boot_blob& b : blobs) text::append(known, text::join(' ', names.emplace_back(b.name)));
    const std::string_view meant = text::nearest(blob, names);
    throw input_error(text::join(board, " has no place for a bootloader file ", text::quoted(blob),
                                 "; it has places for:", known.empty() ? std::string{" none"} : known,
                                 meant.empty() ? std::string{} : text::join("; did you mean `", meant, "`?")));
}

[[noreturn]] IMGCOMPOSE_INLINE void boot_blob_is_too_large(std::string_view board, const boot_blob& blob, bytes size) {
    throw layout_error(text::join(blob.name, " has ", size.count, " bytes, ", (size - blob.skip - blob.maximum).count,
                                  " more than the ", (blob.skip + blob.maximum).count, " that ", board,
                                  " has room for at ", detail::position_text(blob.at)));
}

[[noreturn]] IMGCOMPOSE_INLINE void blob_reaches_into_partitions(std::string_view board, const named_range& blob,
                                                                 offset floor) {
    throw layout_error(text::join(board, ": the place of ", blob.name, " (", detail::range_text(blob.at, blob.size),
                                  ") reaches behind the first possible partition at ", detail::position_text(floor)));
}

[[noreturn]] IMGCOMPOSE_INLINE void blob_lies_over_entry_array(std::string_view board, const named_range& blob,
                                                               std::uint32_t entries) {
    throw layout_error(text::join(board, ": the place of ", blob.name, " (", detail::range_text(blob.at, blob.size),
                                  ") lies over a GPT of ", entries,
                                  " entries; the board needs one with fewer, or an MBR"));
}

[[noreturn]] IMGCOMPOSE_INLINE void board_is_incomplete(std::string_view board, std::string_view what) {
    throw input_error(text::join("the board ", text::quoted(board), " has no ", what));
}

[[noreturn]] IMGCOMPOSE_INLINE void boards_out_of_order(std::string_view a, std::string_view b) {
    throw input_error(text::join("the board ", text::quoted(a), " stands before ", text::quoted(b),
                                 "; list boards once and in order of name"));
}
} // namespace fail

IMGCOMPOSE_NAMESPACE_END
