// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/error.hpp>

#include <tests/support/catch.hpp>

#include <type_traits>

namespace ic = imgcompose;

TEST_CASE("everything that is thrown is an error, and each kind is told from the others") {
    static_assert(std::is_base_of_v<std::runtime_error, ic::error>);
    static_assert(std::is_base_of_v<ic::error, ic::layout_error> && std::is_base_of_v<ic::error, ic::format_error>);
    static_assert(std::is_base_of_v<ic::error, ic::input_error> && std::is_base_of_v<ic::error, ic::io_error>);
    static_assert(!std::is_base_of_v<ic::input_error, ic::format_error> && !std::is_base_of_v<ic::layout_error, ic::io_error>);
    CHECK_THROWS_AS(throw ic::layout_error("a"), ic::error);
    CHECK_THROWS_WITH(throw ic::input_error("the sentence"), "the sentence");
}

TEST_CASE("what the system refused carries its code, and says it behind the sentence") {
    const auto code = std::make_error_code(std::errc::no_space_on_device);
    const ic::io_error e{code, "writing card.img at byte 512"};
    CHECK(e.code() == std::errc::no_space_on_device);
    CHECK(std::string{e.what()} == "writing card.img at byte 512: " + code.message());
}
