// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/readable.hpp>

#include <tests/support/catch.hpp>

#include <limits>

namespace ic = imgcompose;
using namespace imgcompose::literals;

TEST_CASE("sizes are told in the largest unit that is not more, rounded down") {
    CHECK(ic::readable(0_B) == "0 B");
    CHECK(ic::readable(1023_B) == "1023 B");
    CHECK(ic::readable(1024_B) == "1 KiB");
    CHECK(ic::readable(1025_B) == "1.0 KiB");
    CHECK(ic::readable(1535_B) == "1.4 KiB");
    CHECK(ic::readable(1536_B) == "1.5 KiB");
    CHECK(ic::readable(512_MiB) == "512 MiB");
    CHECK(ic::readable(32_GB) == "29.8 GiB");
    CHECK(ic::readable(3_TiB) == "3 TiB");
    CHECK(ic::readable(ic::bytes{std::numeric_limits<std::uint64_t>::max()}) == "15.9 EiB");
}
