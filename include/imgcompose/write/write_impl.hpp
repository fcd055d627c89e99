// SPDX-License-Identifier: BSL-1.0
// The functions of write.hpp.
#pragma once

#include <imgcompose/write/write.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/image/source_files.hpp>
#include <imgcompose/os/native.hpp>
#include <imgcompose/os/threads.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/followers.hpp>
#include <imgcompose/write/options.hpp>
#include <imgcompose/write/portion.hpp>
#include <imgcompose/write/sink.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void written_into_a_source(std::string_view path) {
    throw input_error(text::join("the image takes bytes from ", path, ", so it cannot be written into it"));
}
} // namespace fail

namespace detail {
/// One writing of one image. Threads take portions of the image in order, fill a buffer with each, and give it to the
/// sinks that seek; then it is the followers' turn: digests, and sinks that want all in order.
class writer {
public:
    writer(const image& from, std::span<sink* const> to, const write_options& options)
        : image_(from), sinks_(to), options_(options), jobs_(os::thread_count(options.jobs, 4)), cursor_(from),
          followers_({.done = [this](portion_pointer p) { take_back(std::move(p)); },
                      .failed = [this](std::uint64_t number) { fail_at(number); }}) {
        for (sink* s : sinks_) {
            joins_ |= s->joins_small_gaps();
            if (s->in_order()) follow([s](const portion& p) { emit(*s, p); });
        }
        for (digest* d : options.digests) follow([d](const portion& p) { update(*d, p); });
        // What nobody else has to see need not pass through our memory. Of several threads each copying is no faster
        // than reading and writing, but sharing blocks always is.
        clones_ = sinks_.size() == 1 && followers_.empty();
        copies_ = clones_ && jobs_ == 1;
        range_cursor c{from};
        while (const auto e = c.peek()) {
            total_of(e->kind()) += e->size;
            c.take(e->size);
        }
    }

    write_report write() {
        const os::write_errors_without_signals guard;
        const os::call_counts before = os::calls_made();
        for (const sink* s : sinks_)
            if (const std::string path = s->writes_into(); !path.empty() && takes_from(image_, path))
                fail::written_into_a_source(path);
        try {
            for (sink* s : sinks_) s->begin(image_.size());
            for (const byte_kind k : {byte_kind::data, byte_kind::zero, byte_kind::undefined})
                if (takes_time(k)) total_ += total_of(k);
            if (options_.fsync) tell_what_to_expect();
            write_all();
            require_not_cancelled(); // those who read may have been done long before
            for (sink* s : sinks_) s->finish(options_.fsync);
        } catch (...) {
            for (sink* s : sinks_) s->abandon();
            throw;
        }
        report_.calls = report_.calls + (os::calls_made() - before);
        return report_;
    }

private:
    using portion_pointer = followers::portion_pointer;
    using files_pointer = std::shared_ptr<const source_files>;
    using bytes_pointer = std::shared_ptr<const owned_bytes>;

    // 4 MiB make 1.0 to 1.1 writes a MiB of a Debian root file system, of which the holes in its libraries are the most, and
    // 1 MiB made 1.4 to 1.8; processor time differs by less than can be measured on a shared machine.
    static constexpr std::size_t portion_size = 4 << 20;
    static constexpr std::size_t whole_below = 1 << 18; // smaller extents are never split: a file is opened once
    static constexpr std::size_t most_ranges = 4096;
    static constexpr std::size_t most_waiting = 2; // portions of followers, beside those that threads fill
    static constexpr bytes least_cloned{1 << 18}, least_copied{2 << 20}; // shorter ones are better gathered
    static constexpr bytes copied_at_once{16 << 20}, cloned_at_once{1 << 30};
    static constexpr bytes zeroed_at_once{64 << 20}, hashed_at_once{1 << 30}; // so that a stop is not waited for long
    static constexpr int most_refused_clones = 8; // some files cannot be cloned where others can

    /// What the system can do with files of one filesystem.
    struct abilities {
        bool copies = true;
        bool clones = true, has_cloned = false;
        int refused_clones = 0;
    };

    template <class F> void follow(const F& f) {
        followers_.add([this, f](const portion& p) {
            require_not_cancelled();
            f(p);
        });
    }
    void require_not_cancelled() const {
        if (options_.cancel.stop_requested()) throw cancelled{};
    }

    bytes& total_of(byte_kind k) {
        return k == byte_kind::data ? report_.data : k == byte_kind::zero ? report_.zero : report_.undefined;
    }
    [[nodiscard]] bool takes_time(byte_kind k) const {
        return std::ranges::any_of(sinks_, [&](const sink* s) { return s->takes_time(k); });
    }

