// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/extlinux_parse.hpp>

#include <tests/support/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {

std::vector<std::string> told(const ic::extlinux_reading& r) {
    std::vector<std::string> all;
    for (const auto& f : r.findings) all.push_back(to_string(f));
    return all;
}
bool any_starts(const std::vector<std::string>& all, const std::string& words) {
    return std::ranges::any_of(all, [&](const auto& s) { return s.starts_with(words); });
}

// seeds/002: written by hand for a NanoPi R2S, and booted.
constexpr std::string_view nanopi_r2s = R"(DEFAULT NixOS
TIMEOUT 1
LABEL NixOS
    KERNEL /Image
    INITRD /initrd
    FDT /rk3328-nanopi-r2s.dtb
    APPEND console=ttyS2,1500000 earlycon=uart8250,mmio32,0xff130000 root=LABEL=NIXOS_SD rootfstype=ext4 rootwait init=/nix/store/crzbn8gb8c1gs54wdw2kgizxmwp1pq0i-nixos-system-ivy-25.05.20250817.48f4c98/init
)";

// What nixpkgs' generic-extlinux-compatible writes.
constexpr std::string_view nixos = R"(# Generated file, all changes will be lost on nixos-rebuild!

# Change this to e.g. nixos-42 to temporarily boot to an older configuration.
DEFAULT nixos-default

MENU TITLE ------------------------------------------------------------
TIMEOUT 50

LABEL nixos-default
  MENU LABEL NixOS - Default
  LINUX ../nixos/0123456789abcdfghijklmnpqrsvwxyz-linux-6.12-Image
  INITRD ../nixos/0123456789abcdfghijklmnpqrsvwxyz-initrd-linux-6.12-initrd
  APPEND init=/nix/store/x-nixos-system/init console=ttyS2,1500000 loglevel=4
  FDTDIR ../nixos/0123456789abcdfghijklmnpqrsvwxyz-device-trees

LABEL nixos-7
  MENU LABEL NixOS - Configuration 7 (2026-01-17 14:53 - 25.05)
  LINUX ../nixos/0123456789abcdfghijklmnpqrsvwxyz-linux-6.12-Image
  INITRD ../nixos/0123456789abcdfghijklmnpqrsvwxyz-initrd-linux-6.12-initrd
  APPEND init=/nix/store/y-nixos-system/init
  FDT ../nixos/0123456789abcdfghijklmnpqrsvwxyz-device-trees/rockchip/rk3328-nanopi-r2s.dtb
)";

// A label that is complete, for cases about something else.
const std::string rest = "LABEL a\nKERNEL /I\n";

} // namespace

TEST_CASE("the file of the write-up is accepted, and its TIMEOUT told to mean nothing") {
    const auto r = ic::read_extlinux(nanopi_r2s);
    CHECK(told(r) ==
          std::vector<std::string>{"2:1: warning: TIMEOUT means nothing without a menu: DEFAULT is booted at once"});
    const auto file = ic::parse_extlinux(nanopi_r2s);
    CHECK(file.timeout == ic::deciseconds{});
    CHECK(file.default_label == "NixOS");
    REQUIRE(file.entries.size() == 1);
    CHECK(file.entries[0].kernel == "/Image");
    CHECK(file.entries[0].initrd == "/initrd");
    CHECK(file.entries[0].fdt == "/rk3328-nanopi-r2s.dtb");
    CHECK(file.entries[0].append.starts_with("console=ttyS2,1500000 earlycon="));
    CHECK(file.entries[0].append.ends_with("48f4c98/init"));
}

