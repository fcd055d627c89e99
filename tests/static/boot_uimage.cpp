// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/uimage.hpp>

namespace {
using namespace imgcompose;

// SOURCE_DATE_EPOCH=1700000000 mkimage -A arm64 -T script -C none -n 01234567890123456789012345678901 of the text "a".
constexpr uimage_header script = [] {
    uimage_header h{};
    h.magic = to_disk(uimage_magic);
    h.time = to_disk(1700000000u);
    h.size = to_disk(9u);
    h.dcrc = to_disk(0x17e096c5u);
    h.os = static_cast<std::uint8_t>(uimage_os::linux_os);
    h.arch = static_cast<std::uint8_t>(uimage_arch::arm64);
    h.type = static_cast<std::uint8_t>(uimage_type::script);
    h.comp = static_cast<std::uint8_t>(uimage_compression::none);
    for (std::size_t i = 0; i < h.name.size(); ++i) h.name[i] = static_cast<char>('0' + i % 10);
    return h;
}();
static_assert(detail::header_crc(script) == 0xf8b43bb6);
static_assert(to_bytes(script)[0] == std::byte{0x27} && to_bytes(script)[3] == std::byte{0x56});
static_assert(to_bytes(script)[28] == std::byte{5} && to_bytes(script)[29] == std::byte{22} &&
              to_bytes(script)[30] == std::byte{6});
} // namespace
