// SPDX-License-Identifier: BSL-1.0
// What a user hands over to be called. Not std::function: <functional> alone is a tenth of what including the library
// costs (tests/house/compile_cost.py), and a step is copied more often than it is made.
#pragma once

#include <imgcompose/core/error.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

template <class Signature> class function;

/// Any callable of this signature, or none: an empty std::function or null pointer is none, too. Copies share the callable:
/// one that changes what it holds is changed for all.
template <class Result, class... Arguments>
class function<Result(Arguments...)> {
public:
    function() = default;
    function(std::nullptr_t) {}
    template <class F>
        requires(!std::same_as<F, function> && !std::is_member_pointer_v<F> &&
                 std::is_invocable_r_v<Result, F&, Arguments...>)
    function(F f) {
        if (is_none(f)) return;
        held_ = std::make_shared<F>(std::move(f));
        call_ = &call<F>;
    }

    /// Throws input_error if there is nothing to call.
    Result operator()(Arguments... arguments) const {
        if (!call_) throw input_error("an empty function was called: give it one, or ask it whether it has one first");
        return call_(held_.get(), std::forward<Arguments>(arguments)...);
    }
    explicit operator bool() const noexcept { return call_ != nullptr; }

private:
    template <class F> static bool is_none(const F& f) {
        if constexpr (std::is_pointer_v<F>) return f == nullptr;
        else if constexpr (requires { f.operator bool(); }) return !f.operator bool();
        else return false;
    }
    template <class F> static Result call(void* held, Arguments... arguments) {
        if constexpr (std::is_void_v<Result>)
            (*static_cast<F*>(held))(std::forward<Arguments>(arguments)...);
        else
            return (*static_cast<F*>(held))(std::forward<Arguments>(arguments)...);
    }

    std::shared_ptr<void> held_{};
    Result (*call_)(void*, Arguments...) = nullptr;
};

IMGCOMPOSE_NAMESPACE_END
