// SPDX-License-Identifier: BSL-1.0
// Writes an image to a sink: one pass over its extents, by several threads.
#pragma once

#include <imgcompose/image/read.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/options.hpp>
#include <imgcompose/write/sink.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <variant>
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
        return {bytes_.get(), size_};
    }

private:
    static constexpr std::align_val_t alignment{4096};
    struct release {
        void operator()(std::byte* p) const { ::operator delete(p, alignment); }
    };
    std::unique_ptr<std::byte, release> bytes_;
    std::size_t size_ = 0;
};

/// One writing of one image. Threads take portions of the image in order, fill a buffer with each, and give it to the
/// sinks; what must happen in order (digests, sinks that ask for it) waits for its turn.
class writer {
public:
    writer(const image& from, std::span<sink* const> to, const write_options& options)
        : image_(from), sinks_(to), options_(options),
          jobs_(options.jobs != 0 ? std::min<std::size_t>(options.jobs, 256)
                                  : std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4)),
          cursor_(from) {
        for (const sink* s : sinks_) {
            has_turns_ |= s->in_order();
            joins_ |= s->joins_small_gaps();
        }
        has_turns_ |= !options.digests.empty();
        // What nobody else has to see need not pass through our memory. Of several threads each copying is no faster
        // than reading and writing, but sharing blocks always is.
        clones_ = sinks_.size() == 1 && !has_turns_;
        copies_ = clones_ && jobs_ == 1;
        range_cursor c{from};
        while (const auto e = c.peek()) {
            total_of(e->kind()) += e->size;
            c.take(e->size);
        }
    }

    write_report write() {
        const os::call_counts before = os::calls_made();
        try {
            for (sink* s : sinks_) s->begin(image_.size());
            if (options_.fsync) tell_what_to_expect();
            write_all();
            for (sink* s : sinks_) s->finish(options_.fsync);
        } catch (...) {
            for (sink* s : sinks_) s->abandon();
            throw;
        }
        report_.calls = report_.calls + (os::calls_made() - before);
        return report_;
    }

