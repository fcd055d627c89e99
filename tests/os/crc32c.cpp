// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/os/crc32c.hpp>

#include <tests/support/catch.hpp>

#include <string_view>
#include <vector>

namespace ic = imgcompose;

TEST_CASE("CRC-32C has the check value of the catalogue") {
    constexpr std::string_view digits = "123456789";
    CHECK(~ic::os::crc32c(~0u, std::as_bytes(std::span{digits})) == 0xE3069283u);
}

TEST_CASE("CRC-32C by the processor equals the portable one at every length and alignment") {
    std::vector<std::byte> data(300);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 37 + i / 7);
    for (std::size_t begin = 0; begin < 9; ++begin)
        for (std::size_t size = 0; begin + size <= data.size(); ++size) {
            const auto part = std::span{data}.subspan(begin, size);
            REQUIRE(ic::os::crc32c(0x12345678u, part) == ic::crc32c_portable(0x12345678u, part));
        }
}

TEST_CASE("CRC-32C goes on where it stopped") {
    const std::vector<std::byte> data(1000, std::byte{0x5a});
    const std::span<const std::byte> all{data};
    CHECK(ic::os::crc32c(ic::os::crc32c(~0u, all.first(333)), all.subspan(333)) == ic::os::crc32c(~0u, all));
    CHECK(ic::os::crc32c(~0u, all) != ic::os::crc32c(~0u, all.first(999)));
}
