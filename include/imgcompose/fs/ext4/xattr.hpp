// SPDX-License-Identifier: BSL-1.0
// Extended attributes and ACLs as ext4 stores them: in the inode, in a block that equal inodes share, or, where a value
// is too large for that, in an inode of its own. Source: Linux fs/ext4/xattr.c, xattr.h, acl.c.
#pragma once

#include <imgcompose/fs/ext4/checksum.hpp>
#include <imgcompose/tree/node.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void xattr_not_storable(std::string_view path, std::string_view name, std::string_view why) {
    throw input_error(text::join("the extended attribute ", text::quoted(name), " of ", text::quoted(path),
                                 " cannot be stored in ext4: ", why));
}
} // namespace fail

/// One set of attributes, each given its place. Equal sets of a tree have one such plan.
struct ext4_xattr_plan {
    enum class place : std::uint8_t { inode, block, own_inode };
    struct attribute {
        std::uint8_t index = 0; ///< e_name_index: the prefix as a number
        std::string name;       ///< what is left of it
        std::string value;
        place where = place::inode;
        std::uint32_t value_inode = 0; ///< place::own_inode: set when inodes are numbered
        bool entry_in_inode = false;   ///< place::own_inode: where its entry is
    };
    std::vector<attribute> attributes; ///< in the order that blocks demand
    bool uses_block = false;

    static std::uint32_t entry_size(const attribute& a) {
        return static_cast<std::uint32_t>(round_up(sizeof(ext4_format::xattr_entry) + a.name.size(), 4));
    }
    static std::uint32_t value_size(const attribute& a) {
        return static_cast<std::uint32_t>(round_up(a.value.size(), 4));
    }
    [[nodiscard]] static bool entry_is_in_inode(const attribute& a) {
        return a.where == place::inode || (a.where == place::own_inode && a.entry_in_inode);
    }
};

namespace detail {

/// An ACL from the kernel's interface format (8 bytes an entry) to ext4's (4 bytes, 8 for named users and groups).
/// Linux include/uapi/linux/posix_acl_xattr.h and fs/ext4/acl.c, ext4_acl_to_disk.
inline std::string acl_to_disk(std::string_view value, std::string_view path, std::string_view name) {
    const auto u16 = [&](std::size_t at) {
        return static_cast<unsigned>(static_cast<unsigned char>(value[at])) |
               static_cast<unsigned>(static_cast<unsigned char>(value[at + 1])) << 8;
    };
    if (value.size() < 4 || value.size() % 8 != 4 || u16(0) != 2 || u16(2) != 0)
        fail::xattr_not_storable(path, name, "its value is not an ACL of version 2");
    if (value.size() == 4)
        fail::xattr_not_storable(path, name, "it is an ACL without entries, which Linux refuses; leave it out");
    std::string disk("\1\0\0\0", 4);
    for (std::size_t at = 4; at < value.size(); at += 8) {
        const unsigned tag = u16(at);
        const bool named = tag == 0x02 || tag == 0x08; // ACL_USER, ACL_GROUP
        if (!named && tag != 0x01 && tag != 0x04 && tag != 0x10 && tag != 0x20)
            fail::xattr_not_storable(path, name, "its value has an ACL entry of unknown kind");
        disk += value.substr(at, named ? 8 : 4);
    }
    return disk;
}

/// Prefixes and their numbers; the ACLs are names of their own.
inline std::pair<std::uint8_t, std::string_view> xattr_index(std::string_view name) {
    if (name == "system.posix_acl_access") return {std::uint8_t{2}, ""};
    if (name == "system.posix_acl_default") return {std::uint8_t{3}, ""};
    constexpr std::pair<std::string_view, std::uint8_t> prefixes[] = {{"user.", std::uint8_t{1}},
                                                                      {"trusted.", std::uint8_t{4}},
                                                                      {"security.", std::uint8_t{6}},
                                                                      {"system.", std::uint8_t{7}}};
    for (const auto& [prefix, index] : prefixes)
        if (name.starts_with(prefix)) return {index, name.substr(prefix.size())};
    return {std::uint8_t{0}, ""};
}

inline std::string xattr_full_name(const ext4_xattr_plan::attribute& a) {
    constexpr std::string_view prefixes[] = {
        "", "user.", "system.posix_acl_access", "system.posix_acl_default", "trusted.", "", "security.", "system."};
    return text::join(prefixes[a.index], a.name);
}

inline std::uint32_t xattr_name_hash(std::string_view name) {
    std::uint32_t hash = 0;
    for (const char c : name) hash = std::rotl(hash, 5) ^ static_cast<unsigned char>(c);
    return hash;
}
inline std::uint32_t xattr_hash_add(std::uint32_t hash, std::uint32_t word) { return std::rotl(hash, 16) ^ word; }

inline std::uint32_t xattr_entry_hash(const ext4_profile& p, const ext4_xattr_plan::attribute& a) {
    std::uint32_t hash = xattr_name_hash(a.name);
    if (a.where == ext4_xattr_plan::place::own_inode)
        return xattr_hash_add(hash,
                              os::crc32c(p.checksum_seed, std::as_bytes(std::span{a.value.data(), a.value.size()})));
    for (std::size_t at = 0; at < a.value.size(); at += 4) {
        std::uint32_t word = 0;
        for (std::size_t i = 0; i < 4 && at + i < a.value.size(); ++i)
            word |= static_cast<std::uint32_t>(static_cast<unsigned char>(a.value[at + i])) << (8 * i);
        hash = xattr_hash_add(hash, word);
    }
    return hash;
}

/// Which of `needs`, all multiples of 4, together come as near to `room` as possible without being more. Of several such
/// choices always the same. Nothing if the best is less than `least`.
inline std::vector<bool> most_that_fits(std::span<const std::uint32_t> needs, std::uint32_t room, std::uint64_t least) {
    if (least > room) return {};
    // By sum: which of `needs` reached it first, and one more.
    std::vector<std::uint32_t> reached_by(room / 4 + 1);
    reached_by[0] = 1;
    std::size_t best = 0;
    for (std::uint32_t i = 0; i < needs.size(); ++i) {
        const std::size_t need = needs[i] / 4;
        for (std::size_t sum = reached_by.size() - 1; sum >= need; --sum) // down: each of them counts once
            if (reached_by[sum] == 0 && reached_by[sum - need] != 0) {
                reached_by[sum] = i + 1;
                best = std::max(best, sum);
            }
    }
    if (best * 4 < least) return {};
    std::vector<bool> chosen(needs.size());
    for (std::size_t sum = best; sum != 0; sum -= needs[reached_by[sum] - 1] / 4) chosen[reached_by[sum] - 1] = true;
    return chosen;
}

} // namespace detail

