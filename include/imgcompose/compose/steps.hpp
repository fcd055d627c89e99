// SPDX-License-Identifier: BSL-1.0
// The steps that make a plan of a board: `board | bootloader(...) | partition(...) | seeded("words")`.
#pragma once

#include <imgcompose/compose/disk.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void bootloader_without_board(std::string_view name) {
    throw input_error(
        text::join("nothing says where ", text::quoted(name), " goes: begin with a board, or place it with `raw`"));
}
} // namespace fail

/// Puts a bootloader file where the board looks for it. Throws input_error if the board knows no such file,
/// layout_error if it is too large for its place.
inline auto bootloader(std::string name, image content) {
    return [name = std::move(name), content = std::move(content)](disk_plan p) {
        if (!p.target) fail::bootloader_without_board(name);
        const board& b = p.board_with(name);
        require_fits(b, b.places(name), content.size());
        p.bootloaders.push_back({name, content});
        return p;
    };
}

/// For a board that starts from elsewhere, such as from SPI flash: that the disk has no bootloader is no mistake.
inline auto without_bootloader() {
    return [](disk_plan p) {
        p.options.without_bootloader = true;
        return p;
    };
}

/// The bootloader files are for the board's SPI flash: the disk has none, and `compose_spi` makes the other image.
/// With the size of the flash that image fills it.
inline auto bootloader_in_spi(std::optional<bytes> flash_size = {}) {
    return [=](disk_plan p) {
        p.options.bootloader_in = bootloader_place::spi;
        p.options.boot_medium_size = flash_size;
        return p;
    };
}

/// The bootloader file is for a hardware boot partition of the eMMC whose user area the disk is: the disk has none, and
/// `compose_emmc_boot` makes the other image. With the size of the boot partition that image fills it.
inline auto bootloader_in_emmc_boot(std::optional<bytes> size = {}) {
    return [=](disk_plan p) {
        p.options.bootloader_in = bootloader_place::emmc_boot;
        p.options.boot_medium_size = size;
        return p;
    };
}

/// Adds a partition behind the others: of a size in bytes, `rest_of_disk`, or `smallest` with or without more.
inline auto partition(std::string name, size_rule size, recipe content, partition_options options = {}) {
    return [=, name = std::move(name)](disk_plan p) {
        p.partitions.push_back({name, size, content, options});
        return p;
    };
}

/// One without content, or with no other than `options.blobs`.
inline auto empty_partition(std::string name, size_rule size, partition_options options = {}) {
    return [=, name = std::move(name)](disk_plan p) {
        p.partitions.push_back({name, size, {}, options});
        return p;
    };
}

/// Puts bytes at a place on the disk. It may lie in a partition that is empty there.
inline auto raw(std::string name, offset at, image content) {
    return [=, name = std::move(name), content = std::move(content)](disk_plan p) {
        p.raws.push_back({name, at, content});
        return p;
    };
}

/// Derives all identifiers that are not given from these words.
inline auto seeded(std::string_view words) {
    return [ids = seed{words}](disk_plan p) {
        p.options.ids = ids;
        return p;
    };
}

/// The time, since 1970, of everything that has none of its own.
inline auto epoch(std::chrono::seconds time) {
    return [=](disk_plan p) {
        p.options.epoch = time;
        return p;
    };
}

/// Lists the partitions in this way instead of the board's.
inline auto with_table(disk_table table) {
    return [=](disk_plan p) {
        p.options.table = table;
        return p;
    };
}

/// Begins partitions at multiples of this, such as 4 MiB for SD cards.
inline auto aligned_to(bytes alignment) {
    return [=](disk_plan p) {
        p.options.alignment = alignment;
        return p;
    };
}

/// For a disk of exactly this size, or `smallest` with more.
inline auto disk_size(size_rule size) {
    return [=](disk_plan p) {
        p.options.size = size;
        return p;
    };
}

IMGCOMPOSE_NAMESPACE_END
