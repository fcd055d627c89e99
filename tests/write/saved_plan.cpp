// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/saved_plan.hpp>

#include <imgcompose/image/blob.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/later.hpp>
#include <tests/support/run.hpp>
#include <tests/write/formats.hpp>

#include <array>
#include <ctime>

#include <fcntl.h>
#include <sys/stat.h>

using namespace imgcompose;
using namespace imgcompose_test;

TEST_CASE("a plan survives being saved") {
    const temp_dir dir;
    const an_hour_later later;
    write_file(dir / "a", std::string(5000, 'a'));
    image i{bytes{20000}};
    i.place(offset{}, blob(dir / "a")).place(offset{bytes{8192}}, zeros(bytes{100})).place(offset{bytes{9000}}, from_text("made"));
    write_file(dir / "image", "what it was written to");
    const saved_plan p = plan_of(i, dir / "image");
    REQUIRE(p.ranges.size() == 2); // what was made is not in it
    CHECK(p.ranges[0].size == bytes{5000});
    CHECK(p.ranges[1].key == saved_plan::zero_key);
    CHECK(p.file_size == bytes{22});
    CHECK(parse_saved_plan(to_text(p), "p") == p);
}

TEST_CASE("whatever call fails while a plan is taken and saved, the file has the former plan or the new one") {
    const temp_dir dir;
    const an_hour_later later;
    const image made = image_for_faults(dir / "in");
    write(made, sparse_file(dir / "in/disk.img"));
    const int failures = each_call_fails(dir, [&](const std::filesystem::path& path) {
        write(from_text(to_text(plan_of(made, dir / "in/disk.img"))), sparse_file(path), {.fsync = true});
    });
    CHECK(failures >= 8);
    CHECK(parse_saved_plan(read_file(dir / "out/made"), "made") == plan_of(made, dir / "in/disk.img"));
}

TEST_CASE("a plan of another version is known from what is none") {
    CHECK(is_foreign_plan("imgcompose-plan 1\n10 10 0 0\n"));
    CHECK_FALSE(is_foreign_plan(to_text({})));
    CHECK_FALSE(is_foreign_plan("something else"));
}

TEST_CASE("the key of a range is that of path, size, inode, times and position") {
    const temp_dir dir;
    const auto keys_of = [&](const image& i) {
        write_file(dir / "image", "");
        return plan_of(i, dir / "image").ranges;
    };
    const an_hour_later later;
    const auto set_time = [&](const char* name, std::time_t seconds) {
        const std::array<std::timespec, 2> times{{{seconds, 0}, {seconds, 0}}};
        REQUIRE(::utimensat(AT_FDCWD, (dir / name).c_str(), times.data(), 0) == 0);
    };
    write_file(dir / "a", std::string(5000, 'a'));
    write_file(dir / "b", std::string(5000, 'a'));
    set_time("a", 1'000'000'000), set_time("b", 1'000'000'000);
    const auto first = keys_of(blob(dir / "a"));
    REQUIRE(first.size() == 1);
    CHECK(first == keys_of(blob(dir / "a")));
    CHECK(first != keys_of(blob(dir / "b")));
    CHECK(first[0].key != keys_of(blob(dir / "a", {.skip = bytes{1}}))[0].key);
    SECTION("another file of the same size and time") {
        std::filesystem::rename(dir / "b", dir / "a");
        CHECK(first != keys_of(blob(dir / "a")));
    }
    SECTION("other bytes, as many, and the time set back") {
        write_file(dir / "a", std::string(5000, 'b'));
        set_time("a", 1'000'000'000);
        CHECK(first != keys_of(blob(dir / "a")));
    }
    SECTION("another time") {
        set_time("a", 1'000'000'001);
        CHECK(first != keys_of(blob(dir / "a")));
    }
}

TEST_CASE("a file modified just now is in no plan: it could change again within its time") {
    const temp_dir dir;
    write_file(dir / "a", "new");
    write_file(dir / "image", "");
    CHECK(plan_of(blob(dir / "a"), dir / "image").ranges.empty());
}

TEST_CASE("what is no saved plan is refused with its line") {
    const auto refused = [](std::string_view text, std::string_view where) {
        CHECK_THROWS_MATCHES(parse_saved_plan(text, "x.plan"), input_error, says(std::string{where}));
    };
    refused("", "x.plan:1");
    refused("imgcompose-plan 1\n", "x.plan:1");
    refused("imgcompose-plan 2\n", "x.plan:2");
    refused("imgcompose-plan 2\n10 10 0 1\n", "x.plan:2");
    refused("imgcompose-plan 2\n10 10 0 ffffffffffffffff\n0 1 2 3\n", "x.plan:2");
    refused("imgcompose-plan 2\n10 10 0 1\n0 11 2 3\n", "x.plan:3");               // outside
    refused("imgcompose-plan 2\n10 10 0 1\n8 ffffffffffffffff 2 3\n", "x.plan:3"); // and beyond 64 bits
    refused("imgcompose-plan 2\n10 10 0 2\n0 4 2 3\n2 4 2 3\n", "x.plan:4");       // overlap
    refused("imgcompose-plan 2\n10 10 0 1\n0 4 2 3\nmore", "x.plan:4");
    refused("imgcompose-plan 2\n10 10 0 1\n0 4 2 x\n", "x.plan:3");
}
