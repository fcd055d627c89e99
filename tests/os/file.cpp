// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/os/file.hpp>

#include <imgcompose/os/faulty.hpp>
#include <imgcompose/os/portable.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::read_file;
using imgcompose_test::says;
using imgcompose_test::temp_dir;
using imgcompose_test::write_file;

namespace {
std::span<const std::byte> raw(std::string_view s) { return std::as_bytes(std::span{s.data(), s.size()}); }
std::string text(std::span<const std::byte> s) { return {reinterpret_cast<const char*>(s.data()), s.size()}; }
} // namespace

TEST_CASE("a file is written and read at offsets, by the system's own calls and by the portable ones") {
    const temp_dir dir;
    ic::os::portable_calls portable;
    const bool by_standard_library = GENERATE(false, true);
    std::optional<ic::os::replaced_calls> replaced;
    if (by_standard_library) replaced.emplace(portable);

    const std::string path = dir / "f";
    {
        auto f = ic::os::file::open(path, ic::os::open_mode::create_new);
        f.set_size(20_B);
        f.write_exactly_at(ic::offset{4_B}, raw("abcdef123456"));
        std::vector<std::byte> got(12);
        f.read_exactly_at(ic::offset{4_B}, got);
        CHECK(text(got) == "abcdef123456");
        CHECK(f.status().size == 20_B);
        f.sync();
        f.close();
        CHECK_FALSE(f.is_open());
    }
    CHECK(read_file(path) == std::string("\0\0\0\0abcdef123456\0\0\0\0", 20));
    CHECK(ic::os::status_of(path).type == ic::file_type::regular);
    CHECK(ic::os::status_of(dir.path().string()).type == ic::file_type::directory);

    CHECK_THROWS_MATCHES(ic::os::file::open(path, ic::os::open_mode::create_new), ic::io_error, says("cannot create " + path));
    ic::os::rename(path, dir / "g");
    CHECK_THROWS_MATCHES(ic::os::file::open_for_reading(path), ic::io_error, says(path));
    CHECK_THROWS_MATCHES(ic::os::status_of(path), ic::io_error, says("cannot find " + path));
    ic::os::remove_if_possible(dir / "g");
    CHECK_FALSE(std::filesystem::exists(dir / "g"));
}

TEST_CASE("reading beyond the end says where the file ends") {
    const temp_dir dir;
    write_file(dir / "f", "0123456789");
    const auto f = ic::os::file::open_for_reading(dir / "f");
    std::vector<std::byte> to(8);
    CHECK_THROWS_MATCHES(f.read_exactly_at(ic::offset{5_B}, to), ic::input_error,
                         says("f ends at byte 10, but 8 bytes are needed from byte 5 on"));
    CHECK(f.try_read_at(ic::offset{5_B}, to) == 5);
}

TEST_CASE("short and interrupted calls are repeated until all is done") {
    const temp_dir dir;
    ic::os::faulty_calls few{{.interrupted = 2, .most_bytes = 3}};
    const ic::os::replaced_calls replaced{few};
    auto f = ic::os::file::open(dir / "f", ic::os::open_mode::create_new);
    f.write_exactly_at(ic::offset{}, raw("0123456789abcdefgh"));
    std::vector<std::byte> got(18);
    f.read_exactly_at(ic::offset{}, got);
    CHECK(text(got) == "0123456789abcdefgh");
    f.close();
    CHECK(few.open_handles() == 0);
}

TEST_CASE("a failed call names the file and the offset") {
    const temp_dir dir;
    write_file(dir / "f", "0123456789");
    ic::os::faulty_calls dying{{.fails_at = 1, .keeps_failing = true}};
    const ic::os::replaced_calls replaced{dying};
    const auto f = ic::os::file::open(dir / "f", ic::os::open_mode::read_write);
    std::vector<std::byte> to(4);
    CHECK_THROWS_MATCHES(f.read_exactly_at(ic::offset{3_B}, to), ic::io_error, says("f at byte 3: Input/output error"));
    CHECK_THROWS_MATCHES(f.write_exactly_at(ic::offset{6_B}, to), ic::io_error, says("f at byte 6: Input/output error"));
    CHECK_THROWS_AS(f.set_size(1_B), ic::io_error);
    CHECK_THROWS_AS(f.status(), ic::io_error);
    CHECK_THROWS_AS(f.geometry(), ic::io_error);
}

