// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/boards.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;

static_assert(ic::check(ic::all_boards));

TEST_CASE("boards are found by name, are in order of it and all sound") {
    CHECK(&ic::find_board("nanopi-r2s") == &ic::rockchip::nanopi_r2s);
    CHECK(
        std::ranges::is_sorted(ic::all_boards, std::ranges::less_equal{}, [](const ic::board* b) { return b->name; }));
    for (const ic::board* b : ic::all_boards) {
        CHECK(&ic::find_board(b->name) == b);
        CHECK(ic::check(*b));
    }
    CHECK_THROWS_MATCHES(ic::find_board("nanopi"), ic::input_error,
                         imgcompose_test::says("there is no board \"nanopi\"; did you mean one of: nanopc-t4 nanopc-t6 nanopi-r2c"));
    CHECK_THROWS_AS(ic::find_board(""), ic::input_error);
}
