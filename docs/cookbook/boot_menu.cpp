// SPDX-License-Identifier: BSL-1.0
// A menu of two systems, shown for three seconds. What U-Boot would stumble over is told before anything is written.
#include <imgcompose/rockchip.hpp>

#include <cstdio>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const ic::extlinux menu{.timeout = 3_s,
                            .default_label = "new",
                            .title = "Which one?",
                            .entries = {{.label = "new", .kernel = "/new/Image", .append = "root=LABEL=ROOT"},
                                        {.label = "old", .kernel = "/old/Image", .append = "root=LABEL=ROOT single"}}};
    for (const ic::finding& f : check(menu)) std::fprintf(stderr, "%s\n", to_string(f).c_str());
    const auto boot = ic::tree{}
        | ic::add("/new/Image", ic::blob("Image"))
        | ic::add("/old/Image", ic::blob("Image"))
        | ic::add("/extlinux/extlinux.conf", menu);
    ic::write(ic::fat_image(boot, {.label = "BOOT"}, 64_MiB), ic::sparse_file("menu.img"));
}
