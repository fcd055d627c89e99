// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/unicode.hpp>

#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;

namespace {
std::string encode(char32_t c) {
    const auto byte = [](char32_t b) { return static_cast<char>(static_cast<unsigned char>(b)); };
    if (c < 0x80) return {byte(c)};
    if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 63))};
    if (c < 0x10000) return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
    return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
}
} // namespace

TEST_CASE("each code point but surrogates is decoded from its one encoding") {
    std::size_t wrong = 0;
    for (char32_t c = 0; c < 0x110000; ++c) {
        const bool surrogate = c >= 0xd800 && c < 0xe000;
        const std::string text = encode(c) + "x";
        const auto first = ic::first_code_point(text);
        if (surrogate ? first.size != 0 : first.value != c || first.size + 1 != text.size()) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("what is not well-formed UTF-8 is not decoded") {
    for (const char* bad :
         {"", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff", "\xf0\x9f\x90\x41"})
        CHECK(ic::first_code_point(bad).size == 0);
}

TEST_CASE("text becomes UTF-16 up to its first fault") {
    std::u16string units;
    const auto add = [&](char16_t u) { units += u; };
    CHECK(ic::for_each_utf16_unit("a\xe2\x82\xac\xf0\x9f\x90\xa7", add));
    CHECK(units == u"a\u20ac\U0001F427");
    units.clear();
    CHECK_FALSE(ic::for_each_utf16_unit("ab\xff", add));
    CHECK(units == u"ab");
}

TEST_CASE("UTF-16 becomes UTF-8 and back again, halves of pairs a replacement") {
    for (const std::string_view utf8 :
         {"", "a", "\xc3\xa4", "\xe2\x98\x83", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf x"}) {
        std::u16string units;
        REQUIRE(ic::for_each_utf16_unit(utf8, [&](char16_t u) { units += u; }));
        CHECK(ic::utf8_of(units) == utf8);
    }
    CHECK(ic::utf8_of(std::u16string{u'a', char16_t{0xd800}, u'b'}) == "a\xef\xbf\xbd"
                                                                       "b");
    CHECK(ic::utf8_of(std::u16string{char16_t{0xdc00}}) == "\xef\xbf\xbd");
    CHECK(ic::utf8_of(std::u16string{char16_t{0xd83d}}) == "\xef\xbf\xbd");
}

TEST_CASE("wide characters take two columns of a terminal, combining ones none") {
    CHECK(ic::terminal_columns_of(U'a') == 1);
    CHECK(ic::terminal_columns_of(U'\u00e9') == 1);
    CHECK(ic::terminal_columns_of(U'\u30b7') == 2); // katakana
    CHECK(ic::terminal_columns_of(U'\uac00') == 2); // hangul
    CHECK(ic::terminal_columns_of(U'\uff21') == 2); // full-width A
    CHECK(ic::terminal_columns_of(U'\U0001f600') == 2);
    CHECK(ic::terminal_columns_of(U'\u0301') == 0); // an accent
}