/// Bytes in the inode behind its fields that attributes may take, their magic number and terminator left out.
inline std::uint32_t ext4_xattr_room_in_inode(const ext4_profile& p) {
    constexpr std::uint32_t fields = ext4_format::good_old_inode_size + ext4_format::extra_inode_size;
    return p.inode_size >= fields + 8 ? p.inode_size - fields - 8 : 0;
}

/// Finds places for a set of attributes. `path`: of a file that has them, for messages. Throws input_error.
inline ext4_xattr_plan plan_ext4_xattrs(const ext4_profile& p, const std::vector<xattr>& set, std::string_view path) {
    using place = ext4_xattr_plan::place;
    ext4_xattr_plan plan;
    for (const xattr& x : set) {
        const auto [index, rest] = detail::xattr_index(x.name);
        if (index == 0)
            fail::xattr_not_storable(path, x.name,
                                     "its name begins with none of user. trusted. security. system.; drop it");
        if (rest.empty() && index != 2 && index != 3)
            fail::xattr_not_storable(path, x.name, "its name ends behind the prefix");
        if (rest.find('\0') != rest.npos)
            fail::xattr_not_storable(path, x.name, "its name holds a NUL, where Linux takes it to end");
        if (rest.size() > 255) fail::xattr_not_storable(path, x.name, "its name is longer than 255 bytes");
        if (x.value.size() > 65536) fail::xattr_not_storable(path, x.name, "its value is longer than 64 KiB");
        const bool acl = index == 2 || index == 3;
        plan.attributes.push_back({.index = index,
                                   .name = std::string{rest},
                                   .value = acl ? detail::acl_to_disk(x.value, path, x.name) : x.value});
    }
    std::sort(plan.attributes.begin(), plan.attributes.end(), [](const auto& a, const auto& b) {
        return std::tuple(a.index, a.name.size(), std::string_view{a.name}) <
               std::tuple(b.index, b.name.size(), std::string_view{b.name});
    });
    const auto twice =
        std::adjacent_find(plan.attributes.begin(), plan.attributes.end(),
                           [](const auto& a, const auto& b) { return a.index == b.index && a.name == b.name; });
    if (twice != plan.attributes.end())
        fail::xattr_not_storable(path, detail::xattr_full_name(*twice), "the file has it twice; keep one value");

    const std::uint32_t inode_room = ext4_xattr_room_in_inode(p);
    const std::uint32_t block_room =
        p.block_size - static_cast<std::uint32_t>(sizeof(ext4_format::xattr_block_header)) - 4;
    std::uint64_t all = 0;
    for (const auto& a : plan.attributes) all += ext4_xattr_plan::entry_size(a) + ext4_xattr_plan::value_size(a);
    if (all <= inode_room) return plan;
    plan.uses_block = true;
    if (all <= block_room) {
        for (auto& a : plan.attributes) a.where = place::block;
        return plan;
    }

    // Too much for the block alone: some go into the inode, and while that is not enough, the largest values go to inodes
    // of their own.
    std::vector<ext4_xattr_plan::attribute*> by_size;
    for (auto& a : plan.attributes) by_size.push_back(&a);
    std::sort(by_size.begin(), by_size.end(), [](const auto* a, const auto* b) {
        return a->value.size() != b->value.size() ? a->value.size() > b->value.size() : a < b; // all of one vector
    });
    std::vector<std::uint32_t> needs;
    for (const auto* a : by_size) needs.push_back(ext4_xattr_plan::entry_size(*a) + ext4_xattr_plan::value_size(*a));
    for (std::size_t own = 0; own <= by_size.size(); ++own) {
        if (own > 0) {
            if (by_size[own - 1]->value.empty()) break; // nothing more to gain
            needs[own - 1] = ext4_xattr_plan::entry_size(*by_size[own - 1]);
            all -= ext4_xattr_plan::value_size(*by_size[own - 1]);
        }
        const std::uint64_t in_block_at_most = std::min<std::uint64_t>(all, block_room);
        const auto in_inode = detail::most_that_fits(needs, inode_room, all - in_block_at_most);
        if (in_inode.empty()) continue;
        if (own > 0 && p.readable_by == reader::u_boot_2017)
            fail::xattr_not_storable(path, set.front().name,
                                     "values larger than a block need the ea_inode feature, which U-Boot 2017.09 "
                                     "does not know; drop attributes or let Linux be the only reader");
        plan.uses_block = false;
        for (std::size_t i = 0; i < by_size.size(); ++i) {
            auto& a = *by_size[i];
            a.entry_in_inode = in_inode[i];
            a.where = i < own ? place::own_inode : in_inode[i] ? place::inode : place::block;
            plan.uses_block = plan.uses_block || !in_inode[i];
        }
        return plan;
    }
    fail::xattr_not_storable(path, set.front().name,
                             "the file has so many attributes that not even their names fit; drop some");
}

