// SPDX-License-Identifier: BSL-1.0
// Partition types and attributes from text and to text, for descriptions and reports. A name may be written in either
// case, with '-' for '_', and without "linux_" in front: "root-arm64" is linux_root_arm64.
#pragma once

#include <imgcompose/core/suggest.hpp>
#include <imgcompose/core/text.hpp>
#include <imgcompose/partition/linux_types.hpp>
#include <imgcompose/partition/types.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void no_such_partition_type(std::string_view name) {
    std::vector<std::string_view> known;
    for (const auto& n : partition_type::names) known.push_back(n.name);
    throw input_error(text::join(text::quoted(name), " is not a partition type",
                                 text::nearest(name, known).empty()
                                     ? "; write a UUID, root_<architecture> or usr_<architecture> with or without "
                                       "_verity or _verity_sig, or a name"
                                     : "",
                                 text::did_you_mean(name, known)));
}
[[noreturn]] inline void no_such_mbr_type(std::string_view name) {
    std::vector<std::string_view> known;
    for (const auto& n : mbr_type::names) known.push_back(n.name);
    throw input_error(text::join(text::quoted(name), " is not an MBR partition type",
                                 text::nearest(name, known).empty()
                                     ? "; write two hexadecimal digits, such as 0x83, or a name"
                                     : "",
                                 text::did_you_mean(name, known)));
}
[[noreturn]] inline void no_such_attribute(std::string_view name) {
    throw input_error(text::join(text::quoted(name),
                                 " is not a GPT attribute; there are: required no_block_io "
                                 "legacy_bios_bootable grow_filesystem read_only shadow_copy hidden "
                                 "no_auto chromeos_priority=N chromeos_tries=N chromeos_successful"));
}
} // namespace fail

namespace detail {

constexpr char folded(char c) { return c == '-' ? '_' : text::lower_case(c); }

constexpr bool same_name(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (folded(a[i]) != folded(b[i])) return false;
    return true;
}

/// Takes `prefix` off the front of `name`, if it is there.
constexpr bool take_prefix(std::string_view& name, std::string_view prefix) {
    if (!same_name(name.substr(0, prefix.size()), prefix)) return false;
    name.remove_prefix(prefix.size());
    return true;
}

struct linux_type_column {
    std::string_view prefix{}, suffix{};
    uuid partition_type::linux_architecture::*member = nullptr;
};
// Longer suffixes first, as "_verity" is no part of an architecture's name.
inline constexpr std::array<linux_type_column, 6> linux_type_columns{{
    {"root_", "_verity_sig", &partition_type::linux_architecture::root_verity_sig},
    {"usr_", "_verity_sig", &partition_type::linux_architecture::usr_verity_sig},
    {"root_", "_verity", &partition_type::linux_architecture::root_verity},
    {"usr_", "_verity", &partition_type::linux_architecture::usr_verity},
    {"root_", "", &partition_type::linux_architecture::root},
    {"usr_", "", &partition_type::linux_architecture::usr},
}};

struct named_attribute {
    std::string_view name{};
    gpt_attributes value{};
};
inline constexpr std::array<named_attribute, 10> attribute_names{{
    {"required", gpt_attributes::required},
    {"no_block_io", gpt_attributes::no_block_io},
    {"legacy_bios_bootable", gpt_attributes::legacy_bios_bootable},
    {"bootable", gpt_attributes::legacy_bios_bootable},
    {"grow_filesystem", gpt_attributes::grow_filesystem},
    {"read_only", gpt_attributes::read_only},
    {"shadow_copy", gpt_attributes::shadow_copy},
    {"hidden", gpt_attributes::hidden},
    {"no_auto", gpt_attributes::no_auto},
    {"chromeos_successful", chromeos_kernel_attributes{.successful = true}},
}};

} // namespace detail

