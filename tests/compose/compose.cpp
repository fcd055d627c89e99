// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/compose/compose.hpp>

#include <imgcompose/board/raspberry_pi.hpp>
#include <imgcompose/board/rockchip.hpp>
#include <imgcompose/compose/steps.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/fs/fat/fat.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/partition/gpt_format.hpp>
#include <imgcompose/partition/mbr_format.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/write.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>
#include <tests/support/stand_ins.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::have;
using imgcompose_test::run;
using imgcompose_test::says;
using imgcompose_test::word;
using imgcompose_test::text_at;

namespace {

ic::disk_plan rock64() {
    return ic::rockchip::rock64 | ic::bootloader("idbloader.img", ic::from_text("first stage")) |
           ic::bootloader("u-boot.itb", ic::from_text("second stage")) | ic::partition("boot", 2_MiB, ic::from_text("boot files")) |
           ic::partition("root", ic::rest_of_disk, ic::from_text("all the rest")) | ic::seeded("test");
}

template <class Struct> Struct struct_at(const ic::image& disk, ic::offset at) {
    ic::owned_bytes raw(sizeof(Struct));
    ic::read(disk, at, raw);
    return ic::struct_from<Struct>(raw);
}

ic::gpt_partition_entry entry(const ic::image& disk, std::size_t number) {
    return struct_at<ic::gpt_partition_entry>(disk, ic::offset{2_sectors} + 128_B * (number - 1));
}

} // namespace

TEST_CASE("everything is where it belongs") {
    const auto disk = rock64() | ic::compose;
    CHECK(text_at(disk, ic::offset{64_sectors}, 11) == "first stage");
    CHECK(text_at(disk, ic::offset{16384_sectors}, 12) == "second stage");
    CHECK(text_at(disk, ic::offset{32768_sectors}, 10) == "boot files");
    CHECK(text_at(disk, ic::offset{36864_sectors}, 12) == "all the rest");
    CHECK(text_at(disk, ic::offset{512_B}, 8) == "EFI PART");
    CHECK(text_at(disk, ic::offset{disk.size() - 512_B}, 8) == "EFI PART");
    CHECK(disk.size() == ic::bytes{20_MiB});

    const auto boot = entry(disk, 1), root = entry(disk, 2);
    CHECK(ic::from_disk(boot.starting_lba) == 32768);
    CHECK(ic::from_disk(boot.ending_lba) == 36863);
    CHECK(ic::from_disk(boot.attributes) == 4);
    CHECK(ic::from_disk(boot.partition_type_guid) == ic::partition_type::linux_filesystem);
    CHECK(ic::from_disk(root.starting_lba) == 36864);
    CHECK(ic::from_disk(root.attributes) == 0);
    CHECK(boot.unique_partition_guid != root.unique_partition_guid);
}

TEST_CASE("the GPT keeps what makes partitions later off the bootloader") {
    const auto first_usable = [](const ic::image& disk) {
        return ic::from_disk(struct_at<ic::gpt_header>(disk, ic::offset{512_B}).first_usable_lba);
    };
    CHECK(first_usable(rock64() | ic::compose) == 32768);
    CHECK(first_usable(ic::disk_plan{} | ic::empty_partition("p", 1_MiB) | ic::compose) == 34);
}

TEST_CASE("for a card of known size nothing is left to grow") {
    const auto disk = rock64() | ic::compose_for(8_GB);
    CHECK(disk.size() == 8_GB);
    CHECK(ic::from_disk(entry(disk, 2).ending_lba) == 15624191); // the last whole MiB before the backup GPT at 15624967
    const auto large_sectors = rock64() | ic::compose_for(8_GiB, 4096_B);
    CHECK(text_at(large_sectors, ic::offset{4096_B}, 8) == "EFI PART");
    CHECK(text_at(large_sectors, ic::offset{32768_sectors}, 10) == "boot files");
}