    /// The longest runs of what will be written; but not what may be cloned, which needs no place of its own.
    void tell_what_to_expect() {
        offset begin{}, end{};
        const auto tell = [&] {
            if (begin < end) expect(begin, end - begin);
        };
        range_cursor c{image_};
        while (const auto e = c.peek()) {
            if (is_buffered(*e) && !may_clone(*e)) {
                if (e->at != end) tell(), begin = e->at;
                end = e->end();
            }
            c.take(e->size);
        }
        tell();
    }
    void expect(offset at, bytes size) {
        for (sink* s : sinks_) s->expect(at, size);
    }

    void write_all() {
        std::vector<std::thread> others;
        others.reserve(jobs_);
        if (!followers_.empty()) followers_.start(jobs_ + most_waiting);
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
        if (!followers_.empty()) report_.calls = report_.calls + followers_.finish(next_number_);
        if (failure_) std::rethrow_exception(failure_);
    }

    void work() noexcept {
        std::uint64_t number = 0;
        try {
            source_opener opener{options_.ask_each_source};
            for (portion_pointer p;;) {
                if (!p) p = empty_portion();
                if (!take_portion(*p)) break;
                number = p->number;
                process(p, opener);
            }
            opener.finish();
        } catch (...) {
            fail_at(number);
        }
    }
    /// In the handler of an exception.
    void fail_at(std::uint64_t number) noexcept {
        followers_.stop();
        const std::lock_guard lock{mutex_};
        // Of several failures the first in the image is told, so that the message depends less on chance.
        if (!failure_ || number < failed_number_) failure_ = std::current_exception(), failed_number_ = number;
        clones_tried_.notify_all();
    }

    portion_pointer empty_portion() {
        const std::lock_guard lock{mutex_};
        if (spare_.empty()) return std::make_unique<portion>();
        portion_pointer p = std::move(spare_.back());
        spare_.pop_back();
        return p;
    }
    void take_back(portion_pointer p) {
        tell_progress(*p);
        const std::lock_guard lock{mutex_};
        spare_.push_back(std::move(p));
    }

    /// The next portion; false at the end, or when something has failed.
    bool take_portion(portion& p) {
        std::unique_lock lock{mutex_};
        p.ranges.clear();
        p.joins_gaps = joins_;
        p.copy = p.clone = false;
        p.in_place = {};
        for (;;) {
            if (failure_) return false;
            p.number = next_number_;
            require_not_cancelled();
            if (!refused_.empty()) take_refused(p);
            else take_next(p);
            if (!p.ranges.empty()) break;
            if (clones_in_trial_ == 0) return false;
            clones_tried_.wait(lock); // what cannot be cloned is work for several
        }
        if (p.clone) ++clones_in_trial_;
        ++next_number_;
        lock.unlock();
        return followers_.empty() || followers_.wait_for_room(p.number);
    }

    /// A part of what the system did not clone.
    void take_refused(portion& p) {
        extent& from = refused_.back();
        p.copy = copies_ && from.size > least_copied;
        extent e = from;
        e.size = std::min(e.size, p.copy ? copied_at_once : bytes{portion_size});
        from.at = e.end(), from.from += e.size, from.size -= e.size;
        if (from.size == bytes{}) refused_.pop_back();
        p.ranges.push_back(e);
    }

    void take_next(portion& p) {
        std::size_t buffered = 0;
        bytes slow{};
        while (const auto next = cursor_.peek()) {
            extent e = *next;
            bool is_alone = false;
            if (is_buffered(e)) {
                p.clone = may_clone(e);
                p.copy = p.clone || may_copy(e);
                const auto* const held = p.copy ? nullptr : held_bytes(e);
                is_alone = p.copy || held != nullptr;
                if (is_alone && !p.ranges.empty()) {
                    p.copy = p.clone = false;
                    break;
                }
                if (p.copy) {
                    e.size = std::min(e.size, p.clone ? cloned_at_once : copied_at_once);
                } else if (held != nullptr) {
                    e.size = std::min(e.size, copied_at_once);
                    p.in_place = std::span{*held}.subspan(static_cast<std::size_t>(e.from.count),
                                                          static_cast<std::size_t>(e.size.count));
                } else if (e.size.count > whole_below) {
                    const offset cut = align_down(e.at + bytes{portion_size - buffered}, whole_block);
                    if (cut <= e.at) break;
                    e.size = std::min(e.size, cut - e.at);
                }
                buffered += e.size.count;
            } else if (const auto most = most_at_once(e.kind())) {
                e.size = std::min(e.size, align_down(e.at + *most, whole_block) - e.at);
                slow += e.size;
                is_alone = slow + whole_block > *most;
            }
            p.ranges.push_back(e);
            cursor_.take(e.size);
            if (is_alone || buffered >= portion_size || p.ranges.size() >= most_ranges) break;
        }
    }

