// SPDX-License-Identifier: BSL-1.0
// Whether what is composed will boot, before it is written. Filesystems are not read back: their trees are known.
#pragma once

#include <imgcompose/compose/compose.hpp>
#include <imgcompose/inspect/lint.hpp>

#include <cstddef>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// `made` is what `compose_as` makes of the plan and its layout. Boards, and whether the disk has their bootloader, are
/// the plan's.
inline std::vector<disk_finding> lint(const disk_plan& plan, const disk_layout& layout, const image& made,
                                      lint_options options = {}) {
    options.on = plan.boards();
    options.without_bootloader = !plan.holds_bootloader();
    options.inspection.sector_size = layout.sector_size;
    for (std::size_t i = 0; i < plan.partitions.size(); ++i)
        if (const auto& content = plan.partitions[i].content; content && (*content)->files() != nullptr)
            options.known.push_back({layout.partitions[i].at, (*content)->files()});
    return lint(window{made}, options);
}

IMGCOMPOSE_NAMESPACE_END
