// SPDX-License-Identifier: BSL-1.0
// Two trees become one.
#pragma once

#include <imgcompose/tree/tree.hpp>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Everything of both trees; where both have a name, the later wins. Directories become one, with the later's attributes
/// unless it is there only because of what is in it. A later directory over a symbolic link to a directory goes into that
/// one ("/lib/modules" over "/lib -> usr/lib"); any other meeting of a directory and something else is an input_error.
tree merge(tree earlier, const tree& later);

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/tree/merge_impl.hpp>
#endif
