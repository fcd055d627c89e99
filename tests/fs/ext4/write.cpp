// SPDX-License-Identifier: BSL-1.0
// What happens to a filesystem after it was written: the kernel and e2fsprogs change it, and it must stay sound.
#include <imgcompose/fs/ext4/write.hpp>

#include <imgcompose/write/file_sink.hpp>
#include <tests/fs/ext4/made.hpp>
#include <tests/support/catch.hpp>

#include <string>
#include <vector>

using namespace imgcompose;
using namespace imgcompose_test;

namespace {

/// Writes `r` over a file that was full of ones, so that what is undefined shows.
void make_over_ones(const recipe& r, const size_rule& size, const std::string& path) {
    const image fs = standalone(r, size);
    REQUIRE(run("head -c " + std::to_string(fs.size().count) + " /dev/zero | tr '\\0' '\\377' > " + word(path)).status == 0);
    write(fs, existing_file(path));
}

/// What a system does to its filesystem: writes, deletes, links, lists, grows directories beyond their first blocks.
constexpr const char* much = R"(
cat many/* size/* > copy; cmp size/4097 size/4097
rm -r many; mkdir -p new/er; for i in $(seq 700); do echo $i > new/er/a-long-name-for-$i; done
rm shared/1*; ln setuid third; mv new/er moved; touch -d @4000000000 copy
dd if=/dev/zero of=big bs=64k count=40 status=none; truncate -s 10M sparse; rm big
for i in $(seq 60); do mkdir -p deep/$i/x; done; rm -r deep/3*
sync; ls -laR . > /dev/null
)";

} // namespace

TEST_CASE("the kernel writes, deletes and leaves it sound, whatever the block size and features", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir / "fs";
    const ext4_options options[] = {
        {.block_size = bytes{1024}},
        {.block_size = bytes{2048}},
        {},
        {.features = {.metadata_csum = false}},
        {.features = {.flex_bg = false}},
        {.journal = no_journal},
        {.readable_by = u_boot_2017},
        {.block_size = bytes{1024}, .inode_size = 128, .features = {.metadata_csum = false, .bits64 = false, .flex_bg = false}},
        {.features = {.sparse_super = false}}};
    std::size_t number = 0;
    for (ext4_options o : options) {
        INFO("options " << number++);
        tree content = mixed_tree();
        if (o.inode_size == 128) content = std::move(content) | clamp_mtime(1_s);
        if (o.readable_by == u_boot_2017) content = std::move(content) | exclude("/holes");
        make_over_ones(ext4(content, o), 300_MiB, path);
        CHECK(complaints(path) == "");
        {
            const mounted fs(path, dir / "at");
            if (!fs.works) return;
            CHECK(fs(o.inode_size == 128 ? std::string{much}.replace(std::string{much}.find("4000000000"), 10, "2000000000")
                                         : much)
                      .output == "");
        }
        CHECK(complaints(path) == "");
    }
}

TEST_CASE("one that is exactly full is used as it is", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir / "fs";
    for (const bytes block : {bytes{1024}, bytes{4096}}) {
        make_over_ones(ext4(mixed_tree(), {.block_size = block}), smallest, path);
        CHECK(run("dumpe2fs -h " + word(path)).output.find("Free blocks:              0\n") != std::string::npos);
        {
            const mounted fs(path, dir / "at");
            if (!fs.works) return;
            // No room for a file until others go.
            CHECK(fs("head -c 100000 /dev/urandom > new").status != 0);
            CHECK(fs("rm -rf new many size; head -c 100000 /dev/urandom > new; sync; cp new newer; cmp new newer").output == "");
        }
        CHECK(complaints(path) == "");
    }
}

TEST_CASE("tune2fs changes it", "[oracle]") {
    if (tools_are_missing() || !have("tune2fs")) return;
    const temp_dir dir;
    const std::string path = dir / "fs";
    make_over_ones(ext4(mixed_tree(), {.label = "BEFORE"}), smallest_plus_percent(20), path);
    const auto change = [&](const std::string& how) {
        const auto said = run("tune2fs " + how + ' ' + word(path));
        INFO(how << ": " << said.output);
        CHECK(said.status == 0);
        CHECK(complaints(path) == "");
    };
    change("-L AFTER");
    CHECK(run("blkid -p -o value -s LABEL " + word(path)).output == "AFTER\n");
    change("-m 1 -c 10 -o ^acl -E stride=16");
    // Another identifier means other checksums of all metadata, unless their seed is kept apart.
    change("-U random");
    change("-O ^metadata_csum");
    change("-O metadata_csum");
    change("-O ^has_journal");
    change("-j");
    CHECK(run("debugfs -R 'cat /size/1' " + word(path) + " 2>/dev/null").output == "x");
}

TEST_CASE("resize2fs makes it as small as it can, and large again", "[oracle]") {
    if (tools_are_missing() || !have("resize2fs")) return;
    const temp_dir dir;
    const std::string path = dir / "fs";
    for (const ext4_features& f : {ext4_features{}, ext4_features{.flex_bg = false}}) {
        make_over_ones(ext4(mixed_tree(), {.features = f}), 400_MiB, path);
        const auto shrunk = run("resize2fs -fM " + word(path));
        INFO(shrunk.output);
        CHECK(shrunk.status == 0);
        CHECK(complaints(path) == "");
        CHECK(run("resize2fs -f " + word(path) + " 2G").status == 0);
        CHECK(complaints(path) == "");
    }
}

TEST_CASE("it grows while it is mounted, to what was promised", "[oracle]") {
    if (tools_are_missing() || !have("resize2fs")) return;
    const temp_dir dir;
    const std::string path = dir / "fs", theirs = dir / "theirs", at = dir / "at";
    const auto grown = [&](const std::string& file) {
        const auto loop = run("losetup --find --show " + word(file));
        if (loop.status != 0) return loop;
        const std::string device = loop.output.substr(0, loop.output.find('\n'));
        return run("mkdir -p " + word(at) + " && mount -t ext4 " + device + ' ' + word(at) + " || exit 9\n" +
                   "truncate -s 8G " + word(file) + " && losetup -c " + device + " && resize2fs " + device + "; s=$?\n" +
                   "[ $s != 0 ] || { cp -r " + word(at) + "/. /dev/null 2>/dev/null; echo x > " + word(at) + "/new; }\n" +
                   "umount " + word(at) + "; losetup -d " + device + "; exit $s");
    };
    if (!is_root()) {
        WARN("skipped: mounting needs root");
        return;
    }
    make_file(ext4(mixed_tree(), {.grows_to = 8_GiB}), smallest_plus_percent(5), path);
    const auto ours = grown(path);
    INFO(ours.output);
    if (ours.status != 0) {
        // Whether this kernel grows any mounted filesystem is told by what mke2fs makes.
        REQUIRE(run("truncate -s 64M " + word(theirs) + " && mke2fs -q -t ext4 -E resize=2G " + word(theirs)).status == 0);
        const auto other = grown(theirs);
        INFO("mke2fs's: " << other.output);
        REQUIRE(other.status != 0);
        WARN("skipped: this kernel grows no mounted filesystem");
        return;
    }
    CHECK(complaints(path) == "");
    CHECK(run("dumpe2fs -h " + word(path)).output.find("Block count:              2097152\n") != std::string::npos);
}

TEST_CASE("debugfs walks every index of large directories and finds each name", "[oracle]") {
    if (tools_are_missing()) return;
    const temp_dir dir;
    const std::string path = dir / "fs", dump = dir / "dump";
    const auto check = [&](const tree& content, const ext4_options& o, std::uint64_t names, const std::string& levels) {
        make_file(ext4(content, o), smallest, path);
        CHECK(complaints(path) == "");
        REQUIRE(run("debugfs -R 'htree_dump /many' " + word(path) + " > " + word(dump) + " 2>&1").status == 0);
        CHECK(run("grep -c '^Entry #' " + word(dump)).output != "0\n");
        CHECK(run("grep 'Indirect levels:' " + word(dump)).output.find(levels) != std::string::npos);
        // Each name once, with the hash that it is filed under; and no word of an error.
        CHECK(run("grep -o '0x[0-9a-f]*-[0-9a-f]* ([0-9]*) name-[^ ]*' " + word(dump) + " | sort -u | wc -l").output ==
              std::to_string(names) + "\n");
        CHECK(run("grep -i -w -E 'bad|corrupt|invalid|failed|error' " + word(dump)).output == "");
    };
    SECTION("of 20,000 names") { check(many_files(20'000), {}, 20'000, "0"); }
    SECTION("of 70,000 directories") {
        tree t;
        const auto parent = t.make_directories("/many");
        for (int i = 0; i < 70'000; ++i)
            t.link_unchecked(parent, "name-" + std::to_string(i),
                             t.add_inode({.mode = 0755, .type = file_type::directory}));
        check(t, {}, 70'000, "0");
        check(t, {.block_size = bytes{1024}}, 70'000, "1");
    }
    SECTION("of three levels") {
        check(many_files(150'000, std::string(100, 'l')), {.block_size = bytes{1024}, .inode_size = 128}, 150'000, "2");
    }
}
