// SPDX-License-Identifier: BSL-1.0
// Writes an image to a sink: one pass over its extents, by several threads.
#pragma once

#include <imgcompose/image/read.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/options.hpp>
#include <imgcompose/write/sink.hpp>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
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

/// One writing of one image. Threads take portions of the image in order, fill a buffer with each, and give it to the
/// sink; what must happen in order (digests, sinks that ask for it) waits for its turn.
class writer {
public:
    writer(const image& from, sink& to, const write_options& options)
        : image_(from), sink_(to), options_(options), cursor_(from), in_order_(to.in_order()),
          jobs_(options.jobs != 0 ? std::min<std::size_t>(options.jobs, 256) : std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4)),
          copies_(jobs_ == 1 && options.digests.empty() && !in_order_) {
        range_cursor c{from};
        while (const auto e = c.peek()) {
            total_of(e->kind()) += e->size;
            c.take(e->size);
        }
    }

    write_report write() {
        const os::call_counts before = os::calls_made();
        try {
            sink_.begin(image_.size());
            write_all();
            sink_.finish(options_.fsync);
        } catch (...) {
            sink_.abandon();
            throw;
        }
        report_.calls = report_.calls + (os::calls_made() - before);
        return report_;
    }

private:
    static constexpr std::size_t portion_size = 1 << 20;
    static constexpr std::size_t whole_below = 1 << 18; // smaller extents are never split: a file is opened once
    static constexpr std::size_t most_ranges = 4096;
    static constexpr bytes copied_at_once{16 << 20};
    static constexpr bytes block{4096};

    struct portion {
        std::uint64_t number = 0;
        std::vector<extent> ranges{}; ///< one after the other
        bool copy = false;            ///< one range of a file, to be copied by the system if it can
    };

    bytes& total_of(byte_kind k) {
        return k == byte_kind::data ? report_.data : k == byte_kind::zero ? report_.zero : report_.undefined;
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
            source_opener opener;
            std::vector<std::byte> buffer;
            for (portion p; take_portion(p);) {
                number = p.number;
                process(p, opener, buffer);
            }
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
                    e.size = std::min(e.size, copied_at_once);
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

    /// Whether a range goes through the buffer: data, and what is so short that it is written with the data around it.
    [[nodiscard]] bool is_buffered(const extent& e) const {
        if (e.kind() == byte_kind::data) return true;
        return sink_.joins_small_gaps() && align_up(e.at, block) >= align_down(e.end(), block);
    }
    using files_pointer = std::shared_ptr<const source_files>;
    [[nodiscard]] bool may_copy(const extent& e) const {
        return copies_ && e.size.count > whole_below && e.has_source() &&
               std::holds_alternative<files_pointer>(image_.sources()[e.source]);
    }

    void process(portion& p, source_opener& opener, std::vector<std::byte>& buffer) {
        bytes data{};
        for (const extent& e : p.ranges)
            if (e.kind() == byte_kind::data) data += e.size;
        if (p.copy) {
            copy(p, opener, buffer);
        } else {
            fill(p, opener, buffer);
            if (!in_order_) emit(p, buffer);
            in_turn(p.number, [&] {
                if (in_order_) emit(p, buffer);
                for (digest* d : options_.digests) update(*d, p, buffer);
            });
        }
        tell(data);
    }

    /// One range of a file. What the system does not copy is read and written, no more at a time than a portion has.
    void copy(portion& p, source_opener& opener, std::vector<std::byte>& buffer) {
        extent rest = p.ranges.front();
        const auto go_on_by = [&](bytes n) { rest.at = rest.at + n, rest.from += n, rest.size -= n; };
        const auto& files = *std::get<files_pointer>(image_.sources()[rest.source]);
        const bytes copied = sink_.copy(rest.at, opener.open(files, rest.item), offset{rest.from}, rest.size);
        copies_ = copied != bytes{}; // else the next one would not be either
        for (go_on_by(copied); rest.size != bytes{}; go_on_by(p.ranges.front().size)) {
            p.ranges.front() = rest;
            p.ranges.front().size = std::min(rest.size, bytes{portion_size});
            fill(p, opener, buffer);
            emit(p, buffer);
        }
    }

    void fill(const portion& p, source_opener& opener, std::vector<std::byte>& buffer) {
        std::size_t size = 0;
        for (const extent& e : p.ranges)
            if (is_buffered(e)) size += e.size.count;
        if (buffer.size() < size) buffer.resize(std::max(size, portion_size + whole_below));
        std::size_t at = 0;
        for (const extent& e : p.ranges) {
            if (!is_buffered(e)) continue;
            read_extent(image_, e, bytes{}, std::span{buffer}.subspan(at, e.size.count), opener);
            at += e.size.count;
        }
    }

    /// Calls `f(at, content)` for each longest run of buffered ranges, and `g(extent)` for the others, in order.
    template <class F, class G>
    void for_each_run(const portion& p, std::span<const std::byte> buffer, const F& f, const G& g) const {
        std::size_t begin = 0, end = 0; // of the run in the buffer
        offset at{};
        const auto flush = [&] {
            if (begin != end) f(at, buffer.subspan(begin, end - begin));
            begin = end;
        };
        for (const extent& e : p.ranges) {
            if (is_buffered(e)) {
                if (begin == end) at = e.at;
                end += e.size.count;
            } else {
                flush();
                g(e);
            }
        }
        flush();
    }

    void emit(const portion& p, std::span<const std::byte> buffer) {
        for_each_run(
            p, buffer, [&](offset at, std::span<const std::byte> content) { sink_.data(at, content); },
            [&](const extent& e) {
                if (e.kind() == byte_kind::zero) sink_.zero(e.at, e.size);
                else sink_.undefined(e.at, e.size);
            });
    }

    void update(digest& d, const portion& p, std::span<const std::byte> buffer) const {
        static constexpr std::array<std::byte, 65536> zeros{};
        for_each_run(
            p, buffer, [&](offset, std::span<const std::byte> content) { d.update(content); },
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
        if (!in_order_ && options_.digests.empty()) return;
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
    sink& sink_;
    const write_options& options_;
    write_report report_;

    std::mutex mutex_; // of what follows, up to the next mutex
    range_cursor cursor_;
    bool in_order_;
    std::size_t jobs_;
    bool copies_; // only ever true of one thread, which then is the only one
    std::uint64_t next_number_ = 0, turn_ = 0;
    std::exception_ptr failure_;
    std::uint64_t failed_number_ = 0;
    std::condition_variable turn_changed_;

    std::mutex progress_mutex_;
    bytes done_{};
};

} // namespace detail

/// Writes all of an image. Sources are read now, and an input_error is thrown if one of them is not what it was when the
/// image was planned; io_error names the file and the offset. The bytes do not depend on the options.
inline write_report write(const image& from, sink& to, const write_options& options = {}) {
    return detail::writer{from, to, options}.write();
}
inline write_report write(const image& from, sink&& to, const write_options& options = {}) {
    return write(from, to, options);
}

IMGCOMPOSE_NAMESPACE_END
