// SPDX-License-Identifier: BSL-1.0
// FAT as a recipe: `fat(tree, {.label = "BOOT"})`.
#pragma once

#include <imgcompose/fs/fat/options.hpp>
#include <imgcompose/image/recipe.hpp>
#include <imgcompose/tree/tree.hpp>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A FAT filesystem with what is in `from`, for a partition or an image of its own. Throws input_error, before anything
/// is made, for names and files that FAT cannot hold.
recipe fat(tree from, fat_options options = {});

/// The same as an image of `size` at once. Throws layout_error if that is too little, saying how much is missing.
image fat_image(tree from, const fat_options& options, bytes size, const surroundings& where = {});

/// The same, of the size that `options.size` says.
image fat_image(tree from, const fat_options& options, const surroundings& where = {});

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/fs/fat/fat_impl.hpp>
#endif
