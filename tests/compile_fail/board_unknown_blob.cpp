// SPDX-License-Identifier: BSL-1.0
// EXPECT: board_has_no_such_blob
// A bootloader file that the board has no place for.
#include <imgcompose/rockchip.hpp>

namespace {
#ifdef MUST_FAIL
constexpr auto& place = imgcompose::rockchip::nanopi_r2s.places("u-boot.img");
#else
constexpr auto& place = imgcompose::rockchip::nanopi_r2s.places("u-boot.itb");
#endif
static_assert(place.at == imgcompose::offset{imgcompose::sectors{16384}});
} // namespace
