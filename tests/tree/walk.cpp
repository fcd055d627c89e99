// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/tree/walk.hpp>

#include <tests/support/catch.hpp>
#include <tests/tree/listed.hpp>

namespace ic = imgcompose;

TEST_CASE("paths come in the order of their names' bytes, whatever the order they were made in") {
    ic::tree t;
    for (const char* path : {"/b/\xc3\xa4", "/b/z", "/a", "/b/Z", "/b-"}) t.make_directories(path);
    CHECK(imgcompose_test::paths_of(t) == std::vector<std::string>{"/a", "/b", "/b/Z", "/b/z", "/b/\xc3\xa4", "/b-"});
}

TEST_CASE("what is in a directory can be left out, and a walk can begin anywhere") {
    ic::tree t;
    for (const char* path : {"/a/b/c", "/d/e"}) t.make_directories(path);
    std::string seen;
    for_each_path(t, [&](std::string_view path, std::uint32_t) {
        seen += path;
        return path != "/a";
    });
    CHECK(seen == "/a/d/d/e");
    seen.clear();
    for_each_path(t, *t.find("/a"), [&](std::string_view path, std::uint32_t) {
        seen += path;
        return true;
    });
    CHECK(seen == "/b/b/c");
}

TEST_CASE("a walk goes to any depth") {
    ic::tree t;
    ic::inode_index at = ic::top_directory;
    for (int i = 0; i < 200'000; ++i) {
        const auto next = t.add_inode({.mode = 0755, .type = ic::file_type::directory});
        t.link_unchecked(at, "d", next);
        at = next;
    }
    std::size_t longest = 0;
    for_each_path(t, [&](std::string_view path, std::uint32_t) {
        longest = path.size();
        return true;
    });
    CHECK(longest == 400'000);
}
