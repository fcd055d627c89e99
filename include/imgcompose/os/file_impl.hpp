// SPDX-License-Identifier: BSL-1.0
// The functions of file.hpp.
#pragma once

#include <imgcompose/os/file.hpp>
#include <imgcompose/os/system.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] IMGCOMPOSE_INLINE void system_refused(os::answer error, std::string_view doing, std::string_view path) {
    throw io_error(std::error_code(static_cast<int>(-error), std::generic_category()), text::join(doing, " ", path));
}

[[noreturn]] IMGCOMPOSE_INLINE void system_refused_at(os::answer error, std::string_view doing, std::string_view path,
                                                      offset at) {
    throw io_error(std::error_code(static_cast<int>(-error), std::generic_category()),
                   text::join(doing, " ", path, " at byte ", at.count));
}

[[noreturn]] IMGCOMPOSE_INLINE void file_ends_early(std::string_view path, offset at, bytes wanted, bytes got) {
    throw input_error(text::join(path, " ends at byte ", (at + got).count, ", but ", wanted.count,
                                 " bytes are needed from byte ", at.count, " on; it is shorter than it was"));
}
} // namespace fail

namespace os {

namespace detail {
inline constexpr answer interrupted = -static_cast<answer>(std::errc::interrupted);

/// Makes a call until no signal interrupts it.
template <class F> answer persist(std::uint64_t call_counts::*counter, const F& call) {
    for (;;) {
        ++(calls_made().*counter);
        const answer a = call();
        if (a != interrupted) return a;
    }
}
} // namespace detail

template <class F> answer file::other(const F& call) { return detail::persist(&call_counts::others, call); }

IMGCOMPOSE_INLINE bool is_error(answer a, std::errc e) { return a == -static_cast<answer>(e); }

IMGCOMPOSE_INLINE file_status status_of(const std::string& path) {
    file_status s;
    const answer a = detail::persist(&call_counts::statuses,
                                     [&] { return current().status_at(working_directory, path.c_str(), true, s); });
    if (a < 0) fail::system_refused(a, "cannot find", path);
    return s;
}

IMGCOMPOSE_INLINE std::uint64_t file_clock_now() {
    const answer a = current().now();
    return a < 0 ? 0 : static_cast<std::uint64_t>(a);
}

IMGCOMPOSE_INLINE file& file::operator=(file&& other) noexcept {
    std::swap(handle_, other.handle_);
    path_.swap(other.path_);
    return *this;
}

IMGCOMPOSE_INLINE file::~file() {
    if (!is_open()) return;
    ++calls_made().closes;
    current().close(handle_);
}

IMGCOMPOSE_INLINE void closed_together::add(file&& f) {
    if (!f.is_open()) return;
    if (count_ == held_.size()) close();
    held_[count_++] = std::exchange(f.handle_, file::none);
}

IMGCOMPOSE_INLINE void closed_together::close() {
    if (count_ == 0) return;
    const auto held = std::span{held_}.first(std::exchange(count_, 0));
    std::sort(held.begin(), held.end()); // not in order where a number was free between others
    calls_made().closes += current().close_all(held);
}

IMGCOMPOSE_INLINE file file::open(const std::string& path, open_mode mode) {
    const answer a = try_open(working_directory, path.c_str(), mode);
    if (a < 0) fail::system_refused(a, mode == open_mode::create_new ? "cannot create" : "cannot open", path);
    return {static_cast<handle>(a), path};
}

IMGCOMPOSE_INLINE answer file::try_open(handle directory, const char* name, open_mode mode) {
    return detail::persist(&call_counts::opens, [&] { return current().open(directory, name, mode); });
}

IMGCOMPOSE_INLINE answer file::try_status_at(handle directory, const char* name, bool follow, file_status& to) {
    return detail::persist(&call_counts::statuses, [&] {
        return *name == '\0' ? current().status(directory, to) : current().status_at(directory, name, follow, to);
    });
}

IMGCOMPOSE_INLINE answer file::try_read_names(handle directory, name_list& to) {
    return other([&] { return current().read_names(directory, to); });
}

IMGCOMPOSE_INLINE answer file::try_read_link(handle directory, const char* name, std::span<char> to) {
    return other([&] { return current().read_link(directory, name, to); });
}

IMGCOMPOSE_INLINE answer file::try_list_xattrs(handle directory, const char* name, std::span<char> to) {
    return other([&] { return current().list_xattrs(directory, name, to); });
}

IMGCOMPOSE_INLINE answer file::try_get_xattr(handle directory, const char* name, const char* attribute,
                                             std::span<char> to) {
    return other([&] { return current().get_xattr(directory, name, attribute, to); });
}

IMGCOMPOSE_INLINE void file::close() {
    if (!is_open()) return;
    ++calls_made().closes;
    const answer a = current().close(std::exchange(handle_, none));
    if (a < 0 && a != detail::interrupted) fail::system_refused(a, "cannot close", path_);
}

IMGCOMPOSE_INLINE file_status file::status() const {
    file_status s;
    require(try_status(s), "cannot ask about");
    return s;
}

IMGCOMPOSE_INLINE answer file::try_status(file_status& to) const {
    return detail::persist(&call_counts::statuses, [&] { return current().status(handle_, to); });
}

IMGCOMPOSE_INLINE void file::read_exactly_at(offset at, std::span<std::byte> to) const {
    std::size_t done = 0;
    const answer got = try_read_at(at, to, done);
    if (got < 0) fail::system_refused_at(got, "cannot read", path_, at + bytes{done});
    if (static_cast<std::uint64_t>(got) != to.size())
        fail::file_ends_early(path_, at, bytes{to.size()}, bytes{static_cast<std::uint64_t>(got)});
}

IMGCOMPOSE_INLINE answer file::try_read_at(offset at, std::span<std::byte> to) const {
    std::size_t done = 0;
    return try_read_at(at, to, done);
}

IMGCOMPOSE_INLINE answer file::try_read_at(offset at, std::span<std::byte> to, std::size_t& done) const {
    while (done < to.size()) {
        const answer a = detail::persist(&call_counts::reads, [&] {
            return current().read_at(handle_, at + bytes{done}, to.subspan(done));
        });
        if (a < 0) return a;
        if (a == 0) break;
        done += static_cast<std::size_t>(a);
    }
    return static_cast<answer>(done);
}

IMGCOMPOSE_INLINE answer file::try_read_at_or_longer(offset at, std::span<std::byte> to, bool over_next,
                                                     std::size_t& done) const {
    std::byte beyond{};
    const std::array<std::span<std::byte>, 2> pieces{to, std::span{&beyond, 1}};
    const answer first = detail::persist(&call_counts::reads, [&] {
        return over_next ? current().read_at(handle_, at, {to.data(), to.size() + 1})
                         : current().read_many_at(handle_, at, pieces);
    });
    if (first <= 0 || static_cast<std::size_t>(first) >= to.size()) return first;
    done = static_cast<std::size_t>(first);
    return try_read_at(at, to, done);
}

IMGCOMPOSE_INLINE void file::write_exactly_at(offset at, std::span<const std::byte> from) const {
    while (!from.empty()) {
        const answer a =
            detail::persist(&call_counts::writes, [&] { return current().write_at(handle_, at, from); });
        require_progress(a, at);
        at = at + bytes{static_cast<std::uint64_t>(a)};
        from = from.subspan(static_cast<std::size_t>(a));
    }
}

IMGCOMPOSE_INLINE answer file::try_write_at(offset at, std::span<const std::byte> from) const {
    return detail::persist(&call_counts::writes, [&] { return current().write_at(handle_, at, from); });
}

IMGCOMPOSE_INLINE answer file::try_copy_from(const file& from, offset from_at, offset at, bytes size) const {
    return detail::persist(&call_counts::copies, [&] {
        return current().copy_range(from.handle_, from_at, handle_, at, size);
    });
}

IMGCOMPOSE_INLINE answer file::try_clone_from(const file& from, offset from_at, offset at, bytes size) const {
    return detail::persist(&call_counts::copies, [&] {
        return current().clone_range(from.handle_, from_at, handle_, at, size);
    });
}

IMGCOMPOSE_INLINE answer file::try_link(const char* path) const {
    return other([&] { return current().link(handle_, path); });
}

IMGCOMPOSE_INLINE answer file::try_lock() const {
    return other([&] { return current().lock(handle_); });
}

IMGCOMPOSE_INLINE answer file::try_set_owner(std::uint32_t uid, std::uint32_t gid) const {
    return other([&] { return current().set_owner(handle_, uid, gid); });
}

IMGCOMPOSE_INLINE answer file::try_set_mode(std::uint16_t mode) const {
    return other([&] { return current().set_mode(handle_, mode); });
}

IMGCOMPOSE_INLINE answer file::try_allocate(offset at, bytes size) const {
    return other([&] { return current().allocate(handle_, at, size); });
}

IMGCOMPOSE_INLINE answer file::try_start_sync(offset at, bytes size) const {
    return other([&] { return current().start_sync(handle_, at, size); });
}

IMGCOMPOSE_INLINE void file::set_size(bytes size) const {
    require(other([&] { return current().set_size(handle_, size); }), "cannot set the size of");
}

IMGCOMPOSE_INLINE void file::make_zero(offset at, bytes size, const file_status& own, bytes unit) const {
    if (own.type == file_type::block_device) {
        const offset first = align_up(at, unit), last = align_down(at + size, unit);
        if (first < last && other([&] { return current().zero_sectors(handle_, first, last - first); }) >= 0) {
            write_zeros(at, first - at);
            write_zeros(last, at + size - last);
            return;
        }
    } else if (other([&] { return current().punch_hole(handle_, at, size); }) >= 0) {
        return;
    }
    write_zeros(at, size);
}

IMGCOMPOSE_INLINE void file::write_zeros(offset at, bytes size) const {
    while (size != bytes{}) {
        const std::size_t step = std::min<std::uint64_t>(size.count, zero_page.size());
        write_exactly_at(at, std::span{zero_page}.first(step));
        at = at + bytes{step};
        size -= bytes{step};
    }
}

IMGCOMPOSE_INLINE answer file::try_punch_hole(offset at, bytes size) const {
    return other([&] { return current().punch_hole(handle_, at, size); });
}

IMGCOMPOSE_INLINE answer file::try_discard(offset at, bytes size) const {
    return other([&] { return current().discard_sectors(handle_, at, size); });
}

IMGCOMPOSE_INLINE answer file::try_seek_data(offset at) const {
    return other([&] { return current().seek_data(handle_, at); });
}

IMGCOMPOSE_INLINE answer file::try_seek_hole(offset at) const {
    return other([&] { return current().seek_hole(handle_, at); });
}

IMGCOMPOSE_INLINE void file::sync() const {
    require(other([&] { return current().sync(handle_); }), "cannot write out");
}

IMGCOMPOSE_INLINE void file::forget_cached() const {
    require(other([&] { return current().forget_cached(handle_); }), "cannot drop cached bytes of");
}

IMGCOMPOSE_INLINE device_geometry file::geometry() const {
    device_geometry g;
    require(other([&] { return current().geometry(handle_, g); }), "cannot ask for the size of");
    return g;
}

IMGCOMPOSE_INLINE void file::require(answer a, std::string_view doing) const {
    if (a < 0) fail::system_refused(a, doing, path_);
}

IMGCOMPOSE_INLINE void file::require_progress(answer written, offset at) const {
    if (written < 0) fail::system_refused_at(written, "cannot write", path_, at);
    if (written == 0) fail::system_refused_at(-static_cast<answer>(std::errc::io_error), "cannot write", path_, at);
}

IMGCOMPOSE_INLINE void rename(const std::string& from, const std::string& to) {
    const answer a =
        detail::persist(&call_counts::others, [&] { return current().rename(from.c_str(), to.c_str()); });
    if (a < 0) fail::system_refused(a, text::join("cannot rename ", from, " to"), to);
}

IMGCOMPOSE_INLINE void write_all_next(handle to, std::string_view path, offset at, std::span<const std::byte> from) {
    while (!from.empty()) {
        const answer a = detail::persist(&call_counts::writes, [&] { return current().write_next(to, from); });
        if (a <= 0)
            fail::system_refused_at(a < 0 ? a : -static_cast<answer>(std::errc::io_error), "cannot write", path, at);
        at = at + bytes{static_cast<std::uint64_t>(a)};
        from = from.subspan(static_cast<std::size_t>(a));
    }
}

IMGCOMPOSE_INLINE void sync_if_file(handle h, std::string_view path) {
    const answer a = detail::persist(&call_counts::others, [&] { return current().sync(h); });
    if (a >= 0 || is_error(a, std::errc::invalid_argument) || is_error(a, std::errc::operation_not_supported)) return;
    fail::system_refused(a, "cannot write out", path);
}

IMGCOMPOSE_INLINE void remove_if_possible(const std::string& path) noexcept { current().remove(path.c_str()); }
} // namespace os

IMGCOMPOSE_NAMESPACE_END
