// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/source.hpp>

#include <imgcompose/core/error.hpp>
#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

TEST_CASE("files are remembered by directory and name") {
    ic::source_files files;
    const auto root = files.add_root("/srv/root");
    const auto etc = files.add_directory(root, "etc");
    const auto passwd = files.add_file(etc, "passwd", 10_B, 7);
    const auto top = files.add_file(files.add_root("/"), "vmlinuz", 1_B, 0);
    const auto here = files.add_file(files.add_root(""), "blob", 1_B, 0);
    CHECK(files.path_of(passwd) == "/srv/root/etc/passwd");
    CHECK(files.path_of(top) == "/vmlinuz");
    CHECK(files.path_of(here) == "blob");
    CHECK(std::string{files.name(passwd)} == "passwd");
    CHECK(files.at(passwd).size == 10);
    CHECK(files.parent_of(etc) == root);
    CHECK_FALSE(files.parent_of(root));
    CHECK(std::string{files.directory_name(etc)} == "etc");
}

TEST_CASE("a directory may be of any depth") {
    ic::source_files files;
    auto directory = files.add_root("/t");
    for (int i = 0; i < 1'000'000; ++i) directory = files.add_directory(directory, "d");
    CHECK(files.directory_path(directory).size() == 2 + 2'000'000);
}

TEST_CASE("different times have different marks, before 1970 too") {
    const auto mark = ic::source_files::mark;
    CHECK(mark(1, 2) == mark(1, 2));
    CHECK(mark(1, 2) != mark(1, 3));
    CHECK(mark(-1, 0) != mark(1, 0));
    CHECK(mark(-1, 999'999'999) != mark(0, 0));
}
