// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/tree/node.hpp>

#include <tests/support/catch.hpp>

#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/tree/steps.hpp>

using namespace imgcompose;

TEST_CASE("a time of more nanoseconds than a second has is refused") {
    CHECK_NOTHROW(timestamp{0, 999'999'999});
    CHECK_THROWS_MATCHES((timestamp{0, 1'000'000'000}), input_error,
                         imgcompose_test::says("a time has 1000000000 nanoseconds"));
    CHECK_THROWS_AS((timestamp{0, tree::no_time}), input_error); // would be no time at all
}

TEST_CASE("one that comes to ext4 all the same is refused with the path") {
    tree t = tree{} | add("/dir/f", from_text("x"));
    tree::inode& i = t.at(*t.find("/dir/f"));
    i.mtime_seconds = 1, i.mtime_nanoseconds = 1'000'000'000;
    CHECK_THROWS_MATCHES(ext4(t)->smallest_size({}), input_error,
                         imgcompose_test::says("\"/dir/f\" has 1000000000 nanoseconds"));
}
