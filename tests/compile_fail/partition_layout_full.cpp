// SPDX-License-Identifier: BSL-1.0
// EXPECT: partition_does_not_fit
// Partitions that are larger than the disk.
#include <imgcompose/partition/layout.hpp>

namespace {
using namespace imgcompose::literals;
#ifdef MUST_FAIL
constexpr imgcompose::bytes size = 64_MiB;
#else
constexpr imgcompose::bytes size = 47_MiB;
#endif
constexpr std::array<imgcompose::partition_request, 1> wanted{{{.name = "boot", .size = size}}};
constexpr auto placed =
    imgcompose::lay_out(wanted, {.begin = imgcompose::offset{16_MiB}, .end = imgcompose::offset{63_MiB}});
static_assert(placed[0].size == size);
} // namespace
