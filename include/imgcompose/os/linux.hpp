// SPDX-License-Identifier: BSL-1.0
// The calls as Linux has them.
#pragma once

#include <imgcompose/os/calls.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

/// While it lives, that nobody reads any more what this thread writes (SIGPIPE), or that a file would become larger than
/// this process may make them (SIGXFSZ), is an error of the call and no signal; one that was there before stays. Threads
/// that are started meanwhile are like that, too.
class linux_write_errors_without_signals {
public:
    linux_write_errors_without_signals() {
        ::sigset_t pending, all;
        ::sigemptyset(&pending);
        ::sigpending(&pending);
        ::sigemptyset(&all);
        ::sigemptyset(&not_there_);
        for (const int number : {SIGPIPE, SIGXFSZ}) {
            ::sigaddset(&all, number);
            if (::sigismember(&pending, number) != 1) ::sigaddset(&not_there_, number);
        }
        ::pthread_sigmask(SIG_BLOCK, &all, &before_);
    }
    linux_write_errors_without_signals(const linux_write_errors_without_signals&) = delete;
    linux_write_errors_without_signals& operator=(const linux_write_errors_without_signals&) = delete;
    ~linux_write_errors_without_signals() {
        const ::timespec no_time{};
        while (::sigtimedwait(&not_there_, nullptr, &no_time) > 0 || errno == EINTR) {}
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    ::sigset_t not_there_{}, before_{};
};

class linux_calls : public calls {
public:
    answer open(handle directory, const char* name, open_mode mode) override {
        // O_NONBLOCK: a fifo in the place of a file must not stop us.
        const int flags = mode == open_mode::read             ? O_RDONLY | O_NONBLOCK | O_NOCTTY
                          : mode == open_mode::read_no_link   ? O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW
                          : mode == open_mode::directory      ? O_RDONLY | O_DIRECTORY
                          : mode == open_mode::directory_only ? O_RDONLY | O_DIRECTORY | O_NOFOLLOW
                          : mode == open_mode::create_new     ? O_RDWR | O_CREAT | O_EXCL
                          : mode == open_mode::create_unnamed ? O_RDWR | O_TMPFILE
                          : mode == open_mode::exclusive      ? O_RDWR | O_EXCL
                          : mode == open_mode::direct         ? O_WRONLY | O_DIRECT
                                                              : O_RDWR;
        const bool only_reads = mode == open_mode::read || mode == open_mode::read_no_link ||
                                mode == open_mode::directory || mode == open_mode::directory_only;
        if (only_reads && may_keep_atime_.load(std::memory_order_relaxed)) {
            // Composing leaves no trace in its inputs, and the system need not write their times back. Only the owner may.
            const answer a = open_with(directory, name, flags | O_NOATIME);
            if (a != -EPERM) return a;
            may_keep_atime_.store(false, std::memory_order_relaxed);
        }
        const answer a = open_with(directory, name, flags);
        if (a < 0 || mode != open_mode::create_unnamed) return a;
        // It is named through /proc later; a sandbox without that has to do it otherwise from the beginning.
        if (::access(path_of_handle(static_cast<handle>(a)).data(), F_OK) == 0) return a;
        ::close(static_cast<handle>(a));
        return -EOPNOTSUPP;
    }
    answer close(handle h) override { return told(::close(h)); }
#ifdef SYS_close_range
    /// Handles that follow one another are closed by one call, on Linux 5.9 and later.
    std::size_t close_all(std::span<const handle> all) override {
        std::size_t made = 0;
        for (std::size_t i = 0, n = 0; i < all.size(); i += n) {
            for (n = 1; i + n < all.size() && all[i + n] == all[i + n - 1] + 1;) ++n;
            ++made;
            if (n > 1 && ::syscall(SYS_close_range, all[i], all[i + n - 1], 0) == 0) continue;
            for (std::size_t k = i; k < i + n; ++k) close(all[k]);
            if (n > 1) made += n;
        }
        return made;
    }
#endif

    answer status(handle h, file_status& to) override { return status_of_any(h, "", AT_EMPTY_PATH, to); }
    answer status_at(handle directory, const char* name, bool follow, file_status& to) override {
        return status_of_any(directory, name, follow ? 0 : AT_SYMLINK_NOFOLLOW, to);
    }

