// SPDX-License-Identifier: BSL-1.0
// EXPECT: partition_beyond_2_tib
// An MBR cannot say where a partition behind 2 TiB ends.
#include <imgcompose/partition/mbr.hpp>

#include <array>

namespace {
#ifdef MUST_FAIL
constexpr imgcompose::lba end{4294967295};
#else
constexpr imgcompose::lba end{4294967294};
#endif
constexpr std::array<imgcompose::mbr_partition, 1> partitions{{{.name = "root", .first = {2048}, .last = end}}};
constexpr imgcompose::mbr_table table{.disk_size = imgcompose::tebibytes{3}, .primaries = partitions};
static_assert((imgcompose::check(table), true));
} // namespace
