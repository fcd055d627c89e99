// SPDX-License-Identifier: BSL-1.0
// A range of an image to be looked into: a disk, a partition, a file in it. What is inspected may be damaged or
// hostile, so reading beyond the end is an answer here, not an error.
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/image/sorted_runs_impl.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
/// The bytes of another image, from several threads.
class bytes_of_image final : public generator {
public:
    explicit bytes_of_image(image from) : from_(std::move(from)) {}
    void generate(std::uint32_t, bytes from, std::span<std::byte> to) const override { read(from_, offset{from}, to); }
    [[nodiscard]] std::string describe(std::uint32_t) const override { return "bytes of another image"; }

private:
    image from_;
};
} // namespace detail

/// Copies and parts of a window share the image and the files that are open for it: they are for one thread.
class window {
public:
    /// All of it.
    explicit window(image whole) : size_(whole.size()), shared_(std::make_shared<shared>(std::move(whole))) {}

    /// Of this part.
    [[nodiscard]] bytes size() const { return size_; }
    /// Where it begins in the image.
    [[nodiscard]] offset at() const { return at_; }
    /// The image that it is a part of.
    [[nodiscard]] const image& whole() const { return shared_->whole; }

    /// A part of it; what would lie behind its end is left out.
    [[nodiscard]] window part(offset at, bytes size) const {
        window w = *this;
        const offset first = std::min(at, offset{size_});
        w.at_ = at_ + from_start(first);
        w.size_ = std::min(size, size_ - from_start(first));
        return w;
    }

    /// Whether the range lies within this part.
    [[nodiscard]] bool has(offset at, bytes size) const { return at <= offset{size_} && size <= offset{size_} - at; }

    /// Fills `to`; false, with nothing read, if that much is not there. Throws io_error for what cannot be read.
    [[nodiscard]] bool read(offset at, std::span<std::byte> to) const {
        if (!has(at, bytes{to.size()})) return false;
        imgcompose::read(shared_->whole, at_ + from_start(at), to, shared_->opener);
        return true;
    }
    /// Up to `most` bytes: fewer at the end. `most` is the caller's own limit, not one that the image names.
    [[nodiscard]] owned_bytes take(offset at, bytes most) const {
        const window w = part(at, most);
        owned_bytes taken(w.size_.count);
        imgcompose::read(shared_->whole, w.at_, taken, shared_->opener);
        return taken;
    }
    /// A structure, if all of it is there.
    template <disk_struct T> [[nodiscard]] std::optional<T> get(offset at) const {
        std::array<std::byte, sizeof(T)> raw;
        if (!read(at, raw)) return {};
        return struct_from<T>(raw);
    }

    /// Something that makes the bytes of the whole image, for extents whose `from` counts from the image's start.
    [[nodiscard]] std::shared_ptr<const generator> content() const {
        if (!shared_->content) shared_->content = std::make_shared<const detail::bytes_of_image>(shared_->whole);
        return shared_->content;
    }

    /// Its bytes as an image; what is zero or undefined stays so.
    [[nodiscard]] image copy() const {
        image made{size_};
        const auto index = made.add_source(content());
        const offset end = at_ + size_;
        auto e = shared_->whole.extents().lower_bound(at_);
        if (e != shared_->whole.extents().begin()) --e;
        for (; e != shared_->whole.extents().end() && e->at < end; ++e) {
            const offset first = std::max(e->at, at_), last = std::min(e->end(), end);
            if (first >= last || e->kind() == byte_kind::undefined) continue;
            const offset here{first - at_};
            if (e->kind() == byte_kind::zero)
                made.append({.at = here, .size = last - first, .source = extent::is_zero});
            else made.append({.at = here, .size = last - first, .from = from_start(first), .source = index});
        }
        return made;
    }

private:
    struct shared {
        explicit shared(image i) : whole(std::move(i)) {}
        image whole;
        source_opener opener{};
        std::shared_ptr<const generator> content{};
    };

    offset at_{};
    bytes size_{};
    std::shared_ptr<shared> shared_;
};

IMGCOMPOSE_NAMESPACE_END
