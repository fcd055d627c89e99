// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/partition/gpt.hpp>

#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/partition/gpt_format.hpp>
#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
struct described_gpt {
    std::vector<ic::gpt_partition> partitions{};
    std::vector<ic::named_range> reserved{};
    std::vector<ic::hybrid_partition> hybrid{};
    ic::gpt_table table{.disk_size = 64_MiB, .ids = ic::seed{"test"}};

    ic::gpt_table get() const {
        ic::gpt_table t = table;
        t.partitions = partitions;
        t.reserved = reserved;
        t.hybrid = hybrid;
        return t;
    }
};

ic::gpt_header header_in(const std::vector<std::byte>& part, std::size_t at) {
    return ic::struct_from<ic::gpt_header>(std::span{part}.subspan(at));
}

/// The CRC of a header as a reader computes it.
std::uint32_t crc_of(ic::gpt_header h) {
    h.header_crc32 = ic::to_disk(0u);
    return ic::crc32(ic::to_bytes(h));
}
} // namespace

TEST_CASE("both headers of a GPT describe each other and the array") {
    for (const ic::bytes sector : {ic::bytes{512}, ic::bytes{4096}}) {
        described_gpt d{.partitions = {{.name = "root", .first = {256}, .last = {511}}}};
        d.table.sector_size = sector;
        const auto t = d.get();
        const auto l = ic::layout_of(t);
        const auto b = ic::make_gpt(t);
        REQUIRE(b.head.size() == 2 * sector.count);
        const auto primary = header_in(b.head, sector.count);
        const auto backup = header_in(b.backup, b.backup.size() - sector.count);
        CHECK(ic::from_disk(primary.my_lba) == 1);
        CHECK(ic::from_disk(primary.alternate_lba) == t.disk_size / sector - 1);
        CHECK(ic::from_disk(backup.my_lba) == t.disk_size / sector - 1);
        CHECK(ic::from_disk(backup.alternate_lba) == 1);
        CHECK(ic::from_disk(backup.partition_entry_lba) * sector.count == l.backup_at.count);
        CHECK(ic::from_disk(primary.first_usable_lba) == 2 + 16384 / sector.count);
        CHECK(ic::from_disk(primary.last_usable_lba) == t.disk_size / sector - 2 - 16384 / sector.count);
        CHECK(ic::from_disk(primary.header_crc32) == crc_of(primary));
        CHECK(ic::from_disk(backup.header_crc32) == crc_of(backup));
        CHECK(ic::from_disk(primary.partition_entry_array_crc32) == ic::crc32(b.entry_array));
        CHECK(std::ranges::equal(b.entry_array, std::span{b.backup}.first(16384)));
    }
}

TEST_CASE("the array of 56 entries ends before sector 16 and its checksum covers 56 entries") {
    described_gpt d{.partitions = {{.name = "root", .first = {2048}, .last = {4095}}}};
    d.table.entry_count = 56;
    CHECK(ic::layout_of(d.get()).first_usable == ic::lba{16});
    const auto b = ic::make_gpt(d.get());
    CHECK(b.entry_array.size() == 14 * 512);

    d.table.sector_size = 4096_B; // the array does not fill its last sector
    const auto padded = ic::make_gpt(d.get());
    CHECK(padded.entry_array.size() == 8192);
    CHECK(ic::from_disk(header_in(padded.head, 4096).partition_entry_array_crc32) ==
          ic::crc32(std::span{padded.entry_array}.first(56 * 128)));
}

TEST_CASE("the usable range begins behind the array or where it is raised to") {
    described_gpt d;
    d.table.entry_array = {2048};
    CHECK(ic::layout_of(d.get()).first_usable == ic::lba{2080});
    d.table.first_usable = {32768};
    CHECK(ic::layout_of(d.get()).first_usable == ic::lba{32768});
    CHECK(ic::gpt_space(d.get()).begin == ic::offset{32768_sectors});
    CHECK(ic::gpt_space(d.get(), ic::offset{32_MiB}).begin == ic::offset{32_MiB});
    CHECK(ic::gpt_space(d.get()).end == ic::offset{64_MiB} - ic::sectors{33});
    d.table.first_usable = {2079};
    CHECK_THROWS_MATCHES(ic::layout_of(d.get()), ic::layout_error,
                         says("first usable LBA 2079 is inside the entry array, which ends before LBA 2080; raise"));
}

