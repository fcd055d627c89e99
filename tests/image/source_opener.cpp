// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/source_opener.hpp>

#include <imgcompose/image/read.hpp>
#include <imgcompose/os/faulty.hpp>
#include <imgcompose/os/native.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/later.hpp>
#include <tests/support/run.hpp>

#include <array>
#include <functional>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;
using imgcompose_test::temp_dir;
using imgcompose_test::write_file;

namespace {
ic::source_files::file_id planned(ic::source_files& files, ic::source_files::directory_id in, const std::string& name) {
    const auto s = ic::os::status_of(files.directory_path(in) + "/" + name);
    return files.add_file(in, name, s.size, files.mark(s));
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
            REQUIRE(counting.open_handles() <= 40);
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
    CHECK_FALSE(files.tells_changes(files.at(id).mark));
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
        CHECK_THROWS_MATCHES(read(opener, files, id, 0, 10), ic::input_error,
                             says(path + " changed since the image was planned: it had 10 bytes and has 4"));
    }
    SECTION("shorter while it is read in pieces") {
        CHECK(read(opener, files, id, 0, 1) == "0");
        std::filesystem::resize_file(path, 4);
        CHECK_THROWS_MATCHES(read(opener, files, id, 2, 8), ic::input_error, says(path + " ends at byte 4"));
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
    const auto id = files.add_file(at, "f", s.size, files.mark(s));
    ic::source_opener fresh;
    CHECK(read(fresh, files, id, 0, 4) == "deep");
}

namespace {

/// A directory of three files, planned long after they were made.
struct settled_directory {
    explicit settled_directory(const temp_dir& in) {
        files.set_planned_at(ic::os::file_clock_now());
        for (const char* name : {"a", "b", "c"}) write_file(in / name, std::string(9, *name));
        root = files.add_root(in.path().string());
        files.set_mark(root, files.mark(ic::os::status_of(in.path().string())));
        for (const char* name : {"a", "b", "c"}) ids.push_back(planned(files, root, name));
        std::this_thread::sleep_for(std::chrono::milliseconds{20}); // so that what is done next is at another time
    }
    ic::source_files files;
    ic::source_files::directory_id root = 0;
    std::vector<ic::source_files::file_id> ids;
};

void set_time(const std::string& path, std::timespec to) {
    const std::array<std::timespec, 2> times{to, to};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
}
std::timespec time_of(const std::string& path) {
    struct ::stat s {};
    REQUIRE(::stat(path.c_str(), &s) == 0);
    return s.st_mtim;
}
void write_over(const std::string& path, const std::string& with) {
    std::fstream{path, std::ios::in | std::ios::out | std::ios::binary} << with;
}

} // namespace

TEST_CASE("small files of a directory that nobody changed cost an open and a read each, and are closed together") {
    const temp_dir dir;
    const imgcompose_test::an_hour_later later;
    const settled_directory made{dir};
    const auto before = ic::os::calls_made();
    ic::source_opener opener;
    for (const auto id : made.ids) (void)read(opener, made.files, id, 0, 9);
    opener.finish();
    const auto calls = ic::os::calls_made() - before;
    CHECK(calls.opens == 4);
    CHECK(calls.reads == 3);
    CHECK(calls.statuses == 2);
    CHECK(calls.closes <= 3); // two on Linux 5.9 and later: the files, and the directory
    CHECK(calls.all() == 9 + calls.closes);
}

TEST_CASE("a small file that took the place of another is noticed, whenever and whatever times were set back") {
    const temp_dir dir;
    const imgcompose_test::an_hour_later later;
    const settled_directory made{dir};
    const temp_dir elsewhere;
    const auto directory_time = time_of(dir.path().string()), file_time = time_of(dir / "b");
    const auto replace = [&] {
        write_file(elsewhere / "x", std::string(9, 'X'));
        set_time(elsewhere / "x", file_time);
        std::filesystem::rename(elsewhere / "x", dir / "b");
        set_time(dir.path().string(), directory_time);
    };
    ic::source_opener opener;
    const auto read_all = [&] {
        for (const auto id : made.ids) (void)read(opener, made.files, id, 0, 9);
        opener.finish();
    };
    const auto refused = says("/b changed since the image was planned: it was modified or replaced");
    SECTION("before any was read") { replace(); }
    SECTION("after its neighbour was read") {
        CHECK(read(opener, made.files, made.ids[0], 0, 9) == "aaaaaaaaa");
        replace();
    }
    SECTION("after it was read") {
        CHECK(read(opener, made.files, made.ids[1], 0, 9) == "bbbbbbbbb");
        replace();
        CHECK_THROWS_MATCHES(opener.finish(), ic::input_error, refused);
    }
    SECTION("after it was read, and its directory was closed for others") {
        CHECK(read(opener, made.files, made.ids[1], 0, 9) == "bbbbbbbbb");
        replace();
        ic::source_files others;
        const auto root = others.add_root(elsewhere.path().string());
        CHECK_THROWS_MATCHES(
            [&] {
                for (int i = 0; i < 20; ++i) {
                    std::filesystem::create_directory(elsewhere / std::to_string(i));
                    (void)opener.open_directory(others, others.add_directory(root, std::to_string(i)));
                }
            }(),
            ic::input_error, refused);
        return;
    }
    CHECK_THROWS_MATCHES(read_all(), ic::input_error, refused);
}

TEST_CASE("that other files come into a directory while it is read is no error") {
    const temp_dir dir;
    const imgcompose_test::an_hour_later later;
    const settled_directory made{dir};
    ic::source_opener opener;
    CHECK(read(opener, made.files, made.ids[0], 0, 9) == "aaaaaaaaa");
    write_file(dir / "new", "");
    CHECK(read(opener, made.files, made.ids[1], 0, 9) == "bbbbbbbbb");
    opener.finish();
}

TEST_CASE("that a file was written over in place with as many bytes is noticed if each is asked") {
    const temp_dir dir;
    const imgcompose_test::an_hour_later later;
    const settled_directory made{dir};
    ic::source_opener opener{true};
    CHECK(read(opener, made.files, made.ids[0], 0, 9) == "aaaaaaaaa");
    const auto time = time_of(dir / "b");
    write_over(dir / "b", std::string(9, 'X'));
    set_time(dir / "b", time);
    CHECK_THROWS_MATCHES(read(opener, made.files, made.ids[1], 0, 9), ic::input_error, says("/b changed since"));
}

TEST_CASE("a small file that grew by a byte shows by being read, in one piece of memory or two") {
    const temp_dir dir;
    const imgcompose_test::an_hour_later later;
    const settled_directory made{dir};
    const bool over_next = GENERATE(true, false);
    ic::source_opener opener;
    std::string text(10, '?');
    const auto read_whole = [&](std::size_t i) {
        opener.read(made.files, made.ids[i], ic::bytes{}, std::as_writable_bytes(std::span{text}).first(9), over_next);
    };
    read_whole(0);
    CHECK(text == "aaaaaaaaa?");
    std::ofstream{dir / "b", std::ios::app} << "m";
    CHECK_THROWS_MATCHES(read_whole(1), ic::input_error, says("/b changed since"));
    read_whole(2);
    CHECK(text.substr(0, 9) == "ccccccccc");
}

TEST_CASE("a file that is read in pieces is asked again when the last was read") {
    const temp_dir dir;
    const imgcompose_test::an_hour_later later;
    const settled_directory made{dir};
    const bool finishes = GENERATE(true, false);
    ic::source_opener opener;
    CHECK(read(opener, made.files, made.ids[1], 0, 4) == "bbbb");
    SECTION("written over") { write_over(dir / "b", std::string(9, 'X')); }
    SECTION("longer") { std::ofstream{dir / "b", std::ios::app} << "more"; }
    (void)read(opener, made.files, made.ids[1], 4, 4);
    CHECK_THROWS_MATCHES(finishes ? opener.finish() : (void)opener.open(made.files, made.ids[0]), ic::input_error,
                         says("/b changed since"));
    CHECK(read(opener, made.files, made.ids[2], 0, 9) == "ccccccccc");
}

TEST_CASE("where links are forbidden, one is not followed, even to the very file") {
    const temp_dir dir;
    const settled_directory made{dir};
    ic::source_files files = made.files;
    files.forbid_links();
    std::filesystem::rename(dir / "b", dir / "elsewhere");
    std::filesystem::create_symlink("elsewhere", dir / "b");
    ic::source_opener opener;
    CHECK_THROWS_MATCHES(read(opener, files, made.ids[1], 0, 9), ic::input_error, says("/b changed since the image was planned: it is now a symbolic link"));
}

TEST_CASE("what cannot be read is named by the place where reading failed") {
    class broken final : public ic::os::native_calls {
    public:
        ic::os::answer read_at(ic::os::handle h, ic::offset at, std::span<std::byte> to) override {
            return at >= ic::offset{5_B} ? -static_cast<ic::os::answer>(std::errc::io_error)
                                         : ic::os::native_calls::read_at(h, at, to.first(std::min<std::size_t>(to.size(), 5 - at.count)));
        }
        ic::os::answer read_many_at(ic::os::handle h, ic::offset at, std::span<const std::span<std::byte>> to) override {
            return read_at(h, at, to.front());
        }
    };
    const temp_dir dir;
    const settled_directory made{dir};
    broken calls;
    const ic::os::replaced_calls replaced{calls};
    ic::source_opener opener;
    CHECK_THROWS_MATCHES(read(opener, made.files, made.ids[0], 0, 9), ic::io_error, says("/a at byte 5"));
    CHECK_THROWS_MATCHES(read(opener, made.files, made.ids[0], 2, 7), ic::io_error, says("/a at byte 5"));
    std::vector<std::byte> all(9);
    CHECK_THROWS_MATCHES(ic::os::file::open_for_reading(dir / "a").read_exactly_at(ic::offset{}, all), ic::io_error, says("/a at byte 5"));
}
