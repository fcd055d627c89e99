// SPDX-License-Identifier: BSL-1.0
// Disks with the bootloaders that Debian ships for boards.
#include "command.hpp"

#include <tests/boot/shipped.hpp>
#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace t = imgcompose_test;
using imgcompose_test::has;

namespace {

/// Debian's folder and the board; those that have no name here have the layout and the SoC of one that has.
constexpr std::pair<const char*, const char*> boards[]{
    {"nanopc-t4-rk3399", "nanopc-t4"},
    {"pinebook-pro-rk3399", "pinebook-pro"},
    {"rock-pi-4-rk3399", "rock-pi-4a"},
    {"rock-pi-4-rk3399", "rock-pi-4b"},
    {"rock-pi-e-rk3328", "rock-pi-e"},
    {"rock64-rk3328", "rock64"},
    {"rockpro64-rk3399", "rockpro64"},
    {"pine64_plus", "pine64-plus"},
    {"firefly-rk3399", "rockpro64"},
    {"nanopi-neo4-rk3399", "rockpro64"},
    {"roc-pc-rk3399", "rockpro64"},
    {"a64-olinuxino", "pine64-plus"},
    {"a64-olinuxino-emmc", "pine64-plus"},
    {"pine64-lts", "pine64-plus"},
    {"pinebook", "pine64-plus"},
    {"pinephone", "pine64-plus"},
    {"pinetab", "pine64-plus"},
    {"sopine_baseboard", "pine64-plus"},
    {"teres_i", "pine64-plus"},
    {"nanopi_neo2", "orangepi-pc2"},
    {"nanopi_neo_plus2", "orangepi-pc2"},
    {"orangepi_zero_plus2", "orangepi-pc2"},
};

/// Debian's folders with it.
std::vector<std::filesystem::path> folders_of(const std::string& name, t::release which) {
    std::vector<std::filesystem::path> tops{t::shipped_bootloaders() / "arm64/usr/lib/u-boot", t::shipped_bootloaders()}, found;
    if (which == t::release::and_next) tops.push_back(t::shipped_bootloaders() / "next/usr/lib/u-boot");
    for (const auto& top : tops)
        if (std::filesystem::exists(top / name)) found.push_back(top / name);
    return found;
}


} // namespace

TEST_CASE("disks with the bootloaders that are shipped are recognised and found sound", "[shipped]") {
    int composed = 0;
    for (const auto& [name, board] : boards) {
        const auto folders = folders_of(name, t::release::own);
        if (folders.empty()) continue;
        const auto& folder = folders.front();
        INFO(name << " on " << board);
        ++composed;
        const t::command_folder in;
        const bool rockchip = std::filesystem::exists(folder / "idbloader.img");
        const auto put = [&](const char* file, const std::string& content) { in.write(file, content); };
        if (rockchip) {
            put("idbloader.img", t::read_file(folder / "idbloader.img"));
            put("u-boot.itb", t::read_file(folder / "u-boot.itb"));
        } else { // in two halves
            put("u-boot-sunxi-with-spl.bin",
                t::read_file(folder / "sunxi-spl.bin") + t::read_file(folder / "u-boot-sunxi-with-spl.fit.itb"));
        }
        in.write("d.toml", std::string{"[image]\nboard = \""} + board +
                               "\"\nseed = \"real\"\nepoch = 1\n[[partition]]\nname = \"boot\"\nsize = \"8MiB\"\n"
                               "filesystem = { type = \"ext4\" }\n");
        const auto built = in("build d.toml --inputs . -q -o disk.img");
        INFO(built.output);
        REQUIRE(built.status == 0);

        const auto found = in("inspect disk.img", "COLUMNS=200").output;
        INFO(found);
        CHECK_FALSE(has(found, "damaged"));
        CHECK_FALSE(has(found, "(unknown)"));
        const auto tells = [&](const std::string& file, const std::string& words) {
            CHECK(has(found, '\n' + file + ": " + words + ", " + std::to_string(in.read(file).size()) + " bytes"));
        };
        if (rockchip) tells("idbloader.img", "idbloader at sector 64"), tells("u-boot.itb", "FIT at sector 16384");
        else tells("u-boot-sunxi-with-spl.bin", "eGON at sector 16");

        // There is nothing to boot on it, which is told as a warning.
        const auto lint = in(std::string{"lint disk.img --board "} + board);
        INFO(lint.output);
        CHECK(lint.status == 0);
        CHECK_FALSE(has(lint.output, "error"));
        CHECK_FALSE(has(lint.output, "[bootloader-"));
        if (rockchip) {
            const std::string other = has(name, "rk3399") ? "rock64" : "rockpro64";
            const auto wrong = in("lint disk.img --board " + other);
            CHECK(wrong.status == 1);
            CHECK(has(wrong.output, "[bootloader-wrong-soc]"));
        }

        REQUIRE(in("extract disk.img --bootloader -o out").status == 0);
        for (const char* file : {"idbloader.img", "u-boot.itb", "u-boot-sunxi-with-spl.bin"})
            if (rockchip != has(file, "sunxi"))
                CHECK(in.shell(std::string{"cmp out/"} + file + ' ' + file).output.empty());

        // Debian's own installer, where it is, finds every byte in its place already.
        const auto installer = folder.parent_path().parent_path().parent_path() / "bin" /
                               (rockchip ? "u-boot-install-rockchip" : "u-boot-install-sunxi");
        if (!std::filesystem::exists(installer)) continue;
        const auto installed = in.shell("cp disk.img installed.img && TARGET=" + t::word(folder.string()) + " sh " +
                                        t::word(installer.string()) + (rockchip ? "" : " -f") + " installed.img");
        INFO(installed.output);
        REQUIRE(installed.status == 0);
        CHECK(in.shell("cmp disk.img installed.img").output.empty());
    }
    if (composed == 0) WARN("skipped: no bootloaders of boards in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot");
}

