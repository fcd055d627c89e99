// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/boot_script.hpp>
#include <imgcompose/core/crc.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <string>

namespace ic = imgcompose;
using imgcompose_test::says;
using imgcompose_test::text_of;

namespace {
std::string script_of(std::size_t size) {
    std::string s;
    while (s.size() < size) s += "echo line " + std::to_string(s.size()) + "\n";
    s.resize(size);
    return s;
}
} // namespace

TEST_CASE("mkimage makes the same boot.scr") {
    if (!imgcompose_test::have("mkimage")) {
        WARN("skipped: mkimage not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    const std::string longest = "0123456789012345678901234567890123456789";
    const auto mkimage = [&](const std::string& script, const std::string& name, const std::string& arch,
                             long long epoch) {
        imgcompose_test::write_file(dir / "boot.cmd", script);
        return imgcompose_test::run("SOURCE_DATE_EPOCH=" + std::to_string(epoch) + " mkimage -A " + arch +
                                    " -T script -C none -n '" + name + "' -d '" + (dir / "boot.cmd") + "' '" +
                                    (dir / "boot.scr") + "'");
    };
    for (const std::size_t size : {1u, 2u, 3u, 4u, 5u, 511u, 512u, 513u, 4097u, 65464u})
        for (const std::size_t name_size : {0u, 1u, 31u, 32u}) {
            const auto name = longest.substr(0, name_size);
            INFO(size << " bytes, name " << name);
            REQUIRE(mkimage(script_of(size), name, "arm64", 1700000000).status == 0);
            const auto ours =
                ic::boot_script_bytes(script_of(size), {.name = name, .time = std::chrono::seconds{1700000000}});
            CHECK(text_of(ours) == imgcompose_test::read_file(dir / "boot.scr"));
        }
    SECTION("for another architecture, and the last time that fits") {
        REQUIRE(mkimage("true\n", "x", "arm", 4294967295).status == 0);
        CHECK(text_of(ic::boot_script_bytes(
                  "true\n", {.name = "x", .arch = ic::uimage_arch::arm, .time = std::chrono::seconds{4294967295}})) ==
              imgcompose_test::read_file(dir / "boot.scr"));
    }
    SECTION("where mkimage cuts a name of 40 bytes, ours is refused") {
        REQUIRE(mkimage("true\n", longest, "arm64", 1).status == 0);
        CHECK(text_of(ic::boot_script_bytes("true\n", {.name = longest.substr(0, 32), .time = std::chrono::seconds{1}})) ==
              imgcompose_test::read_file(dir / "boot.scr"));
        CHECK_THROWS_MATCHES(ic::boot_script("true\n", {.name = longest}), ic::input_error, says("has 40 bytes"));
    }
    SECTION("both refuse an empty one") {
        CHECK(mkimage("", "x", "arm64", 1).status != 0);
        CHECK_THROWS_MATCHES(ic::boot_script(""), ic::input_error, says("empty"));
    }
    SECTION("mkimage and dumpimage read ours") {
        imgcompose_test::write_file(dir / "ours", text_of(ic::boot_script_bytes("echo hello\n", {.name = "greeting"})));
        for (const char* program : {"mkimage", "dumpimage"}) {
            const auto run = imgcompose_test::run(std::string{program} + " -l '" + (dir / "ours") + "'");
            INFO(run.output);
            CHECK(run.status == 0);
            CHECK(run.output.find("Image Name:   greeting") != std::string::npos);
            CHECK(run.output.find("AArch64 Linux Script (uncompressed)") != std::string::npos);
            CHECK(run.output.find("Image 0: 11 Bytes") != std::string::npos);
        }
    }
}

TEST_CASE("a boot script is read back") {
    const auto content = ic::read_all(ic::boot_script("echo 1\n", {.name = "one"}));
    const auto read = ic::read_uimage(content);
    CHECK(read.type == static_cast<std::uint8_t>(ic::uimage_type::script));
    CHECK(read.time == 0);
    REQUIRE(read.parts.size() == 1);
    CHECK(text_of(read.parts[0]) == "echo 1\n");
}

TEST_CASE("a boot script that U-Boot would not run is refused") {
    CHECK(ic::boot_script_bytes(std::string(65536 - 72, '#')).size() == 65536);
    CHECK_THROWS_MATCHES(ic::boot_script_bytes(std::string(65536 - 71, '#')), ic::input_error,
                         says("1 more than the 65536"));
    CHECK_THROWS_MATCHES(ic::boot_script("a\r\nb\r\n"), ic::input_error, says("carriage return"));
    CHECK_THROWS_MATCHES(ic::boot_script(std::string_view{"a\0b", 3}), ic::input_error, says("NUL"));
}

TEST_CASE("the commands that boot a kernel") {
    SECTION("kernel and initrd, from where the script lies") {
        CHECK(ic::boot_commands({.kernel = "Image",
                                 .initrd = "initrd",
                                 .arguments = {.console = {"ttyS2,1500000"}, .root = ic::by_label("X")}}) ==
              "setenv bootargs 'console=ttyS2,1500000 root=LABEL=X'\n"
              "setenv fdt_used ${fdtcontroladdr}\n"
              "if test -n \"${fdt_addr}\"; then setenv fdt_used ${fdt_addr}; fi\n"
              "if load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} ${prefix}Image; then\n"
              "if load ${devtype} ${devnum}:${distro_bootpart} ${ramdisk_addr_r} ${prefix}initrd; then\n"
              "booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdt_used}\n"
              "fi\nfi\n");
    }
    SECTION("a kernel alone, and a device tree") {
        const auto script = ic::boot_commands({.kernel = "/boot/Image", .fdt = "/boot/board.dtb"});
        CHECK(script.find("${kernel_addr_r} /boot/Image;") != std::string::npos);
        CHECK(script.find("${fdt_addr_r} /boot/board.dtb;") != std::string::npos);
        CHECK(script.find("booti ${kernel_addr_r} - ${fdt_used}\n") != std::string::npos);
        CHECK(script.find("setenv bootargs ''\n") == 0);
    }
    SECTION("quoting") {
        const auto script = ic::boot_commands({.kernel = "my kernel", .arguments = {.extra = {"dyndbg=a b; reset"}}});
        CHECK(script.find("setenv bootargs 'dyndbg=\"a b; reset\"'\n") == 0);
        CHECK(script.find("${prefix}'my kernel';") != std::string::npos);
        CHECK_THROWS_MATCHES(ic::boot_commands({.kernel = "it's"}), ic::input_error, says("disagree"));
        CHECK_THROWS_MATCHES(ic::boot_commands({.kernel = "Image", .arguments = {.extra = {"a='b'"}}}), ic::input_error,
                             says("disagree"));
        CHECK_THROWS_MATCHES(ic::boot_commands({}), ic::input_error, says("path of a kernel"));
    }
}

TEST_CASE("the commands of a boot script are read back") {
    const std::string commands = "echo a\nbooti 1 - 2\n";
    const auto content = ic::boot_script_bytes(commands, {.name = "x"});
    CHECK(ic::read_boot_script(content) == commands);
    CHECK_THROWS_MATCHES(ic::read_boot_script(std::as_bytes(std::span{commands})), ic::format_error, says("uImage"));
    const auto kernel = ic::uimage_bytes(std::as_bytes(std::span{commands}), {});
    CHECK_THROWS_MATCHES(ic::read_boot_script(kernel), ic::format_error, says("of type 2 (kernel) instead of 6"));
    const std::span<const std::byte> cut{content.data(), content.size() - 1};
    CHECK_THROWS_MATCHES(ic::read_boot_script(cut), ic::format_error, says("missing"));
    ic::owned_bytes no_part(64);
    ic::detail::append_be32(no_part, 0);
    ic::detail::fill_in_header(no_part, {.type = ic::uimage_type::script});
    CHECK_THROWS_AS(ic::read_boot_script(no_part), ic::format_error);
}

TEST_CASE("the digest of a boot script does not change unnoticed") {
    // The header of mkimage 2023.01 for this script, name and time.
    const auto content = ic::boot_script_bytes(
        "a", {.name = "01234567890123456789012345678901", .time = std::chrono::seconds{1700000000}});
    CHECK(ic::crc32(content) == ic::crc32(std::as_bytes(std::span{
                                    std::string_view{"\x27\x05\x19\x56\xf8\xb4\x3b\xb6\x65\x53\xf1\x00\x00\x00\x00\x09"
                                                     "\x00\x00\x00\x00\x00\x00\x00\x00\x17\xe0\x96\xc5\x05\x16\x06\x00"
                                                     "01234567890123456789012345678901\x00\x00\x00\x01\x00\x00\x00\x00"
                                                     "a",
                                                     73}})));
}
