// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/archive/stream.hpp>

#include <imgcompose/archive.hpp>
#include <tests/archive/made_by_hand.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run_in.hpp>
#include <tests/tree/listed.hpp>

#include <clocale>
#include <limits>

namespace ic = imgcompose;
using namespace imgcompose_test;

namespace {
/// "tree", or the message of the error; anything else than our errors goes on.
std::string outcome(const std::filesystem::path& archive) {
    try {
        const auto t = ic::archive(archive);
        for (const auto& i : t.inodes()) // what it says can be asked, too
            t.for_each_data_range(i, [&](const ic::data_range& r) { REQUIRE((r.at + r.size).count <= i.size); });
        return "tree";
    } catch (const ic::format_error& e) {
        return e.what();
    } catch (const ic::input_error& e) {
        return e.what();
    } catch (const ic::layout_error& e) {
        return e.what();
    }
}
} // namespace

TEST_CASE("the blocks of a member say where the archive file has them") {
    const temp_dir dir;
    const std::string archive = to_tar({.name = "a", .content = std::string(700'000, 'a')}) + to_tar({.name = "b", .content = "b"}) + end_of_tar;
    write_file(dir / "x.tar", archive);
    ic::detail::archive_stream stream{dir / "x.tar"};
    std::size_t members = 0, blocks = 0;
    while (auto* const e = stream.next()) {
        ++members;
        CHECK(stream.stores_in_one_piece());
        CHECK(stream.where() == std::string{"member \""} + ::archive_entry_pathname(e) + '"');
        while (const auto b = stream.next_block()) {
            ++blocks;
            REQUIRE(b->stored);
            CHECK(archive.compare(*b->stored, b->content.size(), reinterpret_cast<const char*>(b->content.data()), b->content.size()) == 0);
        }
    }
    CHECK(members == 2);
    CHECK(blocks >= 4);
}

TEST_CASE("every packing that this libarchive unpacks by itself gives the same tree") {
    const auto& [program, ending] = GENERATE(std::pair{"gzip", ".gz"}, std::pair{"xz", ".xz"}, std::pair{"zstd -q", ".zst"},
                                             std::pair{"bzip2", ".bz2"}, std::pair{"lz4 -q", ".lz4"});
    const std::string name = std::string{program}.substr(0, std::string{program}.find(' '));
    if (!have(name)) {
        WARN("skipped: " << name << " not found");
        return;
    }
    const temp_dir dir;
    require_success(dir, "mkdir -p s/d && seq 100000 >s/d/f && echo 1 >s/g && ln s/g s/h && tar -C s -cf x.tar . && " +
                             std::string{program} + " <x.tar >x.tar" + ending);
    CHECK(listed(ic::archive(dir / ("x.tar" + std::string{ending}))) == listed(ic::archive(dir / "x.tar")));
}

TEST_CASE("what is no archive is refused with what could be read") {
    const temp_dir dir;
    const auto refused = [&](const std::string& content) {
        write_file(dir / "x", content);
        CHECK_THROWS_MATCHES(ic::archive(dir / "x"), ic::format_error,
                             says("x is none of the archives that can be read: tar, cpio and zip") && says("gzip"));
    };
    refused("");
    refused("hello\n");
    refused(std::string(100'000, 'x'));
    write_file(dir / "z", "PK\3\4 and nothing of a zip");
    CHECK_THROWS_MATCHES(ic::archive(dir / "z"), ic::format_error, says("/z"));
    CHECK_THROWS_MATCHES(ic::archive(dir / "none"), ic::io_error, says("none"));
    CHECK_THROWS_MATCHES(ic::archive(dir.path()), ic::input_error, says("is a directory; an archive has to be a regular file"));
    // An mtree names files of the host.
    write_file(dir / "m", "#mtree\n./passwd type=file contents=/etc/passwd\n");
    CHECK_THROWS_MATCHES(ic::archive(dir / "m"), ic::format_error, says("none of the archives"));
}

TEST_CASE("an archive that is cut off anywhere is an error, never less of a tree") {
    const temp_dir dir;
    require_success(dir, "mkdir -p s/d && head -c 3000 /dev/urandom >s/d/f && echo 1 >s/g && ln s/g s/h && ln -s g s/l && truncate -s 1M s/sparse && "
                         "echo 1 >>s/sparse; setfattr -n user.x -v 1 s/g; "
                         "tar --format=posix --xattrs --sparse -C s -cf x.tar . && echo 2 >s/$(printf 'n%.0s' $(seq 120)) && tar --format=gnu --exclude=sparse -C s -cf y.tar . && "
                         "gzip -k x.tar");
    for (const char* name : {"x.tar", "y.tar", "x.tar.gz"}) {
        const std::string whole = read_file(dir / name);
        std::size_t last = whole.size(); // of what has to be there
        if (!std::string_view{name}.ends_with("gz"))
            while (whole[last - 1] == '\0') --last;
        int errors = 0;
        for (std::size_t size = 0; size < whole.size(); size += std::string_view{name}.ends_with("gz") ? 61 : 100) {
            write_file(dir / "cut", std::string_view{whole}.substr(0, size));
            const std::string said = outcome(dir / "cut");
            if (said != "tree") ++errors;
            if (size < last) {
                INFO(name << " cut to " << size << " of " << whole.size());
                CHECK(said != "tree");
                CHECK(said.find("/cut") != std::string::npos);
            }
        }
        CHECK(errors > 20);
        CHECK(outcome(dir / name) == "tree");
    }
    const std::string plain = to_tar({.name = "f", .content = "1"});
    write_file(dir / "x", plain);
    CHECK_THROWS_MATCHES(ic::archive(dir / "x"), ic::format_error, says("ends behind member \"f\" without the mark that ends an archive"));
}

TEST_CASE("a cpio or zip that is cut off is an error") {
    if (!have("cpio") || !have("zip")) {
        WARN("skipped: cpio or zip not found");
        return;
    }
    const temp_dir dir;
    require_success(dir, "mkdir s && cd s && seq 3000 >f && echo 1 >g && ln -s g l && find . | cpio -o -H newc --quiet >../x.cpio && zip -qry ../x.zip .");
    for (const char* name : {"x.cpio", "x.zip"}) {
        const std::string whole = read_file(dir / name);
        CHECK(outcome(dir / name) == "tree");
        const std::size_t last = std::string_view{name} == "x.zip" ? whole.size() : whole.find("TRAILER!!!");
        for (std::size_t size = 0; size < last; size += 50) {
            write_file(dir / "cut", std::string_view{whole}.substr(0, size));
            INFO(name << " cut to " << size << " of " << whole.size());
            CHECK(outcome(dir / "cut") != "tree");
        }
    }
}

TEST_CASE("damaged archives are an error or another tree") {
    const temp_dir dir;
    require_success(dir, "mkdir -p s/d && echo hello >s/d/f && echo 1 >s/g && ln s/g s/h && ln -s g s/l && truncate -s 1M s/sparse && echo 1 >>s/sparse; "
                         "setfattr -n user.x -v 1 s/g; cd s; tar --format=posix --xattrs --sparse -cf ../x.tar . && "
                         "find . | cpio -o -H newc --quiet >../x.cpio; zip -qry ../x.zip . ; true");
    for (const char* name : {"x.tar", "x.cpio", "x.zip"}) {
        if (!std::filesystem::exists(dir / name)) continue;
        const std::string whole = read_file(dir / name);
        unsigned random = 1;
        for (int i = 0; i < 400; ++i) {
            std::string damaged = whole;
            for (int flips = 0; flips < 1 + i % 3; ++flips) {
                random = random * 1664525 + 1013904223;
                damaged[random % std::min<std::size_t>(damaged.size(), 20000)] ^= static_cast<char>(1 + (random >> 24) % 255);
            }
            write_file(dir / "damaged", damaged);
            CHECK_FALSE(outcome(dir / "damaged").empty());
        }
    }
}

TEST_CASE("names and errors do not depend on the locale, which stays as it was") {
    const temp_dir dir;
    write_file(dir / "x.tar", pax({{"path", "e\xcc\x81"}}) + to_tar({.name = "1"}) + pax({{"path", "\xe9"}}) + to_tar({.name = "2"}) + end_of_tar);
    const std::string before = std::setlocale(LC_ALL, nullptr);
    const ::locale_t of_thread = ::uselocale(nullptr);
    for (const char* locale : {"C", "C.UTF-8", "de_DE.ISO-8859-1"}) {
        std::setlocale(LC_ALL, locale);
        CHECK(paths_of(ic::archive(dir / "x.tar")) == std::vector<std::string>{"/e\xcc\x81", "/\xe9"});
    }
    std::setlocale(LC_ALL, before.c_str());
    CHECK(::uselocale(nullptr) == of_thread);
    CHECK_THROWS(ic::archive(dir / "none"));
    CHECK(::uselocale(nullptr) == of_thread);
}
