// SPDX-License-Identifier: BSL-1.0
// What the library throws. Each failure has one function in a `fail` namespace beside the code that detects it; these
// functions are not constexpr, so that the same call is a compile error where the value is a constant.
#pragma once

#include <imgcompose/version.hpp>

#include <stdexcept>
#include <string>
#include <system_error>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Root of all that imgcompose throws. `what()` is one sentence: what failed, where, and what to do.
class error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Regions that overlap, do not fit, or are misaligned; sizes and offsets that overflow.
class layout_error : public error {
public:
    using error::error;
};

/// Bytes that are not what their format demands, or a value that a format cannot express.
class format_error : public error {
public:
    using error::error;
};

/// The caller's input: a missing file, an impossible name, an option out of range.
class input_error : public error {
public:
    using error::error;
};

/// The operating system refused: carries its error code.
class io_error : public error {
public:
    /// `what` says what was done to which file; the system's words for `code` come behind it.
    io_error(std::error_code code, const std::string& what) : error(what + ": " + code.message()), code_(code) {}
    /// What the system said.
    [[nodiscard]] const std::error_code& code() const noexcept { return code_; }

private:
    std::error_code code_;
};

IMGCOMPOSE_NAMESPACE_END