TEST_CASE("the file that NixOS writes is accepted and written again with the same meaning") {
    const auto r = ic::read_extlinux(nixos);
    CHECK(r.findings.empty());
    CHECK(r.file.timeout == ic::deciseconds{5_s});
    CHECK(r.file.title == std::string(60, '-'));
    REQUIRE(r.file.entries.size() == 2);
    CHECK(r.file.entries[0].label == "nixos-default");
    CHECK(r.file.entries[0].menu_label == "NixOS - Default");
    CHECK(r.file.entries[0].fdtdir == "../nixos/0123456789abcdfghijklmnpqrsvwxyz-device-trees");
    CHECK(r.file.entries[1].menu_label == "NixOS - Configuration 7 (2026-01-17 14:53 - 25.05)");
    CHECK(ic::parse_extlinux(ic::emit(r.file)) == r.file);
    CHECK(ic::emit(r.file) == R"(DEFAULT nixos-default
MENU TITLE ------------------------------------------------------------
TIMEOUT 50

LABEL nixos-default
  MENU LABEL NixOS - Default
  KERNEL ../nixos/0123456789abcdfghijklmnpqrsvwxyz-linux-6.12-Image
  INITRD ../nixos/0123456789abcdfghijklmnpqrsvwxyz-initrd-linux-6.12-initrd
  FDTDIR ../nixos/0123456789abcdfghijklmnpqrsvwxyz-device-trees
  APPEND init=/nix/store/x-nixos-system/init console=ttyS2,1500000 loglevel=4

LABEL nixos-7
  MENU LABEL NixOS - Configuration 7 (2026-01-17 14:53 - 25.05)
  KERNEL ../nixos/0123456789abcdfghijklmnpqrsvwxyz-linux-6.12-Image
  INITRD ../nixos/0123456789abcdfghijklmnpqrsvwxyz-initrd-linux-6.12-initrd
  FDT ../nixos/0123456789abcdfghijklmnpqrsvwxyz-device-trees/rockchip/rk3328-nanopi-r2s.dtb
  APPEND init=/nix/store/y-nixos-system/init
)");
}

TEST_CASE("what NixOS writes for no timeout makes U-Boot wait for ever, and that is told") {
    std::string text{nixos};
    text.replace(text.find("TIMEOUT 50"), 10, "TIMEOUT -10");
    const auto r = ic::read_extlinux(text);
    CHECK(r.file.timeout == ic::wait_for_choice);
    REQUIRE(r.findings.size() == 1);
    CHECK(to_string(r.findings[0])
              .starts_with("7:1: warning: TIMEOUT -10 makes U-Boot wait for a choice for ever; to boot at once"));
}

