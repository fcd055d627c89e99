// SPDX-License-Identifier: BSL-1.0
// Both copies of a GPT as bytes.
#include <imgcompose/partition/gpt_image.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <vector>

namespace ic = imgcompose;
using namespace ic::literals;

namespace {

void gpt(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) names.push_back("partition " + std::to_string(i));
    std::vector<ic::gpt_partition> partitions;
    for (std::size_t i = 0; i < count; ++i)
        partitions.push_back({.name = names[i], .type = ic::partition_type::linux_filesystem, .first = {2048 + i * 2048}, .last = {4095 + i * 2048}});
    const ic::gpt_table table{.disk_size = 32_GB, .partitions = partitions};
    for (auto _ : state) benchmark::DoNotOptimize(ic::make_gpt(table).head.data());
}
BENCHMARK(gpt)->Arg(2)->Arg(128);

} // namespace
