// SPDX-License-Identifier: BSL-1.0
// EXPECT: std::optional<
// A sector number is not an offset, and a size has a unit.
#include <imgcompose/partition/gpt.hpp>

namespace {
#ifdef MUST_FAIL
constexpr imgcompose::partition_request wanted{.name = "boot", .size = 512, .at = imgcompose::lba{32768}};
#else
constexpr imgcompose::partition_request wanted{
    .name = "boot", .size = imgcompose::mebibytes{512}, .at = imgcompose::offset{imgcompose::sectors{32768}}};
#endif
static_assert(wanted.name == "boot");
} // namespace
