// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/nixos_generations.hpp>

#include <imgcompose/boot/extlinux_files.hpp>
#include <imgcompose/boot/extlinux_parse.hpp>

#include "tests/support/catch.hpp"

#include <string>

namespace ic = imgcompose;
using imgcompose_test::says;

namespace {

constexpr const char* linux_path = "/nix/store/aaa-linux-6.12/Image";

ic::nixos_generation generation(unsigned number) {
    const auto n = std::to_string(number);
    return {.number = number,
            .toplevel = "/nix/store/" + n + "-nixos-system-card",
            .kernel_path = linux_path,
            .kernel = ic::from_text("kernel"),
            .initrd_path = "/nix/store/" + n + "-initrd-linux-6.12/initrd",
            .initrd = ic::from_text("initrd" + n),
            .dtbs_path = "/nix/store/bbb-device-tree-overlays",
            .dtbs = ic::tree{} | ic::add("/rockchip/rk3328-rock64.dtb", ic::from_text("dtb")),
            .kernel_params = "console=ttyS2,1500000n8 loglevel=4\n",
            .date = "2026-11-21 03:19",
            .version = "25.05"};
}

ic::nixos_boot_menu menu() {
    return {.default_generation = generation(12), .generations = {generation(9), generation(12)}};
}

std::string text_at(const ic::tree& t, const char* path) {
    const auto raw = ic::read_all(ic::content_of(t, t.at(t.find(path).value())));
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

// A store as a NixOS system has it, with links on the way.
ic::tree store() {
    return ic::tree{} | ic::add("/nix/store/aaa-linux-6.12/Image", ic::from_text("kernel")) |
           ic::add("/nix/store/aaa-linux-6.12/dtbs/rockchip/a.dtb", ic::from_text("a")) |
           ic::add("/nix/store/ccc-patched/b.dtb", ic::from_text("b")) |
           ic::symlink("/nix/store/aaa-linux-6.12/dtbs/rockchip/b.dtb", "../../../ccc-patched/b.dtb") |
           ic::add("/nix/store/12-initrd/initrd", ic::from_text("initrd12")) |
           ic::symlink("/nix/store/12-system/kernel", "/nix/store/aaa-linux-6.12/Image") |
           ic::symlink("/nix/store/12-system/initrd", "../12-initrd/initrd") |
           ic::symlink("/nix/store/12-system/dtbs", "/nix/store/aaa-linux-6.12/dtbs") |
           ic::add("/nix/store/12-system/kernel-params", ic::from_text("loglevel=4")) |
           ic::add("/nix/store/12-system/nixos-version", ic::from_text("25.05\n")) |
           ic::symlink("/nix/var/nix/profiles/system-12-link", "/nix/store/12-system") |
           ic::symlink("/nix/var/nix/profiles/system", "system-12-link");
}

} // namespace

TEST_CASE("extlinux.conf is the text that NixOS writes") {
    CHECK(ic::emit(menu()) == R"(# Generated file, all changes will be lost on nixos-rebuild!

# Change this to e.g. nixos-42 to temporarily boot to an older configuration.
DEFAULT nixos-default

MENU TITLE ------------------------------------------------------------
TIMEOUT 50

LABEL nixos-default
  MENU LABEL NixOS - Default
  LINUX ../nixos/aaa-linux-6.12-Image
  INITRD ../nixos/12-initrd-linux-6.12-initrd
  APPEND init=/nix/store/12-nixos-system-card/init console=ttyS2,1500000n8 loglevel=4
  FDTDIR ../nixos/bbb-device-tree-overlays

LABEL nixos-12
  MENU LABEL NixOS - Configuration 12 (2026-11-21 03:19 - 25.05)
  LINUX ../nixos/aaa-linux-6.12-Image
  INITRD ../nixos/12-initrd-linux-6.12-initrd
  APPEND init=/nix/store/12-nixos-system-card/init console=ttyS2,1500000n8 loglevel=4
  FDTDIR ../nixos/bbb-device-tree-overlays

LABEL nixos-9
  MENU LABEL NixOS - Configuration 9 (2026-11-21 03:19 - 25.05)
  LINUX ../nixos/aaa-linux-6.12-Image
  INITRD ../nixos/9-initrd-linux-6.12-initrd
  APPEND init=/nix/store/9-nixos-system-card/init console=ttyS2,1500000n8 loglevel=4
  FDTDIR ../nixos/bbb-device-tree-overlays
)");
}

TEST_CASE("the options of NixOS change what they change there") {
    const auto has = [](const ic::nixos_boot_menu& m, const std::string& line) {
        return ("\n" + ic::emit(m)).find("\n" + line + "\n") != std::string::npos;
    };
    auto m = menu();
    m.timeout = std::chrono::seconds{0};
    CHECK(has(m, "TIMEOUT -10"));
    m.timeout = {};
    CHECK(has(m, "TIMEOUT 0"));
    m.dtb_name = "rockchip/rk3328-rock64.dtb";
    CHECK(has(m, "  FDT ../nixos/bbb-device-tree-overlays/rockchip/rk3328-rock64.dtb"));
    m.device_trees = false;
    CHECK(ic::emit(m).find("FDT") == std::string::npos);
    m.limit = 1;
    CHECK(has(m, "LABEL nixos-12"));
    CHECK_FALSE(has(m, "LABEL nixos-9"));
    m.copied = false;
    CHECK(has(m, "  LINUX /nix/store/aaa-linux-6.12/Image"));
}

TEST_CASE("all that U-Boot is told is there, and nothing twice") {
    const std::string boot = GENERATE("", "/boot");
    const auto t = ic::tree{} | ic::add_nixos_generations(menu(), boot);
    const auto conf = ic::parse_extlinux(text_at(t, (boot + "/extlinux/extlinux.conf").c_str()));
    REQUIRE(conf.entries.size() == 3);
    CHECK(ic::check_files(conf, t,
                          {.extlinux_conf = boot + "/extlinux/extlinux.conf", .fdtfile = "rockchip/rk3328-rock64.dtb"})
              .empty());
    CHECK(text_at(t, (boot + "/nixos/9-initrd-linux-6.12-initrd").c_str()) == "initrd9");
    CHECK(text_at(t, (boot + "/nixos/bbb-device-tree-overlays/rockchip/rk3328-rock64.dtb").c_str()) == "dtb");
    const auto directory = t.find(boot + "/nixos").value();
    CHECK(t.sorted().of(directory).size() == 4);
}

TEST_CASE("an older extlinux.conf is replaced, other files stay") {
    const auto before = ic::tree{} | ic::add("/extlinux/extlinux.conf", ic::from_text("old")) |
                        ic::add("/boot.scr", ic::from_text("x"));
    const auto t = ic::tree{before} | ic::add_nixos_generations(menu());
    CHECK(text_at(t, "/extlinux/extlinux.conf") == ic::emit(menu()));
    CHECK(t.find("/boot.scr"));
    auto m = menu();
    m.copied = false;
    CHECK_FALSE((ic::tree{before} | ic::add_nixos_generations(m)).find("/nixos"));
}

TEST_CASE("a menu that NixOS could not have written is refused") {
    const auto refused = [](auto change, const char* why) {
        auto m = menu();
        change(m);
        CHECK_THROWS_MATCHES(ic::emit(m), ic::input_error, says(why));
    };
    refused([](auto& m) { m.default_generation.toplevel = "/home/x"; }, "not in /nix/store");
    refused([](auto& m) { m.generations[0].kernel_path = ""; }, "its kernel at \"\"");
    refused([](auto& m) { m.generations[0].number = 12; }, "has the number 12, which another has too");
    refused([](auto& m) { m.generations[0].kernel_params = "a\nb"; }, "two lines");
    refused([](auto& m) { m.generations[0].version = "a\nb"; }, "line feed");
    refused([](auto& m) { m.dtb_name = "a.dtb", m.default_generation.dtbs_path = ""; }, "has no device trees");
    refused([](auto& m) { m.timeout = std::chrono::seconds{-1}; }, "is -1 seconds");
}

TEST_CASE("a generation is found in a tree with a store") {
    const auto g = ic::nixos_generation_in(store(), "/nix/var/nix/profiles/system", 12, "2026-01-01 00:00");
    CHECK(g.toplevel == "/nix/store/12-system");
    CHECK(g.kernel_path == linux_path);
    CHECK(g.initrd_path == "/nix/store/12-initrd/initrd");
    CHECK(g.dtbs_path == "/nix/store/aaa-linux-6.12/dtbs");
    CHECK(g.kernel_params == "loglevel=4");
    CHECK(g.version == "25.05");
    const auto t = ic::tree{} | ic::add_nixos_generations({.default_generation = g, .generations = {g}});
    CHECK(text_at(t, "/nixos/aaa-linux-6.12-Image") == "kernel");
    CHECK(text_at(t, "/nixos/12-initrd-initrd") == "initrd12");
    CHECK(text_at(t, "/nixos/aaa-linux-6.12-dtbs/rockchip/a.dtb") == "a");
    CHECK(text_at(t, "/nixos/aaa-linux-6.12-dtbs/rockchip/b.dtb") == "b");
    const auto without = store() | ic::exclude("/nix/store/12-system/dtbs");
    CHECK(ic::nixos_generation_in(without, "/nix/store/12-system", 1, "").dtbs_path.empty());
}

TEST_CASE("a generation that cannot boot is refused") {
    const auto refused = [](const ic::tree& t, const char* toplevel, const char* why) {
        CHECK_THROWS_MATCHES(ic::nixos_generation_in(t, toplevel, 1, ""), ic::input_error, says(why));
    };
    refused(store(), "/nix/store/13-system", "is not in the tree");
    refused(store() | ic::exclude("/nix/store/12-initrd"), "/nix/store/12-system", "no file \"initrd\"");
    refused(store() | ic::exclude("/nix/store/12-system/kernel-params"), "/nix/store/12-system",
            "no file \"kernel-params\"");
    refused(ic::tree{} | ic::symlink("/a", "b") | ic::symlink("/b", "a"), "/a", "is not in the tree");
}
