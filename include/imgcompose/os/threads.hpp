// SPDX-License-Identifier: BSL-1.0
// How many threads do something.
#pragma once

#include <imgcompose/version.hpp>

#include <algorithm>
#include <cstddef>
#include <thread>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

/// As many as are asked for, at most 256; if none are, one a processor and at most `most`.
inline std::size_t thread_count(std::size_t asked_for, std::size_t most) {
    return asked_for != 0 ? std::min<std::size_t>(asked_for, 256)
                          : std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, most);
}

} // namespace os
IMGCOMPOSE_NAMESPACE_END
