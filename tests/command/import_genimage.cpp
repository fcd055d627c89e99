// SPDX-License-Identifier: BSL-1.0
#include <tests/command/command.hpp>

#include <tests/support/catch.hpp>

#include <iostream>
#include <string>
#include <vector>

using namespace imgcompose_test;

namespace {

/// A Raspberry Pi, in the manner of Buildroot.
const std::string raspberry_pi = R"(# boot files on FAT, a root made by somebody else
image boot.vfat {
	vfat {
		files = {
			"Image",
			"dtbs/rockchip",
		}
		files += { 'initrd' }
		file boot/kernel8.img { image = "Image" }
		extraargs = "-F 16 -n BOOT"
	}
	size = 32M
}

image sdcard.img {
	hdimage {}
	partition boot {
		partition-type = 0xC
		bootable = "true"
		image = "boot.vfat"
	}
	partition rootfs { partition-type = 0x83 image = "rootfs.ext4" }
}
)";

/// A Rockchip board: bootloader in front of a GPT's partitions, everything with identifiers of its own.
const std::string rockchip = R"(/* bootloader,
   system */
image sdcard.img {
	hdimage {
		partition-table-type = "gpt"
		disk-uuid = 01234567-89ab-cdef-0123-456789abcdef
	}
	partition idbloader { in-partition-table = false offset = 32K image = "idbloader.img" }
	partition u-boot { in-partition-table = no offset = 8M image = "u-boot.itb" size = 4M } // FIT
	partition boot {
		offset = 16M
		size = 20M
		partition-type-uuid = "U"
		partition-uuid = "11111111-2222-3333-4444-555555555555"
	}
	partition rootfs {
		partition-type-uuid = b921b045-1df0-41c3-af44-4c6f280d3fae
		partition-uuid = 22222222-2222-3333-4444-555555555555
		image = "rootfs.ext4"
		bootable = true
	}
}
)";

/// Two systems and a partition for the rest, with a root made of files.
const std::string two_systems = R"(config { rootpath = "rootfs" }
image root.ext4 {
	ext4 {
		use-mke2fs = true
		label = "ROOT"
		features = "^64bit,^metadata_csum"
	}
	size = 24M
}
image disk.img {
	size = 128M
	hdimage { partition-table-type = gpt align = 1M disk-uuid = 01234567-89ab-cdef-0123-456789abcdef }
	partition root-a { image = "root.ext4" partition-uuid = 11111111-2222-3333-4444-555555555555 }
	partition root-b { size = 24M partition-uuid = 22222222-2222-3333-4444-555555555555 }
	partition data { autoresize = true partition-type-uuid = H partition-uuid = 33333333-2222-3333-4444-555555555555 }
}
)";

/// More partitions than an MBR has places, behind a bootloader that reaches past the first sectors.
const std::string many_partitions = R"(image disk.img {
	hdimage { align = 1M disk-signature = 0x12345678 }
	partition MLO { in-partition-table = false offset = 128K image = "idbloader.img" size = 3M }
	partition a { size = 4M partition-type = 0xe bootable = yes }
	partition b { size = 4M partition-type = 0x83 }
	partition c { size = 4M partition-type = 0x83 }
	partition d { size = 4M partition-type = 0x83 }
	partition e { size = 4M partition-type = 0x83 }
	partition f { size = 4M partition-type = 0x82 }
}
)";

const std::string hybrid = R"(image disk.img {
	hdimage { partition-table-type = "hybrid" align = 512 disk-uuid = 01234567-89ab-cdef-0123-456789abcdef }
	partition fw { size = 8M offset = 4M partition-type = 0xc partition-type-uuid = F partition-uuid = 11111111-2222-3333-4444-555555555555 }
	partition blob { in-partition-table = false image = "u-boot.itb" offset = 12M size = 1M }
	partition root { size = 16M align = 4M partition-uuid = 22222222-2222-3333-4444-555555555555 }
}
)";

/// What `sfdisk -d` says of partitions, without the name of the disk.
std::string partitions_of(const command_folder& in, const std::string& image) {
    return in.shell("sfdisk -d " + image + " | sed -n 's/^[^ ]*\\([0-9][0-9]* :\\)/\\1/p'").output;
}

