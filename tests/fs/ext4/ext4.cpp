// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/ext4/ext4.hpp>

#include <imgcompose/image/read.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <tests/fs/ext4/made.hpp>
#include <tests/support/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace imgcompose;
using namespace imgcompose_test;

TEST_CASE("an empty tree is a filesystem", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir.path() / "fs";
    make_file(ext4({}), smallest, path);
    CHECK(complaints(path) == "");
    make_file(ext4({}, {.label = "sixteen_bytes_16"}), 64_MiB, path);
    CHECK(complaints(path) == "");
}

TEST_CASE("every block size and feature is sound, smallest and with room", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir.path() / "fs";
    const tree content = mixed_tree();
    const auto block = GENERATE(bytes{1024}, bytes{2048}, bytes{4096});
    const ext4_features without[] = {{},
                                     {.metadata_csum = false},
                                     {.bits64 = false},
                                     {.flex_bg = false},
                                     {.sparse_super = false},
                                     {.resize_inode = false},
                                     {.dir_index = false},
                                     {.metadata_csum = false, .bits64 = false, .flex_bg = false}};
    for (std::size_t i = 0; i < std::size(without); ++i)
        for (const size_rule& size : {smallest, size_rule{300_MiB}}) {
            INFO("block size " << block.count << ", features " << i);
            make_file(ext4(content, {.block_size = block, .features = without[i]}), size, path);
            CHECK(complaints(path) == "");
        }
    make_file(ext4(content, {.block_size = block, .inode_size = 512, .journal = no_journal}), size_rule{100_GiB}, path);
    CHECK(complaints(path) == "");
}

TEST_CASE("holes stay holes for Linux and are written out for the vendor's U-Boot", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir.path() / "fs";
    image sparse{bytes{1 << 20}};
    sparse.place(offset{bytes{40960}}, from_text("data"));
    const auto blocks = [&](reader r) {
        make_file(ext4(tree{} | add("/f", sparse), {.readable_by = r}), smallest_plus_percent(10), path);
        CHECK(complaints(path) == "");
        return run("debugfs -R 'stat /f' " + word(path)).output;
    };
    CHECK(blocks(linux_kernel).find("Blockcount: 8\n") != std::string::npos);
    CHECK(blocks(u_boot_2017).find("Blockcount: 2048\n") != std::string::npos);
}

TEST_CASE("a file that begins with data and ends with a hole has only the blocks of its data", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir.path() / "fs";
    image ends_with_hole{bytes{1 << 20}}, only_hole{bytes{1 << 20}};
    ends_with_hole.place(offset{}, from_text("data"));
    const tree content = tree{} | add("/a", ends_with_hole) | add("/b", only_hole) | add("/c", from_text("behind them"));
    make_file(ext4(content), smallest, path);
    CHECK(complaints(path) == "");
    CHECK(run("debugfs -R 'stat /a' " + word(path)).output.find("Blockcount: 8\n") != std::string::npos);
    CHECK(run("debugfs -R 'stat /b' " + word(path)).output.find("Blockcount: 0\n") != std::string::npos);
    CHECK(run("debugfs -R 'cat /c' " + word(path)).output.find("behind them") != std::string::npos);
}

