// SPDX-License-Identifier: BSL-1.0
// EXPECT: partition_name_too_long
// A name of 37 units.
#include <imgcompose/partition/gpt.hpp>

#include <array>

namespace {
#ifdef MUST_FAIL
constexpr std::string_view name = "abcdefghijklmnopqrstuvwxyz01234567890";
#else
constexpr std::string_view name = "abcdefghijklmnopqrstuvwxyz0123456789";
#endif
constexpr std::array<imgcompose::gpt_partition, 1> partitions{{{.name = name, .first = {2048}, .last = {4095}}}};
constexpr imgcompose::gpt_table table{.disk_size = imgcompose::mebibytes{64}, .partitions = partitions};
static_assert((imgcompose::check(table), true));
} // namespace
