// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/extlinux.hpp>

#include <imgcompose/boot/cmdline.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/support/catch.hpp>

#include <functional>
#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
ic::extlinux usual() {
    return {.timeout = 1_s,
            .entries = {{.label = "NixOS",
                         .kernel = "/Image",
                         .initrd = "/initrd",
                         .fdt = "/rk3328-nanopi-r2s.dtb",
                         .append = ic::cmdline{.console = {"ttyS2,1500000"}, .root = ic::by_label("NIXOS_SD")}}}};
}
} // namespace

TEST_CASE("a file without a timeout boots at once in every U-Boot: no MENU, no TIMEOUT") {
    auto file = usual();
    file.timeout = {};
    CHECK(ic::emit(file) == "DEFAULT NixOS\n"
                            "\n"
                            "LABEL NixOS\n"
                            "  KERNEL /Image\n"
                            "  INITRD /initrd\n"
                            "  FDT /rk3328-nanopi-r2s.dtb\n"
                            "  APPEND console=ttyS2,1500000 root=LABEL=NIXOS_SD\n");
}

TEST_CASE("a timeout makes a menu, in tenths of a second") {
    auto file = usual();
    CHECK(ic::emit(file).starts_with("DEFAULT NixOS\nMENU TITLE Boot menu\nTIMEOUT 10\n\nLABEL NixOS\n"));
    file.timeout = ic::deciseconds{15};
    CHECK(ic::emit(file).find("TIMEOUT 15\n") != std::string::npos);
    file.timeout = ic::wait_for_choice;
    CHECK(ic::emit(file).find("MENU TITLE Boot menu\nTIMEOUT 0\n") != std::string::npos);
    file.background = "/logo.bmp";
    CHECK(ic::emit(file).find("MENU BACKGROUND /logo.bmp\n") != std::string::npos);
}

TEST_CASE("the vendor's U-Boot of 2017 counts the timeout in seconds") {
    auto file = usual();
    file.readable_by = ic::u_boot_2017;
    CHECK(ic::emit(file).find("TIMEOUT 1\n") != std::string::npos);
    file.timeout = ic::deciseconds{51};
    CHECK(ic::emit(file).find("TIMEOUT 6\n") != std::string::npos);
}

TEST_CASE("everything an entry may have, what is new to U-Boot last") {
    const ic::extlinux file{.default_label = "two",
                            .fallback_label = "one",
                            .entries = {{.label = "one", .localboot = -1},
                                        {.label = "two",
                                         .menu_label = "The second",
                                         .kernel = "/fit.itb",
                                         .configuration = "conf-1",
                                         .initrd = "../initrd",
                                         .fdtdir = "/dtbs",
                                         .fdtoverlays = {"/a.dtbo", "/b.dtbo"},
                                         .append = R"(a=${b} c='d' e\f)",
                                         .ipappend = 3,
                                         .kaslrseed = true}}};
    CHECK(ic::emit(file) == "DEFAULT two\n"
                            "FALLBACK one\n"
                            "\n"
                            "LABEL one\n"
                            "  LOCALBOOT -1\n"
                            "\n"
                            "LABEL two\n"
                            "  MENU LABEL The second\n"
                            "  KERNEL /fit.itb#conf-1\n"
                            "  INITRD ../initrd\n"
                            "  FDTDIR /dtbs\n"
                            "  APPEND a=\\${b} c=\\'d\\' e\\\\f\n"
                            "  IPAPPEND 3\n"
                            "  FDTOVERLAYS /a.dtbo /b.dtbo\n"
                            "  KASLRSEED\n");
}

TEST_CASE("an extlinux is a file's content") {
    const ic::image content = usual();
    const auto bytes = ic::read_all(content);
    CHECK(std::string{reinterpret_cast<const char*>(bytes.data()), bytes.size()} == ic::emit(usual()));
}

