// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/tree/steps.hpp>

#include <imgcompose/boot/extlinux.hpp>
#include <tests/support/catch.hpp>
#include <tests/tree/listed.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::listed;
using imgcompose_test::paths_of;
using imgcompose_test::says;
using lines = std::vector<std::string>;

namespace {

ic::tree small() {
    return ic::tree{} | ic::add("/etc/hostname", ic::from_text("card"), {.uid = 1, .gid = 2, .mode = 0600, .mtime = ic::timestamp{100, 5}}) |
           ic::make_directory("/etc/empty", {.mode = 01777}) | ic::symlink("/etc/mtab", "../proc/mounts") |
           ic::add("/usr/lib/a.so", ic::from_text("A")) | ic::hard_link("/usr/lib/b.so", "/usr/lib/a.so");
}
} // namespace

TEST_CASE("everything that a tree can hold is added, with what it is given") {
    const auto t = small() | ic::character_device("/dev/null", {1, 3}, {.mode = 0666}) |
                   ic::block_device("/dev/disk", {4095, 1048575}, {.mode = 0660}) | ic::fifo("/run/f", {.mode = 0600}) |
                   ic::socket("/run/s", {.xattrs = {{"user.x", "1"}}});
    CHECK(listed(t) == lines{
                           "/ directory 0755 0:0",
                           "/dev directory 0755 0:0",
                           "/dev/disk block device 0660 0:0 4095:1048575",
                           "/dev/null character device 0666 0:0 1:3",
                           "/etc directory 0755 0:0",
                           "/etc/empty directory 1777 0:0",
                           "/etc/hostname regular file 0600 1:2 at 100.5 \"card\"",
                           "/etc/mtab symbolic link 0777 0:0 -> ../proc/mounts",
                           "/run directory 0755 0:0",
                           "/run/f fifo 0600 0:0",
                           "/run/s socket 0644 0:0 user.x=1",
                           "/usr directory 0755 0:0",
                           "/usr/lib directory 0755 0:0",
                           "/usr/lib/a.so regular file 0644 0:0 links 2 \"A\"",
                           "/usr/lib/b.so regular file 0644 0:0 links 2 \"A\"",
                       });
    CHECK_THROWS_MATCHES(ic::character_device("/d", {4096, 0}), ic::input_error, says("major is at most 4095"));
    CHECK_THROWS_MATCHES(t | ic::hard_link("/x", "/etc"), ic::input_error, says("hard link to the directory"));
    CHECK_THROWS_MATCHES(t | ic::hard_link("/x", "/none"), ic::input_error, says("\"/none\" is not in the tree"));
    CHECK_THROWS_MATCHES(t | ic::add("/etc", ic::from_text("")), ic::input_error, says("already in the tree"));
}

TEST_CASE("what becomes an image can be added as it is") {
    const auto t = ic::tree{} | ic::add("/extlinux.conf", ic::extlinux{.entries = {{.label = "x", .kernel = "/Image"}}});
    CHECK(listed(t)[1].find("/Image") != std::string::npos);
}

TEST_CASE("a step of one's own is a lambda, and a tree stays as it was") {
    const ic::tree before = small();
    const auto after = before | [](ic::tree t) {
        t.make_directories("/own");
        return t;
    };
    CHECK(after.find("/own"));
    CHECK_FALSE(before.find("/own"));
}

TEST_CASE("a replaced file keeps its attributes unless it is given others") {
    CHECK(listed(small() | ic::replace("/etc/hostname", ic::from_text("new")))[3] ==
          "/etc/hostname regular file 0600 1:2 at 100.5 \"new\"");
    CHECK(listed(small() | ic::replace("/etc/hostname", ic::from_text("new"), ic::attributes_of_node{.uid = 9}))[3] ==
          "/etc/hostname regular file 0644 9:0 \"new\"");
    CHECK(listed(small() | ic::replace("/etc/mtab", ic::from_text("t")))[4] == "/etc/mtab regular file 0644 0:0 \"t\"");
    // Only this name of a file that has two.
    const auto t = small() | ic::replace("/usr/lib/b.so", ic::from_text("B"));
    CHECK(listed(t)[7] == "/usr/lib/a.so regular file 0644 0:0 \"A\"");
    CHECK(listed(t)[8] == "/usr/lib/b.so regular file 0644 0:0 \"B\"");
    CHECK(listed(ic::tree{} | ic::replace("/a/b", ic::from_text("x")))[2] == "/a/b regular file 0644 0:0 \"x\"");
    CHECK_THROWS_MATCHES(small() | ic::replace("/etc", ic::from_text("x")), ic::input_error, says("is a directory; exclude it first"));
}