/// The same imported, built and by genimage; `looked_at` are commands whose output is the same on IMAGE of both.
void require_same(const std::string& config, const std::string& image, const std::vector<std::string>& looked_at) {
    for (const char* program : {"genimage", "sfdisk", "mke2fs", "mcopy", "mtype"}) {
        if (have(program)) continue;
        std::cout << "skipped: " << program << " not found\n";
        return;
    }
    const command_folder in;
    in.write("d.cfg", config);
    REQUIRE(in.shell("mke2fs -q -t ext4 rootfs.ext4 8M").status == 0);
    const auto theirs = in.shell("genimage --config d.cfg --inputpath . --outputpath theirs --rootpath rootfs --tmppath tmp");
    INFO(theirs.output);
    REQUIRE(theirs.status == 0);
    const auto imported = in("import-genimage d.cfg -o d.toml");
    INFO(imported.output << in.read("d.toml"));
    REQUIRE(imported.status == 0);
    const auto built = in("build d.toml -q -o ours.img");
    INFO(built.output);
    REQUIRE(built.status == 0);

    const std::string expected = partitions_of(in, "theirs/" + image);
    CHECK(expected.find("start=") != std::string::npos);
    CHECK(partitions_of(in, "ours.img") == expected);
    for (const std::string& look : looked_at) {
        INFO(look);
        const auto told = in.shell("IMAGE=theirs/" + image + "; " + look);
        CHECK(told.status == 0);
        CHECK(!told.output.empty());
        CHECK(in.shell("IMAGE=ours.img; " + look).output == told.output);
    }
}

/// What the import says on standard error of a configuration.
std::string said_of(const std::string& config, const std::string& options = {}) {
    const command_folder in;
    in.write("d.cfg", config);
    return in("import-genimage d.cfg " + options + " >d.toml").output;
}

std::string blob_at(const std::string& where, const std::string& file) {
    return "cmp -n $(stat -c %s " + file + ") -i " + where + ":0 $IMAGE " + file + " && echo the same";
}

std::string disk_with(const std::string& more) { return "image a.img {\n hdimage {}\n partition p { size = 1M }\n" + more + "\n}\n"; }

} // namespace

TEST_CASE("an imported configuration has the partitions, bootloaders and files that genimage makes of it") {
    SECTION("a Raspberry Pi") {
        const std::string in_boot = "mtype -i $IMAGE@@512 ";
        require_same(raspberry_pi, "sdcard.img",
                     {in_boot + "::/Image", in_boot + "::/initrd", in_boot + "::/boot/kernel8.img",
                      in_boot + "::/rockchip/rk3328-rock64.dtb", "minfo -i $IMAGE@@512 | grep 'sector size'",
                      "mlabel -s -i $IMAGE@@512", blob_at("33554944", "rootfs.ext4")});
    }
    SECTION("a Rockchip board") {
        require_same(rockchip, "sdcard.img", {blob_at("32768", "idbloader.img"), blob_at("8388608", "u-boot.itb"),
                                              blob_at("37748736", "rootfs.ext4")});
    }
    SECTION("two systems") {
        require_same(two_systems, "disk.img",
                     {"dd if=$IMAGE of=part bs=1M skip=1 count=24 status=none; e2fsck -fn part 2>&1 | head -1; debugfs -R "
                      "'cat /etc/hostname' part 2>/dev/null; dumpe2fs -h part 2>/dev/null | grep 'volume name'; "
                      "dumpe2fs -h part 2>/dev/null | grep -o -w -E '64bit|metadata_csum|has_journal'"});
    }
    SECTION("more partitions than places") { require_same(many_partitions, "disk.img", {blob_at("131072", "idbloader.img")}); }
    SECTION("a hybrid table") {
        require_same(hybrid, "disk.img", {blob_at("12582912", "u-boot.itb"), "dd if=$IMAGE bs=1 skip=446 count=4 status=none | wc -c"});
    }
}

TEST_CASE("what a description cannot say is told with its line, and nothing else is") {
    CHECK(said_of(raspberry_pi).empty());
    CHECK(said_of(rockchip).empty());
    CHECK(said_of(hybrid).empty());
    CHECK(said_of("image a.img {\n hdimage {\n  gpt = true\n  gpt-location = 64K\n  gpt-no-backup = true\n }\n partition p {\n size = 1M\n }\n}\n") ==
          "d.cfg:4: `gpt-location` of hdimage is left out\nd.cfg:5: `gpt-no-backup` of hdimage is left out\n");
    CHECK(said_of(disk_with("exec-post = \"gzip\"")) == "d.cfg:4: `exec-post` of a.img is left out\n");
    CHECK(said_of("include(\"more.cfg\")\n" + disk_with("")).find("d.cfg:1: include is not followed") == 0);
    CHECK(said_of(disk_with("partition q { size = 1M hidden = true }")) == "d.cfg:4: `hidden` of partition \"q\" is left out\n");
    CHECK(said_of("image r.sq {\n squashfs {}\n}\n" + disk_with("partition q { image = r.sq size = 1M }")) ==
          "d.cfg:1: image \"r.sq\" is not made: squashfs has to be there as a file\n");
    CHECK(said_of("image r.ext {\n ext4 {\n extraargs = \"-E x\"\n features=\"casefold\"\n }\n size = 8M\n}\n" +
                  disk_with("partition q { image = r.ext }")) ==
          "d.cfg:3: `extraargs` of ext4 is left out\nd.cfg:4: the feature casefold is left out\n");
    CHECK(said_of("image b {\n vfat {\n extraargs = \"-F{ -s 4 -nBOOT\"\n }\n size = 8M\n}\n" + disk_with("partition q { image = b }")) ==
          "d.cfg:3: of `extraargs`, -F{ -s 4 is left out\n");
    CHECK(said_of("image r.ext {\n ext2 {}\n size = 8M\n}\n" + disk_with("partition q { image = r.ext }")) ==
          "d.cfg:2: ext2 becomes ext4 without a journal\n");
    CHECK(said_of(disk_with("partition q { image = \"${DEPLOY}/x.bin\" size = 1M }")) ==
          "d.cfg:4: ${DEPLOY} comes from the environment: give it with --set DEPLOY=VALUE\n");
    CHECK(said_of(disk_with("partition q { image = x.bin offset = 0 in-partition-table = false }")).find("overlaps its partition table") !=
          std::string::npos);
}

