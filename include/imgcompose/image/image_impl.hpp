// SPDX-License-Identifier: BSL-1.0
// The functions of image.hpp.
#pragma once

#include <imgcompose/image/image.hpp>
#include <imgcompose/core/named_range.hpp>
#include <imgcompose/image/extent.hpp>
#include <imgcompose/image/sorted_runs_impl.hpp>
#include <imgcompose/image/source.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void region_outside_image(std::string_view name, offset at, bytes size, bytes image_size) {
    throw layout_error(text::join(name, " (", detail::range_text(at, size), ") does not fit the image of ",
                                  detail::size_text(image_size), "; ",
                                  detail::size_text((at + size) - offset{image_size}), " are missing"));
}

[[noreturn]] inline void extent_out_of_order(offset at, offset end_of_last) {
    throw layout_error(
        text::join("an extent at byte ", at.count, " was appended behind one that ends at byte ", end_of_last.count));
}

[[noreturn]] IMGCOMPOSE_INLINE void read_outside_image(offset at, bytes size, bytes image_size) {
    throw layout_error(text::join("bytes ", at.count, " to ", at.count + size.count, " were asked of an image of ",
                                  image_size.count, " bytes"));
}
} // namespace fail

IMGCOMPOSE_INLINE image::image() = default;
IMGCOMPOSE_INLINE image::image(const image&) = default;
IMGCOMPOSE_INLINE image::image(image&&) noexcept = default;
IMGCOMPOSE_INLINE image& image::operator=(const image&) = default;
IMGCOMPOSE_INLINE image& image::operator=(image&&) noexcept = default;
IMGCOMPOSE_INLINE image::~image() = default;
IMGCOMPOSE_INLINE image::image(bytes size) : size_(size) {}

IMGCOMPOSE_INLINE image& image::place(offset at, const image& part, std::string_view name) & {
    const offset end = at + part.size_;
    if (end > offset{size_})
        fail::region_outside_image(name.empty() ? "an unnamed part" : name, at, part.size_, size_);
    if (part.size_ == bytes{}) return *this;
    const auto after = extents_.lower_bound(at);
    if (after != extents_.end() && after->at < end) refuse_overlap(*after, at, part.size_, name);
    if (after != extents_.begin()) {
        auto before = after;
        --before;
        if (before->end() > at) refuse_overlap(*before, at, part.size_, name);
    }
    extents_.insert(after, moved_here(part, at));
    const auto named = moved_regions(part, at, name);
    if (!named.empty()) regions_.insert(regions_.lower_bound(end), named);
    return *this;
}

IMGCOMPOSE_INLINE image&& image::place(offset at, const image& part, std::string_view name) && {
    return std::move(place(at, part, name));
}

IMGCOMPOSE_INLINE std::uint32_t image::add_source(const source& s) {
    const void* const address = address_of(s);
    if (!sources_.empty() && address_of(sources_.back()) == address)
        return static_cast<std::uint32_t>(sources_.size() - 1);
    const auto [where, is_new] = source_index_.try_emplace(address, static_cast<std::uint32_t>(sources_.size()));
    if (is_new) sources_.push_back(s);
    return where->second;
}

IMGCOMPOSE_INLINE void image::append(const extent& e) {
    if (e.size == bytes{}) return;
    if (e.end() > offset{size_}) fail::region_outside_image("an extent", e.at, e.size, size_);
    if (!extents_.empty()) {
        auto& last = extents_.back();
        if (e.at < last.end()) fail::extent_out_of_order(e.at, last.end());
        const bool continues = e.at == last.end() && e.source == last.source && e.item == last.item &&
                               (!e.has_source() || e.from == last.from + last.size);
        if (continues) {
            last.size += e.size;
            return;
        }
    }
    extents_.push_back(e);
}

IMGCOMPOSE_INLINE void image::append_region(offset at, bytes size, std::string_view name, std::uint32_t depth) {
    if (size != bytes{}) regions_.push_back({at, size, remember(name), depth});
}

