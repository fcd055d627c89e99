// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/tree/merge.hpp>

#include <imgcompose/tree/steps.hpp>
#include <tests/support/catch.hpp>
#include <tests/tree/listed.hpp>

namespace ic = imgcompose;
using imgcompose_test::listed;
using imgcompose_test::paths_of;
using imgcompose_test::says;
using lines = std::vector<std::string>;

namespace {
ic::tree base() {
    return ic::tree{} | ic::make_directory("/", {.uid = 5}) | ic::make_directory("/etc", {.uid = 1, .mode = 0711}) |
           ic::add("/etc/a", ic::from_text("a1")) | ic::add("/etc/b", ic::from_text("b1"), {.xattrs = {{"user.x", "1"}}}) |
           ic::symlink("/lib", "usr/lib") | ic::make_directory("/usr/lib");
}
} // namespace

TEST_CASE("of two files with a name the later wins, and directories become one") {
    const auto t = base() | ic::merge(ic::tree{} | ic::add("/etc/b", ic::from_text("b2"), {.xattrs = {{"user.y", "2"}}}) |
                                      ic::add("/etc/c", ic::from_text("c2")) | ic::add("/opt/d", ic::from_text("d2")));
    CHECK(listed(t) == lines{
                           "/ directory 0755 5:0",
                           "/etc directory 0711 1:0",
                           "/etc/a regular file 0644 0:0 \"a1\"",
                           "/etc/b regular file 0644 0:0 user.y=2 \"b2\"",
                           "/etc/c regular file 0644 0:0 \"c2\"",
                           "/lib symbolic link 0777 0:0 -> usr/lib",
                           "/opt directory 0755 0:0",
                           "/opt/d regular file 0644 0:0 \"d2\"",
                           "/usr directory 0755 0:0",
                           "/usr/lib directory 0755 0:0",
                       });
    CHECK(t.inodes().size() == t.entries().size() + 1);
}

TEST_CASE("a directory has the later one's attributes if that was made on purpose") {
    const auto t = base() | ic::merge(ic::tree{} | ic::make_directory("/etc", {.uid = 3, .mode = 0700}) |
                                      ic::make_directory("/", {.gid = 6}));
    CHECK(listed(t)[0] == "/ directory 0755 0:6");
    CHECK(listed(t)[1] == "/etc directory 0700 3:0");
    CHECK(t.find("/etc/a"));
}

TEST_CASE("hard links stay, within what is merged and towards what is replaced") {
    const auto later = ic::tree{} | ic::add("/x", ic::from_text("X")) | ic::hard_link("/y", "/x") | ic::hard_link("/etc/a", "/x");
    const auto t = base() | ic::hard_link("/etc/a-too", "/etc/a") | ic::merge(later);
    CHECK(t.at(*t.find("/x")).links == 3);
    CHECK(t.find("/etc/a") == t.find("/y"));
    CHECK(t.at(*t.find("/etc/a-too")).links == 1);
    CHECK(t.at(*t.find("/etc/a-too")).size == 2);
}

TEST_CASE("a directory goes through a symbolic link to one, and nowhere else") {
    const auto t = base() | ic::merge(ic::tree{} | ic::add("/lib/modules/m", ic::from_text("M")));
    CHECK(t.find("/usr/lib/modules/m"));
    CHECK(t.at(*t.find("/lib")).type == ic::file_type::symlink);
    CHECK_THROWS_MATCHES(base() | ic::merge(ic::tree{} | ic::add("/etc/a/b", ic::from_text(""))), ic::input_error,
                         says("\"/etc/a\" is a regular file in one tree and a directory in the one merged over it"));
    CHECK_THROWS_MATCHES(base() | ic::merge(ic::tree{} | ic::add("/etc", ic::from_text(""))), ic::input_error,
                         says("\"/etc\" is a directory in one tree and a regular file"));
    CHECK_THROWS_MATCHES(ic::tree{} | ic::symlink("/l", "nowhere") | ic::merge(ic::tree{} | ic::add("/l/x", ic::from_text(""))),
                         ic::input_error, says("\"/l\" is a symbolic link"));
}

TEST_CASE("merging with nothing changes nothing, from either side") {
    CHECK(listed(base() | ic::merge(ic::tree{})) == listed(base()));
    CHECK(listed(ic::tree{} | ic::merge(base())) == listed(base()));
    CHECK(listed(base() | ic::merge(base())) == listed(base()));
}

TEST_CASE("devices, fifos and contents of all kinds arrive whole") {
    const auto later = ic::tree{} | ic::character_device("/dev/null", {1, 3}) | ic::fifo("/f") | ic::symlink("/s", "target") |
                       ic::add("/empty", ic::from_text("")) | ic::add("/two", ic::from_text("2"));
    const auto all = listed(base() | ic::merge(later));
    for (const std::string& line : listed(later))
        if (!line.starts_with("/ ")) CHECK(std::ranges::count(all, line) == 1);
}