TEST_CASE("of the bootloaders that are shipped a board's flash gets the image that is shipped, and a card both files", "[shipped]") {
    int composed = 0;
    for (const auto& [name, board] : {std::pair{"rock64-rk3328", "rock64"}, {"rockpro64-rk3399", "rockpro64"}, {"pinebook-pro-rk3399", "pinebook-pro"},
                                      {"rock-pi-4-rk3399", "rock-pi-4a"}, {"rock-4se-rk3399", "rock-4se"}})
        for (const auto& folder : folders_of(name, t::release::and_next)) {
            if (!std::filesystem::exists(folder / "u-boot-rockchip-spi.bin")) continue;
            INFO(folder << " on " << board);
            ++composed;
            const t::command_folder in;
            const std::string head = std::string{"[image]\nboard = \""} + board + "\"\n", tail = "[[partition]]\nname = \"a\"\nsize = \"1MiB\"\n";
            const auto build = [&](const std::string& bootloader, const std::string& options) {
                in.write("d.toml", head + bootloader + tail);
                const auto built = in("build d.toml --inputs " + t::word(folder.string()) + " -q -o disk.img " + options);
                INFO(built.output);
                REQUIRE(built.status == 0);
            };
            const std::string spi = t::read_file(folder / "u-boot-rockchip-spi.bin"), flash = "--set image.bootloader_in=spi";
            const std::string combined = "[[bootloader]]\nname = \"u-boot-rockchip.bin\"\n";
            const std::string made = "[[bootloader]]\nname = \"idbloader.img\"\nmade = { type = \"idbloader\", tpl = \"u-boot-tpl.bin\", "
                                                 "spl = \"u-boot-spl.bin\" }\n[[bootloader]]\nname = \"u-boot.itb\"\n";
            for (const std::string& from : {std::string{}, combined, made}) {
                build(from, flash);
                CHECK(in.read("disk.spi.img") == spi);
            }
            build("", flash + " --set image.spi_size=16MiB");
            CHECK(in.read("disk.spi.img") == spi + std::string((16u << 20) - spi.size(), '\xff'));
            build("", "");
            const std::string card = in.read("disk.img");
            for (const std::string& from : {combined, made}) {
                build(from, "");
                CHECK(in.read("disk.img") == card);
            }
        }
    if (composed == 0) WARN("skipped: no u-boot-rockchip-spi.bin in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot");
}
