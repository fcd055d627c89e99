// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"

#include <tests/support/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace t = imgcompose_test;

namespace {

std::size_t widest(const std::string& text) {
    std::size_t most = 0;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) most = std::max(most, line.size());
    return most;
}

} // namespace

TEST_CASE("inspect tells of a described disk and of the image made of it the same") {
    const t::command_folder in;
    REQUIRE(in("build " + t::shipped("nanopi-r2s") + " --inputs . -q -o disk.img").status == 0);
    const auto found = in("inspect disk.img", "COLUMNS=200");
    CHECK(found.status == 0);
    for (const char* words : {" GPT, sectors of 512 bytes", "GPT header", "1 boot: ext4 \"NIXOS_BOOT\"", "2 root: ext4 \"NIXOS_SD\"", "bootable",
                              "backup GPT header", "metadata_csum"})
        CHECK(found.output.find(words) != std::string::npos);
    CHECK(found.output.find("error:") == std::string::npos);
    const auto planned = in("inspect " + t::shipped("nanopi-r2s") + " --inputs .", "COLUMNS=200");
    CHECK(planned.output.find("idbloader.img") != std::string::npos);
    CHECK(in("diff " + t::shipped("nanopi-r2s") + " disk.img --inputs .").output.empty());
}

TEST_CASE("no line is wider than the terminal, and a wide one is used") {
    const t::command_folder in;
    const std::string described = t::shipped("nanopi-r2s") + " --inputs .";
    REQUIRE(in("build " + described + " -q -o disk.img").status == 0);
    in.write("rootfs/etc/a-file-whose-name-is-much-longer-than-the-terminal-is-wide-and-has-no-blank-in-it-where-a-line-could-be-broken", "x");
    REQUIRE(in("build " + described + " -q -o other.img --set image.seed=other --set partition.root.size=40MiB").status == 0);
    for (const std::string& arguments :
         {std::string{"--help"}, std::string{"mkfs --help"}, std::string{"build --help"}, std::string{"inspect --help"}, std::string{"lint --help"},
          std::string{"boards"}, "plan " + described, "plan --all " + described, std::string{"inspect disk.img"},
          std::string{"diff disk.img other.img"}, std::string{"lint disk.img --board rock-5a"}}) {
        for (const std::size_t columns : {40u, 80u, 200u}) {
            const std::string text = in(arguments, "COLUMNS=" + std::to_string(columns)).output;
            INFO(arguments << " in " << columns << " columns:\n" << text);
            CHECK(!text.empty());
            CHECK(widest(text) <= columns);
        }
    }
    for (const std::string& arguments : {std::string{"mkfs --help"}, std::string{"inspect disk.img"}, std::string{"diff disk.img other.img"}, std::string{"lint disk.img --board rock-5a"}}) {
        INFO(arguments);
        CHECK(widest(in(arguments, "COLUMNS=200").output) > 100);
    }
    // At 80 columns no GUID is cut and no word is broken.
    const std::string narrow = in("inspect disk.img", "COLUMNS=80").output, wide = in("inspect disk.img", "COLUMNS=400").output;
    std::istringstream some{narrow}, all{wide};
    std::vector<std::string> words, expected;
    for (std::string word; some >> word;) words.push_back(word);
    for (std::string word; all >> word;) expected.push_back(word);
    CHECK(words == expected);
    // For other programs, each difference and each finding is one line.
    CHECK(in("diff disk.img other.img").output == in("diff disk.img other.img", "COLUMNS=400").output);
}

TEST_CASE("plan and inspect list the same regions by the same names, and plan tells what is wrong") {
    const t::command_folder in;
    const std::string described = t::shipped("nanopi-r2s") + " --inputs .";
    const auto rows = [&](const std::string& arguments) { // first, last and name of each region
        return in.shell(t::word(t::imgcompose_command()->string()) + " " + arguments +
                        R"( | awk '$1 ~ /^[0-9]+$/ && $2 ~ /^[0-9]+$/ { sub(/.*  /, ""); print $0 }')").output;
    };
    REQUIRE(in("plan " + described).status == 0);
    setenv("COLUMNS", "300", 1);
    const std::string planned = rows("plan " + described), found = rows("inspect " + described);
    unsetenv("COLUMNS");
    CHECK(planned == found);
    CHECK(planned.find("1 boot: ext4 \"NIXOS_BOOT\"") != std::string::npos);
    const std::string table = in("plan " + described, "COLUMNS=200").output;
    for (const char* words : {"undefined", "GPT", "idbloader.img", "backup GPT header", " of data, "}) CHECK(table.find(words) != std::string::npos);

    in.write("d.toml", "[[raw]]\nname = \"x\"\nfile = \"Image\"\nsector = 64\n[[partition]]\nname = \"a\"\nstart = \"2049s\"\nsize = \"4MiB\"\n"
                       "filesystem = { type = \"fat\" }\n[image]\nalignment = \"1s\"\n");
    const auto odd = in("plan d.toml", "COLUMNS=200");
    INFO(odd.output);
    CHECK(odd.output.find("\nwarning: sector 2049: partition 1 (a) does not begin at a multiple of 4 KiB") != std::string::npos);
    CHECK(in("plan d.toml --json | python3 -c \"import json,sys; print(json.load(sys.stdin)['findings'][0]['code'])\"").output == "misaligned\n");
}

