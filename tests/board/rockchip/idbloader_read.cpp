// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/rockchip/idbloader_read.hpp>

#include <tests/support/catch.hpp>
#include <tests/support/stand_ins.hpp>

#include <random>
#include <string>

namespace ic = imgcompose;
namespace t = imgcompose_test;
using namespace ic::literals;

namespace {

std::optional<ic::rockchip::found_idbloader> read(const std::string& raw) {
    return ic::rockchip::read_idbloader(ic::window{ic::from_text(raw)}, t::sha256_by_sha256sum);
}

} // namespace

TEST_CASE("what was written is read with its stages, in both forms") {
    const std::string soc = GENERATE("rk3328", "rk3399", "rk3066", "rk3568", "rk3588");
    const bool for_spi = GENERATE(false, true);
    INFO(soc << (for_spi ? " for SPI" : ""));
    const std::string raw = t::stand_in::idbloader(soc, 3000, 50'000, for_spi);
    const auto found = read(raw + std::string(5000, for_spi ? '\xff' : 'x'));
    REQUIRE(found);
    CHECK(found->spread == for_spi);
    CHECK(found->size.count == raw.size());
    REQUIRE(found->stages.size() == 2);
    CHECK(found->stages[0].size.count == 4096);
    CHECK(found->stages[1].size.count == 51'200);
    const bool v2 = soc == "rk3568" || soc == "rk3588";
    CHECK(found->hashes == v2);
    CHECK(found->stages[1].hash_matches == (v2 ? std::optional{true} : std::nullopt));
    CHECK(found->tag == (soc == "rk3328" ? "RK32" : soc == "rk3399" ? "RK33" : "")); // that of the RK3066 is encoded
    if (!for_spi) return;
    const auto plain = ic::rockchip::gathered_from_spi(std::as_bytes(std::span{raw}));
    CHECK((t::stand_in::text_of(plain) == t::stand_in::idbloader(soc, 3000, 50'000)));
}

TEST_CASE("one without a second stage ends where its first does, or behind what somebody put there") {
    const bool for_spi = GENERATE(false, true);
    const auto raw = t::stand_in::text_of(ic::rockchip::idbloader_bytes("rk3399", t::stand_in::code(60'000), {}, {.for_spi = for_spi}));
    for (const char padding : {'\0', '\xff'}) {
        const auto alone = read(raw + std::string(600'000, padding));
        REQUIRE(alone);
        CHECK(alone->size.count == raw.size());
        CHECK(alone->stages.size() == 1);
    }
    CHECK(read(raw)->size.count == raw.size());
    if (for_spi) return;
    const auto behind = read(raw + t::stand_in::text_of(t::stand_in::code(20'000)) + std::string(600'000, '\0'));
    REQUIRE(behind->stages.size() == 2);
    CHECK(behind->stages[1].size.count == 20'480);
}

TEST_CASE("damage is told, and whatever it is ends in an answer") {
    std::string raw = t::stand_in::idbloader("rk3568", 4000, 20'000);
    raw[9000] = static_cast<char>(raw[9000] + 1);
    CHECK(read(raw)->stages[1].hash_matches == false);
    CHECK(read(raw)->stages[0].hash_matches == true);
    raw[200] = static_cast<char>(raw[200] + 1);
    CHECK(read(raw)->header_hash_matches == false);
    CHECK_FALSE(read(""));
    CHECK_FALSE(read(std::string(4096, '\0')));
    CHECK_FALSE(read(raw.substr(0, 2047)));
    std::mt19937 random{7};
    for (const std::string& sound : {t::stand_in::idbloader("rk3399", 4000, 20'000, true), t::stand_in::idbloader("rk3399", 4000, 20'000)})
        for (int round = 0; round < 300; ++round) {
            std::string damaged = sound;
            for (int n = 0; n < 3; ++n) damaged[random() % 2048] = static_cast<char>(random());
            damaged.resize(random() % damaged.size());
            (void)ic::rockchip::read_idbloader(ic::window{ic::from_text(damaged)});
        }
}
