// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/followers.hpp>

#include <tests/support/catch.hpp>

#include <atomic>
#include <chrono>
#include <thread>

using namespace imgcompose;
using namespace std::chrono_literals;
using detail::followers;
using detail::portion;

namespace {
followers::portion_pointer numbered(std::uint64_t n) {
    auto p = std::make_unique<portion>();
    p->number = n;
    return p;
}
} // namespace

TEST_CASE("each follower sees all portions in order, in whatever order they come and with or without threads") {
    const bool has_threads = GENERATE(true, false);
    std::atomic<int> done{0};
    std::vector<std::uint64_t> one, two;
    {
        followers all{{.done = [&](followers::portion_pointer) { ++done; }, .failed = [](std::uint64_t) {}}};
        CHECK(all.empty());
        all.add([&](const portion& p) { one.push_back(p.number); });
        all.add([&](const portion& p) {
            std::this_thread::sleep_for(1ms);
            two.push_back(p.number);
        });
        if (has_threads) all.start(8);
        for (const std::uint64_t n : {1u, 0u, 4u, 3u, 2u, 5u}) all.give(numbered(n));
        (void)all.finish(6);
    }
    CHECK(one == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5});
    CHECK(two == one);
    CHECK(done == 6);
}

TEST_CASE("who is far ahead of a follower waits for it") {
    std::atomic<bool> may_go_on{false};
    followers all{{.done = [](followers::portion_pointer) {}, .failed = [](std::uint64_t) {}}};
    all.add([&](const portion&) {
        while (!may_go_on) std::this_thread::sleep_for(1ms);
    });
    all.start(2);
    all.give(numbered(0)), all.give(numbered(1));
    CHECK(all.wait_for_room(1));
    std::atomic<bool> has_room{false};
    std::thread waits{[&] {
        (void)all.wait_for_room(2);
        has_room = true;
    }};
    std::this_thread::sleep_for(30ms);
    CHECK_FALSE(has_room);
    may_go_on = true;
    waits.join();
    (void)all.finish(2);
}

TEST_CASE("a follower that throws ends it for all, and is told with its portion") {
    const bool has_threads = GENERATE(true, false);
    std::atomic<std::uint64_t> failed{99};
    followers all{{.done = [](followers::portion_pointer) {}, .failed = [&](std::uint64_t n) { failed = n; }}};
    all.add([&](const portion& p) {
        if (p.number == 1) throw 42;
    });
    if (has_threads) all.start(8);
    for (const std::uint64_t n : {0u, 1u, 2u}) all.give(numbered(n));
    (void)all.finish(3);
    CHECK(failed == 1);
    CHECK_FALSE(all.wait_for_room(3));
}
