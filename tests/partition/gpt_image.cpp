// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/partition/gpt_image.hpp>

#include <imgcompose/image/read.hpp>
#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

TEST_CASE("a GPT as an image has both copies where they belong and leaves the rest free") {
    const std::vector<ic::gpt_partition> partitions{{.name = "root", .first = {2048}, .last = {4095}}};
    const ic::gpt_table table{.disk_size = 4_MiB, .entry_array = {64}, .partitions = partitions};
    ic::image disk = ic::gpt_image(table);
    CHECK(disk.size() == 4_MiB);

    const auto all = ic::read_all(disk);
    const auto parts = ic::make_gpt(table);
    const auto is_at = [&](std::size_t at, const std::vector<std::byte>& part) {
        return std::ranges::equal(std::span{all}.subspan(at, part.size()), part);
    };
    CHECK(is_at(0, parts.head));
    CHECK(is_at(64 * 512, parts.entry_array));
    CHECK(is_at(all.size() - parts.backup.size(), parts.backup));
    CHECK_FALSE(is_at(1, parts.head));

    ic::bytes data{};
    for (const ic::extent& e : disk.extents())
        if (e.kind() == ic::byte_kind::data) data += e.size;
    CHECK(data.count == parts.head.size() + parts.entry_array.size() + parts.backup.size());

    CHECK_NOTHROW(disk.place(ic::offset{2_sectors}, ic::zeros(62_sectors), "bootloader before the array"));
    CHECK_THROWS_MATCHES(disk.place(ic::offset{90_sectors}, ic::zeros(1_MiB), "bootloader"), ic::layout_error,
                         imgcompose_test::says("GPT entry array (sectors 64-95) overlaps bootloader"));
    CHECK_THROWS_MATCHES(disk.place(ic::offset{4_MiB} - 1_MiB, ic::zeros(1_MiB), "tail"), ic::layout_error,
                         imgcompose_test::says("backup GPT"));
}
