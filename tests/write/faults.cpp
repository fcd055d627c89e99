// SPDX-License-Identifier: BSL-1.0
// Each call of a small writing fails in turn.
#include <imgcompose/write/write.hpp>

#include <imgcompose/os/faulty.hpp>
#include <imgcompose/os/portable.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>
#include <tests/write/made.hpp>

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
        REQUIRE(std::distance(std::filesystem::directory_iterator{dir / "out"}, {}) == 1);
        ++(threw ? failures : successes);
        if (!faulty.has_failed()) break; // all calls had their turn
    }
    CHECK(failures >= 10);
    CHECK(successes >= 1);
}

TEST_CASE("whatever call fails, an existing file's writing says so") {
    const temp_dir dir;
    const ic::image made = small_image(dir.path() / "in");
    const std::string whole = imgcompose_test::text_of(made);
    int failures = 0;
    for (std::uint64_t n = 0;; ++n) {
        write_file(dir / "f", std::string(2u << 20, '\0'));
        ic::os::faulty_calls faulty{{.fails_at = n}};
        bool threw = false;
        try {
            const ic::os::replaced_calls replaced{faulty};
            ic::write(made, ic::existing_file(dir / "f"), {.fsync = true});
        } catch (const ic::io_error&) {
            threw = true;
            ++failures;
        }
        REQUIRE(faulty.open_handles() == 0);
        if (!threw) REQUIRE(imgcompose_test::difference(read_file(dir / "f"), whole).empty());
        if (!faulty.has_failed()) break;
    }
    CHECK(failures >= 8);
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
