// SPDX-License-Identifier: BSL-1.0
// Which calls are in use: the system's own, until somebody replaces them.
#pragma once

#include <imgcompose/os/calls.hpp>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

/// The calls that all of the library makes.
calls& current();

/// While it lives, the whole process makes other calls: for tests, and for programs that watch what is done.
class replaced_calls {
public:
    explicit replaced_calls(calls& other);
    replaced_calls(const replaced_calls&) = delete;
    replaced_calls& operator=(const replaced_calls&) = delete;
    ~replaced_calls();

private:
    calls* before_;
};

} // namespace os
IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/os/system_impl.hpp>
#endif
