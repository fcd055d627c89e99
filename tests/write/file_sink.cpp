// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/file_sink.hpp>

#include <imgcompose/write/write.hpp>

#include <tests/support/catch.hpp>
#include <tests/write/made.hpp>

using namespace imgcompose;
using namespace imgcompose_test;
using namespace imgcompose::literals;

namespace {

std::vector<std::string> names_in(const temp_dir& dir) {
    std::vector<std::string> names;
    for (const auto& e : std::filesystem::directory_iterator{dir.path()}) names.push_back(e.path().filename().string());
    return names;
}

} // namespace

TEST_CASE("a new file has holes where the image has no data, or data of nothing but zeros") {
    const temp_dir dir;
    image made{64_MiB};
    made.place(offset{1_MiB}, zeros(8_MiB), "zeros");
    made.place(offset{16_MiB}, owned(owned_bytes(1'000'000)), "data of zeros");
    made.place(offset{32_MiB}, fill(1_MiB, std::byte{7}), "fill");
    write(made, sparse_file(dir / "out.img"));
    const os::file_status s = os::status_of(dir / "out.img");
    CHECK(s.size == bytes{64_MiB});
    CHECK(s.allocated >= bytes{1_MiB});
    CHECK(s.allocated < bytes{1_MiB} + bytes{128_KiB});
    CHECK(difference(read_file(dir / "out.img"), text_of(made)).empty());
}

TEST_CASE("an existing file has its zero ranges zeroed, grows, and keeps its end") {
    const temp_dir dir;
    image made{1_MiB};
    made.place(offset{4097_B}, zeros(300_KiB), "zeros");
    made.place(offset{512_KiB}, from_text("data"), "data");
    SECTION("longer") {
        write_file(dir / "out.img", std::string(2 << 20, 'x'));
        write(made, existing_file(dir / "out.img"));
        const std::string now = read_file(dir / "out.img");
        REQUIRE(now.size() == 2u << 20);
        CHECK(now.substr(0, 4097) == std::string(4097, 'x'));
        CHECK(now.substr(4097, 300 << 10) == std::string(300 << 10, '\0'));
        CHECK(now.substr(512 << 10, 4) == "data");
        CHECK(now.substr(1 << 20) == std::string(1 << 20, 'x'));
    }
    SECTION("shorter") {
        write_file(dir / "out.img", "x");
        write(made, existing_file(dir / "out.img"));
        CHECK(std::filesystem::file_size(dir / "out.img") == 1u << 20);
        CHECK(read_file(dir / "out.img").substr(512 << 10, 4) == "data");
    }
    SECTION("what is undefined can be discarded") {
        write_file(dir / "out.img", std::string(1 << 20, 'x'));
        write(made, existing_file(dir / "out.img", {.undefined = undefined_bytes::discard}));
        CHECK(difference(read_file(dir / "out.img"), text_of(made)).empty());
    }
}

TEST_CASE("what cannot be a target is refused") {
    const temp_dir dir;
    const image made = from_text("x");
    CHECK_THROWS_MATCHES(write(made, sparse_file(dir.path())), input_error, says("is a directory"));
    CHECK_THROWS_MATCHES(write(made, sparse_file("/dev/null")), input_error, says("/dev/null is a character device"));
    CHECK_THROWS_MATCHES(write(made, existing_file("/dev/null")), input_error, says("regular file or a block device"));
    CHECK_THROWS_MATCHES(write(made, existing_file(dir / "none")), io_error, says("/none"));
    CHECK_THROWS_MATCHES(write(made, sparse_file(dir / "none/out.img")), io_error, says("cannot create"));
    CHECK(names_in(dir).empty());
}

TEST_CASE("a symbolic link stays and the file behind it is replaced") {
    const temp_dir dir;
    write_file(dir / "real/out.img", "old");
    std::filesystem::create_symlink("real/out.img", dir / "link");
    write(from_text("new"), sparse_file(dir / "link"));
    CHECK(std::filesystem::is_symlink(dir / "link"));
    CHECK(read_file(dir / "real/out.img") == "new");
}

TEST_CASE("a temporary file that a killed program left is no obstacle") {
    const temp_dir dir;
    write_file(dir / ".out.img.partial", "left");
    write(from_text("new"), sparse_file(dir / "out.img"));
    CHECK(read_file(dir / "out.img") == "new");
    CHECK(read_file(dir / ".out.img.partial") == "left");
}

TEST_CASE("a name as long as names can be works") {
    const temp_dir dir;
    const std::string name(255, 'n');
    write(from_text("new"), sparse_file(dir / name));
    CHECK(names_in(dir) == std::vector<std::string>{name});
}

TEST_CASE("a large file is written by one thread as by many, to a sink that seeks and to one that does not") {
    const temp_dir dir;
    std::mt19937 random{5};
    write_file(dir / "source", random_text(random, 20'000'000)); // more than is copied at once
    image made{24'000'000_B};
    made.place(offset{12345_B}, blob(dir / "source"), "large"); // not aligned to anything
    made.place(offset{23'000'000_B}, from_text("behind"), "small");
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    SECTION("a file") {
        write(made, sparse_file(dir / "out.img"), {.jobs = jobs});
        CHECK(difference(read_file(dir / "out.img"), text_of(made)).empty());
    }
    SECTION("a callback") {
        std::string written(made.size().count, '\0');
        write(made, callback([&](const written_range& r) {
                  std::ranges::copy(r.content, std::as_writable_bytes(std::span{written}).data() + r.at.count);
              }),
              {.jobs = jobs});
        CHECK(difference(written, text_of(made)).empty());
    }
}
