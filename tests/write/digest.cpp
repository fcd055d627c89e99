// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/digest.hpp>

#include <tests/support/catch.hpp>

#include <string_view>

TEST_CASE("a CRC-32 in parts is that of the whole") {
    constexpr std::string_view digits = "123456789";
    const auto raw = std::as_bytes(std::span{digits});
    imgcompose::crc32_digest d;
    CHECK(d.value() == 0);
    d.update(raw.first(4));
    d.update(raw.subspan(4));
    CHECK(d.value() == 0xCBF43926u);
}
