// SPDX-License-Identifier: BSL-1.0
// The functions of digest.hpp.
#pragma once

#include <imgcompose/write/digest.hpp>
#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/text.hpp>

#include <cstddef>
#include <span>
#include <string>

IMGCOMPOSE_NAMESPACE_BEGIN

IMGCOMPOSE_INLINE void crc32_digest::update(std::span<const std::byte> next) { value_ = crc32(next, value_); }

IMGCOMPOSE_INLINE std::string crc32_digest::text() const {
    const std::string digits = text::hex(value_).substr(2);
    return std::string(8 - digits.size(), '0') + digits;
}

IMGCOMPOSE_NAMESPACE_END