namespace detail {
/// Writes entries forward from `entries_at` and values backward from the end of `area`. Value offsets count from
/// `offsets_from`. Returns the combined hash of the entries.
template <class Condition>
std::uint32_t put_xattrs(const ext4_profile& p, const ext4_xattr_plan& plan, std::span<std::byte> area,
                         std::size_t entries_at, std::size_t offsets_from, const Condition& here) {
    std::size_t values_at = area.size(), at = entries_at;
    std::uint32_t hash = 0;
    for (const auto& a : plan.attributes) {
        if (!here(a)) continue;
        ext4_format::xattr_entry e{};
        e.e_name_len = static_cast<std::uint8_t>(a.name.size());
        e.e_name_index = a.index;
        e.e_value_size = to_disk(static_cast<std::uint32_t>(a.value.size()));
        const std::uint32_t entry_hash = xattr_entry_hash(p, a);
        e.e_hash = to_disk(entry_hash);
        if (a.where == ext4_xattr_plan::place::own_inode) {
            e.e_value_inum = to_disk(a.value_inode);
        } else if (!a.value.empty()) {
            values_at -= ext4_xattr_plan::value_size(a);
            std::memcpy(area.data() + values_at, a.value.data(), a.value.size());
            e.e_value_offs = to_disk(static_cast<std::uint16_t>(values_at - offsets_from));
        }
        put_struct(area.subspan(at), e);
        std::memcpy(area.data() + at + sizeof e, a.name.data(), a.name.size());
        at += ext4_xattr_plan::entry_size(a);
        hash = xattr_hash_add(hash, entry_hash);
    }
    return hash;
}
} // namespace detail

/// Puts the attributes that the inode itself holds into `room`: what lies behind i_projid.
inline void put_xattrs_in_inode(const ext4_profile& p, const ext4_xattr_plan& plan, std::span<std::byte> room) {
    if (std::none_of(plan.attributes.begin(), plan.attributes.end(), ext4_xattr_plan::entry_is_in_inode)) return;
    const le32 magic = to_disk(ext4_format::xattr_magic);
    put_struct(room, magic);
    detail::put_xattrs(p, plan, room, sizeof magic, sizeof magic, ext4_xattr_plan::entry_is_in_inode);
}

/// The block of a set of attributes. `references`: inodes that share it, at most xattr_most_references.
inline void put_xattr_block(const ext4_profile& p, const ext4_xattr_plan& plan, std::uint64_t at_block,
                            std::uint32_t references, std::span<std::byte> block) {
    const std::uint32_t hash = detail::put_xattrs(p, plan, block, sizeof(ext4_format::xattr_block_header), 0,
                                                  [](const auto& a) { return !ext4_xattr_plan::entry_is_in_inode(a); });
    ext4_format::xattr_block_header h{};
    h.h_magic = to_disk(ext4_format::xattr_magic);
    h.h_refcount = to_disk(references);
    h.h_blocks = to_disk(1u);
    h.h_hash = to_disk(hash);
    put_struct(block, h);
    ext4_checksum::finish_xattr_block(p, at_block, block);
}

IMGCOMPOSE_NAMESPACE_END
