// SPDX-License-Identifier: BSL-1.0
// EXPECT: partition_outside_usable
// A partition that reaches into the backup table at the end of the disk.
#include <imgcompose/partition/gpt.hpp>

#include <array>

namespace {
#ifdef MUST_FAIL
constexpr imgcompose::lba end{131071};
#else
constexpr imgcompose::lba end{131072 - 34};
#endif
constexpr std::array<imgcompose::gpt_partition, 1> partitions{{{.name = "root", .first = {2048}, .last = end}}};
constexpr imgcompose::gpt_table table{.disk_size = imgcompose::mebibytes{64}, .partitions = partitions};
static_assert((imgcompose::check(table), true));
} // namespace
