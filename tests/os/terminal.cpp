// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/os/terminal.hpp>

#include <tests/support/catch.hpp>

TEST_CASE("a descriptor that is not open is no terminal") { CHECK_FALSE(imgcompose::os::is_terminal(-1)); }

TEST_CASE("what is no terminal has no columns") {
    CHECK_FALSE(imgcompose::os::terminal_columns(-1).has_value());
}
