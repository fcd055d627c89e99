// SPDX-License-Identifier: BSL-1.0
// A partition table that the compiler has checked and made: what overlaps or does not fit is a compile error.
#include <imgcompose/imgcompose.hpp>

#include <array>

namespace ic = imgcompose;
using namespace ic::literals;

constexpr std::array partitions{
    ic::gpt_partition{.name = "loader", .type = ic::partition_type::linux_reserved, .first = {64}, .last = {16383}},
    ic::gpt_partition{.name = "system", .first = {16384}, .last = {65535}},
};
constexpr ic::gpt_table table{.disk_size = 64_MiB, .ids = ic::seed{"my table"}, .partitions = partitions};
static_assert((ic::check(table), true));

int main() { ic::write(ic::gpt_image(table), ic::sparse_file("table.img")); }
