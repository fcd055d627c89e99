// SPDX-License-Identifier: BSL-1.0
// What the boot sector and the allocation table of a FAT filesystem say. They may be damaged or hostile.
// Source: Microsoft "FAT: General Overview of On-Disk Format" 1.03 (fatgen103); Linux fs/fat/inode.c, fat_read_bpb.
#pragma once

#include <imgcompose/fs/fat/layout.hpp>
#include <imgcompose/image/window.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

struct fat_facts {
    fat_geometry geometry{};
    std::string label{}; ///< of the top directory, else of the boot sector; bytes as they are
    std::uint32_t volume_id = 0;
    std::uint64_t hidden_sectors = 0; ///< of the medium before the filesystem, as the boot sector has it
    cluster_number root{};            ///< first cluster of the top directory; of FAT32 only
    std::uint64_t free_clusters = 0;  ///< counted
    bool clean = true;                ///< unmounted, as the table and the boot sector say

    [[nodiscard]] bytes size() const { return geometry.size(); }
    [[nodiscard]] bytes free() const { return geometry.cluster_size() * free_clusters; }
};

namespace detail {

/// Entries of the first FAT, read a piece at a time.
class fat_chain_reader {
public:
    fat_chain_reader(const window& part, const fat_geometry& g) : part_(part), g_(g) {}

    /// The entry of a cluster; nothing if it lies outside of the window. Numbers are below 2^28.
    std::optional<std::uint32_t> next(std::uint64_t cluster) {
        const unsigned bits = bits_of(g_.type);
        const std::uint64_t at = cluster * bits / 8;
        const std::optional<std::uint32_t> raw = bits == 32 ? word(at, 4) : word(at, 2);
        if (!raw) return {};
        if (bits == 12) return cluster % 2 == 0 ? *raw & 0xfff : *raw >> 4;
        return bits == 32 ? *raw & 0x0fffffff : *raw;
    }
    /// Whether an entry says that a file ends there.
    [[nodiscard]] bool is_end(std::uint32_t entry) const {
        return entry >= (g_.type == fat_type::fat12 ? 0xff8u : g_.type == fat_type::fat16 ? 0xfff8u : 0x0ffffff8u);
    }

private:
    static constexpr std::uint64_t chunk = 65536;

    std::optional<std::uint32_t> word(std::uint64_t at, std::size_t size) {
        std::uint32_t value = 0;
        if (const std::uint64_t index = at % chunk; at / chunk == piece_number_ && index + size <= piece_.size()) {
            for (std::size_t i = 0; i < size; ++i)
                value |= std::to_integer<std::uint32_t>(piece_[index + i]) << (8 * i);
            return value;
        }
        for (std::size_t i = 0; i < size; ++i) {
            const auto b = byte_at(at + i);
            if (!b) return {};
            value |= std::to_integer<std::uint32_t>(*b) << (8 * i);
        }
        return value;
    }
    std::optional<std::byte> byte_at(std::uint64_t at) {
        if (piece_.empty() || at / chunk != piece_number_) {
            piece_number_ = at / chunk;
            const std::uint64_t first = piece_number_ * chunk, all = g_.fat_sectors * g_.sector;
            piece_ = first < all
                         ? part_.take(g_.at_sector(g_.reserved) + bytes{first}, bytes{std::min(chunk, all - first)})
                         : owned_bytes{};
        }
        const std::uint64_t index = at % chunk;
        if (index >= piece_.size()) return {};
        return piece_[index];
    }

