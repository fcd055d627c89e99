// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/fat/short_name.hpp>

#include <tests/support/catch.hpp>

#include <set>

using namespace imgcompose;

namespace {
std::string name_text(const fat_short_name& n) { return {n.name.begin(), n.name.end()}; }
std::string exact(std::string_view name) {
    const auto n = fat_exact_short_name(name);
    return n ? name_text(*n) : "none";
}
} // namespace

TEST_CASE("a name of eight and three is its own short name") {
    CHECK(exact("README.TXT") == "README  TXT");
    CHECK(exact("README") == "README     ");
    CHECK(exact("image.gz") == "IMAGE   GZ ");
    CHECK(exact("12345678.123") == "12345678123");
    CHECK(exact("A~1") == "A~1        ");
    CHECK(exact("#$%&'()@.^_`") == "#$%&'()@^_`");
}

TEST_CASE("case is kept by two bits as long as each half has one case") {
    const auto flags = [](std::string_view name) { return fat_exact_short_name(name)->nt_res; };
    CHECK(flags("README.TXT") == 0);
    CHECK(flags("readme.TXT") == 0x08);
    CHECK(flags("README.txt") == 0x10);
    CHECK(flags("readme.txt") == 0x18);
    CHECK(flags("123.txt") == 0x10);
    CHECK(flags("1.2") == 0);
    CHECK_FALSE(fat_exact_short_name("readme.txt")->needs_long_name);
    CHECK(fat_exact_short_name("Readme.txt")->needs_long_name);
    CHECK(fat_exact_short_name("readme.Txt")->needs_long_name);
    CHECK(flags("readme.Txt") == 0);
    CHECK(exact("Makefile") == "MAKEFILE   ");
}

TEST_CASE("other names have no exact short name") {
    for (const char* name : {"123456789", "a.1234", "a.b.c", ".config", "a b", "a+b", "a,b", "a[1]", "a;b", "a=b",
                             "\xc3\xa4", "a.\xc3\xa4", "", ".", "a.", "\x7f"})
        CHECK(exact(name) == "none");
}

TEST_CASE("numbered names are as Windows makes the first of them") {
    fat_short_names names;
    const auto next = [&](std::string_view name) { return name_text(names.numbered(name)); };
    CHECK(next("long name of a file.text") == "LONGNA~1TEX");
    CHECK(next("long name of another.text") == "LONGNA~2TEX");
    CHECK(next("long name of another.txt") == "LONGNA~1TXT");
    CHECK(next(".config") == "CONFIG~1   ");
    CHECK(next("a.b.c.tar.gz") == "ABCTAR~1GZ ");
    CHECK(next("a+b=c") == "A_B_C~1    ");
    CHECK(next("\xc3\xa4\xf0\x9f\x98\x80") == "__~1       ");
    CHECK(next("   ") == "_~1        ");
    CHECK(next(". .+") == "_~2        ");
    CHECK(next("..x y") == "XY~1       ");
    CHECK(next("a\x7f long") == "A_LONG~1   ");
    CHECK(next("longnam.e.d e") == "LONGNA~1DE ");
}

TEST_CASE("a number that is taken is passed over") {
    fat_short_names names;
    names.take(*fat_exact_short_name("longna~1.tex"));
    names.take(*fat_exact_short_name("LONGNA~3.TEX"));
    CHECK(name_text(names.numbered("long name 1.text")) == "LONGNA~2TEX");
    CHECK(name_text(names.numbered("long name 2.text")) == "LONGNA~4TEX");
}

TEST_CASE("thirty thousand names with the same beginning all differ") {
    fat_short_names names;
    std::set<std::string> seen;
    for (int i = 0; i < 15000; ++i) {
        seen.insert(name_text(names.numbered(text::join("the same beginning ", i))));
        seen.insert(name_text(names.numbered(text::join("thesbx", i)))); // the same from two digits on
    }
    CHECK(seen.size() == 30000);
    CHECK(seen.contains("THESAM~9   "));
    CHECK(seen.contains("THESA~10   "));
    CHECK(seen.contains("THESBX~9   "));
    CHECK(seen.contains("THES~999   "));
    CHECK(seen.contains("THE~9999   "));
    CHECK(seen.contains("TH~10000   "));
}

TEST_CASE("the checksum is that of the specification") {
    // Worked by hand: the sum of one letter and ten spaces, rotated each time.
    static_assert(fat_checksum({'A', 'B', 'C', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}) != 0);
    std::array<char, 11> only_last{};
    only_last[10] = 'x';
    CHECK(fat_checksum(only_last) == 'x');
    std::array<char, 11> one_before{};
    one_before[9] = 3;
    CHECK(fat_checksum(one_before) == 0x81);
    CHECK(fat_checksum({'R', 'E', 'A', 'D', 'M', 'E', ' ', ' ', 'T', 'X', 'T'}) == 0x73);
}

TEST_CASE("what FAT cannot hold is refused with the path and the character") {
    const auto try_name = [](std::string_view name) {
        return fat_long_name(name, [&] { return text::join("/dir/", name); });
    };
    CHECK_THROWS_MATCHES(try_name("a:b"), input_error, imgcompose_test::says("\"/dir/a:b\" has the character \":\""));
    for (const char c : std::string_view{"\"*/:<>?\\|\n\x01\x1f"})
        CHECK_THROWS_MATCHES(try_name(std::string{"x"} + c), input_error, imgcompose_test::says("which FAT forbids"));
    CHECK_THROWS_MATCHES(try_name("end."), input_error, imgcompose_test::says("ends in a point"));
    CHECK_THROWS_MATCHES(try_name("end "), input_error, imgcompose_test::says("ends in a space"));
    CHECK_THROWS_MATCHES(try_name("..."), input_error, imgcompose_test::says("ends in a point"));
    CHECK_THROWS_MATCHES(try_name("\xff"), input_error, imgcompose_test::says("is not UTF-8"));
    CHECK_THROWS_MATCHES(try_name("a\xed\xa0\x80"), input_error, imgcompose_test::says("is not UTF-8"));
    CHECK_THROWS_MATCHES(try_name("\xef\xbf\xbf"), input_error, imgcompose_test::says("which FAT forbids"));
    CHECK_THROWS_MATCHES(try_name(std::string(256, 'x')), input_error,
                         imgcompose_test::says("has 256 UTF-16 units; FAT has at most 255"));
    CHECK(try_name(std::string(255, 'x')).size() == 255);
    CHECK(try_name(" .a b+,;=[]~\x7f") == u" .a b+,;=[]~\x7f");
    CHECK(try_name("\xf0\x9f\x98\x80") == u"\xd83d\xde00");
}

TEST_CASE("names that differ by case only are the same") {
    const auto same = [](std::u16string a, std::u16string b) {
        return fat_folded(std::move(a)) == fat_folded(std::move(b));
    };
    CHECK(same(u"ReadMe", u"rEADmE"));
    CHECK(same(u"\u00e4\u00ff", u"\u00c4\u0178"));
    CHECK(same(u"\u0444\u0451", u"\u0424\u0401"));
    CHECK(same(u"\u03b1\u03ac\u03cd", u"\u0391\u0386\u038e"));
    CHECK(same(u"\u0107\u017e\u1ea1\uff41", u"\u0106\u017d\u1ea0\uff21"));
    CHECK_FALSE(same(u"a", u"b"));
    CHECK_FALSE(same(u"\u00f7", u"\u00d7"));
    CHECK_FALSE(same(u"\u0131", u"I"));
    CHECK_FALSE(same(u"[", u"{"));
    CHECK_FALSE(same(u"@", u"`"));
}
