// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/tree/glob.hpp>

#include <tests/support/catch.hpp>

#include <array>
#include <random>

namespace ic = imgcompose;
using imgcompose_test::says;

namespace {
bool matches(std::string_view pattern, std::string_view path) { return ic::glob{pattern}.matches(path); }

/// The same by trying everything: slow, but plain. No sets, no escapes.
bool tried(std::string_view p, std::string_view t, bool at_slash = false) {
    if (p.empty()) return t.empty();
    if (at_slash && p.starts_with("**/")) {
        if (tried(p.substr(3), t, true)) return true;
        for (std::size_t i = 0; i < t.size(); ++i)
            if (t[i] == '/' && tried(p.substr(3), t.substr(i + 1), true)) return true;
        return false;
    }
    if (p.starts_with("**")) {
        for (std::size_t i = 0; i <= t.size(); ++i)
            if (tried(p.substr(2), t.substr(i))) return true;
        return false;
    }
    if (p[0] == '*') {
        for (std::size_t i = 0; i <= t.size(); ++i) {
            if (tried(p.substr(1), t.substr(i))) return true;
            if (i < t.size() && t[i] == '/') return false;
        }
        return false;
    }
    if (t.empty() || (p[0] == '?' ? t[0] == '/' : p[0] != t[0])) return false;
    return tried(p.substr(1), t.substr(1), p[0] == '/');
}
} // namespace

TEST_CASE("stars and question marks stay within a component, two stars do not") {
    CHECK(matches("/usr/*", "/usr/bin"));
    CHECK_FALSE(matches("/usr/*", "/usr/bin/ls"));
    CHECK_FALSE(matches("/usr/*", "/usr"));
    CHECK(matches("/usr/*", "/usr/"));
    CHECK(matches("/usr/**", "/usr/bin/ls"));
    CHECK(matches("/usr/**", "/usr/bin"));
    CHECK_FALSE(matches("/usr/**", "/usr"));
    CHECK(matches("/a/**/b", "/a/b"));
    CHECK(matches("/a/**/b", "/a/x/y/b"));
    CHECK_FALSE(matches("/a/**/b", "/a/xb"));
    CHECK(matches("/a/?", "/a/b"));
    CHECK_FALSE(matches("/a?b", "/a/b"));
    CHECK(matches("/boot/vmlinuz-*-arm64", "/boot/vmlinuz-6.1.0-9-arm64"));
    CHECK(matches("/a**z", "/a/b/c/z"));
    CHECK(matches("**", "/any/thing"));
}

TEST_CASE("a pattern without a leading slash begins in any directory") {
    CHECK(matches("*.pyc", "/usr/lib/python3/x.pyc"));
    CHECK(matches("*.pyc", "/x.pyc"));
    CHECK_FALSE(matches("*.pyc", "/x.pyc/y"));
    CHECK(matches("man/man1", "/usr/share/man/man1"));
    CHECK_FALSE(matches("man/man1", "/usr/share/woman/man1"));
}

TEST_CASE("sets have ranges, can be inverted and never match a slash") {
    CHECK(matches("/tty[0-9]", "/tty7"));
    CHECK_FALSE(matches("/tty[0-9]", "/ttyS"));
    CHECK(matches("/tty[!0-9]", "/ttyS"));
    CHECK(matches("/tty[^0-9]", "/ttyS"));
    CHECK_FALSE(matches("/tty[!0-9]", "/tty7"));
    CHECK_FALSE(matches("/a[!x]b", "/a/b"));
    CHECK(matches("/[]]", "/]"));
    CHECK(matches("/[a-]", "/-"));
    CHECK(matches("/[\x80-\xff]", "/\xc3"));
    CHECK(matches("/\\*", "/*"));
    CHECK_FALSE(matches("/\\*", "/x"));
    CHECK(matches("/\\[a]", "/[a]"));
}

TEST_CASE("impossible patterns are refused") {
    CHECK_THROWS_MATCHES(ic::glob{""}, ic::input_error, says("it is empty"));
    CHECK_THROWS_MATCHES(ic::glob{"/a["}, ic::input_error, says("a `[` has no `]`"));
    CHECK_THROWS_MATCHES(ic::glob{"/a[]"}, ic::input_error, says("a `[` has no `]`"));
    CHECK_THROWS_MATCHES(ic::glob{"/a\\"}, ic::input_error, says("ends with a backslash"));
}

TEST_CASE("patterns match what trying all ways finds, and quickly") {
    std::mt19937 random{5};
    constexpr std::array<std::string_view, 8> pieces{"a", "b", "/", "*", "**", "?", "/**/", "/"};
    constexpr std::array<std::string_view, 3> letters{"a", "b", "/"};
    int matched = 0;
    for (int i = 0; i < 100'000; ++i) {
        std::string pattern = "/", path = "/";
        for (auto n = random() % 7; n > 0; --n) pattern += pieces[random() % pieces.size()];
        for (auto n = random() % 8; n > 0; --n) path += letters[random() % letters.size()];
        if (pattern.find("***") != pattern.npos) continue; // means nothing that anybody would ask for
        const bool expected = tried(pattern, path);
        if (matches(pattern, path) != expected) FAIL(pattern << " on " << path << " should be " << expected);
        matched += expected;
    }
    CHECK(matched > 1000);
    std::string pattern = "/", path = "/" + std::string(5000, 'a');
    for (int i = 0; i < 50; ++i) pattern += "*a";
    CHECK_FALSE(matches(pattern + "b", path));
    CHECK(matches(pattern, path));
}
