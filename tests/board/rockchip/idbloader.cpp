// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/rockchip/idbloader.hpp>

#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/read.hpp>
#include <tests/boot/sha256sum.hpp>
#include <tests/boot/shipped.hpp>
#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <random>
#include <string>

namespace ic = imgcompose;
namespace t = imgcompose_test;
using imgcompose_test::text_of;

namespace {

ic::owned_bytes random_bytes(std::mt19937& random, std::size_t size) {
    ic::owned_bytes raw(size);
    for (std::byte& b : raw) b = static_cast<std::byte>(random());
    return raw;
}

} // namespace

TEST_CASE("idbloader.img is what mkimage makes, for every SoC and stages of any size") {
    if (!t::have("mkimage")) {
        WARN("skipped: mkimage not found");
        return;
    }
    const t::temp_dir dir;
    std::mt19937 random{3};
    const auto mkimage = [&](std::string_view soc, bool spi, bool with_spl) {
        return t::run("cd " + t::quoted(dir.path().string()) + " && rm -f out && mkimage -n " + std::string{soc} + " -T " +
                      (spi ? "rkspi" : "rksd") + " -d " + (with_spl ? "tpl:spl" : "tpl") + " out 2>&1");
    };
    // A header of the second generation says nothing of the SoC, so that any of it tells what those of the others are,
    // up to the memory that its boot ROM has.
    constexpr std::string_view second_generation = "rk3568";
    const auto oracle_of = [&](const ic::rockchip::boot_rom& rom) {
        t::write_file(dir / "tpl", "x");
        if (mkimage(rom.soc, false, false).status == 0) return rom.soc;
        if (rom.hashes && mkimage(second_generation, false, false).status == 0) return second_generation;
        return std::string_view{};
    };
    for (const ic::rockchip::boot_rom& rom : ic::rockchip::boot_roms) {
        const std::string_view oracle = oracle_of(rom);
        if (oracle.empty()) {
            WARN("skipped: " << rom.soc << ", which this mkimage does not know");
            continue;
        }
        const std::size_t most = std::min(rom.most, ic::rockchip::boot_rom_of(oracle).most).count;
        if (most != rom.most.count) WARN("skipped: stages of " << rom.soc << " above the " << most << " bytes of " << oracle);
        int compared = 0;
        for (const std::size_t init : {std::size_t{0}, std::size_t{1}, std::size_t{511}, std::size_t{512}, std::size_t{513},
                                       std::size_t{2047}, std::size_t{2048}, std::size_t{3333}, most - 1, most}) {
            for (const std::size_t boot : {std::size_t{0}, std::size_t{1}, std::size_t{2048}, std::size_t{50'001}}) {
                const auto tpl = random_bytes(random, init), spl = random_bytes(random, boot);
                t::write_file(dir / "tpl", text_of(tpl));
                t::write_file(dir / "spl", text_of(spl));
                for (const bool spi : {false, true}) {
                    INFO(rom.soc << " by " << oracle << ' ' << init << '+' << boot << (spi ? " for SPI" : ""));
                    if (init == 0) {
                        CHECK(mkimage(oracle, spi, boot != 0).status != 0);
                        CHECK_THROWS_AS(ic::rockchip::idbloader_bytes(rom.soc, tpl, spl, {&t::sha256_by_sha256sum, spi}), ic::input_error);
                        continue;
                    }
                    const auto made = mkimage(oracle, spi, boot != 0);
                    if (made.output.find("too large") != std::string::npos) { // of an older mkimage
                        if (boot == 0 && !spi) WARN("skipped: " << rom.soc << " with " << init << " bytes: " << made.output.substr(0, made.output.find('\n')));
                        continue;
                    }
                    REQUIRE(made.status == 0);
                    ++compared;
                    const auto ours = ic::rockchip::idbloader_bytes(rom.soc, tpl, spl, {&t::sha256_by_sha256sum, spi});
                    REQUIRE(text_of(ours) == t::read_file(dir / "out"));
                }
            }
        }
        CHECK(compared >= 40);
        const ic::owned_bytes above(static_cast<std::size_t>(rom.most.count) + 1);
        CHECK_THROWS_AS(ic::rockchip::idbloader_bytes(rom.soc, above, {}, {&t::sha256_by_sha256sum, false}), ic::layout_error);
    }
}

TEST_CASE("idbloaders that are shipped with their stages are made byte for byte", "[shipped]") {
    int made = 0;
    for (const auto& path : t::shipped_files({"idbloader.img"}, {}, t::release::and_next)) {
        const auto tpl = path.parent_path() / "u-boot-tpl.bin", spl = path.parent_path() / "u-boot-spl.bin";
        if (!std::filesystem::exists(tpl) || !std::filesystem::exists(spl)) continue;
        const std::string board = path.parent_path().filename().string(); // "rock64-rk3328"
        INFO(board);
        CHECK(ic::read_all(ic::rockchip::idbloader(board.substr(board.rfind('-') + 1), ic::blob(tpl), ic::blob(spl))) ==
              ic::read_all(ic::blob(path)));
        ++made;
    }
    if (made == 0) WARN("skipped: no idbloader.img and its stages in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot");
}

TEST_CASE("of files it is the same as of bytes") {
    const t::temp_dir dir;
    t::write_file(dir / "tpl", std::string(3000, 't'));
    t::write_file(dir / "spl", std::string(9000, 's'));
    const ic::image made = ic::rockchip::idbloader("RK3328", ic::blob(dir / "tpl"), ic::blob(dir / "spl"));
    const auto as_bytes = [](const std::string& s) { return std::as_bytes(std::span{s}); };
    const std::string tpl(3000, 't'), spl(9000, 's');
    CHECK(ic::read_all(made) == ic::rockchip::idbloader_bytes("rk3328", as_bytes(tpl), as_bytes(spl)));
    CHECK(made.size() == ic::bytes{2048 + 4096 + 10240});
}

TEST_CASE("what no boot ROM would load is refused") {
    const ic::owned_bytes stage(2048);
    const auto make = [&](std::string_view soc, std::size_t first, std::size_t spl = 0) {
        return ic::rockchip::idbloader_bytes(soc, ic::owned_bytes(first), ic::owned_bytes(spl));
    };
    CHECK_THROWS_MATCHES(make("rk3328", 0x7801), ic::layout_error, t::says("memory for 30720"));
    CHECK_THROWS_MATCHES(make("rk3328", 0), ic::input_error, t::says("is empty"));
    CHECK_THROWS_MATCHES(make("rk1", 1), ic::input_error, t::says("there are: px30 rk3036"));
    CHECK_THROWS_MATCHES(make("rk3588", 1), ic::input_error, t::says("sha256_of"));
    CHECK_THROWS_MATCHES(make("rk3328", 1, std::size_t{64} << 20), ic::layout_error, t::says("32 MiB at most"));
    CHECK(ic::rockchip::boot_rom_of("RK3588S").soc == "rk3588");
}