TEST_CASE("exclude takes away what matches with all that is in it") {
    CHECK(paths_of(small() | ic::exclude("/etc")) == lines{"/usr", "/usr/lib", "/usr/lib/a.so", "/usr/lib/b.so"});
    CHECK(paths_of(small() | ic::exclude("/etc/**") | ic::exclude("b.so")) == lines{"/etc", "/usr", "/usr/lib", "/usr/lib/a.so"});
    CHECK(paths_of(small() | ic::exclude("**")).empty());
    CHECK(paths_of(small() | ic::exclude("/none")) == paths_of(small()));
    const auto t = small() | ic::exclude("a.so");
    CHECK(t.at(*t.find("/usr/lib/b.so")).links == 1);
    CHECK(t.inodes().size() == t.entries().size() + 1);
    CHECK_THROWS_AS(ic::exclude("["), ic::input_error);
}

TEST_CASE("a directory becomes the top, and the top a directory") {
    const auto etc = small() | ic::with_mode("/etc", 0700) | ic::only("/etc");
    CHECK(listed(etc) == lines{"/ directory 0700 0:0", "/empty directory 1777 0:0",
                               "/hostname regular file 0600 1:2 at 100.5 \"card\"",
                               "/mtab symbolic link 0777 0:0 -> ../proc/mounts"});
    CHECK(etc.inodes().size() == 4);
    CHECK(listed(etc | ic::prefix("/target/etc/")) ==
          lines{"/ directory 0755 0:0", "/target directory 0755 0:0", "/target/etc directory 0700 0:0",
                "/target/etc/empty directory 1777 0:0",
                "/target/etc/hostname regular file 0600 1:2 at 100.5 \"card\"",
                "/target/etc/mtab symbolic link 0777 0:0 -> ../proc/mounts"});
    CHECK(listed(etc | ic::prefix("/")) == listed(etc));
    CHECK(listed(etc | ic::prefix("/a/b") | ic::only("/a/b")) == listed(etc));
    CHECK(listed(etc | ic::only("/")) == listed(etc));
    CHECK_THROWS_AS(etc | ic::prefix("relative"), ic::input_error);
    CHECK_THROWS_AS(etc | ic::only("/none"), ic::input_error);
    CHECK_THROWS_MATCHES(etc | ic::only("/hostname"), ic::input_error, says("not as a directory"));
}

TEST_CASE("owners, modes, times and attributes change for all or for some") {
    const auto with_time = [](std::int64_t s) { return ic::attributes_of_node{.mtime = ic::timestamp{s, 7}}; };
    const auto t = ic::tree{} | ic::add("/old", ic::from_text(""), with_time(-5)) | ic::add("/new", ic::from_text(""), with_time(50)) |
                   ic::symlink("/link", "x") | ic::make_directory("/d");
    CHECK(listed(t | ic::owned_by(4'000'000'000, 7))[1] == "/d directory 0755 4000000000:7");
    CHECK(listed(t | ic::owned_by(3, 4) | ic::renumbered_owners({{3, 1003}}, {{5, 1005}}))[2] == "/link symbolic link 0777 1003:4 -> x");
    CHECK(listed(t | ic::clamp_mtime(10_s))[3] == "/new regular file 0644 0:0 at 10.0 \"\"");
    CHECK(listed(t | ic::clamp_mtime(10_s))[4] == "/old regular file 0644 0:0 at -5.7 \"\"");
    CHECK(listed(t | ic::clamp_mtime(10_s))[1] == "/d directory 0755 0:0");
    CHECK(listed(t | ic::with_mtime(1_s))[1] == "/d directory 0755 0:0 at 1.0");
    CHECK(listed(t | ic::with_mode("**", 0700)) ==
          lines{"/ directory 0700 0:0", "/d directory 0700 0:0", "/link symbolic link 0777 0:0 -> x",
                "/new regular file 0700 0:0 at 50.7 \"\"", "/old regular file 0700 0:0 at -5.7 \"\""});
    CHECK(listed(t | ic::with_mode("**", ic::file_type::directory, 0711))[3] == "/new regular file 0644 0:0 at 50.7 \"\"");
    CHECK(listed(t | ic::with_mode("**", ic::file_type::directory, 0711))[1] == "/d directory 0711 0:0");
    CHECK(listed(t | ic::with_attributes("/", {.uid = 8, .mode = 0750}))[0] == "/ directory 0750 8:0");
    CHECK_THROWS_AS(t | ic::with_attributes("/none", {}), ic::input_error);
    CHECK_THROWS_AS(ic::with_mode("**", 010000), ic::input_error);

    const auto marked = ic::tree{} | ic::add("/f", ic::from_text(""), {.xattrs = {{"user.a", "1"}, {"security.capability", "2"}}});
    CHECK(listed(marked | ic::drop_xattrs("security.*"))[1] == "/f regular file 0644 0:0 user.a=1 \"\"");
    CHECK(listed(marked | ic::drop_xattrs())[1] == "/f regular file 0644 0:0 \"\"");
}
