// SPDX-License-Identifier: BSL-1.0
// The names of the library's types, for headers that only mention them.
#pragma once

#include <imgcompose/version.hpp>

#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN

// core/
class error;
class layout_error;
class format_error;
class input_error;
class io_error;
struct finding;
struct guid;
struct named_range;
struct offset;
struct seed;
struct uuid;
template <std::uint64_t Unit> struct quantity;
using bytes = quantity<1>;
using sectors = quantity<512>;

// image/
class generator;
class image;
class recipe;
class source_files;
class source_opener;
class window;
struct blob_options;
struct extent;
struct region;
struct size_rule;
struct surroundings;
enum class byte_kind : std::uint8_t;
enum class reader : std::uint8_t;

// partition/
struct gpt_attributes;
struct gpt_partition;
struct gpt_table;
struct mbr_partition;
struct mbr_table;

// tree/
class glob;
class tree;
struct attributes_of_node;
struct data_range;
struct device_number;
struct directory_options;
struct timestamp;
struct xattr;

// fs/
struct ext4_features;
struct ext4_journal;
struct ext4_options;
struct fat_options;

// boot/
class fdt_view;
struct android_boot;
struct cmdline;
struct environment;
struct extlinux;
struct extlinux_entry;
struct fdt;
struct fdt_node;
struct fit_source;
struct found_fit;
struct found_kernel;
struct loader_conf;
struct loader_entry;
struct nixos_boot_menu;
struct nixos_generation;
struct root_spec;
struct script_boot;
struct systemd_boot;
struct u_boot_fit_parts;

// board/
struct board;
struct boot_blob;

// compose/
struct disk_layout;
struct disk_options;
struct disk_plan;
struct partition_options;
struct placed_image;
enum class disk_table : std::uint8_t;

// write/
class callback;
class cancelled;
class crc32_digest;
class digest;
class existing_file;
class memory;
class sink;
class sparse_file;
struct progress;
struct write_options;
struct write_report;
struct written_range;
enum class undefined_bytes : std::uint8_t;

// flash/
namespace flash {
class target;
struct flash_options;
struct target_options;
} // namespace flash

// inspect/
struct disk_comparison;
struct disk_finding;
struct disk_region;
struct disk_report;
struct found_artefact;
struct found_content;
struct found_partition;
struct inspect_options;
struct svg_options;

IMGCOMPOSE_NAMESPACE_END
