// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/text.hpp>

#include <tests/support/catch.hpp>

#include <limits>

namespace ic = imgcompose;

TEST_CASE("a sentence is its parts one after the other") {
    const std::string name = "boot";
    CHECK(ic::text::join("partition ", name, std::string_view{" has "}, 12u, ' ', "sectors") ==
          "partition boot has 12 sectors");
    CHECK(ic::text::join("").empty());
    CHECK(ic::text::join(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(ic::text::join(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(ic::text::join(std::uint8_t{65}, static_cast<signed char>(-1)) == "65-1"); // numbers, not letters
}

TEST_CASE("hexadecimal has no leading zeros") {
    CHECK(ic::text::hex(0) == "0x0");
    CHECK(ic::text::hex(0xd00dfeed) == "0xd00dfeed");
    CHECK(ic::text::hex(std::numeric_limits<std::uint64_t>::max()) == "0xffffffffffffffff");
}

TEST_CASE("what is quoted stays on one line, whatever is in it") {
    CHECK(ic::text::quoted("") == "\"\"");
    CHECK(ic::text::quoted("a name") == "\"a name\"");
    CHECK(ic::text::quoted("say \"a\\b\"") == R"("say \"a\\b\"")");
    CHECK(ic::text::quoted(std::string_view{"a\0b\n\x7f\xff", 6}) == R"("a\x00b\x0a\x7f\xff")");
}