TEST_CASE("large directories are hash trees that debugfs follows", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir.path() / "fs";
    SECTION("of one level") {
        make_file(ext4(many_files(20000)), smallest, path);
        CHECK(complaints(path) == "");
        const auto dump = run("debugfs -R 'htree_dump /many' " + word(path)).output;
        CHECK(dump.find("Indirect levels: 0") != std::string::npos);
        CHECK(dump.find("Hash Version: 1") != std::string::npos);
    }
    SECTION("of two levels") {
        make_file(ext4(many_files(30000), {.block_size = bytes{1024}}), smallest, path);
        CHECK(complaints(path) == "");
        CHECK(run("debugfs -R 'htree_dump /many' " + word(path)).output.find("Indirect levels: 1") !=
              std::string::npos);
    }
    SECTION("of three levels, where that is allowed") {
        const tree content = many_files(150000, std::string(100, 'l'));
        CHECK_THROWS_MATCHES(
            ext4(content, {.block_size = bytes{1024}, .features = {.large_dir = false}})->smallest_size({}),
            layout_error, says("\"/many\" has 150000 entries"));
        make_file(ext4(content, {.block_size = bytes{1024}, .inode_size = 128}), smallest, path);
        CHECK(complaints(path) == "");
        CHECK(run("dumpe2fs -h " + word(path)).output.find("large_dir") != std::string::npos);
    }
    SECTION("and hold more than 65000 subdirectories") {
        tree t;
        const auto parent = t.make_directories("/subs");
        for (int i = 0; i < 70000; ++i)
            t.link_unchecked(parent, std::to_string(i), t.add_inode({.mode = 0755, .type = file_type::directory}));
        make_file(ext4(std::move(t)), smallest, path);
        CHECK(complaints(path) == "");
        CHECK(run("debugfs -R 'stat /subs' " + word(path)).output.find("Links: 1 ") != std::string::npos);
    }
}

TEST_CASE("a sparse file of 1 TiB and one of 2000 extents", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir.path() / "fs";
    image tebibyte{1_TiB}, many{bytes{2000 * 8192}};
    tebibyte.place(offset{bytes{1ull << 39}}, from_text("in the middle"));
    for (std::uint64_t i = 0; i < 2000; ++i) many.place(offset{bytes{i * 8192}}, from_text("piece"));
    make_file(ext4(tree{} | add("/tib", tebibyte) | add("/many", many)), smallest, path);
    CHECK(complaints(path) == "");
    CHECK(
        run("debugfs -R 'dump /many /dev/stdout' " + word(path) + " | grep -a -o piece | wc -l").output.find("2000") !=
        std::string::npos);
}

TEST_CASE("values of attributes that no block can hold have inodes of their own", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir.path() / "fs";
    const std::vector<xattr> set{
        {"user.a", std::string(60000, 'a')}, {"user.b", std::string(5000, 'b')}, {"user.c", "c"}};
    tree t = tree{} | add("/one", from_text("1"), {.xattrs = set}) | add("/two", from_text("2"), {.xattrs = set});
    make_file(ext4(t), smallest, path);
    CHECK(complaints(path) == "");
    CHECK(
        run("debugfs -R 'ea_get -f " + word((dir.path() / "value").string()) + " /two user.a' " + word(path)).status ==
        0);
    CHECK(read_file(dir.path() / "value") == std::string(60000, 'a'));
    CHECK_THROWS_MATCHES(ext4(t, {.readable_by = u_boot_2017})->smallest_size({}), input_error, says("ea_inode"));
}

TEST_CASE("the smallest size is exact: a block less is refused and says how much is missing", "[oracle]") {
    const tree content = mixed_tree();
    for (const ext4_options& o :
         {ext4_options{}, ext4_options{.block_size = bytes{1024}}, ext4_options{.journal = no_journal}}) {
        const recipe r = ext4(content, o);
        const bytes least = r->smallest_size({});
        CHECK_NOTHROW(r->make(least, {}));
        CHECK_THROWS_MATCHES(r->make(least - o.block_size, {}), layout_error, says("are missing"));
    }
}

TEST_CASE("undefined bytes may be anything: a file full of ones stays sound", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir.path() / "fs";
    for (const auto& f : {ext4_features{}, ext4_features{.metadata_csum = false}}) {
        const image fs = standalone(ext4(mixed_tree(), {.features = f}), 300_MiB);
        REQUIRE(run("head -c 314572800 /dev/zero | tr '\\0' '\\377' > " + word(path)).status == 0);
        write(fs, existing_file(path));
        CHECK(complaints(path) == "");
    }
}

