// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/source_files.hpp>

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

TEST_CASE("another inode, time of modification or of change makes another mark, before 1970 too") {
    const auto status = [](std::uint64_t inode, std::int64_t mtime, std::int64_t ctime, std::uint32_t fraction = 0) {
        ic::os::file_status s;
        s.inode = inode, s.mtime_seconds = mtime, s.ctime_seconds = ctime, s.ctime_nanoseconds = fraction;
        return s;
    };
    const std::vector<ic::os::file_status> all{status(1, 2, 3),  status(1, 2, 3, 1), status(2, 1, 3), status(1, 3, 2),
                                               status(1, -1, 3), status(1, 0, 3),    status(0, 0, 0)};
    ic::source_files files;
    files.set_planned_at(1'700'000'000'000'000'000);
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t k = 0; k < all.size(); ++k) {
            INFO(i << " and " << k);
            CHECK(ic::source_files::is_same(files.mark(all[i]), all[k]) == (i == k));
            CHECK((files.mark(all[i]) == files.mark(all[k])) == (i == k));
        }
}

TEST_CASE("what changed just before it was planned could change again within its time") {
    ic::source_files files;
    ic::os::file_status s;
    s.mtime_seconds = 90, s.ctime_seconds = 97;
    CHECK_FALSE(ic::source_files::tells_changes(files.mark(s))); // when is not known
    files.set_planned_at(100'000'000'000);
    CHECK(ic::source_files::tells_changes(files.mark(s)));
    s.ctime_seconds = 99;
    CHECK_FALSE(ic::source_files::tells_changes(files.mark(s)));
    s.mtime_seconds = 99, s.ctime_seconds = 0; // a filesystem that knows no time of change
    CHECK_FALSE(ic::source_files::tells_changes(files.mark(s)));
    CHECK_FALSE(ic::source_files::tells_changes(ic::source_files::unknown_mark));
}
