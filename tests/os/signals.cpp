// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/os/signals.hpp>

#include <tests/support/catch.hpp>

#include <chrono>
#include <csignal>
#include <thread>

namespace ic = imgcompose;
using namespace std::chrono_literals;

namespace {

bool comes(const std::stop_token& stop) {
    for (int i = 0; i < 500 && !stop.stop_requested(); ++i) std::this_thread::sleep_for(10ms);
    return stop.stop_requested();
}
void set_before(int) {}

} // namespace

TEST_CASE("a signal requests a stop, and what signals did before they do again") {
    const int number = GENERATE(SIGINT, SIGTERM, SIGHUP);
    const auto old = std::signal(number, &set_before);
    {
        const ic::os::stop_on_signal stop;
        CHECK_FALSE(stop.token().stop_requested());
        CHECK(stop.received() == 0);
        std::raise(number);
        CHECK(comes(stop.token()));
        CHECK(stop.received() == number);
    }
    CHECK(std::signal(number, old) == &set_before);
}

TEST_CASE("an ignored signal stays ignored") {
    const auto old = std::signal(SIGHUP, SIG_IGN);
    {
        const ic::os::stop_on_signal stop;
        std::raise(SIGHUP);
        std::this_thread::sleep_for(50ms);
        CHECK_FALSE(stop.token().stop_requested());
    }
    CHECK(std::signal(SIGHUP, old) == SIG_IGN);
}

TEST_CASE("without a signal nothing happens, as often as one likes") {
    for (int i = 0; i < 200; ++i) {
        const ic::os::stop_on_signal stop;
        CHECK_FALSE(stop.token().stop_requested());
    }
}
