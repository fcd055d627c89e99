// SPDX-License-Identifier: BSL-1.0
// The steps that make a plan of a board: `board | bootloader(...) | partition(...) | seeded("words")`.
#pragma once

#include <imgcompose/compose/disk.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Puts a bootloader file where the board looks for it. Throws input_error if the board knows no such file,
/// layout_error if it is too large for its place.
disk_edit bootloader(std::string name, image content);

/// For a board that starts from elsewhere, such as from SPI flash: that the disk has no bootloader is no mistake.
disk_edit without_bootloader();

/// The bootloader files are for the board's SPI flash: the disk has none, and `compose_spi` makes the other image.
/// With the size of the flash that image fills it.
disk_edit bootloader_in_spi(std::optional<bytes> flash_size = {});

/// The bootloader file is for a hardware boot partition of the eMMC whose user area the disk is: the disk has none, and
/// `compose_emmc_boot` makes the other image. With the size of the boot partition that image fills it.
disk_edit bootloader_in_emmc_boot(std::optional<bytes> size = {});

/// Adds a partition behind the others: of a size in bytes, `rest_of_disk`, or `smallest` with or without more.
disk_edit partition(std::string name, size_rule size, recipe content, partition_options options = {});

/// One without content, or with no other than `options.blobs`.
disk_edit empty_partition(std::string name, size_rule size, partition_options options = {});

/// Puts bytes at a place on the disk. It may lie in a partition that is empty there.
disk_edit raw(std::string name, offset at, image content);

/// Derives all identifiers that are not given from these words.
disk_edit seeded(std::string_view words);

/// The time, since 1970, of everything that has none of its own.
disk_edit epoch(std::chrono::seconds time);

/// Lists the partitions in this way instead of the board's.
disk_edit with_table(disk_table table);

/// Begins partitions at multiples of this, such as 4 MiB for SD cards.
disk_edit aligned_to(bytes alignment);

/// For a disk of exactly this size, or `smallest` with more.
disk_edit disk_size(size_rule size);

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/compose/steps_impl.hpp>
#endif