    window part_;
    fat_geometry g_;
    owned_bytes piece_{};
    std::uint64_t piece_number_ = 0;
};

/// The geometry that a boot sector tells, and nothing if it makes no sense.
inline std::optional<fat_geometry> geometry_of(const fat32_boot_sector& b) {
    const fat_bpb& p = b.bpb;
    fat_geometry g;
    g.sector = from_disk(p.byts_per_sec);
    g.per_cluster = p.sec_per_clus;
    g.reserved = from_disk(p.rsvd_sec_cnt);
    g.fats = p.num_fats;
    g.fat_sectors = from_disk(p.fat_sz16) != 0 ? from_disk(p.fat_sz16) : from_disk(b.fat_sz32);
    g.total = from_disk(p.tot_sec16) != 0 ? from_disk(p.tot_sec16) : from_disk(p.tot_sec32);
    const bool possible = std::has_single_bit(g.sector) && g.sector >= 512 && g.sector <= 4096 &&
                          std::has_single_bit(g.per_cluster) && g.reserved != 0 && g.fats != 0 && g.fats <= 4 &&
                          g.fat_sectors != 0 && (p.media == 0xf0 || p.media >= 0xf8);
    if (!possible) return {};
    g.root_sectors = div_up(from_disk(p.root_ent_cnt) * sizeof(fat_directory_entry), g.sector);
    if (g.data_at() >= g.total) return {};
    g.clusters = (g.total - g.data_at()) / g.per_cluster;
    // As Linux: what has no 16-bit length of its tables is FAT32, the others are told apart by their clusters.
    g.type = from_disk(p.fat_sz16) == 0 ? fat_type::fat32 : g.clusters < 4085 ? fat_type::fat12 : fat_type::fat16;
    g.clusters = std::min(g.clusters, fat_capacity(g));
    return g;
}

/// A field filled up with spaces.
inline std::string without_padding(std::string_view field) {
    const auto last = field.find_last_not_of(std::string_view{" \0", 2});
    return std::string{field.substr(0, last == field.npos ? 0 : last + 1)};
}

} // namespace detail

/// Of the filesystem at the start of `part`; nothing if there is none. Its table is read to count the free clusters.
inline std::optional<fat_facts> read_fat_facts(const window& part) {
    const auto b = part.get<fat32_boot_sector>(offset{});
    if (!b || from_disk(b->signature) != fat_signature || (b->bpb.jmp_boot[0] != 0xeb && b->bpb.jmp_boot[0] != 0xe9))
        return {};
    const auto geometry = detail::geometry_of(*b);
    if (!geometry) return {};

    fat_facts f{.geometry = *geometry, .hidden_sectors = from_disk(b->bpb.hidd_sec)};
    const bool fat32 = f.geometry.type == fat_type::fat32;
    const fat_volume volume = fat32 ? b->volume : struct_from<fat16_boot_sector>(to_bytes(*b)).volume;
    if (fat32) f.root = {from_disk(b->root_clus)};
    if (volume.boot_sig == 0x29 || volume.boot_sig == 0x28) f.volume_id = from_disk(volume.vol_id);
    if (volume.boot_sig == 0x29) f.label = detail::without_padding({volume.vol_lab.data(), volume.vol_lab.size()});
    if (f.label == "NO NAME") f.label.clear();

    detail::fat_chain_reader fat{part, f.geometry};
    // The label that people see is an entry of the top directory: of its first cluster or sectors is enough.
    const bool root_exists = f.root.value >= 2 && f.root.value < f.geometry.clusters + 2;
    const offset root_at = !fat32        ? f.geometry.at_sector(f.geometry.root_at())
                           : root_exists ? f.geometry.offset_of(f.root)
                                         : offset{part.size()};
    const bytes root_size = fat32 ? f.geometry.cluster_size() : bytes{f.geometry.root_sectors * f.geometry.sector};
    const owned_bytes root = part.take(root_at, root_size);
    for (std::size_t at = 0; at + sizeof(fat_directory_entry) <= root.size(); at += sizeof(fat_directory_entry)) {
        const auto e = struct_from<fat_directory_entry>(std::span{root}.subspan(at));
        if (e.name[0] == '\0') break;
        if (e.name[0] == '\xe5' || e.attr == fat_directory_entry::long_name ||
            (e.attr & fat_directory_entry::volume_id) == 0)
            continue;
        f.label = detail::without_padding({e.name.data(), e.name.size()});
        break;
    }
    for (std::uint64_t n = 2; n < f.geometry.clusters + 2; ++n) {
        const auto entry = fat.next(n);
        if (!entry) break; // cut off
        if (*entry == 0) ++f.free_clusters;
    }
    // Bits of the second entry: fatgen103, "FAT Volume Dirty"; and the boot sector's: Linux fs/fat/fat.h,
    // FAT_STATE_DIRTY.
    const std::uint32_t shut = fat.next(1).value_or(0);
    const bool dirty_bit_clear = f.geometry.type == fat_type::fat12 || (shut & (fat32 ? 0x08000000u : 0x8000u)) != 0;
    f.clean = dirty_bit_clear && (volume.reserved1 & 1) == 0;
    return f;
}

IMGCOMPOSE_NAMESPACE_END
