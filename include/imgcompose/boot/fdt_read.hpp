// SPDX-License-Identifier: BSL-1.0
// A flattened device tree in memory, looked into where it lies. All of it is checked once, in one pass without
// recursion; what is asked for afterwards cannot lead outside of it.
// Source: Devicetree Specification 0.4, chapter 5.
#pragma once

#include <imgcompose/boot/fdt.hpp>

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void not_a_device_tree(std::string_view why) {
    throw format_error(text::join("not a valid device tree: ", why));
}
} // namespace fail

/// A property where it lies. The values that are asked for are there only if its length fits them.
struct fdt_property_view {
    std::string_view name{};
    std::span<const std::byte> value{};

    [[nodiscard]] std::optional<std::uint32_t> u32() const {
        if (value.size() != 4) return {};
        return from_disk(struct_from<be32>(value));
    }
    /// One cell or two.
    [[nodiscard]] std::optional<std::uint64_t> number() const {
        if (value.size() == 8) return from_disk(struct_from<be64>(value));
        if (const auto n = u32()) return *n;
        return {};
    }
    /// All of its cells.
    [[nodiscard]] std::optional<std::vector<std::uint32_t>> cells() const {
        if (value.size() % 4 != 0) return {};
        std::vector<std::uint32_t> all;
        for (std::size_t at = 0; at < value.size(); at += 4)
            all.push_back(from_disk(struct_from<be32>(value.subspan(at))));
        return all;
    }
    /// Up to its first NUL, which must be there.
    [[nodiscard]] std::optional<std::string_view> string() const {
        const std::string_view all{reinterpret_cast<const char*>(value.data()), value.size()};
        const auto end = all.find('\0');
        if (end == all.npos) return {};
        return all.substr(0, end);
    }
    /// Each ended by a NUL.
    [[nodiscard]] std::optional<std::vector<std::string_view>> strings() const {
        std::string_view rest{reinterpret_cast<const char*>(value.data()), value.size()};
        std::vector<std::string_view> all;
        while (!rest.empty()) {
            const auto end = rest.find('\0');
            if (end == rest.npos) return {};
            all.push_back(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
        return all;
    }
};

class fdt_view;
namespace detail {
class fdt_scan;
}

/// A node where it lies; as long-lived as the bytes.
class fdt_node_view {
public:
    [[nodiscard]] std::string_view name() const { return name_; }
    [[nodiscard]] inline std::vector<fdt_property_view> properties() const;
    [[nodiscard]] inline std::optional<fdt_property_view> property(std::string_view name) const;
    [[nodiscard]] inline std::vector<fdt_node_view> children() const;
    [[nodiscard]] inline std::optional<fdt_node_view> child(std::string_view name) const;

    /// The property as a text, as a number; nothing if it is missing or of another shape.
    [[nodiscard]] std::optional<std::string_view> string(std::string_view name) const {
        const auto p = property(name);
        return p ? p->string() : std::nullopt;
    }
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const {
        const auto p = property(name);
        return p ? p->number() : std::nullopt;
    }

private:
    friend class fdt_view;
    friend class detail::fdt_scan;
    std::span<const std::byte> structure_{}; // all of the block
    std::string_view strings_{};
    std::string_view name_{};
    std::size_t content_at_ = 0; // behind the name
};

namespace detail {

// The specification allows 31 characters, and nobody has been seen to use more than 60. Without a limit a hostile tree
// whose properties all have the same endless name would be read as often as it has properties.
inline constexpr std::size_t property_name_limit = 255;

// Steps from token to token; a wrong one throws format_error.
class fdt_scan {
public:
    fdt_scan(std::span<const std::byte> structure, std::string_view strings, std::size_t at)
        : structure_(structure), strings_(strings), at_(at) {}
    explicit fdt_scan(const fdt_node_view& inside) : fdt_scan(inside.structure_, inside.strings_, inside.content_at_) {}

    /// The next token that means something; its name and value are in `name`, `value`.
    fdt_token next() {
        while (true) {
            const auto token = static_cast<fdt_token>(word());
            switch (token) {
            case fdt_token::nop: continue;
            case fdt_token::end_node:
            case fdt_token::end: return token;
            case fdt_token::begin_node: read_node_name(); return token;
            case fdt_token::property: read_property(); return token;
            }
            fail::not_a_device_tree(text::join("the token at byte ", at_ - 4, " of its structure block is ",
                                               text::hex(static_cast<std::uint32_t>(token))));
        }
    }
    /// Behind the node whose beginning was the last token.
    void skip_node() {
        for (std::size_t depth = 1; depth != 0;) {
            const auto token = next();
            if (token == fdt_token::begin_node) ++depth;
            else if (token == fdt_token::end_node) --depth;
            else if (token == fdt_token::end) fail::not_a_device_tree("it ends within a node");
        }
    }
    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] fdt_node_view node() const {
        fdt_node_view n;
        n.structure_ = structure_, n.strings_ = strings_, n.name_ = name, n.content_at_ = at_;
        return n;
    }

    std::string_view name{};
    std::span<const std::byte> value{};

private:
    std::uint32_t word() {
        if (structure_.size() - at_ < 4) fail::not_a_device_tree("its structure block has no end");
        const auto w = from_disk(struct_from<be32>(structure_.subspan(at_)));
        at_ += 4;
        return w;
    }
    void align() { at_ = std::min<std::size_t>(round_up(at_, 4), structure_.size()); }
    void read_node_name() {
        const std::string_view rest{reinterpret_cast<const char*>(structure_.data()) + at_, structure_.size() - at_};
        const auto end = rest.find('\0');
        if (end == rest.npos) fail::not_a_device_tree("the name of a node has no end");
        name = rest.substr(0, end);
        at_ += end + 1;
        align();
    }
    void read_property() {
        const std::uint32_t size = word();
        const std::uint32_t name_at = word();
        if (size > structure_.size() - at_)
            fail::not_a_device_tree(text::join("a property has ", size, " bytes, but only ", structure_.size() - at_,
                                               " are left in its structure block"));
        if (name_at >= strings_.size()) fail::not_a_device_tree("the name of a property lies outside of its strings");
        const std::string_view rest = strings_.substr(name_at, property_name_limit + 1);
        const auto end = rest.find('\0');
        if (end == rest.npos)
            fail::not_a_device_tree(
                rest.size() > property_name_limit
                    ? text::join("the name of a property has more than ", property_name_limit, " characters")
                    : std::string{"the name of a property has no end"});
        name = rest.substr(0, end);
        value = structure_.subspan(at_, size);
        at_ += size;
        align();
    }

    std::span<const std::byte> structure_;
    std::string_view strings_;
    std::size_t at_;
};

} // namespace detail

inline std::vector<fdt_property_view> fdt_node_view::properties() const {
    std::vector<fdt_property_view> all;
    detail::fdt_scan scan{*this};
    while (scan.next() == fdt_token::property) all.push_back({scan.name, scan.value});
    return all;
}
inline std::optional<fdt_property_view> fdt_node_view::property(std::string_view name) const {
    detail::fdt_scan scan{*this};
    while (scan.next() == fdt_token::property)
        if (scan.name == name) return fdt_property_view{scan.name, scan.value};
    return {};
}
inline std::vector<fdt_node_view> fdt_node_view::children() const {
    std::vector<fdt_node_view> all;
    detail::fdt_scan scan{*this};
    for (auto token = scan.next(); token != fdt_token::end_node; token = scan.next()) {
        if (token != fdt_token::begin_node) continue;
        all.push_back(scan.node());
        scan.skip_node();
    }
    return all;
}
inline std::optional<fdt_node_view> fdt_node_view::child(std::string_view name) const {
    detail::fdt_scan scan{*this};
    for (auto token = scan.next(); token != fdt_token::end_node; token = scan.next()) {
        if (token != fdt_token::begin_node) continue;
        if (scan.name == name) return scan.node();
        scan.skip_node();
    }
    return {};
}

/// A device tree at the start of `from`, which must outlive this; bytes behind its `totalsize` are somebody else's.
class fdt_view {
public:
    /// Throws format_error for what is damaged anywhere.
    explicit fdt_view(std::span<const std::byte> from) {
        if (from.size() < sizeof(fdt_header))
            fail::not_a_device_tree(text::join("it has ", from.size(), " bytes, the header alone has 40"));
        header_ = struct_from<fdt_header>(from);
        if (from_disk(header_.magic) != fdt_magic)
            fail::not_a_device_tree(
                text::join("it begins with ", text::hex(from_disk(header_.magic)), " instead of 0xd00dfeed"));
        const std::uint32_t total = from_disk(header_.totalsize);
        if (total > from.size())
            fail::not_a_device_tree(
                text::join("the last ", total - from.size(), " of its ", total, " bytes are missing"));
        blob_ = from.first(total);
        check_versions();
        read_reservations();
        structure_ = block("structure block", from_disk(header_.off_dt_struct), from_disk(header_.size_dt_struct));
        const auto names =
            block("strings block", from_disk(header_.off_dt_strings), from_disk(header_.size_dt_strings));
        strings_ = {reinterpret_cast<const char*>(names.data()), names.size()};
        check_structure();
    }

