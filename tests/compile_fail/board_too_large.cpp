// SPDX-License-Identifier: BSL-1.0
// EXPECT: boot_blob_is_too_large
// A bootloader that is larger than its place.
#include <imgcompose/rockchip.hpp>

namespace {
namespace ic = imgcompose;
#ifdef MUST_FAIL
constexpr ic::bytes size = ic::mebibytes{9};
#else
constexpr ic::bytes size = ic::mebibytes{8};
#endif
static_assert((ic::require_fits(ic::rockchip::rock64, ic::rockchip::rock64.places("u-boot.itb"), size), true));
} // namespace
