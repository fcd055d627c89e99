// SPDX-License-Identifier: BSL-1.0
// Calls that take one file for a block device with large sectors: what goes past the system's memory, and what the device
// zeroes or discards itself, has to be in whole sectors, else it is refused.
#pragma once

#include <imgcompose/os/native.hpp>
#include <imgcompose/os/system.hpp>
#include <imgcompose/write/portion.hpp>
#include <tests/write/made.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace imgcompose_test {

class device_calls final : public imgcompose::os::native_calls {
    using real = imgcompose::os::native_calls;
    using answer = imgcompose::os::answer;
    using handle = imgcompose::os::handle;
    using offset = imgcompose::offset;
    using bytes = imgcompose::bytes;

public:
    struct options {
        bytes sector_size{4096};
        bytes needed_alignment{4096}; ///< of what is written directly; more than a sector is more than it says
        bool zeroes = true;
        std::uint32_t number = 7; ///< that it has when it is opened to be written directly
    };
    explicit device_calls(std::string path) : device_calls(std::move(path), options{}) {}
    device_calls(std::string path, const options& o) : path_(std::move(path)), options_(o) {}

    std::atomic<int> direct_writes{0}, refused{0}, zeroed{0}, discarded{0};
    std::atomic<std::uint64_t> longest_zeroed{0};

    answer open(handle directory, const char* name, imgcompose::os::open_mode mode) override {
        const bool is_it = path_ == name;
        const bool direct = is_it && mode == imgcompose::os::open_mode::direct;
        if (is_it && (direct || mode == imgcompose::os::open_mode::exclusive)) mode = imgcompose::os::open_mode::read_write;
        const answer a = real::open(directory, name, mode);
        const std::lock_guard lock{mutex_};
        if (is_it && a >= 0) handles_[static_cast<handle>(a)] = direct;
        return a;
    }
    answer close(handle h) override {
        {
            const std::lock_guard lock{mutex_};
            handles_.erase(h);
        }
        return real::close(h);
    }
    answer status(handle h, imgcompose::os::file_status& to) override {
        const answer a = real::status(h, to);
        if (a >= 0 && is_device(h)) as_device(to, is_direct(h) ? options_.number : 7);
        return a;
    }
    answer status_at(handle directory, const char* name, bool follow, imgcompose::os::file_status& to) override {
        const answer a = real::status_at(directory, name, follow, to);
        if (a >= 0 && path_ == name) as_device(to, 7);
        return a;
    }
    answer write_at(handle h, offset at, std::span<const std::byte> from) override {
        if (is_direct(h)) {
            const std::uint64_t unit = options_.needed_alignment.count;
            if (at.count % unit != 0 || from.size() % unit != 0 || reinterpret_cast<std::uintptr_t>(from.data()) % 512 != 0)
                return ++refused, no(std::errc::invalid_argument);
            ++direct_writes;
        }
        return real::write_at(h, at, from);
    }
    answer zero_sectors(handle h, offset at, bytes size) override {
        if (!options_.zeroes) return no(std::errc::operation_not_supported);
        if (!is_whole(at, size)) return ++refused, no(std::errc::invalid_argument);
        ++zeroed;
        for (std::uint64_t now = longest_zeroed; now < size.count && !longest_zeroed.compare_exchange_weak(now, size.count);) {}
        return real::punch_hole(h, at, size);
    }
    answer discard_sectors(handle, offset at, bytes size) override {
        return is_whole(at, size) ? (++discarded, 0) : (++refused, no(std::errc::invalid_argument));
    }
    answer geometry(handle h, imgcompose::os::device_geometry& to) override {
        imgcompose::os::file_status s;
        if (const answer a = real::status(h, s); a < 0) return a;
        to = {s.size, options_.sector_size, bytes{4096}};
        return 0;
    }

private:
    static answer no(std::errc why) { return -static_cast<answer>(why); }
    static void as_device(imgcompose::os::file_status& s, std::uint32_t number) {
        s.type = imgcompose::file_type::block_device;
        s.device_major = 42, s.device_minor = number;
        s.size = {};
    }
    [[nodiscard]] bool is_whole(offset at, bytes size) const {
        return at.count % options_.sector_size.count == 0 && size.count % options_.sector_size.count == 0;
    }
    bool is_device(handle h) {
        const std::lock_guard lock{mutex_};
        return handles_.contains(h);
    }
    bool is_direct(handle h) {
        const std::lock_guard lock{mutex_};
        const auto found = handles_.find(h);
        return found != handles_.end() && found->second;
    }

    std::string path_;
    options options_;
    std::mutex mutex_;
    std::map<handle, bool> handles_; // of the device, and whether it writes directly
};

/// Where `got` first differs from the image in what is not undefined; empty if nowhere.
inline std::string difference_where_defined(const std::string& got, const imgcompose::image& made) {
    const std::string expected = text_of(made);
    imgcompose::detail::range_cursor all{made};
    while (const auto e = all.peek()) {
        if (e->kind() != imgcompose::byte_kind::undefined) {
            const auto at = static_cast<std::size_t>(e->at.count), size = static_cast<std::size_t>(e->size.count);
            if (const auto found = difference(got.substr(at, size), expected.substr(at, size)); !found.empty())
                return "extent at " + std::to_string(at) + ": " + found;
        }
        all.take(e->size);
    }
    return {};
}

} // namespace imgcompose_test
