// SPDX-License-Identifier: BSL-1.0
// Where everything of a FAT filesystem goes: arithmetic only, complete before a byte is made.
// The choices are those of mkfs.vfat 4.2 (dosfstools src/mkfs.fat.c, establish_params and setup_tables), so that a
// filesystem that is not squeezed has the same boot sector as one of mkfs.vfat.
#pragma once

#include <imgcompose/core/units.hpp>
#include <imgcompose/fs/fat/format.hpp>
#include <imgcompose/fs/fat/options.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

constexpr unsigned bits_of(fat_type t) { return t == fat_type::fat12 ? 12 : t == fat_type::fat16 ? 16 : 32; }

constexpr std::string_view name_of(fat_type t) {
    switch (t) {
    case fat_type::automatic: return "FAT";
    case fat_type::fat12: return "FAT12";
    case fat_type::fat16: return "FAT16";
    case fat_type::fat32: return "FAT32";
    }
    return "unknown";
}

/// How many clusters a type may have. fatgen103 tells them apart at 4085 and 65525; Windows takes 4085 and 4086 for
/// FAT12 and Linux for FAT16, so these two are never made. Source: dosfstools src/mkfs.fat.c, MAX_CLUST_12.
struct fat_cluster_range {
    std::uint64_t least, most;
    [[nodiscard]] constexpr bool contains(std::uint64_t n) const { return least <= n && n <= most; }
};
constexpr fat_cluster_range clusters_of(fat_type t) {
    if (t == fat_type::fat12) return {1, 4084};
    if (t == fat_type::fat16) return {4087, 65524};
    return {65525, 268435446};
}

/// Cylinders are long gone, but DOS and mtools want whole tracks. Source: establish_params.
struct fat_tracks {
    std::uint32_t sectors, heads;
};
constexpr fat_tracks tracks_of(std::uint64_t space) {
    if (space <= 524288)
        return {space <= 4096 ? 16u : 32u, space <= 32768 ? 2u : space <= 65536 ? 4u : space <= 262144 ? 8u : 16u};
    constexpr std::uint64_t cylinder = 63 * 1024;
    return {63, space <= 16 * cylinder    ? 16u
                : space <= 32 * cylinder  ? 32u
                : space <= 64 * cylinder  ? 64u
                : space <= 128 * cylinder ? 128u
                                          : 255u};
}

/// What is decided before the size.
struct fat_shape {
    fat_type type = fat_type::fat16; ///< not automatic
    std::uint64_t sector = 512;      ///< bytes
    std::uint64_t per_cluster = 1;   ///< sectors
    std::uint64_t reserved = 1;      ///< sectors, at least
    std::uint64_t fats = 2;
    std::uint64_t root_entries = 0;   ///< 0 on FAT32
    std::uint64_t before = 0;         ///< sectors of the medium before the filesystem
    std::uint64_t data_alignment = 1; ///< sectors
};

/// Where everything is; sectors from the start of the filesystem.
struct fat_geometry {
    fat_type type = fat_type::fat16;
    std::uint64_t sector = 512; ///< bytes
    std::uint64_t per_cluster = 1, reserved = 1, fats = 2, fat_sectors = 0, root_sectors = 0;
    std::uint64_t total = 0;    ///< sectors; what lies behind belongs to nobody
    std::uint64_t clusters = 0; ///< numbered from 2
    fat_tracks tracks{16, 2};

    [[nodiscard]] constexpr std::uint64_t root_at() const { return reserved + fats * fat_sectors; }
    [[nodiscard]] constexpr std::uint64_t data_at() const { return root_at() + root_sectors; }
    [[nodiscard]] constexpr std::uint64_t root_entries() const {
        return root_sectors * sector / sizeof(fat_directory_entry);
    }
    [[nodiscard]] constexpr bytes cluster_size() const { return bytes{per_cluster * sector}; }
    [[nodiscard]] constexpr offset at_sector(std::uint64_t n) const { return offset{bytes{n * sector}}; }
    [[nodiscard]] constexpr offset offset_of(cluster_number n) const {
        return at_sector(data_at() + checked_mul(n.value - 2, per_cluster));
    }
    [[nodiscard]] constexpr bytes size() const { return bytes{total * sector}; }
};

