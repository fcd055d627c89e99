// SPDX-License-Identifier: BSL-1.0
// Whether somebody is looking.
#pragma once

#include <imgcompose/version.hpp>

#ifdef __unix__
#include <unistd.h>
#endif

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

inline constexpr int standard_output = 1;
inline constexpr int standard_error = 2;

/// Whether a descriptor is a terminal; never where the system is not known to tell.
#ifdef __unix__
inline bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }
#else
inline bool is_terminal(int) { return false; }
#endif

} // namespace os
IMGCOMPOSE_NAMESPACE_END
