// SPDX-License-Identifier: BSL-1.0
// Where bytes go that come one after the other: a new file, standard output, a pipe or a socket.
#pragma once

#include <imgcompose/write/new_file.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// `begin`, then any number of bytes, then `finish`; or `abandon` when any of it threw. Small pieces are gathered.
/// To write elsewhere than these do, derive from it.
class byte_stream {
public:
    byte_stream() = default;
    byte_stream(const byte_stream&) = delete;
    byte_stream& operator=(const byte_stream&) = delete;
    virtual ~byte_stream() = default;

    void begin() {
        put_ = {};
        gathered_.clear();
        gathered_.reserve(most_gathered);
        open();
    }
    void append(std::span<const std::byte> next) {
        if (next.size() > most_gathered - gathered_.size()) flush();
        if (next.size() < most_gathered) {
            gathered_.insert(gathered_.end(), next.begin(), next.end());
        } else {
            put(put_, next);
            put_ = put_ + bytes{next.size()};
        }
    }
    void append_zeros(bytes size) {
        while (size != bytes{}) {
            const auto step = std::min<std::uint64_t>(size.count, os::zero_page.size());
            append(std::span{os::zero_page}.first(step));
            size -= bytes{step};
        }
    }
    /// Where the next byte goes.
    [[nodiscard]] offset end() const { return put_ + bytes{gathered_.size()}; }
    /// `sync`: with all of it on the medium, if there is one, before this returns.
    void finish(bool sync) {
        flush();
        close(sync);
    }
    void abandon() noexcept {
        gathered_.clear();
        drop();
    }

protected:
    void flush() {
        if (!gathered_.empty()) put(put_, gathered_);
        put_ = put_ + bytes{gathered_.size()};
        gathered_.clear();
    }
    /// What is gathered of a range, which is then not yet put anywhere; nothing if any of it is.
    [[nodiscard]] std::span<std::byte> gathered(offset at, bytes size) {
        if (at < put_ || at + size > end()) return {};
        return std::span{gathered_}.subspan((at - put_).count, size.count);
    }

private:
    static constexpr std::size_t most_gathered = 1 << 20;

    virtual void open() {}
    /// `at` is behind all that was put before.
    virtual void put(offset at, std::span<const std::byte> next) = 0;
    virtual void close(bool /*sync*/) {}
    virtual void drop() noexcept {}

    offset put_{};
    std::vector<std::byte> gathered_;
};

/// A new file, in the place of what is at `path` when it is whole (see new_file).
class file_stream final : public byte_stream {
public:
    explicit file_stream(const std::filesystem::path& path) : path_(path.string()) {}

    /// Other bytes in the place of some that were appended before.
    void rewrite(offset at, std::span<const std::byte> with) {
        if (const std::span<std::byte> there = gathered(at, bytes{with.size()}); !there.empty()) {
            std::memcpy(there.data(), with.data(), with.size());
        } else {
            flush();
            file_.file().write_exactly_at(at, with);
        }
    }

private:
    void open() override { file_.begin(path_); }
    void put(offset at, std::span<const std::byte> next) override { file_.file().write_exactly_at(at, next); }
    void close(bool sync) override { file_.finish(sync); }
    void drop() noexcept override { file_.abandon(); }

    std::string path_;
    new_file file_;
};

/// What somebody else has open and closes: a pipe, a socket, standard output. What was written when something fails
/// stays written.
class handle_stream final : public byte_stream {
public:
    /// `name` is for messages.
    explicit handle_stream(os::handle to = os::standard_output, std::string name = "standard output")
        : to_(to), name_(std::move(name)) {}

private:
    void put(offset at, std::span<const std::byte> next) override { os::write_all_next(to_, name_, at, next); }
    void close(bool sync) override {
        if (sync) os::sync_if_file(to_, name_);
    }

    os::handle to_;
    std::string name_;
};

IMGCOMPOSE_NAMESPACE_END
