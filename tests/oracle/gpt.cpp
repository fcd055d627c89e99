// SPDX-License-Identifier: BSL-1.0
// The same table by sgdisk, sfdisk and fdisk and by us: the bytes are equal, and they find no fault with ours.
#include <imgcompose/core/endian.hpp>
#include <imgcompose/partition/gpt.hpp>
#include <imgcompose/partition/gpt_format.hpp>
#include <imgcompose/partition/names.hpp>

#include <tests/oracle/disk_file.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using namespace imgcompose_test;

namespace {

struct gpt_described {
    std::string what{};
    ic::gpt_table table{};
    std::vector<ic::gpt_partition> partitions{};
    std::vector<ic::hybrid_partition> hybrid{};
    bool sfdisk_can = true;

    ic::gpt_table get() const {
        ic::gpt_table t = table;
        t.disk_id = "6e6f6953-2d52-4253-8d6e-616e6f706969"_uuid;
        t.ids = ic::seed{"oracle"};
        t.partitions = partitions;
        t.hybrid = hybrid;
        return t;
    }
};

const ic::bytes card = 61067264_sectors;

const ic::gpt_attributes many_attributes = ic::gpt_attributes::required | ic::gpt_attributes::legacy_bios_bootable |
                                           ic::gpt_attributes::grow_filesystem | ic::gpt_attributes::read_only |
                                           ic::gpt_attributes::hidden | ic::gpt_attributes::no_auto;

std::vector<gpt_described> gpt_descriptions() {
    const std::vector<ic::gpt_partition> three{
        {.name = "boot", .type = ic::partition_type::esp, .first = {2048}, .last = {4095}},
        {.name = "root", .first = {8192}, .last = {12287}},
        {.name = "data", .first = {12288}, .last = {196607}},
    };
    return {
        {.what = "the NanoPi R2S card",
         .table = {.disk_size = card},
         .partitions = {{.name = "NIXOS_BOOT", .first = {32768}, .last = {1081343}},
                        {.name = "NIXOS_SD", .first = {1081344}, .last = {61065215}}}},
        {.what = "an empty table on a small disk", .table = {.disk_size = 100_MiB}},
        {.what = "56 entries", .table = {.disk_size = 100_MiB, .entry_count = 56}, .partitions = three},
        {.what = "4 entries", .table = {.disk_size = 100_MiB, .entry_count = 4}, .partitions = three},
        {.what = "256 entries", .table = {.disk_size = 100_MiB, .entry_count = 256}, .partitions = three},
        {.what = "an entry array at sector 100",
         .table = {.disk_size = 100_MiB, .entry_array = {100}},
         .partitions = three},
        {.what = "types and attributes",
         .table = {.disk_size = 1_GiB},
         .partitions =
             {{.name = "swap", .type = ic::partition_type::linux_swap, .first = {34}, .last = {2047}},
              {.name = "all",
               .type = ic::partition_type::basic_data,
               .first = {2048},
               .last = {4095},
               .attributes = many_attributes},
              {.name = "KernelA",
               .type = ic::partition_type::chromeos_kernel,
               .first = {8192},
               .last = {270335},
               .attributes = ic::chromeos_kernel_attributes{10, 2, true}},
              {.name = "arm64", .type = ic::partition_type::linux_root_arm64, .first = {270336}, .last = {2097118}}}},
        {.what = "names beyond ASCII, in any order on the disk",
         .table = {.disk_size = 100_MiB},
         .partitions = {{.name = "W\xc3\xbcrzburg \xe2\x82\xac", .first = {8192}, .last = {8192}},
                        {.name = "abcdefghijklmnopqrstuvwxyz0123456789", .first = {2048}, .last = {2048}},
                        {.name = "", .first = {4096}, .last = {4096}}}},
        {.what = "surrogate pairs",
         .table = {.disk_size = 100_MiB},
         .partitions = {{.name = "penguins \xf0\x9f\x90\xa7\xf0\x9f\x90\xa7", .first = {2048}, .last = {4095}}},
         .sfdisk_can = false}, // 2.38.1 leaves out a name that has one
        {.what = "more than 2 TiB",
         .table = {.disk_size = 3_TiB},
         .partitions = {{.name = "root", .first = {2048}, .last = {6442450910}}}},
        {.what = "a hybrid MBR",
         .table = {.disk_size = 100_MiB},
         .partitions = three,
         .hybrid = {{.number = 1, .type = ic::mbr_type::esp},
                    {.number = 2, .type = 0x83},
                    {.number = 3, .type = 0x83}}},
        {.what = "a hybrid MBR of a later partition, its protective record last",
         .table = {.disk_size = 100_MiB, .protective_record_last = true},
         .partitions = three,
         .hybrid = {{.number = 2, .type = 0x83}}},
        {.what = "a hybrid MBR beyond cylinder 1023",
         .table = {.disk_size = 20_GiB},
         .partitions = {{.name = "far", .first = {20000768}, .last = {20480000}}},
         .hybrid = {{.number = 1, .type = 0x83}}},
    };
}

std::string sgdisk_command(const ic::gpt_table& t, const std::string& disk) {
    std::string c = "LC_ALL=C.UTF-8 sgdisk -a 1 -U " + to_string(ic::disk_id_of(t));
    if (t.entry_count != 128) c += " -S " + std::to_string(t.entry_count);
    if (t.entry_array != ic::lba{2}) c += " -j " + std::to_string(t.entry_array.value);
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
        const ic::gpt_partition& p = t.partitions[i];
        const std::string n = ' ' + std::to_string(i + 1) + ':';
        c += " -n" + n + std::to_string(p.first.value) + ':' + std::to_string(p.last.value) + " -t" + n +
             to_string(p.type) + " -u" + n + to_string(ic::partition_id_of(t, i)) + " -c" + n + word(p.name);
        if (p.attributes.bits != 0) c += " -A" + n + "=:" + ic::text::hex(p.attributes.bits).substr(2);
    }
    c += ' ' + word(disk);
    if (t.hybrid.empty()) return c;
    c += " && sgdisk -h ";
    for (const auto& h : t.hybrid) c += std::to_string(h.number) + ':';
    if (t.protective_record_last) c += "EE";
    else c.pop_back();
    return c + ' ' + word(disk);
}

