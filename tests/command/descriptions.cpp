// SPDX-License-Identifier: BSL-1.0
#include <tests/command/command.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <string>

using namespace imgcompose_test;

namespace {


} // namespace

TEST_CASE("each shipped description can be planned and built") {
    const std::string board = GENERATE("nanopi-r2s", "orangepi-5", "orangepi-5-plus", "rock-5a", "rock64", "rock64-debian");
    const bool rk3328 = board == "nanopi-r2s" || board.starts_with("rock64");
    const command_folder in{rk3328 ? "rk3328" : "rk3588"};
    const auto from = board == "rock64-debian" ? "--set inputs=" + word(in / "") : std::string{"--inputs ."};
    const auto planned = in("plan " + shipped(board) + ' ' + from);
    INFO(board << ": " << planned.output);
    CHECK(planned.status == 0);
    const bool mbr = board.starts_with("orangepi"); // which has no names of its own
    CHECK(has(in("plan " + shipped(board) + ' ' + from, "COLUMNS=200").output, mbr ? "partition 2 (root): ext4" : " root: ext4"));
    const auto built = in("build " + shipped(board) + ' ' + from + " -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    if (have("sfdisk")) {
        const auto verified = run("sfdisk --verify " + word(in / "disk.img"));
        CHECK(verified.status == 0);
        INFO(verified.output);
        CHECK(has(verified.output, "No errors detected"));
    }
}

TEST_CASE("the NanoPi R2S has the layout of the write-up") {
    const command_folder in;
    const auto planned = in("plan " + shipped("nanopi-r2s") + " --inputs . --set image.size=61067264s --json");
    INFO(planned.output);
    REQUIRE(planned.status == 0);
    CHECK(has(planned.output, "\"name\": \"boot\",\n      \"offset\": 16777216,\n      \"size\": 536870912,\n      \"bootable\": true"));
    CHECK(has(planned.output, "\"name\": \"root\",\n      \"offset\": 553648128,\n      \"size\": 30711742464,"));
    CHECK(has(planned.output, "\"label\": \"NIXOS_BOOT\""));
    CHECK(has(planned.output, "\"label\": \"NIXOS_SD\""));
    CHECK(has(planned.output, "\"name\": \"idbloader.img\",\n      \"offset\": 32768,"));
    CHECK(has(planned.output, "\"name\": \"u-boot.itb\",\n      \"offset\": 8388608,"));
    CHECK(has(planned.output, "\"file\": \"./rootfs/etc/hostname\""));
}

TEST_CASE("--set makes the variants of the quick start's image") {
    const command_folder in;
    const auto plan = [&](const std::string& changes) {
        const auto r = in("plan " + shipped("rock64-debian") + " --set inputs=" + word(in / "") + " --json " + changes);
        INFO(changes << '\n' << r.output);
        CHECK(r.status == 0);
        return r.output;
    };
    const auto usual = plan("");
    CHECK(has(usual, "\"table\": \"gpt\""));
    CHECK(has(usual, "\"content\": \"ext4\",\n      \"label\": \"BOOT\""));
    CHECK(has(plan("--set partition.boot.filesystem.type=fat"), "\"content\": \"fat\",\n      \"label\": \"BOOT\""));
    CHECK(has(plan("--set image.table=mbr"), "\"table\": \"mbr\""));
    CHECK(has(plan("--set partition.2.filesystem.label=other"), "\"label\": \"other\""));
    CHECK(plan("--set boot_script.into=boot --set extlinux.enabled=false") != usual);
    CHECK(plan("--set partition.root.size=min") != usual);
    CHECK(plan("--set image.epoch=1") == plan("--set image.epoch=2"));
    CHECK(has(plan("--set extlinux.timeout=2.5"), "\"table\": \"gpt\""));
}

TEST_CASE("the same description gives the same bytes in any locale, time zone and umask") {
    const command_folder in;
    const auto build = [&](const std::string& how, const std::string& options = {}) {
        const auto r = in("build " + shipped("rock64") + " --inputs . -q -o disk.img " + options, how);
        INFO(r.output);
        REQUIRE(r.status == 0);
        const auto sum = run("sha256sum <" + word(in / "disk.img"));
        REQUIRE(sum.status == 0);
        return sum.output;
    };
    const auto usual = build("");
    CHECK(build("umask 077; TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8", "--jobs 1") == usual);
    CHECK(build("umask 0; TZ=America/New_York LC_ALL=C", "--jobs 7") == usual);
    CHECK(build("", "--set image.seed=other") != usual);
    CHECK(build("SOURCE_DATE_EPOCH=1700000000") != usual);
    CHECK(build("SOURCE_DATE_EPOCH=1700000000", "--set image.epoch=0") == usual);
}

TEST_CASE("extlinux.conf gets what the description says, with the board's own words") {
    if (!have("mtype")) {
        WARN("skipped: mtype not found");
        return;
    }
    const command_folder in;
    in.write("d.toml", R"([variables]
more = "quiet"
[image]
board = "rock64"
[[partition]]
name = "boot"
size = "4MiB"
filesystem = { type = "fat" }
tree = [{ file = "Image", to = "/Image" }]
[extlinux]
into = "boot"
timeout = 3
[[extlinux.entry]]
label = "one"
kernel = "/Image"
append = "console=${board.console} ${more} $${x}"
)");
    const auto built = in("build d.toml --set more=debug -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    const auto text = run("mtype -i " + word(in / "disk.img") + "@@16M ::/extlinux/extlinux.conf");
    CHECK(text.status == 0);
    CHECK(has(text.output, "TIMEOUT 30\n"));
    CHECK(has(text.output, "KERNEL /Image\n"));
    CHECK(has(text.output, "console=ttyS2,1500000 debug "));
}

TEST_CASE("a script may boot what a switched-off extlinux.conf would") {
    if (!have("mcopy")) {
        WARN("skipped: mcopy not found");
        return;
    }
    const command_folder in;
    const auto built = in("build " + shipped("rock64-debian") + " --set inputs=" + word(in / "") +
                          " --set partition.boot.filesystem.type=fat --set boot_script.into=boot --set extlinux.enabled=false -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    const auto files = run("mdir -b -i " + word(in / "disk.img") + "@@16M ::/");
    CHECK(has(files.output, "boot.scr"));
    CHECK(!has(files.output, "extlinux"));
    const auto script = run("mtype -i " + word(in / "disk.img") + "@@16M ::/boot.scr | strings");
    CHECK(has(script.output, "console=ttyAMA0"));
    CHECK(has(script.output, "/initrd"));
}
