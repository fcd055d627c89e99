// SPDX-License-Identifier: BSL-1.0
// Those who must see all portions of an image in order: digests, and sinks that cannot seek.
#pragma once

#include <imgcompose/os/system.hpp>
#include <imgcompose/write/portion.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// Each follower has a thread of its own, so that those who fill portions never wait for their turn; they wait only for
/// one that is many portions behind, whose portions are in memory until then. Where no thread can be had, whoever gives a
/// portion lets the followers see what is next.
class followers {
public:
    using portion_pointer = std::unique_ptr<portion>;

    struct hooks {
        std::function<void(portion_pointer)> done{}; ///< takes back what all have seen; from any thread
        std::function<void(std::uint64_t)> failed{}; ///< in the handler of the exception, with the portion's number
    };

    explicit followers(hooks h) : hooks_(std::move(h)) {}
    followers(const followers&) = delete;
    followers& operator=(const followers&) = delete;
    ~followers() {
        stop();
        join();
    }

    void add(std::function<void(const portion&)> see) { all_.push_back({std::move(see), 0, false, {}}); }
    [[nodiscard]] bool empty() const { return all_.empty(); }

    void start(std::size_t most_waiting) {
        most_waiting_ = most_waiting;
        try {
            for (follower& f : all_) {
                f.own = std::thread{[this, &f] {
                    std::unique_lock lock{mutex_};
                    while (see_next(f, lock)) {}
                    calls_ = calls_ + os::calls_made(); // the thread is new and ends here
                }};
            }
        } catch (const std::exception&) {
            // No more threads or no memory for them.
        }
    }

    /// Waits until so few portions are before that of this number that it may be filled. False if there is no more use.
    bool wait_for_room(std::uint64_t number) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return is_over_ || number < finished_ + most_waiting_; });
        return !is_over_;
    }
    void give(portion_pointer p) {
        std::unique_lock lock{mutex_};
        const std::uint64_t number = p->number;
        waiting_.emplace(number, slot{std::move(p), all_.size()});
        changed_.notify_all();
        for (follower& f : all_)
            if (!f.own.joinable() && !f.is_busy)
                while (waiting_.contains(f.next) && !is_over_ && !f.is_busy) (void)see_next(f, lock);
    }
    /// Waits until all have seen as many portions as there are, and tells what calls they made.
    os::call_counts finish(std::uint64_t portions) {
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] { return is_over_ || finished_ == portions; });
            is_over_ = true;
            changed_.notify_all();
        }
        join();
        return calls_;
    }
    /// None sees any more.
    void stop() {
        const std::lock_guard lock{mutex_};
        is_over_ = true;
        changed_.notify_all();
    }

private:
    struct follower {
        std::function<void(const portion&)> see;
        std::uint64_t next;
        bool is_busy;
        std::thread own;
    };
    struct slot {
        portion_pointer content;
        std::size_t unseen; ///< by how many followers
    };

    /// Waits for the next portion of one follower and lets it see that. False if there is no more.
    bool see_next(follower& f, std::unique_lock<std::mutex>& lock) {
        const auto found = [&] { return waiting_.find(f.next); };
        changed_.wait(lock, [&] { return is_over_ || found() != waiting_.end(); });
        if (is_over_) return false;
        slot& s = found()->second;
        f.is_busy = true;
        lock.unlock();
        bool seen = true;
        try {
            f.see(*s.content);
        } catch (...) {
            hooks_.failed(f.next);
            seen = false;
        }
        lock.lock();
        f.is_busy = false;
        if (!seen) {
            is_over_ = true;
        } else if (const auto now = found(); --s.unseen == 0) {
            ++f.next;
            portion_pointer done = std::move(s.content);
            waiting_.erase(now);
            ++finished_; // the slowest comes to all in order
            lock.unlock();
            try {
                hooks_.done(std::move(done));
            } catch (...) {
                hooks_.failed(f.next - 1);
                seen = false;
            }
            lock.lock();
            if (!seen) is_over_ = true;
        } else {
            ++f.next;
        }
        changed_.notify_all();
        return seen;
    }
    void join() {
        for (follower& f : all_)
            if (f.own.joinable()) f.own.join();
    }

    hooks hooks_;
    std::vector<follower> all_;
    std::size_t most_waiting_ = 1;
    std::mutex mutex_; // of what follows, and of the followers' own
    std::map<std::uint64_t, slot> waiting_;
    std::uint64_t finished_ = 0; // all portions before this one were seen by all
    bool is_over_ = false;
    os::call_counts calls_;
    std::condition_variable changed_;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