TEST_CASE("what U-Boot accepts is accepted without a word") {
    const struct {
        std::string text;
        bool (*holds)(const ic::extlinux&);
    } cases[] = {
        // keywords in any case, and their other names
        {"label a\nkernel /I\n", [](const auto& f) { return f.entries[0].kernel == "/I"; }},
        {"LaBeL a\nLiNuX /I\n", [](const auto& f) { return f.entries[0].kernel == "/I"; }},
        {rest + "DEVICETREE /d", [](const auto& f) { return f.entries[0].fdt == "/d"; }},
        {rest + "devicetreedir /d", [](const auto& f) { return f.entries[0].fdtdir == "/d"; }},
        {rest + "fdtoverlays /a /b",
         [](const auto& f) {
             return f.entries[0].fdtoverlays == std::vector<std::string>{"/a", "/b"};
         }},
        {rest + "devicetree-overlay  /a   /b ", [](const auto& f) { return f.entries[0].fdtoverlays.size() == 2; }},
        {rest + "KASLRSEED", [](const auto& f) { return f.entries[0].kaslrseed; }},
        {rest + "IPAPPEND 2", [](const auto& f) { return f.entries[0].ipappend == 2; }},
        {"LABEL a\nLOCALBOOT -1", [](const auto& f) { return f.entries[0].localboot == -1; }},
        {"ONTIMEOUT a\n" + rest, [](const auto& f) { return f.default_label == "a"; }},
        {"DEFAULT a\n" + rest, [](const auto& f) { return f.default_label == "a"; }},
        {rest + "DEFAULT a\n", [](const auto& f) { return f.default_label == "a"; }}, // behind the label too
        // blanks, comments, ends
        {"\n\n \t LABEL\t a\n\tKERNEL \t/I",
         [](const auto& f) { return f.entries[0].label == "a" && f.entries[0].kernel == "/I"; }},
        {"# one\n  # two\n" + rest + "#three", [](const auto& f) { return f.entries.size() == 1; }},
        {rest + "APPEND c=1 # x", [](const auto& f) { return f.entries[0].append == "c=1 # x"; }},
        {rest + "APPEND c=1  ", [](const auto& f) { return f.entries[0].append == "c=1  "; }}, // not trimmed
        {"LABEL two words\nKERNEL /I\nDEFAULT two words",
         [](const auto& f) { return f.entries[0].label == "two words"; }},
        {rest + "# inside a label\nINITRD /i", [](const auto& f) { return f.entries[0].initrd == "/i"; }},
        {rest + "\n\nINITRD /i", [](const auto& f) { return f.entries[0].initrd == "/i"; }},
        // menus
        {"MENU TITLE t\nTIMEOUT 10\n" + rest,
         [](const auto& f) { return f.timeout == ic::deciseconds{10} && f.title == "t"; }},
        {"TIMEOUT 15\nmenu title t\n" + rest, [](const auto& f) { return f.timeout == ic::deciseconds{15}; }},
        {"TIMEOUT 0\nMENU TITLE t\n" + rest, [](const auto& f) { return f.timeout == ic::wait_for_choice; }},
        {"MENU BACKGROUND /b\nTIMEOUT 1\n" + rest, [](const auto& f) { return f.background == "/b"; }},
        {rest + "MENU LABEL x\n",
         [](const auto& f) { return f.entries[0].menu_label == "x" && f.timeout == ic::deciseconds{}; }},
        {rest + "LABEL b\nKERNEL /I\nMENU DEFAULT\n", [](const auto& f) { return f.default_label == "b"; }},
        {rest + "MENU DEFAULT\nLABEL b\nKERNEL /I\nMENU DEFAULT\n",
         [](const auto& f) { return f.default_label == "a"; }},
        {"PROMPT 0\n" + rest, [](const auto& f) { return f.timeout == ic::deciseconds{}; }},
        {"PROMPT\n" + rest, [](const auto& f) { return f.timeout == ic::deciseconds{}; }},
        {"PROMPT 1\nMENU TITLE t\nTIMEOUT 1\n" + rest, [](const auto& f) { return f.timeout == ic::deciseconds{1}; }},
        // a FIT with a configuration
        {"LABEL a\nKERNEL /f.itb#conf-1#x",
         [](const auto& f) { return f.entries[0].kernel == "/f.itb" && f.entries[0].configuration == "conf-1#x"; }},
        // substitution
        {rest + "APPEND a=\\${b} c=$d", [](const auto& f) { return f.entries[0].append == "a=${b} c=$d"; }},
        {rest + "INITRD /i\nAPPEND initrd=/j", [](const auto& f) { return f.entries[0].initrd == "/i"; }},
        {rest + "APPEND a\nINITRD /i", [](const auto& f) { return f.entries[0].initrd == "/i"; }},
        // a keyword that is none of a label's ends the label
        {rest + "TIMEOUT 0\nMENU TITLE t\n",
         [](const auto& f) { return f.timeout == ic::wait_for_choice && f.title == "t"; }},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        const auto r = ic::read_extlinux(c.text);
        CHECK(told(r).empty());
        REQUIRE_FALSE(r.file.entries.empty());
        CHECK(c.holds(r.file));
    }
}

