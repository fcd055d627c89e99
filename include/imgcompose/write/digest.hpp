// SPDX-License-Identifier: BSL-1.0
// Checksums of an image, taken while it is written.
#pragma once

#include <imgcompose/version.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Sees every byte of an image once and in order; bytes that are undefined as zero. openssl.hpp has SHA-256 and others.
class digest {
public:
    digest() = default;
    digest(const digest&) = delete;
    digest& operator=(const digest&) = delete;
    virtual ~digest() = default;

    /// The bytes that follow those of the last call.
    virtual void update(std::span<const std::byte> next) = 0;
    /// Of what came so far, in lower-case hexadecimal digits.
    [[nodiscard]] virtual std::string text() const = 0;
};

/// CRC-32 as zlib, gzip and `crc32` have it.
class crc32_digest final : public digest {
public:
    void update(std::span<const std::byte> next) override;
    /// Of what came so far.
    [[nodiscard]] std::uint32_t value() const { return value_; }
    [[nodiscard]] std::string text() const override;

private:
    std::uint32_t value_ = 0;
};

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/write/digest_impl.hpp>
#endif
