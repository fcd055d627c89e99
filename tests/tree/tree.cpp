// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/tree/tree.hpp>

#include <imgcompose/tree/steps.hpp>
#include <tests/support/catch.hpp>
#include <tests/tree/listed.hpp>

#include <utility>

namespace ic = imgcompose;
using imgcompose_test::says;

static_assert(sizeof(ic::tree::inode) <= 64);

namespace {
ic::tree usual() {
    return ic::tree{} | ic::add("/usr/bin/sh", ic::from_text("shell")) | ic::symlink("/bin", "usr/bin") |
           ic::symlink("/usr/bin/bash", "/bin/sh") | ic::symlink("/loop", "loop") | ic::symlink("/up", "../../usr/./bin//..");
}
} // namespace

TEST_CASE("paths are found, through symbolic links and out of them") {
    const ic::tree t = usual();
    const auto sh = t.find("/usr/bin/sh");
    REQUIRE(sh);
    CHECK(t.find("/bin/sh") == sh);
    CHECK(t.find("usr/bin/sh") == sh);
    CHECK(t.find("//usr/./bin/../bin/sh") == sh);
    CHECK(t.find("/../../usr/bin/sh") == sh);
    CHECK(t.find("/up/bin/sh") == sh);
    CHECK(t.resolve("/usr/bin/bash") == sh);
    CHECK(t.at(*t.find("/usr/bin/bash")).type == ic::file_type::symlink);
    CHECK(t.find("/") == ic::top_directory);
    CHECK_FALSE(t.find("/usr/bin/none"));
    CHECK_FALSE(t.find("/usr/bin/sh/x"));
    CHECK_FALSE(t.find("/loop/x"));
    CHECK_FALSE(t.resolve("/loop"));
    CHECK(t.path_of(*sh) == "/usr/bin/sh");
    CHECK(t.child(ic::top_directory, "usr") == t.find("/usr"));
    CHECK_FALSE(t.child(ic::top_directory, "us"));
}

TEST_CASE("no more links are followed than Linux does, however they multiply") {
    ic::tree t;
    for (int i = 0; i < 39; ++i) {
        const std::string next = "l" + std::to_string(i + 1);
        t = std::move(t) | ic::symlink("/l" + std::to_string(i), next + "/../" + next); // 2^39 steps, if nobody counted
    }
    t = std::move(t) | ic::add("/l39/file", ic::from_text("x"));
    CHECK_FALSE(t.find("/l0/file"));
    CHECK(t.find("/l35/file"));
    CHECK(t.find("/l37/../l39/file"));
}

TEST_CASE("impossible names and taken paths are refused") {
    ic::tree t = usual();
    const ic::tree::inode file{};
    const auto add = [&](std::string_view path) { t.add(path, file, {}); };
    CHECK_THROWS_MATCHES(add("relative"), ic::input_error, says("does not begin with a slash"));
    CHECK_THROWS_MATCHES(add("/"), ic::input_error, says("always there"));
    CHECK_THROWS_MATCHES(add("/a/.."), ic::input_error, says("are no names"));
    CHECK_THROWS_MATCHES(add("/a/./b"), ic::input_error, says("are no names"));
    CHECK_THROWS_MATCHES(add("/" + std::string(256, 'n')), ic::input_error, says("256 bytes, at most 255"));
    CHECK_THROWS_MATCHES(add(std::string_view{"/a\0b", 4}), ic::input_error, says("NUL"));
    CHECK_THROWS_MATCHES(add("/bin/sh"), ic::input_error, says("already in the tree"));
    CHECK_THROWS_MATCHES(add("/usr/bin/sh/x"), ic::input_error, says("not as a directory"));
    CHECK_THROWS_MATCHES(add("/loop/x"), ic::input_error, says("is not in the tree"));
    CHECK_THROWS_MATCHES(t.add("/m", file, {.mode = std::uint16_t{010000}}), ic::input_error, says("at most 07777"));
    add("/" + std::string(255, 'n'));
    CHECK(t.find("/" + std::string(255, 'n')));
}

TEST_CASE("equal sets of extended attributes are stored once, in the order of their names") {
    ic::tree t;
    const auto a = t.intern_xattrs({{"user.b", "2"}, {"user.a", "1"}});
    CHECK(t.intern_xattrs({{"user.a", "1"}, {"user.b", "2"}}) == a);
    CHECK(t.intern_xattrs({{"user.a", "1"}}) != a);
    CHECK(t.intern_xattrs({}) == 0);
    ic::tree::inode i;
    i.xattrs = a;
    CHECK(t.xattrs_of(i).front().name == "user.a");
}

TEST_CASE("entries that are not retained take their inodes along, but not those with another name") {
    ic::tree t = ic::tree{} | ic::add("/a", ic::from_text("1")) | ic::hard_link("/b", "/a") | ic::add("/c", ic::from_text("2"));
    CHECK(t.at(*t.find("/a")).links == 2);
    t.retain({false, true, false});
    CHECK(imgcompose_test::paths_of(t) == std::vector<std::string>{"/b"});
    CHECK(t.inodes().size() == 2);
    CHECK(t.at(*t.find("/b")).links == 1);
    t = std::move(t) | ic::add("/c", ic::from_text("3")); // the names are found again
    CHECK_THROWS_AS(std::move(t) | ic::add("/b", ic::from_text("4")), ic::input_error);
}

TEST_CASE("many names are found quickly while they are added") {
    ic::tree t;
    for (int i = 0; i < 200'000; ++i) t.add("/d/" + std::to_string(i), {}, {});
    CHECK(t.child_indexed(*t.find("/d"), "123456"));
    CHECK_FALSE(t.child_indexed(*t.find("/d"), "200000"));
    CHECK_THROWS_AS(t.add("/d/77777", {}, {}), ic::input_error);
}

TEST_CASE("the path of what lies thousands of directories deep is told, by no recursion") {
    ic::tree t;
    ic::inode_index deepest = ic::top_directory;
    for (int i = 0; i < 20'000; ++i) { // each step looks through the names
        const auto made = t.add_inode({.mode = 0755, .type = ic::file_type::directory});
        t.link_unchecked(deepest, "d", made);
        deepest = made;
    }
    CHECK(t.path_of(deepest).size() == 2 * 20'000);
    CHECK(t.path_of(ic::inode_index{1}) == "/d");
    const auto link = t.add_inode({.size = 1, .content = t.add_target("."), .type = ic::file_type::symlink});
    t.link_unchecked(deepest, "l", link);
    CHECK(t.resolve_in(deepest, link) == deepest);
}

TEST_CASE("the content of a file may begin anywhere in its source") {
    auto files = std::make_shared<ic::source_files>();
    const auto id = files->add_file(files->add_root("/x"), "archive", ic::bytes{100}, 1);
    ic::tree t;
    const auto made = t.add_inode({.size = 10, .from = 50, .content = id, .files = t.add_files(files)});
    t.link_unchecked(ic::top_directory, "f", made);
    const auto later = ic::merge(ic::tree{}, t);
    for (const ic::tree* const one : {&std::as_const(t), &later}) {
        ic::image all{ic::bytes{10}};
        one->for_each_extent(one->at(*one->find("/f")), one->add_sources_to(all), [&](const ic::extent& e) { all.append(e); });
        REQUIRE(all.extents().size() == 1);
        CHECK(all.extents().begin()->from == ic::bytes{50});
    }
}
