// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/lint_scripts.hpp>

#include <tests/support/catch.hpp>

#include <random>
#include <string>

namespace ic = imgcompose;

namespace {

std::string loads(const std::string& script) {
    std::string all;
    for (const ic::script_load& l : ic::facts_of_script(script).loads) {
        using enum ic::script_load::when;
        all += ic::text::join(l.line, ' ', l.path, l.partition ? ic::text::join(" of ", *l.partition) : "",
                              l.loaded == always ? "" : l.loaded == asked ? " asked" : " sometimes", l.boots ? " boots\n" : "\n");
    }
    return all;
}
std::string arguments(const std::string& script) {
    std::string all;
    for (const auto& [line, words] : ic::facts_of_script(script).bootargs) all += ic::text::join(line, ": ", words, '\n');
    return all;
}

} // namespace

TEST_CASE("the files that a script loads are found with where from") {
    CHECK(loads("load mmc 0:1 ${kernel_addr_r} /Image\n") == "1 /Image of 1 boots\n");
    CHECK(loads("\n# load mmc 0:1 0 /x\next4load usb 0 0x2000000 boot/Image") == "3 /boot/Image\n");
    CHECK(loads("fatload ${devtype} ${devnum}:${distro_bootpart} $fdt_addr_r 'a b.dtb'") == "1 /a b.dtb boots\n");
    CHECK(loads("load mmc 0:a 0 /x") == "1 /x of 10\n"); // hexadecimal
    CHECK(loads("load mmc 0:1 0 ${fdtfile}; load mmc") == "");
    CHECK(loads("setenv f a.dtb; setenv p \"dtbs/${f}\"\nload mmc 0:1 0 ${p}") == "2 /dtbs/a.dtb of 1\n");
}

TEST_CASE("whether a file is loaded may depend on others") {
    CHECK(loads("load mmc 0 0 a || load mmc 0 0 b\nload mmc 0 0 c") == "1 /a sometimes\n1 /b sometimes\n2 /c\n");
    CHECK(loads("if load mmc 0 0 a; then load mmc 0 0 b; else load mmc 0 0 c; fi; load mmc 0 0 d") ==
          "1 /a asked\n1 /b asked\n1 /c sometimes\n1 /d\n");
    CHECK(loads("if test -n \"${x}\"\nthen\nload mmc 0 0 a\nfi\nload mmc 0 0 b\n") == "3 /a sometimes\n5 /b\n");
    CHECK(loads("for d in 0 1; do load mmc $d 0 a; done; load mmc 0 0 b") == "1 /a sometimes\n1 /b\n");
    CHECK(loads("if x; then setenv f a; fi; load mmc 0 0 $f") == ""); // nobody knows what it is
}

TEST_CASE("the command line that a script sets is found without what is not known") {
    CHECK(arguments("setenv bootargs \"root=LABEL=ROOT console=${console} rw\"") == "1: root=LABEL=ROOT rw\n");
    CHECK(arguments("setenv root /dev/mmcblk0p2\nsetenv bootargs root=${root} ${bootargs}\n") == "2: root=/dev/mmcblk0p2\n");
    CHECK(arguments("setenv bootargs 'a=$b'") == "1: a=$b\n");
}

TEST_CASE("whatever a script is, it ends in an answer") {
    std::mt19937 random{3};
    constexpr std::string_view words[] = {"if ", "then ", "fi ", "else ", ";", "\n", "&&", "||", "load a b:1 c d", "$", "${", "}", "\"",
                                          "'", "\\", "setenv x ", "${x}", "done ", "for ", " "};
    for (int round = 0; round < 3000; ++round) {
        std::string script;
        for (int n = 0; n < 30; ++n) script += words[random() % std::size(words)];
        (void)ic::facts_of_script(script);
    }
    std::string doubling = "setenv x xxxxxxxx\n"; // which would be 2^60 bytes
    for (int n = 0; n < 60; ++n) doubling += "setenv x ${x}${x}\n";
    (void)ic::facts_of_script(doubling);
}
