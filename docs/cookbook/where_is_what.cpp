// SPDX-License-Identifier: BSL-1.0
// Where everything will lie, without writing anything: an image knows its parts by name.
#include <imgcompose/rockchip.hpp>

#include <cstdio>
#include <string>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const auto disk = ic::rockchip::nanopi_r2s
        | ic::bootloader("idbloader.img", ic::blob("idbloader.img"))
        | ic::bootloader("u-boot.itb", ic::blob("u-boot.itb"))
        | ic::partition("root", ic::smallest, ic::ext4(ic::directory("rootfs")))
        | ic::compose;
    for (const ic::region& r : disk.regions())
        if (r.depth == 0)
            std::printf("%10ju %10ju  %s\n", std::uintmax_t{r.at.count / 512}, std::uintmax_t{r.size.count / 512},
                        std::string{disk.name_of(r)}.c_str());
}