namespace partition_type {

/// The type of that name, or the UUID that is written there. Throws input_error.
constexpr uuid named(std::string_view name) {
    if (name.size() == 36 && name[8] == '-') return parse_uuid(name);
    for (const named_type& n : names)
        if (detail::same_name(name, n.name)) return n.type;
    std::string_view rest = name;
    detail::take_prefix(rest, "linux_");
    for (const named_type& n : names) {
        std::string_view known = n.name;
        if (detail::take_prefix(known, "linux_") && detail::same_name(rest, known)) return n.type;
    }
    for (const detail::linux_type_column& c : detail::linux_type_columns) {
        std::string_view middle = rest;
        if (!detail::take_prefix(middle, c.prefix) || middle.size() < c.suffix.size()) continue;
        const std::size_t length = middle.size() - c.suffix.size();
        if (!detail::same_name(middle.substr(length), c.suffix)) continue;
        for (const linux_architecture& a : linux_architectures)
            if (detail::same_name(middle.substr(0, length), a.name)) return a.*c.member;
    }
    fail::no_such_partition_type(name);
}

/// The name that `named` understands; the UUID's text if it has none.
inline std::string name_of(const uuid& type) {
    for (const named_type& n : names)
        if (n.type == type) return std::string{n.name};
    for (const linux_architecture& a : linux_architectures)
        for (const detail::linux_type_column& c : detail::linux_type_columns)
            if (a.*c.member == type) return text::join("linux_", c.prefix, a.name, c.suffix);
    return to_string(type);
}

/// What people call it: "Linux filesystem", "Linux root (arm64)"; the UUID's text if it has no name.
inline std::string title_of(const uuid& type) {
    for (const named_type& n : names)
        if (n.type == type) return std::string{n.title};
    for (const linux_architecture& a : linux_architectures)
        for (const detail::linux_type_column& c : detail::linux_type_columns)
            if (a.*c.member == type)
                return text::join("Linux ", c.prefix.substr(0, c.prefix.size() - 1),
                                  c.suffix.empty()        ? ""
                                  : c.suffix == "_verity" ? " verity"
                                                          : " verity signature",
                                  " (", a.name, ')');
    return to_string(type);
}

} // namespace partition_type

namespace mbr_type {

/// The type of that name or those two hexadecimal digits, with or without 0x. Throws input_error.
constexpr std::uint8_t named(std::string_view name) {
    for (const named_type& n : names)
        if (detail::same_name(name, n.name)) return n.type;
    std::string_view digits = name;
    detail::take_prefix(digits, "0x");
    if (digits.empty() || digits.size() > 2) fail::no_such_mbr_type(name);
    unsigned value = 0;
    for (const char c : digits) {
        const char d = detail::folded(c);
        if (d >= '0' && d <= '9') value = value * 16 + static_cast<unsigned>(d - '0');
        else if (d >= 'a' && d <= 'f') value = value * 16 + static_cast<unsigned>(d - 'a' + 10);
        else fail::no_such_mbr_type(name);
    }
    return static_cast<std::uint8_t>(value);
}

/// The name that `named` understands; 0x and two digits if it has none.
inline std::string name_of(std::uint8_t type) {
    for (const named_type& n : names)
        if (n.type == type) return std::string{n.name};
    return type < 16 ? text::hex(type).insert(2, "0") : text::hex(type);
}

/// What people call it: "FAT32 (LBA)"; "type 0x7f" if it has no name.
inline std::string title_of(std::uint8_t type) {
    for (const named_type& n : names)
        if (n.type == type) return std::string{n.title};
    return text::join("type ", name_of(type));
}

} // namespace mbr_type

/// The attribute of that name. Throws input_error.
constexpr gpt_attributes gpt_attribute_named(std::string_view name) {
    for (const auto& a : detail::attribute_names)
        if (detail::same_name(name, a.name)) return a.value;
    // How depthcharge chooses: chromeos_priority=10, chromeos_tries=2.
    const auto number = [&](std::string_view before) -> std::optional<unsigned> {
        std::string_view digits = name;
        if (!detail::take_prefix(digits, before) || digits.empty() || digits.size() > 2) return {};
        unsigned value = 0;
        for (const char c : digits) {
            if (c < '0' || c > '9') return {};
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        return value;
    };
    if (const auto priority = number("chromeos_priority=")) return chromeos_kernel_attributes{.priority = *priority};
    if (const auto tries = number("chromeos_tries=")) return chromeos_kernel_attributes{.tries = *tries};
    fail::no_such_attribute(name);
}

IMGCOMPOSE_NAMESPACE_END
