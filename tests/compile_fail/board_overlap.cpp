// SPDX-License-Identifier: BSL-1.0
// EXPECT: regions_overlap
// A board whose idbloader.img may grow over vendor storage.
#include <imgcompose/board/rockchip.hpp>

#include <array>

namespace {
namespace ic = imgcompose;
#ifdef MUST_FAIL
constexpr ic::sectors room{8000};
#else
constexpr ic::sectors room{7104};
#endif
constexpr std::array<ic::boot_blob, 1> blobs{{{"idbloader.img", ic::rockchip::idbloader_at, room}}};
constexpr ic::board mine = [] {
    ic::board b = ic::rockchip::nanopi_r2s;
    b.blobs = blobs;
    return b;
}();
static_assert(ic::check(mine));
} // namespace
