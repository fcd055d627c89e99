// SPDX-License-Identifier: BSL-1.0
// What somebody who wrote a wrong word may have meant.
#pragma once

#include <imgcompose/core/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace text {

/// How many letters have to be added, removed, replaced, or exchanged with their neighbour to make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `known` that is nearest to `word`; empty if none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

/// "; did you mean `board`?", or all that is known if none is near; nothing if nothing is known.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

} // namespace text
IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/core/suggest_impl.hpp>
#endif
