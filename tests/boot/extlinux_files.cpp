// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/extlinux_files.hpp>

#include <tests/support/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace ic = imgcompose;
using imgcompose_test::says;

namespace {
void put(ic::tree& t, const std::string& path, std::uint64_t size = 1) {
    t.add(path, {.size = size, .type = ic::file_type::regular}, {});
}
ic::tree nixos_tree() {
    ic::tree t;
    put(t, "/extlinux/extlinux.conf");
    put(t, "/nixos/abc-linux-6.12-Image");
    put(t, "/nixos/abc-initrd");
    put(t, "/nixos/abc-dtbs/rockchip/rk3328-nanopi-r2s.dtb");
    put(t, "/nixos/empty", 0);
    put(t, "/overlays/uart.dtbo");
    return t;
}
ic::extlinux file() {
    return {.entries = {{.label = "NixOS",
                         .kernel = "../nixos/abc-linux-6.12-Image",
                         .initrd = "/nixos/abc-initrd",
                         .fdtdir = "../nixos/abc-dtbs",
                         .fdtoverlays = {"/overlays/uart.dtbo"}}}};
}
} // namespace

TEST_CASE("paths are put together as U-Boot does it") {
    CHECK(ic::path_for_u_boot("/extlinux/extlinux.conf", "/Image") == "/Image");
    CHECK(ic::path_for_u_boot("/extlinux/extlinux.conf", "../Image") == "/extlinux/../Image");
    CHECK(ic::path_for_u_boot("/boot/extlinux/extlinux.conf", "Image") == "/boot/extlinux/Image");
    CHECK(ic::path_for_u_boot("extlinux.conf", "Image") == "Image");
}

TEST_CASE("a file whose names are all in the tree has nothing to be said about") {
    CHECK(ic::check_files(file(), nixos_tree(), {.fdtfile = "rockchip/rk3328-nanopi-r2s.dtb"}).empty());
    CHECK_NOTHROW(ic::require_files(file(), nixos_tree()));
}

TEST_CASE("each missing file is told with its label, its keyword and what may have been meant") {
    auto f = file();
    auto& e = f.entries[0];
    SECTION("wrong case") {
        e.kernel = "../nixos/abc-linux-6.12-image";
        CHECK_THROWS_MATCHES(ic::require_files(f, nixos_tree()), ic::input_error,
                             says("label \"NixOS\": KERNEL \"/extlinux/../nixos/abc-linux-6.12-image\" is not in the "
                                  "filesystem; there is "
                                  "\"/extlinux/../nixos/abc-linux-6.12-Image\""));
    }
    SECTION("wrong directory") {
        e.initrd = "/abc-initrd";
        CHECK_THROWS_MATCHES(ic::require_files(f, nixos_tree()), ic::input_error,
                             says("INITRD \"/abc-initrd\" is not in the filesystem; there is \"/nixos/abc-initrd\""));
    }
    SECTION("wrong name of a directory on the way") {
        e.initrd = "/nixo/abc-initrd";
        CHECK_THROWS_MATCHES(ic::require_files(f, nixos_tree()), ic::input_error,
                             says("there is \"/nixos\", \"/nixos/abc-initrd\""));
    }
    SECTION("nothing like it") {
        e.initrd = "/quite/another";
        CHECK_THROWS_MATCHES(ic::require_files(f, nixos_tree()), ic::input_error, says("add it to the tree"));
    }
    SECTION("an overlay, a device tree, a directory of them") {
        e.fdtoverlays.push_back("/overlays/i2c.dtbo");
        e.fdtdir = "/dtbs";
        CHECK(ic::check_files(f, nixos_tree()).size() == 2);
        e.fdtdir.clear();
        e.fdt = "/board.dtb";
        CHECK(ic::check_files(f, nixos_tree()).size() == 2);
    }
    SECTION("neither a file that is a directory, nor the reverse, nor an empty one") {
        e.kernel = "/nixos";
        CHECK_THROWS_MATCHES(ic::require_files(f, nixos_tree()), ic::input_error, says("\"/nixos\" is not a regular file"));
        e = file().entries[0];
        e.fdtdir = "/nixos/abc-initrd";
        CHECK_THROWS_MATCHES(ic::require_files(f, nixos_tree()), ic::input_error, says("is not a directory"));
        e = file().entries[0];
        e.initrd = "/nixos/empty";
        CHECK_THROWS_MATCHES(ic::require_files(f, nixos_tree()), ic::input_error, says("is empty"));
    }
}

TEST_CASE("a device tree that FDTDIR lacks is a warning, for U-Boot goes on with its own") {
    const auto findings = ic::check_files(file(), nixos_tree(), {.fdtfile = "rockchip/rk3399-rockpro64.dtb"});
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].how_bad == ic::severity::warning);
    CHECK_NOTHROW(ic::require_files(file(), nixos_tree(), {.fdtfile = "rockchip/rk3399-rockpro64.dtb"}));
}

TEST_CASE("at most three near names are told, the same whatever order the tree was made in") {
    ic::extlinux f{.entries = {{.label = "a", .kernel = "/Image"}}};
    for (const bool reversed : {false, true}) {
        ic::tree t;
        put(t, "/extlinux/extlinux.conf");
        for (int i = 0; i < 300; ++i) put(t, "/d" + std::to_string(reversed ? 299 - i : i) + "/Image");
        std::vector<std::string> names{"/Imag", "/image", "/Image2", "/Image-6.1", "/initrd"};
        if (reversed) std::ranges::reverse(names);
        for (const auto& n : names) put(t, n);
        const auto findings = ic::check_files(f, t);
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].message.ends_with("; there is \"/image\", \"/Imag\", \"/Image2\""));
    }
}

TEST_CASE("the file in /boot of a root filesystem") {
    ic::tree t;
    put(t, "/boot/Image");
    put(t, "/boot/extlinux/extlinux.conf");
    ic::extlinux f{.entries = {{.label = "a", .kernel = "../Image"}}};
    CHECK(ic::check_files(f, t, {.extlinux_conf = "/boot/extlinux/extlinux.conf"}).empty());
    CHECK_THROWS_MATCHES(ic::require_files(f, t), ic::input_error,
                         says("\"/extlinux/extlinux.conf\" itself is not in the filesystem"));
    // An absolute path begins at the top of the filesystem, not at /boot.
    f.entries[0].kernel = "/Image";
    CHECK_THROWS_MATCHES(ic::require_files(f, t, {.extlinux_conf = "/boot/extlinux/extlinux.conf"}), ic::input_error,
                         says("there is \"/boot/Image\""));
}

TEST_CASE("what a hostile file names is not compared for ever") {
    ic::tree t;
    put(t, "/extlinux/extlinux.conf");
    for (int i = 0; i < 20'000; ++i) put(t, "/" + std::string(200, 'x') + std::to_string(i));
    ic::extlinux f;
    std::string up_and_down;
    while (up_and_down.size() < 50'000) up_and_down += "/extlinux/..";
    for (int i = 0; i < 3000; ++i)
        f.entries.push_back({.label = "l", .kernel = "/" + std::string(200, 'y') + std::to_string(i), .initrd = i == 0 ? up_and_down + "/none" : ""});
    const auto findings = ic::check_files(f, t);
    CHECK(findings.size() == 3001);
    CHECK(findings.front().message.find("is not in the filesystem; add it") != std::string::npos);
}
