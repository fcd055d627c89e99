// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/fat/read.hpp>

#include <imgcompose/fs/fat/fat.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/inspect/compare_trees.hpp>
#include <imgcompose/inspect/open.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/tree/steps.hpp>

#include "made.hpp"
#include <tests/support/catch.hpp>

#include <algorithm>
#include <random>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;
using t::word;

namespace {

t::made_files varied() {
    t::made_files files;
    const auto file = [&](std::string path, std::string content) {
        files.push_back({std::move(path), std::move(content), 1'700'000'002});
    };
    file("/Image", std::string(300'001, 'k'));
    file("/empty", "");
    file("/lower.txt", "1");
    file("/Mixed Case and long.extension", "2");
    file("/\xc3\xa4\xc3\xb6 \xe2\x98\x83.txt", "3");
    file("/thirteen.chars", "exactly one long entry");
    file("/a/b/c/deep", std::string(5000, 'd'));
    for (int i = 0; i < 200; ++i) file("/many/file number " + std::to_string(i), std::to_string(i));
    return files;
}

ic::recipe recipe_of(const t::made_files& files, ic::fat_type type = ic::fat_type::automatic) {
    ic::fat_options options{.label = "READ BACK"};
    options.type = type;
    options.volume_id = 0x1234abcd;
    return ic::fat(t::tree_of(files), options);
}

/// Without what FAT does not keep: the top directory's time, and the times of directories that nobody set.
std::vector<ic::file_change> changes(const ic::tree& before, const ic::tree& after) {
    auto found = ic::compare(before, after);
    for (auto& c : found)
        std::erase_if(c.how, [](const std::string& h) { return h.starts_with("mtime: 0 ->") || h.starts_with("owner"); });
    std::erase_if(found, [](const auto& c) {
        return (c.what == ic::file_change::kind::changed && c.how.empty()) || c.path == "/";
    });
    for (const auto& c : found) UNSCOPED_INFO(c.path << (c.how.empty() ? " added or removed" : ": " + c.how.front()));
    return found;
}

} // namespace

TEST_CASE("a tree that was written to FAT is read back as it was") {
    const auto [type, size] = GENERATE(std::pair{ic::fat_type::fat12, ic::bytes{ic::mebibytes{4}}},
                                       std::pair{ic::fat_type::fat16, ic::bytes{ic::mebibytes{32}}},
                                       std::pair{ic::fat_type::fat32, ic::bytes{ic::mebibytes{300}}});
    const ic::window disk{ic::standalone(recipe_of(varied(), type), size)};
    const auto facts = ic::read_fat_facts(disk);
    REQUIRE(facts);
    CHECK(facts->geometry.type == type);
    CHECK(facts->label == "READ BACK");
    CHECK(facts->volume_id == 0x1234abcd);
    CHECK(facts->clean);
    CHECK(facts->size() <= size);
    CHECK(changes(t::tree_of(varied()), ic::read_fat(disk)).empty());
}

TEST_CASE("what mtools put into filesystems of mkfs.vfat is read, and counted as fsck.vfat counts it") {
    if (!t::have("mkfs.vfat") || !t::have("mcopy") || !t::have("fsck.vfat")) {
        WARN("skipped: dosfstools or mtools are missing");
        return;
    }
    const t::temp_dir dir;
    const std::string path = dir / "fs.img", from = dir / "from";
    t::make_folder(varied(), from);
    const std::string how = GENERATE("-F 12 -C IMG 4000", "-F 16 -C IMG 32000", "-F 32 -C IMG 80000",
                                     "-F 32 -S 4096 -C IMG 800000", "-F 16 -f 1 -r 1024 -C IMG 32000");
    std::string make = "mkfs.vfat -n 'OF OTHERS' -i 89abcdef " + how;
    make.replace(make.find("IMG"), 3, word(path));
    REQUIRE(t::run(make).status == 0);
    REQUIRE(t::run("cd " + word(from) + " && LC_ALL=C.UTF-8 mcopy -smQi " + word(path) + " * ::/").status ==
            0);
    const ic::window disk{ic::open_disk(path)};
    const auto facts = ic::read_fat_facts(disk);
    REQUIRE(facts);
    CHECK(facts->label == "OF OTHERS");
    CHECK(facts->volume_id == 0x89abcdef);
    // "fs.img: 207 files, 280/3963 clusters"
    const std::string told = t::run("fsck.vfat -vn " + word(path)).output;
    const std::string counted = std::to_string(facts->geometry.clusters - facts->free_clusters) + "/" +
                                std::to_string(facts->geometry.clusters) + " clusters";
    INFO(told);
    CHECK(told.find(" " + counted) != std::string::npos);
    auto found = changes(t::tree_of(varied()), ic::read_fat(disk));
    std::erase_if(found, [](const auto& c) {
        return c.what == ic::file_change::kind::changed &&
               std::ranges::all_of(c.how, [](const auto& h) { return h.starts_with("mtime"); });
    });
    CHECK(found.empty());
}

TEST_CASE("what is no FAT is told apart") {
    CHECK_FALSE(ic::read_fat_facts(ic::window{ic::zeros(1_MiB)}));
    CHECK_FALSE(ic::read_fat_facts(ic::window{ic::image{100_B}}));
    ic::owned_bytes raw = ic::read_all(ic::standalone(recipe_of({}), ic::bytes{ic::mebibytes{4}}));
    raw[510] = std::byte{};
    CHECK_FALSE(ic::read_fat_facts(ic::window{ic::owned(raw)}));
    CHECK_THROWS_MATCHES(ic::read_fat(ic::window{ic::owned(raw)}), ic::format_error, t::says("boot sector is missing"));
    raw[510] = std::byte{0x55}, raw[13] = std::byte{3}; // sectors of a cluster
    CHECK_FALSE(ic::read_fat_facts(ic::window{ic::owned(raw)}));
}

TEST_CASE("a chain that comes back to itself, leaves or ends early is damage that names the file") {
    const ic::fat_options options{.type = ic::fat_type::fat16};
    const ic::image disk = ic::standalone(ic::fat(t::tree_of({{"/victim", std::string(20'000, 'v')}}), options),
                                          ic::bytes{ic::mebibytes{32}});
    const auto facts = ic::read_fat_facts(ic::window{disk});
    REQUIRE(facts);
    const auto with = [&](std::uint16_t entry) {
        ic::owned_bytes raw = ic::read_all(disk);
        const std::size_t fat = facts->geometry.reserved * facts->geometry.sector;
        raw[fat + 4] = static_cast<std::byte>(entry & 0xff), raw[fat + 5] = static_cast<std::byte>(entry >> 8);
        return ic::read_fat(ic::window{ic::owned(std::move(raw))});
    };
    CHECK_NOTHROW(with(3));
    CHECK_THROWS_MATCHES(with(2), ic::format_error, t::says("comes back to itself (\"victim\")"));
    CHECK_THROWS_MATCHES(with(0xfff0), ic::format_error, t::says("leads out of it (\"victim\")"));
    CHECK_THROWS_MATCHES(with(0xffff), ic::format_error, t::says("fewer clusters than its size needs (\"victim\")"));
}

TEST_CASE("a truncated filesystem is damaged, not a crash") {
    const ic::window whole{ic::standalone(recipe_of(varied(), ic::fat_type::fat16), ic::bytes{ic::mebibytes{32}})};
    for (const std::uint64_t size : {512u, 4096u, 20'000u, 200'000u})
        CHECK_THROWS_AS(ic::read_fat(whole.part(ic::offset{}, ic::bytes{size})), ic::format_error);
}

TEST_CASE("damaged filesystems end in a tree or in an error that says so") {
    t::made_files files = varied();
    files.resize(60);
    files.front().content.resize(3000);
    const ic::owned_bytes sound =
        ic::read_all(ic::standalone(recipe_of(files, ic::fat_type::fat12), ic::bytes{ic::mebibytes{2}}));
    std::vector<std::size_t> used;
    for (std::size_t at = 0; at < sound.size(); ++at)
        if (sound[at] != std::byte{}) used.push_back(at);
    std::mt19937 random{20240608}; // the same every time
    int trees = 0, errors = 0;
    for (int round = 0; round < 2000; ++round) {
        ic::owned_bytes raw = sound;
        for (int n = 1 + static_cast<int>(random() % 6); n > 0; --n) {
            const std::size_t limit = round % 3 == 0 ? std::min<std::size_t>(used.size(), 300) : used.size();
            raw[used[random() % limit]] = static_cast<std::byte>(round % 5 == 0 ? 0xff : random());
        }
        try {
            (void)ic::read_fat(ic::window{ic::owned(std::move(raw))});
            ++trees;
        } catch (const ic::error&) {
            ++errors;
        }
    }
    CHECK(trees > 100);
    CHECK(errors > 100);
}

TEST_CASE("times of FAT are read as UTC, and impossible ones as the first there is") {
    for (const std::int64_t seconds : {315532800LL, 1'700'000'002LL, 4354819198LL}) {
        const ic::fat_time at = ic::fat_time_of({seconds, 0});
        CHECK(ic::timestamp_of(at.date, at.time) == ic::timestamp{seconds, 0});
    }
    CHECK(ic::timestamp_of(0, 0).seconds == 315532800);
    CHECK(ic::timestamp_of(0x21, 0xffff).seconds == 315532800);
}