std::string gpt_sfdisk_script(const ic::gpt_table& t) {
    std::string s = "label: gpt\nunit: sectors\nlabel-id: " + to_string(ic::disk_id_of(t)) +
                    "\ntable-length: " + std::to_string(t.entry_count) +
                    "\nfirst-lba: " + std::to_string(ic::layout_of(t).first_usable.value) + "\n\n";
    for (std::size_t i = 0; i < t.partitions.size(); ++i) {
        const ic::gpt_partition& p = t.partitions[i];
        s += "start=" + std::to_string(p.first.value) + ", size=" + std::to_string(p.last.value - p.first.value + 1) +
             ", type=" + to_string(p.type) + ", uuid=" + to_string(ic::partition_id_of(t, i));
        if (!p.name.empty()) s += ", name=\"" + std::string{p.name} + '"';
        std::string attributes;
        if (p.attributes.has(ic::gpt_attributes::required)) attributes += " RequiredPartition";
        if (p.attributes.has(ic::gpt_attributes::legacy_bios_bootable)) attributes += " LegacyBIOSBootable";
        std::string bits;
        for (int bit = 48; bit < 64; ++bit)
            if ((p.attributes.bits >> bit & 1) != 0) bits += (bits.empty() ? "GUID:" : ",") + std::to_string(bit);
        if (!bits.empty()) attributes += ' ' + bits;
        if (!attributes.empty()) s += ", attrs=\"" + attributes.substr(1) + '"';
        s += '\n';
    }
    return s;
}

void gpt_write_ours(const ic::gpt_table& t, const std::string& disk) {
    make_disk(disk, t.disk_size);
    const auto l = ic::layout_of(t);
    const auto b = ic::make_gpt(t);
    put(disk, ic::offset{}, b.head);
    put(disk, l.entry_array_at, b.entry_array);
    put(disk, l.backup_at, b.backup);
}

enum class protective { same, other_ending_chs };

/// Field by field where it matters to a reader of the failure, and then every byte.
void gpt_check_same(const ic::gpt_table& t, const std::string& theirs, protective mbr = protective::same) {
    const auto l = ic::layout_of(t);
    auto b = ic::make_gpt(t);
    const auto head = get(theirs, ic::offset{}, b.head.size());
    const auto header = [&](const std::vector<std::byte>& part) {
        return ic::struct_from<ic::gpt_header>(std::span{part}.subspan(t.sector_size.count));
    };
    const ic::gpt_header h = header(b.head), g = header(head);
    CHECK(ic::from_disk(h.first_usable_lba) == ic::from_disk(g.first_usable_lba));
    CHECK(ic::from_disk(h.last_usable_lba) == ic::from_disk(g.last_usable_lba));
    CHECK(ic::from_disk(h.alternate_lba) == ic::from_disk(g.alternate_lba));
    CHECK(ic::from_disk(h.partition_entry_lba) == ic::from_disk(g.partition_entry_lba));
    CHECK(ic::from_disk(h.number_of_partition_entries) == ic::from_disk(g.number_of_partition_entries));
    CHECK(ic::from_disk(h.partition_entry_array_crc32) == ic::from_disk(g.partition_entry_array_crc32));
    if (mbr == protective::other_ending_chs) {
        // sfdisk always writes all ones; UEFI 2.10, table 5.4 has them only where the address does not fit.
        for (std::size_t i = 446 + 5; i < 446 + 8; ++i)
            CHECK(std::exchange(b.head[i], std::byte{0xff}) != std::byte{0xff});
    }
    CHECK(difference(b.head, head).empty());
    CHECK(difference(b.entry_array, get(theirs, l.entry_array_at, b.entry_array.size())).empty());
    CHECK(difference(b.backup, get(theirs, l.backup_at, b.backup.size())).empty());
}

} // namespace

