// SPDX-License-Identifier: BSL-1.0
// The functions of system.hpp.
#pragma once

#include <imgcompose/os/system.hpp>
#include <imgcompose/os/native.hpp>

#include <atomic>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

namespace detail {
inline std::atomic<calls*>& calls_in_use() {
    static native_calls native;
    static std::atomic<calls*> in_use{&native};
    return in_use;
}
} // namespace detail

IMGCOMPOSE_INLINE calls& current() { return *detail::calls_in_use().load(std::memory_order_acquire); }

IMGCOMPOSE_INLINE replaced_calls::replaced_calls(calls& other) : before_(detail::calls_in_use().exchange(&other)) {}
IMGCOMPOSE_INLINE replaced_calls::~replaced_calls() { detail::calls_in_use().store(before_); }

} // namespace os
IMGCOMPOSE_NAMESPACE_END
