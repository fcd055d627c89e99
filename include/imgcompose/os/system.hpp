// SPDX-License-Identifier: BSL-1.0
// Which calls are in use: the system's own, until somebody replaces them.
#pragma once

#ifdef __linux__
#include <imgcompose/os/linux.hpp>
#else
#include <imgcompose/os/portable.hpp>
#endif

#include <atomic>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

#ifdef __linux__
using native_calls = linux_calls;
using write_errors_without_signals = linux_write_errors_without_signals;
#else
using native_calls = portable_calls;
using write_errors_without_signals = portable_write_errors_without_signals;
#endif

namespace detail {
inline std::atomic<calls*>& calls_in_use() {
    static native_calls native;
    static std::atomic<calls*> in_use{&native};
    return in_use;
}
} // namespace detail

/// The calls that all of the library makes.
inline calls& current() { return *detail::calls_in_use().load(std::memory_order_acquire); }

/// While it lives, the whole process makes other calls: for tests, and for programs that watch what is done.
class replaced_calls {
public:
    explicit replaced_calls(calls& other) : before_(detail::calls_in_use().exchange(&other)) {}
    replaced_calls(const replaced_calls&) = delete;
    replaced_calls& operator=(const replaced_calls&) = delete;
    ~replaced_calls() { detail::calls_in_use().store(before_); }

private:
    calls* before_;
};

} // namespace os
IMGCOMPOSE_NAMESPACE_END
