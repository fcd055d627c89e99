// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/text_width.hpp>

#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using ic::detail::text_width;

TEST_CASE("wide letters, bold ones and ideographs count for more") {
    CHECK(text_width("iiii", {}) < text_width("WWWW", {}));
    CHECK(text_width("boot", {.size = 15}) < text_width("boot", {.size = 15, .bold = true}));
    CHECK(text_width("\xe3\x82\xb7", {.size = 20}) == 22); // one katakana
    CHECK(text_width("e\xcc\x81", {.size = 20}) == text_width("e", {.size = 20}));
    CHECK(text_width("\xff", {.size = 20}) > 0);
}

TEST_CASE("what is too wide is cut between code points and ends with an ellipsis") {
    const std::string katakana = "\xe3\x82\xb7\xe3\x82\xb9\xe3\x83\x86\xe3\x83\xa0";
    CHECK(ic::detail::shortened_to("boot", 100, {}) == "boot");
    CHECK(ic::detail::shortened_to(katakana, 45, {.size = 10}) == katakana);
    CHECK(ic::detail::shortened_to(katakana, 40, {.size = 10}) == katakana.substr(0, 6) + "\xe2\x80\xa6");
    for (const unsigned room : {20u, 50u, 100u, 333u})
        CHECK(text_width(ic::detail::shortened_to(std::string(100, 'W'), room, {.size = 15, .bold = true}), {.size = 15, .bold = true}) <= room);
}
