// SPDX-License-Identifier: BSL-1.0
// A root filesystem of a base, an overlay and a few changes, each a line.
#include <imgcompose/rockchip.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const auto root = ic::directory("rootfs")
        | ic::merge(ic::directory("overlay")) // where both have a file, this one's is taken
        | ic::exclude("/var/cache/**")
        | ic::symlink("/etc/localtime", "/usr/share/zoneinfo/UTC")
        | ic::replace("/etc/hostname", ic::from_text("card\n"))
        | ic::with_mode("/etc/shadow", 0600)
        | ic::owned_by(0, 0)
        | ic::clamp_mtime(1700000000_s);
    ic::write(ic::ext4_image(root, {.size = ic::smallest}), ic::sparse_file("changed.img"));
}
