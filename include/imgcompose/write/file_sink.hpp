// SPDX-License-Identifier: BSL-1.0
// Files and block devices that an image is written to.
#pragma once

#include <imgcompose/write/new_file.hpp>
#include <imgcompose/write/sink.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void cannot_be_written_into(std::string_view path, file_type type) {
    throw input_error(
        text::join(path, " is a ", name_of(type), "; an image goes into a regular file or a block device"));
}
[[noreturn]] inline void device_too_small(std::string_view path, bytes size, bytes needed) {
    throw layout_error(text::join(path, " has ", size.count, " bytes, ", (needed - size).count,
                                  " fewer than the image of ", needed.count));
}
} // namespace fail

namespace detail {

inline bool all_zero(std::span<const std::byte> s) {
    return s.empty() || (s.front() == std::byte{} && std::memcmp(s.data(), s.data() + 1, s.size() - 1) == 0);
}

/// Bytes copied, 0 if the system cannot.
inline bytes copy_in_system(const os::file& to, offset at, const os::file& from, offset from_at, bytes size) {
    bytes done{};
    while (done < size) {
        const os::answer a = to.try_copy_from(from, from_at + done, at + done, size - done);
        if (a <= 0) break; // that it cannot, or a failure: reading and writing the rest tells of which file
        done += bytes{static_cast<std::uint64_t>(a)};
    }
    return done;
}

} // namespace detail

/// A new file, in the place of what is at `path` when it is whole (see new_file). Zero and undefined bytes become
/// holes, and so does data of nothing but zeros.
class sparse_file final : public sink {
public:
    /// Nothing is made before `begin`.
    explicit sparse_file(const std::filesystem::path& path) : path_(path.string()) {}

    [[nodiscard]] bool in_order() const override { return false; }
    [[nodiscard]] bool joins_small_gaps() const override { return true; }

    void begin(bytes size) override {
        file_.begin(path_);
        file_.file().set_size(size);
    }
    void expect(offset at, bytes size) override {
        // A disk's filesystem then finds the places of all data at once, and not in the order in which threads write.
        (void)file_.file().try_allocate(at, size); // what is wrong shows when it is written
        is_synced_ = true;
    }
    void data(offset at, std::span<const std::byte> content) override {
        // Runs of zeros that are worth a hole. What is written in one piece is written fastest.
        const std::size_t head = std::min<std::size_t>((align_up(at, block) - at).count, content.size());
        std::size_t written = 0;
        for (std::size_t i = head; i + block.count <= content.size();) {
            std::size_t end = i;
            while (end + block.count <= content.size() && detail::all_zero(content.subspan(end, block.count)))
                end += block.count;
            if (end - i >= least_hole.count) {
                if (i != written)
                    file_.file().write_exactly_at(at + bytes{written}, content.subspan(written, i - written));
                written = end;
            }
            i = end + block.count;
        }
        if (written != content.size()) file_.file().write_exactly_at(at + bytes{written}, content.subspan(written));
        // The disk works while the rest is read, and what is on it need not be held in memory. Shorter pieces are left
        // for the end: the system joins them.
        if (is_synced_ && content.size() >= least_sync.count)
            (void)file_.file().try_start_sync(at, bytes{content.size()});
    }
    void zero(offset, bytes) override {}
    void undefined(offset, bytes) override {}
    bytes copy(offset at, const os::file& from, offset from_at, bytes size) override {
        return detail::copy_in_system(file_.file(), at, from, from_at, size);
    }
    bool clone(offset at, const os::file& from, offset from_at, bytes size) override {
        return file_.file().try_clone_from(from, from_at, at, size) >= 0;
    }
    void finish(bool sync) override { file_.finish(sync); }
    void abandon() noexcept override { file_.abandon(); }

private:
    static constexpr bytes block{4096};
    static constexpr bytes least_hole{32768};
    static constexpr bytes least_sync{512 << 10};

    std::string path_;
    new_file file_;
    bool is_synced_ = false;
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
/// zero. A shorter file grows; a longer one keeps its end. When something fails it holds a part of the image.
class existing_file final : public sink {
public:
    /// Opened by `begin`, which throws io_error if it is not there.
    explicit existing_file(const std::filesystem::path& path, const existing_file_options& o = {})
        : path_(path.string()), options_(o) {}

    [[nodiscard]] bool in_order() const override { return false; }
    [[nodiscard]] bool joins_small_gaps() const override { return true; }

