// SPDX-License-Identifier: BSL-1.0
// A small ELF program for arm64.
#pragma once

#include <imgcompose/boot/elf.hpp>

#include <string>
#include <utility>
#include <vector>

namespace imgcompose_test {

/// Each segment is an address and what is loaded there; it takes a page in memory.
inline imgcompose::owned_bytes elf_file(const std::vector<std::pair<std::uint64_t, std::string>>& segments,
                                        std::uint64_t entry) {
    namespace ic = imgcompose;
    ic::elf64_header h{};
    h.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    h.machine = ic::to_disk(183u);
    h.entry = ic::to_disk(entry);
    h.phoff = ic::to_disk(sizeof h);
    h.phentsize = ic::to_disk(sizeof(ic::elf64_program_header));
    h.phnum = ic::to_disk(segments.size());
    ic::owned_bytes raw(sizeof h + segments.size() * sizeof(ic::elf64_program_header));
    ic::put_struct(raw, h);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto& [address, content] = segments[i];
        ic::elf64_program_header p{};
        p.type = ic::to_disk(1u);
        p.offset = ic::to_disk(raw.size());
        p.paddr = ic::to_disk(address);
        p.filesz = ic::to_disk(content.size());
        p.memsz = ic::to_disk(4096u);
        ic::put_struct(std::span{raw}.subspan(sizeof h + i * sizeof p), p);
        const auto bytes = std::as_bytes(std::span{content});
        raw.insert(raw.end(), bytes.begin(), bytes.end());
    }
    return raw;
}

} // namespace imgcompose_test
