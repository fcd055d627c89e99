// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/partition/mbr_image.hpp>

#include <imgcompose/core/endian.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/partition/mbr_format.hpp>
#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

TEST_CASE("an MBR as an image has its boot records where they belong and leaves the rest free") {
    const ic::bytes sector{GENERATE(512u, 4096u)};
    const std::vector<ic::mbr_partition> primaries{
        {.name = "extended", .type = ic::mbr_type::extended, .first = {2048}, .last = {8191}}};
    const std::vector<ic::mbr_partition> logicals{{.first = {4096}, .last = {4097}}, {.first = {7168}, .last = {7169}}};
    const ic::mbr_table table{
        .sector_size = sector, .disk_size = sector * 8192, .primaries = primaries, .logicals = logicals};
    ic::image disk = ic::mbr_image(table);
    CHECK(disk.size() == sector * 8192);
    const auto all = ic::read_all(disk);
    const auto record_at = [&](ic::lba at) {
        return ic::struct_from<ic::master_boot_record>(std::span{all}.subspan(ic::offset_of(at, sector).count));
    };
    CHECK(ic::to_bytes(record_at({0})) == ic::to_bytes(ic::make_mbr(table)));
    const std::uint64_t distance = 1_MiB / sector;
    CHECK(ic::to_bytes(record_at({2048})) == ic::to_bytes(ic::make_extended_boot_record(table, 0)));
    CHECK(ic::to_bytes(record_at({7168 - distance})) == ic::to_bytes(ic::make_extended_boot_record(table, 1)));
    CHECK(std::ranges::count(all, std::byte{0x55}) == 3);
    CHECK_THROWS_MATCHES(disk.place(ic::offset{sector * 2040}, ic::zeros(sector * 9), "early"), ic::layout_error,
                         imgcompose_test::says("extended boot record"));
    CHECK_NOTHROW(disk.place(ic::offset{sector}, ic::zeros(sector * 2047), "before it"));
}
