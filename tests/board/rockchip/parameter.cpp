// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/rockchip/parameter.hpp>

#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
namespace rk = imgcompose::rockchip;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
const std::string vendors = "# as a vendor's SDK has it\n"
                            "FIRMWARE_VER: 8.1\r\n"
                            "MACHINE_MODEL: RK3568\r\n"
                            "TYPE: GPT\r\n"
                            "CMDLINE: console=ttyFIQ0 mtdparts=rk29xxnand:0x00002000@0x00004000(uboot),0x00002000@0x00006000(misc),"
                            "0x00020000@0x00008000(boot:bootable),-@0x00028000(rootfs:grow)\r\n"
                            "uuid:rootfs=614e0000-0000-4b53-8000-1d28000054a9\r\n"
                            "uuid:boot=7a3f0000000044698000702300006b1d\n";
} // namespace

TEST_CASE("a vendor's parameter.txt is read and written back") {
    const auto p = rk::parse_parameter(vendors);
    CHECK(p.keys == std::vector<std::pair<std::string, std::string>>{{"FIRMWARE_VER", "8.1"}, {"MACHINE_MODEL", "RK3568"}});
    CHECK(p.cmdline == "console=ttyFIQ0");
    CHECK(p.device == "rk29xxnand");
    REQUIRE(p.partitions.size() == 4);
    CHECK(p.partitions[0] == rk::parameter_partition{.name = "uboot", .first = {0x4000}, .sectors = 0x2000});
    CHECK(p.partitions[2].bootable);
    CHECK(p.partitions[2].id == ic::parse_uuid("7a3f0000-0000-4469-8000-702300006b1d"));
    CHECK_FALSE(p.partitions[3].sectors);
    CHECK(rk::parse_parameter(rk::emit(p)) == p);
    CHECK(rk::emit(p).find("CMDLINE: console=ttyFIQ0 mtdparts=rk29xxnand:0x00002000@0x00004000(uboot),") != std::string::npos);
    CHECK(rk::emit(p).find(",-@0x00028000(rootfs:grow)\nuuid:boot=7a3f0000-0000-4469-8000-702300006b1d\n") != std::string::npos);
}

TEST_CASE("it is a table of partitions, and such a table is it") {
    const auto p = rk::parse_parameter(vendors);
    const auto table = rk::gpt_partitions(p, {30'000'000});
    REQUIRE(table.size() == 4);
    CHECK(table[0].first.value == 0x4000);
    CHECK(table[0].last.value == 0x5fff);
    CHECK(table[2].attributes.has(ic::gpt_attributes::legacy_bios_bootable));
    CHECK(table[3].last.value == 30'000'000);
    CHECK(ic::make_gpt({.disk_size = 30'000'034_sectors, .partitions = table}).head.size() > 0);
    auto fixed = p;
    fixed.keys = {{"FIRMWARE_VER", "1.0"}, {"MAGIC", "0x5041524B"}};
    fixed.cmdline.clear();
    fixed.partitions[3].sectors = 30'000'000 - 0x28000 + 1;
    CHECK(rk::parameter_of(table) == fixed);
    CHECK_THROWS_MATCHES(rk::gpt_partitions(p, {0x20000}), ic::layout_error, says("\"boot\" of parameter.txt ends at sector 163839"));
    CHECK_THROWS_MATCHES(rk::gpt_partitions(p, {0x27fff}), ic::layout_error, says("\"rootfs\""));
}

TEST_CASE("what Rockchip's tools would misread is refused with its line") {
    const auto refused = [](const std::string& text, const std::string& words) {
        CHECK_THROWS_MATCHES(rk::parse_parameter(text), ic::format_error, says(words));
    };
    const auto partitions = [&](const std::string& text, const std::string& words) {
        refused("TYPE: GPT\nCMDLINE: mtdparts=rk29xxnand:" + text + "\n", "parameter.txt:2: " + words);
    };
    refused("", "there is no mtdparts=");
    refused("what\n", "parameter.txt:1: \"what\" has no colon");
    refused("TYPE: MBR\n", "only GPT");
    refused("CMDLINE: mtdparts=x\n", "the device's name is missing");
    refused("CMDLINE: mtdparts=:0x1@0x2(a)\n", "names no device");
    partitions("", "a size is expected");
    partitions("0x1(a)", "a start, \"@0x...\", is missing");
    partitions("0x1@(a)", "a start is expected");
    partitions("0x1@0x2", "a name in brackets is missing");
    partitions("0x1@0x2(a", "the end of a name is missing");
    partitions("0x1@0x2()", "a partition has no name");
    partitions("0x0@0x2(a)", "a partition has no sectors");
    partitions("0xfffffffffffffffff@0x2(a)", "a size is expected");
    partitions("0xffffffffffffffff@0x2(a)", "a size is expected");
    partitions("0x1@0x2(a:big)", "a partition is not \"big\"");
    partitions("0x1@0x2(a) x", "\" x\" is left over");
    partitions("0x1@0x2(" + std::string(37, 'n') + ")", "\"" + std::string(37, 'n') + "\" is not UTF-8 or has more than the 36");
    partitions("0x4@0x2(a),0x1@0x5(b)", "\"b\" begins at sector 5, but \"a\" before it ends behind 5");
    partitions("0x1@0x8(a),0x1@0x2(b)", "\"b\" begins at sector 2");
    partitions("-@0x2(a),0x1@0x9(b)", "\"a\" takes the rest of the disk");
    partitions("0x1@0x2(a),0x1@0x9(a)", "two partitions are named \"a\"");
    refused("CMDLINE: mtdparts=x:0x1@0x2(a)\nCMDLINE: mtdparts=x:0x1@0x2(a)\n", "parameter.txt:2: mtdparts= was on line 1 already");
    refused("CMDLINE: mtdparts=x:0x1@0x2(a)\nuuid:b=614e0000-0000-4b53-8000-1d28000054a9\n", "\"b\", which is no partition");
    refused("uuid:b\n", "written as `uuid:NAME=UUID`");
    CHECK_THROWS_AS(rk::parse_parameter("CMDLINE: mtdparts=x:0x1@0x2(a)\nuuid:a=12\n"), ic::error);
}
