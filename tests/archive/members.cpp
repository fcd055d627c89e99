// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/archive/members.hpp>

#include <imgcompose/archive.hpp>
#include <imgcompose/tree/content.hpp>
#include <tests/archive/made_by_hand.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>
#include <tests/tree/listed.hpp>

namespace ic = imgcompose;
using namespace imgcompose_test;
using lines = std::vector<std::string>;

namespace {
/// As lines, with contents.
lines unpacked(const std::string& archive) {
    const temp_dir dir;
    write_file(dir / "made.tar", archive);
    return listed(ic::archive(dir / "made.tar"));
}
tar_member folder(std::string name, std::string mode = "0000700") {
    return {.name = std::move(name), .type = '5', .mode = std::move(mode)};
}
tar_member soft_link(std::string name, std::string to) {
    return {.name = std::move(name), .type = '2', .link = std::move(to), .mode = "0000777"};
}
tar_member other_name(std::string name, std::string to) {
    return {.name = std::move(name), .type = '1', .link = std::move(to)};
}
} // namespace

TEST_CASE("names count from the top, however they are written, and directories that are missing are implied") {
    CHECK(unpacked(tar_of({folder("./"), {.name = "./a/x", .content = "1"}, {.name = "/b//c/./y", .content = "22"}, folder("d/."),
                           folder("d/e/", "0001777")})) ==
          lines{"/ directory 0700 0:0 at 1.0", "/a directory 0755 0:0", "/a/x regular file 0644 0:0 at 1.0 \"1\"",
                "/b directory 0755 0:0", "/b/c directory 0755 0:0", "/b/c/y regular file 0644 0:0 at 1.0 \"22\"",
                "/d directory 0700 0:0 at 1.0", "/d/e directory 1777 0:0 at 1.0"});
    // Its attributes come later.
    CHECK(unpacked(tar_of({{.name = "a/x"}, folder("a")}))[1] == "/a directory 0700 0:0 at 1.0");
    CHECK(tree_of(tar_of({{.name = "a/x"}})).at(ic::top_directory).implied);
    CHECK_FALSE(tree_of(tar_of({folder(".")})).at(ic::top_directory).implied);
    CHECK(paths_of(tree_of(end_of_tar)).empty());
    CHECK(paths_of(tree_of(tar_of({{.name = "PKGBUILD"}}))) == lines{"/PKGBUILD"}); // and no zip
}

TEST_CASE("names are bytes") {
    const std::string odd = "\xff\xfe\n\\\"*", composed = "\xc3\xa9", taken_apart = "e\xcc\x81", longest(255, '\xe4');
    const auto t = tree_of(to_tar({.name = odd}) + pax({{"path", composed}}) + to_tar({.name = "1"}) + pax({{"path", taken_apart}}) +
                           to_tar({.name = "2"}) + pax({{"path", "d/" + longest}}) + to_tar({.name = "3"}) +
                           pax({{"path", "l"}, {"linkpath", taken_apart + '\xff'}}) + to_tar({.name = "4", .type = '2', .link = "x"}) +
                           pax({{"linkpath", taken_apart}}) + to_tar({.name = "h", .type = '1'}) + end_of_tar);
    for (const std::string& name : {odd, composed, taken_apart, "d/" + longest}) CHECK(t.find('/' + name));
    CHECK(t.symlink_target(t.at(*t.find("/l"))) == taken_apart + '\xff');
    CHECK(t.find("/h") == t.find('/' + taken_apart));
    CHECK(t.inodes().size() == 7);
}

TEST_CASE("names that no tree can have are refused with the archive and the member") {
    const auto refused = [](const std::string& archive, const std::string& why) {
        CHECK_THROWS_MATCHES(tree_of(archive), ic::input_error, says(why) && says("made.tar, member \""));
    };
    refused(tar_of({{.name = "a/../../etc/passwd"}}), "`..` in \"a/../../etc/passwd\" leads out of its directory");
    refused(tar_of({{.name = "../x"}}), "leads out");
    refused(tar_of({{.name = "a"}, other_name("b", "../a")}), "leads out");
    refused(pax({{"path", std::string(256, 'n')}}) + to_tar({.name = "n"}) + end_of_tar, "256 bytes, at most 255");
    std::string deep;
    while (deep.size() <= 65535) deep += "d/";
    refused(pax({{"path", deep}}) + to_tar({.name = "n"}) + end_of_tar, "more than 65535 bytes");
    refused(tar_of({{.name = "."}}), "the top of a tree is a directory and cannot be a regular file");
    refused(pax({{"linkpath", std::string(4096, 'n')}}) + to_tar({.name = "l", .type = '2'}) + end_of_tar, "more than 4095 bytes");
    refused(tar_of({soft_link("l", "")}), "symbolic link to nothing");
}