TEST_CASE("what works but not as it looks is a warning with its place") {
    const std::pair<std::string, std::string> cases[] = {
        {"TIMEOUT 10\n" + rest, "1:1: warning: TIMEOUT means nothing without a menu"},
        {"MENU TITLE t\n" + rest, "1:1: warning: there is a menu but no TIMEOUT"},
        {"MENU TITLE t\nTIMEOUT -20\n" + rest, "2:1: warning: TIMEOUT -20 makes U-Boot wait"},
        {"MENU AUTOBOOT x\nTIMEOUT 5\n" + rest, "1:1: warning: MENU \"AUTOBOOT\" is ignored"},
        {rest + "  MENU HIDE\n", "3:3: warning: MENU \"HIDE\" is ignored"},
        {"PROMPT 1\nTIMEOUT 50\n" + rest, "1:1: warning: PROMPT is obeyed by U-Boot 2025.01 and ignored by 2023.01"},
        {"MENU TITLE t\nPROMPT 0\nTIMEOUT 50\n" + rest, "2:1: warning: PROMPT is obeyed"},
        {"FALLBACK a\n" + rest, "1:1: warning: FALLBACK is ignored by U-Boot before 2024"},
        {rest + "APPEND initrd=/i x", "3:8: warning: U-Boot loads what follows initrd="},
        {rest + "APPEND rdinitrd=/i x", "3:10: warning: U-Boot loads what follows initrd="},
        {rest + "KERNEL /J", "3:1: warning: a second KERNEL"},
        {rest + "APPEND a\nAPPEND b", "4:1: warning: a second APPEND"},
        {rest + "APPEND " + std::string(512, 'x'), "3:8: warning: label \"a\": APPEND has 512 characters"},
    };
    for (const auto& [text, words] : cases) {
        INFO(text);
        const auto r = ic::read_extlinux(text);
        CHECK(any_starts(told(r), words));
        CHECK_NOTHROW(ic::parse_extlinux(text));
    }
    CHECK(ic::parse_extlinux(rest + "KERNEL /J").entries[0].kernel == "/J");
    CHECK(ic::parse_extlinux(rest + "APPEND a\nAPPEND b").entries[0].append == "b");
    CHECK(ic::parse_extlinux(rest + "APPEND initrd=/i x").entries[0].initrd == "/i");
}

