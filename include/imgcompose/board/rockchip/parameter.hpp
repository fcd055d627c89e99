// SPDX-License-Identifier: BSL-1.0
// parameter.txt, by which Rockchip's tools partition a medium: `KEY: value` lines, of which CMDLINE has the partitions
// as mtdparts=DEVICE:SIZE@START(NAME[:bootable][:grow]),... in sectors of 512 bytes. Source: rkdeveloptool main.cpp,
// parse_parameter and create_gpt_buffer, and DefineHeader.h; Rockchip's U-Boot disk/part_rkparm.c.
#pragma once

#include <imgcompose/core/guid.hpp>
#include <imgcompose/core/text.hpp>
#include <imgcompose/partition/gpt.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void parameter_is_wrong(std::size_t line, std::string_view why) {
    throw format_error(text::join("parameter.txt:", line == 0 ? std::string{} : text::join(line, ':'), ' ', why));
}
[[noreturn]] inline void parameter_would_be_read_otherwise() {
    throw format_error("parameter.txt: a key, a value, the command line or the device would be read as something else; "
                       "leave out line breaks, blanks at the ends, and the keys CMDLINE and TYPE");
}
[[noreturn]] inline void partition_behind_the_end(std::string_view name, std::uint64_t last, std::uint64_t most) {
    throw layout_error(text::join("partition ", text::quoted(name), " of parameter.txt ends at sector ", last,
                                  ", behind the last usable one, ", most));
}
} // namespace fail

namespace rockchip {

struct parameter_partition {
    std::string name{};
    lba first{};
    std::optional<std::uint64_t> sectors{}; ///< nothing: up to the end of the disk
    bool bootable = false;
    uuid id{}; ///< nil: not given
    friend bool operator==(const parameter_partition&, const parameter_partition&) = default;
};

struct parameter {
    std::vector<std::pair<std::string, std::string>> keys{}; ///< all but CMDLINE, `uuid` and TYPE, in the file's order
    std::string cmdline{};                                   ///< of CMDLINE in front of mtdparts=, without the blank
    std::string device = "rk29xxnand";
    std::vector<parameter_partition> partitions{}; ///< in order of `first`
    friend bool operator==(const parameter&, const parameter&) = default;
};

namespace detail {

constexpr std::string_view trimmed(std::string_view s) {
    constexpr std::string_view blanks = " \t\r";
    const auto first = s.find_first_not_of(blanks);
    return first == s.npos ? std::string_view{} : s.substr(first, s.find_last_not_of(blanks) - first + 1);
}

/// The partitions behind mtdparts=.
class parameter_reader {
public:
    parameter_reader(std::string_view s, std::size_t line) : rest_(s), line_(line) {}

    void read(parameter& to) {
        to.device = std::string{up_to(':', "the device's name")};
        if (to.device.empty()) wrong("mtdparts= names no device");
        do to.partitions.push_back(partition());
        while (taken(","));
        if (!trimmed(rest_).empty()) wrong(text::join(text::quoted(rest_), " is left over behind the last partition"));
    }

private:
    [[noreturn]] void wrong(std::string_view why) const { fail::parameter_is_wrong(line_, why); }