    /// With its padding.
    [[nodiscard]] bytes size() const { return bytes{blob_.size()}; }
    [[nodiscard]] std::uint32_t version() const { return from_disk(header_.version); }
    [[nodiscard]] std::uint32_t boot_cpuid() const { return from_disk(header_.boot_cpuid_phys); }
    [[nodiscard]] const std::vector<fdt_reservation>& reservations() const { return reservations_; }
    [[nodiscard]] const fdt_node_view& root() const { return root_; }

    /// The node at an absolute path, such as "/images/u-boot"; "/" is the root. A name without its unit address
    /// ("memory" for "memory@80000000") is not found.
    [[nodiscard]] std::optional<fdt_node_view> find(std::string_view path) const {
        if (!path.starts_with('/')) return {};
        std::optional<fdt_node_view> here = root_;
        while (here && !path.empty()) {
            path.remove_prefix(1);
            const auto name = path.substr(0, path.find('/'));
            if (!name.empty()) here = here->child(name);
            path.remove_prefix(name.size());
        }
        return here;
    }

private:
    void check_versions() const {
        if (blob_.size() < sizeof(fdt_header)) fail::not_a_device_tree("it is smaller than its header");
        if (version() < fdt_version || from_disk(header_.last_comp_version) > fdt_version)
            fail::not_a_device_tree(text::join("it is of version ", version(),
                                               "; only version 17 and what is compatible "
                                               "with it are known, make it with a "
                                               "current dtc"));
    }
    [[nodiscard]] std::span<const std::byte> block(std::string_view what, std::uint32_t at, std::uint32_t size) const {
        if (at < sizeof(fdt_header) || at > blob_.size() || size > blob_.size() - at)
            fail::not_a_device_tree(text::join("its ", what, " lies outside of it"));
        return blob_.subspan(at, size);
    }
    void read_reservations() {
        const std::uint32_t start = from_disk(header_.off_mem_rsvmap);
        for (std::uint64_t at = start;; at += sizeof(fdt_reserve_entry)) {
            if (at < sizeof(fdt_header) || at + sizeof(fdt_reserve_entry) > blob_.size())
                fail::not_a_device_tree("its memory reservations have no end");
            const auto e = struct_from<fdt_reserve_entry>(blob_.subspan(static_cast<std::size_t>(at)));
            if (from_disk(e.address) == 0 && from_disk(e.size) == 0) return;
            reservations_.push_back({from_disk(e.address), bytes{from_disk(e.size)}});
        }
    }
    void check_structure() {
        if (from_disk(header_.off_dt_struct) % 4 != 0) fail::not_a_device_tree("its structure block is not aligned");
        detail::fdt_scan scan{structure_, strings_, 0};
        if (scan.next() != fdt_token::begin_node) fail::not_a_device_tree("it does not begin with a node");
        root_ = scan.node();
        std::size_t depth = 1;
        bool had_child = false; // of the node that is open
        while (depth != 0) {
            switch (scan.next()) {
            case fdt_token::begin_node:
                if (++depth > fdt_depth_limit)
                    fail::not_a_device_tree(text::join("its nodes are nested more than ", fdt_depth_limit, " deep"));
                had_child = false;
                break;
            case fdt_token::end_node:
                --depth;
                had_child = true;
                break;
            case fdt_token::property:
                if (had_child) fail::not_a_device_tree("a property stands behind a child of its node");
                break;
            default: fail::not_a_device_tree("it ends within a node");
            }
        }
        if (scan.next() != fdt_token::end) fail::not_a_device_tree("something follows the end of its root");
    }

    std::span<const std::byte> blob_;
    fdt_header header_{};
    std::span<const std::byte> structure_;
    std::string_view strings_;
    std::vector<fdt_reservation> reservations_;
    fdt_node_view root_;
};

namespace detail {
// Depth is bounded: fdt_view has checked it.
inline fdt_node copy_of(const fdt_node_view& from) {
    fdt_node n{.name = std::string{from.name()}};
    for (const auto& p : from.properties())
        n.properties.push_back({std::string{p.name}, {p.value.begin(), p.value.end()}});
    for (const auto& child : from.children()) n.children.push_back(copy_of(child));
    return n;
}
} // namespace detail

/// A device tree as a value, to be changed and written anew; without its padding. Throws format_error.
inline fdt read_fdt(std::span<const std::byte> from) {
    const fdt_view view{from};
    return {.root = detail::copy_of(view.root()), .reservations = view.reservations(), .boot_cpuid = view.boot_cpuid()};
}

IMGCOMPOSE_NAMESPACE_END
