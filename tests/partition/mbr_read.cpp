// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/partition/mbr_read.hpp>

#include <imgcompose/image/read.hpp>
#include <imgcompose/image/window.hpp>
#include <imgcompose/partition/mbr_image.hpp>
#include <imgcompose/partition/names.hpp>

#include <tests/support/catch.hpp>

#include <array>

namespace ic = imgcompose;
using namespace imgcompose::literals;

namespace {

constexpr std::array<ic::mbr_partition, 2> primaries{
    ic::mbr_partition{.name = "boot", .type = ic::mbr_type::fat32_lba, .first = {2048}, .last = {4095}, .active = true},
    ic::mbr_partition{.name = "extended", .type = ic::mbr_type::extended, .first = {4096}, .last = {32767}}};
constexpr std::array<ic::mbr_partition, 3> logicals{ic::mbr_partition{.name = "a", .first = {6144}, .last = {8191}},
                                                    ic::mbr_partition{.name = "b", .first = {10240}, .last = {12287}},
                                                    ic::mbr_partition{.name = "c", .first = {14336}, .last = {16383}}};

ic::owned_bytes made_mbr() {
    return ic::read_all(ic::mbr_image(
        {.disk_size = 16_MiB, .disk_signature = 0x12345678u, .primaries = primaries, .logicals = logicals}));
}
auto reader_of(const ic::owned_bytes& raw) {
    return [&raw](ic::lba at) {
        return at.value < raw.size() / 512 ? std::span{raw}.subspan(at.value * 512, 512) : std::span<const std::byte>{};
    };
}

} // namespace

TEST_CASE("a table and its logical partitions are read as they were written") {
    const ic::owned_bytes raw = made_mbr();
    const auto mbr = ic::read_mbr(std::span{raw}.first(512));
    REQUIRE(mbr);
    CHECK(mbr->disk_signature == 0x12345678);
    CHECK_FALSE(mbr->has_boot_code);
    CHECK(mbr->protective() == nullptr);
    REQUIRE(mbr->partitions.size() == 2);
    CHECK(mbr->partitions[0].active);
    CHECK(mbr->partitions[0].type == ic::mbr_type::fat32_lba);
    CHECK(mbr->partitions[0].first == ic::lba{2048});
    CHECK(mbr->partitions[0].last() == ic::lba{4095});

    const auto found = ic::read_logicals(mbr->partitions[1].first, reader_of(raw));
    CHECK(found.problem.empty());
    REQUIRE(found.partitions.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(found.partitions[i].number == 5 + i);
        CHECK(found.partitions[i].first == logicals[i].first);
        CHECK(found.partitions[i].last() == logicals[i].last);
        CHECK(found.partitions[i].record == found.records[i]);
    }
}

TEST_CASE("a chain that comes back, leaves the disk or is too long ends with the reason") {
    ic::owned_bytes raw = made_mbr();
    const auto mbr = ic::read_mbr(std::span{raw}.first(512));
    REQUIRE(mbr);
    const ic::lba extended_at = mbr->partitions[1].first;
    const std::size_t second = ic::read_logicals(extended_at, reader_of(raw)).records[1].value * 512;
    const auto link_to = [&](std::uint32_t distance) {
        for (std::size_t i = 0; i < 4; ++i)
            raw[second + 446 + 16 + 8 + i] = static_cast<std::byte>(distance >> (8 * i));
        return ic::read_logicals(extended_at, reader_of(raw));
    };
    CHECK(link_to(0).problem == "the chain of extended boot records leads back to itself");
    CHECK(link_to(0).partitions.size() == 2);
    CHECK(link_to(0xffffffff).problem == "there is no extended boot record where one has to be");

    const auto endless = ic::read_logicals({0}, [&](ic::lba at) { // each links to the sector behind it
        std::vector<std::byte> sector(512);
        sector[446 + 4] = std::byte{5}, sector[446 + 8] = static_cast<std::byte>(at.value + 1);
        sector[446 + 9] = static_cast<std::byte>((at.value + 1) >> 8), sector[446 + 12] = std::byte{1};
        sector[510] = std::byte{0x55}, sector[511] = std::byte{0xaa};
        return sector;
    });
    CHECK(endless.problem == "there are more than 256 extended boot records");
}

TEST_CASE("what is no table is none") {
    CHECK_FALSE(ic::read_mbr({}));
    ic::owned_bytes raw = made_mbr();
    raw[446] = std::byte{0x12}; // neither active nor not
    CHECK_FALSE(ic::read_mbr(std::span{raw}.first(512)));
    raw[446] = std::byte{0x80}, raw[510] = std::byte{};
    CHECK_FALSE(ic::read_mbr(std::span{raw}.first(512)));
}

TEST_CASE("types have the names that descriptions have for them") {
    CHECK(ic::mbr_type::name_of(0x0c) == "fat32_lba");
    CHECK(ic::mbr_type::name_of(0x83) == "linux_filesystem");
    CHECK(ic::mbr_type::name_of(0x0a) == "0x0a");
    CHECK(ic::mbr_type::name_of(0xb7) == "0xb7");
    for (unsigned type = 0; type < 256; ++type)
        CHECK(ic::mbr_type::named(ic::mbr_type::name_of(static_cast<std::uint8_t>(type))) == type);
}