TEST_CASE("an MBR marks the boot partition as active") {
    const auto disk = rock64() | ic::with_table(ic::disk_table::mbr) | ic::compose;
    const auto mbr = struct_at<ic::master_boot_record>(disk, ic::offset{});
    CHECK(mbr.partition_record[0].boot_indicator == 0x80);
    CHECK(mbr.partition_record[0].os_type == 0x83);
    CHECK(ic::from_disk(mbr.partition_record[0].starting_lba) == 32768);
    CHECK(mbr.partition_record[1].boot_indicator == 0);
    CHECK(mbr.partition_record[2].os_type == 0);
}

TEST_CASE("content chooses the type of its partition, and options overrule it") {
    const auto plan = ic::disk_plan{} | ic::partition("a", 2_MiB, ic::fat(ic::tree{})) |
                      ic::partition("b", 2_MiB, ic::fat(ic::tree{}), {.type = ic::partition_type::esp, .mbr_type = ic::mbr_type::esp});
    const auto gpt = plan | ic::compose;
    CHECK(ic::from_disk(entry(gpt, 1).partition_type_guid) == ic::partition_type::basic_data);
    CHECK(ic::from_disk(entry(gpt, 2).partition_type_guid) == ic::partition_type::esp);
    const auto mbr = struct_at<ic::master_boot_record>(ic::disk_plan{plan} | ic::with_table(ic::disk_table::mbr) | ic::compose, ic::offset{});
    CHECK(mbr.partition_record[0].os_type == 0x01); // what fits 2 MiB is FAT12
    CHECK(mbr.partition_record[1].os_type == 0xef);
}

