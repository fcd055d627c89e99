// SPDX-License-Identifier: BSL-1.0
// SipHash-2-4 with 128 bits of result: what identifiers are derived with. It is not used for security; it is here
// because deriving has to work in constant expressions, which no library's hash does.
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", and their reference's 128-bit variant.
#pragma once

#include <imgcompose/version.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

using hash128 = std::array<std::uint64_t, 2>;

constexpr hash128 siphash128(hash128 key, std::string_view data) {
    std::uint64_t v0 = 0x736f6d6570736575ULL ^ key[0];
    std::uint64_t v1 = 0x646f72616e646f6dULL ^ key[1] ^ 0xee;
    std::uint64_t v2 = 0x6c7967656e657261ULL ^ key[0];
    std::uint64_t v3 = 0x7465646279746573ULL ^ key[1];
    const auto rounds = [&](int n) {
        for (; n > 0; --n) {
            v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
            v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
            v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
            v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
        }
    };
    const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(data[i])); };
    std::size_t i = 0;
    for (; i + 8 <= data.size(); i += 8) {
        std::uint64_t m = 0;
        for (std::size_t k = 0; k < 8; ++k) m |= byte(i + k) << (8 * k);
        v3 ^= m;
        rounds(2);
        v0 ^= m;
    }
    std::uint64_t last = static_cast<std::uint64_t>(data.size()) << 56;
    for (std::size_t k = 0; i + k < data.size(); ++k) last |= byte(i + k) << (8 * k);
    v3 ^= last;
    rounds(2);
    v0 ^= last;
    v2 ^= 0xee;
    rounds(4);
    const std::uint64_t low = v0 ^ v1 ^ v2 ^ v3;
    v1 ^= 0xdd;
    rounds(4);
    return {low, v0 ^ v1 ^ v2 ^ v3};
}

IMGCOMPOSE_NAMESPACE_END
