// SPDX-License-Identifier: BSL-1.0
// Each call of a small writing fails in turn.
#include <imgcompose/write/write.hpp>

#include <imgcompose/core/crc.hpp>
#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/os/faulty.hpp>
#include <imgcompose/os/portable.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/rebuild.hpp>
#include <imgcompose/write/stream_sink.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/later.hpp>
#include <tests/support/run.hpp>
#include <tests/write/device.hpp>
#include <tests/write/made.hpp>

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include <sys/stat.h>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::read_file;
using imgcompose_test::temp_dir;
using imgcompose_test::write_file;

namespace {

/// Files, small and large enough to be copied by the system, a hole and zeros.
ic::image small_image(const std::filesystem::path& in) {
    write_file(in / "a/small", std::string(1000, 'a'));
    write_file(in / "b/large", std::string(600'000, 'b'));
    ic::image i{2_MiB};
    i.place(ic::offset{4096_B}, ic::blob(in / "a/small")).place(ic::offset{8192_B}, ic::from_text("text"));
    i.place(ic::offset{1_MiB}, ic::blob(in / "b/large")).place(ic::offset{512_KiB}, ic::zeros(8192_B));
    return i;
}

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}));
}

} // namespace

TEST_CASE("whatever call fails, a new file is whole or the old one stays") {
    const temp_dir dir;
    const ic::image made = small_image(dir.path() / "in");
    const std::string whole = imgcompose_test::text_of(made);
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    const std::errc error = GENERATE(std::errc::no_space_on_device, std::errc::io_error, std::errc::too_many_files_open);
    const bool keeps_failing = GENERATE(false, true);
    const std::size_t descriptors = open_descriptors();
    int failures = 0, successes = 0;
    for (std::uint64_t n = 0;; ++n) {
        write_file(dir / "out/disk.img", "old");
        ic::os::faulty_calls faulty{{.fails_at = n, .error = error, .keeps_failing = keeps_failing}};
        bool threw = false;
        try {
            const ic::os::replaced_calls replaced{faulty};
            ic::write(made, ic::sparse_file(dir / "out/disk.img"), {.jobs = jobs, .fsync = true});
        } catch (const ic::io_error& e) {
            threw = true;
            const std::string what = e.what();
            INFO(what);
            CHECK(e.code() == error);
            CHECK((what.find("disk.img") != what.npos || what.find("/in/") != what.npos || what.find("/out") != what.npos));
            const bool at_offset = what.starts_with("cannot read") || what.starts_with("cannot write /") || what.starts_with("cannot copy");
            if (at_offset) CHECK(what.find(" at byte ") != what.npos);
        }
        INFO("call " << n);
        REQUIRE(faulty.open_handles() == 0);
        REQUIRE(open_descriptors() == descriptors);
        const std::string got = read_file(dir / "out/disk.img");
        REQUIRE((got == "old" || got == whole));
        if (!threw) REQUIRE(got == whole);
        const auto left = std::distance(std::filesystem::directory_iterator{dir / "out"}, {}) - 1;
        REQUIRE(left == std::min<std::int64_t>(faulty.not_removed(), 1)); // nothing but what could not be removed
        std::filesystem::remove(dir / "out/.disk.img.partial");
        ++(threw ? failures : successes);
        if (!faulty.has_failed()) break; // all calls had their turn
    }
    CHECK(failures >= 10);
    CHECK(successes >= 1);
}

TEST_CASE("interruptions and short calls change nothing") {
    const temp_dir dir;
    const ic::image made = small_image(dir.path() / "in");
    ic::os::faulty_calls slow{{.interrupted = 3, .most_bytes = 5001}};
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{3});
    {
        const ic::os::replaced_calls replaced{slow};
        ic::write(made, ic::sparse_file(dir / "out"), {.jobs = jobs, .fsync = true});
    }
    CHECK(imgcompose_test::difference(read_file(dir / "out"), imgcompose_test::text_of(made)).empty());
    CHECK(slow.open_handles() == 0);
}