TEST_CASE("a range becomes zero whether or not the filesystem can make holes") {
    const temp_dir dir;
    ic::os::portable_calls portable;
    std::optional<ic::os::replaced_calls> replaced;
    if (GENERATE(false, true)) replaced.emplace(portable);
    std::string expected(200'000, 'x');
    write_file(dir / "f", expected);
    {
        const auto f = ic::os::file::open(dir / "f", ic::os::open_mode::read_write);
        f.make_zero(ic::offset{100_B}, 150'000_B, f.status(), 512_B);
    }
    std::fill_n(expected.begin() + 100, 150'000, '\0');
    CHECK(read_file(dir / "f") == expected);
}

TEST_CASE("the portable calls list directories and tell what they cannot do") {
    const temp_dir dir;
    write_file(dir / "a", "1");
    write_file(dir / "b", "22");
    std::filesystem::create_symlink("a", dir.path() / "l");
    ic::os::portable_calls calls;
    const auto h = static_cast<ic::os::handle>(calls.open(ic::os::working_directory, dir.path().c_str(), ic::os::open_mode::directory));
    REQUIRE(h > 0);
    ic::os::name_list names;
    CHECK(calls.read_names(h, names) == 3);
    CHECK(calls.read_names(h, names) == 0);
    ic::os::file_status s;
    REQUIRE(calls.status_at(h, "b", false, s) == 0);
    CHECK(s.size == 2_B);
    const auto own = ic::os::status_of(dir / "b");
    CHECK(s.mtime_seconds == own.mtime_seconds);
    CHECK(s.mtime_nanoseconds == own.mtime_nanoseconds);
    REQUIRE(calls.status_at(h, "l", false, s) == 0);
    CHECK(s.type == ic::file_type::symlink);
    std::array<char, 10> target{};
    CHECK(calls.read_link(h, "l", target) == 1);
    CHECK(calls.status_at(h, "none", false, s) == -ENOENT);
    CHECK(calls.open(h, "none", ic::os::open_mode::read) == -ENOENT);
    CHECK(calls.open(h, "a", ic::os::open_mode::directory) == -ENOTDIR);
    CHECK(ic::os::is_error(calls.list_xattrs(h, "a", target), std::errc::operation_not_supported));
    CHECK(calls.close(h) == 0);
}

TEST_CASE("calls are counted") {
    const temp_dir dir;
    write_file(dir / "f", "0123456789");
    const auto before = ic::os::calls_made();
    {
        const auto f = ic::os::file::open_for_reading(dir / "f");
        std::vector<std::byte> to(4);
        f.read_exactly_at(ic::offset{}, to);
        (void)f.status();
    }
    const auto made = ic::os::calls_made() - before;
    CHECK(made.opens == 1);
    CHECK(made.reads == 1);
    CHECK(made.statuses == 1);
    CHECK(made.all() == 4);
}

TEST_CASE("files are closed together, and none that lies between them") {
    const temp_dir dir;
    write_file(dir / "f", "x");
    const auto open_one = [&] { return ic::os::file::open_for_reading(dir / "f"); };
    const auto is_open = [](ic::os::handle h) { return ::fcntl(h, F_GETFD) != -1; };
    std::vector<ic::os::file> others, closing;
    std::vector<ic::os::handle> together;
    for (int i = 0; i < 46; ++i) {
        auto f = open_one();
        if (i % 7 == 3) {
            others.push_back(std::move(f));
        } else {
            together.push_back(f.get());
            closing.push_back(std::move(f));
        }
    }
    const auto before = ic::os::calls_made();
    {
        ic::os::closed_together all;
        all.add({});
        for (ic::os::file& f : closing) all.add(std::move(f));
        CHECK(std::ranges::count_if(together, is_open) <= 32);
        CHECK(is_open(together.back()));
    }
    CHECK(std::ranges::none_of(together, is_open));
    CHECK(std::ranges::all_of(others, [&](const auto& f) { return is_open(f.get()); }));
    const auto made = ic::os::calls_made() - before;
    CHECK(made.closes < together.size()); // Linux 5.9 and later close those that follow one another by one call
}

TEST_CASE("a pipe that is full is waited for, also when it is not to block") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    REQUIRE(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    const std::string expected(1 << 20, 'x'); // more than it holds
    std::string got;
    std::thread reader{[&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        std::array<char, 5000> some{};
        for (::ssize_t n = 0; (n = ::read(ends[0], some.data(), some.size())) > 0;) got.append(some.data(), static_cast<std::size_t>(n));
    }};
    ic::os::write_all_next(ends[1], "a pipe", ic::offset{}, raw(expected));
    ic::os::sync_if_file(ends[1], "a pipe"); // there is nothing to sync
    ::close(ends[1]);
    reader.join();
    ::close(ends[0]);
    CHECK(got == expected);
}

TEST_CASE("that nobody reads a pipe is an error with its name and place, and a signal of before stays") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    ::close(ends[0]);
    const auto refused = [&] {
        CHECK_THROWS_MATCHES(ic::os::write_all_next(ends[1], "the pipe", ic::offset{7_B}, raw("x")), ic::io_error,
                             says("cannot write the pipe at byte 7: Broken pipe"));
    };
    refused();
    ::sigset_t sigpipe, before, pending;
    ::sigemptyset(&sigpipe);
    ::sigaddset(&sigpipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
    refused();
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGPIPE) == 0);
    ::pthread_kill(::pthread_self(), SIGPIPE);
    refused();
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGPIPE) == 1);
    const ::timespec no_time{};
    CHECK(::sigtimedwait(&sigpipe, nullptr, &no_time) == SIGPIPE);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::close(ends[1]);
}

TEST_CASE("the portable calls write to standard output and nothing else one behind the other") {
    const temp_dir dir;
    ic::os::portable_calls calls;
    const ic::os::answer h = calls.open(ic::os::working_directory, (dir / "f").c_str(), ic::os::open_mode::create_new);
    CHECK(h > ic::os::standard_output + 1);
    CHECK(ic::os::is_error(calls.write_next(static_cast<ic::os::handle>(h), raw("x")), std::errc::bad_file_descriptor));
    CHECK(calls.write_next(ic::os::standard_output, raw("")) == 0);
    CHECK(calls.close(static_cast<ic::os::handle>(h)) == 0);
}
