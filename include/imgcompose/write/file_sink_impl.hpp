// SPDX-License-Identifier: BSL-1.0
// The functions of file_sink.hpp.
#pragma once

#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/new_file.hpp>
#include <imgcompose/write/sink.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void cannot_be_written_into(std::string_view path, file_type type) {
    throw input_error(
        text::join(path, " is a ", name_of(type), "; an image goes into a regular file or a block device"));
}

[[noreturn]] inline void another_file_now(std::string_view path) {
    throw input_error(text::join(path, " is another file or device now than it was a moment ago; nothing was written"));
}

[[noreturn]] IMGCOMPOSE_INLINE void device_too_small(std::string_view path, bytes size, bytes needed) {
    throw layout_error(text::join(path, " has ", size.count, " bytes, ", (needed - size).count,
                                  " fewer than the image of ", needed.count));
}
} // namespace fail

namespace detail {
IMGCOMPOSE_INLINE bool all_zero(std::span<const std::byte> s) {
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

/// Whether the system could.
inline bool clone_in_system(const os::file& to, offset at, const os::file& from, offset from_at, bytes size) {
    return to.try_clone_from(from, from_at, at, size) >= 0;
}
} // namespace detail

IMGCOMPOSE_INLINE void sparse_file::begin(bytes size) {
    is_synced_ = false;
    file_.begin(path_);
    file_.file().set_size(size);
}

IMGCOMPOSE_INLINE void sparse_file::expect(offset at, bytes size) {
    // A disk's filesystem then finds the places of all data at once, and not in the order in which threads write.
    (void)file_.file().try_allocate(at, size); // what is wrong shows when it is written
    is_synced_ = true;
}

IMGCOMPOSE_INLINE void sparse_file::data(offset at, std::span<const std::byte> content) {
    // A file takes no more of a disk than mke2fs's, for a call more for each run of zeros in it.
    const std::size_t head = std::min<std::size_t>((align_up(at, whole_block) - at).count, content.size());
    std::size_t written = 0;
    for (std::size_t i = head; i + whole_block.count <= content.size();) {
        std::size_t end = i;
        while (end + whole_block.count <= content.size() &&
               detail::all_zero(content.subspan(end, whole_block.count)))
            end += whole_block.count;
        if (end != i) {
            if (i != written)
                file_.file().write_exactly_at(at + bytes{written}, content.subspan(written, i - written));
            if (is_synced_) (void)file_.file().try_punch_hole(at + bytes{i}, bytes{end - i}); // it was allocated
            written = end;
        }
        i = end + whole_block.count;
    }
    if (written != content.size()) file_.file().write_exactly_at(at + bytes{written}, content.subspan(written));
    start_sync(at, bytes{content.size()});
}

IMGCOMPOSE_INLINE bytes sparse_file::copy(offset at, const os::file& from, offset from_at, bytes size) {
    // The system copies zeros as well as other bytes. A run of them as long as two probes are apart is at one.
    const std::uint64_t first = (align_up(at, whole_block) - at).count;
    bytes done{};
    for (bytes seen{};;) { // nothing before it is part of a run, but what is less than a step before
        bytes end = std::min(bytes{first} + align_up_to_step(seen - std::min(seen, bytes{first})), size);
        while (end < size && !is_zero(from, from_at + end)) end = std::min(end + probed_hole, size);
        const bytes plain = end == size ? size : std::max(done, end - std::min(end, probed_hole));
        if (plain > done) {
            const bytes copied = detail::copy_in_system(file_.file(), at + done, from, from_at + done, plain - done);
            start_sync(at + done, copied);
            done += copied;
            if (done != plain) return done;
        }
        if (done == size) return done;
        while (end < size && is_zero(from, from_at + end)) end = std::min(end + probed_hole, size);
        if (!read_and_write(at, from, from_at, done, end)) return done;
        seen = end;
    }
}

IMGCOMPOSE_INLINE bool sparse_file::clone(offset at, const os::file& from, offset from_at, bytes size) {
    return detail::clone_in_system(file_.file(), at, from, from_at, size);
}

IMGCOMPOSE_INLINE bool sparse_file::is_zero(const os::file& from, offset at) {
    std::array<std::byte, probe_size> probe; // NOLINT: read into
    const os::answer got = from.try_read_at(at, probe);
    return got > 0 && detail::all_zero(std::span{probe}.first(static_cast<std::size_t>(got)));
}

IMGCOMPOSE_INLINE bool sparse_file::read_and_write(offset at, const os::file& from, offset from_at, bytes& done,
                                                   bytes end) {
    std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(end - done, bytes{1 << 20}).count));
    while (done < end) {
        const auto step =
            std::span{buffer}.first(static_cast<std::size_t>(std::min(end - done, bytes{buffer.size()}).count));
        if (from.try_read_at(from_at + done, step) != static_cast<os::answer>(step.size())) return false;
        data(at + done, step);
        done += bytes{step.size()};
    }
    return true;
}

