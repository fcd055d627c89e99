// SPDX-License-Identifier: BSL-1.0
// The checksums of the formats, constexpr and portable. os/crc32c.hpp has CRC-32C by the processor's own instruction.
#pragma once

#include <imgcompose/version.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {

// of[k][b]: the register after byte b and then k zero bytes; eight bytes are taken at a time ("slicing by 8").
struct crc32_table {
    std::uint32_t of[8][256];
};
template <std::uint32_t Polynomial> constexpr crc32_table make_crc32_tables() {
    crc32_table tables{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t crc = b;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? Polynomial : 0);
        tables.of[0][b] = crc;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t b = 0; b < 256; ++b)
            tables.of[k][b] = (tables.of[k - 1][b] >> 8) ^ tables.of[0][tables.of[k - 1][b] & 0xff];
    return tables;
}

template <std::uint32_t Polynomial> inline constexpr auto crc32_tables = make_crc32_tables<Polynomial>();

template <std::uint32_t Polynomial>
constexpr std::uint32_t crc32_update(std::uint32_t crc, std::span<const std::byte> data) {
    const auto& t = crc32_tables<Polynomial>;
    // Plain pointers and arrays: clang counts every call of an operator[] as steps of a constant expression, of which
    // it allows a million, and a table of 16 KiB must stay below that also with the library's assertions.
    const std::byte* next = data.data();
    std::size_t left = data.size();
    for (; left >= 8; left -= 8, next += 8) {
        const std::uint32_t low =
            crc ^ (static_cast<std::uint32_t>(next[0]) | static_cast<std::uint32_t>(next[1]) << 8 |
                   static_cast<std::uint32_t>(next[2]) << 16 | static_cast<std::uint32_t>(next[3]) << 24);
        crc = t.of[7][low & 0xff] ^ t.of[6][low >> 8 & 0xff] ^ t.of[5][low >> 16 & 0xff] ^ t.of[4][low >> 24] ^
              t.of[3][static_cast<std::uint8_t>(next[4])] ^ t.of[2][static_cast<std::uint8_t>(next[5])] ^
              t.of[1][static_cast<std::uint8_t>(next[6])] ^ t.of[0][static_cast<std::uint8_t>(next[7])];
    }
    for (; left != 0; --left, ++next) crc = (crc >> 8) ^ t.of[0][(crc ^ static_cast<std::uint32_t>(*next)) & 0xff];
    return crc;
}

} // namespace detail

/// CRC-32 of GPT, uImage and zlib: polynomial 0x04C11DB7 reflected, register and result inverted.
/// `before` is the result for the bytes that precede `data`.
constexpr std::uint32_t crc32(std::span<const std::byte> data, std::uint32_t before = 0) {
    return ~detail::crc32_update<0xEDB88320u>(~before, data);
}

/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected) as a raw register: no inversion before or after, as ext4 uses
/// it. Source: Linux lib/crc32.c, __crc32c_le.
constexpr std::uint32_t crc32c_portable(std::uint32_t crc, std::span<const std::byte> data) {
    return detail::crc32_update<0x82F63B78u>(crc, data);
}

/// CRC-16 (polynomial 0x8005 reflected) as a raw register. Source: Linux lib/crc16.c; ext4's uninit_bg feature.
constexpr std::uint16_t crc16(std::uint16_t crc, std::span<const std::byte> data) {
    for (const std::byte b : data) {
        crc = static_cast<std::uint16_t>(crc ^ static_cast<std::uint16_t>(b));
        for (int bit = 0; bit < 8; ++bit) crc = static_cast<std::uint16_t>((crc >> 1) ^ ((crc & 1) != 0 ? 0xA001 : 0));
    }
    return crc;
}

IMGCOMPOSE_NAMESPACE_END
