// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/rebuild.hpp>

#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/tree/steps.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/write.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/later.hpp>
#include <tests/write/made.hpp>

#include <chrono>
#include <random>
#include <thread>

using namespace imgcompose;
using namespace imgcompose_test;
using namespace std::chrono_literals;

namespace {

void put(const std::filesystem::path& p, std::mt19937& random, std::size_t size) {
    write_file(p, random_text(random, size));
    std::filesystem::last_write_time(p, std::filesystem::file_time_type::clock::now() - 1h - 1s * (random() % 10000));
}

image composed(const std::filesystem::path& from) {
    return standalone(ext4(directory(from) | clamp_mtime(1s), {.block_size = bytes{1024}}), bytes{48 << 20});
}

/// Nothing but `changed` and what was there is written into a copy of `old`: how many bytes.
std::uint64_t bytes_written(const image& changed, const std::filesystem::path& old) {
    class counting final : public sink {
    public:
        void begin(bytes) override {}
        void data(offset, std::span<const std::byte> d) override { sum += d.size(); }
        void zero(offset, bytes) override {}
        void undefined(offset, bytes) override {}
        void finish(bool) override {}
        std::uint64_t sum = 0;
    } counted;
    write(changed, counted);
    write(changed, existing_file(old, {.only_differences = true}));
    return counted.sum;
}

} // namespace

TEST_CASE("an image made from a former one is the same as one made anew") {
    const temp_dir dir;
    const an_hour_later later;
    std::mt19937 random{7};
    for (int i = 0; i < 300; ++i)
        put(dir / ("in/" + std::to_string(i % 9) + "/" + std::to_string(i)), random, i == 70 ? 3'000'000 : random() % 6000);
    const image first = composed(dir / "in");
    write(first, sparse_file(dir / "image"));
    const saved_plan plan = plan_of(first, dir / "image");
    CHECK(is_image_of(plan, dir / "image"));

    SECTION("nothing changed") {}
    SECTION("a file became longer, so that all behind it moved") { put(dir / "in/0/9", random, 50'000); }
    SECTION("a file became shorter") { put(dir / "in/3/3", random, 1); }
    SECTION("files came and went") {
        put(dir / "in/4/new", random, 10'000);
        std::filesystem::remove(dir / "in/7/70");
    }
    SECTION("a file has other bytes and the time that it had") {
        const auto time = std::filesystem::last_write_time(dir / "in/6/6");
        put(dir / "in/6/6", random, std::filesystem::file_size(dir / "in/6/6"));
        std::filesystem::last_write_time(dir / "in/6/6", time);
    }
    SECTION("another file of the size and time that it had was put in its place") {
        const auto time = std::filesystem::last_write_time(dir / "in/8/8");
        put(dir / "x", random, std::filesystem::file_size(dir / "in/8/8"));
        std::filesystem::last_write_time(dir / "x", time);
        std::filesystem::rename(dir / "x", dir / "in/8/8");
    }
    SECTION("a file has other bytes and another time") { put(dir / "in/5/5", random, std::filesystem::file_size(dir / "in/5/5")); }
    SECTION("files changed places") {
        std::filesystem::rename(dir / "in/1/1", dir / "x");
        std::filesystem::rename(dir / "in/2/2", dir / "in/1/1");
        std::filesystem::rename(dir / "x", dir / "in/2/2");
    }

    const image now = composed(dir / "in");
    write(now, sparse_file(dir / "anew"));
    const std::string anew = read_file(dir / "anew");
    std::filesystem::copy(dir / "image", dir / "in-place");

    const image taken = taken_from(now, plan, dir / "image");
    const write_report report = write(taken, sparse_file(dir / "image"));
    CHECK(difference(read_file(dir / "image"), anew).empty());
    CHECK(report.calls.opens < 40); // not one a file

    CHECK(bytes_written(changes_since(now, plan), dir / "in-place") < 1'500'000);
    CHECK(difference(read_file(dir / "in-place"), anew).empty());
}

TEST_CASE("unaligned ranges that did not change are neither lost nor zeroed") {
    const temp_dir dir;
    const an_hour_later later;
    std::mt19937 random{8};
    for (const char* name : {"a", "b", "c"}) put(dir / name, random, 10'000);
    const auto made = [&] {
        image i{bytes{64 << 10}};
        i.place(offset{bytes{700}}, blob(dir / "a")).place(offset{bytes{10'700}}, blob(dir / "b"));
        i.place(offset{bytes{20'700}}, zeros(bytes{9'000})).place(offset{bytes{30'001}}, blob(dir / "c"));
        return i;
    };
    write(made(), sparse_file(dir / "image"));
    const saved_plan plan = plan_of(made(), dir / "image");
    if (GENERATE(true, false)) put(dir / "b", random, 10'000);
    const image now = made();
    write(now, sparse_file(dir / "anew"));
    write(changes_since(now, plan), existing_file(dir / "image", {.only_differences = GENERATE(true, false)}));
    CHECK(difference(read_file(dir / "image"), read_file(dir / "anew")).empty());
}

TEST_CASE("a file that is not the image of a plan is known") {
    const temp_dir dir;
    write_file(dir / "image", "x");
    const saved_plan plan = plan_of(image{bytes{1}}, dir / "image");
    CHECK(is_image_of(plan, dir / "image"));
    CHECK_FALSE(is_image_of(plan, dir / "none"));
    SECTION("written to") {
        std::filesystem::last_write_time(dir / "image", std::filesystem::file_time_type::clock::now() - 1h);
        CHECK_FALSE(is_image_of(plan, dir / "image"));
    }
    SECTION("written to, and its time set back") {
        const auto time = std::filesystem::last_write_time(dir / "image");
        std::this_thread::sleep_for(20ms); // a tick of the clock of files
        write_file(dir / "image", "y");
        std::filesystem::last_write_time(dir / "image", time);
        CHECK_FALSE(is_image_of(plan, dir / "image"));
    }
    SECTION("another one of the same size and time") {
        write_file(dir / "other", "y");
        std::filesystem::last_write_time(dir / "other", std::filesystem::last_write_time(dir / "image"));
        std::filesystem::rename(dir / "other", dir / "image");
        CHECK_FALSE(is_image_of(plan, dir / "image"));
    }
    SECTION("of another size") {
        write_file(dir / "image", "xx");
        CHECK_FALSE(is_image_of(plan, dir / "image"));
    }
}

TEST_CASE("a former image that changes while it is read is an error, and the old file stays") {
    const temp_dir dir;
    const an_hour_later later;
    std::mt19937 random{9};
    put(dir / "in/a", random, 300'000);
    const image first = composed(dir / "in");
    write(first, sparse_file(dir / "image"));
    const saved_plan plan = plan_of(first, dir / "image");
    const image taken = taken_from(composed(dir / "in"), plan, dir / "image");
    const std::string other(first.size().count, 'o');
    write_file(dir / "image", other);
    std::filesystem::last_write_time(dir / "image", std::filesystem::file_time_type::clock::now() - 1h);
    CHECK_THROWS_MATCHES(write(taken, sparse_file(dir / "image")), input_error, says("changed since"));
    CHECK(difference(read_file(dir / "image"), other).empty());
}
