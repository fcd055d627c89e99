// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/suggest.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;

TEST_CASE("the distance of two words is how many letters have to change") {
    CHECK(ic::text::edit_distance("", "abc") == 3);
    CHECK(ic::text::edit_distance("board", "board") == 0);
    CHECK(ic::text::edit_distance("bord", "board") == 1);
    CHECK(ic::text::edit_distance("rock46", "rock64") == 1);
}

TEST_CASE("what is near is suggested, and otherwise all there is") {
    CHECK(ic::text::nearest("rock46", {"rock-4d", "rock64"}) == "rock64");
    CHECK(ic::text::did_you_mean("bord", {"table", "board"}) == "; did you mean `board`?");
    CHECK(ic::text::did_you_mean("x", {"table", "board"}) == "; there are: table, board");
    CHECK(ic::text::did_you_mean("x", {}).empty());
    CHECK(ic::text::nearest("", {"table"}).empty());
    CHECK(ic::text::nearest("ext3", {"fat", "ext4", "raw"}) == "ext4");
    CHECK(ic::text::nearest(std::string(1000, 'a'), {std::string_view{"a"}}).empty());
}
