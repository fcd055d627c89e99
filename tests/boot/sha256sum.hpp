// SPDX-License-Identifier: BSL-1.0
// SHA-256 by the program, for tests of what takes a function for it.
#pragma once

#include <imgcompose/core/hash.hpp>

#include <tests/support/run.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace imgcompose_test {

inline imgcompose::sha256_value sha256_by_sha256sum(std::span<const std::byte> data) {
    const temp_dir dir;
    write_file(dir / "data", {reinterpret_cast<const char*>(data.data()), data.size()});
    const auto digits = run("sha256sum <'" + (dir / "data") + "'").output;
    imgcompose::sha256_value value{};
    auto raw = std::as_writable_bytes(std::span{value});
    for (std::size_t i = 0; i < raw.size(); ++i)
        raw[i] = static_cast<std::byte>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
    return value;
}

} // namespace imgcompose_test
