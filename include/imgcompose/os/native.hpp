// SPDX-License-Identifier: BSL-1.0
// The calls of the system that this is compiled for.
#pragma once

#ifdef __linux__
#include <imgcompose/os/linux.hpp>
#else
#include <imgcompose/os/portable.hpp>
#endif

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

#ifdef __linux__
using native_calls = linux_calls;
using write_errors_without_signals = linux_write_errors_without_signals;
#else
using native_calls = portable_calls;
using write_errors_without_signals = portable_write_errors_without_signals;
#endif

} // namespace os
IMGCOMPOSE_NAMESPACE_END
