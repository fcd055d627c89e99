// SPDX-License-Identifier: BSL-1.0
// One disk for several boards: `shared(orangepi_5, rock_5a) | bootloader(...) | ...`. It can be where each finds its
// own bootloader at a place of its own, where one file starts them all, or where theirs are in flash and the disk has
// none.
#pragma once

#include <imgcompose/board/board.hpp>
#include <imgcompose/compose/disk.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] void boards_look_at_the_same_place(const board& a, const boot_blob& of_a, const board& b,
                                                const boot_blob& of_b);
[[noreturn]] void boards_need_different_files(const board& a, const board& b, const boot_blob& blob);
[[noreturn]] void board_keeps_what_another_overwrites(const board& a, const named_range& kept, const board& b,
                                                      const boot_blob& blob);
[[noreturn]] void boards_need_different_tables(const board& mbr, const board& gpt, std::string_view partition);
} // namespace fail

namespace detail {

constexpr bool overlap(const named_range& a, const named_range& b) { return a.at < b.end() && b.at < a.end(); }

constexpr void require_shareable_places(const board& a, const board& b) {
    for (const boot_blob& x : a.blobs) {
        if (x.alternative) continue;
        for (const boot_blob& y : b.blobs) {
            if (y.alternative || !overlap(x.range(), y.range())) continue;
            if (x.name != y.name || x.at != y.at) fail::boards_look_at_the_same_place(a, x, b, y);
            if (!same_soc(a.soc, b.soc)) fail::boards_need_different_files(a, b, x);
        }
        for (const named_range& r : b.reserved)
            if (overlap(x.range(), r)) fail::board_keeps_what_another_overwrites(b, r, a, x);
    }
    for (const named_range& r : a.reserved)
        for (const boot_blob& y : b.blobs)
            if (!y.alternative && overlap(y.range(), r)) fail::board_keeps_what_another_overwrites(a, r, b, y);
}

constexpr void require_shareable_tables(const board& a, const board& b) {
    if (a.table != table_kind::mbr || a.blobs.empty()) return;
    for (const firmware_partition& p : b.firmware)
        if (!p.type.is_nil() && p.mbr_type == 0) fail::boards_need_different_tables(a, b, p.name);
}

} // namespace detail

/// Throws layout_error, with the reason, if no disk with the bootloaders of all these boards can be. True, so that it
/// can be asserted.
constexpr bool check_shared(std::span<const board* const> boards) {
    for (std::size_t i = 0; i < boards.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            detail::require_shareable_places(*boards[j], *boards[i]);
            detail::require_shareable_tables(*boards[j], *boards[i]);
            detail::require_shareable_tables(*boards[i], *boards[j]);
        }
    return true;
}
template <class... More> constexpr bool check_shared(const board& first, const More&... more) {
    const std::array<const board*, 1 + sizeof...(More)> boards{&first, &more...};
    return check_shared(std::span<const board* const>{boards});
}

/// A disk for all these boards. Whether it can be depends on what it is to hold: `compose` tells.
template <class... More> disk_plan shared(const board& first, const More&... more) {
    disk_plan plan{first};
    (plan.also.push_back(more), ...);
    return plan;
}

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/compose/shared_impl.hpp>
#endif
