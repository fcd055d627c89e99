// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/ext4/geometry.hpp>

#include <tests/fs/ext4/made.hpp>
#include <tests/support/catch.hpp>

#include <string>

using namespace imgcompose;
using namespace imgcompose_test;

TEST_CASE("groups get smaller where their inodes would not fit one bitmap, as mke2fs has it", "[oracle]") {
    const ext4_options o{.bytes_per_inode = bytes{2048}};
    const auto g = make_ext4_geometry(make_ext4_profile(o, {}), o, 25'600, {.inodes = 51'200});
    REQUIRE(g.fits);
    CHECK(g.geometry.blocks_per_group == 23'928); // mke2fs 1.47.0 -i 2048 of 100 MiB
    CHECK(g.geometry.groups.size() == 2);
    CHECK(g.geometry.inodes_per_group == 25'600);
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir / "fs";
    const ext4_options options[] = {o,
                                    {.bytes_per_inode = bytes{1024}},
                                    {.inodes = 200'000},
                                    {.block_size = bytes{1024}, .bytes_per_inode = bytes{1024}},
                                    {.grows_to = 8_GiB, .bytes_per_inode = bytes{1024}},
                                    {.inodes = 100'000, .features = {.metadata_csum = false, .flex_bg = false}}};
    for (const auto& with : options)
        for (const size_rule& size : {smallest, size_rule{100_MiB}, size_rule{700_MiB}}) {
            INFO("bytes per inode " << with.bytes_per_inode.value_or(bytes{}).count);
            make_file(ext4(many_files(100), with), size, path);
            CHECK(complaints(path) == "");
            {
                const mounted fs(path, dir / "at");
                if (!fs.works) continue;
                // Of the smallest the kernel keeps all room for its own needs.
                const bool has_room = size.what != size_rule::kind::smallest;
                CHECK(fs(has_room ? "rm -r many; mkdir new; for i in $(seq 20); do echo > new/$i; done" : "rm -r many").output == "");
            }
            CHECK(complaints(path) == "");
        }
}

TEST_CASE("more inodes than can be numbered are refused by the name of the option") {
    CHECK_THROWS_MATCHES(ext4({}, {.inodes = 4'294'967'295})->make(bytes{64_TiB}, {}), layout_error,
                         says("set `inodes` to at most 4286578671"));
    CHECK_NOTHROW(ext4({}, {.inodes = 4'286'578'671})->make(bytes{64_TiB}, {}));
    CHECK_THROWS_MATCHES(ext4({}, {.inodes = 4'294'967'296})->smallest_size({}), input_error,
                         says("inodes is 4294967296; at most 4294967295"));
    // Those that follow from the size are as many as there can be.
    const ext4_options o{.bytes_per_inode = bytes{16384}};
    const ext4_profile p = make_ext4_profile(o, {});
    const auto g = make_ext4_geometry(p, o, bytes{64_TiB} / bytes{4096}, {.inodes = 0xffffffff});
    CHECK(g.geometry.inodes() <= 0xffffffff);
    CHECK(g.geometry.inodes() > 0xff000000);
}

TEST_CASE("a table of descriptors that no group can hold is refused") {
    CHECK_THROWS_MATCHES(ext4({})->make(bytes{300_TiB}, {}), layout_error,
                         says("needs the feature meta_bg, which is not written"));
    CHECK_THROWS_MATCHES(ext4({}, {.block_size = bytes{1024}})->make(bytes{2_TiB}, {}), layout_error,
                         says("or use blocks of 4 KiB"));
}

TEST_CASE("what groups leave for content is known before their metadata has places") {
    for (const bool sparse : {true, false})
        for (const bool flex : {true, false})
            for (const bytes block : {bytes{1024}, bytes{4096}})
                for (const bytes size : {bytes{10_MiB}, bytes{300_MiB}, bytes{5_GiB}, bytes{60_GiB}}) {
                    const ext4_options o{.block_size = block, .features = {.flex_bg = flex, .sparse_super = sparse}};
                    const auto g = make_ext4_geometry(make_ext4_profile(o, {}), o, size / block, {.inodes = 5000}).geometry;
                    INFO(size.count << " bytes in blocks of " << block.count << ", flex " << flex << ", sparse " << sparse);
                    std::uint64_t free = 0;
                    for (const block_range& r : g.gaps()) free += r.count();
                    CHECK(g.free_blocks() == free);
                    std::uint64_t copies = 0;
                    for (std::uint64_t i = 0; i < g.groups.size(); ++i) copies += g.has_superblock(i);
                    CHECK(g.copies_in(g.groups.size()) == copies);
                }
}