TEST_CASE("the kernel writes to it and resize2fs grows it", "[oracle]") {
    if (tools_are_missing()) return;
    if (!is_root()) {
        WARN("skipped: mounting needs root");
        return;
    }
    const temp_dir dir;
    const std::string path = dir.path() / "fs", at = dir.path() / "at";
    make_file(ext4(mixed_tree(), {.label = "T", .grows_to = 16_GiB}), smallest_plus_percent(30), path);
    if (run("mkdir " + word(at) + " && mount -o loop " + word(path) + " " + word(at)).status != 0) {
        WARN("skipped: no loop device");
        return;
    }
    const auto used = run(
        "cd " + word(at) +
        " && set -e; cat many/* size/* > copy; rm -r many; mkdir new; for i in $(seq 300); do echo $i > new/$i; done; "
        "rm shared/1*; ln setuid third; touch -d @4000000000 copy; sync");
    CHECK(run("umount " + word(at)).status == 0);
    INFO(used.output);
    CHECK(used.status == 0);
    CHECK(complaints(path) == "");
    CHECK(run("tune2fs -l " + word(path)).status == 0);
    for (const char* size : {"300M", "16G", "100G"}) {
        REQUIRE(run("truncate -s " + std::string(size) + " " + word(path) + " && resize2fs -f " + word(path)).status ==
                0);
        CHECK(complaints(path) == "");
    }
}

TEST_CASE("the same tree built in another order gives the same bytes") {
    std::vector<std::string> names;
    for (int i = 0; i < 3000; ++i) names.push_back("/d/name" + std::to_string(i));
    const auto built = [&] {
        tree t;
        for (const auto& n : names) t = std::move(t) | add(n, from_text(n));
        return read_all(ext4_image(std::move(t), {.size = smallest}));
    };
    const auto forward = built();
    std::reverse(names.begin(), names.end());
    CHECK(built() == forward);
}

TEST_CASE("what ext4 or its reader cannot hold is refused by name") {
    const tree t = tree{} | add("/f", from_text("x"), {.mtime = timestamp{15032385536, 0}});
    CHECK_THROWS_MATCHES(ext4(t)->smallest_size({}), input_error, says("\"/f\" is 15032385536 seconds"));
    const tree old = tree{} | add("/f", from_text("x"), {.mtime = timestamp{2147483648, 0}});
    CHECK_THROWS_MATCHES(ext4(old, {.inode_size = 128})->smallest_size({}), input_error, says("1901 to 2038"));
    const tree large = tree{} | add("/dir/large", image{bytes{1ull << 32}});
    CHECK_THROWS_MATCHES(ext4(large, {.readable_by = u_boot})->smallest_size({}), input_error,
                         says("\"/dir/large\" has 4294967296 bytes; U-Boot reads"));
    CHECK_NOTHROW(ext4(large)->smallest_size({}));
    CHECK_THROWS_MATCHES(ext4({}, {.label = "seventeen_bytes_17"})->smallest_size({}), input_error, says("label"));
    CHECK_THROWS_MATCHES(ext4({}, {.block_size = bytes{8192}})->smallest_size({}), input_error, says("8192"));
    CHECK_THROWS_MATCHES(ext4({}, {.block_size = bytes{1024}})->smallest_size({.sector_size = bytes{4096}}),
                         input_error, says("sector"));
    CHECK_THROWS_MATCHES(ext4({}, {.inodes = 5})->smallest_size({}), layout_error, says("11 inodes"));
    CHECK_THROWS_MATCHES(ext4({}, {.journal = 1_MiB})->make(64_MiB, {}), input_error, says("journal"));
    CHECK_THROWS_MATCHES(ext4(tree{} | symlink("/s", std::string(4096, 'l')))->smallest_size({}), input_error,
                         says("\"/s\""));
    CHECK_THROWS_MATCHES(ext4(tree{} | add("/f", from_text(""), {.xattrs = {{"odd.name", ""}}}))->smallest_size({}),
                         input_error, says("odd.name"));
}
