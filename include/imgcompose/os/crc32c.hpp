// SPDX-License-Identifier: BSL-1.0
// CRC-32C by the processor's own instruction where it has one.
#pragma once

#include <imgcompose/core/crc.hpp>

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <nmmintrin.h>
#endif

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

#if defined(__x86_64__) && defined(__GNUC__)

namespace detail {
[[gnu::target("sse4.2")]] inline std::uint32_t crc32c_sse42(std::uint32_t crc, std::span<const std::byte> data) {
    const std::byte* p = data.data();
    std::size_t left = data.size();
    std::uint64_t wide = crc;
    for (; left >= 8; p += 8, left -= 8) {
        std::uint64_t eight; // NOLINT: filled by the next line
        std::memcpy(&eight, p, 8);
        wide = _mm_crc32_u64(wide, eight);
    }
    crc = static_cast<std::uint32_t>(wide);
    for (; left != 0; ++p, --left) crc = _mm_crc32_u8(crc, static_cast<unsigned char>(*p));
    return crc;
}
inline bool has_sse42() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") != 0;
}
} // namespace detail

/// The same as crc32c_portable, about ten times as fast.
inline std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> data) {
    static const bool fast = detail::has_sse42();
    return fast ? detail::crc32c_sse42(crc, data) : crc32c_portable(crc, data);
}

#else

/// The same as crc32c_portable.
inline std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> data) { return crc32c_portable(crc, data); }

#endif

} // namespace os
IMGCOMPOSE_NAMESPACE_END