    /// How much of what is not data is given to the sinks and digests in one piece.
    [[nodiscard]] std::optional<bytes> most_at_once(byte_kind k) const {
        if (takes_time(k)) return zeroed_at_once;
        if (!options_.digests.empty()) return hashed_at_once;
        return {};
    }
    /// Whether a range goes through the buffer: data, and what is so short that it is written with the data around it.
    [[nodiscard]] bool is_buffered(const extent& e) const {
        return e.kind() == byte_kind::data || (joins_ && is_small_gap(e));
    }
    [[nodiscard]] bool is_of_file(const extent& e) const {
        return e.has_source() && std::holds_alternative<files_pointer>(image_.sources()[e.source]);
    }
    [[nodiscard]] bool may_clone(const extent& e) const {
        return clones_ && e.size >= least_cloned && is_of_file(e) && is_aligned(e.at) && is_aligned(offset{e.from}) &&
               !(e.source < uncloned_.size() && uncloned_[e.source]);
    }
    [[nodiscard]] bool may_copy(const extent& e) const { return copies_ && e.size >= least_copied && is_of_file(e); }
    /// Bytes in memory that are not worth to be gathered.
    [[nodiscard]] const owned_bytes* held_bytes(const extent& e) const {
        if (e.size.count <= whole_below || !e.has_source()) return nullptr;
        const auto* const held = std::get_if<bytes_pointer>(&image_.sources()[e.source]);
        return held != nullptr ? held->get() : nullptr;
    }
    static bool is_aligned(offset at) { return align_down(at, whole_block) == at; }

    /// Takes the portion away if followers have to see it.
    void process(portion_pointer& p, source_opener& opener) {
        if (p->copy) {
            copy(*p, opener);
        } else {
            if (p->in_place.empty()) fill(*p, opener);
            for (sink* s : sinks_)
                if (!s->in_order()) emit(*s, *p);
        }
        if (followers_.empty()) tell_progress(*p);
        else followers_.give(std::move(p));
    }

    /// One range of a file. What the system neither clones nor copies is read and written, no more at a time than a
    /// portion has; what of a portion is left to others is taken out of it.
    void copy(portion& p, source_opener& opener) {
        extent rest = p.ranges.front();
        const auto go_on_by = [&](bytes n) { rest.at = rest.at + n, rest.from += n, rest.size -= n; };
        const auto& files = *std::get<files_pointer>(image_.sources()[rest.source]);
        sink& to = *sinks_.front();
        if (p.clone) {
            const bytes whole = from_start(align_down(offset{rest.size}, whole_block));
            const bool cloned = try_clone(rest, whole, files, opener);
            if (cloned) go_on_by(whole);
            else expect_now(rest);
            const std::lock_guard lock{mutex_};
            if (!cloned && rest.size > bytes{portion_size}) { // others are free to take parts of it
                refused_.push_back(rest);
                p.ranges.clear();
                rest.size = {};
            }
            --clones_in_trial_;
            clones_tried_.notify_all();
        } else if (rest.size > whole_block) {
            const os::file& from = opener.open(files, rest.item);
            if (const std::uint64_t id = opener.filesystem(); can(id, &abilities::copies)) {
                const bytes copied = to.copy(rest.at, from, offset{rest.from}, rest.size);
                if (copied == bytes{}) cannot(id, &abilities::copies); // else the next one could not be either
                go_on_by(copied);
            }
        }
        if (rest.size == bytes{}) return;
        const extent whole = p.ranges.front();
        for (; rest.size != bytes{}; go_on_by(p.ranges.front().size)) {
            p.ranges.front() = rest;
            p.ranges.front().size = std::min(rest.size, bytes{portion_size});
            fill(p, opener);
            emit(to, p);
        }
        p.ranges.front() = whole;
    }
    bool try_clone(const extent& e, bytes whole, const source_files& files, source_opener& opener) {
        const os::file& from = opener.open(files, e.item);
        const std::uint64_t id = opener.filesystem();
        const bool cloned =
            can(id, &abilities::clones) && sinks_.front()->clone(e.at, from, offset{e.from}, whole);
        const std::lock_guard lock{mutex_};
        abilities& a = abilities_[id];
        if (cloned) a.has_cloned = true;
        else if (!a.has_cloned && ++a.refused_clones >= most_refused_clones) a.clones = false;
        if (!a.clones) uncloned_.resize(image_.sources().size()), uncloned_[e.source] = true;
        return cloned;
    }
    /// What was not to be expected because it might have been cloned: this one, and if no more of its source are, all.
    void expect_now(const extent& e) {
        if (!options_.fsync) return;
        expect(e.at, e.size);
        {
            const std::lock_guard lock{mutex_};
            if (may_clone(e)) return;
        }
        const auto& all = image_.extents();
        for (auto next = all.lower_bound(e.end()); next != all.end(); ++next)
            if (next->source == e.source && next->size >= least_cloned) expect(next->at, next->size);
    }
    bool can(std::uint64_t filesystem, bool abilities::*what) {
        const std::lock_guard lock{mutex_};
        return abilities_[filesystem].*what;
    }
    void cannot(std::uint64_t filesystem, bool abilities::*what) {
        const std::lock_guard lock{mutex_};
        abilities_[filesystem].*what = false;
    }