TEST_CASE("an MBR tells which FAT the size has made, unless the board's firmware looks for a type of its own") {
    const auto disk = [](ic::disk_plan plan) {
        return std::move(plan) | ic::with_table(ic::disk_table::mbr) | ic::compose;
    };
    const auto type_of = [](const ic::image& i, std::size_t n) {
        return struct_at<ic::master_boot_record>(i, ic::offset{}).partition_record[n].os_type;
    };
    const ic::image three = disk(ic::disk_plan{} | ic::partition("a", 4_MiB, ic::fat(ic::tree{})) |
                                 ic::partition("b", 64_MiB, ic::fat(ic::tree{})) |
                                 ic::partition("c", 600_MiB, ic::fat(ic::tree{})));
    CHECK(type_of(three, 0) == 0x01);
    CHECK(type_of(three, 1) == 0x0e);
    CHECK(type_of(three, 2) == 0x0c);
    // The Raspberry Pi's finds its files on the first partition of type 0x0c, whatever FAT that is.
    for (const char* name : {"firmware", "boot"})
        CHECK(type_of(disk(ic::raspberry_pi::pi_4 | ic::partition(name, 64_MiB, ic::fat(ic::tree{}))), 0) == 0x0c);
    if (!have("blkid") || !have("sfdisk")) {
        WARN("skipped: blkid or sfdisk not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    const std::string path = dir / "disk";
    ic::write(three, ic::sparse_file(path));
    const std::pair<const char*, const char*> expected[] = {{"FAT12", "type=1"}, {"FAT16", "type=e"}, {"FAT32", "type=c"}};
    const std::string dump = run("sfdisk --dump " + word(path)).output;
    const auto mbr = struct_at<ic::master_boot_record>(three, ic::offset{});
    for (std::size_t i = 0; i < 3; ++i) {
        const std::uint64_t at = ic::from_disk(mbr.partition_record[i].starting_lba);
        CHECK(run("blkid -p -o value -s VERSION -O " + std::to_string(at * 512) + ' ' + word(path))
                  .output == expected[i].first + std::string{"\n"});
        CHECK(dump.find(expected[i].second) != std::string::npos);
    }
}

TEST_CASE("attributes and identifiers that are given are kept") {
    const auto id = ic::parse_uuid("14e19a7b-0ae0-484d-9d54-43bd6fdc20c7");
    auto plan = ic::disk_plan{} | ic::empty_partition("boot", 1_MiB, {.attributes = ic::gpt_attributes::required, .id = id});
    plan.options.disk_id = id;
    const auto disk = plan | ic::compose;
    CHECK(ic::from_disk(entry(disk, 1).attributes) == 5);
    CHECK(ic::from_disk(entry(disk, 1).unique_partition_guid) == id);
    CHECK(ic::from_disk(struct_at<ic::gpt_header>(disk, ic::offset{512_B}).disk_guid) == id);
}

TEST_CASE("a hybrid table lists the chosen partition in both tables") {
    const auto disk = ic::disk_plan{} | ic::with_table(ic::disk_table::hybrid) |
                      ic::empty_partition("boot", 1_MiB, {.in_hybrid_mbr = true}) | ic::empty_partition("root", 1_MiB) | ic::compose;
    const auto mbr = struct_at<ic::master_boot_record>(disk, ic::offset{});
    CHECK(mbr.partition_record[0].os_type == 0xee);
    CHECK(mbr.partition_record[1].os_type == 0x83);
    CHECK(mbr.partition_record[1].boot_indicator == 0x80);
    CHECK(mbr.partition_record[2].os_type == 0);
    CHECK(ic::from_disk(entry(disk, 2).starting_lba) == 4096);
}

TEST_CASE("logical partitions have boot records that lead to them") {
    auto plan = ic::disk_plan{} | ic::with_table(ic::disk_table::mbr);
    for (const char* name : {"a", "b", "c", "d", "e"}) plan = std::move(plan) | ic::partition(name, 2_MiB, ic::from_text(name));
    const auto disk = plan | ic::compose;
    const auto mbr = struct_at<ic::master_boot_record>(disk, ic::offset{});
    CHECK(mbr.partition_record[3].os_type == 0x0f);
    CHECK(ic::from_disk(mbr.partition_record[3].starting_lba) == 7 * 2048);
    const auto first = struct_at<ic::master_boot_record>(disk, ic::offset{7_MiB});
    CHECK(ic::from_disk(first.partition_record[0].starting_lba) == 2048);
    CHECK(ic::from_disk(first.partition_record[1].starting_lba) == 3 * 2048);
    CHECK(text_at(disk, ic::offset{11_MiB}, 1) == "e");
}

TEST_CASE("bytes can lie inside of a partition") {
    const auto loader = ic::empty_partition("uboot", 4_MiB, {.at = ic::offset{16384_sectors}, .holds_firmware = true});
    SECTION("by the partition's own offsets") {
        const ic::partition_options options{.blobs = {{"environment", ic::offset{1_MiB}, ic::from_text("bootdelay=0")}}};
        const auto disk = ic::disk_plan{} | ic::empty_partition("env", 2_MiB, options) | ic::compose;
        CHECK(text_at(disk, ic::offset{2_MiB}, 11) == "bootdelay=0");
        CHECK_THROWS_MATCHES(ic::disk_plan{} | ic::empty_partition("env", 1_MiB, options) | ic::compose, ic::layout_error,
                             says("environment"));
    }
    SECTION("where the board wants its bootloader") {
        const auto disk = ic::rockchip::rock64 | ic::bootloader("idbloader.img", ic::from_text("1")) |
                          ic::bootloader("u-boot.itb", ic::from_text("2")) | loader | ic::compose;
        CHECK(text_at(disk, ic::offset{16384_sectors}, 1) == "2");
        std::string names;
        for (const ic::region& r : disk.regions()) names += std::string(r.depth, '>') + std::string{disk.name_of(r)} + ' ';
        CHECK(names.find("uboot >u-boot.itb ") != names.npos);
    }
    SECTION("an image made of others") {
        const auto inner = ic::image{1_MiB}.place(ic::offset{4_KiB}, ic::from_text("kernel"), "kernel");
        const auto disk = ic::disk_plan{} | ic::partition("kpart", ic::smallest, inner) | ic::compose;
        CHECK(text_at(disk, ic::offset{1_MiB + 4_KiB}, 6) == "kernel");
    }
    SECTION("but not across its end") {
        CHECK_THROWS_MATCHES(rock64() | ic::raw("mark", ic::offset{36863_sectors}, ic::zeros(1024_B)) | ic::compose, ic::layout_error,
                             says("mark (sectors 36863-36864) overlaps root (sectors 36864-38911) by 1 sectors"));
    }
}

TEST_CASE("what overlaps is named, both of it") {
    CHECK_THROWS_MATCHES(rock64() | ic::raw("logo", ic::offset{16000_sectors}, ic::zeros(512_KiB)) | ic::compose, ic::layout_error,
                         says("logo (sectors 16000-17023) overlaps u-boot.itb (bytes 8388608-8388619)"));
    CHECK_THROWS_MATCHES(rock64() | ic::raw("mbr code", ic::offset{}, ic::zeros(440_B)) | ic::compose, ic::layout_error,
                         says("protective MBR and GPT header (sectors 0-1) overlaps mbr code"));
    CHECK_THROWS_MATCHES(rock64() | ic::raw("late", ic::offset{20_MiB}, ic::zeros(1_MiB)) | ic::compose_for(20_MiB), ic::layout_error,
                         says("late (sectors 40960-43007) does not fit"));
    CHECK_THROWS_MATCHES(rock64() | ic::bootloader("u-boot-rockchip.bin", ic::from_text("first")) | ic::compose, ic::layout_error,
                         says("idbloader.img"));
}

TEST_CASE("u-boot-rockchip.bin goes to its two places, and leaves alone what vendors keep between them") {
    const std::string fit = std::string("\xd0\x0d\xfe\xed", 4) + std::string(99'996, 'u');
    const auto combined = [&](std::size_t first, std::size_t fit_at = 0x7f8000) {
        std::string s = imgcompose_test::stand_in::idbloader("rk3328", 2048, first - 4096);
        s.resize(fit_at, '\xff');
        return ic::from_text(s + fit);
    };
    const auto disk_with = [](const ic::image& file) {
        return ic::rockchip::rock64 | ic::bootloader("u-boot-rockchip.bin", file) | ic::empty_partition("root", 1_MiB) | ic::compose;
    };
    const auto disk = disk_with(combined(6144));
    CHECK(text_at(disk, ic::offset{64_sectors}, 6144) == imgcompose_test::stand_in::idbloader("rk3328", 2048, 2048));
    CHECK(text_at(disk, ic::offset{16384_sectors}, fit.size()) == fit);
    for (const auto& e : disk.extents())
        if (e.at < ic::offset{16384_sectors} && e.end() > ic::offset{64_sectors} + 6144_B) CHECK(e.kind() == ic::byte_kind::undefined);
    CHECK_THROWS_MATCHES(disk_with(combined(7108 * 512)), ic::layout_error, says("idbloader.img has"));
    CHECK_THROWS_MATCHES(disk_with(ic::zeros(9_MiB)), ic::format_error, says("place another bootloader as a raw file"));
    // As the build for puma-rk3399 has it: its SPL looks at sector 512.
    ic::board puma = ic::rockchip::rockpro64;
    const std::array blobs{ic::boot_blob{"idbloader.img", ic::offset{64_sectors}, 448_sectors},
                           ic::boot_blob{"u-boot.itb", ic::offset{512_sectors}, 6656_sectors},
                           ic::boot_blob{"u-boot-rockchip.bin", ic::offset{64_sectors}, 7104_sectors, true}};
    puma.blobs = blobs;
    const auto of_puma = puma | ic::bootloader("u-boot-rockchip.bin", combined(6144, 0x38000)) | ic::empty_partition("root", 1_MiB) | ic::compose;
    CHECK(text_at(of_puma, ic::offset{512_sectors}, fit.size()) == fit);
}

TEST_CASE("the same plan gives the same bytes, another seed other identifiers and nothing else") {
    const auto bytes_of = [](const ic::disk_plan& p) { return ic::read_all(p | ic::compose); };
    CHECK(bytes_of(rock64()) == bytes_of(rock64()));
    const auto a = rock64() | ic::compose, b = rock64() | ic::seeded("other") | ic::compose;
    CHECK(a.size() == b.size());
    CHECK(entry(a, 1).unique_partition_guid != entry(b, 1).unique_partition_guid);
    CHECK(ic::from_disk(entry(a, 1).starting_lba) == ic::from_disk(entry(b, 1).starting_lba));
    CHECK(text_at(a, ic::offset{16_MiB}, 1_MiB / 1_B) == text_at(b, ic::offset{16_MiB}, 1_MiB / 1_B));
}