IMGCOMPOSE_INLINE void sparse_file::start_sync(offset at, bytes size) const {
    if (is_synced_ && size >= least_sync) (void)file_.file().try_start_sync(at, size);
}

IMGCOMPOSE_INLINE existing_file::existing_file(const std::filesystem::path& path, const existing_file_options& o)
    : path_(path.string()), options_(o) {}

IMGCOMPOSE_INLINE bool existing_file::takes_time(byte_kind k) const {
    return k == byte_kind::data ||
           (is_device() && (k == byte_kind::zero || options_.undefined == undefined_bytes::discard));
}

IMGCOMPOSE_INLINE void existing_file::begin(bytes size) {
    const os::file_status expected = os::status_of(path_);
    if (expected.type == file_type::block_device) {
        file_ = open_same(expected, os::open_mode::exclusive);
        const os::device_geometry device = file_.geometry();
        if (device.size < size) fail::device_too_small(path_, device.size, size);
        unit_ = std::max({device.sector_size, device.page_size, whole_block});
        const os::answer a = os::file::try_open(os::working_directory, path_.c_str(), os::open_mode::direct);
        if (a >= 0) direct_ = {static_cast<os::handle>(a), path_}; // not all devices can
        if (direct_.is_open()) require_same(expected, direct_);
        goes_direct_ = direct_.is_open();
    } else if (expected.type == file_type::regular) {
        file_ = open_same(expected, os::open_mode::read_write);
        if (expected.size < size) file_.set_size(size);
    } else {
        fail::cannot_be_written_into(path_, expected.type);
    }
    status_ = expected;
}

IMGCOMPOSE_INLINE void existing_file::data(offset at, std::span<const std::byte> content) {
    if (!options_.only_differences) return put(at, content);
    std::array<std::byte, 65536> there; // NOLINT: read into
    const auto length = [&](std::size_t i) { return std::min<std::size_t>(whole_block.count, content.size() - i); };
    std::size_t first = 0; // of a run of blocks that differ
    for (std::size_t i = 0; i < content.size();) {
        const std::size_t read = std::min(there.size(), content.size() - i);
        const os::answer got = file_.try_read_at(at + bytes{i}, std::span{there}.first(read));
        const std::size_t known = got < 0 ? 0 : static_cast<std::size_t>(got);
        for (const std::size_t end = i + read, begin = i; i < end; i += length(i)) {
            const bool differs = i - begin + length(i) > known ||
                                 std::memcmp(content.data() + i, there.data() + (i - begin), length(i)) != 0;
            if (differs) continue;
            if (first != i) put(at + bytes{first}, content.subspan(first, i - first));
            first = i + length(i);
        }
    }
    if (first < content.size()) put(at + bytes{first}, content.subspan(first));
}

