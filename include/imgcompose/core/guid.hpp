// SPDX-License-Identifier: BSL-1.0
// UUIDs: as a value, as text, as GPT stores them, and derived from a seed and a name.
#pragma once

#include <imgcompose/core/siphash.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] void not_a_uuid(std::string_view s);
} // namespace fail

/// A UUID, its bytes in the order of its text (RFC 9562 section 4), as ext4 stores it.
struct uuid {
    /// Big-endian, as the text.
    std::array<std::uint8_t, 16> raw{};
    friend constexpr auto operator<=>(const uuid&, const uuid&) = default;
    /// Whether all of it is zero.
    [[nodiscard]] constexpr bool is_nil() const { return *this == uuid{}; }
};

/// From 36 characters of text, upper or lower case. Throws input_error.
constexpr uuid parse_uuid(std::string_view s) {
    uuid id;
    if (s.size() != 36) fail::not_a_uuid(s);
    // Pointers: a compiler evaluates hundreds of these, and each call of an operator[] is dear to it.
    const char* const from = s.data();
    std::uint8_t* const to = id.raw.data();
    int digit = 0;
    for (int i = 0; i < 36; ++i) {
        const char c = from[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-') fail::not_a_uuid(s);
            continue;
        }
        int value = 0;
        if (c >= '0' && c <= '9') value = c - '0';
        else if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
        else if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
        else fail::not_a_uuid(s);
        to[digit / 2] = static_cast<std::uint8_t>(to[digit / 2] * 16 + value);
        ++digit;
    }
    return id;
}

inline namespace literals {
consteval uuid operator""_uuid(const char* s, std::size_t n) { return parse_uuid({s, n}); }
} // namespace literals

/// Lower-case text, 36 characters.
std::string to_string(const uuid& id);

/// A UUID as GPT stores it: the first three groups little-endian. UEFI 2.10, appendix A.
struct guid {
    /// As it lies on disk.
    std::array<std::uint8_t, 16> stored{};
    friend constexpr auto operator<=>(const guid&, const guid&) = default;
};
static_assert(alignof(guid) == 1 && sizeof(guid) == 16);

constexpr std::array<std::uint8_t, 16> with_first_groups_reversed(std::array<std::uint8_t, 16> b) {
    return {b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]};
}
constexpr guid to_disk(const uuid& id) { return {with_first_groups_reversed(id.raw)}; }
constexpr uuid from_disk(const guid& id) { return {with_first_groups_reversed(id.stored)}; }

/// What every identifier of an image that the user does not set is derived from.
/// The same seed and name give the same identifier on every machine.
struct seed {
    /// What names are hashed with.
    hash128 key{};
    constexpr seed() = default;
    /// From any text, such as the name of a product.
    constexpr explicit seed(std::string_view words) : key(siphash128({}, words)) {}
    friend constexpr auto operator<=>(const seed&, const seed&) = default;

    /// 128 bits for this name.
    [[nodiscard]] constexpr hash128 derive(std::string_view name) const { return siphash128(key, name); }
    /// A seed for a part of the image, such as one partition.
    [[nodiscard]] constexpr seed for_part(std::string_view name) const {
        seed s;
        s.key = derive(name);
        return s;
    }
    /// A UUID of version 8 (RFC 9562 section 5.8: bits chosen by the application), variant 10.
    [[nodiscard]] constexpr uuid derive_uuid(std::string_view name) const {
        const hash128 h = derive(name);
        uuid id;
        for (std::size_t i = 0; i < 16; ++i) id.raw[i] = static_cast<std::uint8_t>(h[i / 8] >> (8 * (i % 8)));
        id.raw[6] = static_cast<std::uint8_t>((id.raw[6] & 0x0f) | 0x80);
        id.raw[8] = static_cast<std::uint8_t>((id.raw[8] & 0x3f) | 0x80);
        return id;
    }
    /// 32 bits for this name, such as a volume id.
    [[nodiscard]] constexpr std::uint32_t derive_u32(std::string_view name) const {
        return static_cast<std::uint32_t>(derive(name)[0]);
    }
};

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/core/guid_impl.hpp>
#endif
