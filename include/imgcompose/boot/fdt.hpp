// SPDX-License-Identifier: BSL-1.0
// A device tree as a value, and its bytes as `dtc -I dts -O dtb` makes them. fdt_read.hpp reads them back.
// Source: Devicetree Specification 0.4, chapter 5; dtc flattree.c, dt_to_blob and flatten_tree.
#pragma once

#include <imgcompose/boot/fdt_format.hpp>
#include <imgcompose/image/source.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void fdt_name_impossible(std::string_view name, std::string_view why) {
    throw input_error(text::join("the device tree name ", text::quoted(name), ' ', why));
}
[[noreturn]] inline void fdt_name_twice(std::string_view name, std::string_view node) {
    throw input_error(text::join("the device tree node ", text::quoted(node), " has ", text::quoted(name),
                                 " twice; readers would see only the first"));
}
[[noreturn]] inline void fdt_nested_too_deeply() {
    throw input_error(text::join("a device tree has more than ", fdt_depth_limit, " nodes within each other"));
}
[[noreturn]] inline void fdt_too_large() {
    throw input_error("a device tree has more than 4 GiB, the limit of its 32-bit offsets; keep the contents of a FIT "
                      "outside of the tree");
}
[[noreturn]] inline void fdt_text_has_nul(std::string_view name) {
    throw input_error(
        text::join("the text of the device tree property ", text::quoted(name), " has a NUL, where readers end it"));
}
} // namespace fail

struct fdt_property {
    std::string name{};
    owned_bytes value{};
    friend bool operator==(const fdt_property&, const fdt_property&) = default;
};

struct fdt_node {
    std::string name{}; ///< empty for the root
    std::vector<fdt_property> properties{};
    std::vector<fdt_node> children{};
    friend bool operator==(const fdt_node&, const fdt_node&) = default;
};

/// Memory that the kernel must leave alone.
struct fdt_reservation {
    std::uint64_t address = 0;
    bytes size{};
    friend bool operator==(const fdt_reservation&, const fdt_reservation&) = default;
};

struct fdt {
    fdt_node root{};
    std::vector<fdt_reservation> reservations{};
    std::uint32_t boot_cpuid = 0; ///< dtc takes `reg` of the first node in /cpus if it is one cell
    friend bool operator==(const fdt&, const fdt&) = default;
};

// --- properties by the kind of their value ---------------------------------------------------------------------------

/// A property that is there or not: no value.
inline fdt_property fdt_flag(std::string name) { return {std::move(name), {}}; }

/// Numbers of 32 bits, as `<1 2>` in a source.
inline fdt_property fdt_cells(std::string name, std::initializer_list<std::uint32_t> values) {
    fdt_property p{std::move(name), {}};
    for (const std::uint32_t v : values) {
        const be32 field = to_disk(v);
        const auto raw = to_bytes(field);
        p.value.insert(p.value.end(), raw.begin(), raw.end());
    }
    return p;
}
inline fdt_property fdt_u64(std::string name, std::uint64_t value) {
    return fdt_cells(std::move(name), {static_cast<std::uint32_t>(value >> 32), static_cast<std::uint32_t>(value)});
}

/// Texts, each with its NUL. Throws input_error for a text that has one inside.
inline fdt_property fdt_strings(std::string name, std::span<const std::string> values) {
    fdt_property p{std::move(name), {}};
    for (const std::string_view v : values) {
        if (v.find('\0') != v.npos) fail::fdt_text_has_nul(p.name);
        const auto raw = std::as_bytes(std::span{v});
        p.value.insert(p.value.end(), raw.begin(), raw.end());
        p.value.push_back(std::byte{});
    }
    return p;
}
inline fdt_property fdt_string(std::string name, std::string value) {
    return fdt_strings(std::move(name), std::span{&value, 1});
}

// --- bytes
// -------------------------------------------------------------------------------------------------------------

struct fdt_options {
    bytes pad{};      ///< room behind the tree, within its size, for who adds to it (`dtc -p`)
    bytes smallest{}; ///< the size is at least this (`dtc -S`); not used with `pad`
    bytes pad_to{};   ///< the size is a multiple of this (`dtc -a`); 0: any
    /// Property names that are stored before those of the tree, in this order: what libfdt left there when it edited.
    std::vector<std::string> names_first{};
};

namespace detail {

class fdt_writer {
public:
    explicit fdt_writer(const std::vector<std::string>& names_first) {
        for (const std::string& name : names_first) (void)place_of(name);
    }

