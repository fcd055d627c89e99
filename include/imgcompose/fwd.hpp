// SPDX-License-Identifier: BSL-1.0
// The names of the library's types, for headers that only mention them.
#pragma once

#include <imgcompose/version.hpp>

#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN

// core/
class error;
class format_error;
class input_error;
class io_error;
class layout_error;
struct finding;
struct guid;
struct named_range;
struct offset;
struct seed;
struct utf8_code_point;
struct uuid;
enum class file_type : std::uint8_t;
enum class severity : unsigned char;
template <class Signature> class function;
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
struct chromeos_kernel_attributes;
struct found_gpt_entry;
struct found_gpt_header;
struct found_logicals;
struct found_mbr;
struct found_mbr_partition;
struct gpt_attributes;
struct gpt_bytes;
struct gpt_layout;
struct gpt_partition;
struct gpt_spans;
struct gpt_table;
struct hybrid_partition;
struct mbr_partition;
struct mbr_table;
struct partition_request;
struct partition_space;
namespace mbr_type {
struct named_type;
} // namespace mbr_type
namespace partition_type {
struct linux_architecture;
struct named_type;
} // namespace partition_type

// tree/
class glob;
class tree;
struct archive_options;
struct attributes_of_node;
struct data_range;
struct device_number;
struct directory_options;
struct timestamp;
struct xattr;
enum class inode_index : std::uint32_t;

// fs/
struct ext4_facts;
struct ext4_feature_bits;
struct ext4_features;
struct ext4_journal;
struct ext4_options;
struct ext4_profile;
struct fat_facts;
struct fat_options;
enum class ext4_on_error : std::uint8_t;
enum class fat_special_files : std::uint8_t;
enum class fat_symlinks : std::uint8_t;
enum class fat_type : std::uint8_t;

// boot/
class esp_files;
class fdt_node_view;
class fdt_view;
struct android_boot;
struct android_version;
struct arm64_image;
struct boot_script_options;
struct cmdline;
struct elf_program;
struct elf_segment;
struct environment;
struct environment_options;
struct environment_pair;
struct environment_variable;
struct extlinux;
struct extlinux_entry;
struct extlinux_files_options;
struct extlinux_reading;
struct fdt;
struct fdt_node;
struct fdt_options;
struct fdt_property;
struct fdt_property_view;
struct fdt_reservation;
struct fit_configuration;
struct fit_image;
struct fit_options;
struct fit_read_options;
struct fit_source;
struct found_android_boot;
struct found_android_part;
struct found_environment;
struct found_fit;
struct found_fit_configuration;
struct found_fit_hash;
struct found_fit_image;
struct found_kernel;
struct loader_conf;
struct loader_entry;
struct macro_reading;
struct nixos_boot_menu;
struct nixos_generation;
struct pe_program;
struct root_spec;
struct script_boot;
struct systemd_boot;
struct systemd_boot_entry;
struct u_boot_device_tree;
struct u_boot_fit_parts;
struct uimage_contents;
struct uimage_options;
enum class arm64_page_size : std::uint8_t;
enum class fdt_token : std::uint32_t;
enum class hash_state : std::uint8_t;
enum class kernel_kind : std::uint8_t;
enum class kernel_loader : std::uint8_t;
enum class machine : std::uint8_t;
enum class pe_subsystem : std::uint16_t;
enum class root_access : std::uint8_t;
enum class uimage_arch : std::uint8_t;
enum class uimage_compression : std::uint8_t;
enum class uimage_os : std::uint8_t;
enum class uimage_type : std::uint8_t;

// board/
struct board;
struct boot_blob;
struct emmc_boot_layout;
struct firmware_partition;
struct load_addresses;
struct loaded_sizes;
struct spi_layout;
enum class table_kind : std::uint8_t;
namespace rockchip {
struct boot_rom;
struct combined_bootloader;
struct found_idbloader;
struct found_stage;
struct found_trust_part;
struct found_uboot_img;
struct idbloader_options;
struct image_entry_v2;
struct parameter;
struct parameter_partition;
struct soc;
struct spi_image_options;
struct trust_img_options;
struct trust_part;
struct uboot_img_options;
enum class trust_signature : std::uint8_t;
} // namespace rockchip

// compose/
struct compose_for;
struct compose_step;
struct disk_layout;
struct disk_options;
struct disk_plan;
struct partition_options;
struct placed_image;
struct placed_partition;
struct planned_bootloader;
struct planned_partition;
enum class bootloader_place : std::uint8_t;
enum class disk_table : std::uint8_t;

// write/
class android_sparse;
class block_sink;
class bmap;
class byte_stream;
class callback;
class cancelled;
class chunked_sink;
class crc32_digest;
class digest;
class existing_file;
class file_stream;
class handle_stream;
class memory;
class new_file;
class qcow2;
class raw_stream;
class sink;
class sparse_file;
struct android_sparse_options;
struct existing_file_options;
struct progress;
struct saved_plan;
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
struct artefact_options;
struct compare_options;
struct disk_comparison;
struct disk_finding;
struct disk_region;
struct disk_report;
struct file_change;
struct files_comparison;
struct found_artefact;
struct found_boot_files;
struct found_content;
struct found_extended;
struct found_gpt_copy;
struct found_partition;
struct inspect_options;
struct known_files;
struct layout_change;
struct lint_options;
struct region_overlap;
struct script_facts;
struct script_load;
struct svg_options;

// openssl.hpp, gzip.hpp, zstd.hpp
class evp_digest;
class gzip;
class sha256_digest;
class sha512_digest;
class zstd;
struct gzip_options;
struct zstd_options;

IMGCOMPOSE_NAMESPACE_END
