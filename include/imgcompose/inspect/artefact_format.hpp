// SPDX-License-Identifier: BSL-1.0
// Headers of bootloader files that are read here and written by nobody here.
#pragma once

#include <imgcompose/core/endian.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN

/// At the start of an SPL for Allwinner. Source: U-Boot include/sunxi_image.h, struct boot_file_head.
struct egon_header {
    le32 b_instruction;        ///< a jump over the header
    std::array<char, 8> magic; ///< "eGON.BT0"
    le32 check_sum;            ///< of all words, with egon_stamp in this field
    le32 length;               ///< of the SPL with its header, whole words
    std::array<std::uint8_t, 12> reserved;
};
static_assert(disk_struct<egon_header> && sizeof(egon_header) == 32 && offsetof(egon_header, length) == 16);
inline constexpr std::uint32_t egon_stamp = 0x5f0a6c39;

/// At the start of what the boot ROM of an i.MX8M loads. Source: U-Boot include/imximage.h, flash_header_v2_t; i.MX 8M
/// Reference Manual 6.1.5.1.
struct image_vector_table {
    std::uint8_t tag; ///< 0xd1
    be16 length;      ///< of this table: 32
    std::uint8_t version;
    le32 entry, reserved1, dcd;
    le32 boot_data, self; ///< as addresses in memory
    le32 csf, reserved2;
};
static_assert(disk_struct<image_vector_table> && sizeof(image_vector_table) == 32);
static_assert(offsetof(image_vector_table, boot_data) == 16 && offsetof(image_vector_table, self) == 20);

/// What an image vector table's boot_data leads to. Source: U-Boot include/imximage.h, boot_data_t.
struct imx_boot_data {
    le32 start, size, plugin; ///< of all that is loaded, from before the table
};
static_assert(disk_struct<imx_boot_data> && sizeof(imx_boot_data) == 12);

IMGCOMPOSE_NAMESPACE_END
