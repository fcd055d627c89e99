// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/ext4/layout.hpp>

#include <tests/fs/ext4/made.hpp>
#include <tests/support/catch.hpp>

#include <cstdint>
#include <string>

using namespace imgcompose;
using namespace imgcompose_test;

namespace {

/// How many bytes are missing of `size`, as the refusal says.
std::uint64_t missing(const recipe& r, bytes size) {
    try {
        static_cast<void>(r->make(size, {}));
    } catch (const layout_error& e) {
        const std::string said = e.what();
        const std::string before = " bytes: ";
        const auto at = said.find(before);
        INFO(said);
        REQUIRE(at != std::string::npos);
        REQUIRE(said.find("are missing") != std::string::npos);
        return std::stoull(said.substr(at + before.size()));
    }
    return 0;
}

/// A field of dumpe2fs -h, as a number.
std::uint64_t header_field(const std::string& path, const std::string& name) {
    const std::string told = run("dumpe2fs -h " + word(path)).output;
    const auto at = told.find("\n" + name + ":");
    REQUIRE(at != std::string::npos);
    return std::stoull(told.substr(at + name.size() + 2));
}

} // namespace

TEST_CASE("what is said to be missing is what is missing, however little there is") {
    const ext4_options options[] = {{},
                                    {.block_size = bytes{1024}},
                                    {.journal = no_journal},
                                    {.grows_to = 64_GiB},
                                    {.inodes = 50'000},
                                    {.bytes_per_inode = bytes{4096}, .features = {.flex_bg = false}}};
    // More than one group, with and without flexible groups; and a size at which the journal becomes larger.
    tree large = mixed_tree() | add("/huge", fill(250_MiB, std::byte{1}));
    for (const tree& content : {tree{}, mixed_tree(), large})
        for (const ext4_options& o : options) {
            const recipe r = ext4(content, o);
            const bytes least = r->smallest_size({});
            INFO("smallest " << least.count << ", inodes " << o.inodes.value_or(0) << ", block " << o.block_size.count);
            CHECK(missing(r, least) == 0);
            const bool exact = !o.inodes; // so many that groups are small for them
            if (exact) CHECK(missing(r, least - bytes{1}) == 1);
            for (const bytes size : {bytes{least.count / 100}, bytes{least.count / 2}, least - o.block_size}) {
                const bytes enough = size + bytes{missing(r, size)};
                CHECK(missing(r, enough) == 0);
                if (exact) CHECK(missing(r, enough - o.block_size) == o.block_size.count);
            }
        }
}

TEST_CASE("where a larger journal no longer fits, what is missing leads past it") {
    // 32767 blocks have a journal of 1024 blocks, 32768 one of 4096.
    const recipe r = ext4(tree{} | add("/f", fill(bytes{29'500 * 4096}, std::byte{1})), {.bytes_per_inode = bytes{1 << 20}});
    REQUIRE(r->smallest_size({}) < bytes{32767 * 4096});
    CHECK(missing(r, bytes{32767 * 4096}) == 0);
    const std::uint64_t more = missing(r, bytes{32768 * 4096});
    CHECK(more > 0);
    CHECK(missing(r, bytes{32768 * 4096 + more}) == 0);
    CHECK(missing(r, bytes{32767 * 4096 + more}) == 4096);
}

TEST_CASE("few bytes an inode end in a size or in a refusal", "[oracle]") {
    CHECK_THROWS_MATCHES(
        ext4({}, {.block_size = bytes{1024}, .inode_size = 1024, .bytes_per_inode = bytes{1024}})->smallest_size({}),
        input_error, says("with inodes of 1024 bytes at least 1152 are possible"));
    CHECK_THROWS_MATCHES(ext4({}, {.inode_size = 4096, .bytes_per_inode = bytes{4096}})->smallest_size({}), input_error,
                         says("at least 4608 are possible"));
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir / "fs";
    const ext4_options possible[] = {
        {.block_size = bytes{1024}, .inode_size = 1024, .bytes_per_inode = bytes{1152}},
        {.inode_size = 4096, .bytes_per_inode = bytes{4608}},
        {.inode_size = 512, .bytes_per_inode = bytes{1024}, .features = {.flex_bg = false}},
        {.bytes_per_inode = bytes{1024}}};
    for (const ext4_options& o : possible) {
        INFO("inode size " << o.inode_size);
        make_file(ext4(many_files(300), o), smallest, path);
        CHECK(complaints(path) == "");
        CHECK(header_field(path, "Inode count") * o.bytes_per_inode->count + (1 << 20) >=
              header_field(path, "Block count") * o.block_size.count);
    }
}

TEST_CASE("the smallest filesystem has as many inodes as any once it has grown to what was promised", "[oracle]") {
    if (tools_are_missing() || !have("resize2fs")) return;
    const temp_dir dir;
    const std::string path = dir / "fs";
    const auto inodes_grown = [&](const ext4_options& o) {
        make_file(ext4(many_files(30), o), smallest, path);
        CHECK(complaints(path) == "");
        REQUIRE(run("truncate -s 32G " + word(path) + " && resize2fs -f " + word(path)).status == 0);
        CHECK(complaints(path) == "");
        return header_field(path, "Inode count");
    };
    CHECK(inodes_grown({.grows_to = 32_GiB}) == (32ull << 30) / 16384);
    CHECK(inodes_grown({.grows_to = 32_GiB, .bytes_per_inode = bytes{65536}}) == (32ull << 30) / 65536);
    CHECK(inodes_grown({.grows_to = 32_GiB, .inodes = 48}) < 100'000); // exactly as many as were asked for
    // It costs room for inodes that are not there yet, of which nothing is written.
    const bytes with = ext4(tree{}, {.grows_to = 32_GiB})->smallest_size({}), without = ext4(tree{})->smallest_size({});
    CHECK(with - without <= bytes{3_MiB});
}
