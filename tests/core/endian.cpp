// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/endian.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using imgcompose_test::says;

namespace {

struct record {
    ic::le16 a;
    ic::be32 b;
    ic::le48 c;
    ic::be64 d;
};
static_assert(ic::disk_struct<record> && sizeof(record) == 20);

constexpr record made = [] {
    record r{};
    r.a = ic::to_disk(std::uint16_t{0x0102});
    r.b = ic::to_disk(0x03040506u);
    r.c = ic::to_disk(std::uint64_t{0x0708090a0b0c});
    r.d = ic::to_disk(std::uint64_t{0x1112131415161718});
    return r;
}();

} // namespace

TEST_CASE("each field has its byte order, at compile time too") {
    constexpr std::array<int, 20> expected{2,   1,   3,   4,   5,    6,    0xc,  0xb,  0xa,  9,
                                           8,   7,   0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18};
    constexpr auto bytes = ic::to_bytes(made);
    for (std::size_t i = 0; i < bytes.size(); ++i) CHECK(static_cast<int>(bytes[i]) == expected[i]);
    static_assert(ic::from_disk(made.a) == 0x0102 && ic::from_disk(made.b) == 0x03040506);
    static_assert(ic::from_disk(made.c) == 0x0708090a0b0c && ic::from_disk(made.d) == 0x1112131415161718);
}

TEST_CASE("a structure is copied out of unaligned bytes and back") {
    std::array<std::byte, sizeof(record) + 3> bytes{};
    const auto place = std::span{bytes}.subspan(3);
    ic::put_struct(place, made);
    CHECK(ic::to_bytes(ic::struct_from<record>(place)) == ic::to_bytes(made));
}

TEST_CASE("a field takes the largest value that it has bits for, and refuses one more") {
    ic::le16 narrow{};
    narrow = ic::to_disk(0xffffu);
    CHECK(ic::from_disk(narrow) == 0xffff);
    CHECK_THROWS_MATCHES(narrow = ic::to_disk(0x10000u), ic::format_error,
                         says("the value 65536 does not fit the 16-bit field that has to hold it"));
    ic::le48 odd{};
    odd = ic::to_disk((std::uint64_t{1} << 48) - 1);
    CHECK(ic::from_disk(odd) == (std::uint64_t{1} << 48) - 1);
    CHECK_THROWS_MATCHES(odd = ic::to_disk(std::uint64_t{1} << 48), ic::format_error, says("48-bit"));
    ic::be32 wide{};
    CHECK_NOTHROW(wide = ic::to_disk(std::uint64_t{0xffffffff}));
    CHECK_THROWS_AS(wide = ic::to_disk(std::uint64_t{0x100000000}), ic::format_error);
}
