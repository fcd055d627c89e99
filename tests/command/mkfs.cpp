// SPDX-License-Identifier: BSL-1.0
#include <tests/command/command.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <filesystem>
#include <string>

using namespace imgcompose_test;

namespace {


} // namespace

TEST_CASE("mkfs makes an ext4 filesystem of a directory") {
    const command_folder in;
    const auto made = in("mkfs ext4 --from rootfs -o fs.img --label ROOT --uuid 14e19a7b-0ae0-484d-9d54-43bd6fdc20c7 --size 32MiB "
                         "--journal none --block-size 1KiB --reserved-percent 0 --owner 0:0 -O ^resize_inode");
    INFO(made.output);
    REQUIRE(made.status == 0);
    CHECK(std::filesystem::file_size(in / "fs.img") == 32u << 20);
    if (!have("e2fsck")) {
        WARN("skipped: e2fsck not found");
        return;
    }
    CHECK(run("e2fsck -fn " + word(in / "fs.img")).status == 0);
    const auto header = run("dumpe2fs -h " + word(in / "fs.img")).output;
    CHECK(has(header, "volume name:   ROOT"));
    CHECK(has(header, "14e19a7b-0ae0-484d-9d54-43bd6fdc20c7"));
    CHECK(has(header, "Block size:               1024"));
    CHECK(has(header, "Reserved block count:     0"));
    CHECK(!has(header, "has_journal"));
    CHECK(!has(header, "resize_inode"));
    CHECK(run("debugfs -R 'cat /etc/hostname' " + word(in / "fs.img") + " 2>/dev/null").output == "content of rootfs/etc/hostname");
}

TEST_CASE("mkfs takes a tar, packed or not, in the place of a directory") {
    const command_folder in;
    REQUIRE(in.shell("tar --format=posix -C rootfs -cf rootfs.tar . && gzip -k rootfs.tar").status == 0);
    REQUIRE(in("mkfs ext4 --from rootfs -o directory.img --exclude /etc/fstab").status == 0);
    for (const std::string archive : {"rootfs.tar", "rootfs.tar.gz"}) {
        const auto made = in("mkfs ext4 --from " + archive + " -o archive.img --exclude /etc/fstab");
        INFO(made.output);
        REQUIRE(made.status == 0);
        CHECK(in.read("archive.img") == in.read("directory.img"));
    }
    CHECK(has(in("mkfs ext4 --from Image -o none.img").output, "imgcompose: Image is none of the archives that can be read"));
    CHECK(has(in("mkfs ext4 --from gone -o none.img").output, "cannot read the directory gone"));
    CHECK(!std::filesystem::exists(in / "none.img"));
}

TEST_CASE("mkfs makes a FAT filesystem of a directory") {
    const command_folder in;
    const auto made = in("mkfs fat --from rootfs -o fs.img --label BOOT --uuid 1234-ABCD --size 20MiB --fat-bits 16 --cluster-size 2KiB");
    INFO(made.output);
    REQUIRE(made.status == 0);
    CHECK(std::filesystem::file_size(in / "fs.img") == 20u << 20);
    if (!have("mdir") || !have("fsck.vfat")) {
        WARN("skipped: mtools or fsck.vfat not found");
        return;
    }
    CHECK(run("fsck.vfat -n " + word(in / "fs.img")).status == 0);
    const auto listed = run("mdir -i " + word(in / "fs.img") + " ::/etc").output;
    CHECK(has(listed, "BOOT"));
    CHECK(has(listed, "1234-ABCD"));
    CHECK(run("mtype -i " + word(in / "fs.img") + " ::/etc/hostname").output == "content of rootfs/etc/hostname");
}

TEST_CASE("mkfs makes the smallest filesystem unless told how much more") {
    const command_folder in;
    const std::string type = GENERATE("ext4", "fat");
    const auto size_of = [&](const std::string& size) {
        const auto r = in("mkfs " + type + " --from rootfs -o fs.img " + size);
        INFO(r.output);
        REQUIRE(r.status == 0);
        return std::filesystem::file_size(in / "fs.img");
    };
    const auto smallest = size_of("");
    CHECK(size_of("--size min") == smallest);
    CHECK(size_of("--size min+1MiB") == smallest + (1u << 20));
    CHECK(size_of("--size min+50%") >= smallest + smallest / 2);
    CHECK(size_of("--size 65536s") == 32u << 20);
}

