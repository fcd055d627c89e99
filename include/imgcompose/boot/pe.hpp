// SPDX-License-Identifier: BSL-1.0
// The header of an EFI program: for which processor it is, and whether it is one at all.
// Source: Microsoft PE/COFF specification, "PE Header" and "Optional Header"; UEFI 2.10, 2.1.1 "UEFI Images".
#pragma once

#include <imgcompose/boot/machine.hpp>
#include <imgcompose/image/window.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Behind the signature "PE\0\0", whose place is at byte 60 of the file.
struct coff_header {
    le16 machine, number_of_sections;
    le32 time_date_stamp, pointer_to_symbol_table, number_of_symbols;
    le16 size_of_optional_header, characteristics;
};
static_assert(disk_struct<coff_header> && sizeof(coff_header) == 20);

/// The start of the optional header that PE32 and PE32+ have in common, up to the field that matters here.
struct pe_optional_header {
    le16 magic; ///< 0x10b: PE32, 0x20b: PE32+
    std::array<le16, 33> not_read;
    le16 subsystem;
};
static_assert(disk_struct<pe_optional_header> && offsetof(pe_optional_header, subsystem) == 68);

namespace fail {
[[noreturn]] inline void not_an_efi_program(std::string_view name, std::string_view why) {
    throw format_error(text::join(name, " is not an EFI application: ", why));
}
[[noreturn]] inline void efi_program_for_other_machine(std::string_view name, std::string_view is,
                                                       std::string_view board) {
    throw format_error(text::join(name, " is an EFI application for ", is, ", but the board is ", board,
                                  "; take the one for ", board));
}
} // namespace fail

enum class pe_subsystem : std::uint16_t { efi_application = 10, efi_boot_service_driver = 11, efi_runtime_driver = 12 };

struct pe_program {
    machine built_for = machine::unknown;
    std::uint16_t subsystem = 0; ///< as stored; see pe_subsystem
    [[nodiscard]] bool is_efi_application() const {
        return subsystem == static_cast<std::uint16_t>(pe_subsystem::efi_application);
    }
};

/// The PE header of the file in `from`; nothing if it has none.
inline std::optional<pe_program> read_pe(const window& from) {
    const auto mz = from.get<std::array<char, 2>>(offset{});
    if (!mz || *mz != std::array{'M', 'Z'}) return {};
    const auto at = from.get<le32>(offset{60_B});
    if (!at) return {};
    const offset signature_at{bytes{from_disk(*at)}};
    const auto signature = from.get<std::array<char, 4>>(signature_at);
    if (!signature || *signature != std::array{'P', 'E', '\0', '\0'}) return {};
    const offset coff_at = signature_at + bytes{sizeof *signature};
    const auto coff = from.get<coff_header>(coff_at);
    if (!coff) return {};
    pe_program p{.built_for = machine_of_pe(from_disk(coff->machine))};
    if (from_disk(coff->size_of_optional_header) < sizeof(pe_optional_header)) return p;
    const auto optional = from.get<pe_optional_header>(coff_at + bytes{sizeof *coff});
    if (optional && (from_disk(optional->magic) == 0x10b || from_disk(optional->magic) == 0x20b))
        p.subsystem = from_disk(optional->subsystem);
    return p;
}

/// Throws format_error unless `program` is an EFI application for `board`; `name` is for the message.
inline void require_efi_application(const window& program, machine board, std::string_view name) {
    const auto pe = read_pe(program);
    if (!pe) fail::not_an_efi_program(name, "it has no PE header");
    if (pe->built_for != board) fail::efi_program_for_other_machine(name, name_of(pe->built_for), name_of(board));
    if (!pe->is_efi_application())
        fail::not_an_efi_program(name, text::join("its PE subsystem is ", pe->subsystem, " instead of 10"));
}

IMGCOMPOSE_NAMESPACE_END
