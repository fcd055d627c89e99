// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/nixos_generations.hpp>

#include <imgcompose/boot/extlinux_files.hpp>
#include <imgcompose/boot/extlinux_parse.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/support/catch.hpp>

#include <string>
#include <utility>
#include <vector>

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

/// What the script does on the device when the system is rebuilt, by FACTS 4.5: it copies to nixos/ what is not there by
/// its name, writes extlinux.conf anew, and removes from nixos/ all that no entry of the menu named.
ic::tree rebuilt(const ic::tree& boot, const ic::nixos_boot_menu& menu) {
    const ic::tree wanted = ic::tree{} | ic::add_nixos_generations(menu);
    const auto in_nixos = [](std::string_view path) { return path.starts_with("/nixos/"); };
    ic::tree after = ic::tree{} | ic::make_directory("/nixos");
    const auto copy = [&](const ic::tree& from, bool (*chosen)(const ic::tree&, std::string_view), const ic::tree& of) {
        ic::for_each_path(from, [&](std::string_view path, std::uint32_t entry) {
            const auto& i = from.at(ic::inode_index{from.entries()[entry].target});
            if (i.type == ic::file_type::directory) return true;
            // One of nixos/ is copied or kept as a whole, by the name that it has there.
            const std::string_view top = in_nixos(path) ? path.substr(0, path.find('/', 7)) : path;
            if (chosen(of, top)) after = std::move(after) | ic::add(std::string{path}, ic::content_of(from, i));
            return true;
        });
    };
    copy(boot, [](const ic::tree& w, std::string_view top) { return top.starts_with("/nixos/") ? w.find(top).has_value() : top != "/extlinux/extlinux.conf"; }, wanted);
    copy(wanted, [](const ic::tree& b, std::string_view top) { return !top.starts_with("/nixos/") || !b.find(top); }, boot);
    return after;
}

std::vector<std::pair<std::string, std::string>> files_in(const ic::tree& t) {
    std::vector<std::pair<std::string, std::string>> files;
    ic::for_each_path(t, [&](std::string_view path, std::uint32_t entry) {
        if (t.at(ic::inode_index{t.entries()[entry].target}).type == ic::file_type::regular)
            files.emplace_back(path, text_at(t, std::string{path}.c_str()));
        return true;
    });
    return files;
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

TEST_CASE("a later rebuild on the device replaces ours, and leaves nothing stale") {
    const auto ours = ic::tree{} | ic::add_nixos_generations(menu()) | ic::add("/boot.scr", ic::from_text("the user's own"));
    const auto after = [&](const ic::nixos_boot_menu& later) {
        auto files = files_in(rebuilt(ours, later));
        std::erase(files, std::pair<std::string, std::string>{"/boot.scr", "the user's own"}); // which stays
        CHECK(files.size() + 1 == files_in(rebuilt(ours, later)).size());
        return files;
    };
    const auto fresh = [](const ic::nixos_boot_menu& later) { return files_in(ic::tree{} | ic::add_nixos_generations(later)); };
    SECTION("when nothing changed") { CHECK(after(menu()) == fresh(menu())); }
    SECTION("when a generation was added and the oldest is gone, with another kernel and other device trees") {
        auto newest = generation(13);
        newest.kernel_path = "/nix/store/ddd-linux-6.18/Image", newest.kernel = ic::from_text("newer kernel");
        newest.dtbs_path = "/nix/store/eee-dtbs", newest.dtbs = ic::tree{} | ic::add("/a.dtb", ic::from_text("newer"));
        const ic::nixos_boot_menu later{.default_generation = newest, .generations = {newest, generation(12)}};
        CHECK(after(later) == fresh(later));
        const ic::nixos_boot_menu only_it{.default_generation = newest, .generations = {newest}};
        CHECK(after(only_it) == fresh(only_it));
        for (const auto& [path, content] : after(only_it)) CHECK(path.find("aaa-linux-6.12") == std::string::npos);
    }
    SECTION("and the check can fail: what has another name than the script gives it stays without being used") {
        const auto stale = ic::tree{ours} | ic::add("/nixos/Image", ic::from_text("kernel"));
        CHECK(files_in(rebuilt(stale, menu())) == files_in(rebuilt(ours, menu())));
        const auto outside = ic::tree{ours} | ic::add("/Image", ic::from_text("kernel"));
        CHECK(files_in(rebuilt(outside, menu())) != files_in(rebuilt(ours, menu())));
    }
}
