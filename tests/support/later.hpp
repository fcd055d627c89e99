// SPDX-License-Identifier: BSL-1.0
// The system's calls with a clock that is an hour ahead: what a test makes now has then been there for long, so that its
// times prove that it did not change.
#pragma once

#include <imgcompose/os/native.hpp>
#include <imgcompose/os/system.hpp>

#include <chrono>

namespace imgcompose_test {

class calls_an_hour_later final : public imgcompose::os::native_calls {
public:
    imgcompose::os::answer now() override {
        return imgcompose::os::native_calls::now() + std::chrono::nanoseconds{std::chrono::hours{1}}.count();
    }
};

/// While it lives, it is an hour later.
class an_hour_later {
    calls_an_hour_later calls_;
    imgcompose::os::replaced_calls replaced_{calls_};
};

} // namespace imgcompose_test
