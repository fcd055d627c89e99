// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/saved_plan.hpp>

#include <imgcompose/image/blob.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <chrono>

using namespace imgcompose;
using namespace imgcompose_test;
using namespace std::chrono_literals;

namespace {

void make_old(const std::filesystem::path& p) {
    std::filesystem::last_write_time(p, std::filesystem::file_time_type::clock::now() - 1h);
}

} // namespace

TEST_CASE("a plan survives being saved") {
    const temp_dir dir;
    write_file(dir / "a", std::string(5000, 'a'));
    make_old(dir / "a");
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

TEST_CASE("the key of a range is that of path, size, time and position") {
    const temp_dir dir;
    const auto keys_of = [&](const image& i) {
        write_file(dir / "image", "");
        return plan_of(i, dir / "image").ranges;
    };
    write_file(dir / "a", std::string(5000, 'a'));
    write_file(dir / "b", std::string(5000, 'a'));
    make_old(dir / "a");
    std::filesystem::last_write_time(dir / "b", std::filesystem::last_write_time(dir / "a"));
    const auto first = keys_of(blob(dir / "a"));
    CHECK(first == keys_of(blob(dir / "a")));
    CHECK(first != keys_of(blob(dir / "b")));
    CHECK(first[0].key != keys_of(blob(dir / "a", {.skip = bytes{1}}))[0].key);
    make_old(dir / "a");
    CHECK(first != keys_of(blob(dir / "a")));
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
    refused("imgcompose-plan 2\n", "x.plan:1");
    refused("imgcompose-plan 1\n", "x.plan:2");
    refused("imgcompose-plan 1\n10 10 0 1\n", "x.plan:2");
    refused("imgcompose-plan 1\n10 10 0 ffffffffffffffff\n0 1 2 3\n", "x.plan:2");
    refused("imgcompose-plan 1\n10 10 0 1\n0 11 2 3\n", "x.plan:3");               // outside
    refused("imgcompose-plan 1\n10 10 0 1\n8 ffffffffffffffff 2 3\n", "x.plan:3"); // and beyond 64 bits
    refused("imgcompose-plan 1\n10 10 0 2\n0 4 2 3\n2 4 2 3\n", "x.plan:4");       // overlap
    refused("imgcompose-plan 1\n10 10 0 1\n0 4 2 3\nmore", "x.plan:4");
    refused("imgcompose-plan 1\n10 10 0 1\n0 4 2 x\n", "x.plan:3");
}