TEST_CASE("a variable of the environment becomes one of the description") {
    const command_folder in;
    in.write("d.cfg", disk_with("partition q { image = \"${DEPLOY:-.}/u-boot.itb\" offset = 8M in-partition-table = false }"));
    in.write("there/u-boot.itb", "another one");
    REQUIRE(in("import-genimage d.cfg -o d.toml").status == 0);
    REQUIRE(in("build d.toml -q -o a.img").status == 0);
    REQUIRE(in("build d.toml -q -o b.img --set DEPLOY=there").status == 0);
    CHECK(in.read("a.img").substr(8 << 20, 10) == in.read("u-boot.itb").substr(0, 10));
    CHECK(in.read("b.img").substr(8 << 20, 11) == "another one");
}

TEST_CASE("one of several disk images is chosen") {
    const std::string two = "image a.img { hdimage {} partition p { size = 1M } }\nimage b.img { hdimage {} partition q { size = 1M } }\n";
    CHECK(said_of(two) == "d.cfg:2: there are several disk images; choose one with --image: a.img b.img\n");
    CHECK(said_of(two, "--image c.img") == "d.cfg:1: there is no disk image \"c.img\"; there are: a.img b.img\n");
    CHECK(said_of(two, "--image b.img").empty());
}

TEST_CASE("what is no configuration of a disk image is refused with its line") {
    const auto refused = [](const std::string& config) {
        const command_folder in;
        in.write("d.cfg", config);
        const auto r = in("import-genimage d.cfg -o d.toml");
        CHECK(r.status == 1);
        CHECK(!std::filesystem::exists(in / "d.toml"));
        return r.output;
    };
    CHECK(refused("").find("d.cfg:1: there is no image with an hdimage section") == 0);
    CHECK(refused("image a.img {\n") == "d.cfg:2: '}' is expected here\n");
    CHECK(refused("}\n").find("d.cfg:1: a '}' without a section") == 0);
    CHECK(refused("image a.img {\nhdimage {} = }") == "d.cfg:2: '=' where the name of an option or section is expected\n");
    CHECK(refused("a = \"open\n\n") == "d.cfg:3: a text in quotation marks that is never closed\n");
    CHECK(refused("a = 1 /* open\n") == "d.cfg:1: a comment that is never closed\n");
    CHECK(refused("a = { 1 2 }\n") == "d.cfg:1: ',' is expected here\n");
    CHECK(refused("a = {\n") == "d.cfg:2: a name or a value is expected here\n");
    CHECK(refused("exec(\"rm\")\n") == "d.cfg:1: there is no function \"exec\"\n");
    CHECK(refused(disk_with("partition q { size = 1Q }")) == "d.cfg:4: `size` is \"1Q\", which is no size\n");
    CHECK(refused(disk_with("partition q { size = 99999999999999999999 }")).find("which is no size") != std::string::npos);
    CHECK(refused(disk_with("partition q { size = 9999999999G }")).find("which is no size") != std::string::npos);
    CHECK(refused(disk_with("partition q { size = 1M bootable = perhaps }")) ==
          "d.cfg:4: `bootable` is \"perhaps\"; it has to be true or false\n");
    CHECK(refused(disk_with("partition q { }")) == "d.cfg:4: partition \"q\" has neither an image nor a size\n");
    CHECK(refused("image a { hdimage { partition-table-type = bsd } }") == "d.cfg:1: there is no partition-table-type \"bsd\"\n");
    CHECK(refused("a = \"\xff\"\n") == "d.cfg:1: not all of it is UTF-8\n");
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += "a {";
    CHECK(refused(deep).find("sections within sections") != std::string::npos);
}

TEST_CASE("a configuration cannot say anything else in the description than texts") {
    const command_folder in;
    in.write("d.cfg", disk_with("partition \"q\\\"\\n[image]\" { image = 'a\"]b\\\\' size = 1M }"));
    CHECK(in("import-genimage d.cfg -o d.toml").status == 0);
    CHECK(in("plan d.toml").output.find("a\"]b\\") != std::string::npos); // the file that is not there
}
