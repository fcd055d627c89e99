// SPDX-License-Identifier: BSL-1.0
// Whether somebody is looking.
#pragma once

#include <imgcompose/os/calls.hpp>

#include <cstddef>
#include <optional>

#ifdef __unix__
#include <sys/ioctl.h>
#include <unistd.h>
#endif

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

inline constexpr int standard_error = 2;

/// Whether a descriptor is a terminal; never where the system is not known to tell.
#ifdef __unix__
inline bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }
#else
inline bool is_terminal(int) { return false; }
#endif

/// How many columns a terminal has; nothing where that is not known.
#if defined(__unix__) && defined(TIOCGWINSZ)
inline std::optional<std::size_t> terminal_columns(int descriptor) {
    winsize w{};
    if (::ioctl(descriptor, TIOCGWINSZ, &w) != 0 || w.ws_col == 0) return {};
    return w.ws_col;
}
#else
inline std::optional<std::size_t> terminal_columns(int) { return {}; }
#endif

} // namespace os
IMGCOMPOSE_NAMESPACE_END