    void begin(bytes size) override {
        status_ = os::status_of(path_);
        if (status_.type == file_type::block_device) {
            file_ = os::file::open(path_, os::open_mode::exclusive);
            const os::device_geometry device = file_.geometry();
            if (device.size < size) fail::device_too_small(path_, device.size, size);
            sector_size_ = device.sector_size;
            const os::answer a = os::file::try_open(os::working_directory, path_.c_str(), os::open_mode::direct);
            if (a >= 0) direct_ = {static_cast<os::handle>(a), path_}; // not all devices can
        } else if (status_.type == file_type::regular) {
            file_ = os::file::open(path_, os::open_mode::read_write);
            if (status_.size < size) file_.set_size(size);
        } else {
            fail::cannot_be_written_into(path_, status_.type);
        }
    }
    void data(offset at, std::span<const std::byte> content) override {
        if (!options_.only_differences) return put(at, content);
        std::vector<std::byte> there(content.size());
        const os::answer got = file_.try_read_at(at, there);
        const std::size_t known = got < 0 ? 0 : static_cast<std::size_t>(got);
        const auto length = [&](std::size_t i) { return std::min<std::size_t>(page.count, content.size() - i); };
        const auto differs = [&](std::size_t i) {
            return i + length(i) > known || std::memcmp(content.data() + i, there.data() + i, length(i)) != 0;
        };
        for (std::size_t i = 0; i < content.size();) {
            std::size_t end = i; // of a run of pages that differ
            while (end < content.size() && differs(end)) end += length(end);
            if (end != i) put(at + bytes{i}, content.subspan(i, end - i));
            else end += length(end);
            i = end;
        }
    }
    void zero(offset at, bytes size) override {
        if (status_.type == file_type::block_device || at >= offset{status_.size}) // a file that grew is all hole there
            return status_.type == file_type::block_device ? file_.make_zero(at, size, status_, sector_size_) : void();
        // What is a hole already is left alone.
        const offset end = std::min(at + size, offset{status_.size});
        while (at < end) {
            const os::answer data = file_.try_seek_data(at);
            if (os::is_error(data, std::errc::no_such_device_or_address)) return;
            const offset from = data < 0 ? at : offset{bytes{static_cast<std::uint64_t>(data)}};
            if (from >= end) return;
            const os::answer hole = data < 0 ? data : file_.try_seek_hole(from);
            const offset to = hole < 0 ? end : std::min(end, offset{bytes{static_cast<std::uint64_t>(hole)}});
            file_.make_zero(std::max(at, from), to - std::max(at, from), status_, sector_size_);
            at = to;
        }
    }
    void undefined(offset at, bytes size) override {
        if (options_.undefined == undefined_bytes::leave) return;
        if (status_.type == file_type::regular) return void(file_.try_punch_hole(at, size)); // it may be unable to
        const offset first = align_up(at, sector_size_), last = align_down(at + size, sector_size_);
        if (first < last) (void)file_.try_discard(first, last - first);
    }
    bytes copy(offset at, const os::file& from, offset from_at, bytes size) override {
        return direct_.is_open() ? bytes{} : detail::copy_in_system(file_, at, from, from_at, size);
    }
    bool clone(offset at, const os::file& from, offset from_at, bytes size) override {
        return status_.type == file_type::regular && file_.try_clone_from(from, from_at, at, size) >= 0;
    }
    void finish(bool sync) override {
        direct_.close();
        if (sync) file_.sync();
        file_.close();
    }
    void abandon() noexcept override { direct_ = {}, file_ = {}; }

private:
    void put(offset at, std::span<const std::byte> content) {
        if (goes_direct(at, content)) {
            const std::size_t whole = content.size() / page.count * page.count;
            direct_.write_exactly_at(at, content.first(whole));
            at = at + bytes{whole};
            content = content.subspan(whole);
        }
        if (!content.empty()) file_.write_exactly_at(at, content);
    }
    /// Long runs of whole pages go past the system's memory: a card is slower than it, and what is written there has to
    /// be pushed out sooner or later. Neither shorter nor unaligned ones can, which share pages with their neighbours.
    static constexpr bytes page{4096};
    static constexpr bytes least_direct{65536};
    [[nodiscard]] bool goes_direct(offset at, std::span<const std::byte> content) const {
        return direct_.is_open() && content.size() >= least_direct.count && at.count % page.count == 0 &&
               reinterpret_cast<std::uintptr_t>(content.data()) % page.count == 0;
    }

    std::string path_;
    existing_file_options options_;
    os::file file_, direct_;
    os::file_status status_;
    bytes sector_size_{512};
};

IMGCOMPOSE_NAMESPACE_END
