// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/u_boot_text.hpp>

#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using imgcompose_test::says;

TEST_CASE("an APPEND line is read as U-Boot substitutes it") {
    struct {
        std::string line, text;
    } const cases[] = {
        {"console=ttyS2 quiet", "console=ttyS2 quiet"},
        {"a=$x b", "a=$x b"},
        {R"(a=\${x})", "a=${x}"},
        {R"(a\\b)", R"(a\b)"},
        {R"(a\\\\b)", R"(a\\\b)"}, // behind a backslash the next one is literal
        {R"(\q)", "q"},
        {R"(it\'s)", "it's"},
        {R"(say="a b")", R"(say="a b")"},
        {"cost$", "cost"}, // a dollar sign at the end is lost
        {"$$x", "$$x"},
        {"", ""},
    };
    for (const auto& c : cases) {
        INFO(c.line);
        const auto reading = ic::read_macros(c.line);
        CHECK(reading.text == c.text);
        CHECK_FALSE(reading.variable.has_value());
        CHECK_FALSE(reading.quote.has_value());
    }
}

TEST_CASE("a variable and a quotation mark in an APPEND line are noticed where they are") {
    CHECK(ic::read_macros("root=${dev} x").variable == 5u);
    CHECK(ic::read_macros("root=$(dev) x").text == "root= x");
    CHECK(ic::read_macros("it's so").quote == 2u);
    CHECK(ic::read_macros("'${x}'").text == "${x}");
    CHECK(ic::read_macros("${never closed").text.empty());
}

TEST_CASE("every text survives escaping and reading") {
    // All texts of up to six of the characters that mean something, and one that does not.
    const std::string alphabet = "\\'${(a";
    std::size_t count = 1;
    for (int length = 0; length <= 6; ++length, count *= alphabet.size())
        for (std::size_t n = 0; n < count; ++n) {
            std::string wanted;
            for (std::size_t rest = n, i = 0; i < static_cast<std::size_t>(length); ++i, rest /= alphabet.size())
                wanted += alphabet[rest % alphabet.size()];
            const auto reading = ic::read_macros(ic::escape_macros(wanted));
            if (reading.text != wanted || reading.variable || reading.quote) FAIL(wanted);
        }
    CHECK(ic::escape_macros("root=LABEL=x init=/sbin/init $x") == "root=LABEL=x init=/sbin/init $x");
}

TEST_CASE("a word of U-Boot's shell is bare or in single quotes") {
    CHECK(ic::quoted_for_u_boot_shell("/boot/Image-6.1+b") == "/boot/Image-6.1+b");
    CHECK(ic::quoted_for_u_boot_shell("a b;c|$d\"e\"") == "'a b;c|$d\"e\"'");
    CHECK(ic::quoted_for_u_boot_shell("") == "''");
    CHECK_THROWS_MATCHES(ic::quoted_for_u_boot_shell("it's"), ic::input_error, says("disagree about"));
    CHECK_THROWS_MATCHES(ic::quoted_for_u_boot_shell("a\\b"), ic::input_error, says("disagree about"));
    CHECK_THROWS_MATCHES(ic::quoted_for_u_boot_shell("a\nb"), ic::input_error, says("\\x0a"));
}
