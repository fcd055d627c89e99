// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/rockchip/vendor_images.hpp>

#include <imgcompose/core/endian.hpp>
#include <tests/boot/elf_file.hpp>
#include <tests/boot/sha256sum.hpp>
#include <tests/support/catch.hpp>

#include <array>
#include <string>

namespace ic = imgcompose;
namespace rk = imgcompose::rockchip;
using namespace ic::literals;
using imgcompose_test::says;

namespace {

const auto sha256 = imgcompose_test::sha256_by_sha256sum;

ic::owned_bytes raw(const std::string& s) {
    const auto b = std::as_bytes(std::span{s});
    return {b.begin(), b.end()};
}
std::uint32_t number(const ic::owned_bytes& b, std::size_t at) {
    return ic::from_disk(ic::struct_from<ic::le32>(std::span{b}.subspan(at, 4)));
}
ic::window seen(ic::owned_bytes b) { return ic::window{ic::owned(std::move(b))}; }

} // namespace

TEST_CASE("the checksum is that of a slow division by Rockchip's polynomial") {
    const auto slow = [](const std::string& s) {
        std::uint32_t crc = 0;
        for (const char c : s) {
            crc ^= std::uint32_t{static_cast<std::uint8_t>(c)} << 24;
            for (int i = 0; i < 8; ++i) crc = (crc << 1) ^ ((crc >> 31) != 0 ? 0x04C10DB7u : 0u);
        }
        return crc;
    };
    for (const std::string s : {"", "1", "123456789", "imgcompose \xff\x80"})
        CHECK(rk::detail::crc32_rk(raw(s)) == slow(s));
    static_assert(rk::detail::js_hash({}) == 0x47C6A7E6);
}

