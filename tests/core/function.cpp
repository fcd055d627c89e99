// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/function.hpp>

#include <tests/support/catch.hpp>

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace ic = imgcompose;
using imgcompose_test::says;

TEST_CASE("a function calls what it was made of, and hands over arguments and result unchanged") {
    const ic::function<std::size_t(const std::string&, int)> sum = [](const std::string& s, int n) { return s.size() + std::size_t(n); };
    CHECK(sum("four", 3) == 7);

    const ic::function<std::unique_ptr<int>(std::unique_ptr<int>)> moves = [](std::unique_ptr<int> p) {
        ++*p;
        return p;
    };
    CHECK(*moves(std::make_unique<int>(4)) == 5);

    int seen = 0;
    const ic::function<void(int&)> refers = [](int& to) { return to = 7; }; // its result is dropped
    refers(seen);
    CHECK(seen == 7);

    CHECK(ic::function<int(int)>(+[](int i) { return -i; })(2) == -2);
}

TEST_CASE("copies of a function share what it holds, and keep it") {
    auto held = std::make_shared<int>(1);
    ic::function<int()> first = [held, calls = 0]() mutable { return *held + ++calls; };
    const ic::function<int()> second = first;
    CHECK(first() == 2);
    CHECK(second() == 3);
    first = nullptr;
    CHECK(held.use_count() == 2);
    CHECK(second() == 4);
}

TEST_CASE("an empty function says so, and cannot be called") {
    const ic::function<void()> none;
    CHECK_FALSE(none);
    CHECK_FALSE(ic::function<void()>(nullptr));
    CHECK(ic::function<void()>([] {}));
    CHECK_FALSE(ic::function<void()>(std::function<void()>{}));
    CHECK(ic::function<void()>(std::function<void()>{[] {}}));
    CHECK_FALSE(ic::function<void()>(ic::function<int()>{}));
    CHECK_FALSE(ic::function<void()>(static_cast<void (*)()>(nullptr)));
    CHECK_THROWS_MATCHES(none(), ic::input_error, says("an empty function was called"));
}

static_assert(!std::is_constructible_v<ic::function<int(int)>, std::string>);
static_assert(!std::is_constructible_v<ic::function<std::size_t(std::string&)>, decltype(&std::string::size)>);
static_assert(!std::is_constructible_v<ic::function<int(int)>, int (*)(int, int)>);
