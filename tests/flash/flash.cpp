// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/flash/flash.hpp>

#include <imgcompose/image/read.hpp>
#include <imgcompose/os/faulty.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/write.hpp>
#include <tests/support/catch.hpp>
#include <tests/write/device.hpp>
#include <tests/write/made.hpp>

#include <string>

using namespace imgcompose;
using namespace imgcompose_test;
using namespace imgcompose::literals;

namespace {

/// A medium that loses a bit of one byte of what is written to it.
image lossy_copy_of(const image& i, std::uint64_t at) {
    owned_bytes content = read_all(i);
    content[at] ^= std::byte{4};
    return owned(std::move(content));
}

} // namespace

TEST_CASE("a flashed file reads back as the image, and its undefined blocks stay") {
    const temp_dir dir;
    const image made = mixed_image(dir / "in");
    write_file(dir / "card", std::string(made.size().count + 4096, '\xff'));
    const auto card = flash::find_target(dir / "card");
    CHECK(card.size() == made.size() + 4096_B);
    CHECK(card.sector_size() == 512_B);

    std::vector<progress> told;
    flash::write(made, card, {.jobs = GENERATE(std::size_t{1}, std::size_t{2}),
                              .on_progress = [&](const progress& p) { told.push_back(p); }});
    const std::string now = read_file(dir / "card"), expected = text_of(made);
    for (const extent& e : made.extents())
        if (e.kind() != byte_kind::undefined)
            REQUIRE(now.compare(e.at.count, e.size.count, expected, e.at.count, e.size.count) == 0);
    CHECK(now.substr(made.size().count) == std::string(4096, '\xff'));
    REQUIRE(!told.empty());
    CHECK(told.back().done == told.back().total);
    for (std::size_t i = 1; i < told.size(); ++i) CHECK(told[i - 1].done <= told[i].done);
}

TEST_CASE("reading back finds one wrong bit in data and in zeros, and does not look at what is undefined") {
    const temp_dir dir;
    image made{4_MiB};
    made.place(offset{1_MiB}, fill(bytes{2_MiB}, std::byte{7}), "data");
    made.place(offset{3_MiB}, zeros(bytes{64_KiB}), "zeros");
    const auto verify_with_wrong_byte = [&](std::uint64_t at) {
        write(lossy_copy_of(made, at), sparse_file(dir / "card"));
        flash::verify(made, flash::find_target(dir / "card"));
    };
    const std::uint64_t mib = 1 << 20;
    CHECK_NOTHROW(verify_with_wrong_byte(5));
    CHECK_NOTHROW(verify_with_wrong_byte(4 * mib - 1));
    CHECK_THROWS_MATCHES(verify_with_wrong_byte(mib), io_error, says("first at byte 1048576 (sector 2048)"));
    CHECK_THROWS_MATCHES(verify_with_wrong_byte(3 * mib - 1), io_error, says("first at byte 3145727"));
    CHECK_THROWS_MATCHES(verify_with_wrong_byte(3 * mib + 4000), io_error, says("first at byte 3149728"));
}

TEST_CASE("an image larger than the medium is refused before anything is written") {
    const temp_dir dir;
    write_file(dir / "card", std::string(4096, 'x'));
    CHECK_THROWS_MATCHES(flash::write(zeros(4097_B), flash::find_target(dir / "card")), layout_error,
                         says("/card has 4096 bytes, 1 fewer than the image of 4097"));
    CHECK(read_file(dir / "card") == std::string(4096, 'x'));
}

TEST_CASE("a stop during reading back ends it") {
    const temp_dir dir;
    write_file(dir / "card", std::string(8 << 20, 'x'));
    const image made = fill(bytes{8_MiB}, std::byte{1});
    std::stop_source stop;
    const auto after_writing = [&](const progress& p) {
        if (p.done > made.size()) stop.request_stop();
    };
    CHECK_THROWS_MATCHES(
        flash::write(made, flash::find_target(dir / "card"), {.on_progress = after_writing, .cancel = stop.get_token()}),
        cancelled, says("cancelled"));
}

TEST_CASE("what is no medium is refused") {
    const temp_dir dir;
    write_file(dir / "file", "content");
    write_file(dir / "empty", "");
    CHECK_THROWS_MATCHES(flash::find_target(dir.path()), input_error, says("is a directory"));
    CHECK_THROWS_MATCHES(flash::find_target("/dev/null"), input_error, says("is a character device"));
    CHECK_THROWS_MATCHES(flash::find_target(dir / "none"), io_error, says("/none"));
    CHECK_THROWS_MATCHES(flash::find_target(dir / "empty"), input_error, says("size of zero"));
    CHECK_THROWS_MATCHES(flash::removable_device(dir / "file"), input_error, says("not a block device"));
}

