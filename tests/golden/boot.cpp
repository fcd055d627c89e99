// SPDX-License-Identifier: BSL-1.0
// Digests of what boot/ makes. They change only in a commit that says why.
#include <imgcompose/boot/boot_script.hpp>
#include <imgcompose/boot/extlinux.hpp>

#include "tests/support/catch.hpp"

#include <clocale>
#include <cstdlib>
#include <ctime>
#include <locale>
#include <string>

#include <sys/stat.h>

namespace ic = imgcompose;
using namespace ic::literals;

namespace {

// Numbers as no locale of ours writes them.
struct odd_numbers : std::numpunct<char> {
    char do_thousands_sep() const override { return '_'; }
    std::string do_grouping() const override { return "\1"; }
    char do_decimal_point() const override { return ';'; }
};

// Everything of the process that must not matter, changed; put back at the end.
class elsewhere {
public:
    elsewhere()
        : locale_(std::locale::global(std::locale{std::locale::classic(), new odd_numbers})), mask_(::umask(0777)) {
        ::setenv("TZ", "Pacific/Kiritimati", 1);
        ::setenv("SOURCE_DATE_EPOCH", "77", 1); // is the tool's affair, not the library's
        ::tzset();
    }
    elsewhere(const elsewhere&) = delete;
    elsewhere& operator=(const elsewhere&) = delete;
    ~elsewhere() {
        ::unsetenv("TZ");
        ::unsetenv("SOURCE_DATE_EPOCH");
        ::tzset();
        ::umask(mask_);
        std::locale::global(locale_);
    }

private:
    std::locale locale_;
    mode_t mask_;
};

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
