// SPDX-License-Identifier: BSL-1.0
// What a disk is to hold: a value that steps add to, and that `compose` makes an image of.
#pragma once

#include <imgcompose/board/board.hpp>
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

/// An image at a place of its own, counted from the start of the disk or of the partition that holds it.
struct placed_image {
    std::string name{}; ///< for messages and plans
    offset at{};
    image content{};
};

struct partition_options {
    std::optional<offset> at{};              ///< where it begins; as early as possible if not given
    std::optional<uuid> type{};              ///< in a GPT: basic data for FAT, else Linux filesystem, if not given
    std::optional<std::uint8_t> mbr_type{};  ///< in an MBR: what suits the content if not given
    gpt_attributes attributes{};             ///< beside the one that `bootable` means
    std::optional<bool> bootable{};          ///< whether U-Boot looks here; see disk_plan
    std::optional<uuid> id{};                ///< its GUID; derived from the seed if not given
    bool in_hybrid_mbr = false;              ///< also in the MBR of a hybrid table
    bool holds_firmware = false;             ///< may begin before the board's partition floor
    std::vector<placed_image> blobs{};       ///< bytes at offsets from its start, of a partition without other content
};

/// A partition as it is asked for.
struct planned_partition {
    std::string name{}; ///< also what its identifiers are derived from
    size_rule size{};
    std::optional<recipe> content{};
    partition_options options{};
};

/// A bootloader file; where it goes is the board's to say.
struct planned_bootloader {
    std::string name{};
    image content{};
};

struct disk_options {
    std::optional<disk_table> table{};           ///< the board's if not given, GPT without a board
    size_rule size = smallest;                   ///< of the disk; the smallest has whole `alignment`s
    bytes sector_size{512};                      ///< of the medium
    std::optional<bytes> alignment{};            ///< where partitions begin; the board's if not given, 1 MiB without one
    std::optional<uuid> disk_id{};               ///< GPT; derived from the seed if not given
    std::optional<std::uint32_t> disk_signature{}; ///< MBR; derived from the seed if not given
    std::uint32_t gpt_entries = 128;
    lba gpt_entry_array{2};                      ///< later ones leave room for a bootloader
    seed ids{};                                  ///< what all identifiers are derived from that are not given
    std::chrono::seconds epoch{0};               ///< time of what has none of its own, since 1970
    bool without_bootloader = false;             ///< the board has its bootloader elsewhere, such as in SPI flash
};

/// A disk that is still only remembered: nothing is read or laid out before `compose`.
/// U-Boot looks for files to boot in bootable partitions only, and in the first one if there is none. Where no partition
/// says whether it is bootable, the one named "boot" is.
struct disk_plan {
    std::optional<board> target{};
    std::vector<planned_bootloader> bootloaders{};
    std::vector<placed_image> raws{};
    std::vector<planned_partition> partitions{};
    disk_options options{};

    disk_plan() = default;
    disk_plan(const board& b) : target(b) {}

    [[nodiscard]] disk_table table() const {
        if (options.table) return *options.table;
        return target && target->table == table_kind::mbr ? disk_table::mbr : disk_table::gpt;
    }
    [[nodiscard]] bytes alignment() const {
        if (options.alignment) return *options.alignment;
        return target ? target->partition_alignment : bytes{mebibytes{1}};
    }
    /// What one of its partitions is made with.
    [[nodiscard]] surroundings surroundings_of(const planned_partition& p, offset at) const {
        return {.sector_size = options.sector_size,
                .at = at,
                .ids = options.ids.for_part(text::join("partition:", p.name)),
                .epoch = options.epoch};
    }
};

/// A function from a plan to a plan; a user's own is a lambda.
template <class S>
concept disk_step = requires(const S& s, disk_plan p) {
    { s(std::move(p)) } -> std::same_as<disk_plan>;
};
template <disk_step S> disk_plan operator|(disk_plan p, const S& step) { return step(std::move(p)); }

IMGCOMPOSE_NAMESPACE_END
