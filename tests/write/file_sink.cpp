// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/file_sink.hpp>

#include <imgcompose/os/native.hpp>
#include <imgcompose/write/write.hpp>

#include <tests/support/catch.hpp>
#include <tests/write/device.hpp>
#include <tests/write/made.hpp>

#include <csignal>
#include <optional>

#include <sys/resource.h>
#include <unistd.h>

using namespace imgcompose;
using namespace imgcompose_test;
using namespace imgcompose::literals;

namespace {

std::vector<std::string> names_in(const temp_dir& dir) {
    std::vector<std::string> names;
    for (const auto& e : std::filesystem::directory_iterator{dir.path()}) names.push_back(e.path().filename().string());
    return names;
}

/// As on a filesystem where every file has a name.
class lacks_unnamed_files final : public os::native_calls {
public:
    os::answer open(os::handle directory, const char* name, os::open_mode mode) override {
        return mode == os::open_mode::create_unnamed ? -static_cast<os::answer>(std::errc::operation_not_supported)
                                                     : os::native_calls::open(directory, name, mode);
    }
};

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

TEST_CASE("zeros in the data of a file are holes, however it is written") {
    const temp_dir dir;
    std::mt19937 random{4};
    const std::string noise = random_text(random, 3 << 20);
    std::string content;
    for (const std::size_t zeros : {5u << 20, 70'000u, 1u << 20, 200'001u}) content += noise + std::string(zeros, '\0');
    content += noise;
    write_file(dir / "source", content);
    image made{32_MiB};
    made.place(offset{GENERATE(0_B, 4096_B, 12345_B)}, blob(dir / "source"), "file");
    write(made, sparse_file(dir / "out.img"), {.jobs = GENERATE(std::size_t{1}, std::size_t{2}), .fsync = GENERATE(false, true)});
    CHECK(difference(read_file(dir / "out.img"), text_of(made)).empty());
    const bytes allocated = os::status_of(dir / "out.img").allocated;
    CHECK(allocated >= bytes{15u << 20});
    CHECK(allocated < bytes{(15u << 20) + (400 << 10)});
}

TEST_CASE("a single block of zeros in data is a hole; half a block of zeros, or one across two blocks, is not") {
    const temp_dir dir;
    std::mt19937 random{5};
    std::string content;
    for (int i = 0; i < 32; ++i) content += random_text(random, 4096) + std::string(4096, '\0');
    content += random_text(random, 2048) + std::string(6144, '\0') + random_text(random, 4096);
    content += random_text(random, 2048) + std::string(4096, '\0') + random_text(random, 2048);
    write_file(dir / "source", content);
    image made{1_MiB};
    made.place(offset{64_KiB}, blob(dir / "source"), "file");
    write(made, sparse_file(dir / "out.img"), {.jobs = GENERATE(std::size_t{1}, std::size_t{2}), .fsync = GENERATE(false, true)});
    CHECK(difference(read_file(dir / "out.img"), text_of(made)).empty());
    const bytes allocated = os::status_of(dir / "out.img").allocated;
    CHECK(allocated >= bytes{36 * 4096});
    CHECK(allocated <= bytes{38 * 4096}); // and what the disk's filesystem needs to find them
}

TEST_CASE("where nothing differs nothing is written, by any number of threads") {
    const temp_dir dir;
    std::mt19937 random{3};
    const std::string content = random_text(random, 9'000'001);
    write_file(dir / "source", content);
    write_file(dir / "out", content);
    const image made = blob(dir / "source");
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    auto report = write(made, existing_file(dir / "out", {.only_differences = true}), {.jobs = jobs});
    CHECK(report.calls.writes == 0);
    CHECK(report.calls.copies == 0);
    std::string other = content;
    for (const std::size_t at : {0u, 70'000u, 4'000'000u, 9'000'000u}) other[at] = static_cast<char>(other[at] ^ 1);
    write_file(dir / "out", other.substr(0, 8'999'999)); // and two bytes too short
    report = write(made, existing_file(dir / "out", {.only_differences = true}), {.jobs = jobs});
    CHECK(report.calls.writes == 4);
    CHECK(difference(read_file(dir / "out"), content).empty());
}

TEST_CASE("a file that is replaced hands on its mode and owner") {
    const temp_dir dir;
    const bool unnamed = GENERATE(true, false);
    write_file(dir / "out.img", "old");
    std::filesystem::permissions(dir / "out.img", std::filesystem::perms{0640});
    if (is_root()) REQUIRE(::chown((dir / "out.img").c_str(), 12, 34) == 0);
    lacks_unnamed_files lacking;
    std::optional<os::replaced_calls> replaced;
    if (!unnamed) replaced.emplace(lacking);
    write(from_text("new"), sparse_file(dir / "out.img"));
    const os::file_status s = os::status_of(dir / "out.img");
    CHECK(read_file(dir / "out.img") == "new");
    CHECK(s.mode == 0640);
    if (is_root()) CHECK((s.uid == 12 && s.gid == 34));
    CHECK(names_in(dir).size() == 1);
}

TEST_CASE("who may not keep the group of a file gives the new group no more than others have") {
    class not_ours final : public os::native_calls {
    public:
        os::answer status_at(os::handle d, const char* name, bool follow, os::file_status& to) override {
            const os::answer a = os::native_calls::status_at(d, name, follow, to);
            if (a >= 0 && std::string_view{name}.ends_with("out.img")) to.gid += 1, to.uid += 1;
            return a;
        }
        os::answer set_owner(os::handle, std::uint32_t, std::uint32_t) override {
            return -static_cast<os::answer>(std::errc::operation_not_permitted);
        }
    };
    const temp_dir dir;
    write_file(dir / "out.img", "old");
    std::filesystem::permissions(dir / "out.img", std::filesystem::perms{0664});
    not_ours calls;
    const os::replaced_calls replaced{calls};
    write(from_text("new"), sparse_file(dir / "out.img"));
    CHECK((std::filesystem::status(dir / "out.img").permissions() & std::filesystem::perms::all) == std::filesystem::perms{0644});
}

TEST_CASE("what killed programs left under a temporary name does not pile up, and what others write stays") {
    const temp_dir dir;
    lacks_unnamed_files lacking;
    const os::replaced_calls replaced{lacking};
    write_file(dir / ".out.img.partial", "left");
    new_file other;
    other.begin(dir / "out.img"); // removes it
    CHECK(read_file(dir / ".out.img.partial").empty());
    write(from_text("new"), sparse_file(dir / "out.img"));
    CHECK(read_file(dir / "out.img") == "new");
    CHECK(std::filesystem::exists(dir / ".out.img.partial")); // of one who still writes it
    other.abandon();
    CHECK(names_in(dir) == std::vector<std::string>{"out.img"});
}

TEST_CASE("an image is not written into a file that it takes bytes from") {
    const temp_dir dir;
    write_file(dir / "a", std::string(10'000, 'a'));
    std::filesystem::create_hard_link(dir / "a", dir / "b");
    const image made = blob(dir / "a");
    for (const char* name : {"a", "b"})
        CHECK_THROWS_MATCHES(write(made, existing_file(dir / name)), input_error, says("the image takes bytes from"));
    CHECK(read_file(dir / "a") == std::string(10'000, 'a'));
    std::filesystem::copy_file(dir / "a", dir / "c");
    write(made, existing_file(dir / "c"));
}

TEST_CASE("a file larger than this process may write is an error and no signal") {
    const temp_dir dir;
    std::mt19937 random{2};
    write_file(dir / "source", random_text(random, 5 << 20));
    image made{8_MiB};
    made.place(offset{1_MiB}, blob(dir / "source"));
    write_file(dir / "out.img", "old");
    struct ::rlimit before {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    ::rlimit lower = before;
    lower.rlim_cur = GENERATE(::rlim_t{2} << 20, ::rlim_t{100}); // met by a write, or by setting the size
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &lower) == 0);
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{2});
    CHECK_THROWS_MATCHES(write(made, sparse_file(dir / "out.img"), {.jobs = jobs}), io_error, says("File too large"));
    CHECK_THROWS_MATCHES(write(made, existing_file(dir / "out.img"), {.jobs = jobs}), io_error, says("File too large"));
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    ::sigset_t pending;
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGXFSZ) == 0);
}

// --- block devices ------------------------------------------------------------------------------------------------

namespace {

/// Ranges of every kind and length that begin and end anywhere, so that their edges share blocks.
image ragged_image(unsigned seed) {
    std::mt19937 random{seed};
    image made{16_MiB};
    const auto generated = std::make_shared<const noise>();
    for (std::uint64_t at = 512; at < (15u << 20);) {
        const bytes size{random() % (random() % 4 == 0 ? 700'000u : 9000u) + 1};
        if (const auto kind = random() % 3; kind == 0) made.place(offset{bytes{at}}, zeros(size));
        else if (kind == 1) made.place(offset{bytes{at}}, imgcompose::generated(generated, size, static_cast<std::uint32_t>(at)));
        at += size.count + (random() % 4 == 0 ? 0 : random() % 5000);
        if (random() % 4 == 0) at = (at + 4095) / 4096 * 4096;
    }
    return made;
}

} // namespace

TEST_CASE("a device with large sectors is zeroed and written directly in whole ones, and its edges otherwise") {
    const temp_dir dir;
    const image made = ragged_image(GENERATE(1u, 2u));
    const std::size_t jobs = GENERATE(std::size_t{1}, std::size_t{3});
    const std::string_view which = GENERATE("as it says", "with sectors larger than pages", "that wants more than it says", "that cannot zero");
    INFO(which);
    write_file(dir / "device", std::string(17 << 20, '\xff'));
    device_calls::options o;
    if (which == "with sectors larger than pages") o.sector_size = o.needed_alignment = 16_KiB;
    if (which == "that wants more than it says") o.needed_alignment = 64_KiB;
    if (which == "that cannot zero") o.zeroes = false;
    device_calls calls{dir / "device", o};
    std::vector<progress> seen;
    {
        const os::replaced_calls replaced{calls};
        write(made, existing_file(dir / "device", {.undefined = undefined_bytes::discard}),
              {.jobs = jobs, .fsync = true, .on_progress = [&](const progress& p) { seen.push_back(p); }});
    }
    CHECK(difference_where_defined(read_file(dir / "device"), made) == "");
    CHECK(read_file(dir / "device").substr(16 << 20) == std::string(1 << 20, '\xff'));
    CHECK(calls.refused <= (o.needed_alignment > o.sector_size ? 3 : 0));
    if (o.needed_alignment == o.sector_size) CHECK(calls.direct_writes >= 1);
    if (o.zeroes) CHECK(calls.zeroed > 3);
    CHECK(seen.back().done == seen.back().total);
    CHECK(seen.back().total == made.size());
}

TEST_CASE("a device is zeroed in pieces that can be told of and stopped between") {
    const temp_dir dir;
    write_file(dir / "device", "");
    std::filesystem::resize_file(dir / "device", 1u << 30);
    image made{1_GiB};
    made.place(offset{4096_B}, zeros(900_MiB));
    device_calls calls{dir / "device"};
    const os::replaced_calls replaced{calls};
    std::stop_source stop;
    bytes done{};
    CHECK_THROWS_AS(write(made, existing_file(dir / "device"),
                          {.jobs = 1, .on_progress = [&](const progress& p) {
                               done = p.done;
                               CHECK(p.total == bytes{900_MiB});
                               if (p.done > bytes{200_MiB}) stop.request_stop();
                           }, .cancel = stop.get_token()}),
                    cancelled);
    CHECK(calls.longest_zeroed <= 64u << 20);
    CHECK(done < bytes{400_MiB});
}

TEST_CASE("another device that came under the name is not written to") {
    const temp_dir dir;
    write_file(dir / "device", std::string(1 << 20, 'x'));
    device_calls calls{dir / "device", {.number = 8}};
    const os::replaced_calls replaced{calls};
    CHECK_THROWS_MATCHES(write(from_text("new"), existing_file(dir / "device")), input_error, says("another file or device now"));
}
