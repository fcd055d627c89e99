// SPDX-License-Identifier: BSL-1.0
// A part of an image on its way to the sinks: some ranges one after the other, and their bytes in memory.
#pragma once

#include <imgcompose/image/image.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// All ranges of an image in order: its extents and what is between them.
class range_cursor {
public:
    explicit range_cursor(const image& i) : next_(i.extents().begin()), last_(i.extents().end()), end_(i.size()) {}

    /// The range that begins where the last one taken ended; nothing at the end of the image.
    [[nodiscard]] std::optional<extent> peek() const {
        if (next_ == last_) {
            if (at_ == end_) return {};
            return extent{.at = at_, .size = end_ - at_, .source = extent::is_undefined};
        }
        extent e = *next_;
        if (e.at > at_) return extent{.at = at_, .size = e.at - at_, .source = extent::is_undefined};
        const bytes taken = at_ - e.at;
        e.at = at_, e.size -= taken, e.from += taken;
        return e;
    }
    /// Goes on by `size`, at most that of what `peek` gives.
    void take(bytes size) {
        at_ = at_ + size;
        if (next_ != last_ && next_->end() <= at_) ++next_;
    }

private:
    image::extent_list::iterator next_, last_;
    offset at_{};
    offset end_;
};

/// Bytes in which runs are gathered, at addresses that a device can take them from.
class write_buffer {
public:
    /// At least `size` bytes, not those of before.
    [[nodiscard]] std::span<std::byte> room(std::size_t size) {
        if (size > size_) {
            bytes_.reset();
            bytes_.reset(static_cast<std::byte*>(::operator new(size, alignment)));
            size_ = size;
        }
        return all();
    }
    [[nodiscard]] std::span<std::byte> all() const { return {bytes_.get(), size_}; }

private:
    static constexpr std::align_val_t alignment{whole_block.count};
    struct release {
        void operator()(std::byte* p) const { ::operator delete(p, alignment); }
    };
    std::unique_ptr<std::byte, release> bytes_;
    std::size_t size_ = 0;
};

/// Whether a range has no whole block in it.
inline bool is_small_gap(const extent& e) { return align_up(e.at, whole_block) >= align_down(e.end(), whole_block); }

struct portion {
    std::uint64_t number = 0;
    std::vector<extent> ranges{}; ///< one after the other
    bool joins_gaps = false;      ///< whether small gaps are in the buffer too, as zeros
    bool copy = false;            ///< one range of a file, to be cloned or copied by the system if it can
    bool clone = false;           ///< of `copy`: it may be cloned
    std::span<const std::byte> in_place{}; ///< one range whose bytes are there already, and not in the buffer
    write_buffer buffer{};

    [[nodiscard]] bool is_buffered(const extent& e) const {
        return e.kind() == byte_kind::data || (joins_gaps && is_small_gap(e));
    }

    /// Runs of neighbours lie in the buffer without gaps between them, and each of them at the same place in a block as in
    /// the image, so that a device can be given whole blocks straight from there. Calls `f(extent, position)`.
    template <class F> void for_each_buffered(const F& f) const {
        std::size_t at = 0;
        bool in_run = false;
        for (const extent& e : ranges) {
            if (!is_buffered(e)) {
                in_run = false;
                continue;
            }
            if (!in_run) at = run_position(at, e.at);
            in_run = true;
            f(e, at);
            at += e.size.count;
        }
    }

    /// Calls `f(at, content)` for each longest run of ranges for which `is_data`, and `g(extent)` for the others, in
    /// order.
    template <class IsData, class F, class G>
    void for_each_run(const IsData& is_data, const F& f, const G& g) const {
        if (!in_place.empty()) return f(ranges.front().at, in_place);
        std::size_t begin = 0, end = 0, next = 0; // of the run in the buffer, and of what is buffered
        offset at{};
        bool in_run = false;
        const auto flush = [&] {
            if (begin != end) f(at, std::span<const std::byte>{buffer.all()}.subspan(begin, end - begin));
            begin = end = 0;
        };
        for (const extent& e : ranges) {
            const bool buffered = is_buffered(e);
            if (buffered && !in_run) next = run_position(next, e.at);
            in_run = buffered;
            if (is_data(e)) {
                if (begin == end) at = e.at, begin = next;
                end = next + e.size.count;
            } else {
                flush();
                g(e);
            }
            if (buffered) next += e.size.count;
        }
        flush();
    }

private:
    /// The position in the buffer of a run that begins at `at` in the image, behind `used` bytes.
    static std::size_t run_position(std::size_t used, offset at) {
        return static_cast<std::size_t>(round_up(used, whole_block.count) + at.count % whole_block.count);
    }
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
