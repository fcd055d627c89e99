// SPDX-License-Identifier: BSL-1.0
// EXPECT: regions_overlap
// Allwinner's boot ROM reads sector 16, which is inside a GPT of 128 entries but not of 56.
#include <imgcompose/partition/gpt.hpp>

#include <array>

namespace {
using imgcompose::sectors;
#ifdef MUST_FAIL
constexpr std::uint32_t entries = 128;
#else
constexpr std::uint32_t entries = 56;
#endif
constexpr std::array<imgcompose::named_range, 1> bootloader{
    {{"u-boot-sunxi-with-spl.bin", imgcompose::offset{sectors{16}}, sectors{2000}}}};
constexpr imgcompose::gpt_table table{
    .disk_size = imgcompose::mebibytes{64}, .entry_count = entries, .reserved = bootloader};
static_assert((imgcompose::check(table), true));
} // namespace
