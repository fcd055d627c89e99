// SPDX-License-Identifier: BSL-1.0
// CRC-32C by the processor's own instruction where it has one.
#pragma once

#include <imgcompose/core/crc.hpp>

#include <bit>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__) && defined(__GNUC__)
#include <arm_acle.h>
#include <sys/auxv.h>
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

#elif defined(__aarch64__) && defined(__linux__) && defined(__GNUC__)

namespace detail {
[[gnu::target("+crc")]] inline std::uint32_t crc32c_armv8(std::uint32_t crc, std::span<const std::byte> data) {
    const std::byte* p = data.data();
    std::size_t left = data.size();
    for (; left >= 8; p += 8, left -= 8) {
        std::uint64_t eight; // NOLINT: filled by the next line
        std::memcpy(&eight, p, 8);
        if constexpr (std::endian::native == std::endian::big) eight = __builtin_bswap64(eight);
        crc = __crc32cd(crc, eight);
    }
    for (; left != 0; ++p, --left) crc = __crc32cb(crc, static_cast<std::uint8_t>(*p));
    return crc;
}
inline bool has_crc32() {
    constexpr unsigned long hwcap_crc32 = 1 << 7; // Linux arch/arm64/include/uapi/asm/hwcap.h
    return (::getauxval(AT_HWCAP) & hwcap_crc32) != 0;
}
} // namespace detail

/// The same as crc32c_portable, several times as fast.
inline std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> data) {
    static const bool fast = detail::has_crc32();
    return fast ? detail::crc32c_armv8(crc, data) : crc32c_portable(crc, data);
}

#else

/// The same as crc32c_portable.
inline std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> data) { return crc32c_portable(crc, data); }

#endif

} // namespace os
IMGCOMPOSE_NAMESPACE_END
