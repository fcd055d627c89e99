// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/partition/mbr.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
struct described_mbr {
    std::vector<ic::mbr_partition> primaries{};
    std::vector<ic::mbr_partition> logicals{};
    ic::mbr_table table{.disk_size = 1_GiB, .disk_signature = 1};

    ic::mbr_table get() const {
        ic::mbr_table t = table;
        t.primaries = primaries;
        t.logicals = logicals;
        return t;
    }
};
constexpr std::uint8_t extended = ic::mbr_type::extended_lba;
} // namespace

TEST_CASE("cylinders, heads and sectors are clamped where 24 bits end") {
    using chs = ic::mbr_chs;
    CHECK(ic::detail::chs_of({0}, {}) == chs{0, 1, 0});
    CHECK(ic::detail::chs_of({62}, {}) == chs{0, 63, 0});
    CHECK(ic::detail::chs_of({63}, {}) == chs{1, 1, 0});
    CHECK(ic::detail::chs_of({16064}, {}) == chs{254, 63, 0});
    CHECK(ic::detail::chs_of({16065ULL * 256}, {}) == chs{0, 0x41, 0});
    CHECK(ic::detail::chs_of({16065ULL * 1024 - 1}, {}) == chs{254, 0xff, 0xff});
    CHECK(ic::detail::chs_of({16065ULL * 1024}, ic::detail::chs_clamped) == chs{254, 0xff, 0xff});
    CHECK(ic::detail::chs_of({~std::uint64_t{0}}, chs{1, 2, 3}) == chs{1, 2, 3});
}

TEST_CASE("a disk signature is the given one or derived, and never zero by accident") {
    ic::mbr_table t{.disk_size = 1_GiB, .ids = ic::seed{"a card"}};
    CHECK(ic::disk_signature_of(t) == ic::seed{"a card"}.derive_u32("disk signature"));
    CHECK(ic::disk_signature_of(t) != 0);
    t.disk_signature = 0x2178694e;
    CHECK(ic::from_disk(ic::make_mbr(t).unique_mbr_disk_signature) == 0x2178694e);
    t.disk_signature = 0;
    CHECK(ic::disk_signature_of(t) == 0);
}

TEST_CASE("an empty extended partition has an empty boot record") {
    const described_mbr d{.primaries = {{.type = extended, .first = {2048}, .last = {411647}}}};
    REQUIRE(ic::extended_boot_record_count(d.get()) == 1);
    CHECK(ic::extended_boot_record_at(d.get(), 0).value == 2048);
    const auto record = ic::to_bytes(ic::make_extended_boot_record(d.get(), 0));
    CHECK(std::ranges::count(record, std::byte{}) == 510);
    CHECK(record[510] == std::byte{0x55});
    CHECK(ic::extended_boot_record_count(described_mbr{}.get()) == 0);
}

