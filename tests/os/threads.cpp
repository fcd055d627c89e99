// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/os/threads.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;

TEST_CASE("there are as many threads as are asked for within reason, else some a machine") {
    CHECK(ic::os::thread_count(1, 4) == 1);
    CHECK(ic::os::thread_count(9, 4) == 9);
    CHECK(ic::os::thread_count(1'000'000, 4) == 256);
    CHECK(ic::os::thread_count(0, 1) == 1);
    CHECK(ic::os::thread_count(0, 4) >= 1);
    CHECK(ic::os::thread_count(0, 4) <= 4);
}
