// SPDX-License-Identifier: BSL-1.0
// EXPECT: regions_overlap
// Two partitions of a GPT that overlap.
#include <imgcompose/partition/gpt.hpp>

#include <array>

namespace {
#ifdef MUST_FAIL
constexpr imgcompose::lba root_at{20000};
#else
constexpr imgcompose::lba root_at{20480};
#endif
constexpr std::array<imgcompose::gpt_partition, 2> partitions{{
    {.name = "boot", .first = {16384}, .last = {20479}},
    {.name = "root", .first = root_at, .last = {40959}},
}};
constexpr imgcompose::gpt_table table{.disk_size = imgcompose::mebibytes{64}, .partitions = partitions};
static_assert(imgcompose::gpt_constant<table>.head[510] == std::byte{0x55});
} // namespace
