// SPDX-License-Identifier: BSL-1.0
// Outputs of the command: their formats, several at once, standard output.
#include "command.hpp"

#include <tests/support/catch.hpp>

using imgcompose_test::command_folder;
using imgcompose_test::have;
using imgcompose_test::shipped;

namespace {
constexpr const char* mkfs = "mkfs ext4 --from rootfs --size 8MiB --seed x --quiet ";
bool can_ask(const char* program) {
    const bool found = have(program);
    if (!found) WARN("skipped: " << program << " not found");
    return found;
}
} // namespace

TEST_CASE("the name of an output tells its format, and all outputs hold the same image") {
    const command_folder run;
    const auto made = run(std::string{mkfs} + "-o disk.img --also disk.simg --also disk.qcow2 --also disk.img.gz --also disk.img.zst --bmap");
    CHECK(made.output == "");
    REQUIRE(made.status == 0);
    CHECK(run.shell("ls -A | grep -c -e '^disk' -e partial").output == "6\n");
    if (can_ask("simg2img")) CHECK(run.shell("simg2img disk.simg 1 && cmp disk.img 1").output == "");
    if (can_ask("qemu-img")) {
        CHECK(run.shell("qemu-img check -q disk.qcow2").output == "");
        CHECK(run.shell("qemu-img compare -f qcow2 -F raw disk.qcow2 disk.img").output == "Images are identical.\n");
    }
    if (can_ask("gzip")) CHECK(run.shell("gzip -dc disk.img.gz | cmp - disk.img").output == "");
    if (can_ask("zstd")) CHECK(run.shell("zstd -qdc disk.img.zst | cmp - disk.img").output == "");
    if (can_ask("bmaptool")) {
        const auto copied = run.shell("bmaptool -q copy disk.img copy && cmp disk.img copy");
        CHECK(copied.output == "");
        CHECK(copied.status == 0);
    }
    CHECK(run(std::string{mkfs} + "-o alone.img").status == 0);
    CHECK(run.read("alone.img") == run.read("disk.img"));
}

TEST_CASE("standard output gets the raw image, and what is told goes elsewhere") {
    const command_folder run;
    REQUIRE(run(std::string{mkfs} + "-o file.img").status == 0);
    REQUIRE(run(std::string{mkfs} + "-o - --also b.img --digest 2>told | cat >piped.img").status == 0);
    CHECK(run.shell("cmp file.img piped.img && cmp file.img b.img").output == "");
    CHECK(run.shell("sha256sum file.img | cut -c 1-64").output == run.read("told").substr(0, 64) + "\n");
    const auto built = run("build " + shipped("nanopi-r2s") + " --inputs . --quiet -o - --also disk.img >built.img; cmp built.img disk.img");
    CHECK(built.output == "");
}

TEST_CASE("a reader that goes away is an error, and the files beside stay as they were") {
    const command_folder run;
    run.write("b.img", "old");
    const auto made = run(std::string{mkfs} + "-o - --also b.img 2>told | head -c 10 >/dev/null; cat told");
    CHECK(made.output.find("imgcompose: cannot write standard output at byte ") != std::string::npos);
    CHECK(made.output.find("Broken pipe") != std::string::npos);
    CHECK(run.read("b.img") == "old");
}

TEST_CASE("the digest is that of the raw image, under the name that it has unpacked") {
    const command_folder run;
    const auto made = run(std::string{mkfs} + "-o disk.img.zst --digest >sums");
    REQUIRE(made.status == 0);
    if (can_ask("zstd")) CHECK(run.shell("zstd -qd disk.img.zst && sha256sum -c sums").output == "disk.img: OK\n");
}

TEST_CASE("outputs that cannot be are refused before anything is made") {
    const command_folder run;
    const auto refused = [&](const std::string& options, const std::string& words) {
        const auto told = run(std::string{mkfs} + options);
        INFO(told.output);
        CHECK(told.status == 1);
        CHECK(told.output.find(words) != std::string::npos);
    };
    refused("-o disk.img.xz", "disk.img.xz has the name of a format that cannot be written");
    refused("-o disk.img --also a.vmdk", "a.vmdk has the name of a format");
    refused("-o disk.img --also ./disk.img", "disk.img is to be written twice");
    refused("-o - --also -", "standard output is to be written twice");
    refused("-o - --bmap", "--bmap writes a file beside that of -o, which is standard output");
    refused("-o disk.simg --bmap", "--bmap tells of raw images");
    CHECK(run.shell("ls -A | grep -c -e disk -e partial").output == "0\n");
}