    void add(const fdt_node& node, std::size_t depth) {
        if (depth > fdt_depth_limit) fail::fdt_nested_too_deeply();
        check_name(node.name, depth == 1);
        refuse_twice(node);
        put(fdt_token::begin_node);
        put_padded(std::as_bytes(std::span{node.name.c_str(), node.name.size() + 1}));
        for (const fdt_property& p : node.properties) {
            if (p.name.empty()) fail::fdt_name_impossible(p.name, "is empty");
            if (p.name.find('\0') != p.name.npos) fail::fdt_name_impossible(p.name, "has a NUL");
            if (p.value.size() > std::numeric_limits<std::uint32_t>::max()) fail::fdt_too_large();
            put(fdt_token::property);
            put(static_cast<std::uint32_t>(p.value.size()));
            put(place_of(p.name));
            put_padded(p.value);
        }
        for (const fdt_node& child : node.children) add(child, depth + 1);
        put(fdt_token::end_node);
    }
    void put(fdt_token token) { put(static_cast<std::uint32_t>(token)); }

    owned_bytes structure{};
    std::string strings{};

private:
    void put(std::uint32_t value) {
        const be32 field = to_disk(value);
        const auto raw = to_bytes(field);
        structure.insert(structure.end(), raw.begin(), raw.end());
    }
    void put_padded(std::span<const std::byte> raw) {
        structure.insert(structure.end(), raw.begin(), raw.end());
        structure.resize(round_up(structure.size(), 4));
    }
    // A name that is the end of one that is there already shares its place.
    std::uint32_t place_of(const std::string& name) {
        const auto [known, is_new] = places_.try_emplace(name, 0);
        if (!is_new) return known->second;
        const std::string terminated = name + '\0';
        auto at = strings.find(terminated);
        if (at == strings.npos) {
            at = strings.size();
            strings += terminated;
        }
        return known->second = narrow<std::uint32_t>(at);
    }
    static void check_name(std::string_view name, bool is_root) {
        if (name.empty() != is_root)
            fail::fdt_name_impossible(name, is_root ? "is given to the root, which has none" : "is empty");
        if (name.find('\0') != name.npos) fail::fdt_name_impossible(name, "has a NUL");
        if (name.find('/') != name.npos) fail::fdt_name_impossible(name, "has a slash, which parts paths");
    }
    static void refuse_twice(const fdt_node& node) {
        std::set<std::string_view> seen;
        for (const fdt_property& p : node.properties)
            if (!seen.insert(p.name).second) fail::fdt_name_twice(p.name, node.name);
        seen.clear();
        for (const fdt_node& child : node.children)
            if (!seen.insert(child.name).second) fail::fdt_name_twice(child.name, node.name);
    }

    std::map<std::string, std::uint32_t> places_{};
};

} // namespace detail

/// The bytes of a device tree, version 17. Throws input_error for names that cannot be, twice the same, and nodes
/// nested more than 64 deep.
inline owned_bytes fdt_bytes(const fdt& tree, const fdt_options& options = {}) {
    detail::fdt_writer blocks{options.names_first};
    blocks.add(tree.root, 1);
    blocks.put(fdt_token::end);

    const std::uint64_t reservations = (tree.reservations.size() + 1) * sizeof(fdt_reserve_entry);
    const std::uint64_t structure_at = sizeof(fdt_header) + reservations; // 40 is a multiple of 8, as the map needs
    const std::uint64_t strings_at = structure_at + blocks.structure.size();
    const std::uint64_t used = strings_at + blocks.strings.size();
    std::uint64_t total = used;
    if (options.pad != bytes{}) total = checked_add(used, options.pad.count);
    else total = std::max(used, options.smallest.count);
    if (options.pad_to != bytes{}) total = round_up(total, options.pad_to.count);
    if (total > std::numeric_limits<std::uint32_t>::max()) fail::fdt_too_large();

    fdt_header h{};
    h.magic = to_disk(fdt_magic);
    h.totalsize = to_disk(total);
    h.off_dt_struct = to_disk(structure_at);
    h.off_dt_strings = to_disk(strings_at);
    h.off_mem_rsvmap = to_disk(sizeof(fdt_header));
    h.version = to_disk(fdt_version);
    h.last_comp_version = to_disk(fdt_last_compatible_version);
    h.boot_cpuid_phys = to_disk(tree.boot_cpuid);
    h.size_dt_strings = to_disk(blocks.strings.size());
    h.size_dt_struct = to_disk(blocks.structure.size());

    owned_bytes all(static_cast<std::size_t>(total));
    const std::span<std::byte> to{all};
    put_struct(to, h);
    for (std::size_t i = 0; i < tree.reservations.size(); ++i) {
        fdt_reserve_entry e{};
        e.address = to_disk(tree.reservations[i].address);
        e.size = to_disk(tree.reservations[i].size.count);
        put_struct(to.subspan(sizeof h + i * sizeof e), e);
    }
    std::ranges::copy(blocks.structure, all.begin() + static_cast<std::ptrdiff_t>(structure_at));
    std::ranges::copy(std::as_bytes(std::span{blocks.strings}), all.begin() + static_cast<std::ptrdiff_t>(strings_at));
    return all;
}

IMGCOMPOSE_NAMESPACE_END
