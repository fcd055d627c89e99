// SPDX-License-Identifier: BSL-1.0
// An image as plain bytes to what cannot seek.
#pragma once

#include <imgcompose/write/byte_stream.hpp>
#include <imgcompose/write/sink.hpp>

#include <cstddef>
#include <span>

IMGCOMPOSE_NAMESPACE_BEGIN

/// All bytes of the image one after the other, zero and undefined ones as zeros. A file is better written as a
/// sparse_file.
class raw_stream final : public sink {
public:
    explicit raw_stream(byte_stream& to) : to_(to) {}

    [[nodiscard]] bool takes_time(byte_kind) const override { return true; }
    void begin(bytes) override { to_.begin(); }
    void data(offset, std::span<const std::byte> content) override { to_.append(content); }
    void zero(offset, bytes size) override { to_.append_zeros(size); }
    void undefined(offset, bytes size) override { to_.append_zeros(size); }
    void finish(bool sync) override { to_.finish(sync); }
    void abandon() noexcept override { to_.abandon(); }

private:
    byte_stream& to_;
};

IMGCOMPOSE_NAMESPACE_END
