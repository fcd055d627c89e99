// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/read.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

namespace {
class counting final : public ic::generator {
public:
    void generate(std::uint32_t item, ic::bytes from, std::span<std::byte> to) const override {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::byte>(item + from.count + i);
    }
    std::string describe(std::uint32_t) const override { return "numbers"; }
};
} // namespace

TEST_CASE("a generator is asked for the part that is read") {
    ic::image i{100_B};
    i.place(ic::offset{10_B}, ic::generated(std::make_shared<const counting>(), 50_B, 100));
    std::vector<std::byte> got(8, std::byte{0xee});
    ic::read(i, ic::offset{7_B}, got);
    CHECK(got == std::vector{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{100}, std::byte{101}, std::byte{102},
                             std::byte{103}, std::byte{104}});
    ic::read(i, ic::offset{57_B}, got);
    CHECK(got[2] == std::byte{149});
    CHECK(got[3] == std::byte{0});
}

TEST_CASE("reading nothing is possible everywhere, reading beyond the end nowhere") {
    const auto i = ic::from_text("abc");
    ic::read(i, ic::offset{3_B}, {});
    ic::read(i, ic::offset{1_B}, {});
    ic::read(ic::image{}, ic::offset{}, {});
    std::vector<std::byte> one(1);
    CHECK_THROWS_AS(ic::read(i, ic::offset{3_B}, one), ic::layout_error);
    CHECK_THROWS_AS(ic::read(i, ic::offset{ic::bytes{~0ULL}}, one), ic::layout_error);
}