    parameter_partition partition() {
        parameter_partition p;
        if (!taken("-")) p.sectors = number("a size");
        if (!taken("@")) wrong(text::join("a start, \"@0x...\", is missing before ", text::quoted(rest_)));
        p.first = lba{number("a start")};
        if (!taken("(")) wrong(text::join("a name in brackets is missing before ", text::quoted(rest_)));
        std::string_view inside = up_to(')', "the end of a name");
        p.name = std::string{inside.substr(0, inside.find(':'))};
        while (inside.find(':') != inside.npos) {
            inside.remove_prefix(inside.find(':') + 1);
            const std::string_view flag = inside.substr(0, inside.find(':'));
            if (flag == "grow") p.sectors.reset();
            else if (flag == "bootable") p.bootable = true;
            else wrong(text::join("a partition is not ", text::quoted(flag), "; it can be bootable or grow"));
        }
        return p;
    }
    std::uint64_t number(std::string_view what) {
        // Without 0x rkdeveloptool passes over the partition, and U-Boot takes the digits for hexadecimal ones.
        if (!taken("0x")) wrong(text::join(what, ", \"0x...\", is expected before ", text::quoted(rest_)));
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, 16);
        if (error != std::errc{})
            wrong(text::join(what, " of 32 bits in hexadecimal digits is expected before ", text::quoted(rest_)));
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }
    bool taken(std::string_view s) {
        if (!rest_.starts_with(s)) return false;
        rest_.remove_prefix(s.size());
        return true;
    }
    std::string_view up_to(char end, std::string_view what) {
        const auto at = rest_.find(end);
        if (at == rest_.npos)
            wrong(text::join(what, " is missing: there is no \"", end, "\" in ", text::quoted(rest_)));
        const std::string_view found = rest_.substr(0, at);
        rest_.remove_prefix(at + 1);
        return found;
    }

    std::string_view rest_;
    std::size_t line_;
};

inline constexpr std::size_t most_partitions = 128;

using named_id = std::pair<std::string, uuid>;

/// Of NAME=UUID, whose hyphens may be missing.
inline named_id partition_id(std::string_view s, std::size_t line) {
    const auto equals = s.find('=');
    if (equals == s.npos) fail::parameter_is_wrong(line, "a uuid is written as `uuid:NAME=UUID`");
    std::string digits{trimmed(s.substr(equals + 1))};
    if (digits.size() == 32)
        for (const std::size_t at : {20u, 16u, 12u, 8u}) digits.insert(at, 1, '-');
    try {
        return {std::string{trimmed(s.substr(0, equals))}, parse_uuid(digits)};
    } catch (const input_error& e) {
        fail::parameter_is_wrong(line, e.what());
    }
}

/// By itself: what rkdeveloptool and U-Boot would write into a GPT, or look for, as something else.
inline void check(const parameter_partition& p, std::size_t line) {
    const auto wrong = [&](const auto&... why) { fail::parameter_is_wrong(line, text::join(why...)); };
    constexpr std::size_t longest = 36, longest_with_id = 19; // STRUCT_CONFIG_ITEM has 20 characters with the NUL
    constexpr std::uint64_t rest_of_disk = 0xffffffff;        // how rkdeveloptool keeps a size of "-"
    if (p.name.empty()) wrong("a partition has no name");
    const std::string name = text::quoted(p.name);
    // Each character becomes one of UTF-16, so that only ASCII stays what it is.
    if (!std::ranges::all_of(p.name, [](char c) {
            return c > ' ' && c <= '~' && std::string_view{",:()="}.find(c) == std::string_view::npos;
        }))
        wrong(name, " has a blank, one of \",:()=\" or what is not ASCII in it");
    if (p.name.size() > longest) wrong(name, " has more than the ", longest, " characters that a GPT holds");
    if (!p.id.is_nil() && p.name.size() > longest_with_id)
        wrong(name, " has a uuid, and more than the ", longest_with_id, " characters that rkdeveloptool looks for");
    // Behind any colon it looks for these words in the name too.
    if (p.bootable == p.sectors.has_value() && p.name.find(p.bootable ? "grow" : "bootable") != p.name.npos)
        wrong(name, " has the name of a flag in it, which rkdeveloptool takes for the flag");
    if (p.sectors == 0u) wrong(name, " has no sectors");
    if (p.first.value > rest_of_disk || p.sectors.value_or(0) >= rest_of_disk)
        wrong(name, " begins or ends where 32 bits do not reach");
}

} // namespace detail

