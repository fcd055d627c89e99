// SPDX-License-Identifier: BSL-1.0
// The sectors in front of the first FAT.
#pragma once

#include <imgcompose/fs/fat/layout.hpp>

#include <algorithm>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// What the boot sector says beside the geometry.
struct fat_identity {
    std::string_view label{};
    std::uint32_t volume_id = 0;
    std::uint64_t hidden_sectors = 0;
    std::uint8_t media = 0xf8;
    std::uint64_t clusters_used = 0;
};

constexpr fat_bpb bpb_of(const fat_geometry& g, const fat_identity& id) {
    const bool fat32 = g.type == fat_type::fat32;
    fat_bpb b{};
    b.jmp_boot = {0xeb, static_cast<std::uint8_t>(fat32 ? 0x58 : 0x3c), 0x90}; // to boot_code
    b.oem_name = padded<8>("imgcomp");
    b.byts_per_sec = to_disk(g.sector);
    b.sec_per_clus = narrow<std::uint8_t>(g.per_cluster);
    b.rsvd_sec_cnt = to_disk(g.reserved);
    b.num_fats = narrow<std::uint8_t>(g.fats);
    b.root_ent_cnt = to_disk(g.root_entries());
    if (g.total < 0x10000) b.tot_sec16 = to_disk(g.total);
    else b.tot_sec32 = to_disk(g.total);
    b.media = id.media;
    if (!fat32) b.fat_sz16 = to_disk(g.fat_sectors);
    b.sec_per_trk = to_disk(g.tracks.sectors);
    b.num_heads = to_disk(g.tracks.heads);
    // Beyond 2 TiB there is no such number; mkfs.vfat writes 0 then.
    b.hidd_sec = to_disk(id.hidden_sectors <= 0xffffffff ? id.hidden_sectors : 0);
    return b;
}

constexpr fat_volume volume_of(const fat_geometry& g, const fat_identity& id) {
    fat_volume v{};
    v.drv_num = id.media == 0xf8 ? 0x80 : 0x00;
    v.boot_sig = 0x29;
    v.vol_id = to_disk(id.volume_id);
    v.vol_lab = padded<11>(id.label.empty() ? "NO NAME" : id.label);
    v.fil_sys_type = padded<8>(name_of(g.type));
    return v;
}

/// Stops a machine that boots from this sector: cli; hlt; jmp to the hlt.
inline constexpr std::array<std::uint8_t, 4> fat_boot_code{0xfa, 0xf4, 0xeb, 0xfd};

constexpr fat16_boot_sector fat16_boot_sector_of(const fat_geometry& g, const fat_identity& id) {
    fat16_boot_sector b{};
    b.bpb = bpb_of(g, id);
    b.volume = volume_of(g, id);
    std::ranges::copy(fat_boot_code, b.boot_code.begin());
    b.signature = to_disk(fat_signature);
    return b;
}

constexpr fat32_boot_sector fat32_boot_sector_of(const fat_geometry& g, const fat_identity& id) {
    fat32_boot_sector b{};
    b.bpb = bpb_of(g, id);
    b.fat_sz32 = to_disk(g.fat_sectors);
    b.root_clus = to_disk(2u);
    b.fs_info = to_disk(fat32_info_sector);
    b.bk_boot_sec = to_disk(fat32_backup_sector);
    b.volume = volume_of(g, id);
    std::ranges::copy(fat_boot_code, b.boot_code.begin());
    b.signature = to_disk(fat_signature);
    return b;
}

constexpr fat32_fs_info fat32_fs_info_of(const fat_geometry& g, const fat_identity& id) {
    fat32_fs_info i{};
    i.lead_sig = to_disk(fat32_fs_info::lead);
    i.struc_sig = to_disk(fat32_fs_info::struc);
    i.free_count = to_disk(g.clusters - id.clusters_used);
    // As Linux and mtools leave it: the cluster that was allocated last.
    i.nxt_free = to_disk(id.clusters_used + 1);
    i.trail_sig = to_disk(fat32_fs_info::trail);
    return i;
}

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
