// SPDX-License-Identifier: BSL-1.0
// The same table by sfdisk and fdisk and by us: the bytes are equal, and sfdisk finds no fault with ours.
#include <imgcompose/partition/mbr.hpp>

#include <tests/oracle/disk_file.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using namespace imgcompose_test;

namespace {

struct mbr_described {
    std::string what{};
    ic::mbr_table table{};
    std::vector<ic::mbr_partition> primaries{};
    std::vector<ic::mbr_partition> logicals{};

    ic::mbr_table get() const {
        ic::mbr_table t = table;
        t.disk_signature = 0x2178694e;
        t.primaries = primaries;
        t.logicals = logicals;
        return t;
    }
};

std::vector<mbr_described> mbr_descriptions() {
    return {
        {.what = "a FAT and an active ext4 partition",
         .table = {.disk_size = 300_MiB},
         .primaries = {{.type = ic::mbr_type::fat32_lba, .first = {65536}, .last = {475135}},
                       {.first = {475136}, .last = {614399}, .active = true}}},
        {.what = "four primaries, the first two active, out of order",
         .table = {.disk_size = 100_MiB},
         .primaries = {{.first = {8192}, .last = {8192}, .active = true},
                       {.type = ic::mbr_type::linux_swap, .first = {2048}, .last = {4095}, .active = true},
                       {.type = ic::mbr_type::esp, .first = {4096}, .last = {8191}},
                       {.type = ic::mbr_type::ntfs, .first = {10240}, .last = {204799}}}},
        {.what = "logical partitions",
         .table = {.disk_size = 1_GiB},
         .primaries = {{.type = ic::mbr_type::fat32_lba, .first = {2048}, .last = {6143}, .active = true},
                       {.type = ic::mbr_type::extended_lba, .first = {20480}, .last = {2097151}}},
         .logicals = {{.first = {30000}, .last = {32999}},
                      {.type = ic::mbr_type::linux_swap, .first = {40960}, .last = {45055}, .active = true},
                      {.first = {47104}, .last = {2097151}}}},
        {.what = "an extended partition beyond cylinder 1023",
         .table = {.disk_size = 20_GiB},
         .primaries = {{.type = ic::mbr_type::extended, .first = {2048}, .last = {41943039}}},
         .logicals = {{.first = {4096}, .last = {16777215}}, {.first = {16779264}, .last = {41000000}}}},
        {.what = "an empty extended partition",
         .table = {.disk_size = 100_MiB},
         .primaries = {{.type = ic::mbr_type::extended, .first = {2048}, .last = {204799}}}},
        {.what = "nearly 2 TiB",
         .table = {.disk_size = 1900_GiB},
         .primaries = {{.first = {2048}, .last = {2147485695}},
                       {.type = ic::mbr_type::linux_lvm, .first = {2147485696}, .last = {3984588799}}}},
        {.what = "an empty table", .table = {.disk_size = 100_MiB}},
    };
}

std::string mbr_sfdisk_script(const ic::mbr_table& t) {
    std::string s = "label: dos\nunit: sectors\nlabel-id: " + ic::text::hex(ic::disk_signature_of(t)) + "\n\n";
    const auto add = [&](const ic::mbr_partition& p) {
        s += "start=" + std::to_string(p.first.value) + ", size=" + std::to_string(p.last.value - p.first.value + 1) +
             ", type=" + ic::text::hex(p.type).substr(2) + (p.active ? ", bootable\n" : "\n");
    };
    for (const auto& p : t.primaries) add(p);
    for (const auto& p : t.logicals) add(p);
    return s;
}

void mbr_write_ours(const ic::mbr_table& t, const std::string& disk) {
    make_disk(disk, t.disk_size);
    put(disk, ic::offset{}, ic::to_bytes(ic::make_mbr(t)));
    for (std::size_t i = 0; i < ic::extended_boot_record_count(t); ++i)
        put(disk, ic::offset_of(ic::extended_boot_record_at(t, i), t.sector_size),
            ic::to_bytes(ic::make_extended_boot_record(t, i)));
}

void mbr_check_same(const ic::mbr_table& t, const std::string& theirs) {
    CHECK(difference(ic::to_bytes(ic::make_mbr(t)), get(theirs, ic::offset{}, 512)).empty());
    for (std::size_t i = 0; i < ic::extended_boot_record_count(t); ++i) {
        INFO("extended boot record " << i);
        const auto at = ic::offset_of(ic::extended_boot_record_at(t, i), t.sector_size);
        CHECK(difference(ic::to_bytes(ic::make_extended_boot_record(t, i)), get(theirs, at, 512)).empty());
    }
}

} // namespace

TEST_CASE("an MBR is the bytes that sfdisk writes, and sfdisk finds no error in ours") {
    if (!have("sfdisk")) {
        WARN("skipped: sfdisk not found");
        return;
    }
    for (const mbr_described& d : mbr_descriptions()) {
        INFO(d.what);
        const temp_dir dir;
        const std::string theirs = dir / "theirs", ours = dir / "ours";
        make_disk(theirs, d.table.disk_size);
        write_file(dir / "script", mbr_sfdisk_script(d.get()));
        const auto made = run("sfdisk --no-tell-kernel " + word(theirs) + " < " + word(dir / "script"));
        INFO(made.output);
        REQUIRE(made.status == 0);
        mbr_check_same(d.get(), theirs);

        mbr_write_ours(d.get(), ours);
        if (d.table.disk_size <= 1_GiB) CHECK(run("cmp " + word(ours) + ' ' + word(theirs)).output.empty());
        const auto dumped = [&](const std::string& disk) {
            return run("sfdisk --dump " + word(disk) + " | sed 's/^.*\\(ours\\|theirs\\)//'").output;
        };
        CHECK(dumped(ours) == dumped(theirs));
        const auto verified = run("sfdisk --verify " + word(ours));
        INFO(verified.output);
        CHECK(verified.status == 0);
        CHECK(verified.output.find("verlap") == std::string::npos);
        CHECK(verified.output.find("rror") == verified.output.find("rrors detected."));
    }
}

TEST_CASE("an MBR of 4096-byte sectors is the bytes that fdisk writes") {
    if (!have("fdisk")) {
        WARN("skipped: fdisk not found");
        return;
    }
    const mbr_described d{.what = "4096",
                      .table = {.sector_size = 4096_B, .disk_size = 3_TiB},
                      .primaries = {{.type = ic::mbr_type::fat32_lba, .first = {256}, .last = {65791}, .active = true},
                                    {.type = ic::mbr_type::extended, .first = {65792}, .last = {805306367}}},
                      .logicals = {{.first = {66048}, .last = {131583}}, {.first = {131840}, .last = {805306367}}}};
    const temp_dir dir;
    const std::string theirs = dir / "theirs";
    make_disk(theirs, d.table.disk_size);
    write_file(dir / "script", mbr_sfdisk_script(d.get()));
    write_file(dir / "commands", "I\n" + (dir / "script") + "\nw\n");
    const auto made = run("fdisk -b 4096 " + word(theirs) + " < " + word(dir / "commands"));
    INFO(made.output);
    REQUIRE(made.status == 0);
    mbr_check_same(d.get(), theirs);
}