TEST_CASE("what U-Boot would misread is refused with its line, its column and the reason") {
    const std::pair<std::string, std::string> cases[] = {
        // line ends and characters
        {"DEFAULT a\r\nLABEL a\r\nKERNEL /I\r\n", "1:10: error: a carriage return"},
        {"\r\n" + rest, "1:1: error: a carriage return"},
        {std::string("LABEL a\nKERNEL /I\0\n", 19), "2:10: error: a NUL ends the file"},
        {"LABEL a\nKERNEL /I \n",
         "2:8: error: label \"a\": KERNEL ends with a blank, and U-Boot looks for a file \"/I \""},
        {rest + "INITRD /i\t\n", "3:8: error: label \"a\": INITRD ends with a blank"},
        {rest + "FDT /d ", "3:5: error: label \"a\": FDT ends with a blank"},
        {rest + "FDTDIR /d ", "3:8: error: label \"a\": FDTDIR ends with a blank"},
        // values that are none
        {"LABEL\nKERNEL /I\n", "1:1: error: LABEL has no value; U-Boot refuses the whole file"},
        {"LABEL a\nKERNEL # /I\n", "2:1: error: KERNEL has no value (what begins with '#' is a comment)"},
        {rest + "APPEND\n", "3:1: error: APPEND has no value"},
        {rest + "APPEND", "3:1: error: APPEND has no value"},
        {"DEFAULT #a\n" + rest, "1:1: error: DEFAULT has no value"},
        {"MENU TITLE\n" + rest, "1:1: error: MENU TITLE has no value"},
        {"MENU\nTIMEOUT 10\n" + rest, "1:1: error: MENU stands alone, and U-Boot then skips the next line"},
        {rest + "MENU LABEL\nINITRD /i", "3:1: error: MENU LABEL has no value, and U-Boot then skips the next line"},
        {"TIMEOUT ten\nMENU TITLE t\n" + rest, "1:9: error: TIMEOUT \"ten\" is not a number; U-Boot reads it as 0"},
        {"TIMEOUT 1s\nMENU TITLE t\n" + rest, "1:9: error: TIMEOUT \"1s\" is not a number; U-Boot reads it as 1"},
        {"TIMEOUT 99999999999\nMENU TITLE t\n" + rest, "1:9: error: TIMEOUT \"99999999999\" is not a number"},
        {"LABEL a\nLOCALBOOT -", "2:11: error: LOCALBOOT \"-\" is not a number"},
        {rest + "IPAPPEND 4", "3:10: error: label \"a\": IPAPPEND is 4"},
        // words that are no keywords
        {"UI menu.c32\n" + rest, "1:1: error: \"UI\" is no keyword of U-Boot; the line is ignored"},
        {rest + "SAY hello\nINITRD /i",
         "3:1: error: \"SAY\" is no keyword of U-Boot, only of the latest; it ends the label \"a\""},
        {rest + "SAY hello\nINITRD /i",
         "4:1: error: \"INITRD\" is ignored by U-Boot: the label above it ended at line 3"},
        {"KERNEL /I\n" + rest, "1:1: error: \"KERNEL\" stands outside of a label"},
        {"TITLE t\n" + rest, "1:1: error: TITLE stands alone and is ignored by U-Boot; write MENU TITLE"},
        {"BACKGROUND t\n" + rest, "1:1: error: BACKGROUND stands alone"},
        {rest + "TIMEOUT 5\nAPPEND x", "4:1: error: \"APPEND\" stands outside of a label"},
        {rest + "KASLRSEED 1", "3:11: error: \"1\" is no keyword of U-Boot; it ends the label"},
        // twice
        {rest + "INITRD /i\nINITRD /j\nAPPEND x", "4:1: error: a second INITRD in a label"},
        {rest + "INITRD /i\nINITRD /j\nAPPEND x", "4:8: error: \"/j\" is no keyword of U-Boot; it ends the label"},
        {rest + "INITRD /i\nINITRD /j\nAPPEND x", "5:1: error: \"APPEND\" is ignored by U-Boot"},
        {rest + "FDT /i\nFDT /j", "4:1: error: a second FDT in a label"},
        {rest + "FDTDIR /i\nFDTDIR /j", "4:1: error: a second FDTDIR in a label"},
        {rest + "FDTOVERLAYS /i\nFDTOVERLAYS /j", "4:1: error: a second FDTOVERLAYS in a label"},
        {rest + "APPEND initrd=/i x\nINITRD /j", "4:1: error: a second INITRD in a label"},
        {rest + "FDT /d\nFDTDIR /e", "4:8: error: label \"a\": FDTDIR is given beside FDT"},
        {rest + rest, "3:7: error: label \"a\": LABEL is there twice"},
        // names
        {"DEFAULT b\n" + rest, "1:9: error: DEFAULT \"b\" is no label of this file"},
        {"DEFAULT a \n" + rest, "1:9: error: DEFAULT \"a \" is no label of this file"},
        {"FALLBACK b\n" + rest, "1:10: error: FALLBACK \"b\" is no label"},
        {"LABEL a\nAPPEND x\n", "1:7: error: label \"a\": KERNEL is missing"},
        {"LABEL a\nKERNEL /I#\n", "2:1: error: KERNEL ends with '#'"},
        {"", "1:1: error: LABEL there is none"},
        {"TIMEOUT 5\n", "1:1: error: LABEL there is none"},
        // other files
        {"INCLUDE /other.conf\n" + rest, "1:1: error: INCLUDE: files that others include are not supported"},
        {"MENU INCLUDE /other.conf\n" + rest, "1:1: error: MENU INCLUDE: files that others include"},
        // APPEND
        {rest + "APPEND root=${x}", "3:13: error: U-Boot replaces this by a variable"},
        {rest + "APPEND root=$(x)", "3:13: error: U-Boot replaces this by a variable"},
        {rest + "APPEND a='b'", "3:10: error: U-Boot removes this quotation mark"},
        {rest + "APPEND initrd=/i",
         "3:8: error: U-Boot takes the file name behind initrd= up to a space, and there is none"},
        {rest + "APPEND " + std::string(1024, 'x'),
         "3:8: error: label \"a\": APPEND has 1024 characters, 1 more than U-Boot takes"},
        // sizes
        {"LABEL a\nKERNEL /" + std::string(512, 'x'), "2:8: error: label \"a\": KERNEL is a path of 513 characters"},
        {rest + "#" + std::string(65536, 'x'),
         "1:1: error: the file has 65555 bytes; U-Boot 2023.04 and later ignores"},
    };
    for (const auto& [text, words] : cases) {
        INFO(text.substr(0, 200));
        INFO(words);
        const auto all = told(ic::read_extlinux(text));
        INFO((all.empty() ? "nothing" : all[0]));
        CHECK(any_starts(all, words));
        CHECK_THROWS_AS(ic::parse_extlinux(text), ic::format_error);
    }
    CHECK_THROWS_MATCHES(ic::parse_extlinux("UI x\n" + rest), ic::format_error,
                         says("extlinux.conf:1:1: error: \"UI\""));
    CHECK_NOTHROW(ic::parse_extlinux(rest + "#" + std::string(65536 - rest.size() - 1, 'x')));
}

