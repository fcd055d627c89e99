// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/time.hpp>

#include <imgcompose/core/error.hpp>
#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace imgcompose::literals;

static_assert(1700000000_s == std::chrono::seconds{1700000000});
static_assert(9223372036854775807_s == std::chrono::seconds::max());

TEST_CASE("seconds that cannot be counted are refused") { CHECK_THROWS_AS(9223372036854775808_s, ic::layout_error); }
