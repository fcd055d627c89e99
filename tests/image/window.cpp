// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/window.hpp>

#include <imgcompose/image/read.hpp>
#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <limits>

namespace ic = imgcompose;
using namespace imgcompose::literals;
using imgcompose_test::text_of;

TEST_CASE("a window reads what is there and says what is not") {
    const ic::window w{ic::from_text("0123456789")};
    CHECK(w.size() == 10_B);
    CHECK(text_of(w.take(ic::offset{2_B}, 3_B)) == "234");
    CHECK(text_of(w.take(ic::offset{8_B}, 100_B)) == "89");
    CHECK(w.take(ic::offset{10_B}, 1_B).empty());
    CHECK(w.take(ic::offset{ic::bytes{std::numeric_limits<std::uint64_t>::max()}}, 1_B).empty());
    ic::owned_bytes two(2);
    CHECK(w.read(ic::offset{8_B}, two));
    CHECK_FALSE(w.read(ic::offset{9_B}, two));
    CHECK_FALSE(w.read(ic::offset{ic::bytes{std::numeric_limits<std::uint64_t>::max()}}, two));
    CHECK_FALSE(w.get<ic::le64>(ic::offset{3_B}).has_value());
    REQUIRE(w.get<ic::le16>(ic::offset{8_B}));
    CHECK(ic::from_disk(*w.get<ic::le16>(ic::offset{8_B})) == 0x3938);
}

TEST_CASE("parts count from their own start and end where the whole ends") {
    const ic::window w{ic::from_text("0123456789")};
    const ic::window inner = w.part(ic::offset{4_B}, 100_B).part(ic::offset{1_B}, 3_B);
    CHECK(inner.at() == ic::offset{5_B});
    CHECK(inner.size() == 3_B);
    CHECK(text_of(inner.take(ic::offset{}, 9_B)) == "567");
    CHECK(w.part(ic::offset{11_B}, 1_B).size() == 0_B);
}

TEST_CASE("a copy reads the same and keeps what is zero or undefined") {
    ic::image disk{100_B};
    disk.place(ic::offset{10_B}, ic::from_text("abcdef"));
    disk.place(ic::offset{30_B}, ic::zeros(20_B));
    const ic::image part = ic::window{disk}.part(ic::offset{12_B}, 30_B).copy();
    REQUIRE(part.size() == 30_B);
    CHECK(text_of(ic::read_all(part)) == "cdef" + std::string(26, '\0'));
    REQUIRE(part.extents().size() == 2);
    CHECK(part.extents().back().kind() == ic::byte_kind::zero);
    CHECK(part.extents().back().at == ic::offset{18_B});
}
