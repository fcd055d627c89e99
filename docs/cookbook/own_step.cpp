// SPDX-License-Identifier: BSL-1.0
// A step of one's own is a function from a stage to the same stage.
#include <imgcompose/rockchip.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;

// What systemd wants of an image that is cloned: no identity, to be made at the first boot.
const auto without_identity = [](ic::tree t) {
    return std::move(t) | ic::exclude("/etc/ssh/ssh_host_*") | ic::exclude("/etc/machine-id")
                        | ic::add("/etc/machine-id", ic::from_text("uninitialized\n"), {.mode = 0444});
};

// Two partitions of one size, of which one is in use and the other is for the next update.
ic::disk_step auto a_and_b(const std::string& name, ic::bytes size, const ic::recipe& content) {
    return [=](ic::disk_plan p) {
        return std::move(p) | ic::partition(name + "-a", size, content) | ic::empty_partition(name + "-b", size);
    };
}

int main() {
    const auto disk = ic::disk_plan{}
        | a_and_b("root", 64_MiB, ic::ext4(ic::directory("rootfs") | without_identity))
        | ic::compose;
    ic::write(disk, ic::sparse_file("updates.img"));
}