namespace detail {

/// Bytes that `clusters` and the two reserved entries take in a FAT.
constexpr std::uint64_t fat_bytes(fat_type t, std::uint64_t clusters) { return div_up((clusters + 2) * bits_of(t), 8); }

constexpr std::uint64_t fat_capacity(const fat_geometry& g) {
    return g.fat_sectors * g.sector * 8 / bits_of(g.type) - 2;
}

/// Reserved sectors and root directory; each begins at a multiple of `unit`.
constexpr fat_geometry begun(const fat_shape& s, std::uint64_t unit) {
    fat_geometry g{.type = s.type, .sector = s.sector, .per_cluster = s.per_cluster, .fats = s.fats};
    g.reserved = round_up(s.reserved, unit);
    g.root_sectors = round_up(div_up(s.root_entries * sizeof(fat_directory_entry), s.sector), unit);
    return g;
}

/// Moves the data area up to its alignment on the medium, by more reserved sectors than the `least`.
constexpr void align_data(fat_geometry& g, const fat_shape& s, std::uint64_t least) {
    g.reserved = least;
    const std::uint64_t at = s.before + g.data_at();
    g.reserved += round_up(at, s.data_alignment) - at;
}

constexpr bool expressible(const fat_geometry& g) {
    return g.reserved <= 0xffff && g.root_entries() <= 0xffff && g.total <= 0xffffffff &&
           (g.type == fat_type::fat32 || g.fat_sectors <= 0xffff);
}

/// Below this size mkfs.vfat aligns nothing: a floppy has no room to waste.
inline constexpr std::uint64_t fat_unaligned_up_to = 8192;

/// The filesystem that mkfs.vfat makes of so many sectors, `space`. Nothing if there is no room for one; the number of
/// clusters may be one that the type cannot have.
constexpr std::optional<fat_geometry> fat_filling(const fat_shape& s, std::uint64_t space) {
    const fat_tracks tracks = tracks_of(space);
    const std::uint64_t total = std::min<std::uint64_t>(space, 0xffffffff) / tracks.sectors * tracks.sectors;
    const std::uint64_t unit = total <= fat_unaligned_up_to ? 1 : s.per_cluster;
    fat_geometry g = begun(s, unit);
    g.total = total;
    g.tracks = tracks;
    if (g.data_at() >= total) return {};
    const std::uint64_t both = (total - g.data_at()) * s.sector, cluster = s.per_cluster * s.sector;
    // mkfs.vfat's first guess, with its own rounding; it leads to the same lengths of the FATs.
    const std::uint64_t guess = s.type == fat_type::fat12   ? 2 * (both + s.fats * 3) / (2 * cluster + s.fats * 3)
                                : s.type == fat_type::fat16 ? (both + s.fats * 4) / (cluster + s.fats * 2)
                                                            : (both + s.fats * 8) / (cluster + s.fats * 4);
    g.fat_sectors = round_up(div_up(fat_bytes(s.type, guess), s.sector), unit);
    for (const std::uint64_t reserved = g.reserved;; g.fat_sectors += unit) {
        align_data(g, s, reserved);
        if (g.data_at() >= total || !expressible(g)) return {};
        g.clusters = (total - g.data_at()) / s.per_cluster;
        if (g.clusters <= fat_capacity(g)) return g;
    }
}

/// The smallest filesystem with room for `clusters`; it may have a few more, since it has whole tracks.
constexpr std::optional<fat_geometry> fat_holding(const fat_shape& s, std::uint64_t clusters) {
    const fat_cluster_range range = clusters_of(s.type);
    if (clusters > range.most) return {};
    for (const bool aligned : {false, true}) {
        const std::uint64_t unit = aligned ? s.per_cluster : 1;
        fat_geometry g = begun(s, unit);
        g.clusters = std::max(clusters, range.least);
        g.fat_sectors = round_up(div_up(fat_bytes(s.type, g.clusters), s.sector), unit);
        const std::uint64_t reserved = g.reserved;
        align_data(g, s, reserved);
        for (;;) {
            const std::uint64_t needed = g.data_at() + std::max(clusters, range.least) * s.per_cluster;
            g.tracks = tracks_of(needed);
            g.total = round_up(needed, g.tracks.sectors);
            g.clusters = (g.total - g.data_at()) / s.per_cluster;
            if (g.clusters > range.most) {
                // The last track has room for more than the type can have: what is too much goes before the FATs.
                if (s.data_alignment > 1) break;
                g.reserved += (g.clusters - range.most) * s.per_cluster;
            } else if (g.clusters > fat_capacity(g)) {
                g.fat_sectors += unit;
                align_data(g, s, reserved);
            } else {
                break;
            }
        }
        if (g.clusters > range.most || !expressible(g)) continue;
        if (aligned || g.total <= fat_unaligned_up_to) return g;
    }
    return {};
}

/// Where mkfs.vfat begins to look for a cluster size, in sectors.
constexpr std::uint64_t fat_first_guess(fat_type t, std::uint64_t space) {
    if (t != fat_type::fat32) return 4;
    constexpr std::uint64_t gibi = 1024 * 1024 * 2;
    return space > 32 * gibi ? 64 : space > 16 * gibi ? 32 : space > 8 * gibi ? 16 : space > 260 * 1024 * 2 ? 8 : 1;
}

} // namespace detail

IMGCOMPOSE_NAMESPACE_END
