// SPDX-License-Identifier: BSL-1.0
// What would not boot is told before it is written.
#include "command.hpp"

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <filesystem>
#include <string>

using namespace imgcompose_test;

namespace {


const std::string build = "build " + shipped("rock64") + " --inputs . -q -o disk.img";

} // namespace

TEST_CASE("what would not boot is not written, unless it is asked for") {
    const command_folder in;
    const auto refused = [&](const std::string& code) {
        const auto r = in(build);
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(has(r.output, '[' + code + ']'));
        CHECK(has(r.output, "rock64.toml: nothing was written, because it would not boot; --no-lint writes it all the same"));
        CHECK(!std::filesystem::exists(in / "disk.img"));
    };
    const std::string idbloader = in.read("idbloader.img"), itb = in.read("u-boot.itb");
    in.write("idbloader.img", idbloader.substr(0, 100'000));
    refused("bootloader-truncated");
    in.write("idbloader.img", itb);
    in.write("u-boot.itb", idbloader);
    refused("bootloader-misplaced");
    in.put_bootloader_of("rk3399");
    refused("bootloader-wrong-soc");
    in.put_bootloader_of("rk3328");
    in.write("Image", std::string(100'000, 'k'));
    refused("kernel-unfit");
    const auto written = in(build + " --no-lint");
    INFO(written.output);
    CHECK(written.status == 0);
    CHECK(written.output.empty());
    CHECK(std::filesystem::exists(in / "disk.img"));
}

TEST_CASE("what may not boot is told and written") {
    const command_folder in;
    in.write("rootfs/etc/fstab", "LABEL=HOME /home ext4 defaults 0 2\n");
    const auto r = in(build);
    CHECK(r.status == 0);
    CHECK(has(r.output, "rock64.toml: warning: sector "));
    CHECK(has(r.output, "[fstab-names-nothing]"));
    CHECK(std::filesystem::exists(in / "disk.img"));
}

TEST_CASE("all boards of a disk and its SPI flash are judged") {
    const command_folder in{"rk3588"};
    in.write("two.toml", "[image]\nboard = [\"orangepi-5\", \"rock-5a\"]\n[[partition]]\nname = \"boot\"\nsize = \"4MiB\"\n"
                         "filesystem = { type = \"ext4\", readable_by = \"u-boot\" }\ntree = [{ file = \"Image\", to = \"/Image\" }]\n"
                         "[extlinux]\ninto = \"boot\"\nentry = [{ label = \"a\", kernel = \"/Image\" }]\n");
    CHECK(in("lint two.toml").status == 0);
    in.put_bootloader_of("rk3328");
    const auto wrong = in("lint two.toml").output;
    CHECK(has(wrong, "Xunlong Orange Pi 5 has an RK3588S"));
    CHECK(has(wrong, "Radxa ROCK 5A has an RK3588S"));

    in.put_bootloader_of("rk3588");
    const std::string in_spi = " --set image.board=orangepi-5 --set image.bootloader_in=spi";
    const auto sound = in("lint two.toml" + in_spi);
    INFO(sound.output);
    CHECK(sound.status == 0);
    CHECK(!has(sound.output, "bootloader-missing"));
    in.put_bootloader_of("rk3328");
    const auto flash = in("build two.toml -q -o disk.img" + in_spi);
    CHECK(flash.status == 1);
    CHECK(has(flash.output, "two.toml: SPI flash: error: "));
    CHECK(!std::filesystem::exists(in / "disk.img"));
    CHECK(in("lint two.toml --spi").status == 2);
    CHECK(in("lint Image --spi").status == 2);
}

TEST_CASE("the bootloader for the SPI flash of an RK3399 is extracted as one for a card") {
    const command_folder in{"rk3399"};
    in.write("d.toml", "[image]\nboard = \"rockpro64\"\nbootloader_in = \"spi\"\n[[partition]]\nname = \"a\"\nsize = \"1MiB\"\n");
    const auto built = in("build d.toml -q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    const auto taken = in("extract disk.spi.img --bootloader -o out");
    CHECK(has(taken.output, "in its plain form"));
    CHECK((in.read("out/idbloader.img") == in.read("idbloader.img")));
    CHECK((in.read("out/u-boot.itb") == in.read("u-boot.itb")));
    CHECK(in("lint disk.spi.img --spi --board rockpro64").status == 0);
}
