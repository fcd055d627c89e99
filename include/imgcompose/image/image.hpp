// SPDX-License-Identifier: BSL-1.0
// An image: a size and a sorted list of extents. Everything that occupies space is one, and images nest.
#pragma once

#include <imgcompose/core/named_range.hpp>
#include <imgcompose/image/extent.hpp>
#include <imgcompose/image/sorted_runs.hpp>
#include <imgcompose/image/source.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] void read_outside_image(offset at, bytes size, bytes image_size);
} // namespace fail

/// A size and what the bytes are. What nothing was placed on is `undefined`.
class image {
public:
    /// A sorted range of extents, with iterators in both directions.
    using extent_list = detail::sorted_runs<extent>;
    /// The same of regions.
    using region_list = detail::sorted_runs<region>;

    image();
    image(const image&); ///< a value, copied
    image(image&&) noexcept; ///< and moved
    image& operator=(const image&);
    image& operator=(image&&) noexcept;
    ~image();
    /// An image in which nothing is placed yet.
    explicit image(bytes size);

    /// Of all of it, with what is undefined.
    [[nodiscard]] bytes size() const { return size_; }
    /// In order of `at`, without overlap; gaps between them are undefined.
    [[nodiscard]] const extent_list& extents() const { return extents_; }
    /// What was placed with a name, in order of `at`, what contains before what it contains.
    [[nodiscard]] const region_list& regions() const { return regions_; }
    /// Where bytes come from; extent::source is an index into it.
    [[nodiscard]] const std::vector<source>& sources() const { return sources_; }
    /// As it was placed; good as long as this image is not changed.
    [[nodiscard]] std::string_view name_of(const region& r) const { return names_.c_str() + r.name; }

    /// Puts `part` at `at`. All of the part's size is then taken, its undefined bytes too.
    /// Throws layout_error if it overlaps what was placed before or does not fit the image.
    image& place(offset at, const image& part, std::string_view name = {}) &;
    /// The same, for chains: `image{1_MiB}.place(...).place(...)`.
    image&& place(offset at, const image& part, std::string_view name = {}) &&;

    // For writers that make many extents in order; everybody else uses `place`.

    /// Index for extent::source. The same source is stored once.
    std::uint32_t add_source(const source& s);
    /// Appends an extent that lies behind all others and inside the image. Joins it to the last where they continue.
    void append(const extent& e);
    /// Names a range that lies behind all named before it.
    void append_region(offset at, bytes size, std::string_view name, std::uint32_t depth = 0);

private:
    static const void* address_of(const source& s);

    [[noreturn]] void refuse_overlap(const extent& placed, offset at, bytes size, std::string_view name) const;

    std::vector<extent> moved_here(const image& part, offset at);

    std::vector<region> moved_regions(const image& part, offset at, std::string_view name);

    std::uint32_t remember(std::string_view name);

    bytes size_{};
    extent_list extents_;
    region_list regions_;
    std::vector<source> sources_;
    std::map<const void*, std::uint32_t> source_index_;
    std::string names_; // NUL-terminated, one after the other
    std::uint32_t last_name_ = 0;
};

// --- images without parts ------------------------------------------------------------------------------------------

/// Bytes in memory.
image owned(owned_bytes content);

/// The bytes of a string; no terminator is added.
image from_text(std::string_view content);

/// `size` times the same byte; a fill of zero is `zero`.
image fill(bytes size, std::byte value);

/// Bytes that must read back as zero.
image zeros(bytes size);

/// What `maker` generates for `item`.
image generated(std::shared_ptr<const generator> maker, bytes size, std::uint32_t item = 0);

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/image/image_impl.hpp>
#endif
