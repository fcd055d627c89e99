// SPDX-License-Identifier: BSL-1.0
// How files of each size class get from a directory into an image: small ones gathered, large ones copied by the kernel,
// or cloned where the filesystem of the temporary folder does that. 256 MiB each time.
#include "files.hpp"

#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/openssl.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/write/write.hpp>

#include <benchmark/benchmark.h>

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
