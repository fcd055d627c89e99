// SPDX-License-Identifier: BSL-1.0
// What the library asks of the operating system: one function a call, behind one pointer that a test can replace.
#pragma once

#include <imgcompose/core/file_type.hpp>
#include <imgcompose/core/units.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

/// The result of a call: what it returns, or the negated number of a std::errc.
using answer = std::int64_t;

/// An open file or directory.
using handle = int;
inline constexpr handle working_directory = -100; ///< in place of a directory's handle
inline constexpr handle standard_output = 1;

struct file_status {
    file_type type = file_type::regular;
    std::uint16_t mode = 0; ///< permission bits, at most 07777
    std::uint32_t uid = 0, gid = 0;
    std::uint32_t links = 1;
    std::uint32_t device_major = 0, device_minor = 0; ///< of a device file
    bytes size{};                                     ///< of a regular file, or length of a symbolic link
    bytes allocated{};                                ///< less than `size` if the file has holes (or is compressed)
    std::int64_t mtime_seconds = 0;
    std::uint32_t mtime_nanoseconds = 0;
    std::uint32_t ctime_nanoseconds = 0;
    std::int64_t ctime_seconds = 0; ///< of the last change of any kind, which no program can set back
    std::uint64_t filesystem = 0; ///< with `inode`: which file it is
    std::uint64_t inode = 0;
};

/// Size of a block device and of its sectors.
struct device_geometry {
    bytes size{};
    bytes sector_size{};
    bytes page_size{4096}; ///< what the system remembers it by
};

/// The names in a directory but `.` and `..`, in the order that the system has them.
struct name_list {
    std::vector<char> text{};        ///< each with a terminating NUL
    std::vector<std::uint32_t> at{}; ///< where each begins
    [[nodiscard]] const char* operator[](std::size_t i) const { return text.data() + at[i]; }
    [[nodiscard]] std::size_t size() const { return at.size(); }
};

enum class open_mode : std::uint8_t {
    read,          ///< never waits, whatever it turns out to be
    read_no_link,  ///< the same, and an error if it is a symbolic link
    directory,     ///< a directory, or a symbolic link to one
    directory_only,///< a directory, and no symbolic link
    create_new,    ///< to read and write; an error if it exists
    create_unnamed,///< to read and write, in the directory of that name, gone when it is closed unless `link` names it
    read_write,
    exclusive,     ///< to read and write; an error if it is a block device that is in use
    direct,        ///< to write past the system's memory of the medium: positions, sizes and addresses in whole sectors
};

/// Calls may be made from several threads at once. A call that was interrupted answers so; the caller repeats it.
class calls {
public:
    calls() = default;
    calls(const calls&) = delete;
    calls& operator=(const calls&) = delete;
    virtual ~calls() = default;

    virtual answer open(handle directory, const char* name, open_mode mode) = 0;
    virtual answer close(handle h) = 0;
    /// Closes files that were only read, in order of their numbers, whatever the system says of it. Returns how many calls
    /// that took.
    virtual std::size_t close_all(std::span<const handle> all) {
        for (const handle h : all) close(h);
        return all.size();
    }
    virtual answer status(handle h, file_status& to) = 0;
    virtual answer status_at(handle directory, const char* name, bool follow, file_status& to) = 0;

    virtual answer read_at(handle h, offset at, std::span<std::byte> to) = 0;
    virtual answer read_many_at(handle h, offset at, std::span<const std::span<std::byte>> to) = 0;
    virtual answer write_at(handle h, offset at, std::span<const std::byte> from) = 0;
    /// Behind what was written before, of a pipe or socket too. That nobody reads it any more is an error and no signal.
    virtual answer write_next(handle h, std::span<const std::byte> from) = 0;
    /// From one file to another inside the system; a clone where its filesystem can.
    virtual answer copy_range(handle from, offset from_at, handle to, offset to_at, bytes size) = 0;
    /// Lets two files share what is stored, on filesystems that can; whole blocks only.
    virtual answer clone_range(handle from, offset from_at, handle to, offset to_at, bytes size) = 0;
    /// Position of the next data or hole at or after `at`; ENXIO if there is none.
    virtual answer seek_data(handle h, offset at) = 0;
    virtual answer seek_hole(handle h, offset at) = 0;

    virtual answer set_size(handle h, bytes size) = 0;
    /// Takes the advisory lock of an open file, which ends when it is closed; an error if somebody else has it.
    virtual answer lock(handle h) = 0;
    virtual answer set_owner(handle h, std::uint32_t uid, std::uint32_t gid) = 0;
    virtual answer set_mode(handle h, std::uint16_t mode) = 0;
    /// Reserves the space of a range, which reads as before.
    virtual answer allocate(handle h, offset at, bytes size) = 0;
    /// Begins to write a range out, and does not wait for it.
    virtual answer start_sync(handle h, offset at, bytes size) = 0;
    /// Frees a range of a file, which then reads as zero.
    virtual answer punch_hole(handle h, offset at, bytes size) = 0;
    virtual answer zero_sectors(handle h, offset at, bytes size) = 0;    ///< of a block device
    virtual answer discard_sectors(handle h, offset at, bytes size) = 0; ///< of a block device
    virtual answer sync(handle h) = 0;
    /// What is read next comes from the medium and not from memory.
    virtual answer forget_cached(handle h) = 0;
    virtual answer geometry(handle h, device_geometry& to) = 0;

    virtual answer rename(const char* from, const char* to) = 0;
    /// Gives a file that was opened as `create_unnamed` a name; an error if it is taken.
    virtual answer link(handle h, const char* path) = 0;
    virtual answer remove(const char* path) = 0;

    /// Appends some names; answers how many, 0 at the end.
    virtual answer read_names(handle directory, name_list& to) = 0;
    virtual answer read_link(handle directory, const char* name, std::span<char> to) = 0;
    /// Names with a terminating NUL each, or one value; of the file itself, even of a symbolic link, and of the directory
    /// itself if the name is empty.
    virtual answer list_xattrs(handle directory, const char* name, std::span<char> to) = 0;
    virtual answer get_xattr(handle directory, const char* name, const char* attribute, std::span<char> to) = 0;

    /// The clock that the modification times of files are from, in nanoseconds since 1970.
    virtual answer now() = 0;
};

/// How many calls this thread has made so far.
struct call_counts {
    std::uint64_t opens = 0;
    std::uint64_t closes = 0;
    std::uint64_t statuses = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t copies = 0;
    std::uint64_t others = 0;

    [[nodiscard]] std::uint64_t all() const { return opens + closes + statuses + reads + writes + copies + others; }
    friend call_counts operator+(const call_counts& a, const call_counts& b) {
        return {a.opens + b.opens, a.closes + b.closes, a.statuses + b.statuses, a.reads + b.reads,
                a.writes + b.writes, a.copies + b.copies, a.others + b.others};
    }
    friend call_counts operator-(const call_counts& a, const call_counts& b) {
        return {a.opens - b.opens, a.closes - b.closes, a.statuses - b.statuses, a.reads - b.reads,
                a.writes - b.writes, a.copies - b.copies, a.others - b.others};
    }
};
inline call_counts& calls_made() {
    thread_local call_counts counts;
    return counts;
}

} // namespace os
IMGCOMPOSE_NAMESPACE_END
