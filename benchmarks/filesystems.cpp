// SPDX-License-Identifier: BSL-1.0
// From a tree in memory to the extents of its filesystem: what planning costs for each file, beyond walking a directory.
#include "files.hpp"

#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/fs/fat/write.hpp>
#include <imgcompose/write/write.hpp>

#include <benchmark/benchmark.h>

namespace ic = imgcompose;

namespace {

template <class Make> void plan(benchmark::State& state, const Make& make) {
    const auto content = make(benchmarks::small_files(static_cast<std::size_t>(state.range(0))));
    for (auto _ : state) benchmark::DoNotOptimize(content->make(content->smallest_size({}), {}).extents().size());
    state.counters["per_file"] = benchmark::Counter(static_cast<double>(state.range(0)),
                                                    benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
void plan_ext4(benchmark::State& s) {
    plan(s, [](ic::tree t) { return ic::ext4(std::move(t)); });
}
void plan_fat(benchmark::State& s) {
    plan(s, [](ic::tree t) { return ic::fat(std::move(t)); });
}
BENCHMARK(plan_ext4)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_fat)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// The metadata's bytes too: all but the files themselves, to nowhere.
void ext4_metadata(benchmark::State& state) {
    const auto content = ic::ext4(benchmarks::small_files(static_cast<std::size_t>(state.range(0))));
    for (auto _ : state) {
        const ic::image made = content->make(content->smallest_size({}), {});
        ic::write(made, ic::callback([](const ic::written_range&) {}), {.jobs = 1});
    }
    state.counters["per_file"] = benchmark::Counter(static_cast<double>(state.range(0)),
                                                    benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(ext4_metadata)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// One directory with all names: its hash tree is sorted, split into leaves and indexed, and its blocks are made.
void hash_tree(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto content = ic::ext4(benchmarks::small_files(count, count));
    for (auto _ : state) {
        const ic::image made = content->make(content->smallest_size({}), {});
        ic::write(made, ic::callback([](const ic::written_range&) {}), {.jobs = 1});
    }
    state.counters["per_name"] = benchmark::Counter(static_cast<double>(state.range(0)),
                                                    benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(hash_tree)->Arg(1'000)->Arg(20'000)->Arg(300'000)->Unit(benchmark::kMillisecond);

} // namespace
