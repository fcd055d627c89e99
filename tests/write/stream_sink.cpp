// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/stream_sink.hpp>

#include <imgcompose/core/crc.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <tests/write/formats.hpp>

#include <thread>
#include <unistd.h>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::difference;
using imgcompose_test::read_file;
using imgcompose_test::temp_dir;

TEST_CASE("an image goes through a pipe byte by byte, whatever its ranges are") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in");
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    std::string got;
    std::thread reader{[&] {
        std::vector<char> buffer(100'000);
        for (::ssize_t n = 0; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;) got.append(buffer.data(), static_cast<std::size_t>(n));
        ::close(ends[0]);
    }};
    ic::handle_stream pipe{ends[1], "a pipe"};
    ic::raw_stream to{pipe};
    ic::write(made, to, {.jobs = GENERATE(std::size_t{1}, std::size_t{3}), .fsync = true});
    ::close(ends[1]);
    reader.join();
    CHECK(difference(got, imgcompose_test::text_of(made)).empty());
}

TEST_CASE("a reader that goes away ends the writing, and the file beside it stays as it was") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in");
    imgcompose_test::write_file(dir / "out/disk.img", "old");
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    ::close(ends[0]);
    ic::handle_stream pipe{ends[1], "a pipe"};
    ic::raw_stream to{pipe};
    ic::sparse_file file{dir / "out/disk.img"};
    CHECK_THROWS_MATCHES(ic::write(made, {&file, &to}), ic::io_error, imgcompose_test::says("cannot write a pipe at byte 0: Broken pipe"));
    ::close(ends[1]);
    CHECK(read_file(dir / "out/disk.img") == "old");
    CHECK(std::distance(std::filesystem::directory_iterator{dir / "out"}, {}) == 1);
}

TEST_CASE("a file and a stream of it are written in one pass") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in");
    imgcompose_test::text_stream text;
    ic::raw_stream to{text};
    ic::sparse_file file{dir / "disk.img"};
    ic::crc32_digest sum;
    const auto alone = ic::write(made, ic::sparse_file(dir / "alone.img"), {.jobs = 2});
    const auto both = ic::write(made, {&file, &to}, {.jobs = 2, .digests = {&sum}});
    CHECK(both.calls.reads <= alone.calls.reads + 10);
    CHECK(difference(text.text, read_file(dir / "disk.img")).empty());
    CHECK(difference(text.text, imgcompose_test::text_of(made)).empty());
    CHECK(sum.value() == ic::crc32(ic::read_all(made)));
}

TEST_CASE("whatever call fails while a stream goes to a file, it is whole or the old one") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::image_for_faults(dir / "in");
    CHECK(imgcompose_test::each_call_fails(dir, [&](const std::filesystem::path& path) {
        ic::file_stream file{path};
        ic::raw_stream to{file};
        ic::write(made, to, {.jobs = 1, .fsync = true});
    }) >= 8);
}
