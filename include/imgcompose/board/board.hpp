// SPDX-License-Identifier: BSL-1.0
// What a board is: where its firmware wants bytes, what must be left alone, and how Linux speaks on it.
#pragma once

#include <imgcompose/core/guid.hpp>
#include <imgcompose/core/named_range.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A bootloader file and its place on the medium.
struct boot_blob {
    std::string_view name{}; ///< as builds of the bootloader call the file, such as "idbloader.img"
    /// Where on the medium it begins.
    offset at{};
    bytes maximum{}; ///< what follows in the medium allows no more
    /// Another way to write what the others hold: it may overlap them and what is reserved.
    bool alternative = false;
    bytes skip{};     ///< what of the file's start does not go here
    bool rest = true; ///< the file from there to its end; if not, `maximum` bytes of it

    /// All that it may take, with its name.
    [[nodiscard]] constexpr named_range range() const { return {name, at, maximum}; }
};

/// What a boot ROM loads from SPI NOR flash.
struct spi_layout {
    offset idbloader{};  ///< where the first stage lies
    bool spread = false; ///< as mkimage -T rkspi has it: every 2 KiB followed by 2 KiB of nothing
    offset u_boot{};     ///< where SPL looks for u-boot.itb
};

/// What a boot ROM loads from a hardware boot partition of eMMC (/dev/mmcblkNboot0), which is a medium of its own.
struct emmc_boot_layout {
    std::string_view file{}; ///< one of the board's bootloader files; empty: it does not start from there
    offset at{};             ///< in the boot partition
    std::string_view why_not{}; ///< where `file` is empty
};

/// A partition that firmware finds by its type, and what it is to hold.
struct firmware_partition {
    /// What it is called, in plans and in a GPT.
    std::string_view name{};
    uuid type{};               ///< in a GPT; nil: any
    std::uint8_t mbr_type = 0; ///< in an MBR; 0: any
    std::string_view holds{};  ///< the file whose bytes it is, or "FAT" for files
    /// Firmware wants it at least this large.
    bytes minimum{};
};

/// A position in the memory of the board.
using memory_address = number<struct memory_address_tag>;

/// Where the bootloader loads files to, from its default environment.
struct load_addresses {
    /// $fdt_addr_r, $fdtoverlay_addr_r, $kernel_addr_r and $ramdisk_addr_r of U-Boot; 0: none.
    memory_address fdt{}, fdt_overlay{}, kernel{}, ramdisk{};
    memory_address kernel_compressed{}; ///< where a compressed kernel is put before it is unpacked to `kernel`
    /// $kernel_comp_size: how large it may be there.
    bytes kernel_compressed_maximum{};
};

/// The partition table that a board is used with.
enum class table_kind : std::uint8_t { gpt, mbr };

namespace fail {
[[noreturn]] void board_has_no_such_blob(std::string_view board, std::string_view blob,
                                         std::span<const boot_blob> blobs);
[[noreturn]] void boot_blob_is_too_large(std::string_view board, const boot_blob& blob, bytes size);
[[noreturn]] void blob_reaches_into_partitions(std::string_view board, const named_range& blob, offset floor);
[[noreturn]] void blob_lies_over_entry_array(std::string_view board, const named_range& blob, std::uint32_t entries);
[[noreturn]] void board_is_incomplete(std::string_view board, std::string_view what);
[[noreturn]] void boards_out_of_order(std::string_view a, std::string_view b);
} // namespace fail

