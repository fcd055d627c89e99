// SPDX-License-Identifier: BSL-1.0
// An open file or directory. What fails says which file and where in it.
#pragma once

#include <imgcompose/os/system.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
/// `error` is negative, as calls answer it. `doing` such as "cannot open".
[[noreturn]] void system_refused(os::answer error, std::string_view doing, std::string_view path);
[[noreturn]] void system_refused_at(os::answer error, std::string_view doing, std::string_view path, offset at);
[[noreturn]] void file_ends_early(std::string_view path, offset at, bytes wanted, bytes got);
} // namespace fail

namespace os {

/// For all who need zeros.
inline constexpr std::array<std::byte, 65536> zero_page{};

bool is_error(answer a, std::errc e);

/// The status of what is at `path`, symbolic links followed. Throws io_error if there is nothing.
file_status status_of(const std::string& path);

/// Nanoseconds since 1970 by the clock that the times of files are from; 0 if there is none.
std::uint64_t file_clock_now();

/// Owns a handle. The functions that begin with `try_` return what the call answers; the others throw io_error.
class file {
public:
    file() = default;
    file(handle h, std::string path) : handle_(h), path_(std::move(path)) {}
    file(file&& other) noexcept : handle_(std::exchange(other.handle_, none)), path_(std::move(other.path_)) {}
    file& operator=(file&& other) noexcept;
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file();

    static file open(const std::string& path, open_mode mode);
    static file open_for_reading(const std::string& path) { return open(path, open_mode::read); }

    /// A handle, to be given to a `file`, or an error.
    [[nodiscard]] static answer try_open(handle directory, const char* name, open_mode mode);

    // Of names in an open directory; the name "" is the directory itself.
    [[nodiscard]] static answer try_status_at(handle directory, const char* name, bool follow, file_status& to);
    [[nodiscard]] static answer try_read_names(handle directory, name_list& to);
    [[nodiscard]] static answer try_read_link(handle directory, const char* name, std::span<char> to);
    [[nodiscard]] static answer try_list_xattrs(handle directory, const char* name, std::span<char> to);
    [[nodiscard]] static answer try_get_xattr(handle directory, const char* name, const char* attribute,
                                              std::span<char> to);

    [[nodiscard]] bool is_open() const { return handle_ != none; }
    [[nodiscard]] handle get() const { return handle_; }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Closes it; network filesystems tell only now that a write failed.
    void close();

    [[nodiscard]] file_status status() const;
    [[nodiscard]] answer try_status(file_status& to) const;

    /// Fills `to`. Throws input_error if the file ends before.
    void read_exactly_at(offset at, std::span<std::byte> to) const;
    /// How many bytes it could read: fewer than asked only at the end of the file.
    [[nodiscard]] answer try_read_at(offset at, std::span<std::byte> to) const;
    /// The same; `done`, 0 at first, tells behind how many bytes it failed if it did.
    [[nodiscard]] answer try_read_at(offset at, std::span<std::byte> to, std::size_t& done) const;

    /// The same, and one byte more than fits `to` if the file is longer. With `over_next` that byte is written behind `to`,
    /// where there has to be room for it: one piece of memory takes the system less time than two.
    [[nodiscard]] answer try_read_at_or_longer(offset at, std::span<std::byte> to, bool over_next, std::size_t& done) const;

    void write_exactly_at(offset at, std::span<const std::byte> from) const;

    /// How many bytes it could write, or why none.
    [[nodiscard]] answer try_write_at(offset at, std::span<const std::byte> from) const;

    /// Copies inside the system; answers how many bytes, 0 at the end of `from`, or an error such as that it cannot.
    [[nodiscard]] answer try_copy_from(const file& from, offset from_at, offset at, bytes size) const;

    /// Shares the blocks of `from`; 0, or why not.
    [[nodiscard]] answer try_clone_from(const file& from, offset from_at, offset at, bytes size) const;
    /// Gives a file opened as `create_unnamed` a name; an error if there is one of that name.
    [[nodiscard]] answer try_link(const char* path) const;
    [[nodiscard]] answer try_lock() const;
    [[nodiscard]] answer try_set_owner(std::uint32_t uid, std::uint32_t gid) const;
    [[nodiscard]] answer try_set_mode(std::uint16_t mode) const;
    [[nodiscard]] answer try_allocate(offset at, bytes size) const;
    [[nodiscard]] answer try_start_sync(offset at, bytes size) const;

    void set_size(bytes size) const;
    /// Makes a range read as zero: by a hole or by the device's own means where possible, by writing elsewhere. A device
    /// zeroes what is in whole units, behind the back of what is remembered of it.
    void make_zero(offset at, bytes size, const file_status& own, bytes unit) const;
    void write_zeros(offset at, bytes size) const;
    [[nodiscard]] answer try_punch_hole(offset at, bytes size) const;
    [[nodiscard]] answer try_discard(offset at, bytes size) const;
    [[nodiscard]] answer try_seek_data(offset at) const;
    [[nodiscard]] answer try_seek_hole(offset at) const;
    void sync() const;
    void forget_cached() const;
    [[nodiscard]] device_geometry geometry() const;

private:
    static constexpr handle none = -1;

    template <class F> static answer other(const F& call);
    void require(answer a, std::string_view doing) const;
    void require_progress(answer written, offset at) const;

    friend class closed_together;

    handle handle_ = none;
    std::string path_;
};

/// Closes files that were only read, many at a time: that takes fewer calls than one by one.
class closed_together {
public:
    closed_together() = default;
    closed_together(const closed_together&) = delete;
    closed_together& operator=(const closed_together&) = delete;
    ~closed_together() { close(); }

    /// Takes it over; it stays open until there are 32, or until `close`.
    void add(file&& f);
    void close();

private:
    std::array<handle, 32> held_{};
    std::size_t count_ = 0;
};

/// Puts `from` in the place of `to`, in one step: there is always a whole file at `to`.
void rename(const std::string& from, const std::string& to);

/// Writes all of it to a pipe, socket or file that somebody else opened, behind what was written before. `path` and `at`
/// are for the message of the io_error.
void write_all_next(handle to, std::string_view path, offset at, std::span<const std::byte> from);

/// With all that was written on the medium, if it is a file or device.
void sync_if_file(handle h, std::string_view path);

/// Removes a file; that it cannot is not told.
void remove_if_possible(const std::string& path) noexcept;

} // namespace os
IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/os/file_impl.hpp>
#endif
