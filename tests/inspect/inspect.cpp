// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/inspect.hpp>

#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/partition/gpt_format.hpp>
#include "made.hpp"
#include <tests/boot/sha256sum.hpp>
#include <tests/support/catch.hpp>

#include <map>
#include <random>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;

namespace {

ic::disk_report inspected(const ic::image& disk, const ic::inspect_options& options = {}) {
    return ic::inspect(ic::window{disk}, options);
}

/// Regions follow each other without a gap and end where the disk does.
bool covers(const ic::disk_report& r) {
    ic::offset end{};
    for (const auto& region : r.regions) {
        if (region.at > end && end < ic::offset{r.size}) return false; // beyond the end there may be anything
        end = std::max(end, region.end());
    }
    return end >= ic::offset{r.size};
}

/// Changes the primary entry array and makes both checksums right again.
void change_entries(ic::owned_bytes& raw, std::size_t at, std::uint64_t value) {
    const ic::le64 field = ic::to_disk(value);
    ic::put_struct(std::span{raw}.subspan(1024 + at), field);
    auto h = ic::struct_from<ic::gpt_header>(std::span{raw}.subspan(512));
    h.partition_entry_array_crc32 = ic::to_disk(ic::crc32(std::span{raw}.subspan(1024, 128 * 128)));
    h.header_crc32 = ic::to_disk(0u);
    h.header_crc32 = ic::to_disk(ic::crc32(ic::to_bytes(h)));
    ic::put_struct(std::span{raw}.subspan(512), h);
}

} // namespace

TEST_CASE("a composed disk is found as it was planned, without findings") {
    const auto table = GENERATE(ic::disk_table::gpt, ic::disk_table::mbr, ic::disk_table::hybrid);
    ic::disk_plan plan = t::small_plan(table);
    if (table == ic::disk_table::hybrid) plan.partitions.front().options.in_hybrid_mbr = true;
    const auto sector = GENERATE(512_B, 4096_B);
    plan.options.sector_size = sector;
    const ic::disk_layout layout = ic::layout(plan);
    const ic::disk_report r =
        inspected(ic::compose_as(plan, layout),
                  {.sector_size = table == ic::disk_table::mbr ? std::optional{sector} : std::nullopt});
    for (const auto& f : r.findings) UNSCOPED_INFO(to_string(f));
    CHECK(r.findings.empty());
    CHECK(r.table == table);
    CHECK(r.sector_size == sector);
    CHECK(covers(r));
    REQUIRE(r.partitions.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(r.partitions[i].number == i + 1);
        CHECK(r.partitions[i].at == layout.partitions[i].at);
        CHECK(r.partitions[i].size == layout.partitions[i].size);
        CHECK(r.partitions[i].bootable == layout.partitions[i].bootable);
        CHECK(r.partitions[i].name == (table == ic::disk_table::mbr ? "" : plan.partitions[i].name));
    }
    CHECK(r.partitions[0].mbr_type.has_value() == (table != ic::disk_table::gpt));
    REQUIRE(r.partitions[0].content);
    CHECK(r.partitions[0].content->kind.starts_with("FAT"));
    CHECK(r.partitions[0].content->label == "BOOT");
    REQUIRE(r.partitions[1].content);
    CHECK(r.partitions[1].content->kind == "ext4");
    CHECK(r.partitions[1].content->label == "ROOT");
    CHECK(r.disk_id.has_value() == (table != ic::disk_table::mbr));
}

TEST_CASE("logical partitions and their boot records are found") {
    ic::disk_plan plan = ic::disk_plan{} | ic::with_table(ic::disk_table::mbr);
    for (int i = 0; i < 6; ++i) plan = std::move(plan) | ic::empty_partition("p" + std::to_string(i), ic::bytes{1_MiB});
    const ic::disk_report r = inspected(plan | ic::compose);
    CHECK(r.findings.empty());
    REQUIRE(r.partitions.size() == 6);
    CHECK(r.partitions[3].number == 5);
    CHECK(r.partitions[5].logical);
    CHECK(std::ranges::count(r.regions, std::string{"extended boot record"}, &ic::disk_region::name) == 3);
    CHECK(covers(r));
}