TEST_CASE("the least disk for a partition has its backup right behind it") {
    described_gpt d{.partitions = {{.name = "root", .first = {2048}, .last = {4095}}}};
    for (const std::uint32_t entries : {1u, 56u, 128u, 1000u}) {
        d.table.entry_count = entries;
        d.table.disk_size = ic::gpt_disk_size(ic::offset{4096_sectors}, 512_B, entries);
        CHECK_NOTHROW(ic::check(d.get()));
        d.table.disk_size = d.table.disk_size - 512_B;
        CHECK_THROWS_MATCHES(ic::check(d.get()), ic::layout_error, says("end it earlier or make the disk larger"));
    }
}

TEST_CASE("names become UTF-16, with surrogate pairs, up to 36 units") {
    const auto units = [](std::string_view name) {
        std::u16string s;
        for (const ic::le16 u : ic::detail::partition_name_field(name)) s += static_cast<char16_t>(ic::from_disk(u));
        return s.substr(0, s.find_last_not_of(u'\0') + 1);
    };
    CHECK(units("").empty());
    CHECK(units("NIXOS_SD") == u"NIXOS_SD");
    CHECK(units("W\xc3\xbcrzburg \xe2\x82\xac \xf0\x9f\x90\xa7") == u"W\u00fcrzburg \u20ac \U0001F427");
    CHECK(units("\xf4\x8f\xbf\xbf") == u"\U0010FFFF");
    const std::string euro = "\xe2\x82\xac", penguin = "\xf0\x9f\x90\xa7";
    std::string full;
    for (int i = 0; i < 36; ++i) full += euro;
    CHECK(units(full).size() == 36);
    CHECK_THROWS_MATCHES(units(full + "a"), ic::input_error, says("has 37 units"));
    std::string pairs;
    for (int i = 0; i < 18; ++i) pairs += penguin;
    CHECK(units(pairs).size() == 36);
    CHECK_THROWS_MATCHES(units(pairs + penguin), ic::input_error,
                         says("has 38 units of UTF-16; a GPT has room for 36"));
    for (const char* bad : {"\xff", "a\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1"}) {
        INFO(ic::text::quoted(bad));
        CHECK_THROWS_MATCHES(units(bad), ic::input_error, says("is not UTF-8"));
    }
    CHECK_THROWS_MATCHES(units(std::string_view{"a\0b", 3}), ic::input_error, says("has a NUL"));
}

TEST_CASE("identifiers are derived from seed, number and name unless given") {
    described_gpt d{
        .partitions = {{.name = "a", .first = {2048}, .last = {2048}}, {.name = "a", .first = {2049}, .last = {2049}}}};
    const auto t = d.get();
    CHECK(ic::disk_id_of(t) == ic::seed{"test"}.derive_uuid("disk guid"));
    CHECK(ic::partition_id_of(t, 1) == ic::seed{"test"}.derive_uuid("partition guid:2:a"));
    const auto b = ic::make_gpt(t);
    const auto entry = ic::struct_from<ic::gpt_partition_entry>(b.entry_array);
    CHECK(ic::from_disk(entry.unique_partition_guid) == ic::partition_id_of(t, 0));
    for (std::uint64_t i = 0; i < 10; ++i)
        d.partitions.push_back({.name = "b", .first = {3000 + i}, .last = {3000 + i}});
    CHECK(ic::partition_id_of(d.get(), 11) == ic::seed{"test"}.derive_uuid("partition guid:12:b"));
    d.table.disk_id = "6e6f6953-2d52-4253-8d6e-616e6f706969"_uuid;
    d.partitions[0].id = "11111111-2222-4333-8444-555555555555"_uuid;
    CHECK(ic::disk_id_of(d.get()) == d.table.disk_id);
    CHECK(ic::partition_id_of(d.get(), 0) == d.partitions[0].id);
}

TEST_CASE("the protective record says as much of the disk as 32 bits can") {
    ic::gpt_table t{.disk_size = 2_TiB};
    const auto size = [&] { return ic::from_disk(ic::make_protective_mbr(t).partition_record[0].size_in_lba); };
    CHECK(size() == 0xffffffff);
    t.disk_size = 2_TiB + 512_B;
    CHECK(size() == 0xffffffff);
    t.disk_size = 2_TiB - 512_B;
    CHECK(size() == 0xfffffffe);
    t.disk_size = 100_TiB;
    CHECK(size() == 0xffffffff);
    t.sector_size = 4096_B;
    t.disk_size = 3_TiB;
    CHECK(size() == 3ULL * 1024 * 1024 * 1024 * 1024 / 4096 - 1);
}

