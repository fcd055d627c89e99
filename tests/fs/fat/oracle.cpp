// SPDX-License-Identifier: BSL-1.0
// Other people's programs read what we write: fsck.vfat, mtools, mkfs.vfat.
#include <imgcompose/fs/fat/fat.hpp>

#include <imgcompose/core/endian.hpp>
#include <tests/fs/fat/made.hpp>
#include <tests/support/catch.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using namespace imgcompose;
using imgcompose_test::have;
using imgcompose_test::made_files;
using imgcompose_test::run;
using imgcompose_test::says;
using imgcompose_test::word;
using imgcompose_test::temp_dir;

namespace {

bool tools() {
    for (const char* program :
         {"fsck.vfat", "mkfs.vfat", "mdir", "mcopy", "blkid", "sgdisk", "sfdisk", "e2fsck", "python3"})
        if (!have(program)) {
            WARN("skipped: " << program << " not found");
            return false;
        }
    return true;
}

/// fsck.vfat says nothing but its summary, whatever the sector size.
void check_clean(const std::string& path) {
    const auto result = run("fsck.vfat -n " + word(path) +
                            " | grep -v -E '^fsck.fat [0-9]|: [0-9]+ files, [0-9]+/[0-9]+ clusters$'");
    CHECK(result.output == "");
    CHECK(result.status == 1); // of grep: no line is left
}

/// All names, bytes and times, by mtools, against the same tree as a folder.
void check_same(const std::string& path, const std::filesystem::path& folder) {
    if (std::filesystem::file_size(path) > bytes{2_GiB}.count) { // the programs below copy the whole image
        const std::string copy = path + ".tree";
        CHECK(run("LC_ALL=C.UTF-8; mkdir " + copy + " && mcopy -i " + path + " -s -p -m -n :: " + copy).output == "");
        CHECK(run("diff -r " + copy + " " + word(folder.string())).output == "");
        return;
    }
    const auto shared = imgcompose_test::shared_dir();
    if (!shared) {
        WARN("skipped: compare-tree.py not found");
        return;
    }
    const auto compared = run("python3 " + (*shared / "check/compare-tree.py").string() + " --method mtools " +
                              word(path) + ' ' + word(folder.string()));
    INFO(compared.output);
    CHECK(compared.status == 0);
    const auto checked = run("bash " + (*shared / "check/check-image.sh").string() + ' ' + word(path));
    INFO(checked.output);
    CHECK(checked.status == 0);
}

std::string content_of(std::mt19937& random, std::size_t size) {
    std::string s(size, '\0');
    for (char& c : s) c = static_cast<char>(random() & 0xff);
    return s;
}

/// Names of every length and alphabet (without surrogate pairs, which mtools cannot read back), some that collide once
/// they are short; deep and empty directories; sizes around that of a cluster.
made_files random_files(std::uint32_t seed, std::size_t count) {
    std::mt19937 random{seed};
    const std::vector<std::string> letters{
        "a", "B", "7", ".", " ", "+", "\xc3\xa4", "\xd1\x84", "\xe4\xb8\xad", "\xef\xbc\x88", "_", "x", "x", "~", "1"};
    std::vector<std::string> directories{""};
    std::set<std::u16string> seen;
    made_files files;
    while (files.size() < count) {
        const std::string& directory = directories[random() % directories.size()];
        const std::size_t length = random() % 4 == 0 ? 1 + random() % 255 : 1 + random() % 14;
        std::string name;
        if (random() % 5 == 0) name = "the same beginning ";
        while (name.size() < length) {
            const auto& letter = letters[random() % letters.size()];
            if (name.size() + letter.size() > 255) break;
            name += letter;
        }
        if (name.ends_with('.') || name.ends_with(' ')) name += 'y';
        if (name.size() > 255) continue;
        const std::string path = directory + '/' + name;
        if (path.size() > 700 || !seen.insert(fat_folded(fat_long_name(name, [&] { return path; })) +
                                              fat_folded(std::u16string(directory.begin(), directory.end())))
                                      .second)
            continue;
        if (random() % 6 == 0) {
            directories.push_back(path);
            files.push_back({.path = path, .is_directory = true});
        } else {
            constexpr std::array<std::size_t, 9> sizes{0, 1, 511, 512, 513, 2048, 4096, 4097, 20'000};
            files.push_back({path, content_of(random, sizes[random() % sizes.size()]),
                             static_cast<std::int64_t>(315'532'800 + random() % 2'000'000'000u)});
        }
    }
    return files;
}

} // namespace

TEST_CASE("fsck.vfat and mtools find every file as it was, in each type, sector size and cluster size", "[oracle]") {
    if (!tools()) return;
    struct sample {
        fat_options options;
        bytes size;
        std::uint64_t sector;
    };
    const auto s = GENERATE(
        sample{{.type = fat_type::fat12, .label = "FLOPPY"}, 16_MiB, 512}, sample{{.label = "boot-16"}, 64_MiB, 512},
        sample{{.type = fat_type::fat32, .label = "FIRMWARE", .cluster_size = 512_B}, 64_MiB, 512},
        sample{{.label = "ESP"}, 512_MiB, 512}, sample{{}, 40_GiB, 512}, sample{{.label = "NATIVE4K"}, 512_MiB, 4096},
        sample{{.type = fat_type::fat12}, 16_MiB, 4096}, sample{{}, 300_MiB, 4096},
        sample{{.label = "ONE FAT", .number_of_fats = 1, .data_alignment = 4_MiB}, 1_GiB, 512},
        sample{{.label = "CL64K", .cluster_size = 65536_B}, 1_GiB, 512});
    const temp_dir dir;
    const auto files = random_files(static_cast<std::uint32_t>(s.size.count / s.sector), 250);
    imgcompose_test::make_folder(files, dir.path() / "tree");
    const std::string path = dir / "fat.img";
    const surroundings where{.sector_size = bytes{s.sector}, .at = offset{1_MiB}};
    imgcompose_test::write_image(fat_image(imgcompose_test::tree_of(files), s.options, s.size, where), path);
    check_clean(path);
    check_same(path, dir.path() / "tree");
    CHECK(run("blkid -p -o value -s LABEL " + word(path)).output ==
          (s.options.label.empty() ? "" : s.options.label + "\n"));
    CHECK(run("blkid -p -o value -s TYPE " + word(path)).output == "vfat\n");
    if (!s.options.label.empty())
        CHECK(run("mlabel -s -i " + word(path) + " ::").output.find("Volume label is " + s.options.label) !=
              std::string::npos);
}

TEST_CASE("the smallest filesystem of each type satisfies fsck.vfat and mtools", "[oracle]") {
    if (!tools()) return;
    const auto type = GENERATE(fat_type::automatic, fat_type::fat12, fat_type::fat16, fat_type::fat32);
    const auto sector = GENERATE(512u, 4096u);
    const auto count = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{120});
    const temp_dir dir;
    const auto files = random_files(count == 0 ? 1 : 7, count);
    imgcompose_test::make_folder(files, dir.path() / "tree");
    const std::string path = dir / "fat.img";
    imgcompose_test::write_image(
        fat_image(imgcompose_test::tree_of(files), {.type = type, .size = smallest}, {.sector_size = bytes{sector}}),
        path);
    check_clean(path);
    if (count != 0) check_same(path, dir.path() / "tree");
}

TEST_CASE("20,000 files in one directory, all with the same beginning", "[oracle]") {
    if (!tools()) return;
    made_files files;
    for (int i = 0; i < 20'000; ++i)
        files.push_back({text::join("/many/same beginning ", i, ".text"), i % 3 == 0 ? "x" : ""});
    const temp_dir dir;
    imgcompose_test::make_folder(files, dir.path() / "tree");
    const std::string path = dir / "fat.img";
    imgcompose_test::write_image(fat_image(imgcompose_test::tree_of(files), {.type = fat_type::fat32}, 64_MiB), path);
    check_clean(path);
    check_same(path, dir.path() / "tree");
}

TEST_CASE("mtools sees 8.3 names in lower case, and long names beside their short ones", "[oracle]") {
    if (!tools()) return;
    imgcompose::tree t;
    for (const char* name :
         {"/readme.txt", "/README2.TXT", "/Image", "/extlinux.conf", "/sun50i-h5.dtb", "/\xd1\x84\xd1\x84.txt"})
        imgcompose_test::add_file(t, name, "x");
    const temp_dir dir;
    const std::string path = dir / "fat.img";
    imgcompose_test::write_image(fat_image(t, {.volume_id = 0x1234abcd}, 4_MiB), path);
    const auto names = run("LC_ALL=C.UTF-8; mdir -b -i " + word(path) + " ::").output;
    CHECK(names ==
          "::/Image\n::/README2.TXT\n::/extlinux.conf\n::/readme.txt\n::/sun50i-h5.dtb\n::/\xd1\x84\xd1\x84.txt\n");
    const auto list = run("mdir -i " + word(path) + " ::").output;
    INFO(list);
    CHECK(list.find("EXTLIN~1 CON") != std::string::npos);
    CHECK(list.find("SUN50I~1 DTB") != std::string::npos);
    CHECK(list.find("IMAGE                1 2023-11-14  22:13  Image") != std::string::npos);
    CHECK(list.find("readme   txt") != std::string::npos);
    CHECK(list.find("Volume Serial Number is 1234-ABCD") != std::string::npos);
}

TEST_CASE("one changed byte is noticed by what compares", "[oracle]") {
    if (!tools() || !imgcompose_test::shared_dir()) return;
    const made_files files{{"/a", "content", 1'700'000'000}};
    const temp_dir dir;
    imgcompose_test::make_folder({{"/a", "cOntent", 1'700'000'000}}, dir.path() / "tree");
    const std::string path = dir / "fat.img";
    imgcompose_test::write_image(fat_image(imgcompose_test::tree_of(files), {}, 4_MiB), path);
    CHECK(run("python3 " + (*imgcompose_test::shared_dir() / "check/compare-tree.py").string() + " --method mtools " +
              path + " " + dir / "tree")
              .status == 1);
    // And a wrong link in one of the two FATs by fsck.vfat.
    imgcompose_test::put(path, offset{513_B},
                         std::vector<std::byte>{std::byte{0x11}, std::byte{0x11}, std::byte{0x11}, std::byte{0x11}});
    CHECK(run("fsck.vfat -n " + word(path)).status == 1);
}

TEST_CASE("the boot sector and FSInfo are those of mkfs.vfat for the same parameters", "[oracle]") {
    if (!tools()) return;
    struct sample {
        const char* arguments;
        fat_options options;
        bytes size;
        std::uint64_t sector = 512;
    };
    const std::optional<std::uint32_t> id{0x2178694e};
    const auto s = GENERATE_COPY(
        sample{"-n FIRMWARE", {.label = "FIRMWARE", .volume_id = id}, 30_MiB},
        sample{"-F 12", {.type = fat_type::fat12, .volume_id = id}, 16_MiB}, sample{"", {.volume_id = id}, 1_MiB},
        sample{"", {.volume_id = id}, 2_MiB + 512_B}, sample{"", {.volume_id = id}, 4_MiB},
        sample{"", {.volume_id = id}, 4_MiB + 16_KiB}, sample{"", {.volume_id = id}, 8_MiB},
        sample{"", {.volume_id = id}, bytes{8_MiB} + 100_KiB}, sample{"", {.volume_id = id}, 9_MiB},
        sample{"", {.volume_id = id}, 64_MiB}, sample{"", {.volume_id = id}, bytes{100'000'000}},
        sample{"", {.volume_id = id}, 257_MiB}, sample{"", {.volume_id = id}, 511_MiB},
        sample{"-n ESP", {.label = "ESP", .volume_id = id}, 512_MiB},
        sample{"-F 32", {.type = fat_type::fat32, .volume_id = id}, 64_MiB},
        sample{"-F 32 -s 1", {.type = fat_type::fat32, .volume_id = id, .cluster_size = 512_B}, 64_MiB},
        sample{"-F 32", {.type = fat_type::fat32, .volume_id = id}, 260_MiB},
        sample{"-F 32", {.type = fat_type::fat32, .volume_id = id}, 261_MiB},
        sample{"-F 16 -s 16", {.type = fat_type::fat16, .volume_id = id, .cluster_size = 8192_B}, 200_MiB},
        sample{"-F 16", {.type = fat_type::fat16, .volume_id = id}, 2_GiB}, sample{"", {.volume_id = id}, 5_GiB},
        sample{"", {.volume_id = id}, 9_GiB}, sample{"", {.volume_id = id}, 40_GiB},
        sample{"", {.volume_id = id}, 500_GB},
        sample{"-f 1 -r 1024", {.volume_id = id, .number_of_fats = 1, .root_entries = 1024}, 100_MiB},
        sample{"-R 64", {.volume_id = id, .reserved_sectors = 64}, 1_GiB},
        sample{"-S 4096", {.volume_id = id}, 64_MiB, 4096}, sample{"-S 4096", {.volume_id = id}, 100_MiB, 4096},
        sample{"-S 4096", {.volume_id = id}, 600_MiB, 4096},
        sample{"-S 4096 -F 32", {.type = fat_type::fat32, .volume_id = id}, 512_MiB, 4096},
        sample{"-S 4096 -s 1 -F 32", {.type = fat_type::fat32, .volume_id = id, .cluster_size = 4096_B}, 300_MiB, 4096},
        sample{"-S 4096", {.volume_id = id}, 32_GiB, 4096});
    const temp_dir dir;
    const std::string theirs = dir / "theirs.img";
    imgcompose_test::make_disk(theirs, s.size);
    const auto made = run(std::string("mkfs.vfat -i 2178694e ") + s.arguments + ' ' + word(theirs));
    INFO(s.arguments << ", " << s.size.count << " bytes: " << made.output);
    REQUIRE(made.status == 0);

    const image ours = fat_image(tree{}, s.options, s.size, {.sector_size = bytes{s.sector}});
    const auto field = [&](std::uint64_t at, std::size_t size) {
        owned_bytes raw(size);
        read(ours, offset{bytes{at}}, raw);
        return raw;
    };
    const auto same = [&](std::uint64_t at, std::size_t size) {
        return field(at, size) == imgcompose_test::get(theirs, offset{bytes{at}}, size);
    };
    const auto boot = struct_from<fat_bpb>(field(0, 36));
    CHECK(same(0, 3));
    // Field by field up to hidd_sec and tot_sec32; the OEM name is our own.
    for (const auto& [name, at, size] :
         std::vector<std::tuple<const char*, std::uint64_t, std::size_t>>{{"byts_per_sec", 11, 2},
                                                                          {"sec_per_clus", 13, 1},
                                                                          {"rsvd_sec_cnt", 14, 2},
                                                                          {"num_fats", 16, 1},
                                                                          {"root_ent_cnt", 17, 2},
                                                                          {"tot_sec16", 19, 2},
                                                                          {"media", 21, 1},
                                                                          {"fat_sz16", 22, 2},
                                                                          {"sec_per_trk", 24, 2},
                                                                          {"num_heads", 26, 2},
                                                                          {"hidd_sec", 28, 4},
                                                                          {"tot_sec32", 32, 4}}) {
        INFO(name);
        CHECK(same(at, size));
    }
    const bool fat32 = from_disk(boot.fat_sz16) == 0;
    CHECK(same(36, (fat32 ? 90 : 62) - 36));
    CHECK(same(510, 2));
    if (fat32) {
        CHECK(same(s.sector, 512));
        CHECK(same(7 * s.sector, 512));
        CHECK(field(6 * s.sector, 512) == field(0, 512));
        CHECK(same(6 * s.sector + 11, 79));
    }
}
