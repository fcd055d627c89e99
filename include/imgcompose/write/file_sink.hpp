// SPDX-License-Identifier: BSL-1.0
// Files and block devices that an image is written to.
#pragma once

#include <imgcompose/write/new_file.hpp>
#include <imgcompose/write/sink.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
bool all_zero(std::span<const std::byte> s);
} // namespace detail

namespace fail {
[[noreturn]] void device_too_small(std::string_view path, bytes size, bytes needed);
} // namespace fail

/// A new file, in the place of what is at `path` when it is whole (see new_file). Zero and undefined bytes become
/// holes, and so do blocks of zeros in data.
class sparse_file final : public sink {
public:
    /// Nothing is made before `begin`.
    explicit sparse_file(const std::filesystem::path& path) : path_(path.string()) {}

    [[nodiscard]] bool in_order() const override { return false; }
    [[nodiscard]] bool joins_small_gaps() const override { return true; }

    void begin(bytes size) override;
    void expect(offset at, bytes size) override;
    void data(offset at, std::span<const std::byte> content) override;
    void zero(offset, bytes) override {}
    void undefined(offset, bytes) override {}
    bytes copy(offset at, const os::file& from, offset from_at, bytes size) override;
    bool clone(offset at, const os::file& from, offset from_at, bytes size) override;
    void finish(bool sync) override { file_.finish(sync); }
    void abandon() noexcept override { file_.abandon(); }

private:
    static constexpr bytes probed_hole{32768}; // of what the system copies; in memory each block of zeros is seen
    static constexpr bytes least_sync{512 << 10};
    static constexpr std::size_t probe_size = 512;

    static bytes align_up_to_step(bytes n) { return from_start(align_up(offset{n}, probed_hole)); }
    /// Whether zeros begin here. What cannot be read is somebody else's to tell.
    static bool is_zero(const os::file& from, offset at);
    /// From `done`, which goes on, to `end` of a range. False if it cannot be read.
    bool read_and_write(offset at, const os::file& from, offset from_at, bytes& done, bytes end);
    /// The disk works while the rest is read, and what is on it need not be held in memory. Shorter pieces are left for the
    /// end: the system joins them.
    void start_sync(offset at, bytes size) const;

    std::string path_;
    new_file file_;
    std::atomic<bool> is_synced_{false};
};

/// What is done with bytes that nobody will read before writing them.
enum class undefined_bytes : std::uint8_t {
    leave,   ///< nothing
    discard, ///< a hole in a file; a device is told that it need not keep them
};

/// How a file or device that exists is written.
struct existing_file_options {
    /// What becomes of what the image leaves undefined.
    undefined_bytes undefined = undefined_bytes::leave;
    bool only_differences = false; ///< data is compared with what is there and only written where it differs
};

/// A file or block device that exists. Data is written, zeros become holes or are zeroed by the device, and what is
/// undefined stays as it was unless it is to be discarded; an undefined range without a whole block of 4 KiB may become
/// zero. A shorter file grows; a longer one keeps its end. When something fails it holds a part of the image. A device that
/// is mounted or otherwise in use is refused, and so is a file that the image takes bytes from.
class existing_file final : public sink {
public:
    /// Opened by `begin`, which throws io_error if it is not there.
    explicit existing_file(const std::filesystem::path& path, const existing_file_options& o = {});

    [[nodiscard]] bool in_order() const override { return false; }
    [[nodiscard]] bool joins_small_gaps() const override { return true; }
    [[nodiscard]] bool takes_time(byte_kind k) const override;
    [[nodiscard]] std::string writes_into() const override { return path_; }

    void begin(bytes size) override;
    void data(offset at, std::span<const std::byte> content) override;
    void zero(offset at, bytes size) override;
    void undefined(offset at, bytes size) override;
    bytes copy(offset at, const os::file& from, offset from_at, bytes size) override;
    bool clone(offset at, const os::file& from, offset from_at, bytes size) override;
    void finish(bool sync) override;
    void abandon() noexcept override { direct_ = {}, file_ = {}; }

private:
    [[nodiscard]] bool is_device() const { return status_.type == file_type::block_device; }
    [[nodiscard]] bool takes_files() const { return !is_device() && !options_.only_differences; }

    [[nodiscard]] os::file open_same(const os::file_status& expected, os::open_mode mode) const;
    /// Another device may have come under that name since.
    void require_same(const os::file_status& expected, const os::file& f) const;

    void put(offset at, std::span<const std::byte> content);
    /// Long runs of whole units go past the system's memory: a card is slower than it, and what is written there has to
    /// be pushed out sooner or later. Neither shorter nor unaligned ones can, which share pages with their neighbours. If a
    /// device wants other addresses in memory than those of blocks, it says so.
    static constexpr bytes least_direct{65536};
    [[nodiscard]] bool goes_direct(offset at, std::span<const std::byte> content) const;

    std::string path_;
    existing_file_options options_;
    os::file file_, direct_;
    os::file_status status_{};
    bytes unit_ = whole_block; // of a device: what can be zeroed, discarded or written directly without its neighbours
    std::atomic<bool> goes_direct_{false};
};

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/write/file_sink_impl.hpp>
#endif
