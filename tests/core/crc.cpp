// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/crc.hpp>

#include <tests/support/catch.hpp>

#include <array>
#include <string_view>
#include <vector>

namespace ic = imgcompose;

namespace {

constexpr std::array<std::byte, 9> check = [] { // what every catalogue of CRCs gives the result for
    std::array<std::byte, 9> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>("123456789"[i]);
    return bytes;
}();

/// By the definition, a bit at a time.
std::uint32_t bitwise(std::uint32_t polynomial, std::uint32_t crc, std::span<const std::byte> data) {
    for (const std::byte b : data) {
        crc ^= static_cast<std::uint32_t>(b);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ polynomial : crc >> 1;
    }
    return crc;
}

} // namespace

TEST_CASE("the check values of the catalogue come out, also at compile time") {
    static_assert(ic::crc32(check) == 0xcbf43926);            // CRC-32/ISO-HDLC
    static_assert(~ic::crc32c_portable(~0u, check) == 0xe3069283); // CRC-32/ISCSI
    static_assert(ic::crc16(0, check) == 0xbb3d);             // CRC-16/ARC
    static_assert(ic::crc16(0xffff, check) == 0x4b37);        // CRC-16/MODBUS
    CHECK(ic::crc32({}) == 0);
    CHECK(ic::crc32c_portable(0x12345678, {}) == 0x12345678);
}

TEST_CASE("every length and every alignment gives what the definition gives") {
    std::vector<std::byte> data(64);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 167 + 13);
    for (std::size_t from = 0; from < 9; ++from)
        for (std::size_t size = 0; from + size <= data.size(); ++size) {
            const auto part = std::span{data}.subspan(from, size);
            REQUIRE(ic::crc32(part) == ~bitwise(0xedb88320, ~0u, part));
            REQUIRE(ic::crc32c_portable(0x5a5a5a5a, part) == bitwise(0x82f63b78, 0x5a5a5a5a, part));
        }
}

TEST_CASE("a sum goes on where another ended") {
    for (std::size_t cut = 0; cut <= check.size(); ++cut) {
        const std::span<const std::byte> all{check};
        CHECK(ic::crc32(all.subspan(cut), ic::crc32(all.first(cut))) == ic::crc32(all));
        CHECK(ic::crc16(ic::crc16(0, all.first(cut)), all.subspan(cut)) == ic::crc16(0, all));
    }
}
