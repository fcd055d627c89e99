// SPDX-License-Identifier: BSL-1.0
// Writes an image to a medium and reads it back.
#pragma once

#include <imgcompose/core/function.hpp>
#include <imgcompose/flash/target.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/write/options.hpp>

#include <cstddef>
#include <stop_token>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace flash {

/// How a medium is written.
struct flash_options {
    bool verify = true;             ///< read back from the medium all that has to be there
    bool discard_undefined = false; ///< tell the medium what it need not keep
    std::size_t jobs = 0;           ///< threads that write; 0: one a processor, at most four
    function<void(const progress&)> on_progress{}; ///< reading back counts as much as writing
    /// `cancelled` is thrown soon after a stop was requested.
    std::stop_token cancel{};
};

/// Compares a medium with the image that was written to it, not looking at undefined bytes. What the system remembers of
/// the medium is dropped first. Throws io_error at the first difference. `on_bytes(n)` after every n compared bytes.
void verify(const image& written, const target& medium, const std::stop_token& cancel,
            const function<void(bytes)>& on_bytes);
void verify(const image& written, const target& medium);

/// Writes the image to the medium, waits until it is there, and reads it back. Undefined bytes are not written.
/// Throws layout_error if the image is larger, io_error if the medium fails.
write_report write(const image& disk, const target& medium, const flash_options& options = {});

} // namespace flash
IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/flash/flash_impl.hpp>
#endif
