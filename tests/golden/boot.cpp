// SPDX-License-Identifier: BSL-1.0
// Digests of what boot/ makes. They change only in a commit that says why.
#include <imgcompose/boot/boot_script.hpp>
#include <imgcompose/boot/extlinux.hpp>
#include <imgcompose/core/crc.hpp>

#include <tests/golden/elsewhere.hpp>
#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::elsewhere;

namespace {

std::uint32_t digest(std::string_view text) { return ic::crc32(std::as_bytes(std::span{text})); }

ic::cmdline r2s() {
    return {.console = {"ttyS2,1500000"},
            .earlycon = "uart8250,mmio32,0xff130000",
            .root = ic::by_label("NIXOS_SD"),
            .rootfstype = "ext4",
            .rootwait = true,
            .init = "/nix/store/crzbn8gb8c1gs54wdw2kgizxmwp1pq0i-nixos-system-ivy-25.05.20250817.48f4c98/init"};
}
std::string extlinux_of_r2s() {
    return ic::emit({.timeout = 1_s,
                     .entries = {{.label = "NixOS",
                                  .kernel = "/Image",
                                  .initrd = "/initrd",
                                  .fdt = "/rk3328-nanopi-r2s.dtb",
                                  .append = r2s()}}});
}
ic::owned_bytes script_of_r2s() {
    return ic::boot_script_bytes(
        ic::boot_commands({.kernel = "Image", .initrd = "initrd", .fdt = "rk3328-nanopi-r2s.dtb", .arguments = r2s()}),
        {.name = "NanoPi R2S", .time = std::chrono::seconds{1700000000}});
}

} // namespace

TEST_CASE("extlinux.conf and boot.scr of the NanoPi R2S, here and elsewhere") {
    constexpr std::uint32_t extlinux = 0x535c3665, script = 0x41dde7db;
    CHECK(digest(extlinux_of_r2s()) == extlinux);
    CHECK(ic::crc32(script_of_r2s()) == script);
    const elsewhere now;
    CHECK(digest(extlinux_of_r2s()) == extlinux);
    CHECK(ic::crc32(script_of_r2s()) == script);
}
