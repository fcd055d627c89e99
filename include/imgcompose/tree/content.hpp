// SPDX-License-Identifier: BSL-1.0
// The bytes of one file of a tree as an image, and whether two such images read the same.
#pragma once

#include <imgcompose/image/read.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// The content of a regular file; an empty image for all else. Holes are undefined in it.
inline image content_of(const tree& t, const tree::inode& i) {
    if (i.type != file_type::regular || i.size == 0) return {};
    if (i.files == tree::content_is_image) return *t.images()[i.content];
    image content{bytes{i.size}};
    const auto index = content.add_source(t.files()[i.files]);
    t.for_each_data_range(i, [&](const data_range& r) {
        content.append({.at = offset{r.at}, .size = r.size, .from = bytes{i.from} + r.at, .source = index, .item = i.content});
    });
    return content;
}

namespace detail {
/// Walks over an image in steps that are all data or all without.
class data_cursor {
public:
    explicit data_cursor(const image& i) : next_(i.extents().begin()), end_(i.extents().end()), size_(i.size()) {}

    /// Whether the byte at `at` is data; `at` never goes back.
    bool is_data(offset at) {
        while (next_ != end_ && next_->end() <= at) ++next_;
        return next_ != end_ && next_->at <= at && next_->kind() == byte_kind::data;
    }
    /// Where that changes, or may change; call is_data with the same `at` before.
    [[nodiscard]] offset end_of_step(offset at) const {
        if (next_ == end_) return offset{size_};
        return next_->at <= at ? next_->end() : next_->at;
    }

private:
    image::extent_list::iterator next_, end_;
    bytes size_;
};
} // namespace detail

/// Whether both have the same size and every byte reads the same; undefined bytes read as zero. What is zero or
/// undefined in both is not read.
inline bool reads_same(const image& a, const image& b) {
    if (a.size() != b.size()) return false;
    detail::data_cursor in_a{a}, in_b{b};
    source_opener open_a, open_b;
    owned_bytes from_a, from_b;
    for (offset at{}; at < offset{a.size()};) {
        const bool data_in_a = in_a.is_data(at), data_in_b = in_b.is_data(at); // both have to move
        const offset end = std::min(in_a.end_of_step(at), in_b.end_of_step(at));
        if (!data_in_a && !data_in_b) {
            at = end;
            continue;
        }
        const bytes step = std::min(end - at, bytes{1 << 20});
        from_a.resize(step.count), from_b.resize(step.count);
        read(a, at, from_a, open_a);
        read(b, at, from_b, open_b);
        if (std::memcmp(from_a.data(), from_b.data(), from_a.size()) != 0) return false;
        at = at + step;
    }
    open_a.finish(), open_b.finish();
    return true;
}

IMGCOMPOSE_NAMESPACE_END