/// Throws format_error for what Rockchip's tools would misread, for partitions that overlap, stand out of order or have
/// the same name, and for more than a GPT has room for.
inline void check(const parameter& p, std::size_t line = 0) {
    constexpr std::size_t most = detail::most_partitions;
    if (p.partitions.empty()) fail::parameter_is_wrong(line, "there is no partition");
    if (p.partitions.size() > most)
        fail::parameter_is_wrong(line, text::join("there are ", p.partitions.size(),
                                                  " partitions; rkdeveloptool's GPT has room for ", most));
    for (std::size_t i = 0; i < p.partitions.size(); ++i) {
        const parameter_partition& a = p.partitions[i];
        detail::check(a, line);
        for (std::size_t j = 0; j < i; ++j)
            if (text::lower_case(p.partitions[j].name) == text::lower_case(a.name))
                fail::parameter_is_wrong(line, text::join("two partitions are named ", text::quoted(a.name),
                                                          "; rkdeveloptool does not tell upper from lower case"));
        if (i == 0) continue;
        const parameter_partition& before = p.partitions[i - 1];
        if (!before.sectors)
            fail::parameter_is_wrong(line, text::join(text::quoted(before.name), " takes the rest of the disk, and ",
                                                      text::quoted(a.name), " comes behind it"));
        if (before.first.value + *before.sectors > a.first.value)
            fail::parameter_is_wrong(line, text::join(text::quoted(a.name), " begins at sector ", a.first.value,
                                                      ", but ", text::quoted(before.name), " before it ends behind ",
                                                      before.first.value + *before.sectors - 1));
    }
}

/// Throws format_error, with the line, for what Rockchip's tools would misread. A size of "-" alone is taken as U-Boot
/// does, up to the end of the disk, where rkdeveloptool wants `:grow` beside it. Sectors count from the disk's start,
/// as rkdeveloptool has them; without a GPT, U-Boot on eMMC counts them from 0x2000.
inline parameter parse_parameter(std::string_view s) {
    parameter p;
    std::size_t number = 0, line_of_partitions = 0;
    std::vector<detail::named_id> ids;
    while (!s.empty()) {
        const std::string_view line = detail::trimmed(s.substr(0, s.find('\n')));
        s.remove_prefix(std::min(s.size(), s.find('\n') == s.npos ? s.size() : s.find('\n') + 1));
        ++number;
        if (line.empty() || line.starts_with('#')) continue;
        const auto colon = line.find(':');
        if (colon == line.npos)
            fail::parameter_is_wrong(number, text::join(text::quoted(line), " has no colon behind its key"));
        const std::string_view key = detail::trimmed(line.substr(0, colon)),
                               value = detail::trimmed(line.substr(colon + 1));
        // rkdeveloptool looks for these two anywhere in a line, and for the first one first.
        const auto id_at = line.find("uuid:"), partitions_at = line.find("mtdparts");
        if (id_at != line.npos && id_at != 0)
            fail::parameter_is_wrong(number, "with \"uuid:\" in it the line is taken for a partition's uuid");
        if ((partitions_at != line.npos || key == "CMDLINE") && id_at == line.npos) {
            constexpr std::string_view parts = "mtdparts=";
            const auto at = value.find(parts);
            if (key != "CMDLINE" || at == value.npos)
                fail::parameter_is_wrong(number, "partitions are written as `CMDLINE: mtdparts=DEVICE:...`");
            if (line_of_partitions != 0)
                fail::parameter_is_wrong(number, text::join("mtdparts= was on line ", line_of_partitions, " already"));
            line_of_partitions = number;
            p.cmdline = std::string{detail::trimmed(value.substr(0, at))};
            detail::parameter_reader{value.substr(at + parts.size()), number}.read(p);
        } else if (key == "uuid") {
            ids.push_back(detail::partition_id(value, number));
            if (std::ranges::count(ids, ids.back().first, &detail::named_id::first) > 1)
                fail::parameter_is_wrong(number, text::join(text::quoted(ids.back().first), " has a uuid already"));
            // As many as there can be partitions: what is found above stays quick.
            if (ids.size() > detail::most_partitions)
                fail::parameter_is_wrong(number, "there are more uuids than partitions");
        } else if (key == "TYPE") {
            if (value != "GPT")
                fail::parameter_is_wrong(
                    number, text::join("TYPE is ", text::quoted(value), "; only GPT is a table of partitions"));
        } else {
            p.keys.emplace_back(key, value);
        }
    }
    if (line_of_partitions == 0) fail::parameter_is_wrong(number, "there is no mtdparts= in it");
    for (const auto& [name, id] : ids) {
        const auto found = std::ranges::find(p.partitions, name, &parameter_partition::name);
        if (found == p.partitions.end())
            fail::parameter_is_wrong(number,
                                     text::join("a uuid is for ", text::quoted(name), ", which is no partition"));
        found->id = id;
    }
    check(p, line_of_partitions);
    return p;
}