TEST_CASE("uboot.img has four copies of a header and what it tells of") {
    const std::string u_boot(GENERATE(1u, 4u, 700'001u), 'u');
    const std::uint32_t version = GENERATE(0u, 7u);
    const auto made = rk::uboot_img(raw(u_boot), {.sha256 = sha256, .load_address = 0x600000, .version = version});
    REQUIRE(made.size() == 4u << 20);
    for (std::size_t copy = 1; copy < 4; ++copy)
        CHECK(
            std::equal(made.begin(), made.begin() + (1 << 20), made.begin() + static_cast<std::ptrdiff_t>(copy << 20)));
    // By hand, as loaderimage.c writes it.
    const std::string padded = u_boot + std::string((4 - u_boot.size() % 4) % 4, '\0');
    const auto at = reinterpret_cast<const char*>(made.data());
    CHECK(std::string(at, 8) == "LOADER  ");
    CHECK(number(made, 8) == version);
    CHECK(number(made, 12) == 0);
    CHECK(number(made, 16) == 0x600000);
    CHECK(number(made, 20) == padded.size());
    CHECK(number(made, 24) == rk::detail::crc32_rk(raw(padded)));
    CHECK(number(made, 28) == 32);
    std::string hashed = padded;
    if (version != 0) hashed.append(at + 8, 8);
    hashed.append(at + 16, 8).append(at + 28, 4);
    const auto hash = sha256(raw(hashed));
    CHECK(std::equal(hash.begin(), hash.end(), made.begin() + 32));
    CHECK(std::string(at + 2048, padded.size()) == padded);

    const auto found = rk::read_uboot_img(seen(made), sha256);
    REQUIRE(found);
    CHECK(found->load_address == 0x600000);
    CHECK(found->version == version);
    CHECK(found->payload.size().count == padded.size());
    CHECK(found->crc_matches);
    CHECK(found->hash_matches == true);
}

TEST_CASE("a damaged uboot.img is noticed, and none is not read") {
    const auto sound = rk::uboot_img(raw(std::string(1000, 'u')), {.sha256 = sha256, .copies = 1});
    for (const std::size_t at : {2048u, 3047u}) {
        auto damaged = sound;
        damaged[at] ^= std::byte{1};
        const auto found = rk::read_uboot_img(seen(damaged), sha256);
        REQUIRE(found);
        CHECK_FALSE(found->crc_matches);
        CHECK(found->hash_matches == false);
    }
    auto moved = sound;
    moved[16] ^= std::byte{1}; // the load address is only in the hash
    CHECK(rk::read_uboot_img(seen(moved), sha256)->hash_matches == false);
    CHECK(rk::read_uboot_img(seen(sound))->hash_matches == std::nullopt);
    auto cut = sound;
    cut.resize(3000);
    CHECK_FALSE(rk::read_uboot_img(seen(cut)));
    cut.resize(100);
    CHECK_FALSE(rk::read_uboot_img(seen(cut)));
    for (const std::uint32_t size : {0u, 0xffffffffu}) {
        auto wrong = sound;
        ic::put_struct(std::span{wrong}.subspan(20), ic::le32{ic::to_disk(size)});
        CHECK_FALSE(rk::read_uboot_img(seen(wrong)));
    }
    CHECK_FALSE(rk::read_uboot_img(seen(raw(std::string(4096, 'x')))));
    CHECK_THROWS_MATCHES(rk::uboot_img(raw("u"), {}), ic::input_error, says("give `sha256`"));
    CHECK_THROWS_MATCHES(rk::uboot_img({}, {.sha256 = sha256}), ic::input_error, says("u-boot.bin), and it is empty"));
    CHECK_THROWS_MATCHES(rk::uboot_img(raw("u"), {.sha256 = sha256, .copies = 0}), ic::input_error, says("no copies"));
    for (const ic::bytes size : {0_B, 3000_B, ic::bytes{96_KiB}})
        CHECK_THROWS_MATCHES(rk::uboot_img(raw("u"), {.sha256 = sha256, .copy_size = size}), ic::input_error,
                             says("multiples of 65536"));
    CHECK(rk::uboot_img(raw("u"), {.sha256 = sha256, .copy_size = 64_KiB, .copies = 3}).size() == 3u << 16);
    CHECK_THROWS_MATCHES(rk::uboot_img(raw(std::string((1 << 20) - 2047, 'u')), {.sha256 = sha256}), ic::layout_error,
                         says("`copy_size`"));
}

TEST_CASE("trust.img has its components where its header says") {
    const std::array parts{rk::trust_part{"BL31", ic::from_text(std::string(5000, '1')), 0x40000},
                           rk::trust_part{"BL32", ic::from_text(std::string(2048, '2')), 0x8400000}};
    const auto made = rk::trust_img(parts, {.sha256 = sha256, .major = 1, .minor = 12});
    REQUIRE(made.size() == 4u << 20);
    CHECK(std::equal(made.begin(), made.begin() + (2 << 20), made.begin() + (2 << 20)));
    CHECK(std::string(reinterpret_cast<const char*>(made.data()), 4) == "BL3X");
    CHECK(number(made, 4) == 0x112);
    CHECK(number(made, 8) == 0x23); // trust_merger.c: SHA_SEL_256 and RSA_SEL_2048
    CHECK(number(made, 12) == (2u << 16 | (800u + 96u) / 4));
    CHECK(number(made, 800 + 32) == 0x40000);
    CHECK(number(made, 800 + 36) == 12); // 6144 bytes
    const std::size_t components = 800 + 96 + 256;
    CHECK(std::string(reinterpret_cast<const char*>(made.data()) + components, 4) == "BL31");
    CHECK(number(made, components + 4) == 4);
    CHECK(number(made, components + 16 + 4) == 16);
    CHECK(made[2048] == std::byte{'1'});
    CHECK(made[8192] == std::byte{'2'});

    const auto found = rk::read_trust_img(seen(made), sha256);
    REQUIRE(found.size() == 2);
    CHECK(found[1].id == "BL32");
    CHECK(found[1].load_address == 0x8400000);
    CHECK(found[1].content.size() == 2_KiB);
    CHECK((found[0].hash_matches == true && found[1].hash_matches == true));
    auto damaged = made;
    damaged[8192] ^= std::byte{1};
    CHECK(rk::read_trust_img(seen(damaged), sha256)[1].hash_matches == false);
    CHECK(rk::read_trust_img(seen(damaged))[1].hash_matches == std::nullopt);
    damaged = made;
    ic::put_struct(std::span{damaged}.subspan(components + 4), ic::le32{ic::to_disk(0xffffffffu)});
    CHECK(rk::read_trust_img(seen(damaged)).empty());
    ic::put_struct(std::span{damaged}.subspan(12), ic::le32{ic::to_disk(0xffffffffu)});
    CHECK(rk::read_trust_img(seen(damaged)).empty());
    damaged.resize(900);
    CHECK(rk::read_trust_img(seen(damaged)).empty());
}

TEST_CASE("a trust.img that cannot be is refused") {
    const rk::trust_part good{"BL31", ic::from_text("x"), 0};
    CHECK_THROWS_MATCHES(rk::trust_img(std::span{&good, 1}, {}), ic::input_error, says("give `sha256`"));
    CHECK_THROWS_MATCHES(rk::trust_img({}, {.sha256 = sha256}), ic::input_error, says("1 to 8 components, not 0"));
    const rk::trust_part misnamed{"BL3", ic::from_text("x"), 0},
        large{"BL31", ic::from_text(std::string(2 << 20, 'x')), 0};
    CHECK_THROWS_MATCHES(rk::trust_img(std::span{&misnamed, 1}, {.sha256 = sha256}), ic::input_error,
                         says("four characters"));
    CHECK_THROWS_MATCHES(rk::trust_img(std::span{&large, 1}, {.sha256 = sha256}), ic::layout_error,
                         says("`copy_size`"));
    const auto refused = [&](const rk::trust_img_options& o, const char* why) {
        CHECK_THROWS_MATCHES(rk::trust_img(std::span{&good, 1}, o), ic::input_error, says(why));
    };
    refused({.sha256 = sha256, .major = 123}, "has the number 123; each of its two is at most 99");
    refused({.sha256 = sha256, .minor = 100}, "has the number 100");
    refused({.sha256 = sha256, .copies = 0}, "trust.img is to have no copies");
    refused({.sha256 = sha256, .copy_size = 3000_B}, "are to have 3000 bytes");
}

TEST_CASE("the flags of trust.img are those of Rockchip's build for the SoC") {
    const rk::trust_part part{"BL31", ic::from_text("x"), 0};
    const auto flags = [&](std::string_view soc) {
        return number(rk::trust_img(std::span{&part, 1}, {.sha256 = sha256, .signature = rk::trust_signature_of(soc)}), 8);
    };
    CHECK(flags("RK3328") == 0x23);
    CHECK(flags("rk3399") == 0x23);
    CHECK(flags("RK3308") == 0x33);
    CHECK(flags("px30") == 0x33);
    CHECK(number(rk::trust_img(std::span{&part, 1}, {.sha256 = sha256, .signature = rk::trust_signature::none}), 8) == 3);
    const auto largest = rk::trust_img(std::span{&part, 1}, {.sha256 = sha256, .major = 99, .minor = 99});
    CHECK(number(largest, 4) == 0x9999);
}

TEST_CASE("an ELF file is as many parts of trust.img as it has segments") {
    const auto elf = imgcompose_test::elf_file({{0x40000, "first"}, {0xff090000, "second"}}, 0x40000);
    const auto parts = rk::trust_parts_of_elf("BL31", ic::owned(ic::owned_bytes{elf}));
    REQUIRE(parts.size() == 2);
    CHECK(parts[1].id == "BL31");
    CHECK(parts[1].load_address == 0xff090000);
    const auto found = rk::read_trust_img(seen(rk::trust_img(parts, {.sha256 = sha256})), sha256);
    REQUIRE(found.size() == 2);
    CHECK(found[0].load_address == 0x40000);
    CHECK(found[1].hash_matches == true);
    CHECK_THROWS_AS(rk::trust_parts_of_elf("BL31", ic::from_text("none")), ic::format_error);
}
