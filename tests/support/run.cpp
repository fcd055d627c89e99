// SPDX-License-Identifier: BSL-1.0
#include <tests/support/run.hpp>

#include <tests/support/catch.hpp>

namespace t = imgcompose_test;

TEST_CASE("a command's status and both of its outputs are kept in order") {
    const auto r = t::run("echo one; echo two >&2; echo three; exit 7");
    CHECK(r.status == 7);
    CHECK(r.output == "one\ntwo\nthree\n");
    CHECK(t::run("kill -TERM $$").status == 128 + 15);
    CHECK(t::run("cat").output.empty());
    CHECK(t::run("no-such-program-anywhere").status == 127);
}

TEST_CASE("commands run in the C locale and UTC and find administrators' programs") {
    CHECK(t::run("echo $LC_ALL $TZ").output == "C UTC\n");
    CHECK(t::run("echo $PATH").output.find(":/usr/sbin:/sbin") != std::string::npos);
    CHECK(t::have("sh"));
    CHECK_FALSE(t::have("no-such-program-anywhere"));
}

TEST_CASE("a quoted word reaches the program as it is") {
    for (const std::string word : {"plain", "two words", "it's", "$HOME `x` \\ \"", ""})
        CHECK(t::run("printf %s " + t::quoted(word)).output == word);
}

TEST_CASE("a temporary folder is gone after use, files in it keep every byte") {
    std::filesystem::path was;
    {
        const t::temp_dir dir;
        was = dir.path();
        const std::string bytes{"a\0b\r\n\xff", 6};
        t::write_file(was / "deep" / "er" / "file", bytes);
        CHECK(t::read_file(was / "deep" / "er" / "file") == bytes);
        CHECK_THROWS_MATCHES(t::read_file(was / "absent"), std::runtime_error, t::says("cannot read"));
    }
    CHECK_FALSE(std::filesystem::exists(was));
}

TEST_CASE("tests start at the top of the source tree") {
    CHECK(std::filesystem::exists(t::source_dir() / "include" / "imgcompose" / "version.hpp"));
    if (const auto shared = t::shared_dir()) CHECK(shared->is_absolute());
}
