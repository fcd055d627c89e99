// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/ext4/read.hpp>

#include <imgcompose/image/read.hpp>
#include <imgcompose/inspect/compare_trees.hpp>
#include <imgcompose/inspect/open.hpp>
#include <imgcompose/tree/directory.hpp>

#include "made.hpp"
#include <tests/support/catch.hpp>

#include <random>
#include <sstream>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;
using t::word;

namespace {

ic::image bytes_of(std::size_t size) {
    ic::owned_bytes content(size);
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>(i * 31 + i / 251);
    return ic::owned(std::move(content));
}

/// Everything that a tree can have.
ic::tree varied() {
    std::string acl("\2\0\0\0", 4);
    for (const char* entry : {"\1\0\6\0\377\377\377\377", "\2\0\4\0\350\3\0\0", "\4\0\4\0\377\377\377\377",
                              "\20\0\4\0\377\377\377\377", "\40\0\0\0\377\377\377\377"})
        acl.append(entry, 8);
    ic::tree many = t::many_files(700);
    ic::tree made =
        std::move(many) |
        ic::add("/etc/hostname", ic::from_text("box\n"),
                {.uid = 70000,
                 .gid = 80000,
                 .mode = std::uint16_t{0640},
                 .mtime = ic::timestamp{4'000'000'000, 123456789},
                 .xattrs = {{"user.note", "a\0b"}, {"security.x", "1"}}}) |
        ic::add("/empty", ic::image{}, {.mtime = ic::timestamp{-5, 0}}) | ic::add("/big", bytes_of(5'000'001)) |
        ic::add("/acl", ic::from_text("x"), {.xattrs = {{"system.posix_acl_access", acl}}}) |
        ic::add("/large-attribute", ic::from_text("x"), {.xattrs = {{"user.large", std::string(3000, 'v')}}}) |
        ic::add("/own-inode-attribute", ic::from_text("x"), {.xattrs = {{"user.larger", std::string(20000, 'w')}}}) |
        ic::symlink("/short", "target") | ic::symlink("/long", std::string(1000, 'l')) | ic::make_directory("/dev") |
        ic::hard_link("/etc/other-name", "/etc/hostname");
    ic::image holes{300'000_B};
    holes.place(ic::offset{100'000_B}, ic::from_text("in the middle"));
    return std::move(made) | ic::add("/holes", holes);
}

} // namespace

TEST_CASE("a tree that was written to ext4 is read back as it was") {
    const auto block = GENERATE(1024u, 4096u);
    ic::ext4_options options{.label = "READ_BACK"};
    options.block_size = ic::bytes{block};
    const ic::tree before = varied();
    const ic::image disk = ic::standalone(ic::ext4(before, options), ic::bytes{ic::mebibytes{64}});
    const ic::tree after = ic::read_ext4(ic::window{disk});
    auto changes = ic::compare(before, after);
    std::erase_if(changes, [](const auto& c) { return c.path == "/lost+found"; });
    for (const auto& c : changes) UNSCOPED_INFO(c.path << (c.how.empty() ? "" : ": " + c.how.front()));
    CHECK(changes.empty());
}

TEST_CASE("the comparison notices one changed byte, mode and name") {
    const ic::tree before = varied();
    const ic::image disk = ic::standalone(ic::ext4(before), ic::bytes{ic::mebibytes{64}});
    ic::tree after = ic::read_ext4(ic::window{disk}) | ic::with_mode("/empty", 0600) | ic::exclude("/acl");
    const auto changes = ic::compare(before, after);
    CHECK(std::ranges::count(changes, std::string{"/acl"}, &ic::file_change::path) == 1);
    const auto empty = std::ranges::find(changes, std::string{"/empty"}, &ic::file_change::path);
    REQUIRE(empty != changes.end());
    CHECK(empty->how == std::vector<std::string>{"mode: 0644 -> 0600"});
}

TEST_CASE("facts are those that dumpe2fs tells") {
    if (!t::have("dumpe2fs") || !t::have("mke2fs")) {
        WARN("skipped: e2fsprogs are missing");
        return;
    }
    const t::temp_dir dir;
    const std::string path = dir / "fs.img";
    const std::string options =
        GENERATE("-t ext4 -L LABEL -b 4096", "-t ext2 -b 1024", "-t ext3 -b 2048 -m 1",
                 "-t ext4 -O ^64bit,^metadata_csum,quota", "-t ext4 -O bigalloc,meta_bg,^resize_inode",
                 "-t ext4 -I 128 -O ^has_journal", "-t ext4 -O casefold,verity,orphan_file,inline_data");
    REQUIRE(t::run("truncate -s 80M " + word(path) + " && mke2fs -q -F " + options + " " + word(path)).status == 0);
    const auto facts = ic::read_ext4_facts(ic::window{ic::open_disk(path)});
    REQUIRE(facts);
    const std::string told = t::run("dumpe2fs -h " + word(path)).output;
    const auto value = [&](std::string_view name) {
        const auto at = told.find("\n" + std::string{name} + ":");
        const auto begin = told.find_first_not_of(" \t", at + name.size() + 2);
        return told.substr(begin, told.find('\n', begin) - begin);
    };
    std::string names;
    for (const auto& n : ic::names_of(facts->features)) names += (names.empty() ? "" : " ") + n;
    CHECK(names == value("Filesystem features"));
    CHECK(ic::to_string(facts->id) == value("Filesystem UUID"));
    CHECK((facts->label.empty() ? "<none>" : facts->label) == value("Filesystem volume name"));
    CHECK(std::to_string(facts->block_size.count) == value("Block size"));
    CHECK(std::to_string(facts->size / facts->block_size) == value("Block count"));
    CHECK(std::to_string(facts->free / facts->block_size) == value("Free blocks"));
    CHECK(std::to_string(facts->reserved / facts->block_size) == value("Reserved block count"));
    CHECK(std::to_string(facts->inodes) == value("Inode count"));
    CHECK(std::to_string(facts->free_inodes) == value("Free inodes"));
    CHECK(std::to_string(facts->inode_size) == value("Inode size"));
    CHECK(facts->clean == (value("Filesystem state") == "clean"));
    CHECK(facts->checksum_right);
    CHECK_FALSE(facts->has_errors);
}

TEST_CASE("filesystems that mke2fs filled are read as the directory they were filled from") {
    if (!t::have("mke2fs")) {
        WARN("skipped: e2fsprogs are missing");
        return;
    }
    const t::temp_dir dir;
    const std::string path = dir / "fs.img", from = dir / "from";
    t::write_file(from + "/deep/er/file", std::string(100'000, 'q') + "end");
    t::write_file(from + "/x", "");
    t::write_file(from + "/name with blanks", "1");
    for (int i = 0; i < 300; ++i) t::write_file(from + "/many/file number " + std::to_string(i), std::to_string(i));
    t::run("cd " + word(from) +
           " && ln -s deep/er/file link && ln x x2 && mkfifo f && chmod 4751 x && mknod c c 5 1; mknod b b 259 70000");
    t::run("dd if=/dev/urandom of=" + word(from + "/random") + " bs=1000 count=20000");
    const std::string options =
        GENERATE("-t ext4", "-t ext2 -b 1024", "-t ext3 -b 2048", "-t ext4 -O ^64bit,^flex_bg -g 1024 -b 1024",
                 "-t ext4 -O meta_bg,^resize_inode -b 1024", "-t ext4 -I 128", "-t ext4 -O ea_inode,large_dir");
    REQUIRE(
        t::run("truncate -s 80M " + word(path) + " && mke2fs -q -F " + options + " -d " + word(from) + " " + word(path))
            .status == 0);
    auto changes = ic::compare(ic::directory(from), ic::read_ext4(ic::window{ic::open_disk(path)}));
    std::erase_if(changes, [](const auto& c) { // mke2fs writes no nanoseconds and gives the top directory its own time
        std::erase_if(const_cast<std::vector<std::string>&>(c.how),
                      [](const std::string& h) { return h.starts_with("mtime"); });
        return c.path == "/lost+found" || c.path == "/" || (c.what == ic::file_change::kind::changed && c.how.empty());
    });
    for (const auto& c : changes) UNSCOPED_INFO(c.path << (c.how.empty() ? " added or removed" : ": " + c.how.front()));
    CHECK(changes.empty());
}

TEST_CASE("what is no ext4 is told apart") {
    CHECK_FALSE(ic::read_ext4_facts(ic::window{ic::zeros(1_MiB)}));
    CHECK_FALSE(ic::read_ext4_facts(ic::window{ic::image{100_B}}));
    CHECK_THROWS_MATCHES(ic::read_ext4(ic::window{ic::zeros(1_MiB)}), ic::format_error,
                         t::says("magic number is missing"));
}

TEST_CASE("a feature that cannot be read is named") {
    const ic::image disk = ic::standalone(ic::ext4(ic::tree{}), ic::bytes{ic::mebibytes{8}});
    ic::owned_bytes raw = ic::read_all(disk);
    raw[1024 + 0x60 + 2] |= std::byte{1}; // encrypt
    CHECK_THROWS_MATCHES(ic::read_ext4(ic::window{ic::owned(raw)}), ic::format_error, t::says("encrypt"));
}

TEST_CASE("a truncated filesystem is damaged, not a crash") {
    const ic::image disk = ic::standalone(ic::ext4(varied()), ic::bytes{ic::mebibytes{64}});
    const ic::window whole{disk};
    for (const std::uint64_t size : {0u, 1024u, 2047u, 2048u, 4096u, 100'000u, 1'000'000u})
        CHECK_THROWS_AS(ic::read_ext4(whole.part(ic::offset{}, ic::bytes{size})), ic::format_error);
}

TEST_CASE("damaged filesystems end in a tree or in an error that says so") {
    ic::ext4_options options;
    options.block_size = ic::bytes{1024};
    options.journal = ic::no_journal;
    const ic::image disk = ic::standalone(
        ic::ext4(t::many_files(60) | ic::add("/a/b", bytes_of(3000)) | ic::symlink("/l", std::string(100, 's')) |
                     ic::add("/x", ic::from_text("x"), {.xattrs = {{"user.a", std::string(400, 'b')}}}),
                 options),
        ic::bytes{ic::mebibytes{2}});
    const ic::owned_bytes sound = ic::read_all(disk);
    // What matters is at the front: superblock, descriptors, the first inodes and directories.
    std::vector<std::size_t> used;
    for (std::size_t at = 1024; at < sound.size(); ++at)
        if (sound[at] != std::byte{}) used.push_back(at);
    std::mt19937 random{20240607}; // NOLINT: the same every time
    int trees = 0, errors = 0;
    for (int round = 0; round < 1500; ++round) {
        ic::owned_bytes raw = sound;
        for (int changes = 1 + static_cast<int>(random() % 8); changes > 0; --changes) {
            const std::size_t limit = round % 3 == 0 ? std::min<std::size_t>(used.size(), 400) : used.size();
            raw[used[random() % limit]] = static_cast<std::byte>(round % 5 == 0 ? 0xff : random());
        }
        try {
            const ic::tree found = ic::read_ext4(ic::window{ic::owned(std::move(raw))});
            for (const auto& i : found.inodes()) (void)ic::content_of(found, i);
            ++trees;
        } catch (const ic::error&) {
            ++errors;
        }
    }
    CHECK(trees > 100);
    CHECK(errors > 100);
}