    answer read_at(handle h, offset at, std::span<std::byte> to) override {
        return told(::pread(h, to.data(), to.size(), position(at)));
    }
    answer read_many_at(handle h, offset at, std::span<const std::span<std::byte>> to) override {
        std::array<::iovec, 8> pieces{};
        const std::size_t count = std::min(to.size(), pieces.size());
        for (std::size_t i = 0; i < count; ++i) pieces[i] = {to[i].data(), to[i].size()};
        return told(::preadv(h, pieces.data(), static_cast<int>(count), position(at)));
    }
    answer write_at(handle h, offset at, std::span<const std::byte> from) override {
        return told(::pwrite(h, from.data(), from.size(), position(at)));
    }
    answer write_next(handle h, std::span<const std::byte> from) override {
        const linux_write_errors_without_signals guard;
        const answer a = told(::write(h, from.data(), from.size()));
        if (a != -EAGAIN) return a;
        // Somebody made it non-blocking, such as a terminal's other user: wait, and be called again.
        ::pollfd until{h, POLLOUT, 0};
        const answer waited = told(::poll(&until, 1, -1));
        return waited < 0 ? waited : -EINTR;
    }
    answer copy_range(handle from, offset from_at, handle to, offset to_at, bytes size) override {
        auto in = static_cast<::loff_t>(from_at.count), out = static_cast<::loff_t>(to_at.count);
        return told(::copy_file_range(from, &in, to, &out, size.count, 0));
    }
    answer clone_range(handle from, offset from_at, handle to, offset to_at, bytes size) override {
        ::file_clone_range range{from, from_at.count, size.count, to_at.count};
        return told(::ioctl(to, FICLONERANGE, &range));
    }
    answer seek_data(handle h, offset at) override { return told(::lseek(h, position(at), SEEK_DATA)); }
    answer seek_hole(handle h, offset at) override { return told(::lseek(h, position(at), SEEK_HOLE)); }

    answer set_size(handle h, bytes size) override { return told(::ftruncate(h, static_cast<::off_t>(size.count))); }
    answer lock(handle h) override { return told(::flock(h, LOCK_EX | LOCK_NB)); }
    answer set_owner(handle h, std::uint32_t uid, std::uint32_t gid) override { return told(::fchown(h, uid, gid)); }
    answer set_mode(handle h, std::uint16_t mode) override { return told(::fchmod(h, mode)); }
    answer allocate(handle h, offset at, bytes size) override {
        return told(::fallocate(h, FALLOC_FL_KEEP_SIZE, position(at), static_cast<::off_t>(size.count)));
    }
    answer start_sync(handle h, offset at, bytes size) override {
        return told(::sync_file_range(h, position(at), static_cast<::off_t>(size.count), SYNC_FILE_RANGE_WRITE));
    }
    answer punch_hole(handle h, offset at, bytes size) override {
        return told(::fallocate(h, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, position(at),
                                static_cast<::off_t>(size.count)));
    }
    answer zero_sectors(handle h, offset at, bytes size) override {
        std::array<std::uint64_t, 2> range{at.count, size.count};
        return told(::ioctl(h, BLKZEROOUT, range.data()));
    }
    answer discard_sectors(handle h, offset at, bytes size) override {
        std::array<std::uint64_t, 2> range{at.count, size.count};
        return told(::ioctl(h, BLKDISCARD, range.data()));
    }
    answer sync(handle h) override { return told(::fsync(h)); }
    answer forget_cached(handle h) override {
        if (::ioctl(h, BLKFLSBUF, 0) == 0) return 0; // needs CAP_SYS_ADMIN and a block device
        return -::posix_fadvise(h, 0, 0, POSIX_FADV_DONTNEED);
    }
    answer geometry(handle h, device_geometry& to) override {
        std::uint64_t size = 0;
        int sector_size = 0;
        if (::ioctl(h, BLKGETSIZE64, &size) != 0 || ::ioctl(h, BLKSSZGET, &sector_size) != 0) return told(-1);
        const long page_size = ::sysconf(_SC_PAGESIZE);
        to = {bytes{size}, bytes{static_cast<std::uint64_t>(sector_size)}, bytes{static_cast<std::uint64_t>(page_size)}};
        return 0;
    }

    answer rename(const char* from, const char* to) override { return told(::rename(from, to)); }
    answer link(handle h, const char* path) override {
        return told(::linkat(AT_FDCWD, path_of_handle(h).data(), AT_FDCWD, path, AT_SYMLINK_FOLLOW));
    }
    answer remove(const char* path) override { return told(::unlink(path)); }

