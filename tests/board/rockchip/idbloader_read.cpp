// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/rockchip/idbloader_read.hpp>

#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/read.hpp>
#include <tests/boot/shipped.hpp>
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
    CHECK(found->tag == (soc == "rk3328" ? "RK32" : soc == "rk3399" ? "RK33" : soc == "rk3066" ? "RK30" : ""));
    if (!for_spi) return;
    const auto plain = ic::rockchip::gathered_from_spi(std::as_bytes(std::span{raw}));
    CHECK((t::text_of(plain) == t::stand_in::idbloader(soc, 3000, 50'000)));
}

TEST_CASE("one without a second stage ends where its first does, or behind what somebody put there") {
    const bool for_spi = GENERATE(false, true);
    const auto raw = t::text_of(ic::rockchip::idbloader_bytes("rk3399", t::stand_in::code(60'000), {}, {.for_spi = for_spi}));
    for (const char padding : {'\0', '\xff'}) {
        const auto alone = read(raw + std::string(600'000, padding));
        REQUIRE(alone);
        CHECK(alone->size.count == raw.size());
        CHECK(alone->stages.size() == 1);
    }
    CHECK(read(raw)->size.count == raw.size());
    if (for_spi) return;
    const auto behind = read(raw + t::text_of(t::stand_in::code(20'000)) + std::string(600'000, '\0'));
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

TEST_CASE("the stages of an idbloader come back, of every SoC, for disk and SPI flash") {
    const auto begins = [](const ic::owned_bytes& whole, std::span<const std::byte> start, std::size_t from) {
        return whole.size() >= start.size() && std::ranges::equal(std::span{whole}.first(start.size()).subspan(from), start.subspan(from));
    };
    for (const ic::rockchip::boot_rom& rom : ic::rockchip::boot_roms)
        for (const bool for_spi : {false, true})
            for (const std::size_t size : {std::size_t{1}, std::size_t{2048}, std::size_t{50'001}}) {
                INFO(rom.soc << (for_spi ? " for SPI flash, " : " ") << size);
                const auto tpl = t::stand_in::code(3000), spl = t::stand_in::code(size);
                const auto made = ic::rockchip::idbloader_bytes(rom.soc, tpl, spl, {t::sha256_by_sha256sum, for_spi});
                const ic::window from{ic::owned(ic::owned_bytes{made})};
                const auto found = ic::rockchip::read_idbloader(from);
                REQUIRE(found);
                CHECK(found->encoded == rom.encodes_payload);
                CHECK(found->is_for(rom.soc));
                REQUIRE(found->stages.size() == 2);
                const auto first = ic::read_all(ic::rockchip::stage_of(from, *found, found->stages[0])),
                           second = ic::read_all(ic::rockchip::stage_of(from, *found, found->stages[1]));
                CHECK(begins(first, tpl, rom.hashes ? 0 : 4)); // the tag took the place of what was there
                CHECK(begins(second, spl, 0));
                CHECK((ic::rockchip::idbloader_bytes(rom.soc, first, second, {t::sha256_by_sha256sum, for_spi}) == made));
                const ic::window cut = from.part(ic::offset{}, ic::bytes{made.size() - (for_spi ? 2049 : 1)});
                CHECK_THROWS_AS(ic::rockchip::stage_of(cut, *found, found->stages[1]), ic::format_error);
            }
    const auto found = read(t::stand_in::idbloader("rk3399", 100'000, 2000));
    CHECK(found->is_for("RK3399"));
    CHECK_FALSE(found->is_for("px30")); // the same tag, and less memory
    CHECK_FALSE(found->is_for("rk3588"));
}

TEST_CASE("idbloaders as they are shipped are taken apart and made again", "[shipped]") {
    int taken_apart = 0;
    for (const auto& path : t::shipped_files({"idbloader.img"}, {}, t::release::and_next)) {
        const std::string board = path.parent_path().filename().string(), soc = board.substr(board.rfind('-') + 1);
        INFO(path);
        const auto shipped = ic::read_all(ic::blob(path));
        const ic::window from{ic::blob(path)};
        const auto found = ic::rockchip::read_idbloader(from);
        REQUIRE(found);
        CHECK(found->is_for(soc));
        REQUIRE(found->stages.size() == 2);
        const auto first = ic::read_all(ic::rockchip::stage_of(from, *found, found->stages[0])),
                   second = ic::read_all(ic::rockchip::stage_of(from, *found, found->stages[1]));
        CHECK((ic::rockchip::idbloader_bytes(soc, first, second) == shipped));
        ++taken_apart;
        const auto spi = path.parent_path() / "u-boot-rockchip-spi.bin";
        if (!std::filesystem::exists(spi) || soc != "rk3399") continue;
        const ic::window flash{ic::blob(spi)};
        const auto spread = ic::rockchip::read_idbloader(flash);
        REQUIRE(spread);
        CHECK(spread->spread);
        CHECK((ic::read_all(ic::rockchip::stage_of(flash, *spread, spread->stages[0])) == first));
        CHECK((ic::read_all(ic::rockchip::stage_of(flash, *spread, spread->stages[1])) == second));
    }
    if (taken_apart == 0) WARN("skipped: no idbloader.img in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot");
}
