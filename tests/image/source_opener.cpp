// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/source_opener.hpp>

#include <imgcompose/os/faulty.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;
using imgcompose_test::temp_dir;
using imgcompose_test::write_file;

namespace {
ic::source_files::file_id planned(ic::source_files& files, ic::source_files::directory_id in, const std::string& name) {
    const auto s = ic::os::status_of(files.directory_path(in) + "/" + name);
    return files.add_file(in, name, s.size, ic::source_files::mark(s.mtime_seconds, s.mtime_nanoseconds));
}
std::string read(ic::source_opener& opener, const ic::source_files& files, ic::source_files::file_id id, std::uint64_t from,
                 std::size_t size) {
    std::string text(size, '?');
    opener.read(files, id, ic::bytes{from}, std::as_writable_bytes(std::span{text}));
    return text;
}
} // namespace

TEST_CASE("files of many directories are read with few descriptors open") {
    const temp_dir dir;
    ic::source_files files;
    const auto root = files.add_root(dir.path().string());
    std::vector<ic::source_files::file_id> ids;
    for (int i = 0; i < 100; ++i) {
        const std::string d = std::to_string(i);
        write_file(dir.path() / d / "f", "content " + d);
        ids.push_back(planned(files, files.add_directory(root, d), "f"));
    }
    ic::os::faulty_calls counting{{}};
    const ic::os::replaced_calls replaced{counting};
    ic::source_opener opener;
    for (int round = 0; round < 2; ++round)
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const std::string expected = "content " + std::to_string(i);
            REQUIRE(read(opener, files, ids[i], 0, expected.size()) == expected);
            REQUIRE(counting.open_handles() <= 20);
        }
    opener.close();
    CHECK(counting.open_handles() == 0);
}

TEST_CASE("a file is opened once for reads that follow each other") {
    const temp_dir dir;
    write_file(dir / "f", "0123456789");
    ic::source_files files;
    const auto id = planned(files, files.add_root(dir.path().string()), "f");
    ic::source_opener opener;
    CHECK(read(opener, files, id, 0, 3) == "012");
    const auto before = ic::os::calls_made();
    CHECK(read(opener, files, id, 8, 2) == "89");
    CHECK((ic::os::calls_made() - before).all() == 1);
}

TEST_CASE("a file that is kept open is read whatever became of its name, and has none in plans") {
    const temp_dir dir;
    const std::string path = dir / "f";
    write_file(path, "0123456789");
    ic::source_files files;
    const auto other = planned(files, files.add_root(dir.path().string()), "f");
    const auto id = files.add_open_file(std::make_shared<ic::os::file>(ic::os::file::open_for_reading(path)), "something unpacked");
    std::filesystem::remove(path);
    ic::source_opener opener;
    CHECK(read(opener, files, id, 3, 4) == "3456");
    CHECK(&opener.open(files, id) == files.open_file(id));
    CHECK(files.open_file(other) == nullptr);
    CHECK(files.path_of(id) == "something unpacked");
    CHECK_FALSE(files.tells_changes(files.at(id).mtime_mark));
    CHECK_THROWS_MATCHES(read(opener, files, id, 8, 4), ic::input_error, says("ends at byte 10"));
    CHECK_THROWS_AS(read(opener, files, other, 0, 4), ic::io_error);
}

TEST_CASE("a file that is not what was planned with is refused by its path") {
    const temp_dir dir;
    const std::string path = dir / "f";
    write_file(path, "0123456789");
    ic::source_files files;
    const auto id = planned(files, files.add_root(dir.path().string()), "f");
    ic::source_opener opener;
    SECTION("longer") {
        write_file(path, "0123456789a");
        CHECK_THROWS_MATCHES(read(opener, files, id, 0, 10), ic::input_error,
                             says(path + " changed since the image was planned: it had 10 bytes and has 11"));
    }
    SECTION("modified") {
        std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::nanoseconds{1000});
        CHECK_THROWS_MATCHES(read(opener, files, id, 0, 10), ic::input_error, says("it was modified"));
    }
    SECTION("a directory now") {
        std::filesystem::remove(path);
        std::filesystem::create_directory(path);
        CHECK_THROWS_MATCHES(read(opener, files, id, 0, 10), ic::input_error, says("it is now a directory"));
    }
    SECTION("a fifo now, which must not make us wait") {
        std::filesystem::remove(path);
        REQUIRE(imgcompose_test::run("mkfifo '" + path + "'").status == 0);
        CHECK_THROWS_MATCHES(read(opener, files, id, 0, 10), ic::input_error, says("it is now a fifo"));
    }
    SECTION("gone") {
        std::filesystem::remove(path);
        CHECK_THROWS_MATCHES(read(opener, files, id, 0, 10), ic::io_error, says("cannot open " + path));
    }
    SECTION("shorter while it is read") {
        CHECK(read(opener, files, id, 0, 1) == "0");
        std::filesystem::resize_file(path, 4);
        CHECK_THROWS_MATCHES(read(opener, files, id, 0, 10), ic::input_error, says(path + " ends at byte 4"));
    }
    // What failed is not taken for open.
    CHECK_THROWS_AS(read(opener, files, id, 2, 8), ic::error);
}

TEST_CASE("a directory deeper than any path may be long is reached") {
    const temp_dir dir;
    const std::string name(255, 'n');
    const auto built = imgcompose_test::run("cd '" + dir.path().string() + "' && for i in $(seq 40); do mkdir " + name +
                                            " && cd -P " + name + " || exit 1; done; printf deep >f");
    if (built.status != 0) {
        WARN("skipped: the shell cannot make a deep directory: " << built.output);
        return;
    }
    ic::source_files files;
    auto at = files.add_root(dir.path().string());
    for (int i = 0; i < 40; ++i) at = files.add_directory(at, name);
    ic::source_opener opener;
    ic::os::file_status s;
    REQUIRE(ic::os::file::try_status_at(opener.open_directory(files, at), "f", false, s) == 0);
    const auto id = files.add_file(at, "f", s.size, ic::source_files::mark(s.mtime_seconds, s.mtime_nanoseconds));
    ic::source_opener fresh;
    CHECK(read(fresh, files, id, 0, 4) == "deep");
}
