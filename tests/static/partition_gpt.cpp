// SPDX-License-Identifier: BSL-1.0
// The whole partition table of the NanoPi R2S card of FACTS section 1.3, made by the compiler. The known bytes are
// those that sgdisk 1.0.9 wrote for the same parameters.
#include <imgcompose/board/rockchip.hpp>
#include <imgcompose/partition/gpt.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace {

namespace ic = imgcompose;
using namespace ic::literals;

constexpr ic::bytes card = 61067264_sectors;

// Placed by arithmetic ...
constexpr std::array<ic::partition_request, 2> wanted{{
    {.name = "NIXOS_BOOT", .size = 512_MiB},
    {.name = "NIXOS_SD"},
}};
constexpr auto placed =
    ic::lay_out(wanted, ic::gpt_space({.disk_size = card}, ic::rockchip::nanopi_r2s.partition_floor));
static_assert(placed[0].at == ic::offset{32768_sectors} && placed[0].size == 512_MiB);
static_assert(placed[1].at == ic::offset{1081344_sectors} && placed[1].end() == ic::offset{61065216_sectors});

// ... described ...
constexpr std::array<ic::gpt_partition, 2> partitions{{
    {.name = placed[0].name,
     .id = "11111111-2222-4333-8444-555555555555"_uuid,
     .first = ic::first_lba(placed[0], 512_B),
     .last = ic::last_lba(placed[0], 512_B)},
    {.name = placed[1].name,
     .id = "66666666-7777-4888-9999-aaaaaaaaaaaa"_uuid,
     .first = ic::first_lba(placed[1], 512_B),
     .last = ic::last_lba(placed[1], 512_B)},
}};
constexpr std::array<ic::named_range, 2> bootloader{
    ic::rockchip::nanopi_r2s.places("idbloader.img").range(),
    ic::rockchip::nanopi_r2s.places("u-boot.itb").range(),
};
constexpr ic::gpt_table nanopi_r2s{.disk_size = card,
                                   .disk_id = "6e6f6953-2d52-4253-8d6e-616e6f706969"_uuid,
                                   .partitions = partitions,
                                   .reserved = bootloader};

// ... and made.
constexpr const auto& made = ic::gpt_constant<nanopi_r2s>;

template <std::size_t N> consteval std::array<std::byte, N / 2> hex(const char (&digits)[N]) {
    std::array<std::byte, N / 2> raw{};
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i < raw.size(); ++i)
        raw[i] = static_cast<std::byte>(value(digits[2 * i]) * 16 + value(digits[2 * i + 1]));
    return raw;
}

/// `part` has `known` at `at`.
template <std::size_t N>
consteval bool has(std::span<const std::byte> part, std::size_t at, const std::array<std::byte, N>& known) {
    return std::ranges::equal(part.subspan(at, N), known);
}
consteval bool is_zero(std::span<const std::byte> part, std::size_t from, std::size_t to) {
    return std::ranges::all_of(part.subspan(from, to - from), [](std::byte b) { return b == std::byte{}; });
}

static_assert(is_zero(made.head, 0, 440));
static_assert(has(made.head, 440, hex("00000000000000000200eeffffff01000000ffcfa303")));
static_assert(is_zero(made.head, 462, 510) && has(made.head, 510, hex("55aa")));
static_assert(has(made.head, 512,
                  hex("4546492050415254000001005c000000d9b46907000000000100000000000000ffcfa303000000"
                      "002200000000000000decfa3030000000053696f6e522d53428d6e616e6f7069690200000000"
                      "000000800000008000000077de0901")));
static_assert(is_zero(made.head, 512 + 92, 1024));
static_assert(
    has(made.entry_array, 0,
        hex("af3dc60f838472478e793d69d8477de4111111112222334384445555555555550080000000000000ff7f1000000000"
            "0000000000000000004e00490058004f0053005f0042004f004f00540000000000000000000000000000000000000000"
            "000000000000000000000000000000000000000000000000000000000000000000"
            "af3dc60f838472478e793d69d8477de466666666777788489999aaaaaaaaaaaa0080100000000000ffc7a30300000000"
            "00000000000000004e00490058004f0053005f005300440000000000000000000000000000000000000000000000000000"
            "0000000000000000000000000000000000000000000000000000000000000000")));
static_assert(is_zero(made.entry_array, 256, 16384) && made.entry_array.size() == 16384);
static_assert(made.backup.size() == 33 * 512 && made.layout.backup_at == ic::offset{ic::sectors{61067264 - 33}});
static_assert(has(made.backup, 32 * 512,
                  hex("4546492050415254000001005c00000043f7523300000000ffcfa303000000000100000000000000"
                      "2200000000000000decfa3030000000053696f6e522d53428d6e616e6f706969dfcfa303000000008000000080000000"
                      "77de0901")));

// Derived identifiers are UUIDs of RFC 9562: version 8, variant 10, and differ by number and name.
constexpr std::array<ic::gpt_partition, 2> unnamed{
    {{.name = "a", .first = {2048}, .last = {4095}}, {.name = "a", .first = {4096}, .last = {6143}}}};
constexpr ic::gpt_table seeded{.disk_size = 16_MiB, .ids = ic::seed{"a card"}, .partitions = unnamed};
constexpr ic::uuid first_id = ic::partition_id_of(seeded, 0);
static_assert(first_id.raw[6] >> 4 == 8 && first_id.raw[8] >> 6 == 2);
static_assert(first_id != ic::partition_id_of(seeded, 1) && first_id != ic::disk_id_of(seeded));
static_assert(first_id == ic::seed{"a card"}.derive_uuid("partition guid:1:a"));
static_assert(ic::disk_id_of(seeded) == ic::seed{"a card"}.derive_uuid("disk guid"));

// Sixty-four derived identifiers stay within the steps that clang evaluates by default, and 4096-byte sectors do.
constexpr auto many = [] {
    std::array<ic::gpt_partition, 64> p{};
    for (std::size_t i = 0; i < p.size(); ++i)
        p[i] = {.name = "of many", .first = {2048 * (i + 1)}, .last = {2048 * (i + 2) - 1}};
    return p;
}();
constexpr ic::gpt_table full{.disk_size = 256_MiB, .ids = ic::seed{"full"}, .partitions = many};
static_assert(ic::gpt_constant<full>.entry_array[63 * 128] == std::byte{0xaf});
constexpr ic::gpt_table large_sectors{.sector_size = 4096_B, .disk_size = 64_MiB, .ids = ic::seed{"4k"}};
static_assert(ic::gpt_constant<large_sectors>.head.size() == 8192);
static_assert(ic::gpt_constant<large_sectors>.layout.first_usable == ic::lba{6});

} // namespace