    /// Reads the buffered ranges.
    void fill(portion& p, source_opener& opener) const {
        std::size_t size = 0;
        p.for_each_buffered([&](const extent& e, std::size_t at) { size = at + e.size.count; });
        const std::span<std::byte> room =
            p.buffer.room(std::max<std::size_t>(size + 1, portion_size + whole_below + whole_block.count));
        // In order, so that what lies behind one of them is written over before it counts.
        p.for_each_buffered([&](const extent& e, std::size_t at) {
            read_extent(image_, e, bytes{}, room.subspan(at, e.size.count), opener, true);
        });
    }

    static void emit(sink& to, const portion& p) {
        p.for_each_run(
            [&](const extent& e) {
                return e.kind() == byte_kind::data || (to.joins_small_gaps() && is_small_gap(e));
            },
            [&](offset at, std::span<const std::byte> content) { to.data(at, content); },
            [&](const extent& e) {
                if (e.kind() == byte_kind::zero) to.zero(e.at, e.size);
                else to.undefined(e.at, e.size);
            });
    }
    static void update(digest& d, const portion& p) {
        p.for_each_run(
            [&](const extent& e) { return p.is_buffered(e); },
            [&](offset, std::span<const std::byte> content) { d.update(content); },
            [&](const extent& e) {
                for (std::uint64_t left = e.size.count; left != 0;) {
                    const auto step = std::min<std::uint64_t>(left, os::zero_page.size());
                    d.update(std::span{os::zero_page}.first(step));
                    left -= step;
                }
            });
    }

    void tell_progress(const portion& p) {
        bytes done{};
        for (const extent& e : p.ranges)
            if (takes_time(e.kind())) done += e.size;
        const std::lock_guard lock{progress_mutex_};
        done_ += done;
        if (options_.on_progress) options_.on_progress({done_, total_});
    }

    const image& image_;
    std::span<sink* const> sinks_;
    const write_options& options_;
    write_report report_;
    bytes total_{}; // of what takes time
    bool joins_ = false, clones_ = false, copies_ = false;
    std::size_t jobs_;

    std::mutex mutex_; // of what follows, up to the next mutex
    range_cursor cursor_;
    std::vector<extent> refused_; // what the system did not clone
    std::size_t clones_in_trial_ = 0;
    std::condition_variable clones_tried_;
    std::map<std::uint64_t, abilities> abilities_; // by the filesystem of the source
    std::vector<bool> uncloned_;                   // sources of the image on filesystems that cannot
    std::vector<portion_pointer> spare_;
    std::uint64_t next_number_ = 0;
    std::exception_ptr failure_;
    std::uint64_t failed_number_ = 0;

    std::mutex progress_mutex_;
    bytes done_{};

    followers followers_; // last: its threads end before the rest does
};
} // namespace detail

IMGCOMPOSE_INLINE write_report write(const image& from, sink& to, const write_options& options) {
    sink* const only = &to;
    return detail::writer{from, std::span{&only, 1}, options}.write();
}

IMGCOMPOSE_INLINE write_report write(const image& from, sink&& to, const write_options& options) {
    return write(from, to, options);
}

IMGCOMPOSE_INLINE write_report write(const image& from, std::span<sink* const> to, const write_options& options) {
    return detail::writer{from, to, options}.write();
}

IMGCOMPOSE_INLINE write_report write(const image& from, std::initializer_list<sink*> to, const write_options& options) {
    return write(from, std::span<sink* const>{to.begin(), to.size()}, options);
}

IMGCOMPOSE_NAMESPACE_END
