// SPDX-License-Identifier: BSL-1.0
// The checksums of the formats, constexpr and portable. os/crc32c.hpp has CRC-32C by the processor's own instruction.
#pragma once

#include <imgcompose/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {

// tables[k][b]: the register after byte b and then k zero bytes; eight bytes are taken at a time ("slicing by 8").
template <std::uint32_t Polynomial> constexpr std::array<std::array<std::uint32_t, 256>, 8> make_crc32_tables() {
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t crc = b;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? Polynomial : 0);
        tables[0][b] = crc;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t b = 0; b < 256; ++b)
            tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 0xff];
    return tables;
}

template <std::uint32_t Polynomial> inline constexpr auto crc32_tables = make_crc32_tables<Polynomial>();

template <std::uint32_t Polynomial>
constexpr std::uint32_t crc32_update(std::uint32_t crc, std::span<const std::byte> data) {
    const auto& t = crc32_tables<Polynomial>;
    std::size_t i = 0;
    const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(data[at]); };
    for (; i + 8 <= data.size(); i += 8) {
        const std::uint32_t low = crc ^ (byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24);
        crc = t[7][low & 0xff] ^ t[6][low >> 8 & 0xff] ^ t[5][low >> 16 & 0xff] ^ t[4][low >> 24] ^ t[3][byte(i + 4)] ^
              t[2][byte(i + 5)] ^ t[1][byte(i + 6)] ^ t[0][byte(i + 7)];
    }
    for (; i < data.size(); ++i) crc = (crc >> 8) ^ t[0][(crc ^ byte(i)) & 0xff];
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