TEST_CASE("a chain of boot records that breaks, and a logical partition outside of the extended one, are told") {
    ic::disk_plan plan = ic::disk_plan{} | ic::with_table(ic::disk_table::mbr);
    for (int i = 0; i < 6; ++i) plan = std::move(plan) | ic::empty_partition("p" + std::to_string(i), ic::bytes{1_MiB});
    const ic::owned_bytes sound = ic::read_all(plan | ic::compose);
    const ic::disk_report report = inspected(ic::owned(ic::owned_bytes{sound}));
    std::vector<ic::offset> records;
    for (const auto& r : report.regions)
        if (r.name == "extended boot record") records.push_back(r.at);
    REQUIRE(records.size() == 3);
    ic::owned_bytes raw = sound;
    raw[records[1].count + 510] = std::byte{}; // its signature
    CHECK(t::has_code(t::inspected_codes(raw), "mbr-chain"));
    raw = sound;
    ic::put_struct<ic::le32>(std::span{raw}.subspan(446 + 3 * 16 + 12), ic::to_disk(2048u * 3)); // sectors of the extended one
    CHECK(t::has_code(t::inspected_codes(raw), "logical-outside"));
}

TEST_CASE("what a plan placed has its name, what was found there has none") {
    const ic::image disk =
        t::small_plan() | ic::raw("calibration", ic::offset{100_sectors}, ic::from_text("numbers")) | ic::compose;
    const auto placed = inspected(disk);
    const auto found = inspected(ic::owned(ic::read_all(disk)));
    const auto at = [](const ic::disk_report& r) {
        return *std::ranges::find(r.regions, ic::offset{100_sectors}, &ic::disk_region::at);
    };
    CHECK(at(placed).name == "calibration");
    CHECK(at(placed).what == ic::disk_region::kind::placed);
    CHECK(at(found).what == ic::disk_region::kind::unknown);
    CHECK(at(found).size == 512_B);
}

TEST_CASE("filesystems without a table and empty disks are no tables") {
    const auto ext4 = inspected(ic::standalone(ic::ext4(t::small_tree(), {.label = "ALONE"}), ic::bytes{8_MiB}));
    CHECK(ext4.table == ic::disk_table::none);
    REQUIRE(ext4.content);
    CHECK(ext4.content->label == "ALONE");
    CHECK(ext4.findings.empty());
    const auto fat = inspected(ic::standalone(ic::fat(t::small_tree(), {.label = "ALONE"}), ic::bytes{8_MiB}));
    CHECK(fat.table == ic::disk_table::none);
    CHECK(fat.content.has_value());
    for (const auto size : {0_B, 1_B, 511_B, 512_B, 513_B, 4096_B}) {
        const auto r = inspected(ic::zeros(size));
        CHECK(r.table == ic::disk_table::none);
        CHECK(r.findings.empty());
        CHECK(covers(r));
    }
}

TEST_CASE("each mistake has its finding") {
    const ic::owned_bytes sound = ic::read_all(t::small_plan() | ic::compose);
    REQUIRE(t::inspected_codes(sound).empty());
    const std::uint64_t last = sound.size() / 512 - 1;
    ic::owned_bytes raw = sound;
    const auto codes = [&] { return t::inspected_codes(std::exchange(raw, sound)); };

    raw[512 + 40] ^= std::byte{1};
    CHECK(codes() == std::vector<std::string_view>{"gpt-primary-damaged"});
    raw[1024 + 56] ^= std::byte{1}; // a name
    CHECK(codes() == std::vector<std::string_view>{"gpt-primary-damaged"});
    raw[last * 512 + 3] ^= std::byte{1};
    CHECK(codes() == std::vector<std::string_view>{"gpt-backup-damaged"});
    raw[446 + 4] = std::byte{};
    CHECK(codes() == std::vector<std::string_view>{"no-protective-mbr"});
    raw[446 + 4] = std::byte{0x83};
    CHECK(codes() == std::vector<std::string_view>{"misaligned", "stale-gpt"});
    raw.resize(raw.size() + 5 * 512);
    CHECK(codes() == std::vector<std::string_view>{"gpt-backup-not-at-end"});
    std::fill_n(raw.begin() + 512, 33 * 512, std::byte{});
    std::fill_n(raw.end() - 33 * 512, 33 * 512, std::byte{});
    CHECK(codes() == std::vector<std::string_view>{"gpt-missing"});
    raw.resize(raw.size() - 3 * 1024 * 1024);
    const auto cut = codes();
    CHECK(t::has_code(cut, "partition-outside"));
    CHECK(t::has_code(cut, "gpt-backup-damaged"));

    change_entries(raw, 128 + 32, 4096);
    CHECK(t::has_code(codes(), "partitions-overlap"));
    change_entries(raw, 128 + 32, 20);
    CHECK(t::has_code(codes(), "overlap"));
    change_entries(raw, 128 + 40, ~std::uint64_t{0});
    CHECK(t::has_code(codes(), "partition-impossible"));
    change_entries(raw, 128 + 32, 6145);
    CHECK(t::has_code(codes(), "misaligned"));
    change_entries(raw, 40, 2048 + 100); // the FAT is larger than its partition
    const auto small = codes();
    CHECK(t::has_code(small, "filesystem-too-large"));
    CHECK(t::has_code(small, "gpt-copies-differ"));

    const std::size_t root = ic::layout(t::small_plan()).partitions[1].at.count;
    raw[root + 1024 + 0x3a] = std::byte{2}; // s_state: errors
    const auto errors = codes();
    CHECK(t::has_code(errors, "filesystem-errors"));
    CHECK(t::has_code(errors, "superblock-damaged"));
    CHECK(t::has_code(errors, "filesystem-not-clean"));
    raw[1024 * 1024 + 37] = std::byte{1}; // the boot sector's dirty bit
    CHECK(codes() == std::vector<std::string_view>{"filesystem-not-clean"});

    raw.assign({std::byte{0xfd}, std::byte{'7'}, std::byte{'z'}, std::byte{'X'}, std::byte{'Z'}, std::byte{}});
    CHECK(codes() == std::vector<std::string_view>{"not-raw"});
}

