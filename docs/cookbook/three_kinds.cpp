// SPDX-License-Identifier: BSL-1.0
// Data, zero and undefined: how much of an image has to be written, has to read back as zero, and may be anything.
#include <imgcompose/rockchip.hpp>

#include <array>
#include <cstdio>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const auto image = ic::ext4_image(ic::directory("rootfs"), {.size = 1_GiB});
    std::array<ic::bytes, 3> sum{};
    ic::write(image, ic::callback([&](const ic::written_range& r) { sum[static_cast<std::size_t>(r.kind)] += r.size; }));
    const char* names[] = {"data", "zero", "undefined"};
    for (std::size_t i = 0; i < 3; ++i) std::printf("%-9s %10ju bytes\n", names[i], std::uintmax_t{sum[i].count});
}