TEST_CASE("a loop device is flashed, and refused while it is mounted") {
    if (!is_root() || !have("losetup") || !have("mkfs.ext4")) {
        WARN("skipped: needs root, losetup and mkfs.ext4");
        return;
    }
    const temp_dir dir;
    write_file(dir / "medium", std::string(8 << 20, '\xff'));
    auto attached = run("losetup --find --show " + imgcompose_test::quoted(dir / "medium"));
    if (attached.status != 0) {
        WARN("skipped: no loop device is to be had: " << attached.output);
        return;
    }
    const std::string device = attached.output.substr(0, attached.output.find('\n'));
    struct detach {
        std::string device, mounted;
        ~detach() {
            (void)run("umount " + imgcompose_test::quoted(mounted));
            (void)run("losetup --detach " + imgcompose_test::quoted(device));
        }
    } const at_end{device, dir / "mounted"};

    image made{8_MiB};
    made.place(offset{1_MiB}, fill(bytes{1_MiB}, std::byte{7})).place(offset{bytes{3_MiB} + 512_B}, zeros(100'000_B));
    flash::write(made, flash::removable_device(device));
    const std::string now = read_file(dir / "medium");
    CHECK(now.substr(0, 1 << 20) == std::string(1 << 20, '\xff'));
    CHECK(now.substr(1 << 20, 1 << 20) == std::string(1 << 20, '\7'));
    CHECK(now.substr((3 << 20) + 512, 100'000) == std::string(100'000, '\0'));

    std::filesystem::create_directory(dir / "mounted");
    REQUIRE(run("mkfs.ext4 -q -F " + imgcompose_test::quoted(device)).status == 0);
    if (run("mount " + imgcompose_test::quoted(device) + " " + imgcompose_test::quoted(dir / "mounted")).status != 0) {
        WARN("skipped: mounting is not allowed here");
        return;
    }
    CHECK_THROWS_MATCHES(flash::removable_device(device), input_error, says(device + " is in use"));
}

TEST_CASE("whatever call of flashing fails, the medium holds the image and was read back, or an error names it") {
    const temp_dir dir;
    write_file(dir / "in/file", std::string(700'000, 'f'));
    image made{4_MiB};
    made.place(offset{4096_B}, blob(dir / "in/file")).place(offset{1_MiB}, from_text("text"));
    made.place(offset{2_MiB}, zeros(bytes{64_KiB}));
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    const bool device = GENERATE(false, true);
    const bool keeps_failing = GENERATE(false, true);
    int failures = 0;
    for (std::uint64_t n = 0;; ++n) {
        write_file(dir / "card", std::string(made.size().count, '\xff'));
        const auto card = flash::find_target(dir / "card");
        device_calls as_device{dir / "card"};
        os::faulty_calls faulty{{.fails_at = n, .keeps_failing = keeps_failing},
                                device ? static_cast<os::calls&>(as_device) : os::current()};
        bool threw = false;
        try {
            const os::replaced_calls replaced{faulty};
            flash::write(made, card, {.jobs = jobs});
        } catch (const io_error& e) {
            threw = true;
            ++failures;
            const std::string what = e.what();
            INFO(what);
            CHECK((has(what, "card") || has(what, "/in/")));
        }
        INFO("call " << n);
        REQUIRE(faulty.open_handles() == 0);
        if (!threw) REQUIRE(difference_where_defined(read_file(dir / "card"), made) == "");
        if (!faulty.has_failed()) break;
    }
    CHECK(failures >= 8);
}

TEST_CASE("interrupted and short calls of a medium are gone on with, and a bit that it loses is found") {
    const temp_dir dir;
    const image made = mixed_image(dir / "in");
    write_file(dir / "card", std::string(made.size().count, '\xff'));
    const auto card = flash::find_target(dir / "card");
    os::faulty_calls slow{{.interrupted = 2, .most_bytes = 70'001}};
    {
        const os::replaced_calls replaced{slow};
        flash::write(made, card, {.jobs = GENERATE(std::size_t{1}, std::size_t{3})});
    }
    const std::string whole = read_file(dir / "card");
    CHECK(difference_where_defined(whole, made) == "");
    CHECK(slow.open_handles() == 0);

    // Once the reading has begun, in the last of the data.
    offset last{};
    for (const extent& e : made.extents())
        if (e.kind() == byte_kind::data) last = e.at;
    bool lost = false;
    const auto lose = [&](const progress& p) {
        if (lost || p.done.count * 2 <= p.total.count) return;
        lost = true;
        std::string content = whole;
        content[last.count] ^= 1;
        write_file(dir / "card", content);
    };
    try {
        flash::write(made, card, {.jobs = 1, .on_progress = lose});
        FAIL("nothing was noticed");
    } catch (const io_error& e) {
        CHECK(has(e.what(), "gave back other bytes"));
        CHECK(has(e.what(), "first at byte " + std::to_string(last.count)));
    }
    CHECK(lost);
}
