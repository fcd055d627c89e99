// SPDX-License-Identifier: BSL-1.0
// The root filesystem of a tar, as Buildroot, Yocto, debootstrap and container tools make them: with its owners, devices and
// attributes, and never unpacked by root. Packed ones (rootfs.tar.zst) need no other line. Archives come with imgcompose::archive.
#include <imgcompose/archive.hpp>
#include <imgcompose/rockchip.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const auto root = ic::archive("rootfs.tar")
        | ic::exclude("/var/cache/**")
        | ic::replace("/etc/hostname", ic::from_text("card\n"));
    ic::write(ic::ext4_image(root, {.label = "ROOT", .size = ic::smallest + 64_MiB}), ic::sparse_file("from-an-archive.img"));
}
