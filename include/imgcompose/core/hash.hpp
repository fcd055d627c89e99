// SPDX-License-Identifier: BSL-1.0
// SHA-256 as a function that callers bring: the library itself needs no cryptography.
#pragma once

#include <imgcompose/version.hpp>

#include <array>
#include <cstddef>
#include <span>

IMGCOMPOSE_NAMESPACE_BEGIN

using sha256_value = std::array<std::byte, 32>;
/// The SHA-256 of the bytes. imgcompose/openssl.hpp has one.
using sha256_function = sha256_value (*)(std::span<const std::byte>);

IMGCOMPOSE_NAMESPACE_END
