// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/ext4/xattr.hpp>

#include <tests/fs/ext4/made.hpp>
#include <tests/support/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace imgcompose;
using namespace imgcompose_test;

namespace {

using place = ext4_xattr_plan::place;

tree with(const std::vector<xattr>& set) { return tree{} | add("/f", from_text("x"), {.xattrs = set}); }

std::string value(std::size_t size, char c = 'v') { return std::string(size, c); }

} // namespace

TEST_CASE("attributes that Linux would refuse to read are refused") {
    using namespace std::string_literals;
    const auto refused = [](const std::vector<xattr>& set, const std::string& why) {
        CHECK_THROWS_MATCHES(ext4(with(set))->smallest_size({}), input_error, says(why));
    };
    refused({{"user.a\0b"s, "1"}}, "\"user.a\\x00b\" of \"/f\" cannot be stored in ext4: its name holds a NUL");
    refused({{"user.a", "1"}, {"user.b", ""}, {"user.a", "2"}}, "\"user.a\" of \"/f\" cannot be stored in ext4: the file has it twice");
    refused({{"security.x", "1"}, {"security.x", "1"}}, "\"security.x\"");
    refused({{"system.posix_acl_access", "\2\0\0\0"s}}, "an ACL without entries");
    refused({{"system.posix_acl_default", "\2\0\0\0"s}, {"system.posix_acl_default", "\2\0\0\0"s}}, "an ACL without entries");
    refused({{"user.", "1"}}, "its name ends behind the prefix");
    refused({{"user." + value(256), "1"}}, "longer than 255 bytes");
    CHECK_NOTHROW(ext4(with({{"user.a", ""}, {"trusted.a", ""}, {"security.a", ""}}))->smallest_size({}));
}

TEST_CASE("no value gets an inode of its own while all fit inode and block", "[oracle]") {
    // 3980 bytes fit the block alone, the others the inode: but not the first of them by size beside it.
    const std::vector<xattr> tight{
        {"user.g", value(3980)}, {"user.a", value(28)}, {"user.b", value(24)}, {"user.c", value(24)}};
    const ext4_xattr_plan plan = plan_ext4_xattrs(make_ext4_profile({}, {}), tight, "/f");
    CHECK(std::ranges::none_of(plan.attributes, [](const auto& a) { return a.where == place::own_inode; }));
    CHECK(plan.uses_block);
    CHECK_NOTHROW(ext4(with(tight), {.readable_by = u_boot_2017})->smallest_size({}));

    // Whether a set fits is told by trying all ways to share it out.
    std::mt19937 random{11}; // NOLINT: the same every time
    const ext4_profile p = make_ext4_profile({.block_size = bytes{1024}}, {});
    const std::uint64_t inode_room = ext4_xattr_room_in_inode(p), block_room = 1024 - 32 - 4;
    int fitting = 0, tried = 0;
    for (int round = 0; round < 3000; ++round) {
        std::vector<xattr> set;
        std::vector<std::uint64_t> needs;
        std::uint64_t all = 0;
        for (char name = 'a'; name < 'a' + 3 + static_cast<char>(random() % 6); ++name) {
            set.push_back({std::string{"user."} + name, value(random() % 300)});
            needs.push_back(20 + (set.back().value.size() + 3) / 4 * 4);
            all += needs.back();
        }
        if (all <= block_room || all > block_room + inode_room) continue;
        bool fits = false;
        for (unsigned choice = 0; choice < 1u << needs.size(); ++choice) {
            std::uint64_t in_inode = 0;
            for (std::size_t i = 0; i < needs.size(); ++i) in_inode += (choice >> i & 1) != 0 ? needs[i] : 0;
            fits = fits || (in_inode <= inode_room && all - in_inode <= block_room);
        }
        const auto made = plan_ext4_xattrs(p, set, "/f");
        const bool whole = std::ranges::none_of(made.attributes, [](const auto& a) { return a.where == place::own_inode; });
        CHECK(whole == fits);
        fitting += fits ? 1 : 0, ++tried;
    }
    CHECK(fitting > 20);
    CHECK(fitting < tried);

    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir / "fs";
    make_file(ext4(with(tight)), smallest, path);
    CHECK(complaints(path) == "");
    CHECK(run("dumpe2fs -h " + word(path)).output.find("ea_inode") == std::string::npos);
    const mounted fs(path, dir / "at");
    if (!fs.works || !have("getfattr")) return;
    const auto read = fs("getfattr -d f | grep -c '^user\\.'; getfattr --only-values -n user.g f | wc -c");
    CHECK(read.output == "4\n3980\n");
}

TEST_CASE("the kernel reads each attribute, wherever it is, and stores others beside it", "[oracle]") {
    if (tools_are_missing() || !have("getfattr")) return;
    const temp_dir dir;
    const std::string path = dir / "fs";
    std::vector<xattr> many;
    for (int i = 0; i < 40; ++i) many.push_back({"user.n" + std::to_string(i), value(static_cast<std::size_t>(i * 7))});
    const tree content = tree{} | add("/many", from_text("1"), {.xattrs = many}) |
                         add("/large", from_text("2"), {.xattrs = {{"user.l", value(60000)}, {"user.s", value(300)}}}) |
                         add("/none", from_text("3"), {.xattrs = {{"user.e", ""}}});
    make_file(ext4(content), 64_MiB, path);
    CHECK(complaints(path) == "");
    {
        const mounted fs(path, dir / "at");
        if (!fs.works) return;
        for (int i = 0; i < 40; ++i)
            CHECK(fs("getfattr --only-values -n user.n" + std::to_string(i) + " many | wc -c").output ==
                  std::to_string(i * 7) + "\n");
        CHECK(fs("getfattr --only-values -n user.l large | wc -c").output == "60000\n");
        const auto changed = fs("setfattr -n user.new -v 1 many; setfattr -x user.n3 many; setfattr -x user.l large; "
                                "setfattr -n user.more -v 2 none; rm large");
        CHECK(changed.output == "");
    }
    CHECK(complaints(path) == "");
}
