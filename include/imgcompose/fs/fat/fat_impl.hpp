// SPDX-License-Identifier: BSL-1.0
// The functions of fat.hpp.
#pragma once

#include <imgcompose/fs/fat/fat.hpp>
#include <imgcompose/fs/fat/write.hpp>

#include <memory>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

IMGCOMPOSE_INLINE recipe fat(tree from, fat_options options) {
    return recipe{std::make_shared<const detail::fat_recipe>(std::move(from), std::move(options))};
}

IMGCOMPOSE_INLINE image fat_image(tree from, const fat_options& options, bytes size, const surroundings& where) {
    return fat(std::move(from), options)->make(size, where);
}

IMGCOMPOSE_INLINE image fat_image(tree from, const fat_options& options, const surroundings& where) {
    return standalone(fat(std::move(from), options), options.size, where);
}

IMGCOMPOSE_NAMESPACE_END