TEST_CASE("times come from the files unless they are clamped") {
    if (!have("mdir")) {
        WARN("skipped: mdir not found");
        return;
    }
    const command_folder in;
    const auto year_with = [&](const std::string& options, const std::string& environment = {}) {
        const auto r = in("mkfs fat --from rootfs -o fs.img " + options, environment);
        INFO(r.output);
        REQUIRE(r.status == 0);
        const auto listed = run("mdir -i " + word(in / "fs.img") + " ::/etc/hostname").output;
        const auto at = listed.find("2001-09-09");
        return at == std::string::npos ? std::string{"other"} : std::string{"2001"};
    };
    CHECK(year_with("") == "2001");
    CHECK(year_with("", "SOURCE_DATE_EPOCH=500000000") == "2001");
    CHECK(year_with("--clamp-mtime", "SOURCE_DATE_EPOCH=500000000") == "other");
    CHECK(year_with("--clamp-mtime", "SOURCE_DATE_EPOCH=1500000000") == "2001");
    CHECK(year_with("--clamp-mtime --epoch 500000000") == "other");
    CHECK(year_with("--clamp-mtime 500000000") == "other");
    CHECK(year_with("--clamp-mtime 1500000000") == "2001");
}

TEST_CASE("mkfs leaves out what patterns match") {
    if (!have("mdir")) {
        WARN("skipped: mdir not found");
        return;
    }
    const command_folder in;
    REQUIRE(in("mkfs fat --from rootfs -o fs.img --exclude /etc/fstab --exclude '/usr/**'").status == 0);
    const auto listed = run("mdir -/ -b -i " + word(in / "fs.img") + " ::/").output;
    CHECK(has(listed, "hostname"));
    CHECK(!has(listed, "fstab"));
    CHECK(!has(listed, "tool"));
}

TEST_CASE("mkfs refuses what it cannot do, and leaves no image") {
    const command_folder in;
    const auto refusal = [&](const std::string& arguments, const std::string& environment = {}) {
        const auto r = in("mkfs " + arguments + " -o fs.img", environment);
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(!std::filesystem::exists(in / "fs.img"));
        return r.output;
    };
    CHECK(has(refusal("ext4 --from nowhere"), "nowhere"));
    CHECK(has(refusal("ext4 --from rootfs --size 64KiB"), "imgcompose: "));
    CHECK(has(refusal("ext4 --from rootfs --size rest"), "\"rest\" is no size for a filesystem by itself"));
    CHECK(has(refusal("ext4 --from rootfs --uuid 1"), "\"1\" is not a UUID"));
    CHECK(has(refusal("ext4 --from rootfs --fat-bits 16"), "only FAT has"));
    CHECK(has(refusal("fat --from rootfs --journal none"), "only ext4 has"));
    CHECK(has(refusal("fat --from rootfs --uuid 12"), "\"12\" is not a volume id"));
    CHECK(has(refusal("ext4 --from rootfs --owner root"), "\"root\" is not an owner"));
    CHECK(has(refusal("ext4 --from rootfs -O inline_data"), "the feature \"inline_data\" cannot be turned on"));
    CHECK(has(refusal("ext4 --from rootfs", "SOURCE_DATE_EPOCH=today"), "SOURCE_DATE_EPOCH is \"today\""));
}

TEST_CASE("a value of mkfs that is none of its choices is a wrong command line, told with the choices") {
    const command_folder in;
    const auto r = in("mkfs fat --from rootfs -o fs.img --readable-by dos");
    CHECK(r.status == 2);
    CHECK(has(r.output, "imgcompose: --readable-by: there is no \"dos\"; there are: linux, u-boot, u-boot-2017\n"));
    CHECK(has(in("mkfs fat --from rootfs -o fs.img --symlinks folow").output, "did you mean `follow`?"));
    CHECK(has(in("mkfs ext3 --from rootfs -o fs.img").output, "imgcompose: TYPE: there is no \"ext3\"; did you mean `ext4`?"));
}

TEST_CASE("--digest prints what sha256sum prints") {
    const command_folder in;
    const auto made = in("mkfs fat --from rootfs -o fs.img --digest --quiet");
    INFO(made.output);
    REQUIRE(made.status == 0);
    CHECK(made.output == run("cd " + word(in / "") + " && sha256sum fs.img").output);
}

TEST_CASE("the boards are listed for people and for programs") {
    const command_folder in;
    const auto people = in("boards"), programs = in("boards --json");
    CHECK(people.status == 0);
    for (const char* board : {"nanopi-r2s", "orangepi-5", "orangepi-5-plus", "rock-5a", "rock64"}) {
        CHECK(has(people.output, board));
        CHECK(has(programs.output, '"' + std::string{board} + '"'));
    }
    CHECK(has(people.output, "idbloader.img at sector 64"));
    CHECK(has(in("--version").output, "imgcompose 0."));
    CHECK(in("--help").status == 0);
}
