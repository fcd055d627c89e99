// SPDX-License-Identifier: BSL-1.0
// An MBR made by the compiler. The known bytes are those that sfdisk 2.38.1 wrote for the same parameters.
#include <imgcompose/partition/mbr.hpp>
#include <imgcompose/partition/names.hpp>

#include <array>

namespace {

namespace ic = imgcompose;
using namespace ic::literals;

constexpr std::array<ic::mbr_partition, 2> primaries{{
    {.type = ic::mbr_type::fat32_lba, .first = {2048}, .last = {6143}, .active = true},
    {.type = ic::mbr_type::extended, .first = {6144}, .last = {41943039}},
}};
constexpr std::array<ic::mbr_partition, 2> logicals{{
    {.first = {8192}, .last = {28671}},
    {.first = {30720}, .last = {51199}, .active = true},
}};
constexpr ic::mbr_table table{
    .disk_size = 20_GiB, .disk_signature = 0x12345678u, .primaries = primaries, .logicals = logicals};

using record = std::array<std::uint8_t, 16>;
consteval record raw(const ic::mbr_partition_record& r) { return std::bit_cast<record>(r); }

constexpr auto mbr = ic::make_mbr(table);
static_assert(ic::from_disk(mbr.unique_mbr_disk_signature) == 0x12345678);
static_assert(raw(mbr.partition_record[0]) ==
              record{0x80, 0x20, 0x21, 0x00, 0x0c, 0x61, 0x21, 0x00, 0x00, 0x08, 0, 0, 0x00, 0x10, 0, 0});
static_assert(raw(mbr.partition_record[1]) ==
              record{0x00, 0x61, 0x22, 0x00, 0x05, 0xfe, 0xff, 0xff, 0x00, 0x18, 0, 0, 0x00, 0xe8, 0x7f, 0x02});
static_assert(raw(mbr.partition_record[2]) == record{} && raw(mbr.partition_record[3]) == record{});
static_assert(mbr.signature == ic::mbr_signature);

static_assert(ic::extended_boot_record_count(table) == 2);
static_assert(ic::extended_boot_record_at(table, 0) == ic::lba{6144});
static_assert(ic::extended_boot_record_at(table, 1) == ic::lba{28672});
constexpr auto first = ic::make_extended_boot_record(table, 0);
static_assert(raw(first.partition_record[0]) ==
              record{0x00, 0x82, 0x03, 0x00, 0x83, 0xc8, 0x07, 0x01, 0x00, 0x08, 0, 0, 0x00, 0x50, 0, 0});
static_assert(raw(first.partition_record[1]) ==
              record{0x00, 0xc8, 0x08, 0x01, 0x05, 0x2f, 0x2c, 0x03, 0x00, 0x58, 0, 0, 0x00, 0x58, 0, 0});
constexpr auto second = ic::make_extended_boot_record(table, 1);
static_assert(raw(second.partition_record[0]) ==
              record{0x80, 0xe8, 0x28, 0x01, 0x83, 0x2f, 0x2c, 0x03, 0x00, 0x08, 0, 0, 0x00, 0x50, 0, 0});
static_assert(raw(second.partition_record[1]) == record{});

// Names are looked up by the compiler as well.
static_assert(ic::mbr_type::named("FAT32-LBA") == 0x0c && ic::mbr_type::named("0xEF") == ic::mbr_type::esp);
static_assert(ic::partition_type::named("root-arm64") == ic::partition_type::linux_root_arm64);
static_assert(ic::gpt_attribute_named("read-only") == ic::gpt_attributes::read_only);
static_assert(ic::gpt_attributes(ic::chromeos_kernel_attributes{10, 2, true}).bits == 0x012A000000000000);
static_assert(ic::gpt_attributes(ic::chromeos_kernel_attributes{5, 2, false}).bits == 0x0025000000000000);

} // namespace
