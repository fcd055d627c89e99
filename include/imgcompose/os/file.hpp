// SPDX-License-Identifier: BSL-1.0
// An open file or directory. What fails says which file and where in it.
#pragma once

#include <imgcompose/os/system.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
/// `error` is negative, as calls answer it. `doing` such as "cannot open".
[[noreturn]] inline void system_refused(os::answer error, std::string_view doing, std::string_view path) {
    throw io_error(std::error_code(static_cast<int>(-error), std::generic_category()), text::join(doing, " ", path));
}
[[noreturn]] inline void system_refused_at(os::answer error, std::string_view doing, std::string_view path, offset at) {
    throw io_error(std::error_code(static_cast<int>(-error), std::generic_category()),
                   text::join(doing, " ", path, " at byte ", at.count));
}
[[noreturn]] inline void file_ends_early(std::string_view path, offset at, bytes wanted, bytes got) {
    throw input_error(text::join(path, " ends at byte ", (at + got).count, ", but ", wanted.count,
                                 " bytes are needed from byte ", at.count, " on; it is shorter than it was"));
}
} // namespace fail

namespace os {

/// For all who need zeros.
inline constexpr std::array<std::byte, 65536> zero_page{};

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

inline bool is_error(answer a, std::errc e) { return a == -static_cast<answer>(e); }

/// The status of what is at `path`, symbolic links followed. Throws io_error if there is nothing.
inline file_status status_of(const std::string& path) {
    file_status s;
    const answer a = detail::persist(&call_counts::statuses,
                                     [&] { return current().status_at(working_directory, path.c_str(), true, s); });
    if (a < 0) fail::system_refused(a, "cannot find", path);
    return s;
}

/// Nanoseconds since 1970 by the clock that the times of files are from; 0 if there is none.
inline std::uint64_t file_clock_now() {
    const answer a = current().now();
    return a < 0 ? 0 : static_cast<std::uint64_t>(a);
}

/// Owns a handle. The functions that begin with `try_` return what the call answers; the others throw io_error.
class file {
public:
    file() = default;
    file(handle h, std::string path) : handle_(h), path_(std::move(path)) {}
    file(file&& other) noexcept : handle_(std::exchange(other.handle_, none)), path_(std::move(other.path_)) {}
    file& operator=(file&& other) noexcept {
        std::swap(handle_, other.handle_);
        path_.swap(other.path_);
        return *this;
    }
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() {
        if (is_open()) current().close(handle_);
    }

    static file open(const std::string& path, open_mode mode) {
        const answer a = try_open(working_directory, path.c_str(), mode);
        if (a < 0) fail::system_refused(a, mode == open_mode::create_new ? "cannot create" : "cannot open", path);
        return {static_cast<handle>(a), path};
    }
    static file open_for_reading(const std::string& path) { return open(path, open_mode::read); }

    /// A handle, to be given to a `file`, or an error.
    [[nodiscard]] static answer try_open(handle directory, const char* name, open_mode mode) {
        return detail::persist(&call_counts::opens, [&] { return current().open(directory, name, mode); });
    }

    // Of names in an open directory; the name "" is the directory itself.
    [[nodiscard]] static answer try_status_at(handle directory, const char* name, bool follow, file_status& to) {
        return detail::persist(&call_counts::statuses, [&] {
            return *name == '\0' ? current().status(directory, to) : current().status_at(directory, name, follow, to);
        });
    }
    [[nodiscard]] static answer try_read_names(handle directory, name_list& to) {
        return other([&] { return current().read_names(directory, to); });
    }
    [[nodiscard]] static answer try_read_link(handle directory, const char* name, std::span<char> to) {
        return other([&] { return current().read_link(directory, name, to); });
    }
    [[nodiscard]] static answer try_list_xattrs(handle directory, const char* name, std::span<char> to) {
        return other([&] { return current().list_xattrs(directory, name, to); });
    }
    [[nodiscard]] static answer try_get_xattr(handle directory, const char* name, const char* attribute,
                                              std::span<char> to) {
        return other([&] { return current().get_xattr(directory, name, attribute, to); });
    }