TEST_CASE("an update makes what a fresh build makes, and remembers what it took from where") {
    const command_folder run;
    const std::string into = std::string{mkfs} + "-o disk.img --update ";
    const bool in_place = GENERATE(false, true);
    const std::string update = into + (in_place ? "--in-place " : "");
    run.write("rootfs/large", std::string(300'000, 'l'));
    REQUIRE(run.shell("sleep 3").status == 0); // what was only just made is not remembered
    REQUIRE(run(into).status == 0);
    CHECK(run.read("disk.img.plan").substr(0, 18) == "imgcompose-plan 2\n");

    run.write("rootfs/etc/hostname", "another name\n");
    run.write("rootfs/new", std::string(100'000, 'n'));
    const auto updated = run(update);
    INFO(updated.output);
    REQUIRE(updated.status == 0);
    REQUIRE(run(std::string{mkfs} + "-o fresh.img").status == 0);
    CHECK(run.shell("cmp disk.img fresh.img").output == "");

    // Other bytes, as many, under the time that the file had.
    REQUIRE(run.shell("touch -r rootfs/large time && tr l k <rootfs/large >x && mv x rootfs/large && touch -r time rootfs/large").status == 0);
    REQUIRE(run(update).status == 0);
    REQUIRE(run(std::string{mkfs} + "-o fresh.img").status == 0);
    CHECK(run.shell("cmp disk.img fresh.img").output == "");

    // No longer what it was.
    REQUIRE(run.shell("rm rootfs/new && printf x | dd of=disk.img bs=1 seek=5000000 conv=notrunc 2>/dev/null").status == 0);
    REQUIRE(run(update).status == 0);
    REQUIRE(run(std::string{mkfs} + "-o fresh.img").status == 0);
    CHECK(run.shell("cmp disk.img fresh.img").output == "");
    run.write("disk.img.plan", "imgcompose-plan 2\nwhat");
    CHECK(run(update).output.find("disk.img.plan:2") != std::string::npos);
    run.write("disk.img.plan", "imgcompose-plan 1\nof another version");
    CHECK(run(update).status == 0);
}

TEST_CASE("an update that cannot be is refused") {
    const command_folder run;
    const auto refused = [&](const std::string& options, const std::string& words) {
        const auto r = run(mkfs + options);
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(r.output.find(words) != std::string::npos);
    };
    refused("-o disk.img.gz --update", "for a raw image");
    refused("-o - --update | cat; exit 1", "for a raw image");
    refused("-o disk.img --in-place", "how to --update");
    refused("-o disk.img --update --in-place --digest", "--digest need");
}

TEST_CASE("an image does not take itself of the last time in") {
    const command_folder run;
    for (const std::string options : {"-o rootfs/disk.img", "-o disk.img --also rootfs/disk.img", "-o rootfs/x.img --bmap -q", "-o rootfs/y.img --update"}) {
        REQUIRE(run(std::string{mkfs} + options).status == 0);
        const auto again = run(std::string{mkfs} + options);
        INFO(again.output);
        CHECK(again.status == 1);
        CHECK(again.output.find("is one of the files that the image is made of") != std::string::npos);
        REQUIRE(run.shell("rm -f rootfs/*.img*").status == 0);
    }
    REQUIRE(run(std::string{mkfs} + "-o rootfs/disk.img").status == 0);
    REQUIRE(run(std::string{mkfs} + "-o rootfs/disk.img --exclude '*.img'").status == 0);
}

TEST_CASE("an image is written into a file or device that is there") {
    const command_folder run;
    REQUIRE(run(std::string{mkfs} + "-o fresh.img").status == 0);
    run.write("there.img", std::string(20 << 20, '\xff'));
    REQUIRE(run(std::string{mkfs} + "-o there.img --into-existing --also fresh2.img --bmap").status == 0);
    CHECK(run.read("there.img").size() == 20u << 20);
    CHECK(run.shell("cmp fresh.img fresh2.img && e2fsck -fn there.img 2>&1 | grep -c there.img:").output == "1\n");
    CHECK(run.read("there.img").substr((20 << 20) - 4096) == std::string(4096, '\xff'));
    run.write("there.img", std::string(20 << 20, '\xff'));
    REQUIRE(run(std::string{mkfs} + "-o there.img --into-existing --discard").status == 0);
    CHECK(run.shell("cmp -n $(stat -c %s fresh.img) fresh.img there.img").output == "");
    const auto refused = [&](const std::string& options, const std::string& words) {
        const auto r = run(mkfs + options);
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(r.output.find(words) != std::string::npos);
    };
    refused("-o none.img --into-existing", "none.img");
    refused("-o /dev/null --into-existing", "/dev/null is a character device");
    refused("-o there.img --into-existing --update", "--into-existing is for a raw image");
    refused("-o there.img.gz --into-existing", "--into-existing is for a raw image");
    refused("-o there.img --discard", "--into-existing; give that too");
    refused("-o there.img --allow-fixed", "--into-existing; give that too");
    if (!imgcompose_test::is_root()) {
        WARN("skipped: loop devices need root");
        return;
    }
    const std::string device = run.shell("truncate -s 32M loop.img && losetup -f --show loop.img").output;
    if (!device.starts_with("/dev/")) {
        WARN("skipped: no loop device: " << device);
        return;
    }
    const std::string loop = device.substr(0, device.find('\n'));
    CHECK(run.shell("tr '\\0' '\\377' </dev/zero | head -c 32M >" + loop + "; sync " + loop).status == 0);
    CHECK(run(std::string{mkfs} + "-o " + loop + " --into-existing --discard").status == 0);
    CHECK(run.shell("e2fsck -fn " + loop + " 2>&1 | grep -c 'files.*blocks'").output == "1\n");
    CHECK(run.shell("mkdir m && mount " + loop + " m && ls m").output.find("etc") != std::string::npos);
    refused("-o " + loop + " --into-existing", "is in use: mounted at");
    CHECK(run.shell("umount m; losetup -d " + loop).status == 0);
}

TEST_CASE("extended attributes are left out if that is asked for") {
    const command_folder run;
    if (run.shell("setfattr -n user.x -v value rootfs/etc/hostname").status != 0) {
        WARN("skipped: no setfattr, or no attributes here");
        return;
    }
    REQUIRE(run(std::string{mkfs} + "-o with.img").status == 0);
    REQUIRE(run(std::string{mkfs} + "-o without.img --no-xattrs").status == 0);
    CHECK(run.shell("grep -c value with.img").output == "1\n");
    CHECK(run.shell("grep -c value without.img").output == "0\n");
}

TEST_CASE("a file larger than may be written is told, and what was there stays") {
    const command_folder run;
    run.write("disk.img", "old");
    const auto told = run(std::string{mkfs} + "-o disk.img", "ulimit -f 100;");
    CHECK(told.status == 1);
    CHECK(told.output.find("File too large") != std::string::npos);
    CHECK(run.read("disk.img") == "old");
}

TEST_CASE("a signal ends the writing and leaves what was there and no part of a file") {
    const command_folder run;
    run.write("disk.img", "old");
    run.write("rootfs/large", std::string(3'000'000, 'l'));
    const std::string signal = GENERATE("TERM", "HUP", "KILL");
    INFO(signal);
    // The first byte that is read tells that it writes, and that no more is read makes it wait until after the signal.
    const auto stopped = run.shell("{ " + imgcompose_test::word(imgcompose_test::imgcompose_command()->string()) + ' ' + mkfs +
                                   "-o - --also disk.img 2>told & echo $! >pid; wait $!; echo status $? >>told; } | "
                                   "{ head -c 1 >/dev/null; kill -" + signal + " $(cat pid); sleep 1; cat >/dev/null; }; "
                                   "cat told; ls -A | grep -c partial");
    INFO(stopped.output);
    const int number = signal == "TERM" ? 15 : signal == "HUP" ? 1 : 9;
    CHECK(stopped.output.find("status " + std::to_string(128 + number) + "\n") != std::string::npos);
    if (number != 9)
        CHECK(stopped.output.find("stopped by signal " + std::to_string(number) + " before standard output was complete") != std::string::npos);
    CHECK(run.read("disk.img") == "old");
    CHECK(stopped.output.ends_with("\n0\n"));
}
