// SPDX-License-Identifier: BSL-1.0
// A range of an image and where its bytes come from.
#pragma once

#include <imgcompose/core/units.hpp>

#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN

/// What a byte of an image is. DESIGN: sinks treat the last two differently.
enum class byte_kind : std::uint8_t {
    data,      ///< these bytes
    zero,      ///< must read back as zero
    undefined, ///< nobody will read it before writing it
};

/// What filesystems, memory and most media count in. Of shorter ranges it does not pay to treat them apart.
inline constexpr bytes whole_block{4096};

/// 32 bytes; an image of a million files has a million of them.
struct extent {
    /// Values of `source` that are no index into the image's sources.
    enum : std::uint32_t { is_undefined = 0xffffffff, is_zero = 0xfffffffe, is_fill = 0xfffffffd };

    /// Where in the image it begins.
    offset at{};
    /// How long it is.
    bytes size{};
    bytes from{};             ///< where in its source the range begins
    std::uint32_t source = 0; ///< index into image::sources(), or one of the values above
    std::uint32_t item = 0;   ///< which file, which part of a generator, or the byte of a fill

    /// The first byte behind it.
    [[nodiscard]] constexpr offset end() const { return at + size; }
    /// Data, zero or undefined.
    [[nodiscard]] constexpr byte_kind kind() const {
        return source == is_undefined ? byte_kind::undefined : source == is_zero ? byte_kind::zero : byte_kind::data;
    }
    /// Whether `source` is an index into the image's sources.
    [[nodiscard]] constexpr bool has_source() const { return source < is_fill; }
};
static_assert(sizeof(extent) == 32);

/// A named range of an image, for plans and messages.
struct region {
    /// Where in the image it begins.
    offset at{};
    /// How long it is.
    bytes size{};
    std::uint32_t name = 0;  ///< see image::name_of
    std::uint32_t depth = 0; ///< 0 for what was placed in the image itself, 1 for what was placed in that, ...

    /// The first byte behind it.
    [[nodiscard]] constexpr offset end() const { return at + size; }
};

IMGCOMPOSE_NAMESPACE_END
