// SPDX-License-Identifier: BSL-1.0
// What a disk is to hold: a value that steps add to, and that `compose` makes an image of.
#pragma once

#include <imgcompose/board/board.hpp>
#include <imgcompose/core/function.hpp>
#include <imgcompose/image/recipe.hpp>
#include <imgcompose/partition/types.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// How a disk lists its partitions.
enum class disk_table : std::uint8_t {
    gpt,
    mbr,
    hybrid, ///< GPT, and up to three of its partitions in the MBR too: `partition_options::in_hybrid_mbr`
    none,   ///< not at all: they lie where they lie
};

constexpr std::string_view name_of(disk_table t) {
    switch (t) {
    case disk_table::gpt: return "gpt";
    case disk_table::mbr: return "mbr";
    case disk_table::hybrid: return "hybrid";
    case disk_table::none: return "none";
    }
    return "unknown";
}

/// What people call it.
constexpr std::string_view title_of(disk_table t) {
    switch (t) {
    case disk_table::gpt: return "GPT";
    case disk_table::mbr: return "MBR";
    case disk_table::hybrid: return "GPT with a hybrid MBR";
    case disk_table::none: return "no partition table";
    }
    return "unknown";
}

/// An image at a place of its own, counted from the start of the disk or of the partition that holds it.
struct placed_image {
    std::string name{}; ///< for messages and plans
    /// Where it begins.
    offset at{};
    /// What is there.
    image content{};
};

/// What is said of a partition beside its name, size and content.
struct partition_options {
    std::optional<offset> at{};             ///< where it begins; as early as possible if not given
    /// In a GPT, if not given: what the board's firmware looks for by this partition's name; else basic data for FAT,
    /// and Linux filesystem.
    std::optional<uuid> type{};
    std::optional<std::uint8_t> mbr_type{}; ///< in an MBR: the same, or what suits the content
    gpt_attributes attributes{};            ///< beside the one that `bootable` means
    std::optional<bool> bootable{};         ///< whether U-Boot looks here; see disk_plan
    std::optional<uuid> id{};               ///< its GUID; derived from the seed if not given
    bool in_hybrid_mbr = false;             ///< also in the MBR of a hybrid table
    bool holds_firmware = false;            ///< may begin before the board's partition floor
    std::vector<placed_image> blobs{};      ///< bytes at offsets from its start, of a partition without other content
};

/// A partition as it is asked for.
struct planned_partition {
    std::string name{}; ///< also what its identifiers are derived from
    /// How large it is.
    size_rule size{};
    /// What is in it; nothing: it stays undefined.
    std::optional<recipe> content{};
    /// The rest.
    partition_options options{};
};

/// A bootloader file; where it goes is the board's to say.
struct planned_bootloader {
    /// As the board calls it, such as "idbloader.img".
    std::string name{};
    /// The bytes of the file.
    image content{};
};

/// Which medium has the bootloader.
enum class bootloader_place : std::uint8_t {
    disk,
    spi,       ///< NOR flash on the board
    emmc_boot, ///< the first hardware boot partition of eMMC, beside the disk that is its user area
};

/// What is said of a disk as a whole.
struct disk_options {
    std::optional<disk_table> table{}; ///< the board's if not given, GPT without a board
    size_rule size = smallest;         ///< of the disk; the smallest has whole `alignment`s
    bytes sector_size{512};            ///< of the medium
    std::optional<bytes> alignment{};  ///< where partitions begin; the board's if not given, 1 MiB without one
    std::optional<uuid> disk_id{};     ///< GPT; derived from the seed if not given
    std::optional<std::uint32_t> disk_signature{}; ///< MBR; derived from the seed if not given
    std::optional<std::uint32_t> gpt_entries{};    ///< the board's if not given, 128 without one
    lba gpt_entry_array{2};                        ///< later ones leave room for a bootloader
    seed ids{};                                    ///< what all identifiers are derived from that are not given
    std::chrono::seconds epoch{0};                 ///< time of what has none of its own, since 1970
    bool without_bootloader = false;               ///< the board has its bootloader elsewhere, such as in SPI flash
    /// Elsewhere than on the disk, what is given is for `compose_spi` or `compose_emmc_boot`.
    bootloader_place bootloader_in = bootloader_place::disk;
    std::optional<bytes> boot_medium_size{}; ///< of the SPI flash, or of the boot partition of eMMC
};

/// A disk that is still only remembered: nothing is read or laid out before `compose`.
/// U-Boot looks for files to boot in bootable partitions only, and in the first one if there is none. Where no
/// partition says whether it is bootable, the one named "boot" is.
struct disk_plan {
    /// The board that it is for.
    std::optional<board> target{};
    std::vector<board> also{}; ///< other boards that start from the same disk; see `shared`
    /// Files for the places that the board has.
    std::vector<planned_bootloader> bootloaders{};
    /// Bytes at places outside of partitions.
    std::vector<placed_image> raws{};
    /// In the order of their numbers.
    std::vector<planned_partition> partitions{};
    /// Of the disk as a whole.
    disk_options options{};

    disk_plan();
    disk_plan(const disk_plan&); ///< a value, copied
    disk_plan(disk_plan&&) noexcept; ///< and moved
    disk_plan& operator=(const disk_plan&);
    disk_plan& operator=(disk_plan&&) noexcept;
    ~disk_plan();
    /// Empty, for this board: `board | bootloader(...) | partition(...)`.
    disk_plan(const board& b);

    /// As the options say; else an MBR if a board wants one.
    [[nodiscard]] disk_table table() const;
    /// Whether the boards start from this disk itself.
    [[nodiscard]] bool holds_bootloader() const;
    /// As the options say; else the largest that a board wants.
    [[nodiscard]] bytes alignment() const;
    /// As the options say; else the least that a board allows.
    [[nodiscard]] std::uint32_t gpt_entries() const;
    /// All that are to start from the disk.
    [[nodiscard]] std::vector<const board*> boards() const;
    /// That with a place for a bootloader file of this name. Throws input_error if none has.
    [[nodiscard]] const board& board_with(std::string_view bootloader) const;
    /// The partition of its boards' firmware that is meant by this name; nothing if it is none.
    [[nodiscard]] const firmware_partition* firmware_of(std::string_view partition) const;
    /// What one of its partitions is made with.
    [[nodiscard]] surroundings surroundings_of(const planned_partition& p, offset at) const;
};

/// A function from a plan to a plan; a user's own is a lambda.
template <class S>
concept disk_step = requires(const S& s, disk_plan p) {
    { s(std::move(p)) } -> std::same_as<disk_plan>;
};
template <disk_step S> disk_plan operator|(disk_plan p, const S& step) { return step(std::move(p)); }

/// A step that keeps its arguments: what the functions of compose/steps.hpp make.
using disk_edit = function<disk_plan(disk_plan)>;

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/compose/disk_impl.hpp>
#endif