TEST_CASE("what U-Boot would misread is refused") {
    struct {
        std::string words;
        std::function<void(ic::extlinux&, ic::extlinux_entry&)> spoil;
    } const cases[] = {
        {"LABEL there is none", [](auto& f, auto&) { f.entries.clear(); }},
        {"LABEL has no name", [](auto&, auto& e) { e.label.clear(); }},
        {"LABEL begins with '#'", [](auto&, auto& e) { e.label = "#1"; }},
        {"LABEL begins with a blank", [](auto&, auto& e) { e.label = " x"; }},
        {"label \"NixOS\": LABEL is there twice", [](auto& f, auto& e) { f.entries.push_back(e); }},
        {"DEFAULT \"Nixos\" is no label", [](auto& f, auto&) { f.default_label = "Nixos"; }},
        {"FALLBACK \"x\" is no label", [](auto& f, auto&) { f.fallback_label = "x"; }},
        {"MENU TITLE is empty", [](auto& f, auto&) { f.title.clear(); }},
        {"MENU TITLE has a line feed", [](auto& f, auto&) { f.title = "a\nb"; }},
        {"MENU BACKGROUND ends with a blank", [](auto& f, auto&) { f.background = "/a.bmp "; }},
        {"MENU LABEL begins with '#'", [](auto&, auto& e) { e.menu_label = "#1"; }},
        {"TIMEOUT cannot be -10 tenths", [](auto& f, auto&) { f.timeout = -1 * 1_s; }},
        {"TIMEOUT cannot be 2147483639 tenths", [](auto& f, auto&) { f.timeout = ic::deciseconds{2147483639}; }},
        {"label \"NixOS\": KERNEL is missing", [](auto&, auto& e) { e.kernel.clear(); }},
        {"KERNEL ends with a blank, and U-Boot looks for a file \"/Image \"", [](auto&, auto& e) { e.kernel += ' '; }},
        {"KERNEL has a carriage return", [](auto&, auto& e) { e.kernel += '\r'; }},
        {"KERNEL has a '#'", [](auto&, auto& e) { e.kernel = "/Image#1"; }},
        {"KERNEL is missing, but a configuration",
         [](auto&, auto& e) { e.kernel.clear(), e.localboot = 0, e.configuration = "a"; }},
        {"KERNEL is a path of 513 characters", [](auto&, auto& e) { e.kernel = "/" + std::string(512, 'x'); }},
        {"KERNEL is a path of 513 characters", [](auto&, auto& e) { e.kernel = std::string(498, 'x'); }},
        {"INITRD ends with a blank", [](auto&, auto& e) { e.initrd += '\t'; }},
        {"INITRD has a line feed or a NUL", [](auto&, auto& e) { e.initrd += '\0'; }},
        {"FDTDIR is given beside FDT", [](auto&, auto& e) { e.fdtdir = "/dtbs"; }},
        {"FDTOVERLAYS has an empty path", [](auto&, auto& e) { e.fdtoverlays = {""}; }},
        {"FDTOVERLAYS has a blank in \"a b\"", [](auto&, auto& e) { e.fdtoverlays = {"a b"}; }},
        {"IPAPPEND is 4", [](auto&, auto& e) { e.ipappend = 4; }},
        {"APPEND has 1024 characters, 1 more", [](auto&, auto& e) { e.append = std::string(1024, 'x'); }},
        {"APPEND has 1024 characters, 1 more", [](auto&, auto& e) { e.append = "'" + std::string(1022, 'x'); }},
        {"APPEND has 1025 characters, 2 more",
         [](auto&, auto& e) { e.append = std::string(930, 'x'), e.ipappend = 3; }},
        {"APPEND begins with '#'", [](auto&, auto& e) { e.append = "#x"; }},
        {"APPEND has initrd=", [](auto&, auto& e) { e.initrd.clear(), e.append += " initrd=/initrd"; }},
        {"set readable_by to u_boot", [](auto& f, auto&) { f.readable_by = ic::linux_kernel; }},
        {"FDTOVERLAYS is not known to U-Boot 2017.09",
         [](auto& f, auto& e) { f.readable_by = ic::u_boot_2017, e.fdtoverlays = {"/a"}; }},
        {"KASLRSEED is not known to U-Boot 2017.09",
         [](auto& f, auto& e) { f.readable_by = ic::u_boot_2017, e.kaslrseed = true; }},
        {"MENU BACKGROUND is not known to U-Boot 2017.09",
         [](auto& f, auto&) { f.readable_by = ic::u_boot_2017, f.background = "/a"; }},
        {"FALLBACK is not known to U-Boot 2017.09",
         [](auto& f, auto&) { f.readable_by = ic::u_boot_2017, f.fallback_label = "NixOS"; }},
    };
    for (const auto& c : cases) {
        auto file = usual();
        c.spoil(file, file.entries.front());
        INFO(c.words);
        CHECK_THROWS_MATCHES(ic::emit(file), ic::input_error, says(c.words));
    }
    CHECK_NOTHROW(ic::emit(usual()));
}

TEST_CASE("limits are met exactly") {
    auto file = usual();
    auto& e = file.entries.front();
    e.append = std::string(1023, 'x');
    e.kernel = "/" + std::string(511, 'x');
    e.initrd = std::string(497, 'x');
    REQUIRE(ic::check(file).size() == 1);
    CHECK(ic::check(file)[0].how_bad == ic::severity::warning);
    CHECK(
        ic::check(file)[0].message ==
        "label \"NixOS\": APPEND has 1023 characters; some builds of U-Boot take no more than 511 and skip the label");
    e.append.resize(511);
    CHECK(ic::check(file).empty());
    file.timeout = ic::deciseconds{2147483638};
    CHECK(ic::check(file).empty());
}

TEST_CASE("no more labels than U-Boot can number, no larger file than it reads") {
    ic::extlinux file;
    for (int i = 0; i < 999; ++i) file.entries.push_back({.label = std::to_string(i), .kernel = "/I"});
    CHECK_NOTHROW(ic::emit(file));
    file.entries.push_back({.label = "last", .kernel = "/I"});
    CHECK_THROWS_MATCHES(ic::emit(file), ic::input_error, says("there are 1000"));
    file.entries.resize(999);
    for (auto& e : file.entries) e.append = std::string(60, 'x');
    CHECK_THROWS_MATCHES(ic::emit(file), ic::input_error,
                         says("U-Boot 2023.04 and later ignores one of more than 65536"));
    file.readable_by = ic::u_boot_2017;
    CHECK_NOTHROW(ic::emit(file));
}

TEST_CASE("all that is wrong is told at once") {
    auto file = usual();
    file.default_label = "x";
    file.entries[0].kernel += ' ';
    file.entries[0].initrd += ' ';
    CHECK(ic::check(file).size() == 3);
}
