// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/byte_stream.hpp>

#include <tests/write/formats.hpp>

#include <unistd.h>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::read_file;
using imgcompose_test::temp_dir;

namespace {
std::span<const std::byte> raw(std::string_view s) { return std::as_bytes(std::span{s.data(), s.size()}); }
} // namespace

TEST_CASE("pieces of every size arrive one behind the other") {
    imgcompose_test::text_stream to;
    std::mt19937 random{7};
    std::string expected;
    to.begin();
    for (const std::size_t size : {0u, 1u, 12u, 4096u, 1u << 20, 3u, (1u << 20) - 3, 1u, (3u << 20) + 5, 100'000u, 1'000'000u}) {
        const std::string piece = imgcompose_test::random_text(random, size);
        to.append(raw(piece));
        expected += piece;
        CHECK(to.end().count == expected.size());
    }
    to.append_zeros(200'000_B);
    expected.append(200'000, '\0');
    CHECK_FALSE(to.closed);
    to.finish(false);
    CHECK(to.closed);
    CHECK(imgcompose_test::difference(to.text, expected).empty());
    to.begin();
    to.abandon();
    CHECK(to.text.empty());
    CHECK(to.dropped);
}

TEST_CASE("a file's earlier bytes are written again, whether they have left memory or not") {
    const temp_dir dir;
    ic::file_stream to{dir / "f"};
    to.begin();
    to.append(raw("0123456789"));
    to.rewrite(ic::offset{2_B}, raw("ab"));
    to.append(raw(std::string(3 << 20, 'x'))); // the first bytes are in the file now
    to.append(raw("0123456789"));
    to.rewrite(ic::offset{0_B}, raw("#"));
    const ic::offset seam{ic::bytes{8 + (3u << 20)}}; // half of it in memory
    to.rewrite(seam, raw("-++-"));
    CHECK_FALSE(std::filesystem::exists(dir / "f"));
    to.finish(true);
    std::string expected = "#1ab456789" + std::string(3 << 20, 'x') + "0123456789";
    expected.replace(seam.count, 4, "-++-");
    CHECK(imgcompose_test::difference(read_file(dir / "f"), expected).empty());
}

TEST_CASE("a file that is abandoned was never there") {
    const temp_dir dir;
    {
        ic::file_stream to{dir / "f"};
        to.begin();
        to.append(raw(std::string(2 << 20, 'x')));
        const bool by_itself = GENERATE(false, true);
        if (!by_itself) to.abandon();
    }
    CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("a pipe gets all bytes; that nobody reads it is an error that names it, and no signal") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    ic::handle_stream to{ends[1], "the pipe"};
    SECTION("in short and interrupted calls") {
        ic::os::faulty_calls slow{{.interrupted = 2, .most_bytes = 7}};
        const ic::os::replaced_calls replaced{slow};
        to.begin();
        to.append(raw("all of these bytes"));
        to.finish(true); // a pipe has no medium
        std::array<char, 100> got{};
        CHECK(std::string_view(got.data(), static_cast<std::size_t>(::read(ends[0], got.data(), got.size()))) == "all of these bytes");
        ::close(ends[0]);
    }
    SECTION("without a reader") {
        to.begin();
        to.append(raw("gathered"));
        ::close(ends[0]);
        CHECK_THROWS_MATCHES(to.append(raw(std::string(1 << 20, 'y'))), ic::io_error,
                             imgcompose_test::says("cannot write the pipe at byte 0: Broken pipe"));
    }
    ::close(ends[1]);
}