    [[nodiscard]] bool is_open() const { return handle_ != none; }
    [[nodiscard]] handle get() const { return handle_; }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Closes it; network filesystems tell only now that a write failed.
    void close() {
        if (!is_open()) return;
        const answer a = current().close(std::exchange(handle_, none));
        if (a < 0 && a != detail::interrupted) fail::system_refused(a, "cannot close", path_);
    }

    [[nodiscard]] file_status status() const {
        file_status s;
        require(try_status(s), "cannot ask about");
        return s;
    }
    [[nodiscard]] answer try_status(file_status& to) const {
        return detail::persist(&call_counts::statuses, [&] { return current().status(handle_, to); });
    }

    /// Fills `to`. Throws input_error if the file ends before.
    void read_exactly_at(offset at, std::span<std::byte> to) const {
        std::size_t done = 0;
        const answer got = try_read_at(at, to, done);
        if (got < 0) fail::system_refused_at(got, "cannot read", path_, at + bytes{done});
        if (static_cast<std::uint64_t>(got) != to.size())
            fail::file_ends_early(path_, at, bytes{to.size()}, bytes{static_cast<std::uint64_t>(got)});
    }
    /// How many bytes it could read: fewer than asked only at the end of the file.
    [[nodiscard]] answer try_read_at(offset at, std::span<std::byte> to) const {
        std::size_t done = 0;
        return try_read_at(at, to, done);
    }
    /// The same; `done`, 0 at first, tells behind how many bytes it failed if it did.
    [[nodiscard]] answer try_read_at(offset at, std::span<std::byte> to, std::size_t& done) const {
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

    /// The same, and one byte more than fits `to` if the file is longer.
    [[nodiscard]] answer try_read_at_or_longer(offset at, std::span<std::byte> to, std::size_t& done) const {
        std::byte beyond{};
        const std::array<std::span<std::byte>, 2> pieces{to, std::span{&beyond, 1}};
        const answer first = detail::persist(
            &call_counts::reads, [&] { return current().read_many_at(handle_, at, pieces); });
        if (first <= 0 || static_cast<std::size_t>(first) >= to.size()) return first;
        done = static_cast<std::size_t>(first);
        return try_read_at(at, to, done);
    }

    void write_exactly_at(offset at, std::span<const std::byte> from) const {
        while (!from.empty()) {
            const answer a =
                detail::persist(&call_counts::writes, [&] { return current().write_at(handle_, at, from); });
            require_progress(a, at);
            at = at + bytes{static_cast<std::uint64_t>(a)};
            from = from.subspan(static_cast<std::size_t>(a));
        }
    }

    /// How many bytes it could write, or why none.
    [[nodiscard]] answer try_write_at(offset at, std::span<const std::byte> from) const {
        return detail::persist(&call_counts::writes, [&] { return current().write_at(handle_, at, from); });
    }

    /// Copies inside the system; answers how many bytes, 0 at the end of `from`, or an error such as that it cannot.
    [[nodiscard]] answer try_copy_from(const file& from, offset from_at, offset at, bytes size) const {
        return detail::persist(&call_counts::copies, [&] {
            return current().copy_range(from.handle_, from_at, handle_, at, size);
        });
    }

    /// Shares the blocks of `from`; 0, or why not.
    [[nodiscard]] answer try_clone_from(const file& from, offset from_at, offset at, bytes size) const {
        return detail::persist(&call_counts::copies, [&] {
            return current().clone_range(from.handle_, from_at, handle_, at, size);
        });
    }
    /// Gives a file opened as `create_unnamed` a name; an error if there is one of that name.
    [[nodiscard]] answer try_link(const char* path) const {
        return other([&] { return current().link(handle_, path); });
    }
    [[nodiscard]] answer try_lock() const {
        return other([&] { return current().lock(handle_); });
    }
    [[nodiscard]] answer try_set_owner(std::uint32_t uid, std::uint32_t gid) const {
        return other([&] { return current().set_owner(handle_, uid, gid); });
    }
    [[nodiscard]] answer try_set_mode(std::uint16_t mode) const {
        return other([&] { return current().set_mode(handle_, mode); });
    }
    [[nodiscard]] answer try_allocate(offset at, bytes size) const {
        return other([&] { return current().allocate(handle_, at, size); });
    }
    [[nodiscard]] answer try_start_sync(offset at, bytes size) const {
        return other([&] { return current().start_sync(handle_, at, size); });
    }

    void set_size(bytes size) const {
        require(other([&] { return current().set_size(handle_, size); }), "cannot set the size of");
    }
    /// Makes a range read as zero: by a hole or by the device's own means where possible, by writing elsewhere. A device
    /// zeroes what is in whole units, behind the back of what is remembered of it.
    void make_zero(offset at, bytes size, const file_status& own, bytes unit) const {
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
    void write_zeros(offset at, bytes size) const {
        while (size != bytes{}) {
            const std::size_t step = std::min<std::uint64_t>(size.count, zero_page.size());
            write_exactly_at(at, std::span{zero_page}.first(step));
            at = at + bytes{step};
            size -= bytes{step};
        }
    }
    [[nodiscard]] answer try_punch_hole(offset at, bytes size) const {
        return other([&] { return current().punch_hole(handle_, at, size); });
    }
    [[nodiscard]] answer try_discard(offset at, bytes size) const {
        return other([&] { return current().discard_sectors(handle_, at, size); });
    }
    [[nodiscard]] answer try_seek_data(offset at) const {
        return other([&] { return current().seek_data(handle_, at); });
    }
    [[nodiscard]] answer try_seek_hole(offset at) const {
        return other([&] { return current().seek_hole(handle_, at); });
    }
    void sync() const { require(other([&] { return current().sync(handle_); }), "cannot write out"); }
    void forget_cached() const {
        require(other([&] { return current().forget_cached(handle_); }), "cannot drop cached bytes of");
    }
    [[nodiscard]] device_geometry geometry() const {
        device_geometry g;
        require(other([&] { return current().geometry(handle_, g); }), "cannot ask for the size of");
        return g;
    }

private:
    static constexpr handle none = -1;

    template <class F> static answer other(const F& call) { return detail::persist(&call_counts::others, call); }
    void require(answer a, std::string_view doing) const {
        if (a < 0) fail::system_refused(a, doing, path_);
    }
    void require_progress(answer written, offset at) const {
        if (written < 0) fail::system_refused_at(written, "cannot write", path_, at);
        if (written == 0) fail::system_refused_at(-static_cast<answer>(std::errc::io_error), "cannot write", path_, at);
    }

    handle handle_ = none;
    std::string path_;
};

/// Puts `from` in the place of `to`, in one step: there is always a whole file at `to`.
inline void rename(const std::string& from, const std::string& to) {
    const answer a =
        detail::persist(&call_counts::others, [&] { return current().rename(from.c_str(), to.c_str()); });
    if (a < 0) fail::system_refused(a, text::join("cannot rename ", from, " to"), to);
}

/// Writes all of it to a pipe, socket or file that somebody else opened, behind what was written before. `path` and `at`
/// are for the message of the io_error.
inline void write_all_next(handle to, std::string_view path, offset at, std::span<const std::byte> from) {
    while (!from.empty()) {
        const answer a = detail::persist(&call_counts::writes, [&] { return current().write_next(to, from); });
        if (a <= 0)
            fail::system_refused_at(a < 0 ? a : -static_cast<answer>(std::errc::io_error), "cannot write", path, at);
        at = at + bytes{static_cast<std::uint64_t>(a)};
        from = from.subspan(static_cast<std::size_t>(a));
    }
}

/// With all that was written on the medium, if it is a file or device.
inline void sync_if_file(handle h, std::string_view path) {
    const answer a = detail::persist(&call_counts::others, [&] { return current().sync(h); });
    if (a >= 0 || is_error(a, std::errc::invalid_argument) || is_error(a, std::errc::operation_not_supported)) return;
    fail::system_refused(a, "cannot write out", path);
}

/// Removes a file; that it cannot is not told.
inline void remove_if_possible(const std::string& path) noexcept { current().remove(path.c_str()); }

} // namespace os
IMGCOMPOSE_NAMESPACE_END