TEST_CASE("overlaps, what lies beyond the end and the extended partition are told in the rows") {
    if (!t::have("sfdisk")) {
        WARN("skipped: sfdisk not found");
        return;
    }
    const t::command_folder in;
    REQUIRE(in.shell("truncate -s 64M m.img && printf '2048,20480,c\\n32768,81920,f\\n,,\\n,,\\n34816,20480,83\\n' | sfdisk -q -X dos m.img && "
                     "truncate -s 20M m.img").status == 0);
    const auto r = in("inspect m.img", "COLUMNS=200").output;
    INFO(r);
    CHECK(r.find("partition 2: extended (LBA) (36 MiB beyond the end of the disk)") != std::string::npos);
    CHECK(r.find("  partition 5: Linux filesystem (7 MiB beyond the end of the disk)") != std::string::npos);
    CHECK(in("inspect --json m.img | python3 -c \"import json,sys; print(json.load(sys.stdin)['extended']['number'])\"").output == "2\n");

    REQUIRE(in.shell("truncate -s 64M o.img && printf '2048,20480,c\\n40960,20480,83\\n' | sfdisk -q -X dos o.img && "
                     "printf '\\000\\120\\000\\000' | dd of=o.img bs=1 seek=470 conv=notrunc status=none").status == 0);
    const auto o = in("inspect o.img", "COLUMNS=200").output;
    INFO(o);
    CHECK(o.find("partition 2: Linux filesystem (overlaps partition 1 by 1 MiB)") != std::string::npos);
    CHECK(o.find("error: sector 20480: partition 2 (sectors 20480-40959) overlaps partition 1 (sectors 2048-22527)") != std::string::npos);
}

TEST_CASE("what inspect says of a cut-off image, a BIOS boot partition and a ChromeOS kernel fits them") {
    if (!t::have("sgdisk")) {
        WARN("skipped: sgdisk not found");
        return;
    }
    const t::command_folder in;
    REQUIRE(in.shell("truncate -s 64M g.img && sgdisk -a 1 -n 1:34:2047 -t 1:ef02 -n 2:2048:+8M -t 2:7f00 -A 2:set:56 -A 2:set:48 -n 3:0:0 g.img").status == 0);
    const auto r = in("inspect g.img", "COLUMNS=200").output;
    INFO(r);
    CHECK(r.find("warning") == std::string::npos); // 34 is where a BIOS boot partition is
    CHECK(r.find("chromeos_successful") == std::string::npos);
    CHECK(r.find("ChromeOS kernel, priority 1, tries 0, successful") != std::string::npos);
    REQUIRE(in.shell("truncate -s 32M g.img").status == 0);
    const auto cut = in("inspect g.img").output;
    INFO(cut);
    CHECK(cut.find("sgdisk -e") == std::string::npos);
    CHECK(cut.find("cut off") != std::string::npos);
}

TEST_CASE("inspect writes JSON and a picture") {
    const t::command_folder in;
    REQUIRE(in("build " + t::shipped("nanopi-r2s") + " --inputs . -q -o disk.img").status == 0);
    const auto json = in("inspect --json disk.img | python3 -c \"import json,sys; d=json.load(sys.stdin); "
                         "print(d['table'], [p['content']['label'] for p in d['partitions']], len(d['findings']), d['gpt']['backup']['sound'])\"");
    CHECK(json.output == "gpt ['NIXOS_BOOT', 'NIXOS_SD'] 0 True\n");
    CHECK(in("inspect disk.img --svg disk.svg").output.empty());
    CHECK(in.read("disk.svg").starts_with("<svg "));
    CHECK(in("inspect disk.img --svg -").output == in.read("disk.svg"));
    CHECK(!std::filesystem::exists(in / "-"));
    CHECK(in("inspect disk.img --svg x.svg --json").status == 2);
}

TEST_CASE("diff answers by its exit status, as diff does") {
    const t::command_folder in;
    REQUIRE(in("build " + t::shipped("nanopi-r2s") + " --inputs . -q -o a.img").status == 0);
    in.write("rootfs/etc/hostname", "another name");
    REQUIRE(in("build " + t::shipped("nanopi-r2s") + " --inputs . -q -o b.img").status == 0);
    const auto differ = in("diff a.img b.img");
    CHECK(differ.status == 1);
    CHECK(differ.output.find("~ partition 2 (root): /etc/hostname: ") != std::string::npos);
    CHECK(in("diff a.img a.img").status == 0);
    CHECK(in("diff a.img a.img").output.empty());
    CHECK(in("diff a.img absent").status == 2);
    CHECK(in("diff --json a.img b.img | python3 -c \"import json,sys; print(json.load(sys.stdin)['same'])\"").output == "False\n");
}