TEST_CASE("a bootloader in a filesystem is a mistake, in a partition of its own or beside it is none") {
    // uboot.img of Rockchip's vendor tools, 10 KiB, at sector 16384.
    const ic::owned_bytes u_boot(8192, std::byte{'u'});
    ic::owned_bytes uboot = ic::rockchip::uboot_img(u_boot, {.sha256 = t::sha256_by_sha256sum, .copies = 1});
    uboot.resize(2048 + u_boot.size());
    const auto with = [&](ic::disk_plan plan) {
        ic::owned_bytes raw = ic::read_all(std::move(plan) | ic::disk_size(ic::bytes{32_MiB}) | ic::compose);
        std::ranges::copy(uboot, raw.begin() + 16384 * 512);
        return inspected(ic::owned(std::move(raw)));
    };
    const auto inside = with(ic::disk_plan{} | ic::partition("root", ic::bytes{16_MiB}, ic::ext4(t::small_tree())));
    REQUIRE(inside.artefacts.size() == 1);
    CHECK(inside.artefacts[0].size.count == uboot.size());
    REQUIRE(inside.findings.size() == 1);
    CHECK(inside.findings[0].code == "overlap");
    CHECK(inside.findings[0].message.find("uboot.img (sectors 16384-16403) lies in partition 1 (root)") !=
          std::string::npos);
    const auto own = with(ic::disk_plan{} | ic::empty_partition("uboot", ic::bytes{16_MiB}));
    CHECK(own.artefacts.size() == 1);
    CHECK(own.findings.empty());
    const auto beside = with(t::small_plan());
    CHECK(beside.findings.empty());
    CHECK(std::ranges::count(beside.regions, ic::disk_region::kind::bootloader, &ic::disk_region::what) == 1);
}

TEST_CASE("a table that names every entry at one place ends soon and says enough") {
    ic::owned_bytes raw = ic::read_all(t::small_plan() | ic::compose);
    for (std::size_t i = 2; i < 128; ++i)
        std::copy_n(raw.begin() + 1024, 128, raw.begin() + 1024 + static_cast<std::ptrdiff_t>(i) * 128);
    change_entries(raw, 32, 2048);
    const auto r = inspected(ic::owned(raw));
    CHECK(r.partitions.size() == 128);
    CHECK(std::ranges::count(r.findings, "partitions-overlap", &ic::disk_finding::code) == 100);
    CHECK(covers(r));
}

