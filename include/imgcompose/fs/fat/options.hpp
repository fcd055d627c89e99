// SPDX-License-Identifier: BSL-1.0
// What a user may say about a FAT filesystem.
#pragma once

#include <imgcompose/image/reader.hpp>
#include <imgcompose/image/recipe.hpp>

#include <cstdint>
#include <optional>
#include <string>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Readers tell the types apart by the number of clusters and by nothing else, so a forced type is a promise that the
/// size will give such a number.
enum class fat_type : std::uint8_t {
    automatic, ///< as mkfs.vfat: FAT32 from 512 MiB on, below that by the number of clusters
    fat12,     ///< at most 4084 clusters
    fat16,     ///< 4087 to 65524 clusters
    fat32,     ///< at least 65525 clusters
};

/// What becomes of a symbolic link, which FAT cannot hold.
enum class fat_symlinks : std::uint8_t {
    refuse, ///< an error that names it
    follow, ///< the file it leads to within the tree is copied
    skip,   ///< it is left out
};

/// What becomes of devices, fifos and sockets, which FAT cannot hold either.
enum class fat_special_files : std::uint8_t { refuse, skip };

/// Owners, modes and extended attributes have no place on FAT and are left out; each hard link becomes a copy.
struct fat_options {
    /// 12, 16 or 32 bits; by the number of clusters if not given.
    fat_type type = fat_type::automatic;
    std::string label{};                      ///< at most 11 characters of ASCII
    std::optional<std::uint32_t> volume_id{}; ///< derived from the seed if not given
    std::optional<bytes> cluster_size{};      ///< as mkfs.vfat for the size if not given, smaller if the files need it
    reader readable_by = linux_kernel;        ///< who must be able to read every file
    size_rule size = fill_partition;          ///< for a filesystem that is an image by itself
    /// What becomes of symbolic links.
    fat_symlinks symlinks = fat_symlinks::refuse;
    /// What becomes of devices, fifos and sockets.
    fat_special_files special_files = fat_special_files::refuse;
    bool read_only_attribute = false;            ///< set it on what its owner may not write
    std::uint32_t number_of_fats = 2;            ///< 1 or 2
    std::optional<std::uint32_t> root_entries{}; ///< of FAT12 and FAT16: 512, or as many as are needed, if not given
    std::optional<std::uint32_t> reserved_sectors{}; ///< 32 on FAT32 and 1 otherwise if not given; may grow to align
    std::optional<bytes> data_alignment{};           ///< where files begin, on the medium; a whole cluster if not given
    std::uint8_t media = 0xf8;                       ///< 0xf0 or 0xf8 to 0xff
};

IMGCOMPOSE_NAMESPACE_END
