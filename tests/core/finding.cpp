// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/finding.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;

TEST_CASE("a finding is told as compilers tell it") {
    CHECK(to_string(ic::finding{ic::severity::error, 3, 7, "a word too many"}) == "3:7: error: a word too many");
    CHECK(to_string(ic::finding{.how_bad = ic::severity::warning, .message = "a word too many"}) ==
          "warning: a word too many");
}
