// SPDX-License-Identifier: BSL-1.0
// The smallest file with a PE header.
#pragma once

#include <imgcompose/boot/pe.hpp>

namespace imgcompose_test {

inline imgcompose::owned_bytes pe_file(std::uint16_t machine = 0xaa64, std::uint16_t subsystem = 10,
                                       std::uint16_t magic = 0x20b) {
    namespace ic = imgcompose;
    constexpr std::uint32_t at = 0x80;
    ic::owned_bytes raw(0x200);
    const std::span<std::byte> to{raw};
    ic::put_struct(to, std::array{'M', 'Z'});
    ic::put_struct<ic::le32>(to.subspan(60), ic::to_disk(at));
    ic::put_struct(to.subspan(at), std::array{'P', 'E', '\0', '\0'});
    ic::coff_header coff{};
    coff.machine = ic::to_disk(machine);
    coff.size_of_optional_header = ic::to_disk(240u);
    ic::put_struct(to.subspan(at + 4), coff);
    ic::pe_optional_header optional{};
    optional.magic = ic::to_disk(magic);
    optional.subsystem = ic::to_disk(subsystem);
    ic::put_struct(to.subspan(at + 4 + sizeof coff), optional);
    return raw;
}

} // namespace imgcompose_test