/// The file's text. Throws as `check` does, and for what would be read back as something else.
inline std::string emit(const parameter& p) {
    check(p);
    std::string out;
    for (const auto& [key, value] : p.keys) text::append(out, text::join(key, ": ", value, '\n'));
    text::append(out, "TYPE: GPT\nCMDLINE: ");
    if (!p.cmdline.empty()) text::append(out, text::join(p.cmdline, ' '));
    text::append(out, text::join("mtdparts=", p.device, ':'));
    const auto number = [](std::uint64_t n) {
        const std::string digits = text::hex(n).substr(2);
        return "0x" + std::string(digits.size() < 8 ? 8 - digits.size() : 0, '0') + digits;
    };
    bool first = true;
    for (const parameter_partition& e : p.partitions) {
        if (!std::exchange(first, false)) text::append(out, ',');
        text::append(out, text::join(e.sectors ? number(*e.sectors) : std::string{"-"}, '@', number(e.first.value), '(',
                                     e.name, e.bootable ? ":bootable" : "", e.sectors ? "" : ":grow", ')'));
    }
    text::append(out, '\n');
    for (const parameter_partition& e : p.partitions)
        if (!e.id.is_nil()) text::append(out, text::join("uuid:", e.name, '=', to_string(e.id), '\n'));
    if (parse_parameter(out) != p) fail::parameter_would_be_read_otherwise();
    return out;
}

/// The entries of a GPT for a disk whose last usable sector is that. Their names are those in `p`, which has to stay.
inline std::vector<gpt_partition> gpt_partitions(const parameter& p, lba last_usable) {
    check(p);
    std::vector<gpt_partition> table;
    for (const parameter_partition& e : p.partitions) {
        const lba last = e.sectors ? lba{e.first.value + *e.sectors - 1} : last_usable;
        if (last.value > last_usable.value || e.first.value > last.value)
            fail::partition_behind_the_end(e.name, std::max(last.value, e.first.value), last_usable.value);
        table.push_back({.name = e.name,
                         .id = e.id,
                         .first = e.first,
                         .last = last,
                         .attributes = e.bootable ? gpt_attributes::legacy_bios_bootable : gpt_attributes{}});
    }
    return table;
}

/// What makes Rockchip's tools write such a table: for entries in order of their sectors.
inline parameter parameter_of(std::span<const gpt_partition> table) {
    parameter p{.keys = {{"FIRMWARE_VER", "1.0"}, {"MAGIC", "0x5041524B"}}};
    for (const gpt_partition& e : table)
        p.partitions.push_back({.name = std::string{e.name},
                                .first = e.first,
                                .sectors = e.last.value - e.first.value + 1,
                                .bootable = e.attributes.has(gpt_attributes::legacy_bios_bootable),
                                .id = e.id});
    check(p);
    return p;
}

} // namespace rockchip
IMGCOMPOSE_NAMESPACE_END
