// SPDX-License-Identifier: BSL-1.0
// What writing holds in memory, whatever the image's size.
#include <imgcompose/write/write.hpp>

#include <imgcompose/write/file_sink.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/held_memory.hpp>
#include <tests/support/run.hpp>
#include <tests/write/made.hpp>

using namespace imgcompose;
using namespace imgcompose::literals;
using namespace imgcompose_test;

TEST_CASE("writing a terabyte of holes and many files holds a few megabytes, also for a slow follower") {
    const temp_dir dir;
    auto files = std::make_shared<source_files>();
    files->set_planned_at(os::file_clock_now());
    const auto root = files->add_root(dir.path().string());
    write_file(dir / "f", std::string(3000, 'f'));
    write_file(dir / "large", std::string(9 << 20, 'l'));
    const os::file_status small = os::status_of(dir / "f"), large = os::status_of(dir / "large");
    image made{1_TiB};
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const bool is_large = i % 2000 == 0;
        const auto id = files->add_file(root, is_large ? "large" : "f", is_large ? large.size : small.size, files->mark(is_large ? large : small));
        const auto index = made.add_source(std::shared_ptr<const source_files>{files});
        made.append({.at = offset{bytes{i << 25}}, .size = is_large ? large.size : small.size, .source = index, .item = id});
    }
    made.append({.at = offset{bytes{std::uint64_t{20'001} << 25}}, .size = 100_MiB, .source = made.add_source(std::shared_ptr<const generator>{std::make_shared<const noise>()})});
    const auto before = held_memory.load();
    std::int64_t most = 0;
    const write_options options{.jobs = 2, .on_progress = [&](const progress&) { most = std::max(most, held_memory.load() - before); }};
    SECTION("a file") { write(made, sparse_file(dir / "out"), options); }
    SECTION("a follower") {
        callback slow{[](const written_range& r) {
            if (r.size > 1_MiB && r.kind == byte_kind::data) std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }};
        write(made, slow, options);
    }
    CHECK(most > 1 << 20); // it was looked at
    CHECK(most < 40 << 20);
}
