// SPDX-License-Identifier: BSL-1.0
// EXPECT: regions_overlap
// A partition where the board's boot ROM and SPL look for the bootloader.
#include <imgcompose/board/rockchip.hpp>
#include <imgcompose/partition/gpt.hpp>

#include <array>

namespace {
#ifdef MUST_FAIL
constexpr imgcompose::lba boot_at{20480};
#else
constexpr imgcompose::lba boot_at{32768};
#endif
constexpr std::array<imgcompose::gpt_partition, 1> partitions{{{.name = "boot", .first = boot_at, .last = {65535}}}};
constexpr std::array<imgcompose::named_range, 1> bootloader{
    imgcompose::rockchip::nanopi_r2s.places("u-boot.itb").range()};
constexpr imgcompose::gpt_table table{
    .disk_size = imgcompose::mebibytes{64}, .partitions = partitions, .reserved = bootloader};
static_assert((imgcompose::check(table), true));
} // namespace