TEST_CASE("a source that is cut off while it is read is an error with its name, not a crash") {
    const temp_dir dir;
    const ic::image made = small_image(dir.path() / "in");
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    int errors = 0;
    for (std::uint64_t n = 0; n < 40; ++n) {
        write_file(dir / "in/b/large", std::string(600'000, 'b'));
        const ic::image planned = small_image(dir.path() / "in");
        ic::os::faulty_calls cutting{{.before_call = [&](std::uint64_t number) {
            if (number == n) std::filesystem::resize_file(dir / "in/b/large", 100'000);
        }}};
        try {
            const ic::os::replaced_calls replaced{cutting};
            ic::write(planned, ic::sparse_file(dir / "out"), {.jobs = jobs});
        } catch (const ic::input_error& e) {
            ++errors;
            CHECK(std::string{e.what()}.find("in/b/large") != std::string::npos);
            CHECK_FALSE(std::filesystem::exists(dir / "out"));
        }
        CHECK(cutting.open_handles() == 0);
        std::filesystem::remove(dir / "out");
    }
    CHECK(errors >= 5);
}

TEST_CASE("the portable calls write the same file") {
    const temp_dir dir;
    ic::os::portable_calls portable;
    {
        const ic::os::replaced_calls replaced{portable};
        const ic::image planned = imgcompose_test::mixed_image(dir / "in");
        ic::write(planned, ic::sparse_file(dir / "out"), {.jobs = GENERATE(std::size_t{1}, std::size_t{2})});
    }
    CHECK(imgcompose_test::difference(read_file(dir / "out"), imgcompose_test::text_of(imgcompose_test::mixed_image(dir / "in"))).empty());
}

// --- sources that change ------------------------------------------------------------------------------------------

namespace {

/// What is done to a source before the call of each number, until emitting has no more calls: the image is what was planned,
/// or an error names the source and the old file stays.
void sweep(const std::function<void(const std::string&)>& harm, bool must_fail_at_first) {
    const temp_dir dir;
    const imgcompose_test::an_hour_later later;
    const bool large = GENERATE(false, true);
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    const std::string source = dir / "in/victim";
    int errors = 0, successes = 0;
    for (std::uint64_t n = 0;; ++n) {
        std::filesystem::remove_all(dir / "in");
        write_file(dir / "in/before", std::string(1000, 'b'));
        write_file(source, std::string(large ? 3'000'000 : 5000, 'v'));
        write_file(dir / "in/then", std::string(1000, 't'));
        write_file(dir / "out/disk.img", "old");
        const ic::image made = ic::standalone(ic::ext4(ic::directory(dir / "in"), {.journal = ic::no_journal}), 8_MiB);
        const std::string whole = imgcompose_test::text_of(made);
        std::this_thread::sleep_for(std::chrono::milliseconds{10}); // a tick of the clock of files
        bool harmed = false;
        std::mutex once;
        ic::os::faulty_calls watched{{.before_call = [&](std::uint64_t number) {
            const std::lock_guard lock{once};
            if (number == n) harm(source), harmed = true;
        }}};
        try {
            const ic::os::replaced_calls replaced{watched};
            ic::write(made, ic::sparse_file(dir / "out/disk.img"), {.jobs = jobs, .ask_each_source = true});
            ++successes;
            REQUIRE(imgcompose_test::difference(read_file(dir / "out/disk.img"), whole).empty());
            if (must_fail_at_first && n == 0) FAIL("nothing was noticed");
        } catch (const ic::error& e) {
            ++errors;
            const std::string what = e.what();
            INFO(what);
            CHECK(what.find("in/victim") != what.npos);
            CHECK(read_file(dir / "out/disk.img") == "old");
        }
        CHECK(watched.open_handles() == 0);
        if (!harmed) break;
    }
    CHECK(errors >= 3);
    CHECK(successes >= 1);
}

} // namespace

TEST_CASE("a source to which anything is done before any call of emitting is noticed, or was read before") {
    SECTION("grown") {
        sweep([](const std::string& p) { std::ofstream{p, std::ios::app} << "more"; }, true);
    }
    SECTION("written over in place") {
        sweep([](const std::string& p) { std::fstream{p, std::ios::in | std::ios::out} << "other"; }, true);
    }
    SECTION("replaced by another file of its size") {
        sweep([](const std::string& p) {
            std::filesystem::copy_file(p, p + ".new");
            std::fstream{p + ".new", std::ios::in | std::ios::out} << "other";
            std::filesystem::rename(p + ".new", p);
        }, true);
    }
    SECTION("removed") {
        sweep([](const std::string& p) { std::filesystem::remove(p); }, true);
    }
    SECTION("replaced by a symbolic link to its like") {
        sweep([](const std::string& p) {
            std::filesystem::rename(p, p + ".moved");
            std::filesystem::create_symlink("victim.moved", p);
        }, true);
    }
    SECTION("replaced by a fifo") {
        sweep([](const std::string& p) {
            std::filesystem::remove(p);
            REQUIRE(::mkfifo(p.c_str(), 0666) == 0);
        }, true);
    }
}

TEST_CASE("what a digest, a sink's end or a generator throws ends the writing in good order") {
    class throws final : public ic::digest {
    public:
        void update(std::span<const std::byte>) override {
            if (++updates_ == 3) throw 42;
        }
        std::string text() const override { return {}; }

    private:
        int updates_ = 0;
    };
    class throws_at_end final : public ic::sink {
    public:
        void begin(ic::bytes) override {}
        void data(ic::offset, std::span<const std::byte>) override {}
        void zero(ic::offset, ic::bytes) override {}
        void undefined(ic::offset, ic::bytes) override {}
        void finish(bool) override { throw 43; }
    };
    class broken final : public ic::generator {
    public:
        void generate(std::uint32_t, ic::bytes from, std::span<std::byte>) const override {
            if (from > 2_MiB) throw 44;
        }
        std::string describe(std::uint32_t) const override { return "broken"; }
    };
    const temp_dir dir;
    write_file(dir / "out/disk.img", "old");
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{5});
    const std::size_t descriptors = open_descriptors();
    const ic::image whole = imgcompose_test::mixed_image(dir / "in");
    const ic::image never = ic::generated(std::make_shared<const broken>(), 8_MiB);
    const std::string_view which = GENERATE("a digest", "a sink's end", "a generator, with followers behind it", "a callback");
    INFO(which);
    std::string text;
    int what = 0;
    try {
        ic::sparse_file file{dir / "out/disk.img"};
        if (which == "a digest") {
            throws d;
            ic::write(whole, file, {.jobs = jobs, .digests = {&d}});
        }
        if (which == "a sink's end") {
            throws_at_end end;
            ic::write(whole, {&end, &file}, {.jobs = jobs});
        }
        if (which == "a generator, with followers behind it") {
            ic::callback follower{[&](const ic::written_range& r) { text.append(r.size.count, 'x'); }};
            ic::crc32_digest d;
            ic::write(never, {&file, &follower}, {.jobs = jobs, .digests = {&d}});
        }
        if (which == "a callback") {
            ic::callback follower{[&](const ic::written_range& r) {
                if (r.at > ic::offset{3_MiB}) throw 45;
            }};
            ic::write(whole, {&follower, &file}, {.jobs = jobs});
        }
    } catch (int thrown) {
        what = thrown;
    }
    CHECK(what >= 42);
    CHECK(read_file(dir / "out/disk.img") == "old");
    CHECK(std::distance(std::filesystem::directory_iterator{dir / "out"}, {}) == 1);
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("whatever call fails, an existing file or device either holds the image or an error is told") {
    const temp_dir dir;
    const ic::image made = small_image(dir.path() / "in");
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    const bool device = GENERATE(false, true);
    const ic::existing_file_options how{.undefined = GENERATE(ic::undefined_bytes::leave, ic::undefined_bytes::discard),
                                        .only_differences = GENERATE(false, true)};
    const std::size_t descriptors = open_descriptors();
    int failures = 0;
    for (std::uint64_t n = 0;; ++n) {
        write_file(dir / "f", std::string(2u << 20, device ? '\xff' : '\0'));
        imgcompose_test::device_calls as_device{dir / "f"};
        ic::os::faulty_calls faulty{{.fails_at = n}, device ? static_cast<ic::os::calls&>(as_device) : ic::os::current()};
        bool threw = false;
        try {
            const ic::os::replaced_calls replaced{faulty};
            ic::write(made, ic::existing_file(dir / "f", how), {.jobs = jobs, .fsync = true});
        } catch (const ic::io_error&) {
            threw = true;
            ++failures;
        }
        INFO("call " << n);
        REQUIRE(faulty.open_handles() == 0);
        REQUIRE(open_descriptors() == descriptors);
        if (!threw) REQUIRE(imgcompose_test::difference_where_defined(read_file(dir / "f"), made) == "");
        if (!faulty.has_failed()) break;
    }
    CHECK(failures >= 5);
}

TEST_CASE("whatever call fails while several outputs are written, each is whole or was not touched") {
    const temp_dir dir;
    const ic::image made = small_image(dir.path() / "in");
    const std::string whole = imgcompose_test::text_of(made);
    const std::uint32_t digest = ic::crc32(ic::read_all(made));
    int failures = 0;
    for (std::uint64_t n = 0;; ++n) {
        for (const char* name : {"out/a.img", "out/b.img", "out/c.raw"}) write_file(dir / name, "old");
        ic::os::faulty_calls faulty{{.fails_at = n}};
        try {
            const ic::os::replaced_calls replaced{faulty};
            ic::sparse_file a{dir / "out/a.img"}, b{dir / "out/b.img"};
            ic::file_stream stream{dir / "out/c.raw"};
            ic::raw_stream c{stream};
            ic::crc32_digest d;
            ic::write(made, {&a, &c, &b}, {.jobs = 2, .fsync = true, .digests = {&d}});
            CHECK(d.value() == digest);
        } catch (const ic::io_error&) {
            ++failures;
        }
        INFO("call " << n);
        REQUIRE(faulty.open_handles() == 0);
        for (const char* name : {"out/a.img", "out/b.img", "out/c.raw"}) {
            const std::string got = read_file(dir / name);
            REQUIRE((got == "old" || got == whole));
            if (!faulty.has_failed()) REQUIRE(got == whole);
        }
        REQUIRE(std::distance(std::filesystem::directory_iterator{dir / "out"}, {}) == 3);
        if (!faulty.has_failed()) break;
    }
    CHECK(failures >= 12);
}

TEST_CASE("whatever call fails while an image is made from a former one, it is right or the old one stays") {
    const temp_dir dir;
    const imgcompose_test::an_hour_later later;
    const ic::image first = small_image(dir.path() / "in");
    const bool in_place = GENERATE(false, true);
    int failures = 0;
    for (std::uint64_t n = 0;; ++n) {
        ic::write(first, ic::sparse_file(dir / "disk.img"));
        const ic::saved_plan plan = ic::plan_of(first, dir / "disk.img");
        REQUIRE(plan.ranges.size() >= 2);
        const std::string before = read_file(dir / "disk.img");
        ic::image now{2_MiB};
        now.place(ic::offset{8192_B}, ic::blob(dir / "in/a/small")).place(ic::offset{1_MiB}, ic::blob(dir / "in/b/large"));
        ic::os::faulty_calls faulty{{.fails_at = n}};
        bool threw = false;
        try {
            const ic::os::replaced_calls replaced{faulty};
            if (in_place) ic::write(ic::changes_since(now, plan), ic::existing_file(dir / "disk.img", {.only_differences = true}), {.jobs = 2});
            else ic::write(ic::taken_from(now, plan, dir / "disk.img"), ic::sparse_file(dir / "disk.img"), {.jobs = 2});
        } catch (const ic::io_error&) {
            threw = true;
            ++failures;
        }
        REQUIRE(faulty.open_handles() == 0);
        const std::string got = read_file(dir / "disk.img");
        if (!threw) REQUIRE(imgcompose_test::difference(got, imgcompose_test::text_of(now)).empty());
        if (threw && !in_place) REQUIRE(got == before);
        if (!faulty.has_failed()) break;
    }
    CHECK(failures >= 3);
}
