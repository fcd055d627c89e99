// SPDX-License-Identifier: BSL-1.0
// Reading any range of an image without writing it.
#pragma once

#include <imgcompose/image/image.hpp>
#include <imgcompose/image/sorted_runs_impl.hpp>
#include <imgcompose/image/source_opener.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <variant>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Whether an image takes bytes from the file that is at `path` now; not if there is none.
inline bool takes_from(const image& i, const std::string& path) {
    os::file_status file;
    if (os::file::try_status_at(os::working_directory, path.c_str(), true, file) < 0) return false;
    for (const extent& e : i.extents()) {
        if (!e.has_source()) continue;
        const auto* const files = std::get_if<std::shared_ptr<const source_files>>(&i.sources()[e.source]);
        if (files != nullptr && source_files::is_same((*files)->at(e.item).mark, file)) return true;
    }
    return false;
}

namespace detail {
/// The bytes of `e` from `skip` on; `to` is no longer than what the extent has left. `over_next`: the byte behind `to` may
/// be written over, too.
inline void read_extent(const image& from, const extent& e, bytes skip, std::span<std::byte> to, source_opener& opener,
                        bool over_next = false) {
    if (!e.has_source()) {
        std::memset(to.data(), e.source == extent::is_fill ? static_cast<int>(e.item) : 0, to.size());
        return;
    }
    struct visitor {
        const extent& e;
        bytes at; // in the source
        std::span<std::byte> to;
        source_opener& opener;
        bool over_next;
        void operator()(const std::shared_ptr<const owned_bytes>& content) const {
            std::memcpy(to.data(), content->data() + at.count, to.size());
        }
        void operator()(const std::shared_ptr<const source_files>& files) const {
            opener.read(*files, e.item, at, to, over_next);
        }
        void operator()(const std::shared_ptr<const generator>& maker) const { maker->generate(e.item, at, to); }
    };
    std::visit(visitor{e, e.from + skip, to, opener, over_next}, from.sources()[e.source]);
}
} // namespace detail

/// Fills `to` with the bytes of `from` at `at`; undefined bytes are given as zero.
/// Throws layout_error beyond the end of the image, io_error if a source cannot be read.
/// `opener` keeps files open for who reads again and again; that sources stayed what they were its `finish` tells.
inline void read(const image& from, offset at, std::span<std::byte> to, source_opener& opener) {
    const offset end = at + bytes{to.size()};
    if (end > offset{from.size()}) fail::read_outside_image(at, bytes{to.size()}, from.size());
    if (to.empty()) return;
    auto e = from.extents().lower_bound(at);
    if (e != from.extents().begin()) {
        auto before = e;
        --before;
        if (before->end() > at) e = before;
    }
    offset done = at;
    for (; e != from.extents().end() && e->at < end; ++e) {
        const offset begin = std::max(e->at, at);
        std::ranges::fill(to.subspan((done - at).count, (begin - done).count), std::byte{});
        done = std::min(e->end(), end);
        detail::read_extent(from, *e, begin - e->at, to.subspan((begin - at).count, (done - begin).count), opener);
    }
    std::ranges::fill(to.subspan((done - at).count, (end - done).count), std::byte{});
}

inline void read(const image& from, offset at, std::span<std::byte> to) {
    source_opener opener;
    read(from, at, to, opener);
    opener.finish();
}

/// All bytes of a (small) image.
inline owned_bytes read_all(const image& from) {
    owned_bytes all(from.size().count);
    read(from, offset{}, all);
    return all;
}

IMGCOMPOSE_NAMESPACE_END