TEST_CASE("extract gives a partition's bytes and its files") {
    const t::command_folder in;
    REQUIRE(in("build " + t::shipped("nanopi-r2s") + " --inputs . -q -o disk.img").status == 0);
    const auto bytes = in("extract disk.img --partition 1 -o boot.img");
    CHECK(bytes.output == "boot.img: 536870912 bytes of partition 1 (boot)\n");
    CHECK(std::filesystem::file_size(in / "boot.img") == 536870912);
    if (t::have("e2fsck")) CHECK(t::run("e2fsck -fn " + t::word(in / "boot.img")).status == 0);
    if (t::have("stat")) CHECK(std::stoll(t::run("stat -c %b " + t::word(in / "boot.img")).output) * 512 < 64 << 20);

    CHECK(in("extract disk.img --partition 2 --files -o files").status == 0);
    CHECK(in.read("files/etc/hostname") == in.read("rootfs/etc/hostname"));
    CHECK(t::run("stat -c %Y " + t::word(in / "files/etc/hostname")).output == "1\n"); // clamped by the description
    CHECK(t::run("rmdir " + t::word(in / "files/lost+found") + " && diff -r " + t::word(in / "files") + " " + t::word(in / "rootfs")).output.empty());
    CHECK(in("extract disk.img --partition 2 --files -o files").output.find("is not empty") != std::string::npos);
}

TEST_CASE("extract gives bootloaders with their exact lengths, so that an image can be composed of them anew") {
    if (!t::have("mkimage")) {
        WARN("skipped: mkimage not found");
        return;
    }
    const t::command_folder in;
    const std::string folder = t::word(in / ".");
    REQUIRE(t::run("cd " + folder + " && head -c 12000 /dev/urandom > tpl && head -c 94208 /dev/urandom > spl && "
                   "mkimage -n rk3328 -T rksd -d tpl:spl idbloader.img && mkimage -f auto -A arm64 -O linux -T kernel -C none "
                   "-a 0x200000 -d spl -E u-boot.itb").status == 0);
    REQUIRE(in("build " + t::shipped("nanopi-r2s") + " --inputs . -q -o disk.img").status == 0);
    const auto r = in("extract disk.img --bootloader -o out");
    CHECK(r.status == 0);
    CHECK(in.read("out/idbloader.img") == in.read("idbloader.img"));
    const std::string itb = in.read("out/u-boot.itb"), original = in.read("u-boot.itb");
    CHECK(original.substr(0, itb.size()) == itb);
    CHECK(original.find_first_not_of('\0', itb.size()) == std::string::npos);
    CHECK(in("inspect disk.img").output.find("idbloader.img for RK32xx") != std::string::npos);

    // Two bytes of the disk damaged: said, and still given.
    REQUIRE(t::run("cd " + folder + " && printf XY | dd of=disk.img bs=1 seek=8400000 conv=notrunc").status == 0);
    CHECK(in("inspect disk.img").output.find("u-boot.itb (FIT) is cut off or damaged") != std::string::npos);
    CHECK(in("extract disk.img --bootloader -o again").output.find("warning: it is cut off or damaged") != std::string::npos);
}

TEST_CASE("extract says what it cannot give") {
    const t::command_folder in;
    REQUIRE(in("build " + t::shipped("nanopi-r2s") + " --inputs . -q -o disk.img").status == 0);
    CHECK(in("extract disk.img --partition 7").output.find("has no partition 7; it has: 1 2") != std::string::npos);
    CHECK(in("extract disk.img").output.find("needs one of --bootloader and --partition") != std::string::npos);
    CHECK(in("extract disk.img --files").status == 2);
    CHECK(in("extract disk.img --bootloader --partition 1").status == 2);
    in.write("none.toml", "[[partition]]\nname = \"a\"\nsize = \"1MiB\"\n");
    REQUIRE(in("build none.toml -q -o none.img").status == 0);
    CHECK(in("extract none.img --bootloader -o out").output.find("there is no bootloader that is known") != std::string::npos);
    CHECK(in("inspect .").output.find("is a directory") != std::string::npos);
    CHECK(in("inspect disk.img --set image.table=mbr").output.find("are for descriptions") != std::string::npos);
}

TEST_CASE("names in an image cannot reach the terminal as control characters") {
    const t::command_folder in;
    if (!t::have("sgdisk")) {
        WARN("skipped: sgdisk not found");
        return;
    }
    REQUIRE(t::run("truncate -s 20M " + t::word(in / "x.img") + " && sgdisk -n 1:0:+1M -c \"1:a$(printf '\\033')[31mb\" " + t::word(in / "x.img")).status == 0);
    const auto r = in("inspect x.img");
    CHECK(r.output.find('\x1b') == std::string::npos);
    CHECK(r.output.find("\\x1b[31m") != std::string::npos);
}
