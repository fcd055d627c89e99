// SPDX-License-Identifier: BSL-1.0
// The functions of recipe.hpp.
#pragma once

#include <imgcompose/image/recipe.hpp>
#include <imgcompose/core/guid.hpp>
#include <imgcompose/image/image.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

IMGCOMPOSE_INLINE std::optional<std::uint8_t> recipe::model::mbr_type_of(bytes size, const surroundings& where) const {
    static_cast<void>(size), static_cast<void>(where);
    return mbr_type();
}

namespace detail {

struct fixed_image final : recipe::model {
    explicit fixed_image(image i) : content(std::move(i)) {}
    [[nodiscard]] std::string_view kind() const override { return "image"; }
    [[nodiscard]] bytes smallest_size(const surroundings&) const override { return content.size(); }
    [[nodiscard]] image make(bytes size, const surroundings&) const override {
        return image{size}.place(offset{}, content);
    }
    image content;
};
} // namespace detail

IMGCOMPOSE_INLINE recipe::recipe(image fixed) : model_(std::make_shared<const detail::fixed_image>(std::move(fixed))) {}

namespace fail {
[[noreturn]] inline void nothing_to_fill(std::string_view kind) {
    throw input_error(text::join(kind, " as an image of its own has no space to fill; give it a size, or `smallest`"));
}
} // namespace fail

IMGCOMPOSE_INLINE image standalone(const recipe& r, const size_rule& size, const surroundings& where) {
    if (size.what == size_rule::kind::fill) fail::nothing_to_fill(r->kind());
    if (size.what == size_rule::kind::exact) return r->make(size.size, where);
    return r->make(align_up(size.resolve(r->smallest_size(where), bytes{}), where.sector_size), where);
}

IMGCOMPOSE_NAMESPACE_END
