// SPDX-License-Identifier: BSL-1.0
// ext4 as a recipe: `ext4(tree, {.label = "NIXOS_SD"})`.
#pragma once

#include <imgcompose/fs/ext4/options.hpp>
#include <imgcompose/image/recipe.hpp>
#include <imgcompose/tree/tree.hpp>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A filesystem of the tree's content for a partition.
recipe ext4(tree content, ext4_options options = {});

/// The same as an image of its own, of the size that `options.size` says.
image ext4_image(tree content, const ext4_options& options, const surroundings& where = {});

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/fs/ext4/ext4_impl.hpp>
#endif
