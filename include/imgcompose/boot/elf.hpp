// SPDX-License-Identifier: BSL-1.0
// What of an ELF program is loaded where: firmware (bl31.elf, tee.elf) is handed out as one, and goes into a FIT in
// segments.
// Source: System V gABI, chapters 4 and 5; Linux include/uapi/linux/elf.h.
#pragma once

#include <imgcompose/boot/machine.hpp>
#include <imgcompose/image/window.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Of little-endian files, as all boards here have. Field names are those of the specification without `e_`.
struct elf64_header {
    std::array<std::uint8_t, 16> ident; ///< "\x7fELF", class (1: 32 bits, 2: 64), data (1: little-endian), version, ...
    le16 type, machine;
    le32 version;
    le64 entry, phoff, shoff;
    le32 flags;
    le16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
static_assert(disk_struct<elf64_header> && sizeof(elf64_header) == 64 && offsetof(elf64_header, phnum) == 56);

struct elf32_header {
    std::array<std::uint8_t, 16> ident;
    le16 type, machine;
    le32 version;
    le32 entry, phoff, shoff;
    le32 flags;
    le16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
static_assert(disk_struct<elf32_header> && sizeof(elf32_header) == 52 && offsetof(elf32_header, phnum) == 44);

/// Field names are those of the specification without `p_`.
struct elf64_program_header {
    le32 type, flags;
    le64 offset, vaddr, paddr, filesz, memsz, align;
};
static_assert(disk_struct<elf64_program_header> && sizeof(elf64_program_header) == 56);

struct elf32_program_header {
    le32 type, offset, vaddr, paddr, filesz, memsz, flags, align;
};
static_assert(disk_struct<elf32_program_header> && sizeof(elf32_program_header) == 32);

namespace fail {
[[noreturn]] inline void not_an_elf_program(std::string_view why) {
    throw format_error(text::join("not a valid ELF program: ", why));
}
} // namespace fail

/// A part that is loaded (PT_LOAD) and has bytes in the file.
struct elf_segment {
    offset at{};               ///< in the file
    bytes size{};              ///< in the file
    bytes memory{};            ///< where it runs, with what is cleared there
    std::uint64_t address = 0; ///< physical
};

struct elf_program {
    machine built_for = machine::unknown;
    std::uint64_t entry = 0;
    std::vector<elf_segment> segments{}; ///< in the order of the file
};

namespace detail {

template <disk_struct Header, disk_struct ProgramHeader> elf_program read_elf_as(const window& from) {
    const auto h = from.get<Header>(offset{});
    if (!h) fail::not_an_elf_program("its header is cut off");
    if (from_disk(h->phentsize) != sizeof(ProgramHeader))
        fail::not_an_elf_program(text::join("its program headers have ", from_disk(h->phentsize), " bytes"));
    elf_program p{.built_for = machine_of_elf(from_disk(h->machine), h->ident[4]), .entry = from_disk(h->entry)};
    offset at{bytes{from_disk(h->phoff)}};
    for (unsigned i = 0; i < from_disk(h->phnum); ++i, at = at + bytes{sizeof(ProgramHeader)}) {
        const auto s = from.get<ProgramHeader>(at);
        if (!s) fail::not_an_elf_program(text::join("its program header ", i, " is cut off"));
        constexpr std::uint32_t load = 1; // PT_LOAD
        if (from_disk(s->type) != load || from_disk(s->filesz) == 0) continue;
        const elf_segment segment{.at = offset{bytes{from_disk(s->offset)}},
                                  .size = bytes{from_disk(s->filesz)},
                                  .memory = bytes{from_disk(s->memsz)},
                                  .address = from_disk(s->paddr)};
        if (!from.has(segment.at, segment.size))
            fail::not_an_elf_program(text::join("the bytes of its program header ", i, " are cut off"));
        p.segments.push_back(segment);
    }
    return p;
}

} // namespace detail

/// Throws format_error for what is no little-endian ELF program, or cut off.
inline elf_program read_elf(const window& from) {
    const auto ident = from.get<std::array<std::uint8_t, 6>>(offset{});
    if (!ident || (*ident)[0] != 0x7f || (*ident)[1] != 'E' || (*ident)[2] != 'L' || (*ident)[3] != 'F')
        fail::not_an_elf_program("it does not begin with \\x7fELF");
    if ((*ident)[5] != 1) fail::not_an_elf_program("it is big-endian, or damaged");
    if ((*ident)[4] == 1) return detail::read_elf_as<elf32_header, elf32_program_header>(from);
    if ((*ident)[4] == 2) return detail::read_elf_as<elf64_header, elf64_program_header>(from);
    fail::not_an_elf_program("it is neither of 32 nor of 64 bits");
}

IMGCOMPOSE_NAMESPACE_END
