// SPDX-License-Identifier: BSL-1.0
// What compressed images have in common: the bytes are dealt out in chunks of one size, packed by several threads, and
// appended in order.
#pragma once

#include <imgcompose/write/byte_stream.hpp>
#include <imgcompose/write/sink.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// The packed bytes do not depend on the number of threads. Who derives from it calls `wait_for_all` when it ends: the
/// threads are in its `pack`.
class chunked_sink : public sink {
public:
    /// `jobs`: threads; 0: one a processor, at most eight.
    chunked_sink(byte_stream& to, std::size_t chunk_size, std::size_t jobs)
        : to_(to), chunk_size_(chunk_size),
          jobs_(jobs != 0 ? jobs : std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8)) {}

    void begin(bytes) final {
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
        while (!packing_.empty()) append_first();
        finish_packing();
        to_.finish(sync);
    }
    void abandon() noexcept final {
        wait_for_all();
        open_.reset();
        before_.reset(), zeros_.reset();
        to_.abandon();
    }

protected:
    using chunk = std::shared_ptr<const std::vector<std::byte>>;
    struct packed {
        std::vector<std::byte> content{};
        std::uint64_t unpacked_size = 0;
        std::uint32_t checksum = 0; ///< of the unpacked bytes, if the format has one
    };

    virtual void begin_packing() = 0;
    /// In any thread. `before` is the chunk before, or nothing; the last chunk may be short or empty.
    [[nodiscard]] virtual packed pack(const chunk& next, const chunk& before, bool last) const = 0;
    /// In order.
    virtual void appended(const packed& p) = 0;
    virtual void finish_packing() = 0;
    void append(std::span<const std::byte> raw) { to_.append(raw); }
    void wait_for_all() noexcept { // the last future of what std::async does waits when it ends
        packing_.clear();
        packed_zeros_ = {};
    }

private:
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
        if (!packed_zeros_.valid()) {
            add(zeros_, false);
            packed_zeros_ = packing_.back();
        } else {
            if (packing_.size() >= jobs_) append_first();
            packing_.push_back(packed_zeros_);
        }
    }
    void add(chunk next, bool last) {
        if (packing_.size() >= jobs_) append_first();
        auto task = [this, next, before = before_, last] { return pack(next, before, last); };
        before_ = std::move(next);
        // Where no thread can be had, it is packed when it is waited for.
        const auto policy = jobs_ == 1 ? std::launch::deferred : std::launch::async | std::launch::deferred;
        packing_.push_back(std::async(policy, std::move(task)));
    }
    void append_first() {
        const std::shared_future<packed> first = std::move(packing_.front());
        packing_.pop_front();
        const packed& p = first.get();
        append(p.content);
        appended(p);
    }

    byte_stream& to_;
    std::size_t chunk_size_, jobs_;
    std::shared_ptr<std::vector<std::byte>> open_;
    chunk before_, zeros_;
    std::deque<std::shared_future<packed>> packing_;
    std::shared_future<packed> packed_zeros_; // of zeros behind zeros
};

IMGCOMPOSE_NAMESPACE_END