/// All of it is constant: views of arrays and texts that live as long as the program.
struct board {
    std::string_view name{};  ///< for commands and descriptions: "nanopi-r2s"
    std::string_view title{}; ///< for people: "FriendlyELEC NanoPi R2S"
    /// The system on chip, such as "RK3328".
    std::string_view soc{};
    /// The bootloader files that it starts from.
    std::span<const boot_blob> blobs{};
    std::span<const named_range> reserved{}; ///< written by firmware or vendor systems: an image leaves them undefined
    offset partition_floor{};                ///< no partition begins before
    /// Where partitions begin, unless the plan says otherwise.
    bytes partition_alignment = mebibytes{1};
    /// The table it gets, unless the plan says otherwise.
    table_kind table = table_kind::gpt;
    std::uint32_t gpt_entries = 128; ///< as many as leave the bootloader its place
    /// Partitions that its firmware looks for.
    std::span<const firmware_partition> firmware{};
    std::optional<spi_layout> spi{}; ///< what U-Boot's build for the board puts into SPI flash, if it does
    /// Where it starts from in a hardware boot partition of eMMC, or why it does not.
    emmc_boot_layout emmc_boot{.why_not = "no source says where its boot ROM looks in one"};
    /// As Linux calls it.
    std::string_view architecture = "arm64";
    std::string_view console{};  ///< behind console=, such as "ttyS2,1500000"
    std::string_view earlycon{}; ///< behind earlycon=
    std::string_view dtb{};      ///< below the kernel's folder of device trees; what U-Boot calls $fdtfile
    /// Where its bootloader loads files to.
    load_addresses load{};
    std::string_view source{}; ///< where the facts are from

    /// The place of a bootloader file. Throws input_error, naming those the board has.
    [[nodiscard]] constexpr const boot_blob& places(std::string_view blob) const {
        for (const boot_blob& b : blobs)
            if (b.name == blob) return b;
        fail::board_has_no_such_blob(name, blob, blobs);
    }
};

/// Whether they are one SoC to a bootloader, as RK3588 and RK3588S are.
constexpr bool same_soc(std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); }

/// Throws layout_error if places or reserved regions of the board overlap or reach into its partitions, input_error if
/// something is missing that every board has. True, so that it can be asserted.
constexpr bool check(const board& b) {
    if (b.name.empty()) fail::board_is_incomplete("", "name");
    if (b.title.empty()) fail::board_is_incomplete(b.name, "title");
    if (b.soc.empty()) fail::board_is_incomplete(b.name, "SoC");
    if (b.console.empty()) fail::board_is_incomplete(b.name, "console");
    if (b.source.empty()) fail::board_is_incomplete(b.name, "source of its facts");
    if (!b.emmc_boot.file.empty()) (void)b.places(b.emmc_boot.file);
    // LBA 0 and 1 are the MBR and the header; the entries of 128 bytes follow.
    if (b.table == table_kind::gpt)
        for (const boot_blob& blob : b.blobs)
            if (blob.at < offset{sectors{2}} + bytes{128} * b.gpt_entries)
                fail::blob_lies_over_entry_array(b.name, blob.range(), b.gpt_entries);
    for (std::size_t i = 0; i < b.blobs.size(); ++i) {
        if (b.blobs[i].alternative) continue;
        for (const named_range& r : b.reserved) require_disjoint(r, b.blobs[i].range());
        for (std::size_t j = 0; j < i; ++j)
            if (!b.blobs[j].alternative) require_disjoint(b.blobs[j].range(), b.blobs[i].range());
    }
    for (std::size_t i = 0; i < b.reserved.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) require_disjoint(b.reserved[j], b.reserved[i]);
    for (const boot_blob& blob : b.blobs)
        if (blob.range().end() > b.partition_floor)
            fail::blob_reaches_into_partitions(b.name, blob.range(), b.partition_floor);
    for (const named_range& r : b.reserved)
        if (r.end() > b.partition_floor) fail::blob_reaches_into_partitions(b.name, r, b.partition_floor);
    return true;
}

/// The same for each of `boards`, which are in order of name; input_error if they are not, or two have one name.
constexpr bool check(std::span<const board* const> boards) {
    for (std::size_t i = 0; i < boards.size(); ++i) {
        check(*boards[i]);
        if (i > 0 && boards[i - 1]->name >= boards[i]->name)
            fail::boards_out_of_order(boards[i - 1]->name, boards[i]->name);
    }
    return true;
}

/// Throws layout_error if a file of `size` is too large for its place.
constexpr void require_fits(const board& b, const boot_blob& blob, bytes size) {
    if (blob.rest && size > blob.skip + blob.maximum) fail::boot_blob_is_too_large(b.name, blob, size);
}

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/board/board_impl.hpp>
#endif
