// SPDX-License-Identifier: BSL-1.0
// The other medium of a plan whose bootloader is in a hardware boot partition of eMMC: `compose` makes the user area,
// `compose_emmc_boot` what goes to /dev/mmcblkNboot0. Which boot partition is started from, if any, is in the eMMC's
// EXT_CSD (`mmc bootpart enable`), and is not on either image.
#pragma once

#include <imgcompose/compose/disk.hpp>

#include <algorithm>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void emmc_boot_of_no_board() {
    throw input_error("nothing says what a boot partition of eMMC holds; begin with a board");
}
[[noreturn]] inline void emmc_boot_of_several_boards() {
    throw input_error(
        "several boards share the disk, and each has boot partitions of its own; make one plan a board for those");
}
[[noreturn]] inline void board_does_not_start_from_emmc_boot(std::string_view board, std::string_view why) {
    throw input_error(text::join(board, " is not known to start from a boot partition of eMMC: ", why,
                                 "; put its bootloader on the disk, which is the user area"));
}
[[noreturn]] inline void emmc_boot_lacks(std::string_view board, std::string_view file) {
    throw input_error(text::join("the boot partition of eMMC of ", board, " needs ", text::quoted(file), "; add it"));
}
[[noreturn]] inline void does_not_fit_emmc_boot(std::string_view file, bytes needed, bytes size) {
    throw layout_error(text::join(file, " needs ", needed.count, " bytes of the boot partition of eMMC, ",
                                  (needed - size).count, " more than its ", size.count));
}
[[noreturn]] inline void not_a_size_of_emmc_boot(bytes size) {
    throw layout_error(text::join("a boot partition of eMMC has a multiple of 128 KiB, not ", size.count,
                                  " bytes; look it up in /sys/block/mmcblkNboot0/size"));
}
} // namespace fail

/// The image of the boot partition, of the plan's bootloader file, as small as can be where its size is not given.
/// Throws input_error, with the reason, for a board that does not start from there or with the file missing,
/// layout_error for what does not fit.
inline image compose_emmc_boot(const disk_plan& plan) {
    if (!plan.target) fail::emmc_boot_of_no_board();
    if (!plan.also.empty()) fail::emmc_boot_of_several_boards();
    const board& b = *plan.target;
    const emmc_boot_layout& where = b.emmc_boot;
    if (where.file.empty()) fail::board_does_not_start_from_emmc_boot(b.title, where.why_not);
    const auto given = std::ranges::find(plan.bootloaders, where.file, &planned_bootloader::name);
    if (given == plan.bootloaders.end()) fail::emmc_boot_lacks(b.title, where.file);
    const bytes needed = align_up(from_start(where.at + given->content.size()), plan.options.sector_size);
    // EXT_CSD has the size of both in units of 128 KiB. Source: JEDEC JESD84-B51, 7.4.66 BOOT_SIZE_MULT.
    const bytes size = plan.options.boot_medium_size.value_or(needed);
    if (plan.options.boot_medium_size && (size == bytes{} || size % kibibytes{128} != bytes{}))
        fail::not_a_size_of_emmc_boot(size);
    if (needed > size) fail::does_not_fit_emmc_boot(where.file, needed, size);
    image made{size};
    made.place(where.at, given->content, where.file);
    return made;
}

IMGCOMPOSE_NAMESPACE_END
