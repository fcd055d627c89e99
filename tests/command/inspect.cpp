// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"

#include <tests/support/catch.hpp>

#include <algorithm>
#include <sstream>
#include <string>

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
    for (const char* words : {"gpt table", "GPT header", "1 boot: ext4 \"NIXOS_BOOT\"", "2 root: ext4 \"NIXOS_SD\"", "bootable",
                              "backup GPT header", "metadata_csum"})
        CHECK(found.output.find(words) != std::string::npos);
    CHECK(found.output.find("error:") == std::string::npos);
    const auto planned = in("inspect " + t::shipped("nanopi-r2s") + " --inputs .", "COLUMNS=200");
    CHECK(planned.output.find("idbloader.img") != std::string::npos);
    CHECK(in("diff " + t::shipped("nanopi-r2s") + " disk.img --inputs .").output.empty());
}

TEST_CASE("no line is wider than the terminal, at 80 and at 200 columns") {
    const t::command_folder in;
    for (const int columns : {80, 200}) {
        const auto r = in("inspect " + t::shipped("rock64-debian") + " --inputs .", "COLUMNS=" + std::to_string(columns));
        if (r.status != 0) continue; // its inputs are Debian's
        CHECK(widest(r.output) <= static_cast<std::size_t>(columns));
    }
    REQUIRE(in("build " + t::shipped("nanopi-r2s") + " --inputs . -q -o disk.img").status == 0);
    CHECK(widest(in("inspect disk.img", "COLUMNS=80").output) <= 80);
    CHECK(widest(in("inspect disk.img", "COLUMNS=200").output) > 100);
}

TEST_CASE("inspect writes JSON and a picture") {
    const t::command_folder in;
    REQUIRE(in("build " + t::shipped("nanopi-r2s") + " --inputs . -q -o disk.img").status == 0);
    const auto json = in("inspect --json disk.img | python3 -c \"import json,sys; d=json.load(sys.stdin); "
                         "print(d['table'], [p['content']['label'] for p in d['partitions']], len(d['findings']), d['gpt']['backup']['sound'])\"");
    CHECK(json.output == "gpt ['NIXOS_BOOT', 'NIXOS_SD'] 0 True\n");
    CHECK(in("inspect disk.img --svg disk.svg").output.empty());
    CHECK(in.read("disk.svg").starts_with("<svg "));
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
