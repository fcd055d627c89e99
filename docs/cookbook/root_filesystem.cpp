// SPDX-License-Identifier: BSL-1.0
// An ext4 filesystem made from a directory, as small as its files allow plus 64 MiB: what `mke2fs -d` makes.
#include <imgcompose/rockchip.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const auto root = ic::directory("rootfs") | ic::owned_by(0, 0);
    ic::write(ic::ext4_image(root, {.label = "ROOT", .size = ic::smallest + 64_MiB}), ic::sparse_file("root.img"));
}