TEST_CASE("a confused file is read as U-Boot 2023.01 and 2025.01 read it in QEMU") {
    // Both said: Expected string literal / Ignoring unknown command: 1 / Ignoring unknown command: APPEND, loaded
    // /initrd and /extlinux/../Image, and gave the kernel "console=ttyAMA0 first".
    const auto r = ic::read_extlinux(R"(DEFAULT a
LABEL a
 KERNEL ../Image
 MENU LABEL
 INITRD /nope
 INITRD /initrd
 APPEND console=ttyAMA0 first
 KASLRSEED 1
 APPEND console=ttyAMA0 second
)");
    CHECK(
        told(r) ==
        std::vector<std::string>{
            "4:2: error: MENU LABEL has no value, and U-Boot then skips the next line; remove it",
            "8:12: error: \"1\" is no keyword of U-Boot; it ends the label \"a\", and what follows of that is ignored; "
            "remove the line",
            "9:2: error: \"APPEND\" is ignored by U-Boot: the label above it ended at line 8 with a word that does not "
            "belong to a label"});
    REQUIRE(r.file.entries.size() == 1);
    CHECK(r.file.entries[0] == ic::extlinux_entry{.label = "a",
                                                  .kernel = "../Image",
                                                  .initrd = "/initrd",
                                                  .append = "console=ttyAMA0 first",
                                                  .kaslrseed = true});
}

TEST_CASE("a label that ended keeps what it had, as in U-Boot") {
    const auto r = ic::read_extlinux("LABEL a\nKERNEL /I\nSAY hi\nINITRD /i\nAPPEND x\nLABEL b\nKERNEL /J\n");
    REQUIRE(r.file.entries.size() == 2);
    CHECK(r.file.entries[0] == ic::extlinux_entry{.label = "a", .kernel = "/I"});
    CHECK(r.file.entries[1] == ic::extlinux_entry{.label = "b", .kernel = "/J"});
}

TEST_CASE("the vendor's U-Boot of 2017 knows fewer words, and counts seconds") {
    CHECK(ic::parse_extlinux("MENU TITLE t\nTIMEOUT 5\n" + rest, ic::u_boot_2017).timeout == ic::deciseconds{5_s});
    CHECK(ic::parse_extlinux("PROMPT 1\n" + rest, ic::u_boot_2017).timeout == ic::deciseconds{}); // not obeyed
    for (const std::string line : {"KASLRSEED", "FDTOVERLAYS /a", "devicetree-overlay /a", "FALLBACK a"}) {
        INFO(line);
        CHECK_NOTHROW(ic::parse_extlinux(rest + line));
        CHECK_THROWS_MATCHES(ic::parse_extlinux(rest + line, ic::u_boot_2017), ic::format_error,
                             says("is no keyword of U-Boot 2017.09, only of later ones; it ends the label \"a\""));
    }
    CHECK_NOTHROW(ic::parse_extlinux(rest + "#" + std::string(65536, 'x'), ic::u_boot_2017));
    CHECK_THROWS_MATCHES(ic::parse_extlinux(rest, ic::linux_kernel), ic::format_error, says("not by Linux"));
}

TEST_CASE("more labels than U-Boot can number are refused") {
    std::string text;
    for (int i = 0; i < 999; ++i) text += "LABEL " + std::to_string(i) + "\nKERNEL /I\n";
    CHECK(ic::parse_extlinux(text).entries.size() == 999);
    CHECK_THROWS_MATCHES(ic::parse_extlinux(text + "LABEL z\nKERNEL /I\n"), ic::format_error, says("there are 1000"));
}

