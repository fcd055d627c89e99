// SPDX-License-Identifier: BSL-1.0
// The bytes of a flattened device tree: header, memory reservations, and the tokens of the structure block.
// Source: Devicetree Specification 0.4, chapter 5.
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/core/units.hpp>

#include <cstddef>
#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN

struct fdt_header {
    be32 magic;
    be32 totalsize; ///< of the tree with all padding; what a FIT keeps outside lies behind it
    be32 off_dt_struct, off_dt_strings, off_mem_rsvmap;
    be32 version, last_comp_version;
    be32 boot_cpuid_phys;
    be32 size_dt_strings, size_dt_struct;
};
static_assert(disk_struct<fdt_header> && sizeof(fdt_header) == 40);
static_assert(offsetof(fdt_header, off_mem_rsvmap) == 16 && offsetof(fdt_header, size_dt_struct) == 36);

struct fdt_reserve_entry {
    be64 address, size; ///< both zero: the end of the map
};
static_assert(disk_struct<fdt_reserve_entry> && sizeof(fdt_reserve_entry) == 16);

inline constexpr std::uint32_t fdt_magic = 0xd00dfeed;
inline constexpr std::uint32_t fdt_version = 17;
inline constexpr std::uint32_t fdt_last_compatible_version = 16; ///< of what is written, and the oldest that is read

enum class fdt_token : std::uint32_t { begin_node = 1, end_node = 2, property = 3, nop = 4, end = 9 };

/// Nodes within nodes that are read and written. Real trees have about ten; libfdt's overlays stop at 32.
inline constexpr std::size_t fdt_depth_limit = 64;

IMGCOMPOSE_NAMESPACE_END