IMGCOMPOSE_INLINE void existing_file::zero(offset at, bytes size) {
    if (is_device()) return file_.make_zero(at, size, status_, unit_);
    // What is a hole already is left alone; a file that grew is all hole there.
    const offset end = std::min(at + size, offset{status_.size});
    while (at < end) {
        const os::answer data = file_.try_seek_data(at);
        if (os::is_error(data, std::errc::no_such_device_or_address)) return;
        const offset from = data < 0 ? at : offset{bytes{static_cast<std::uint64_t>(data)}};
        if (from >= end) return;
        const os::answer hole = data < 0 ? data : file_.try_seek_hole(from);
        const offset to = hole < 0 ? end : std::min(end, offset{bytes{static_cast<std::uint64_t>(hole)}});
        file_.make_zero(std::max(at, from), to - std::max(at, from), status_, unit_);
        at = to;
    }
}

IMGCOMPOSE_INLINE void existing_file::undefined(offset at, bytes size) {
    if (options_.undefined == undefined_bytes::leave) return;
    if (!is_device()) return void(file_.try_punch_hole(at, size)); // it may be unable to
    const offset first = align_up(at, unit_), last = align_down(at + size, unit_);
    if (first < last) (void)file_.try_discard(first, last - first);
}

IMGCOMPOSE_INLINE bytes existing_file::copy(offset at, const os::file& from, offset from_at, bytes size) {
    return takes_files() ? detail::copy_in_system(file_, at, from, from_at, size) : bytes{};
}

IMGCOMPOSE_INLINE bool existing_file::clone(offset at, const os::file& from, offset from_at, bytes size) {
    return takes_files() && detail::clone_in_system(file_, at, from, from_at, size);
}

IMGCOMPOSE_INLINE void existing_file::finish(bool sync) {
    direct_.close();
    if (sync) file_.sync();
    file_.close();
}

IMGCOMPOSE_INLINE os::file existing_file::open_same(const os::file_status& expected, os::open_mode mode) const {
    os::file f = os::file::open(path_, mode);
    require_same(expected, f);
    return f;
}

IMGCOMPOSE_INLINE void existing_file::require_same(const os::file_status& expected, const os::file& f) const {
    const os::file_status s = f.status();
    const bool is_same = s.type == expected.type && s.filesystem == expected.filesystem && s.inode == expected.inode &&
                         s.device_major == expected.device_major && s.device_minor == expected.device_minor;
    if (!is_same) fail::another_file_now(path_);
}

IMGCOMPOSE_INLINE void existing_file::put(offset at, std::span<const std::byte> content) {
    const auto head = static_cast<std::size_t>((align_up(at, unit_) - at).count);
    if (head != 0 && content.size() > head && goes_direct(at + bytes{head}, content.subspan(head))) {
        file_.write_exactly_at(at, content.first(head));
        at = at + bytes{head};
        content = content.subspan(head);
    }
    while (goes_direct(at, content)) {
        const std::size_t whole = content.size() / unit_.count * unit_.count;
        const os::answer a = direct_.try_write_at(at, content.first(whole));
        if (os::is_error(a, std::errc::invalid_argument)) { // it wants more than it says
            goes_direct_ = false;
            break;
        }
        if (a <= 0) direct_.write_exactly_at(at, content.first(whole)); // tells what is wrong, if it still is
        const std::size_t done = a > 0 ? static_cast<std::size_t>(a) : whole;
        at = at + bytes{done};
        content = content.subspan(done);
    }
    if (!content.empty()) file_.write_exactly_at(at, content);
}

IMGCOMPOSE_INLINE bool existing_file::goes_direct(offset at, std::span<const std::byte> content) const {
    return goes_direct_ && content.size() >= std::max(least_direct, unit_).count && at.count % unit_.count == 0 &&
           reinterpret_cast<std::uintptr_t>(content.data()) % whole_block.count == 0;
}

IMGCOMPOSE_NAMESPACE_END
