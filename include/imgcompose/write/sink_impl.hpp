// SPDX-License-Identifier: BSL-1.0
// The functions of sink.hpp.
#pragma once

#include <imgcompose/write/sink.hpp>
#include <imgcompose/image/extent.hpp>
#include <imgcompose/os/file.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

IMGCOMPOSE_INLINE memory::memory(std::vector<std::byte>& to) : to_(to) {}

IMGCOMPOSE_INLINE void memory::begin(bytes size) { to_.assign(narrow<std::size_t>(size.count), std::byte{}); }

IMGCOMPOSE_INLINE void memory::data(offset at, std::span<const std::byte> content) {
    std::copy(content.begin(), content.end(), to_.begin() + static_cast<std::ptrdiff_t>(at.count));
}

IMGCOMPOSE_INLINE void memory::abandon() noexcept { to_.clear(); }

IMGCOMPOSE_INLINE callback::callback(function<void(const written_range&)> f) : f_(std::move(f)) {}

IMGCOMPOSE_INLINE void callback::data(offset at, std::span<const std::byte> content) {
    f_({byte_kind::data, at, bytes{content.size()}, content});
}

IMGCOMPOSE_INLINE void callback::zero(offset at, bytes size) { f_({byte_kind::zero, at, size, {}}); }
IMGCOMPOSE_INLINE void callback::undefined(offset at, bytes size) { f_({byte_kind::undefined, at, size, {}}); }

IMGCOMPOSE_NAMESPACE_END
