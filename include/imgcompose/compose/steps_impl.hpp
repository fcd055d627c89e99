// SPDX-License-Identifier: BSL-1.0
// The functions of steps.hpp.
#pragma once

#include <imgcompose/compose/steps.hpp>
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

IMGCOMPOSE_INLINE disk_edit bootloader(std::string name, image content) {
    return [name = std::move(name), content = std::move(content)](disk_plan p) {
        if (!p.target) fail::bootloader_without_board(name);
        const board& b = p.board_with(name);
        require_fits(b, b.places(name), content.size());
        p.bootloaders.push_back({name, content});
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit without_bootloader() {
    return [](disk_plan p) {
        p.options.without_bootloader = true;
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit bootloader_in_spi(std::optional<bytes> flash_size) {
    return [=](disk_plan p) {
        p.options.bootloader_in = bootloader_place::spi;
        p.options.boot_medium_size = flash_size;
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit bootloader_in_emmc_boot(std::optional<bytes> size) {
    return [=](disk_plan p) {
        p.options.bootloader_in = bootloader_place::emmc_boot;
        p.options.boot_medium_size = size;
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit partition(std::string name, size_rule size, recipe content, partition_options options) {
    return [=, name = std::move(name)](disk_plan p) {
        p.partitions.push_back({name, size, content, options});
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit empty_partition(std::string name, size_rule size, partition_options options) {
    return [=, name = std::move(name)](disk_plan p) {
        p.partitions.push_back({name, size, {}, options});
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit raw(std::string name, offset at, image content) {
    return [=, name = std::move(name), content = std::move(content)](disk_plan p) {
        p.raws.push_back({name, at, content});
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit seeded(std::string_view words) {
    return [ids = seed{words}](disk_plan p) {
        p.options.ids = ids;
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit epoch(std::chrono::seconds time) {
    return [=](disk_plan p) {
        p.options.epoch = time;
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit with_table(disk_table table) {
    return [=](disk_plan p) {
        p.options.table = table;
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit aligned_to(bytes alignment) {
    return [=](disk_plan p) {
        p.options.alignment = alignment;
        return p;
    };
}

IMGCOMPOSE_INLINE disk_edit disk_size(size_rule size) {
    return [=](disk_plan p) {
        p.options.size = size;
        return p;
    };
}

IMGCOMPOSE_NAMESPACE_END