TEST_CASE("of several members of one name the last is there") {
    CHECK(unpacked(tar_of({{.name = "f", .content = "old"}, other_name("g", "f"), {.name = "./f", .content = "new", .mode = "0004755"}})) ==
          lines{"/ directory 0755 0:0", "/f regular file 4755 0:0 at 1.0 \"new\"", "/g regular file 0644 0:0 at 1.0 \"old\""});
    CHECK(unpacked(tar_of({folder("d"), {.name = "d", .content = "file"}, folder("d"), {.name = "d/x"}}))[1] ==
          "/d directory 0700 0:0 at 1.0");
    CHECK(unpacked(tar_of({soft_link("d", "e"), folder("e"), folder("d", "0000711"), {.name = "d/x"}})) ==
          lines{"/ directory 0755 0:0", "/d directory 0711 0:0 at 1.0", "/d/x regular file 0644 0:0 at 1.0 \"\"",
                "/e directory 0700 0:0 at 1.0"});
    CHECK(tree_of(tar_of({{.name = "f"}, {.name = "f"}, {.name = "f"}})).inodes().size() == 2);
    CHECK_THROWS_MATCHES(tree_of(tar_of({{.name = "d/x"}, {.name = "d"}})), ic::input_error,
                         says("member \"d\": a regular file cannot take the place of a directory that is not empty"));
}

TEST_CASE("a member below a symbolic link goes where that leads, inside the tree") {
    const auto inside = [](const tar_member& link, const std::string& path) {
        const auto t = tree_of(tar_of({folder("usr"), folder("usr/lib"), link, {.name = path + "/modules/x", .content = "1"}}));
        CHECK(t.find("/usr/lib/modules/x"));
    };
    inside(soft_link("lib", "usr/lib"), "lib");
    inside(soft_link("lib", "/usr/lib"), "lib");
    inside(soft_link("usr/lib64", "../../../usr/./lib"), "usr/lib64");
    CHECK_THROWS_MATCHES(tree_of(tar_of({soft_link("l", "l"), {.name = "l/x"}})), ic::input_error, says("\"l\" on the way"));
    CHECK_THROWS_MATCHES(tree_of(tar_of({soft_link("l", "gone"), {.name = "l/x"}})), ic::input_error, says("\"l\" on the way"));
    CHECK_THROWS_MATCHES(tree_of(tar_of({{.name = "f"}, {.name = "f/x"}})), ic::input_error,
                         says("made.tar, member \"f/x\": \"f\" on the way to it is there already"));
    // What was reached through a name that now means something else is not there any more.
    CHECK(paths_of(tree_of(tar_of({folder("a"), folder("b"), soft_link("l", "a"), {.name = "l/1"}, soft_link("l", "b"), {.name = "l/2"}}))) ==
          lines{"/a", "/a/1", "/b", "/b/2", "/l"});
}

TEST_CASE("hard links are names of one inode, and lead to what came before") {
    const auto t = tree_of(tar_of({{.name = "a", .content = "1"}, other_name("d/b", "./a"), other_name("c", "/d/b"), other_name("a", "a")}));
    CHECK(t.find("/a") == t.find("/d/b"));
    CHECK(t.find("/a") == t.find("/c"));
    CHECK(t.at(*t.find("/a")).links == 3);
    CHECK_THROWS_MATCHES(tree_of(tar_of({other_name("b", "a"), {.name = "a"}})), ic::input_error,
                         says("made.tar, member \"b\": it is a hard link to \"a\", which no member before it is"));
    CHECK_THROWS_MATCHES(tree_of(tar_of({folder("d"), other_name("b", "d")})), ic::input_error, says("which is a directory"));
    // pax: a link may have the content.
    const std::string link = to_tar({.name = "b", .content = "new", .type = '1', .link = "a"});
    CHECK(unpacked(to_tar({.name = "a", .content = "old!"}) + pax({{"comment", "pax"}}) + link + end_of_tar)[1].find("\"new\"") != std::string::npos);
}

TEST_CASE("hard links of a cpio have their content with the last") {
    if (!have("cpio")) {
        WARN("skipped: cpio not found");
        return;
    }
    const temp_dir dir;
    const auto made = run("cd " + imgcompose_test::quoted(dir.path().string()) + " && mkdir s && cd s && echo hello >a && ln a b && ln a c && "
                          "(echo a; echo b; echo c) | cpio -o -H newc --quiet >../x.cpio");
    INFO(made.output);
    REQUIRE(made.status == 0);
    const auto t = ic::archive(dir / "x.cpio");
    CHECK(t.at(*t.find("/a")).links == 3);
    CHECK(listed(t)[1].find("\"hello") != std::string::npos);
}

TEST_CASE("thousands of nested directories are made without recursion") {
    std::string deep;
    for (int i = 0; i < 30000; ++i) deep += "d/";
    const auto t = tree_of(pax({{"path", deep + "f"}}) + to_tar({.name = "f"}) + end_of_tar);
    CHECK(t.inodes().size() == 30002);
    CHECK(t.path_of(ic::inode_index{30001}).size() == deep.size() + 2);
}

TEST_CASE("many members below symbolic links, each in its own directory, cost no more than others") {
    std::string archive = to_tar(folder("real")) + to_tar(soft_link("l", "real"));
    for (int i = 0; i < 20000; ++i) archive += to_tar({.name = "l/" + std::to_string(i) + "/f"});
    const auto t = tree_of(archive + end_of_tar); // a walk over all names for each would take minutes
    CHECK(t.entries().size() == 40002);
}