TEST_CASE("a GPT that contradicts itself or its disk is refused") {
    described_gpt d{.partitions = {{.name = "boot", .first = {2048}, .last = {4095}},
                               {.name = "root", .first = {4096}, .last = {8191}}}};
    const auto refuses = [&](std::string words) {
        CHECK_THROWS_MATCHES(ic::check(d.get()), ic::layout_error, says(words));
        CHECK_THROWS_AS(ic::make_gpt(d.get()), ic::layout_error);
    };
    SECTION("nothing wrong") { CHECK_NOTHROW(ic::make_gpt(d.get())); }
    SECTION("overlap") {
        d.partitions[1].first = {4000};
        refuses("boot (sectors 2048-4095) overlaps root (sectors 4000-8191) by 96 sectors; start root at sector 4096 "
                "or later");
    }
    SECTION("one inside the other, listed backwards") {
        d.partitions = {{.name = "in", .first = {5000}, .last = {5001}},
                        {.name = "out", .first = {2048}, .last = {8191}}};
        refuses("out (sectors 2048-8191) overlaps in");
    }
    SECTION("on the bootloader") {
        d.reserved = {{"u-boot.itb", ic::offset{4000_sectors}, 100_sectors}};
        refuses("boot (sectors 2048-4095) overlaps u-boot.itb");
    }
    SECTION("the array on the bootloader") {
        d.reserved = {{"u-boot-sunxi-with-spl.bin", ic::offset{16_sectors}, 1024_sectors}};
        refuses("the GPT entry array (sectors 2-33) overlaps u-boot-sunxi-with-spl.bin");
        d.table.entry_count = 56;
        CHECK_NOTHROW(ic::check(d.get()));
        d.table.entry_count = 128;
        d.table.entry_array = {1040};
        CHECK_NOTHROW(ic::check(d.get()));
    }
    SECTION("the backup on something reserved") {
        d.reserved = {{"tail", ic::offset{64_MiB} - 1_sectors, 1_sectors}};
        refuses("the backup GPT");
    }
    SECTION("before the usable range") {
        d.partitions[0].first = {33};
        refuses("boot (sectors 33-4095) leaves the usable range of the GPT, sectors 34-131038; begin it later");
    }
    SECTION("behind the usable range") {
        d.partitions[1].last = {131039};
        refuses("root (sectors 4096-131039) leaves the usable range");
        d.partitions[1].last = {~std::uint64_t{0}};
        refuses("end it earlier");
    }
    SECTION("backwards") {
        d.partitions[0].last = {2047};
        refuses("boot begins at sector 2048 and ends before");
    }
    SECTION("no type") {
        d.partitions[0].type = {};
        refuses("boot has no type");
    }
    SECTION("equal identifiers") {
        d.partitions[0].id = d.partitions[1].id = "11111111-2222-4333-8444-555555555555"_uuid;
        refuses("boot and root have the same unique GUID");
    }
    SECTION("equal names are fine") {
        d.partitions[1].name = "boot";
        CHECK_NOTHROW(ic::check(d.get()));
    }
    SECTION("more partitions than entries") {
        d.table.entry_count = 1;
        refuses("2 partitions do not fit a GPT of 1 entries");
    }
    SECTION("impossible entry counts") {
        d.table.entry_count = GENERATE(0u, 32769u, 0xffffffffu);
        refuses("it has 1 to 32768");
    }
    SECTION("an array on the header, and one behind the disk") {
        d.table.entry_array = {1};
        refuses("2 is the earliest");
        d.table.entry_array = {131072};
        refuses("is too small for its GPT");
        d.table.entry_array = {~std::uint64_t{0}};
        refuses("overflows");
    }
    SECTION("impossible disks") {
        d.table.disk_size = 0_B;
        refuses("is too small for its GPT, which alone needs 34816");
        d.table.disk_size = 1000_B;
        refuses("make it 1024");
        d.table.sector_size = 0_B;
        refuses("512 or 4096");
    }
    SECTION("impossible hybrids") {
        d.hybrid = {{.number = 3}};
        refuses("the hybrid MBR names partition 3, but the GPT has 2");
        d.hybrid = {{.number = 0}};
        refuses("names partition 0");
        d.hybrid = {{.number = 1, .type = 0}};
        refuses("boot has no type");
        d.hybrid = {{}, {}, {}, {}};
        refuses("4 partitions are to be in a hybrid MBR");
        d.table.disk_size = 3_TiB;
        d.partitions[1].last = {4294967295};
        d.hybrid = {{.number = 2}};
        refuses("root ends at sector 4294967295, but an MBR has 32 bits");
    }
}
