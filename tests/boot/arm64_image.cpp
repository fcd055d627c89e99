// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/arm64_image.hpp>

#include <tests/support/catch.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
ic::arm64_image_header debian() { // linux-image-6.1.0-*-arm64
    ic::arm64_image_header h{};
    h.code0 = ic::to_disk(0xfa405a4du); // "MZ"
    h.image_size = ic::to_disk(std::uint64_t{33619968});
    h.flags = ic::to_disk(std::uint64_t{0xa});
    h.magic = {'A', 'R', 'M', '\x64'};
    return h;
}
std::vector<std::byte> with(std::size_t at, std::string_view magic) {
    std::vector<std::byte> start(1024);
    std::memcpy(start.data() + at, magic.data(), magic.size());
    return start;
}
} // namespace

TEST_CASE("the header of Debian's kernel is read") {
    const auto i = ic::read_arm64_image(ic::to_bytes(debian()));
    CHECK(i.text_offset == 0_B);
    CHECK(i.image_size == ic::bytes{33619968});
    CHECK(i.page_size == ic::arm64_page_size::four_kib);
    CHECK(i.anywhere);
    CHECK_FALSE(i.big_endian);
    CHECK(i.memory_needed() == ic::bytes{33619968});
}

TEST_CASE("an old kernel without a size is given what U-Boot gives it") {
    auto h = debian();
    h.image_size = ic::to_disk(std::uint64_t{0});
    h.flags = ic::to_disk(std::uint64_t{7});
    const auto i = ic::read_arm64_image(ic::to_bytes(h));
    CHECK(i.image_size == ic::bytes{16_MiB});
    CHECK(i.text_offset == ic::bytes{512_KiB});
    CHECK(i.page_size == ic::arm64_page_size::sixty_four_kib);
    CHECK(i.big_endian);
    CHECK_FALSE(i.anywhere);
}

TEST_CASE("what is no arm64 Image is named") {
    struct {
        std::size_t at;
        std::string magic, what;
    } const cases[] = {
        {0x202, "HdrS", "a kernel for x86"},
        {0, "\x1f\x8b\x08", "gzip"},
        {0, "\x28\xb5\x2f\xfd", "zstd"},
        {0, "\xfd\x37zXZ", "xz"},
        {0, "\x04\x22\x4d\x18", "lz4"},
        {0, "\x02\x21\x4c\x18", "lz4"},
        {0, "BZh9", "bzip2"},
        {0, "\x27\x05\x19\x56", "uImage"},
        {0, "\xd0\x0d\xfe\xed", "FIT"},
        {0, "\x7f\x45LF", "vmlinux"},
        {0, std::string{"MZ\0\0zimg", 8}, "zboot"},
        {0x24, "\x18\x28\x6f\x01", "32-bit arm"},
        {0x38, "RSC\x05", "riscv"},
        {0, "MZ", "EFI program"},
        {0, "hello", "byte 56"},
    };
    for (const auto& c : cases) {
        INFO(c.what);
        const auto start = with(c.at, c.magic);
        CHECK_FALSE(ic::is_arm64_image(start));
        CHECK_THROWS_MATCHES(ic::read_arm64_image(start, "vmlinuz"), ic::format_error, says(c.what));
        CHECK_THROWS_MATCHES(ic::read_arm64_image(start, "vmlinuz"), ic::format_error,
                             says("vmlinuz is not an arm64 Image"));
    }
    CHECK_THROWS_MATCHES(ic::read_arm64_image({}), ic::format_error, says("it is empty"));
}

TEST_CASE("any start of a file is read without a crash") {
    const auto whole = ic::to_bytes(debian());
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_THROWS_AS(ic::read_arm64_image(std::span{whole}.first(size)), ic::format_error);
    auto h = debian();
    h.text_offset = ic::to_disk(~std::uint64_t{});
    CHECK_THROWS_MATCHES(ic::read_arm64_image(ic::to_bytes(h)), ic::format_error, says("damaged"));
}
