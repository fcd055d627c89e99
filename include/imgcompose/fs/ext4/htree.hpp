// SPDX-License-Identifier: BSL-1.0
// The name hash of ext4's indexed directories, and how many blocks of index a directory needs.
#pragma once

#include <imgcompose/core/checked.hpp>
#include <imgcompose/core/guid.hpp>
#include <imgcompose/core/text.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {

/// Half of MD4's rounds. Linux fs/ext4/hash.c, half_md4_transform.
constexpr void half_md4(std::array<std::uint32_t, 4>& buf, const std::array<std::uint32_t, 8>& in) {
    std::uint32_t a = buf[0], b = buf[1], c = buf[2], d = buf[3];
    constexpr std::uint32_t k2 = 013240474631, k3 = 015666365641;
    const auto f = [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return z ^ (x & (y ^ z)); };
    const auto g = [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return (x & y) + ((x ^ y) & z); };
    const auto h = [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return x ^ y ^ z; };
    const auto round = [](const auto& mix, std::uint32_t& w, std::uint32_t x, std::uint32_t y, std::uint32_t z,
                          std::uint32_t word, int s) { w = std::rotl(w + mix(x, y, z) + word, s); };
    for (const std::size_t i : {0u, 4u}) {
        round(f, a, b, c, d, in[i], 3);
        round(f, d, a, b, c, in[i + 1], 7);
        round(f, c, d, a, b, in[i + 2], 11);
        round(f, b, c, d, a, in[i + 3], 19);
    }
    for (const std::size_t i : {1u, 0u}) {
        round(g, a, b, c, d, in[i] + k2, 3);
        round(g, d, a, b, c, in[i + 2] + k2, 5);
        round(g, c, d, a, b, in[i + 4] + k2, 9);
        round(g, b, c, d, a, in[i + 6] + k2, 13);
    }
    for (const std::size_t i : {3u, 1u}) {
        round(h, a, b, c, d, in[i] + k3, 3);
        round(h, d, a, b, c, in[i + 4] + k3, 9);
        round(h, c, d, a, b, in[i - 1] + k3, 11);
        round(h, b, c, d, a, in[i + 3] + k3, 15);
    }
    buf[0] += a, buf[1] += b, buf[2] += c, buf[3] += d;
}

/// 32 bytes of the name as eight words, padded with its length. Linux fs/ext4/hash.c, str2hashbuf_signed.
constexpr std::array<std::uint32_t, 8> half_md4_words(std::string_view rest) {
    const auto length = static_cast<std::uint32_t>(rest.size());
    std::uint32_t pad = length | (length << 8);
    pad |= pad << 16;
    std::array<std::uint32_t, 8> words{};
    words.fill(pad);
    const std::size_t used = rest.size() < 32 ? rest.size() : 32;
    std::uint32_t value = pad;
    for (std::size_t i = 0; i < used; ++i) {
        const auto signed_char = static_cast<std::int32_t>(static_cast<signed char>(rest[i]));
        value = static_cast<std::uint32_t>(signed_char) + (value << 8);
        if (i % 4 == 3) {
            words[i / 4] = value;
            value = pad;
        }
    }
    if (used % 4 != 0) words[used / 4] = value;
    return words;
}

} // namespace detail

/// The hash of a name: half MD4 of signed characters, the lowest bit free for the continuation mark.
/// Linux fs/ext4/hash.c, __ext4fs_dirhash. `seed`: s_hash_seed as it is on disk.
constexpr std::uint32_t ext4_name_hash(std::string_view name, const uuid& seed) {
    std::array<std::uint32_t, 4> buf{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    if (!seed.is_nil())
        for (std::size_t i = 0; i < 4; ++i)
            buf[i] = static_cast<std::uint32_t>(seed.raw[4 * i]) |
                     static_cast<std::uint32_t>(seed.raw[4 * i + 1]) << 8 |
                     static_cast<std::uint32_t>(seed.raw[4 * i + 2]) << 16 |
                     static_cast<std::uint32_t>(seed.raw[4 * i + 3]) << 24;
    for (std::string_view rest = name;;) {
        detail::half_md4(buf, detail::half_md4_words(rest));
        if (rest.size() <= 32) break;
        rest.remove_prefix(32);
    }
    const std::uint32_t hash = buf[1] & ~1u;
    constexpr std::uint32_t end_of_directory = 0x7fffffffu << 1;
    return hash == end_of_directory ? (0x7fffffffu - 1) << 1 : hash;
}

/// The index above the leaves of a hashed directory: the root in block 0, then its nodes, a level after the other.
struct htree_shape {
    std::uint32_t levels = 0;                     ///< of nodes between root and leaves: dx_root_info.indirect_levels
    std::array<std::uint32_t, 2> nodes{};         ///< in each of these levels, from the top
    std::uint32_t root_limit = 0, node_limit = 0; ///< entries that fit

    [[nodiscard]] std::uint32_t index_blocks() const { return 1 + nodes[0] + nodes[1]; }
};

namespace fail {
[[noreturn]] inline void directory_too_large(std::string_view path, std::uint64_t entries, std::string_view remedy) {
    throw layout_error(text::join("the directory ", text::quoted(path), " has ", entries,
                                  " entries, more than an ext4 directory of these features can hold; ", remedy));
}
} // namespace fail

/// Index entries that fit the root block and a node, one less where a checksum needs their place.
constexpr htree_shape ext4_htree_limits(std::uint32_t block_size, bool checksums) {
    htree_shape s;
    s.root_limit = (block_size - 32 - (checksums ? 8 : 0)) / 8;
    s.node_limit = (block_size - 8 - (checksums ? 8 : 0)) / 8;
    return s;
}

/// The index for a number of leaves; `levels` is 3 if no index can hold them.
constexpr htree_shape ext4_htree_shape(std::uint32_t block_size, bool checksums, std::uint64_t leaves) {
    htree_shape s = ext4_htree_limits(block_size, checksums);
    if (leaves <= s.root_limit) return s;
    const std::uint64_t lowest = div_up(leaves, s.node_limit);
    s.levels = 1;
    s.nodes[0] = static_cast<std::uint32_t>(lowest);
    if (lowest <= s.root_limit) return s;
    const std::uint64_t upper = div_up(lowest, s.node_limit);
    s.levels = upper <= s.root_limit ? 2 : 3;
    s.nodes[0] = static_cast<std::uint32_t>(upper);
    s.nodes[1] = static_cast<std::uint32_t>(lowest);
    return s;
}

IMGCOMPOSE_NAMESPACE_END