TEST_CASE("MBR partitions that contradict the disk or each other are refused") {
    described_mbr d;
    const auto refuses = [&](std::string words) {
        CHECK_THROWS_MATCHES(ic::check(d.get()), ic::layout_error, says(words));
        CHECK_THROWS_AS(ic::make_mbr(d.get()), ic::layout_error);
    };
    SECTION("too many") {
        for (std::uint64_t i = 0; i < 5; ++i)
            d.primaries.push_back({.first = {2048 * (i + 1)}, .last = {2048 * (i + 1)}});
        refuses("an MBR has room for 4 partitions and 5 are asked for");
    }
    SECTION("overlap") {
        d.primaries = {{.name = "boot", .first = {2048}, .last = {4096}},
                       {.name = "root", .first = {4096}, .last = {8191}}};
        refuses("boot (sectors 2048-4096) overlaps root (sectors 4096-8191) by 1 sectors; start root at sector 4097 or "
                "later");
    }
    SECTION("on the MBR itself") {
        d.primaries = {{.first = {0}, .last = {4095}}};
        refuses("overlaps");
    }
    SECTION("on a bootloader") {
        const std::array<ic::named_range, 1> reserved{{{"u-boot.itb", ic::offset{8_MiB}, 1_MiB}}};
        d.table.reserved = reserved;
        d.primaries = {{.first = {2048}, .last = {16384}}};
        refuses("partition 1 (sectors 2048-16384) overlaps u-boot.itb");
    }
    SECTION("backwards") {
        d.primaries = {{.name = "root", .first = {4096}, .last = {4095}}};
        refuses("root begins at sector 4096 and ends before, at 4095");
    }
    SECTION("behind the disk") {
        d.primaries = {{.name = "root", .first = {4096}, .last = {2097152}}};
        refuses("root ends at sector 2097152, but the disk has only 2097152 sectors; make the disk larger by 1");
    }
    SECTION("behind 2 TiB") {
        d.table.disk_size = 3_TiB;
        d.primaries = {{.name = "root", .first = {4096}, .last = {4294967295}}};
        refuses("use GPT");
    }
    SECTION("without a type") {
        d.primaries = {{.name = "root", .type = 0, .first = {4096}, .last = {4096}}};
        refuses("root has no type");
    }
    SECTION("two extended ones") {
        d.primaries = {{.type = extended, .first = {4096}, .last = {4096}},
                       {.type = 5, .first = {8192}, .last = {8192}}};
        refuses("partition 1 and partition 2 are both extended");
    }
    SECTION("logical without extended") {
        d.logicals = {{.first = {4096}, .last = {4096}}};
        refuses("partition 5 is a logical partition, but no primary partition has an extended type");
    }
    SECTION("a disk or sectors that do not exist") {
        d.table.disk_size = 1000_B;
        refuses("make it 1024");
        d.table.disk_size = 0_B;
        refuses("the master boot record ends at sector 0, but the disk has only 0 sectors");
        d.table.sector_size = 520_B;
        refuses("512 or 4096");
    }
}

TEST_CASE("logical partitions that contradict their extended partition are refused") {
    described_mbr d{.primaries = {{.name = "extended", .type = extended, .first = {4096}, .last = {65535}}}};
    const auto refuses = [&](std::vector<ic::mbr_partition> logicals, std::string words) {
        d.logicals = std::move(logicals);
        CHECK_THROWS_MATCHES(ic::check(d.get()), ic::layout_error, says(words));
    };
    refuses({{.name = "a", .first = {4096}, .last = {5000}}},
            "a begins at sector 4096 without room for its extended boot record; "
            "begin at 4097 or later");
    refuses({{.name = "a", .first = {4095}, .last = {5000}}},
            "is not inside the extended partition extended (sectors 4096-65535)");
    refuses({{.name = "a", .first = {6144}, .last = {65536}}}, "is not inside the extended partition");
    refuses({{.name = "a", .first = {6144}, .last = {8191}}, {.name = "b", .first = {8192}, .last = {9000}}},
            "b begins at sector 8192 without room for its extended boot record; begin at 10240 or later");
    refuses({{.name = "a", .first = {6144}, .last = {8192}}, {.name = "b", .first = {8192}, .last = {9000}}},
            "overlaps b");
    refuses({{.name = "a", .first = {30000}, .last = {30000}}, {.name = "b", .first = {8192}, .last = {9000}}},
            "b lies before a on the disk");
    refuses({{.name = "a", .type = 5, .first = {6144}, .last = {8192}}}, "cannot itself have an extended type");
    d.table.boot_record_distance = 100_B;
    refuses({{.name = "a", .first = {6144}, .last = {8191}}}, "not a multiple of 512");

    d.table.boot_record_distance = 1_sectors;
    d.logicals = {{.name = "a", .first = {4097}, .last = {8191}}, {.name = "b", .first = {8193}, .last = {9000}}};
    CHECK_NOTHROW(ic::check(d.get()));
    CHECK(ic::extended_boot_record_at(d.get(), 1).value == 8192);
}

TEST_CASE("the space for MBR partitions ends where the disk or 32 bits do") {
    CHECK(ic::mbr_space(1_GiB, 512_B).begin == ic::offset{512_B});
    CHECK(ic::mbr_space(1_GiB, 512_B, ic::offset{16_MiB}).begin == ic::offset{16_MiB});
    CHECK(ic::mbr_space(1_GiB, 512_B).end == ic::offset{1_GiB});
    CHECK(ic::mbr_space(3_TiB, 512_B).end == ic::offset{ic::sectors{4294967295}});
    CHECK(ic::mbr_space(3_TiB, 4096_B).end == ic::offset{3_TiB});
}