private:
    static constexpr std::size_t portion_size = 1 << 20;
    static constexpr std::size_t whole_below = 1 << 18; // smaller extents are never split: a file is opened once
    static constexpr std::size_t most_ranges = 4096;
    static constexpr bytes copied_at_once{16 << 20}, cloned_at_once{1 << 30};
    static constexpr bytes block{4096};

    struct portion {
        std::uint64_t number = 0;
        std::vector<extent> ranges{}; ///< one after the other
        bool copy = false;            ///< one range of a file, to be cloned or copied by the system if it can
    };

    bytes& total_of(byte_kind k) {
        return k == byte_kind::data ? report_.data : k == byte_kind::zero ? report_.zero : report_.undefined;
    }

    /// The longest runs of what will be written.
    void tell_what_to_expect() {
        offset begin{}, end{};
        const auto tell = [&] {
            if (begin < end)
                for (sink* s : sinks_) s->expect(begin, end - begin);
        };
        range_cursor c{image_};
        while (const auto e = c.peek()) {
            if (is_buffered(*e)) {
                if (e->at != end) tell(), begin = e->at;
                end = e->end();
            }
            c.take(e->size);
        }
        tell();
    }

    void write_all() {
        std::vector<std::thread> others;
        others.reserve(jobs_);
        try {
            for (std::size_t i = 1; i < jobs_; ++i) {
                others.emplace_back([this] {
                    work();
                    const std::lock_guard lock{mutex_};
                    report_.calls = report_.calls + os::calls_made(); // the thread is new and ends here
                });
            }
        } catch (const std::exception&) {
            // No more threads or no memory for them: those there are do it all.
        }
        work();
        for (std::thread& t : others) t.join();
        if (failure_) std::rethrow_exception(failure_);
    }

    void work() noexcept {
        std::uint64_t number = 0;
        try {
            source_opener opener{options_.ask_each_source};
            write_buffer buffer;
            for (portion p; take_portion(p);) {
                number = p.number;
                process(p, opener, buffer);
            }
            opener.finish();
        } catch (...) {
            const std::lock_guard lock{mutex_};
            // Of several failures the first in the image is told, so that the message depends less on chance.
            if (!failure_ || number < failed_number_) failure_ = std::current_exception(), failed_number_ = number;
            turn_changed_.notify_all();
        }
    }

    /// The next portion; false at the end, or when another thread has failed.
    bool take_portion(portion& p) {
        const std::lock_guard lock{mutex_};
        if (failure_) return false;
        p.number = next_number_;
        if (options_.cancel.stop_requested()) throw cancelled{};
        p.ranges.clear();
        p.copy = false;
        std::size_t buffered = 0;
        while (const auto next = cursor_.peek()) {
            extent e = *next;
            if (is_buffered(e)) {
                if (may_copy(e)) {
                    if (!p.ranges.empty()) break;
                    e.size = std::min(e.size, has_cloned_ ? cloned_at_once : copied_at_once);
                    p.copy = true;
                } else if (e.size.count > whole_below) {
                    const offset cut = align_down(e.at + bytes{portion_size - buffered}, block);
                    if (cut <= e.at) break;
                    e.size = std::min(e.size, cut - e.at);
                }
                buffered += e.size.count;
            }
            p.ranges.push_back(e);
            cursor_.take(e.size);
            if (p.copy || buffered >= portion_size || p.ranges.size() >= most_ranges) break;
        }
        if (p.ranges.empty()) return false;
        ++next_number_;
        return true;
    }

    static bool is_small_gap(const extent& e) { return align_up(e.at, block) >= align_down(e.end(), block); }
    /// Whether a range goes through the buffer: data, and what is so short that it is written with the data around it.
    [[nodiscard]] bool is_buffered(const extent& e) const {
        return e.kind() == byte_kind::data || (joins_ && is_small_gap(e));
    }
    [[nodiscard]] bool is_data_for(const sink& s, const extent& e) const {
        return e.kind() == byte_kind::data || (s.joins_small_gaps() && is_small_gap(e));
    }
    using files_pointer = std::shared_ptr<const source_files>;
    [[nodiscard]] bool may_copy(const extent& e) const {
        return (clones_ || copies_) && e.size.count > whole_below && e.has_source() &&
               std::holds_alternative<files_pointer>(image_.sources()[e.source]);
    }

    void process(portion& p, source_opener& opener, write_buffer& buffer) {
        bytes data{};
        for (const extent& e : p.ranges)
            if (e.kind() == byte_kind::data) data += e.size;
        if (p.copy) {
            copy(p, opener, buffer);
        } else {
            const std::span<const std::byte> content = fill(p, opener, buffer);
            for (sink* s : sinks_)
                if (!s->in_order()) emit(*s, p, content);
            in_turn(p.number, [&] {
                for (sink* s : sinks_)
                    if (s->in_order()) emit(*s, p, content);
                for (digest* d : options_.digests) update(*d, p, content);
            });
        }
        tell(data);
    }

    /// One range of a file. What the system neither clones nor copies is read and written, no more at a time than a
    /// portion has.
    void copy(portion& p, source_opener& opener, write_buffer& buffer) {
        extent rest = p.ranges.front();
        const auto go_on_by = [&](bytes n) { rest.at = rest.at + n, rest.from += n, rest.size -= n; };
        const auto& files = *std::get<files_pointer>(image_.sources()[rest.source]);
        sink& to = *sinks_.front();
        if (const bytes whole = align_down(offset{rest.size}, block) - offset{};
            clones_ && is_aligned(rest.at) && is_aligned(offset{rest.from})) {
            const bool cloned = to.clone(rest.at, opener.open(files, rest.item), offset{rest.from}, whole);
            // Sources may lie on several filesystems; when none of many could be cloned no other is tried.
            if (cloned) has_cloned_ = true, go_on_by(whole);
            else if (!has_cloned_ && ++not_cloned_ >= 8) clones_ = false;
        }
        if (copies_ && rest.size > block) {
            const bytes copied = to.copy(rest.at, opener.open(files, rest.item), offset{rest.from}, rest.size);
            copies_ = copied != bytes{}; // else the next one would not be either
            go_on_by(copied);
        }
        for (; rest.size != bytes{}; go_on_by(p.ranges.front().size)) {
            p.ranges.front() = rest;
            p.ranges.front().size = std::min(rest.size, bytes{portion_size});
            emit(to, p, fill(p, opener, buffer));
        }
    }
    static bool is_aligned(offset at) { return align_down(at, block) == at; }

    /// The position in the buffer of a run that begins at `at` in the image, behind `used` bytes: of the same place in
    /// a block, so that a device can be given whole blocks straight from there.
    static std::size_t run_position(std::size_t used, offset at) {
        return div_up(used, block.count) * block.count + at.count % block.count;
    }

    /// Reads the buffered ranges, runs of neighbours without gaps between them.
    std::span<const std::byte> fill(const portion& p, source_opener& opener, write_buffer& buffer) {
        std::size_t size = 0;
        for_each_buffered(p, [&](const extent& e, std::size_t at) { size = at + e.size.count; });
        const std::span<std::byte> room = buffer.room(std::max(size, portion_size + whole_below + block.count));
        for_each_buffered(p, [&](const extent& e, std::size_t at) {
            read_extent(image_, e, bytes{}, room.subspan(at, e.size.count), opener);
        });
        return room;
    }
    /// Calls `f(extent, position in the buffer)`.
    template <class F> void for_each_buffered(const portion& p, const F& f) const {
        std::size_t at = 0;
        bool in_run = false;
        for (const extent& e : p.ranges) {
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
    void for_each_run(const portion& p, std::span<const std::byte> buffer, const IsData& is_data, const F& f,
                      const G& g) const {
        std::size_t begin = 0, end = 0, next = 0; // of the run in the buffer, and of what is buffered
        offset at{};
        bool in_run = false;
        const auto flush = [&] {
            if (begin != end) f(at, buffer.subspan(begin, end - begin));
            begin = end = 0;
        };
        for (const extent& e : p.ranges) {
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

    void emit(sink& to, const portion& p, std::span<const std::byte> buffer) {
        for_each_run(
            p, buffer, [&](const extent& e) { return is_data_for(to, e); },
            [&](offset at, std::span<const std::byte> content) { to.data(at, content); },
            [&](const extent& e) {
                if (e.kind() == byte_kind::zero) to.zero(e.at, e.size);
                else to.undefined(e.at, e.size);
            });
    }

    void update(digest& d, const portion& p, std::span<const std::byte> buffer) const {
        static constexpr std::array<std::byte, 65536> zeros{};
        for_each_run(
            p, buffer, [&](const extent& e) { return is_buffered(e); },
            [&](offset, std::span<const std::byte> content) { d.update(content); },
            [&](const extent& e) {
                for (std::uint64_t left = e.size.count; left != 0;) {
                    const auto step = std::min<std::uint64_t>(left, zeros.size());
                    d.update(std::span{zeros}.first(step));
                    left -= step;
                }
            });
    }

    /// Waits until all earlier portions are done with theirs. They are, because they were taken before.
    template <class F> void in_turn(std::uint64_t number, const F& f) {
        if (!has_turns_) return;
        std::unique_lock lock{mutex_};
        turn_changed_.wait(lock, [&] { return turn_ == number || failure_; });
        if (turn_ != number) return; // the failure ends it all
        lock.unlock();
        f();
        lock.lock();
        ++turn_;
        turn_changed_.notify_all();
    }

    void tell(bytes data) {
        const std::lock_guard lock{progress_mutex_};
        done_ += data;
        if (options_.on_progress) options_.on_progress({done_, report_.data});
    }

    const image& image_;
    std::span<sink* const> sinks_;
    const write_options& options_;
    write_report report_;
    bool has_turns_ = false, joins_ = false;
    std::size_t jobs_;
    std::atomic<bool> clones_{false}, copies_{false}, has_cloned_{false};
    std::atomic<int> not_cloned_{0};

    std::mutex mutex_; // of what follows, up to the next mutex
    range_cursor cursor_;
    std::uint64_t next_number_ = 0, turn_ = 0;
    std::exception_ptr failure_;
    std::uint64_t failed_number_ = 0;
    std::condition_variable turn_changed_;

    std::mutex progress_mutex_;
    bytes done_{};
};

} // namespace detail

/// Writes all of an image. Sources are read now, and an input_error is thrown if one of them is not what it was when
/// the image was planned; io_error names the file and the offset. The bytes do not depend on the options.
inline write_report write(const image& from, sink& to, const write_options& options = {}) {
    sink* const only = &to;
    return detail::writer{from, std::span{&only, 1}, options}.write();
}
inline write_report write(const image& from, sink&& to, const write_options& options = {}) {
    return write(from, to, options);
}

/// The same to several sinks, whose sources are read once: such as an image file, its bmap and a compressed copy. When
/// one fails, so do all that are not finished.
inline write_report write(const image& from, std::span<sink* const> to, const write_options& options = {}) {
    return detail::writer{from, to, options}.write();
}
inline write_report write(const image& from, std::initializer_list<sink*> to, const write_options& options = {}) {
    return write(from, std::span<sink* const>{to.begin(), to.size()}, options);
}

IMGCOMPOSE_NAMESPACE_END
