// SPDX-License-Identifier: BSL-1.0
// Placing and finding extents.
#include <imgcompose/image/image.hpp>
#include <imgcompose/image/read.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace ic = imgcompose;

namespace {

/// `count` pieces of 4 KiB with a gap behind each, in an order that is not theirs.
ic::image scattered(std::size_t count) {
    const ic::image piece = ic::owned(ic::owned_bytes(64, std::byte{'x'}));
    ic::image made{ic::bytes{count * 8192}};
    for (std::size_t i = 0; i < count; ++i) made.place(ic::offset{ic::bytes{(i * 7919 % count) * 8192}}, piece);
    return made;
}

void place(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(scattered(count).extents().size());
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(place)->Arg(1'009)->Arg(100'003)->Arg(1'000'003)->Unit(benchmark::kMillisecond);

void read_somewhere(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const ic::image made = scattered(count);
    std::array<std::byte, 64> to{};
    std::uint64_t at = 0;
    for (auto _ : state) {
        at = (at + 7919) % count;
        ic::read(made, ic::offset{ic::bytes{at * 8192}}, to);
        benchmark::DoNotOptimize(to);
    }
}
BENCHMARK(read_somewhere)->Arg(1'009)->Arg(1'000'003);

} // namespace
