// SPDX-License-Identifier: BSL-1.0
// On-disk fields: Boost.Endian buffer types with one way in (`to_disk`) and one way out (`from_disk`), the same at
// compile time and run time. Boost's own constructors and `.value()` are not constexpr.
#pragma once

#include <imgcompose/core/checked.hpp>

#include <boost/endian/buffers.hpp>
#include <boost/endian/conversion.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace endian = boost::endian;

using le16 = endian::little_uint16_buf_t;
using le32 = endian::little_uint32_buf_t;
using le48 = endian::little_uint48_buf_t;
using le64 = endian::little_uint64_buf_t;
using be16 = endian::big_uint16_buf_t;
using be32 = endian::big_uint32_buf_t;
using be64 = endian::big_uint64_buf_t;

namespace fail {
[[noreturn]] inline void value_does_not_fit_field(std::uint64_t value, int bits) {
    throw format_error(text::join("the value ", value, " does not fit the ", bits, "-bit field that has to hold it"));
}
} // namespace fail

template <class F> struct field_traits;
template <endian::order Order, class T, std::size_t Bits>
struct field_traits<endian::endian_buffer<Order, T, Bits, endian::align::no>> {
    using value_type = T;
    static constexpr int bits = static_cast<int>(Bits);
    static constexpr endian::order order = Order;
};

/// An unaligned unsigned field of known byte order.
template <class F>
concept disk_field = requires {
    typename field_traits<F>::value_type;
};

/// A struct that may be copied to and from disk bytes as it is.
template <class T>
concept disk_struct = std::is_trivially_copyable_v<T> && alignof(T) == 1;

/// A value on its way to whatever field it is assigned to; a field too narrow for it throws format_error.
template <std::unsigned_integral T> struct disk_value {
    T value;

    template <disk_field F> constexpr operator F() const {
        using traits = field_traits<F>;
        using V = typename traits::value_type;
        if constexpr (traits::bits < std::numeric_limits<T>::digits)
            if (value >> traits::bits) fail::value_does_not_fit_field(value, traits::bits);
        if constexpr (sizeof(F) == sizeof(V)) {
            return std::bit_cast<F>(
                endian::conditional_reverse<endian::order::native, traits::order>(static_cast<V>(value)));
        } else {
            std::array<std::uint8_t, sizeof(F)> raw{};
            for (std::size_t i = 0; i < sizeof(F); ++i) {
                const std::size_t byte = traits::order == endian::order::little ? i : sizeof(F) - 1 - i;
                raw[byte] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
            }
            return std::bit_cast<F>(raw);
        }
    }
};

template <std::unsigned_integral T> constexpr disk_value<T> to_disk(T value) { return {value}; }

template <disk_field F> constexpr auto from_disk(const F& field) {
    using traits = field_traits<F>;
    using V = typename traits::value_type;
    if constexpr (sizeof(F) == sizeof(V)) {
        return endian::conditional_reverse<traits::order, endian::order::native>(std::bit_cast<V>(field));
    } else {
        const auto raw = std::bit_cast<std::array<std::uint8_t, sizeof(F)>>(field);
        V value{};
        for (std::size_t i = 0; i < sizeof(F); ++i) {
            const std::size_t byte = traits::order == endian::order::little ? i : sizeof(F) - 1 - i;
            value = static_cast<V>(value | static_cast<V>(static_cast<V>(raw[byte]) << (8 * i)));
        }
        return value;
    }
}

/// The bytes of a structure, as they go to disk.
template <disk_struct T> constexpr std::array<std::byte, sizeof(T)> to_bytes(const T& value) {
    return std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
}

/// A structure copied out of (possibly unaligned, untrusted) bytes; `from` has at least sizeof(T) of them.
template <disk_struct T> T struct_from(std::span<const std::byte> from) {
    T value;
    std::memcpy(&value, from.data(), sizeof value);
    return value;
}

/// Copies a structure to the start of `to`, which has at least sizeof(T) bytes.
template <disk_struct T> void put_struct(std::span<std::byte> to, const T& value) {
    std::memcpy(to.data(), &value, sizeof value);
}

IMGCOMPOSE_NAMESPACE_END