TEST_CASE("the comparison notices one changed byte") {
    std::vector<std::byte> a(4096), b(4096);
    CHECK(difference(a, b).empty());
    b[4000] = std::byte{1};
    CHECK(difference(a, b) == "byte 4000: 0x0, not 0x1");
    CHECK_FALSE(difference(a, std::span{b}.first(4095)).empty());
}

TEST_CASE("a GPT is the bytes that sgdisk writes, and sgdisk finds no problem in ours") {
    if (!have("sgdisk")) {
        WARN("skipped: sgdisk not found");
        return;
    }
    for (const gpt_described& d : gpt_descriptions()) {
        INFO(d.what);
        const temp_dir dir;
        const std::string theirs = dir / "theirs", ours = dir / "ours";
        make_disk(theirs, d.table.disk_size);
        const auto made = run(sgdisk_command(d.get(), theirs));
        INFO(made.output);
        REQUIRE(made.status == 0);
        gpt_check_same(d.get(), theirs);

        gpt_write_ours(d.get(), ours);
        const auto verified = run("sgdisk -v " + word(ours));
        INFO(verified.output);
        CHECK(verified.status == 0);
        CHECK(verified.output.find("No problems found") != std::string::npos);
        CHECK(verified.output == run("sgdisk -v " + word(theirs)).output); // the same remarks on alignment
        if (have("sfdisk") && d.hybrid.empty()) {
            const auto also = run("sfdisk --verify " + word(ours));
            INFO(also.output);
            CHECK(also.status == 0);
            CHECK(also.output.find("No errors detected.") != std::string::npos);
        }
    }
}

TEST_CASE("sgdisk has nothing to remark on the NanoPi R2S card") {
    if (!have("sgdisk")) {
        WARN("skipped: sgdisk not found");
        return;
    }
    const temp_dir dir;
    const std::string disk = dir / "disk";
    gpt_write_ours(gpt_descriptions().front().get(), disk);
    const auto verified = run("sgdisk -v " + word(disk));
    CHECK(verified.status == 0);
    CHECK(verified.output ==
          "\nNo problems found. 34749 free sectors (17.0 MiB) available in 2\nsegments, the largest of which is "
          "32734 (16.0 MiB) in size.\n");
}

TEST_CASE("sgdisk finds a problem in a GPT with one changed byte") {
    if (!have("sgdisk")) {
        WARN("skipped: sgdisk not found");
        return;
    }
    const temp_dir dir;
    const std::string disk = dir / "disk";
    const gpt_described d = gpt_descriptions().front();
    gpt_write_ours(d.get(), disk);
    put(disk, ic::offset{1024_B} + 200_B, std::array{std::byte{0x77}});
    CHECK(run("sgdisk -v " + word(disk)).output.find("No problems found") == std::string::npos);
}

TEST_CASE("a GPT is the bytes that sfdisk writes") {
    if (!have("sfdisk")) {
        WARN("skipped: sfdisk not found");
        return;
    }
    for (const gpt_described& d : gpt_descriptions()) {
        // It can make neither a hybrid MBR nor an array elsewhere.
        if (!d.sfdisk_can || !d.hybrid.empty() || d.table.entry_array != ic::lba{2}) continue;
        INFO(d.what);
        const temp_dir dir;
        const std::string theirs = dir / "theirs";
        make_disk(theirs, d.table.disk_size);
        write_file(dir / "script", gpt_sfdisk_script(d.get()));
        const auto made =
            run("LC_ALL=C.UTF-8 sfdisk --no-tell-kernel " + word(theirs) + " < " + word(dir / "script"));
        INFO(made.output);
        REQUIRE(made.status == 0);
        const bool small = d.table.disk_size < ic::sectors{1024 * 255 * 63};
        gpt_check_same(d.get(), theirs, small ? protective::other_ending_chs : protective::same);
    }
}

TEST_CASE("a GPT of 4096-byte sectors is the bytes that fdisk writes") {
    if (!have("fdisk")) {
        WARN("skipped: fdisk not found");
        return;
    }
    const gpt_described d{.what = "4096",
                      .table = {.sector_size = 4096_B, .disk_size = 100_GiB, .first_usable = {256}},
                      .partitions = {{.name = "boot", .first = {4096}, .last = {135167}},
                                     {.name = "root", .first = {135168}, .last = {26214143 - 256}}}};
    const temp_dir dir;
    const std::string theirs = dir / "theirs";
    make_disk(theirs, d.table.disk_size);
    write_file(dir / "script", gpt_sfdisk_script(d.get()));
    write_file(dir / "commands", "I\n" + (dir / "script") + "\nw\n");
    const auto made = run("fdisk -b 4096 " + word(theirs) + " < " + word(dir / "commands"));
    INFO(made.output);
    REQUIRE(made.status == 0);
    gpt_check_same(d.get(), theirs);
}

