// SPDX-License-Identifier: BSL-1.0
// The checksums and hashes of the formats.
#include <imgcompose/core/crc.hpp>
#include <imgcompose/fs/ext4/htree.hpp>
#include <imgcompose/os/crc32c.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace ic = imgcompose;

namespace {

template <auto Function> void checksum(benchmark::State& state) {
    const std::vector<std::byte> data(static_cast<std::size_t>(state.range(0)), std::byte{0x5a});
    for (auto _ : state) benchmark::DoNotOptimize(Function(data));
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
constexpr auto by_processor = [](const std::vector<std::byte>& d) { return ic::os::crc32c(~0u, d); };
constexpr auto portable = [](const std::vector<std::byte>& d) { return ic::crc32c_portable(~0u, d); };
constexpr auto of_gpt = [](const std::vector<std::byte>& d) { return ic::crc32(d); };
void crc32c(benchmark::State& s) { checksum<by_processor>(s); }
void crc32c_portable(benchmark::State& s) { checksum<portable>(s); }
void crc32(benchmark::State& s) { checksum<of_gpt>(s); }
BENCHMARK(crc32c)->Arg(64)->Arg(4096);
BENCHMARK(crc32c_portable)->Arg(64)->Arg(4096);
BENCHMARK(crc32)->Arg(16384);

void hash_of_name(benchmark::State& state) {
    const std::string name(static_cast<std::size_t>(state.range(0)), 'n');
    const auto seed = ic::uuid{};
    for (auto _ : state) benchmark::DoNotOptimize(ic::ext4_name_hash(name, seed));
}
BENCHMARK(hash_of_name)->Arg(12)->Arg(60)->Arg(255);

} // namespace
