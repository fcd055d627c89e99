// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/archive/contents.hpp>

#include <imgcompose/archive.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/os/faulty.hpp>
#include <imgcompose/os/native.hpp>
#include <imgcompose/tree/content.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/tree/merge.hpp>
#include <imgcompose/write/rebuild.hpp>
#include <tests/archive/made_by_hand.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run_in.hpp>
#include <tests/tree/listed.hpp>

#include <cstdlib>

namespace ic = imgcompose;
using namespace imgcompose_test;
using namespace ic::literals;

namespace {
std::string content(const ic::tree& t, std::string_view path) {
    const auto all = ic::read_all(ic::content_of(t, inode_at(t, path)));
    return {reinterpret_cast<const char*>(all.data()), all.size()};
}
/// Different at each position.
std::string numbered_text(std::size_t size, char seed) {
    std::string s(size, '\0');
    for (std::size_t i = 0; i < size; ++i) s[i] = static_cast<char>(static_cast<std::size_t>(seed) + i / 251 + i * 7);
    return s;
}
} // namespace

TEST_CASE("what lies in an archive as it is is read from there when the image is, and packed contents from an unnamed file") {
    const temp_dir dir;
    const std::string small = numbered_text(5, 'a'), large = numbered_text(3'000'001, 'b'), middle = numbered_text(70'000, 'c');
    const std::string archive = tar_of({{.name = "small", .content = small}, {.name = "large", .content = large}, {.name = "empty"},
                                        {.name = "middle", .content = middle}});
    write_file(dir / "x.tar", archive);
    const auto t = ic::archive(dir / "x.tar");
    REQUIRE(t.files().size() == 1);
    CHECK(t.images().empty());
    for (const auto& [path, expected] : {std::pair{"/small", small}, std::pair{"/large", large}, std::pair{"/middle", middle}}) {
        const auto& i = inode_at(t, path);
        CHECK(t.files().front()->path_of(i.content) == dir / "x.tar");
        CHECK(archive.substr(i.from, i.size) == expected);
        CHECK(content(t, path) == expected);
    }
    CHECK(content(t, "/empty").empty());

    if (have("gzip")) {
        require_success(dir, "gzip -k x.tar && mkdir spool");
        auto packed = ic::archive(dir / "x.tar.gz", {.unpack_in = dir / "spool"});
        CHECK(std::filesystem::is_empty(dir / "spool"));
        std::filesystem::remove(dir / "x.tar.gz");
        packed = ic::merge(ic::tree{}, packed); // what the file belongs to may go
        CHECK(packed.files().front()->path_of(inode_at(packed, "/large").content) == dir / "x.tar.gz (unpacked)");
        CHECK(content(packed, "/small") == small);
        CHECK(content(packed, "/large") == large);
        CHECK(content(packed, "/middle") == middle);
    }
    std::filesystem::last_write_time(dir / "x.tar", std::filesystem::file_time_type{});
    CHECK_THROWS_MATCHES(content(t, "/small"), ic::input_error, says("x.tar changed since the image was planned"));
}

TEST_CASE("to read what an archive has costs no call for each file, and large contents are passed over") {
    const temp_dir dir;
    std::vector<tar_member> members;
    for (int i = 0; i < 5000; ++i) members.push_back({.name = std::to_string(i), .content = "x"});
    write_file(dir / "small.tar", tar_of(members));
    write_file(dir / "large.tar", to_tar({.name = "a", .content = std::string(64 << 20, 'x')}) + to_tar({.name = "b"}) + end_of_tar);
    auto before = ic::os::calls_made();
    CHECK(ic::archive(dir / "small.tar").entries().size() == 5000);
    CHECK((ic::os::calls_made() - before).all() < 50);
    before = ic::os::calls_made();
    const auto t = ic::archive(dir / "large.tar");
    CHECK((ic::os::calls_made() - before).all() < 20);
    CHECK(inode_at(t, "/a").size == 64 << 20);
}

TEST_CASE("a member that ends behind the archive is refused, and so are sizes that nothing has") {
    const temp_dir dir;
    const auto refused = [&](const std::string& archive, const std::string& why) {
        write_file(dir / "x.tar", archive);
        CHECK_THROWS_MATCHES(ic::archive(dir / "x.tar"), ic::format_error, says("x.tar") && says(why));
    };
    refused(to_tar({.name = "f", .content = "123", .size = "77777777777"}) + end_of_tar, "member \"f\": the archive ends within it");
    refused(pax({{"size", "9223372036854775807"}}) + to_tar({.name = "f", .content = "1"}) + end_of_tar, "");
    refused(to_tar({.name = "f", .size = base_256(std::int64_t{1} << 62).insert(1, 4, '\0')}) + end_of_tar, "");
    refused(to_tar({.name = "f", .content = "123", .size = std::string(4, '\xff') + base_256(-1)}) + end_of_tar, "");
}

TEST_CASE("holes are those of the directory the archive was made of, in every form that they have in one") {
    const temp_dir dir;
    require_success(dir, "mkdir s && cd s && truncate -s 1T hole && truncate -s 3M mixed && printf x | dd of=mixed bs=1 seek=1048576 conv=notrunc "
                         "status=none && printf y | dd of=mixed bs=1 seek=3145727 conv=notrunc status=none && head -c 200000 /dev/urandom >full && "
                         "cp full begun && truncate -s 9M begun && find . -exec touch -d @1000 {} +");
    const auto expected = ic::directory(dir / "s");
    if (!ic::tree::is_sparse(inode_at(expected, "/mixed"))) {
        WARN("skipped: no holes on this filesystem");
        return;
    }
    const std::string form = GENERATE("--format=gnu", "--format=posix --sparse-version=0.0", "--format=posix --sparse-version=0.1",
                                      "--format=posix --sparse-version=1.0");
    INFO(form);
    require_success(dir, "tar " + form + " --sparse -C s -cf x.tar . && gzip -k x.tar");
    for (const char* name : {"x.tar", "x.tar.gz"}) {
        const auto t = ic::archive(dir / name);
        CHECK(inode_at(t, "/hole").size == std::uint64_t{1} << 40);
        for (const char* path : {"/hole", "/mixed", "/full", "/begun"}) {
            std::vector<ic::data_range> ours, theirs;
            t.for_each_data_range(inode_at(t, path), [&](const ic::data_range& r) { ours.push_back(r); });
            expected.for_each_data_range(inode_at(expected, path), [&](const ic::data_range& r) { theirs.push_back(r); });
            CHECK(ours == theirs);
            if (path != std::string_view{"/hole"}) CHECK(content(t, path) == content(expected, path));
        }
    }
}

TEST_CASE("absurd maps of holes are refused or lead to no more than they say") {
    const temp_dir dir;
    const auto sparse = [&](const std::string& map, const std::string& size, const std::string& content) {
        write_file(dir / "x.tar", pax({{"GNU.sparse.size", size}, {"GNU.sparse.numblocks", "2"}, {"GNU.sparse.map", map}}) +
                                      to_tar({.name = "f", .content = content}) + end_of_tar);
        return ic::archive(dir / "x.tar");
    };
    const std::string data(1024, 'x');
    CHECK(inode_at(sparse("0,512,8192,512", "100000", data), "/f").size == 100000);
    CHECK(inode_at(sparse("0,512,9000000000000000,512", "9100000000000000", data), "/f").size == 9100000000000000);
    CHECK_THROWS_AS(sparse("8192,512,0,512", "100000", data), ic::error);
    CHECK_THROWS_AS(sparse("0,512,256,512", "100000", data), ic::error);
    CHECK_THROWS_AS(sparse("0,512,8192,512", "1000", data), ic::error);
    CHECK_THROWS_AS(sparse("0,512,9223372036854775807,512", "9223372036854775807", data), ic::error);
    CHECK_THROWS_AS(sparse("0,-5,8192,512", "10000", data), ic::error);
}

TEST_CASE("where there are no unnamed files one loses its name at once; a full disk is told") {
    if (!have("gzip")) {
        WARN("skipped: gzip not found");
        return;
    }
    class no_unnamed final : public ic::os::linux_calls {
        ic::os::answer open(ic::os::handle in, const char* name, ic::os::open_mode mode) override {
            if (mode == ic::os::open_mode::create_unnamed) return -static_cast<ic::os::answer>(std::errc::operation_not_supported);
            return linux_calls::open(in, name, mode);
        }
    };
    const temp_dir dir;
    write_file(dir / "x.tar", tar_of({{.name = "f", .content = numbered_text(2'000'000, 'f')}, {.name = "g", .content = "1"}}));
    require_success(dir, "gzip x.tar && mkdir spool && touch spool/.imgcompose-0.unpacked");
    {
        no_unnamed calls;
        const ic::os::replaced_calls replaced{calls};
        const auto t = ic::archive(dir / "x.tar.gz", {.unpack_in = dir / "spool"});
        CHECK(content(t, "/f") == numbered_text(2'000'000, 'f'));
        CHECK(run("ls -A " + imgcompose_test::quoted(dir / "spool")).output == ".imgcompose-0.unpacked\n");
    }
    CHECK_THROWS_MATCHES(ic::archive(dir / "x.tar.gz", {.unpack_in = dir / "nowhere"}), ic::io_error, says("nowhere"));
    const char* const named = std::getenv("TMPDIR");
    const std::string before = named == nullptr ? "" : named;
    ::setenv("TMPDIR", (dir / "gone").c_str(), 1);
    CHECK_THROWS_MATCHES(ic::archive(dir / "x.tar.gz"), ic::io_error, says("$TMPDIR"));
    if (named != nullptr) ::setenv("TMPDIR", before.c_str(), 1);
    else ::unsetenv("TMPDIR");
    int failures = 0;
    for (std::uint64_t n = 0;; ++n) { // whatever call fails
        ic::os::faulty_calls faulty{{.fails_at = n, .error = std::errc::no_space_on_device}};
        try {
            const ic::os::replaced_calls replaced{faulty};
            const auto t = ic::archive(dir / "x.tar.gz", {.unpack_in = dir / "spool"});
            if (faulty.has_failed()) CHECK(content(t, "/f") == numbered_text(2'000'000, 'f')); // it did without
        } catch (const ic::io_error& e) {
            ++failures;
            CHECK(std::string{e.what()}.find(dir.path().string()) != std::string::npos);
        }
        if (!faulty.has_failed()) break;
    }
    CHECK(failures >= 5);
}

TEST_CASE("a plan that is saved knows what came from the archive itself, and nothing of what was unpacked") {
    const temp_dir dir;
    write_file(dir / "x.tar", tar_of({{.name = "f", .content = numbered_text(10'000, 'f')}, {.name = "g", .content = numbered_text(10'000, 'g')}}));
    require_success(dir, "gzip -k x.tar && sleep 2.1"); // what changed just before it was planned may change again
    const auto ranges = [&](const char* name) {
        const auto t = ic::archive(dir / name);
        ic::image all{40'000_B};
        const auto sources = t.add_sources_to(all);
        std::uint64_t place = 0;
        for (const char* path : {"/g", "/f"}) {
            t.for_each_extent(inode_at(t, path), sources, [&](ic::extent e) {
                e.at = ic::offset{ic::bytes{place}};
                all.append(e);
            });
            place += 20'000;
        }
        write_file(dir / "image", "x");
        return ic::plan_of(all, dir / "image").ranges;
    };
    const auto of_archive = ranges("x.tar");
    REQUIRE(of_archive.size() == 2);
    CHECK(of_archive[0].key != of_archive[1].key);
    CHECK(ranges("x.tar.gz").empty());
}