TEST_CASE("sgdisk agrees about 4096-byte sectors on a loop device") {
    if (!is_root() || !have("sgdisk") || !have("losetup")) {
        WARN("skipped: needs root, sgdisk and losetup");
        return;
    }
    const gpt_described d{.what = "4096",
                      .table = {.sector_size = 4096_B, .disk_size = 1_GiB, .entry_count = 64},
                      .partitions = {{.name = "boot", .first = {4096}, .last = {8191}},
                                     {.name = "root", .first = {8192}, .last = {200000}}}};
    const temp_dir dir;
    const std::string theirs = dir / "theirs";
    make_disk(theirs, d.table.disk_size);
    const auto attached = run("losetup -f --show -b 4096 " + word(theirs));
    if (attached.status != 0) {
        WARN("skipped: no loop device of 4096-byte sectors: " << attached.output);
        return;
    }
    const std::string loop = attached.output.substr(0, attached.output.find('\n'));
    const auto made = run(sgdisk_command(d.get(), loop) + "; s=$?; sync; losetup -d " + loop + "; exit $s");
    INFO(made.output);
    REQUIRE(made.status == 0);
    gpt_check_same(d.get(), theirs);
}

TEST_CASE("partition types have the GUIDs that sfdisk and sgdisk know them by") {
    if (!have("sfdisk") || !have("sgdisk")) {
        WARN("skipped: sfdisk or sgdisk not found");
        return;
    }
    std::string known = run("sfdisk --list-types --label gpt").output;
    for (char& c : known) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    std::size_t found = 0;
    for (const auto& a : ic::partition_type::linux_architectures)
        for (const ic::uuid& id : {a.root, a.usr, a.root_verity, a.usr_verity, a.root_verity_sig, a.usr_verity_sig})
            found += known.find(to_string(id)) != std::string::npos ? 1u : 0u;
    CHECK(found >= 18 * 6); // util-linux 2.38 has all but PA-RISC

    const std::vector<std::pair<std::string, ic::uuid>> codes{
        {"0700", ic::partition_type::basic_data},
        {"0c01", ic::partition_type::microsoft_reserved},
        {"2700", ic::partition_type::windows_recovery},
        {"4100", ic::partition_type::prep_boot},
        {"7f00", ic::partition_type::chromeos_kernel},
        {"7f01", ic::partition_type::chromeos_rootfs},
        {"7f02", ic::partition_type::chromeos_reserved},
        {"7f03", ic::partition_type::chromeos_firmware},
        {"8200", ic::partition_type::linux_swap},
        {"8300", ic::partition_type::linux_filesystem},
        {"8301", ic::partition_type::linux_reserved},
        {"8302", ic::partition_type::linux_home},
        {"8305", ic::partition_type::linux_root_arm64},
        {"8306", ic::partition_type::linux_srv},
        {"8308", ic::partition_type::linux_dm_crypt},
        {"8309", ic::partition_type::linux_luks},
        {"830e", ic::partition_type::linux_root_arm64_verity},
        {"8310", ic::partition_type::linux_var},
        {"8311", ic::partition_type::linux_tmp},
        {"8312", ic::partition_type::linux_user_home},
        {"8316", ic::partition_type::linux_usr_arm64},
        {"8e00", ic::partition_type::linux_lvm},
        {"b000", ic::partition_type::u_boot_environment},
        {"ea00", ic::partition_type::xbootldr},
        {"ef00", ic::partition_type::esp},
        {"ef01", ic::partition_type::mbr_partition_scheme},
        {"ef02", ic::partition_type::bios_boot},
        {"fd00", ic::partition_type::linux_raid},
    };
    const temp_dir dir;
    const std::string disk = dir / "disk";
    make_disk(disk, 100_MiB);
    std::string command = "sgdisk";
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const std::string n = std::to_string(i + 1) + ':';
        command += " -n " + n + ":+1M -t " + n + codes[i].first;
    }
    REQUIRE(run(command + ' ' + word(disk)).status == 0);
    const auto entries = get(disk, ic::offset{1024_B}, 128 * codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const auto e = ic::struct_from<ic::gpt_partition_entry>(std::span{entries}.subspan(128 * i));
        CHECK(ic::partition_type::name_of(ic::from_disk(e.partition_type_guid)) ==
              ic::partition_type::name_of(codes[i].second));
    }
}
