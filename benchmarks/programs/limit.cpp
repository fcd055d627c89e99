// SPDX-License-Identifier: BSL-1.0
// limit TREE OUTPUT [THREADS [sync | sync-allocated | sync-direct]]: walks a tree, opens and reads every file and writes it at
// the next multiple of 4 KiB of one output. No metadata, no attributes: what putting a tree into an image costs at least.
// Files up to 64 KiB are gathered into writes of 256 KiB, larger ones go by copy_file_range with one thread, by reads and
// writes of 1 MiB with more. On a disk, the least of three ways to have it all there in the end is the limit: written as it
// comes; with the places of all data allocated first; and that, with large files past the system's memory (O_DIRECT).
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

constexpr std::uint64_t block = 4096, small = 64 << 10, gathered = 256 << 10, chunk = 1 << 20;

struct file {
    int directory;
    std::string name;
    std::uint64_t size, at;
};

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "limit: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

// Directories stay open for their files; a tree may have more of them than descriptors, so the limit is raised by the caller.
void walk(int directory, std::vector<file>& files) {
    DIR* const open = ::fdopendir(::dup(directory));
    if (open == nullptr) fail("opendir");
    while (const dirent* const e = ::readdir(open)) {
        const std::string name = e->d_name;
        if (name == "." || name == "..") continue;
        struct stat s {};
        if (::fstatat(directory, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0) fail(name.c_str());
        if (S_ISDIR(s.st_mode)) {
            const int below = ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY);
            if (below < 0) fail(name.c_str());
            walk(below, files);
        } else if (S_ISREG(s.st_mode) && s.st_size > 0) {
            files.push_back({directory, name, static_cast<std::uint64_t>(s.st_size), 0});
        }
    }
    ::closedir(open);
}

/// Where the data of a file with holes lies: f(begin, end) for each range.
template <class F> void for_each_range(int from, std::uint64_t size, const F& f) {
    for (std::uint64_t at = 0; at < size;) {
        const auto data = ::lseek(from, static_cast<off_t>(at), SEEK_DATA);
        if (data < 0) return;
        at = static_cast<std::uint64_t>(::lseek(from, data, SEEK_HOLE));
        f(static_cast<std::uint64_t>(data), at);
    }
}

void write_all(int to, const char* data, std::uint64_t size, std::uint64_t at) {
    while (size > 0) {
        const auto n = ::pwrite(to, data, size, static_cast<off_t>(at));
        if (n < 0) fail("write");
        data += n, size -= static_cast<std::uint64_t>(n), at += static_cast<std::uint64_t>(n);
    }
}

struct output {
    int file, direct; ///< direct: -1, or the same file opened by O_DIRECT
    bool in_kernel;
};

/// Data of a file with holes goes where it is, the holes stay holes.
void copy_large(int from, const output& to, const file& f, char* buffer) {
    bool in_kernel = to.in_kernel;
    for_each_range(from, f.size, [&](std::uint64_t at, std::uint64_t end) {
        while (at < end) {
            if (in_kernel) {
                auto in = static_cast<off_t>(at), out = static_cast<off_t>(f.at + at);
                const auto n = ::copy_file_range(from, &in, to.file, &out, end - at, 0);
                if (n < 0 && errno == EXDEV) { // from one filesystem to another of another kind
                    in_kernel = false;
                    continue;
                }
                if (n <= 0) fail("copy_file_range");
                at += static_cast<std::uint64_t>(n);
            } else {
                const auto n = ::pread(from, buffer, std::min(end - at, chunk), static_cast<off_t>(at));
                if (n <= 0) fail("read");
                const auto size = static_cast<std::uint64_t>(n);
                const bool direct = to.direct >= 0 && size % block == 0 && at % block == 0;
                write_all(direct ? to.direct : to.file, buffer, size, f.at + at);
                at += size;
            }
        }
    });
}

void copy(const std::vector<file>& files, std::atomic<std::size_t>& next, const output& to) {
    const std::unique_ptr<char, decltype(&std::free)> memory{static_cast<char*>(std::aligned_alloc(block, gathered + chunk)), &std::free};
    char* const buffer = memory.get();
    constexpr std::size_t at_a_time = 64;
    for (std::size_t first; (first = next.fetch_add(at_a_time)) < files.size();) {
        std::uint64_t begin = 0, held = 0;
        const auto flush = [&] { write_all(to.file, buffer, std::exchange(held, 0), begin); };
        for (std::size_t i = first; i < std::min(first + at_a_time, files.size()); ++i) {
            const file& f = files[i];
            const int from = ::openat(f.directory, f.name.c_str(), O_RDONLY | O_NOFOLLOW);
            if (from < 0) fail(f.name.c_str());
            if (f.size <= small) {
                const std::uint64_t whole = (f.size + block - 1) / block * block;
                if (held + whole > gathered || begin + held != f.at) flush();
                if (held == 0) begin = f.at;
                if (::pread(from, buffer + held, f.size, 0) != static_cast<ssize_t>(f.size)) fail(f.name.c_str());
                std::fill_n(buffer + held + f.size, whole - f.size, '\0');
                held += whole;
            } else {
                flush();
                copy_large(from, to, f, buffer);
            }
            ::close(from);
        }
        flush();
    }
}

/// The places of all data, in the longest runs: holes stay holes.
void allocate(const std::vector<file>& files, int to) {
    std::uint64_t begin = 0, end = 0;
    const auto flush = [&] {
        if (begin < end && ::fallocate(to, 0, static_cast<off_t>(begin), static_cast<off_t>(end - begin)) != 0) fail("fallocate");
    };
    const auto add = [&](std::uint64_t from, std::uint64_t until) {
        if (from != end) flush(), begin = from;
        end = (until + block - 1) / block * block;
    };
    for (const file& f : files) {
        if (f.size <= small) {
            add(f.at, f.at + f.size);
        } else {
            const int from = ::openat(f.directory, f.name.c_str(), O_RDONLY | O_NOFOLLOW);
            if (from < 0) fail(f.name.c_str());
            for_each_range(from, f.size, [&](std::uint64_t a, std::uint64_t b) { add(f.at + a, f.at + b); });
            ::close(from);
        }
    }
    flush();
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) return std::fprintf(stderr, "usage: limit TREE OUTPUT [THREADS [sync | sync-allocated | sync-direct]]\n"), 2;
    const int threads = argc > 3 ? std::atoi(argv[3]) : 1;
    const std::string_view end_with = argc > 4 ? argv[4] : "";
    const int top = ::open(argv[1], O_RDONLY | O_DIRECTORY), out = ::open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (top < 0 || out < 0) fail("open");
    std::vector<file> files;
    walk(top, files);
    std::uint64_t end = 0;
    for (file& f : files) f.at = std::exchange(end, end + (f.size + block - 1) / block * block);
    if (::ftruncate(out, static_cast<off_t>(end)) != 0) fail("ftruncate");
    if (end_with == "sync-allocated" || end_with == "sync-direct") allocate(files, out);
    const int direct = end_with == "sync-direct" ? ::open(argv[2], O_WRONLY | O_DIRECT) : -1;
    const output to{out, direct, threads == 1 && direct < 0};
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back([&] { copy(files, next, to); });
    copy(files, next, to);
    for (std::thread& t : others) t.join();
    if (!end_with.empty() && ::fsync(out) != 0) fail("fsync");
}