TEST_CASE("what is written is read back the same") {
    const ic::extlinux files[] = {
        {.default_label = "a", .entries = {{.label = "a", .kernel = "/I"}}},
        {.timeout = 3_s,
         .default_label = "b c",
         .title = "A title # with that",
         .background = "/b.bmp",
         .fallback_label = "a",
         .entries = {{.label = "a",
                      .menu_label = "The 'first'",
                      .kernel = "../I",
                      .initrd = "/i",
                      .fdt = "/d",
                      .append = R"(a=${b} 'c' \d $$ "e f" initrd=x)"},
                     {.label = "b c",
                      .kernel = "/f",
                      .configuration = "c#d",
                      .fdtdir = "/x",
                      .fdtoverlays = {"/o", "p"},
                      .append = "q ",
                      .ipappend = 3,
                      .kaslrseed = true},
                     {.label = "e", .localboot = -1}}},
        {.timeout = ic::wait_for_choice, .default_label = "a", .entries = {{.label = "a", .kernel = "/my kernel"}}},
        {.timeout = 4_s,
         .default_label = "a",
         .entries = {{.label = "a", .kernel = "/I"}},
         .readable_by = ic::u_boot_2017},
    };
    for (const auto& file : files) {
        INFO(ic::emit(file));
        CHECK(ic::parse_extlinux(ic::emit(file), file.readable_by) == file);
        CHECK(ic::emit(ic::parse_extlinux(ic::emit(file), file.readable_by)) == ic::emit(file));
    }
}

TEST_CASE("no text makes the reader crash, and what it accepts it can write") {
    const std::vector<std::string> pieces{"LABEL ",
                                          "KERNEL ",
                                          "INITRD ",
                                          "APPEND ",
                                          "FDT ",
                                          "FDTDIR ",
                                          "FDTOVERLAYS ",
                                          "MENU ",
                                          "TITLE ",
                                          "DEFAULT ",
                                          "TIMEOUT ",
                                          "PROMPT ",
                                          "INCLUDE ",
                                          "LOCALBOOT ",
                                          "IPAPPEND ",
                                          "KASLRSEED",
                                          "FALLBACK ",
                                          "BACKGROUND ",
                                          "SAY ",
                                          "\n",
                                          "\n",
                                          "\n",
                                          "\n",
                                          "\n",
                                          " ",
                                          "\t",
                                          "#",
                                          "a",
                                          "/I",
                                          "10",
                                          "-",
                                          "${x}",
                                          "initrd=",
                                          "'",
                                          "\\",
                                          "\"",
                                          "\r",
                                          std::string(1, '\0'),
                                          "\xa0",
                                          "\xff"};
    std::uint32_t state = 12345;
    const auto random = [&](std::size_t below) { return (state = state * 1664525 + 1013904223) / 65536 % below; };
    int accepted = 0;
    for (int round = 0; round < 30000; ++round) {
        std::string text;
        if (round % 2 == 0) {
            for (std::size_t n = random(40); n > 0; --n) text += pieces[random(pieces.size())];
        } else {
            text = round % 4 == 1 ? nixos : nanopi_r2s;
            for (std::size_t n = random(3) + 1; n > 0; --n) {
                const std::size_t at = random(text.size());
                if (random(2) == 0) text[at] = static_cast<char>(random(256));
                else text.erase(at, random(20));
            }
        }
        const auto by = round % 3 == 0 ? ic::u_boot_2017 : ic::u_boot;
        auto r = ic::read_extlinux(text, by);
        for (const auto& f : r.findings)
            if (f.line == 0 || f.column == 0 || f.message.empty()) FAIL(text);
        if (std::ranges::any_of(r.findings, [](const auto& f) { return f.how_bad == ic::severity::error; })) continue;
        ++accepted;
        if (r.file.default_label.empty())
            r.file.default_label = r.file.entries.front().label; // what is written says it
        if (r.file.timeout == ic::deciseconds{})
            r.file.title = ic::extlinux{}.title, r.file.background.clear(); // not shown
        INFO(text);
        REQUIRE(ic::parse_extlinux(ic::emit(r.file), by) == r.file);
    }
    CHECK(accepted > 1000);
}
