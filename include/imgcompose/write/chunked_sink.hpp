// SPDX-License-Identifier: BSL-1.0
// What compressed images have in common: the bytes are dealt out in chunks of one size, packed by several threads, and
// appended in order.
#pragma once

#include <imgcompose/os/threads.hpp>
#include <imgcompose/write/byte_stream.hpp>
#include <imgcompose/write/sink.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// The packed bytes do not depend on the number of threads. Can be written to again when it was finished or abandoned.
class chunked_sink : public sink {
public:
    /// `jobs`: threads; 0: one a processor, at most eight.
    chunked_sink(byte_stream& to, std::size_t chunk_size, std::size_t jobs)
        : to_(to), chunk_size_(chunk_size), jobs_(os::thread_count(jobs, 8)) {}
    ~chunked_sink() override { stop(); }

    void begin(bytes) final {
        forget_all();
        to_.begin();
        begin_packing();
    }
    void data(offset, std::span<const std::byte> content) final {
        while (!content.empty()) {
            std::vector<std::byte>& c = open_chunk();
            const std::size_t n = std::min(content.size(), chunk_size_ - c.size());
            c.insert(c.end(), content.begin(), content.begin() + static_cast<std::ptrdiff_t>(n));
            content = content.subspan(n);
            if (c.size() == chunk_size_) close_chunk(false);
        }
    }
    void zero(offset, bytes size) final {
        for (std::uint64_t left = size.count; left != 0;) {
            if (!open_ && left >= chunk_size_) {
                add_chunk_of_zeros();
                left -= chunk_size_;
                continue;
            }
            std::vector<std::byte>& c = open_chunk();
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk_size_ - c.size()));
            c.resize(c.size() + n);
            left -= n;
            if (c.size() == chunk_size_) close_chunk(false);
        }
    }
    void undefined(offset at, bytes size) final { zero(at, size); }
    void finish(bool sync) final {
        (void)open_chunk();
        close_chunk(true);
        while (!in_order_.empty()) append_first();
        finish_packing();
        forget_all();
        to_.finish(sync);
    }
    void abandon() noexcept final {
        forget_all();
        to_.abandon();
    }

protected:
    using chunk = std::shared_ptr<const std::vector<std::byte>>;
    struct packed {
        std::vector<std::byte> content{};
        std::uint64_t unpacked_size = 0;
        std::uint32_t checksum = 0; ///< of the unpacked bytes, if the format has one
    };
    /// What a thread packs with, chunk after chunk; it knows nothing of the sink.
    class packer {
    public:
        packer() = default;
        packer(const packer&) = delete;
        packer& operator=(const packer&) = delete;
        virtual ~packer() = default;
        /// `before` is the chunk before, or nothing; the last chunk may be short or empty.
        [[nodiscard]] virtual packed pack(const chunk& next, const chunk& before, bool last) = 0;
    };

    virtual void begin_packing() = 0;
    [[nodiscard]] virtual std::unique_ptr<packer> make_packer() const = 0;
    /// In order.
    virtual void appended(const packed& p) = 0;
    virtual void finish_packing() = 0;
    void append(std::span<const std::byte> raw) { to_.append(raw); }

private:
    struct task {
        chunk next, before;
        bool last = false;
        bool is_taken = false, is_done = false;
        packed result{};
        std::exception_ptr failure{};
    };
    using task_pointer = std::shared_ptr<task>;

    std::vector<std::byte>& open_chunk() {
        if (!open_) {
            open_ = std::make_shared<std::vector<std::byte>>();
            open_->reserve(chunk_size_);
        }
        return *open_;
    }
    void close_chunk(bool last) {
        chunk next = std::move(open_);
        open_.reset();
        add(std::move(next), last);
    }
    /// Holes of many chunks take no time: zeros behind zeros are packed once.
    void add_chunk_of_zeros() {
        if (!zeros_) zeros_ = std::make_shared<const std::vector<std::byte>>(chunk_size_);
        if (before_ != zeros_) return add(zeros_, false);
        if (!packed_zeros_) {
            add(zeros_, false);
            packed_zeros_ = in_order_.back();
        } else {
            make_room();
            in_order_.push_back(packed_zeros_);
        }
    }
    void add(chunk next, bool last) {
        make_room();
        auto t = std::make_shared<task>();
        t->next = next, t->before = before_, t->last = last;
        before_ = std::move(next);
        in_order_.push_back(t);
        if (jobs_ > 1 && threads_.empty()) start();
        if (threads_.empty()) return;
        const std::lock_guard lock{mutex_};
        to_pack_.push_back(std::move(t));
        changed_.notify_all();
    }
    void make_room() {
        if (in_order_.size() > jobs_) append_first();
    }
    void append_first() {
        const task_pointer first = std::move(in_order_.front());
        in_order_.pop_front();
        std::unique_lock lock{mutex_};
        while (!first->is_done) {
            if (!first->is_taken) run(*first, own_packer(), lock); // where no thread can be had, it is packed here
            else changed_.wait(lock);
        }
        lock.unlock();
        if (first->failure) std::rethrow_exception(first->failure);
        append(first->result.content);
        appended(first->result);
    }
    packer& own_packer() {
        if (!own_packer_) own_packer_ = make_packer();
        return *own_packer_;
    }

    void start() {
        try {
            for (std::size_t i = 0; i < jobs_; ++i)
                threads_.emplace_back([this, with = std::shared_ptr<packer>{make_packer()}] { pack_tasks(*with); });
        } catch (const std::exception&) {
            // No more threads or no memory for them: those there are do it all.
        }
    }
    void pack_tasks(packer& with) {
        std::unique_lock lock{mutex_};
        for (;;) {
            changed_.wait(lock, [&] { return is_over_ || !to_pack_.empty(); });
            if (is_over_) return;
            const task_pointer t = std::move(to_pack_.front());
            to_pack_.pop_front();
            if (!t->is_taken) run(*t, with, lock);
        }
    }
    void run(task& t, packer& with, std::unique_lock<std::mutex>& lock) {
        t.is_taken = true;
        lock.unlock();
        try {
            t.result = with.pack(t.next, t.before, t.last);
        } catch (...) {
            t.failure = std::current_exception();
        }
        t.before.reset();
        lock.lock();
        t.is_done = true;
        changed_.notify_all();
    }
    void stop() noexcept {
        {
            const std::lock_guard lock{mutex_};
            is_over_ = true;
            to_pack_.clear();
            changed_.notify_all();
        }
        for (std::thread& t : threads_) t.join();
        threads_.clear();
        is_over_ = false;
    }
    void forget_all() noexcept {
        stop();
        in_order_.clear();
        open_.reset(), before_.reset(), zeros_.reset(), packed_zeros_.reset();
    }

    byte_stream& to_;
    std::size_t chunk_size_, jobs_;
    std::shared_ptr<std::vector<std::byte>> open_;
    chunk before_, zeros_;
    std::deque<task_pointer> in_order_; // those that are not yet appended
    task_pointer packed_zeros_;         // of zeros behind zeros
    std::unique_ptr<packer> own_packer_;
    std::vector<std::thread> threads_;
    std::mutex mutex_; // of what follows, and of the tasks
    std::deque<task_pointer> to_pack_;
    bool is_over_ = false;
    std::condition_variable changed_;
};

IMGCOMPOSE_NAMESPACE_END
