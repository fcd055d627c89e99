// SPDX-License-Identifier: BSL-1.0
// A GUID partition table as an image.
#pragma once

#include <imgcompose/image/image.hpp>
#include <imgcompose/partition/gpt.hpp>

#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A disk with this table and nothing else: both copies are placed, all the rest is free for others to be placed.
/// Throws as `check` does.
inline image gpt_image(const gpt_table& t) {
    const gpt_layout l = layout_of(t);
    gpt_bytes b = make_gpt(t);
    image disk{t.disk_size};
    disk.place(offset{}, owned(std::move(b.head)),
               t.hybrid.empty() ? "protective MBR and GPT header" : "hybrid MBR and GPT header");
    disk.place(l.entry_array_at, owned(std::move(b.entry_array)), "GPT entry array");
    disk.place(l.backup_at, owned(std::move(b.backup)), "backup GPT");
    return disk;
}

IMGCOMPOSE_NAMESPACE_END