    answer read_names(handle directory, name_list& to) override {
        struct header { // of linux_dirent64, getdents(2)
            std::uint64_t inode;
            std::int64_t next;
            std::uint16_t length;
            std::uint8_t type;
        };
        constexpr std::size_t name_at = 19;
        alignas(8) std::array<char, 65536> buffer; // NOLINT: the kernel fills it
        const answer filled = told(::syscall(SYS_getdents64, directory, buffer.data(), buffer.size()));
        for (std::size_t i = 0; filled > 0 && i < static_cast<std::size_t>(filled);) {
            header h;
            std::memcpy(&h, buffer.data() + i, sizeof h);
            const char* const name = buffer.data() + i + name_at;
            i += h.length;
            if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
            to.at.push_back(static_cast<std::uint32_t>(to.text.size()));
            to.text.insert(to.text.end(), name, name + std::strlen(name) + 1);
        }
        return filled;
    }
    answer read_link(handle directory, const char* name, std::span<char> to) override {
        return told(::readlinkat(directory, name, to.data(), to.size()));
    }
    answer list_xattrs(handle directory, const char* name, std::span<char> to) override {
        if (*name == '\0') return told(::flistxattr(directory, to.data(), to.size()));
        if (knows_xattrat_.load(std::memory_order_relaxed)) {
            const answer a =
                told(::syscall(listxattrat, directory, name, AT_SYMLINK_NOFOLLOW, to.data(), to.size()));
            if (!lacks_call(a)) return a;
        }
        return told(::llistxattr(path_of(directory, name).data(), to.data(), to.size()));
    }
    answer get_xattr(handle directory, const char* name, const char* attribute, std::span<char> to) override {
        if (*name == '\0') return told(::fgetxattr(directory, attribute, to.data(), to.size()));
        if (knows_xattrat_.load(std::memory_order_relaxed)) {
            struct {
                alignas(8) std::uint64_t value;
                std::uint32_t size;
                std::uint32_t flags;
            } arguments{reinterpret_cast<std::uintptr_t>(to.data()), static_cast<std::uint32_t>(to.size()), 0};
            const answer a = told(::syscall(getxattrat, directory, name, AT_SYMLINK_NOFOLLOW, attribute, &arguments,
                                            sizeof arguments));
            if (!lacks_call(a)) return a;
        }
        return told(::lgetxattr(path_of(directory, name).data(), attribute, to.data(), to.size()));
    }

    answer now() override {
        ::timespec t{};
        if (::clock_gettime(CLOCK_REALTIME_COARSE, &t) != 0) return told(-1);
        return static_cast<answer>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
    }

private:
    std::atomic<bool> may_keep_atime_{true};

    static answer open_with(handle directory, const char* name, int flags) {
        return told(::openat(directory, name, flags | O_CLOEXEC, 0666));
    }
    static std::array<char, 32> path_of_handle(handle h) {
        std::array<char, 32> path{};
        std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", h);
        return path;
    }

    // Linux 6.13 and later, newer than the C libraries' headers; the same numbers on all architectures but Alpha.
    static constexpr long getxattrat = 464, listxattrat = 465;

    bool lacks_call(answer a) {
        if (a != -ENOSYS && a != -EPERM) return false; // EPERM: from a container's filter
        knows_xattrat_.store(false, std::memory_order_relaxed);
        return true;
    }
    // What a name in a directory is called for the older calls, which know no directory handle.
    static std::array<char, 320> path_of(handle directory, const char* name) {
        std::array<char, 320> path{};
        std::snprintf(path.data(), path.size(), "/proc/self/fd/%d/%s", directory, name);
        return path;
    }
    std::atomic<bool> knows_xattrat_{sizeof(long) == 8};

    static answer told(long long result) { return result < 0 ? -errno : result; }
    static ::off_t position(offset at) { return static_cast<::off_t>(at.count); }

    static file_type type_of(unsigned mode) {
        switch (mode & S_IFMT) {
        case S_IFDIR: return file_type::directory;
        case S_IFLNK: return file_type::symlink;
        case S_IFCHR: return file_type::character_device;
        case S_IFBLK: return file_type::block_device;
        case S_IFIFO: return file_type::fifo;
        case S_IFSOCK: return file_type::socket;
        default: return file_type::regular;
        }
    }

    static answer status_of_any(handle directory, const char* name, int flags, file_status& to) {
        struct ::statx s; // NOLINT: the kernel fills it
        if (::statx(directory, name, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &s) != 0) return told(-1);
        to.type = type_of(s.stx_mode);
        to.mode = static_cast<std::uint16_t>(s.stx_mode & 07777);
        to.uid = s.stx_uid, to.gid = s.stx_gid, to.links = s.stx_nlink;
        to.device_major = s.stx_rdev_major, to.device_minor = s.stx_rdev_minor;
        to.size = bytes{s.stx_size};
        to.allocated = bytes{s.stx_blocks * 512};
        to.mtime_seconds = s.stx_mtime.tv_sec, to.mtime_nanoseconds = s.stx_mtime.tv_nsec;
        to.ctime_seconds = s.stx_ctime.tv_sec, to.ctime_nanoseconds = s.stx_ctime.tv_nsec;
        to.filesystem = static_cast<std::uint64_t>(s.stx_dev_major) << 32 | s.stx_dev_minor;
        to.inode = s.stx_ino;
        return 0;
    }
};

} // namespace os
IMGCOMPOSE_NAMESPACE_END
