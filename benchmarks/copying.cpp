// SPDX-License-Identifier: BSL-1.0
// How files of each size class get from a directory into an image: what the writer does, and each single way to do it.
// 256 MiB each time.
#include "files.hpp"

#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/openssl.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/write/write.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ic = imgcompose;

namespace {

constexpr std::size_t total = 256 << 20;

ic::image image_of(const std::filesystem::path& folder) {
    const auto content = ic::ext4(ic::directory(folder), {.journal = ic::no_journal});
    return ic::standalone(content, ic::smallest);
}

void files_of_size(benchmark::State& state) {
    const benchmarks::temporary_folder folder;
    folder.fill("in", total, static_cast<std::size_t>(state.range(0)));
    const ic::image made = image_of(folder / "in");
    ic::os::call_counts calls{};
    for (auto _ : state)
        calls = ic::write(made, ic::sparse_file(folder / "out"), {.jobs = static_cast<std::size_t>(state.range(1))}).calls;
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(total));
    state.counters["writes"] = static_cast<double>(calls.writes);
    state.counters["copies"] = static_cast<double>(calls.copies);
}
BENCHMARK(files_of_size)->ArgNames({"size", "jobs"})->ArgsProduct({{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 16 << 20, 64 << 20}, {1, 2}})
    ->Unit(benchmark::kMillisecond)->UseRealTime();

/// One way to get files into one output by one thread, each opened and closed: what the writer's choice is measured against.
enum way : int { read_and_write, gathered, copied, mapped, cloned };

class one_output {
public:
    explicit one_output(const std::string& path, std::size_t size) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0666)) {
        if (fd_ < 0 || ::ftruncate(fd_, static_cast<off_t>(size)) != 0) throw std::runtime_error("cannot make " + path);
    }
    one_output(const one_output&) = delete;
    one_output& operator=(const one_output&) = delete;
    ~one_output() { ::close(fd_); }

    /// False if the filesystem cannot.
    bool take(way how, int from, std::size_t size, off_t at) {
        if (how == mapped) {
            void* const content = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, from, 0);
            if (content == MAP_FAILED) return false;
            const bool written = ::pwrite(fd_, content, size, at) == static_cast<ssize_t>(size);
            ::munmap(content, size);
            return written;
        }
        if (how == copied) {
            off_t begin = 0;
            return ::copy_file_range(from, &begin, fd_, &at, size, 0) == static_cast<ssize_t>(size);
        }
        if (how == cloned) return ic::os::current().clone_range(from, ic::offset{}, fd_, ic::offset{ic::bytes{static_cast<std::uint64_t>(at)}}, ic::bytes{size}) >= 0;
        for (std::size_t done = 0; done < size;) {
            const std::size_t step = std::min(size - done, buffer_.size() - used_);
            if (::pread(from, buffer_.data() + used_, step, static_cast<off_t>(done)) != static_cast<ssize_t>(step)) return false;
            if (used_ == 0) begin_ = at + static_cast<off_t>(done);
            used_ += step, done += step;
            if ((how == read_and_write || used_ == buffer_.size()) && !flush()) return false;
        }
        return true;
    }
    bool flush() {
        const auto size = std::exchange(used_, 0);
        return ::pwrite(fd_, buffer_.data(), size, begin_) == static_cast<ssize_t>(size);
    }

private:
    int fd_;
    std::vector<char> buffer_ = std::vector<char>(1 << 20);
    std::size_t used_ = 0;
    off_t begin_ = 0;
};

void one_way(benchmark::State& state) {
    const benchmarks::temporary_folder folder;
    const auto how = static_cast<way>(state.range(0));
    const auto size = static_cast<std::size_t>(state.range(1));
    folder.fill("in", total, size);
    for (auto _ : state) {
        one_output to{folder / "out", total};
        for (std::size_t i = 0; i < total / size; ++i) {
            const int from = ::open((folder / "in" / std::to_string(i)).c_str(), O_RDONLY);
            const bool taken = to.take(how, from, size, static_cast<off_t>(i * size));
            ::close(from);
            if (!taken) return state.SkipWithError("this filesystem cannot");
        }
        to.flush();
    }
    constexpr const char* names[] = {"read and write", "gathered", "copy_file_range", "mmap and write", "clone"};
    state.SetLabel(names[how]);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(total));
}
BENCHMARK(one_way)->ArgNames({"way", "size"})
    ->ArgsProduct({{read_and_write, gathered, copied, mapped, cloned}, {4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 2 << 20, 16 << 20, 64 << 20}})
    ->Unit(benchmark::kMillisecond)->UseRealTime();

/// With SHA-256 of the whole image, by two workers; 0: none, 1: while writing, 2: the digest alone.
void digest(benchmark::State& state) {
    const benchmarks::temporary_folder folder;
    folder.fill("in", total, 1 << 20);
    const ic::image made = image_of(folder / "in");
    for (auto _ : state) {
        ic::sha256_digest sha256;
        const ic::write_options with{.jobs = 2, .digests = {&sha256}};
        if (state.range(0) == 0) ic::write(made, ic::sparse_file(folder / "out"), {.jobs = 2});
        if (state.range(0) == 1) ic::write(made, ic::sparse_file(folder / "out"), with);
        if (state.range(0) == 2) ic::write(made, ic::callback([](const ic::written_range&) {}), with);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(total));
}
BENCHMARK(digest)->DenseRange(0, 2)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace
