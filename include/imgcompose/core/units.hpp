// SPDX-License-Identifier: BSL-1.0
// Sizes and positions with types. Sizes work like std::chrono durations: widening is exact and implicit, narrowing is
// explicit and checked. A position is not a size.
#pragma once

#include <imgcompose/core/checked.hpp>

#include <compare>
#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void size_is_not_a_multiple(std::uint64_t size, std::uint64_t unit) {
    throw layout_error(text::join("a size of ", size, " bytes is not a multiple of ", unit, " bytes"));
}
[[noreturn]] inline void alignment_is_zero() { throw layout_error("an alignment of zero bytes was asked for"); }
} // namespace fail

/// A size counted in units of `Unit` bytes.
template <std::uint64_t Unit> struct quantity {
    /// How many units.
    std::uint64_t count{};

    constexpr quantity() = default;
    /// `n` units.
    constexpr explicit quantity(std::uint64_t n) : count(n) {}
    /// From a coarser unit: exact, throws layout_error on overflow.
    template <std::uint64_t Other>
    requires(Other != Unit && Other % Unit == 0) constexpr quantity(quantity<Other> other)
        : count(checked_mul(other.count, Other / Unit)) {}

    friend constexpr auto operator<=>(quantity, quantity) = default;
    friend constexpr quantity operator+(quantity a, quantity b) { return quantity{checked_add(a.count, b.count)}; }
    friend constexpr quantity operator-(quantity a, quantity b) { return quantity{checked_sub(a.count, b.count)}; }
    friend constexpr quantity operator*(quantity a, std::uint64_t n) { return quantity{checked_mul(a.count, n)}; }
    friend constexpr quantity operator*(std::uint64_t n, quantity a) { return a * n; }
    friend constexpr quantity operator/(quantity a, std::uint64_t n) { return quantity{a.count / n}; }
    friend constexpr std::uint64_t operator/(quantity a, quantity b) { return a.count / b.count; }
    friend constexpr quantity operator%(quantity a, quantity b) { return quantity{a.count % b.count}; }
    /// Throws layout_error on overflow, as all arithmetic here does.
    constexpr quantity& operator+=(quantity b) { return *this = *this + b; }
    constexpr quantity& operator-=(quantity b) { return *this = *this - b; }
};

using bytes = quantity<1>;
using sectors = quantity<512>; ///< 512 bytes whatever the medium's own sector size, as boot ROMs count
using kibibytes = quantity<1024>;
using mebibytes = quantity<1024 * 1024>;
using gibibytes = quantity<1024ULL * 1024 * 1024>;
using tebibytes = quantity<1024ULL * 1024 * 1024 * 1024>;

/// `size` in a coarser unit. Throws layout_error if it is not a whole number of them.
template <class To> constexpr To exactly(bytes size) {
    constexpr std::uint64_t unit = bytes{To{1}}.count;
    if (size.count % unit != 0) fail::size_is_not_a_multiple(size.count, unit);
    return To{size.count / unit};
}

/// A position in bytes from the start of an image.
struct offset {
    /// Bytes from the start.
    std::uint64_t count{};

    constexpr offset() = default;
    /// So far behind the start.
    constexpr explicit offset(bytes from_start) : count(from_start.count) {}

    friend constexpr auto operator<=>(offset, offset) = default;
    friend constexpr offset operator+(offset a, bytes b) { return offset{bytes{checked_add(a.count, b.count)}}; }
    friend constexpr offset operator-(offset a, bytes b) { return offset{bytes{checked_sub(a.count, b.count)}}; }
    friend constexpr bytes operator-(offset a, offset b) { return bytes{checked_sub(a.count, b.count)}; }
};

/// The distance of `at` from the start of the image.
constexpr bytes from_start(offset at) { return bytes{at.count}; }

/// A number with a meaning of its own: not a size, and not another kind of number.
template <class Tag> struct number {
    /// The number itself.
    std::uint64_t value{};
    friend constexpr auto operator<=>(number, number) = default;
};

using lba = number<struct lba_tag>;                       ///< logical block address; an offset only with a sector size
using block_number = number<struct block_number_tag>;     ///< of a filesystem block
using cluster_number = number<struct cluster_number_tag>; ///< of a FAT cluster
using inode_number = number<struct inode_number_tag>;

constexpr offset offset_of(lba sector, bytes sector_size) {
    return offset{bytes{checked_mul(sector.value, sector_size.count)}};
}
constexpr offset offset_of(block_number block, bytes block_size) {
    return offset{bytes{checked_mul(block.value, block_size.count)}};
}

constexpr bytes align_up(bytes size, bytes alignment) {
    if (alignment.count == 0) fail::alignment_is_zero();
    return bytes{round_up(size.count, alignment.count)};
}
constexpr bytes align_down(bytes size, bytes alignment) {
    if (alignment.count == 0) fail::alignment_is_zero();
    return bytes{size.count - size.count % alignment.count};
}
constexpr offset align_up(offset at, bytes alignment) { return offset{align_up(from_start(at), alignment)}; }
constexpr offset align_down(offset at, bytes alignment) { return offset{align_down(from_start(at), alignment)}; }

inline namespace literals {
constexpr bytes operator""_B(unsigned long long n) { return bytes{n}; }
constexpr sectors operator""_sectors(unsigned long long n) { return sectors{n}; }
constexpr kibibytes operator""_KiB(unsigned long long n) { return kibibytes{n}; }
constexpr mebibytes operator""_MiB(unsigned long long n) { return mebibytes{n}; }
constexpr gibibytes operator""_GiB(unsigned long long n) { return gibibytes{n}; }
constexpr tebibytes operator""_TiB(unsigned long long n) { return tebibytes{n}; }
constexpr bytes operator""_MB(unsigned long long n) { return bytes{checked_mul(n, 1'000'000)}; } ///< as cards are sold
constexpr bytes operator""_GB(unsigned long long n) {
    return bytes{checked_mul(n, 1'000'000'000)};
} ///< as cards are sold
} // namespace literals

IMGCOMPOSE_NAMESPACE_END
