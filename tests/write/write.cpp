// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/write.hpp>

#include <imgcompose/core/crc.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/os/native.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/portion.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>
#include <tests/write/made.hpp>

#include <atomic>
#include <functional>
#include <thread>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::difference;
using imgcompose_test::mixed_image;
using imgcompose_test::read_file;
using imgcompose_test::says;
using imgcompose_test::temp_dir;
using imgcompose_test::text_of;

TEST_CASE("the helper that compares images notices one changed byte") {
    std::string a(1000, 'x');
    auto b = a;
    CHECK(difference(a, b).empty());
    b[998] = 'y';
    CHECK(difference(a, b) == "sizes 1000 and 1000, first difference at 998");
    b.pop_back();
    CHECK_FALSE(difference(a, b).empty());
}

TEST_CASE("every sink receives the bytes that reading the image gives, with any number of threads") {
    const temp_dir dir;
    const unsigned which = GENERATE(1u, 2u);
    const ic::image made = mixed_image(dir.path(), which);
    const std::string expected = text_of(made);
    const ic::write_options options{.jobs = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{7})};

    SECTION("a new file") {
        const auto report = ic::write(made, ic::sparse_file(dir / "out"), options);
        CHECK(difference(read_file(dir / "out"), expected).empty());
        CHECK(report.data + report.zero + report.undefined == made.size());
        CHECK(report.calls.writes > 0);
        CHECK(report.calls.all() > report.calls.reads);
    }
    SECTION("memory") {
        std::vector<std::byte> to(3, std::byte{9});
        ic::write(made, ic::memory(to), options);
        CHECK(to == ic::read_all(made));
    }
    SECTION("an existing file, whose undefined bytes stay") {
        imgcompose_test::write_file(dir / "out", std::string(made.size().count + 1000, '#'));
        ic::write(made, ic::existing_file(dir / "out"), options);
        const std::string got = read_file(dir / "out");
        REQUIRE(got.size() == expected.size() + 1000);
        CHECK(got.substr(expected.size()) == std::string(1000, '#'));
        ic::detail::range_cursor all{made};
        while (const auto e = all.peek()) {
            const auto own = got.substr(e->at.count, e->size.count);
            if (e->kind() != ic::byte_kind::undefined)
                REQUIRE(difference(own, expected.substr(e->at.count, e->size.count)).empty());
            all.take(e->size);
        }
    }
    SECTION("a callback, in order and with the kinds as they are") {
        std::string got;
        bool in_order = true;
        std::uint64_t zero = 0, undefined = 0;
        const auto report = ic::write(made, ic::callback([&](const ic::written_range& r) {
                                          in_order = in_order && r.at.count == got.size();
                                          if (r.kind == ic::byte_kind::data)
                                              got.append(reinterpret_cast<const char*>(r.content.data()), r.content.size());
                                          else got.append(r.size.count, '\0');
                                          if (r.kind == ic::byte_kind::zero) zero += r.size.count;
                                          if (r.kind == ic::byte_kind::undefined) undefined += r.size.count;
                                      }),
                                      options);
        CHECK(in_order);
        CHECK(difference(got, expected).empty());
        CHECK(report.zero.count == zero);
        CHECK(report.undefined.count == undefined);
    }
}

TEST_CASE("digests see all bytes of the image in order") {
    const temp_dir dir;
    const ic::image made = mixed_image(dir.path());
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{4});
    ic::crc32_digest one, two;
    SECTION("while a file is written") { ic::write(made, ic::sparse_file(dir / "out"), {.jobs = jobs, .digests = {&one, &two}}); }
    SECTION("while a callback is called") {
        ic::write(made, ic::callback([](const ic::written_range&) {}), {.jobs = jobs, .digests = {&one, &two}});
    }
    CHECK(one.value() == ic::crc32(ic::read_all(made)));
    CHECK(two.value() == one.value());
}

TEST_CASE("an image of nothing and one of holes are written") {
    const temp_dir dir;
    ic::write(ic::image{}, ic::sparse_file(dir / "empty"));
    CHECK(read_file(dir / "empty").empty());
    ic::write(ic::image{1_TiB}, ic::sparse_file(dir / "large"));
    CHECK(std::filesystem::file_size(dir / "large") == std::uint64_t{1} << 40);
    CHECK(ic::os::status_of(dir / "large").allocated < 1_MiB);
}

TEST_CASE("progress goes up to the amount of data") {
    const temp_dir dir;
    const ic::image made = mixed_image(dir.path());
    std::vector<ic::progress> seen;
    const auto report = ic::write(made, ic::sparse_file(dir / "out"), {.jobs = 3, .on_progress = [&](const ic::progress& p) { seen.push_back(p); }});
    REQUIRE_FALSE(seen.empty());
    CHECK(seen.back().done == report.data);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        CHECK(seen[i].total == report.data);
        if (i != 0) CHECK(seen[i - 1].done <= seen[i].done);
    }
}

