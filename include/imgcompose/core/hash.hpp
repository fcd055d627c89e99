// SPDX-License-Identifier: BSL-1.0
// SHA-256 as a function that callers bring: the library itself needs no cryptography.
#pragma once

#include <imgcompose/core/error.hpp>
#include <imgcompose/core/text.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

using sha256_value = std::array<std::byte, 32>;
/// The SHA-256 of the bytes. imgcompose/openssl.hpp has one.
using sha256_function = sha256_value (*)(std::span<const std::byte>);

namespace fail {
[[noreturn]] inline void needs_sha256(std::string_view what) {
    throw input_error(text::join(what, " holds SHA-256 hashes, and nothing here makes them; give `sha256`, such as "
                                       "sha256_of of imgcompose/openssl.hpp"));
}
} // namespace fail

IMGCOMPOSE_NAMESPACE_END