TEST_CASE("tables of sgdisk are found with the same partitions") {
    if (!t::have("sgdisk")) {
        WARN("skipped: sgdisk not found");
        return;
    }
    const t::temp_dir dir;
    const std::string path = dir / "disk";
    REQUIRE(t::run("truncate -s 100M " + t::shell(path) +
                   " && sgdisk -n 1:2048:+10M -c '1:some name' -t 1:ef00 -A 1:set:2 "
                   "-n 5:0:+20M -t 5:8300 -u 5:01234567-89ab-cdef-0123-456789abcdef -n 3:65536:+1M -t 3:3f00 " +
                   t::shell(path))
                .status == 0);
    const auto r = inspected(ic::open_disk(path));
    for (const auto& f : r.findings) UNSCOPED_INFO(to_string(f));
    CHECK(r.findings.empty());
    REQUIRE(r.partitions.size() == 3);
    const auto* const first = r.partition(1);
    REQUIRE(first != nullptr);
    CHECK(first->name == "some name");
    CHECK(first->type_name() == "esp");
    CHECK(first->bootable);
    CHECK(first->at == ic::offset{2048_sectors});
    CHECK(first->size == 10_MiB);
    REQUIRE(r.partition(5) != nullptr);
    CHECK(ic::to_string(r.partition(5)->id) == "01234567-89ab-cdef-0123-456789abcdef");
    CHECK(r.partition(2) == nullptr);
}

TEST_CASE("tables of sfdisk are found with the same partitions") {
    if (!t::have("sfdisk")) {
        WARN("skipped: sfdisk not found");
        return;
    }
    const t::temp_dir dir;
    const std::string path = dir / "disk";
    REQUIRE(t::run("truncate -s 100M " + t::shell(path) +
                   " && printf 'label: dos\\nlabel-id: 0x89abcdef\\n2048,8M,c,*\\n,8M,83\\n,,5\\n,8M,83\\n,8M,82\\n' | "
                   "sfdisk -q " +
                   t::shell(path))
                .status == 0);
    const auto r = inspected(ic::open_disk(path));
    CHECK(r.findings.empty());
    CHECK(r.disk_signature == 0x89abcdef);
    // "/tmp/.../disk1 : start=        2048, size=       16384, type=c, bootable"
    std::string ours;
    for (const auto& p : r.partitions)
        ours += std::to_string(p.number) + " " + std::to_string(p.at.count / 512) + " " +
                std::to_string(p.size.count / 512) + (p.bootable ? " *" : "") + "\n";
    const std::string theirs = t::run("sfdisk -d " + t::shell(path) +
                                      " | sed -n 's/.*disk\\([0-9]*\\) : start= *\\([0-9]*\\), size= *\\([0-9]*\\), "
                                      "type=[^5,]*\\(, bootable\\)*$/\\1 \\2 \\3\\4/p' | sed 's/, bootable/ */'")
                                   .output;
    CHECK(ours == theirs);
    CHECK(r.partitions.size() == 4);
}

TEST_CASE("whatever the bytes are, there is a report") {
    ic::disk_plan plan = t::small_plan(GENERATE(ic::disk_table::gpt, ic::disk_table::mbr));
    for (int i = 0; i < 3; ++i) plan = std::move(plan) | ic::empty_partition("p" + std::to_string(i), ic::bytes{1_MiB});
    ic::owned_bytes sound = ic::read_all(plan | ic::compose);
    std::vector<std::size_t> used;
    for (std::size_t at = 0; at < sound.size(); ++at)
        if (sound[at] != std::byte{} && sound[at] != std::byte{7}) used.push_back(at);
    std::mt19937 random{20240609}; // the same every time
    std::map<std::string_view, int> seen;
    for (int round = 0; round < 700; ++round) {
        std::vector<std::pair<std::size_t, std::byte>> changed;
        for (int n = 1 + static_cast<int>(random() % 5); n > 0; --n) {
            const std::size_t limit = round % 2 == 0 ? std::min<std::size_t>(used.size(), 250) : used.size();
            const std::size_t at = used[random() % limit];
            changed.emplace_back(at, sound[at]);
            sound[at] = static_cast<std::byte>(round % 5 == 0 ? 0xff : random());
        }
        // Checksums are made right now and then, so that what is behind them is reached.
        auto raw = sound;
        if (round % 3 == 0 && plan.table() == ic::disk_table::gpt)
            change_entries(raw, random() % 512 / 8 * 8, random());
        if (round % 7 == 0) raw.resize(raw.size() - random() % raw.size());
        const auto r = inspected(ic::owned(std::move(raw)));
        CHECK(covers(r));
        for (const auto& f : r.findings) ++seen[f.code];
        for (auto i = changed.rbegin(); i != changed.rend(); ++i) sound[i->first] = i->second;
    }
    CHECK(seen.size() >= 5);
    for (int round = 0; round < 100; ++round) {
        ic::owned_bytes noise(40'000);
        for (auto& b : noise) b = static_cast<std::byte>(random());
        noise[510] = std::byte{0x55}, noise[511] = std::byte{0xaa};
        CHECK(covers(inspected(ic::owned(std::move(noise)))));
    }
}
