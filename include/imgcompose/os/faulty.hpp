// SPDX-License-Identifier: BSL-1.0
// Calls that fail when told to: how tests see what happens when a disk is full or dying.
#pragma once

#include <imgcompose/os/system.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <system_error>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

/// Passes calls on to others, but for the one that is to fail, and counts what is open.
class faulty_calls final : public calls {
public:
    struct plan {
        std::uint64_t fails_at = std::numeric_limits<std::uint64_t>::max(); ///< number of the call, from 0
        std::errc error = std::errc::io_error;
        bool keeps_failing = false;      ///< and all calls after it
        std::uint64_t interrupted = 0;   ///< how often each call first answers that a signal interrupted it
        std::size_t most_bytes = std::numeric_limits<std::size_t>::max(); ///< that one call reads, writes or copies
        std::function<void(std::uint64_t)> before_call{}; ///< is told the number of each
    };

    explicit faulty_calls(plan p, calls& real = current()) : plan_(std::move(p)), real_(real) {}

    [[nodiscard]] std::uint64_t calls_seen() const { return seen_; }
    [[nodiscard]] std::int64_t open_handles() const { return open_; }
    [[nodiscard]] std::int64_t most_open_handles() const { return most_open_; }
    /// How often something could not be removed: so many files may have been left.
    [[nodiscard]] std::int64_t not_removed() const { return not_removed_; }
    /// Whether the call that was to fail came.
    [[nodiscard]] bool has_failed() const { return failed_; }

    answer open(handle directory, const char* name, open_mode mode) override {
        const answer a = ask([&] { return real_.open(directory, name, mode); });
        if (a < 0) return a;
        const std::int64_t now = ++open_;
        for (std::int64_t most = most_open_; most < now && !most_open_.compare_exchange_weak(most, now);) {}
        return a;
    }
    answer close(handle h) override { // closes even where it says that it failed, as systems do
        --open_;
        const answer closed = real_.close(h);
        return ask([&] { return closed; });
    }
    answer status(handle h, file_status& to) override {
        return ask([&] { return real_.status(h, to); });
    }
    answer status_at(handle directory, const char* name, bool follow, file_status& to) override {
        return ask([&] { return real_.status_at(directory, name, follow, to); });
    }
    answer read_at(handle h, offset at, std::span<std::byte> to) override {
        return ask([&] { return real_.read_at(h, at, to.first(std::min(to.size(), plan_.most_bytes))); });
    }
    answer read_many_at(handle h, offset at, std::span<const std::span<std::byte>> to) override {
        if (plan_.most_bytes != std::numeric_limits<std::size_t>::max()) return read_at(h, at, to.front());
        return ask([&] { return real_.read_many_at(h, at, to); });
    }
    answer write_at(handle h, offset at, std::span<const std::byte> from) override {
        return ask([&] { return real_.write_at(h, at, from.first(std::min(from.size(), plan_.most_bytes))); });
    }
    answer write_next(handle h, std::span<const std::byte> from) override {
        return ask([&] { return real_.write_next(h, from.first(std::min(from.size(), plan_.most_bytes))); });
    }
    answer copy_range(handle from, offset from_at, handle to, offset to_at, bytes size) override {
        return ask([&] {
            return real_.copy_range(from, from_at, to, to_at, bytes{std::min<std::uint64_t>(size.count, plan_.most_bytes)});
        });
    }
    answer clone_range(handle from, offset from_at, handle to, offset to_at, bytes size) override {
        return ask([&] { return real_.clone_range(from, from_at, to, to_at, size); });
    }
    answer seek_data(handle h, offset at) override {
        return ask([&] { return real_.seek_data(h, at); });
    }
    answer seek_hole(handle h, offset at) override {
        return ask([&] { return real_.seek_hole(h, at); });
    }
    answer set_size(handle h, bytes size) override {
        return ask([&] { return real_.set_size(h, size); });
    }
    answer lock(handle h) override {
        return ask([&] { return real_.lock(h); });
    }
    answer set_owner(handle h, std::uint32_t uid, std::uint32_t gid) override {
        return ask([&] { return real_.set_owner(h, uid, gid); });
    }
    answer set_mode(handle h, std::uint16_t mode) override {
        return ask([&] { return real_.set_mode(h, mode); });
    }
    answer allocate(handle h, offset at, bytes size) override {
        return ask([&] { return real_.allocate(h, at, size); });
    }
    answer start_sync(handle h, offset at, bytes size) override {
        return ask([&] { return real_.start_sync(h, at, size); });
    }
    answer punch_hole(handle h, offset at, bytes size) override {
        return ask([&] { return real_.punch_hole(h, at, size); });
    }
    answer zero_sectors(handle h, offset at, bytes size) override {
        return ask([&] { return real_.zero_sectors(h, at, size); });
    }
    answer discard_sectors(handle h, offset at, bytes size) override {
        return ask([&] { return real_.discard_sectors(h, at, size); });
    }
    answer sync(handle h) override {
        return ask([&] { return real_.sync(h); });
    }
    answer forget_cached(handle h) override {
        return ask([&] { return real_.forget_cached(h); });
    }
    answer geometry(handle h, device_geometry& to) override {
        return ask([&] { return real_.geometry(h, to); });
    }
    answer rename(const char* from, const char* to) override {
        return ask([&] { return real_.rename(from, to); });
    }
    answer link(handle h, const char* path) override {
        return ask([&] { return real_.link(h, path); });
    }
    answer now() override {
        return ask([&] { return real_.now(); });
    }
    answer remove(const char* path) override {
        const answer a = ask([&] { return real_.remove(path); });
        if (a < 0) ++not_removed_;
        return a;
    }
    answer read_names(handle directory, name_list& to) override {
        return ask([&] { return real_.read_names(directory, to); });
    }
    answer read_link(handle directory, const char* name, std::span<char> to) override {
        return ask([&] { return real_.read_link(directory, name, to); });
    }
    answer list_xattrs(handle directory, const char* name, std::span<char> to) override {
        return ask([&] { return real_.list_xattrs(directory, name, to); });
    }
    answer get_xattr(handle directory, const char* name, const char* attribute, std::span<char> to) override {
        return ask([&] { return real_.get_xattr(directory, name, attribute, to); });
    }

private:
    template <class F> answer ask(const F& call) {
        if (interruptions_ < plan_.interrupted) {
            ++interruptions_;
            return -static_cast<answer>(std::errc::interrupted);
        }
        interruptions_ = 0;
        const std::uint64_t number = seen_++;
        if (plan_.before_call) plan_.before_call(number);
        if (number == plan_.fails_at || (number > plan_.fails_at && plan_.keeps_failing)) {
            failed_ = true;
            return -static_cast<answer>(plan_.error);
        }
        return call();
    }

    plan plan_;
    calls& real_;
    std::atomic<std::uint64_t> seen_{0}, interruptions_{0};
    std::atomic<std::int64_t> open_{0}, most_open_{0}, not_removed_{0};
    std::atomic<bool> failed_{false};
};

} // namespace os
IMGCOMPOSE_NAMESPACE_END