IMGCOMPOSE_INLINE const void* image::address_of(const source& s) {
    return std::visit([](const auto& p) { return static_cast<const void*>(p.get()); }, s);
}

IMGCOMPOSE_INLINE void image::refuse_overlap(const extent& placed, offset at, bytes size, std::string_view name) const {
    // The outermost region around the extent is what the user placed.
    std::string_view other = "an unnamed part";
    offset other_at = placed.at;
    bytes other_size = placed.size;
    for (const region& r : regions_) {
        if (r.at > placed.at) break;
        if (r.depth == 0 && placed.at < r.end()) other = name_of(r), other_at = r.at, other_size = r.size;
    }
    const std::string_view own = name.empty() ? "an unnamed part" : name;
    if (other_at <= at) fail::regions_overlap(other, other_at, other_size, own, at, size);
    fail::regions_overlap(own, at, size, other, other_at, other_size);
}

IMGCOMPOSE_INLINE std::vector<extent> image::moved_here(const image& part, offset at) {
    std::vector<std::uint32_t> here;
    here.reserve(part.sources_.size());
    for (const source& s : part.sources_) here.push_back(add_source(s));

    std::vector<extent> moved;
    moved.reserve(part.extents_.size() + 1);
    offset end = at;
    const auto undefined_up_to = [&](offset next) {
        if (end < next) moved.push_back({.at = end, .size = next - end, .source = extent::is_undefined});
    };
    for (extent e : part.extents_) {
        e.at = e.at + from_start(at);
        undefined_up_to(e.at);
        if (e.has_source()) e.source = here[e.source];
        moved.push_back(e);
        end = e.end();
    }
    undefined_up_to(at + part.size_);
    return moved;
}

IMGCOMPOSE_INLINE std::vector<region> image::moved_regions(const image& part, offset at, std::string_view name) {
    std::vector<region> moved;
    if (!name.empty()) moved.push_back({at, part.size_, remember(name), 0});
    const std::uint32_t deeper = name.empty() ? 0 : 1;
    moved.reserve(moved.size() + part.regions_.size());
    for (const region& r : part.regions_)
        moved.push_back({r.at + from_start(at), r.size, remember(part.name_of(r)), r.depth + deeper});
    return moved;
}

IMGCOMPOSE_INLINE std::uint32_t image::remember(std::string_view name) {
    if (last_name_ < names_.size() && name == names_.c_str() + last_name_) return last_name_;
    last_name_ = narrow<std::uint32_t>(names_.size());
    names_ += name;
    names_ += '\0';
    return last_name_;
}

IMGCOMPOSE_INLINE image owned(owned_bytes content) {
    image i{bytes{content.size()}};
    const bytes size = i.size();
    const auto index = i.add_source(std::make_shared<const owned_bytes>(std::move(content)));
    i.append({.size = size, .source = index});
    return i;
}

IMGCOMPOSE_INLINE image from_text(std::string_view content) {
    const auto raw = std::as_bytes(std::span{content.data(), content.size()});
    return owned({raw.begin(), raw.end()});
}

IMGCOMPOSE_INLINE image fill(bytes size, std::byte value) {
    image i{size};
    if (value == std::byte{}) i.append({.size = size, .source = extent::is_zero});
    else i.append({.size = size, .source = extent::is_fill, .item = static_cast<std::uint32_t>(value)});
    return i;
}

IMGCOMPOSE_INLINE image zeros(bytes size) { return fill(size, std::byte{}); }

IMGCOMPOSE_INLINE image generated(std::shared_ptr<const generator> maker, bytes size, std::uint32_t item) {
    image i{size};
    const auto index = i.add_source(std::move(maker));
    i.append({.size = size, .source = index, .item = item});
    return i;
}

IMGCOMPOSE_NAMESPACE_END
