// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/sorted_runs.hpp>

#include <tests/support/catch.hpp>

#include <map>
#include <random>

namespace {
struct element {
    std::uint64_t at = 0;
    std::uint64_t value = 0;
    friend bool operator==(const element&, const element&) = default;
};
using runs = imgcompose::detail::sorted_runs<element>;

void check_equal(const runs& r, const std::map<std::uint64_t, std::uint64_t>& model) {
    REQUIRE(r.size() == model.size());
    auto expected = model.begin();
    for (const element& e : r) {
        REQUIRE(e == element{expected->first, expected->second});
        ++expected;
    }
}
} // namespace

TEST_CASE("an empty sequence has neither elements nor a lower bound") {
    const runs r;
    CHECK(r.empty());
    CHECK(r.begin() == r.end());
    CHECK(r.lower_bound(std::uint64_t{5}) == r.end());
}

TEST_CASE("elements and runs inserted anywhere stay in order") {
    std::mt19937_64 random{GENERATE(1u, 2u, 3u)};
    runs r;
    std::map<std::uint64_t, std::uint64_t> model;
    for (int step = 0; step < 3000; ++step) {
        const std::uint64_t at = random() % 100'000'000;
        const auto next = model.lower_bound(at);
        const std::uint64_t room = (next == model.end() ? at + 5000 : next->first) - at;
        std::uint64_t length = random() % 100 == 0 ? random() % 4000 : random() % 4;
        length = std::min(length, room);
        std::vector<element> run;
        for (std::uint64_t i = 0; i < length; ++i) run.push_back({at + i, random()});
        if (run.empty()) continue;
        r.insert(r.lower_bound(at), run);
        for (const element& e : run) model.emplace(e.at, e.value);
    }
    check_equal(r, model);
    for (int i = 0; i < 3000; ++i) {
        const std::uint64_t at = random() % 100'100'000;
        const auto expected = model.lower_bound(at);
        const auto found = r.lower_bound(at);
        REQUIRE((found == r.end()) == (expected == model.end()));
        if (found != r.end()) REQUIRE(found->at == expected->first);
    }
    auto backwards = r.end();
    for (auto expected = model.rbegin(); expected != model.rend(); ++expected) REQUIRE((--backwards)->at == expected->first);
    CHECK(backwards == r.begin());
}