TEST_CASE("a stop leaves the old file as it was and nothing beside it") {
    const temp_dir dir;
    const ic::image made = mixed_image(dir / "in");
    std::filesystem::create_directory(dir / "out");
    imgcompose_test::write_file(dir / "out/disk.img", "old");
    std::stop_source stop;
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    const auto write = [&](std::function<void(const ic::progress&)> f) {
        ic::write(made, ic::sparse_file(dir / "out/disk.img"), {.jobs = jobs, .on_progress = std::move(f), .cancel = stop.get_token()});
    };
    SECTION("by a token") { CHECK_THROWS_AS(write([&](const ic::progress&) { stop.request_stop(); }), ic::cancelled); }
    SECTION("by a token from the start") {
        stop.request_stop();
        CHECK_THROWS_AS(write({}), ic::cancelled);
    }
    SECTION("by a callback that throws") {
        CHECK_THROWS_AS(write([](const ic::progress& p) {
            if (p.done > 1_MiB) throw 42;
        }), int);
    }
    CHECK(read_file(dir / "out/disk.img") == "old");
    CHECK(std::distance(std::filesystem::directory_iterator{dir / "out"}, {}) == 1);
}

TEST_CASE("a stop is heard when nothing is left to be read, too") {
    std::stop_source stop;
    const ic::image made = ic::from_text("all of it is one portion");
    std::vector<std::byte> to;
    ic::memory memory{to};
    const bool in_order = GENERATE(true, false);
    ic::callback stops{[&](const ic::written_range&) { stop.request_stop(); }};
    if (in_order) CHECK_THROWS_AS(ic::write(made, {&stops, &memory}, {.cancel = stop.get_token()}), ic::cancelled);
    else CHECK_THROWS_AS(ic::write(made, memory, {.on_progress = [&](const ic::progress&) { stop.request_stop(); }, .cancel = stop.get_token()}), ic::cancelled);
    CHECK(to.empty());
}

TEST_CASE("a source that changed, shrank or vanished is named, and the old file stays") {
    const temp_dir dir;
    const ic::image made = mixed_image(dir / "in");
    imgcompose_test::write_file(dir / "out/disk.img", "old");
    std::vector<std::filesystem::path> files;
    for (const auto& f : std::filesystem::recursive_directory_iterator{dir / "in"})
        if (f.is_regular_file() && f.file_size() > 200) files.push_back(f.path());
    REQUIRE(files.size() > 50);
    const auto path = files[GENERATE(std::size_t{0}, std::size_t{20}, std::size_t{49})];
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    const auto expect = [&](const std::string& words) {
        CHECK_THROWS_MATCHES(ic::write(made, ic::sparse_file(dir / "out/disk.img"), {.jobs = jobs}), ic::error, says(words));
    };
    SECTION("truncated") {
        std::filesystem::resize_file(path, 100);
        expect("changed since the image was planned");
    }
    SECTION("vanished") {
        std::filesystem::remove(path);
        expect("cannot open " + path.string());
    }
    CHECK(read_file(dir / "out/disk.img") == "old");
    CHECK(std::distance(std::filesystem::directory_iterator{dir / "out"}, {}) == 1);
}

TEST_CASE("small files and what is between them are written in few large pieces") {
    const temp_dir dir;
    ic::image made{4_MiB};
    for (std::uint64_t i = 0; i < 1000; ++i) {
        imgcompose_test::write_file(dir.path() / "in" / std::to_string(i), std::string(1000 + i, 'x'));
        made.place(ic::offset{ic::bytes{i * 4096}}, ic::blob(dir.path() / "in" / std::to_string(i)));
    }
    const auto report = ic::write(made, ic::sparse_file(dir / "out"), {.jobs = 1});
    CHECK(report.calls.writes <= 5);
    CHECK(report.calls.reads == 1000);
    CHECK(report.calls.statuses <= 1002);
    CHECK(difference(read_file(dir / "out"), text_of(made)).empty());
}

TEST_CASE("a large file that is rewritten or grows while it is copied is an error") {
    class writes_over final : public ic::os::native_calls {
    public:
        explicit writes_over(std::function<void()> f) : f_(std::move(f)) {}
        ic::os::answer copy_range(ic::os::handle from, ic::offset from_at, ic::os::handle to, ic::offset to_at, ic::bytes size) override {
            return once(ic::os::native_calls::copy_range(from, from_at, to, to_at, size));
        }
        ic::os::answer read_at(ic::os::handle h, ic::offset at, std::span<std::byte> to) override {
            return once(ic::os::native_calls::read_at(h, at, to.first(std::min<std::size_t>(to.size(), 100'000))));
        }

    private:
        ic::os::answer once(ic::os::answer a) {
            if (!done_.exchange(true)) f_();
            return a;
        }
        std::function<void()> f_;
        std::atomic<bool> done_{false};
    };
    const temp_dir dir;
    imgcompose_test::write_file(dir / "in/large", std::string(20 << 20, 'a'));
    const ic::image made = ic::blob(dir / "in/large");
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    const bool grows = GENERATE(false, true);
    writes_over calls{[&] {
        if (grows) std::ofstream{dir / "in/large", std::ios::app} << "more";
        else std::fstream{dir / "in/large", std::ios::in | std::ios::out} << "other";
    }};
    const ic::os::replaced_calls replaced{calls};
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    CHECK_THROWS_MATCHES(ic::write(made, ic::sparse_file(dir / "out"), {.jobs = jobs}), ic::input_error, says("/in/large changed since"));
    CHECK_FALSE(std::filesystem::exists(dir / "out"));
}
