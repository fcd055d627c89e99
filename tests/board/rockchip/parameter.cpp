// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/board/rockchip/parameter.hpp>

#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
namespace rk = imgcompose::rockchip;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
const std::string vendors =
    "# as a vendor's SDK has it\n"
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
    CHECK(p.keys ==
          std::vector<std::pair<std::string, std::string>>{{"FIRMWARE_VER", "8.1"}, {"MACHINE_MODEL", "RK3568"}});
    CHECK(p.cmdline == "console=ttyFIQ0");
    CHECK(p.device == "rk29xxnand");
    REQUIRE(p.partitions.size() == 4);
    CHECK(p.partitions[0] == rk::parameter_partition{.name = "uboot", .first = {0x4000}, .sectors = 0x2000});
    CHECK(p.partitions[2].bootable);
    CHECK(p.partitions[2].id == ic::parse_uuid("7a3f0000-0000-4469-8000-702300006b1d"));
    CHECK_FALSE(p.partitions[3].sectors);
    CHECK(rk::parse_parameter(rk::emit(p)) == p);
    CHECK(rk::emit(p).find("CMDLINE: console=ttyFIQ0 mtdparts=rk29xxnand:0x00002000@0x00004000(uboot),") !=
          std::string::npos);
    CHECK(rk::emit(p).find(",-@0x00028000(rootfs:grow)\nuuid:boot=7a3f0000-0000-4469-8000-702300006b1d\n") !=
          std::string::npos);
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
    CHECK_THROWS_MATCHES(rk::gpt_partitions(p, {0x20000}), ic::layout_error,
                         says("\"boot\" of parameter.txt ends at sector 163839"));
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
    refused("CMDLINE: console=ttyS2\n", "written as `CMDLINE: mtdparts=DEVICE:...`");
    refused("BOOT: mtdparts=x:0x1@0x40(a)\n", "written as `CMDLINE: mtdparts=DEVICE:...`");
    refused("CMDLINE: mtdparts x:0x1@0x40(a)\n", "written as `CMDLINE: mtdparts=DEVICE:...`");
    refused("CMDLINE: root=uuid:1 mtdparts=x:0x1@0x40(a)\n", "taken for a partition's uuid");
    refused("CMDLINE: mtdparts=x\n", "the device's name is missing");
    refused("CMDLINE: mtdparts=:0x1@0x2(a)\n", "names no device");
    partitions("", "a size, \"0x...\", is expected");
    partitions("0x1(a)", "a start, \"@0x...\", is missing");
    partitions("0x1@(a)", "a start, \"0x...\", is expected");
    // Decimal ones would be passed over by one tool and be hexadecimal to the other.
    partitions("8192@0x2(a)", "a size, \"0x...\", is expected before \"8192@");
    partitions("0x1@64(a)", "a start, \"0x...\", is expected before \"64(a)\"");
    partitions("0X1@0x2(a)", "a size, \"0x...\", is expected");
    partitions("0x@0x2(a)", "a size of 32 bits in hexadecimal digits is expected before \"@");
    partitions("0x1@0x2(a), 0x1@0x9(b)", "a size, \"0x...\", is expected before \" 0x1");
    partitions("0x1@0x2", "a name in brackets is missing");
    partitions("0x1@0x2(a", "the end of a name is missing");
    partitions("0x1@0x2()", "a partition has no name");
    partitions("0x0@0x2(a)", "\"a\" has no sectors");
    partitions("0xfffffffffffffffff@0x2(a)", "a size of 32 bits");
    partitions("0x100000000@0x2(a)", "a size of 32 bits");
    partitions("0x1@0x100000000(a)", "a start of 32 bits");
    partitions("0xffffffff@0x2(a)", "\"a\" begins or ends where 32 bits do not reach");
    partitions("0x1@0x2(a:big)", "a partition is not \"big\"");
    partitions("0x1@0x2(a) x", "\" x\" is left over");
    partitions("0x1@0x2(" + std::string(37, 'n') + ")", "\"" + std::string(37, 'n') + "\" has more than the 36");
    for (const std::string name : {"a b", " a", "a,b", "a(b", "a=b", "a\tb", "b\xc3\xb6se", "\xff", "a\x7f"})
        partitions("0x1@0x2(" + name + ")", ic::text::quoted(name) + " has a blank, one of");
    partitions("0x1@0x2(bootgrow:bootable)", "\"bootgrow\" has the name of a flag in it");
    partitions("-@0x2(bootables:grow)", "\"bootables\" has the name of a flag in it");
    partitions("0x4@0x2(a),0x1@0x5(b)", "\"b\" begins at sector 5, but \"a\" before it ends behind 5");
    partitions("0x1@0x8(a),0x1@0x2(b)", "\"b\" begins at sector 2");
    partitions("-@0x2(a),0x1@0x9(b)", "\"a\" takes the rest of the disk");
    partitions("0x1@0x2(a),0x1@0x9(a)", "two partitions are named \"a\"");
    partitions("0x1@0x2(Boot),0x1@0x9(boot)", "two partitions are named \"boot\"; rkdeveloptool does not tell");
    refused("CMDLINE: mtdparts=x:0x1@0x2(a)\nCMDLINE: mtdparts=x:0x1@0x2(a)\n",
            "parameter.txt:2: mtdparts= was on line 1 already");
    refused("CMDLINE: mtdparts=x:0x1@0x2(a)\nuuid:b=614e0000-0000-4b53-8000-1d28000054a9\n",
            "\"b\", which is no partition");
    const std::string id = "614e0000-0000-4b53-8000-1d28000054a9", line = "CMDLINE: mtdparts=x:0x1@0x2(a)\n";
    refused("uuid:b\n", "written as `uuid:NAME=UUID`");
    refused(line + "uuid:a=12\n", "parameter.txt:2: \"12\" is not a UUID");
    refused(line + "uuid:a=" + id + "\nuuid:a=" + id + "\n", "parameter.txt:3: \"a\" has a uuid already");
    const std::string longest(19, 'n');
    CHECK(rk::parse_parameter("CMDLINE: mtdparts=x:0x1@0x2(" + longest + ")\nuuid: " + longest + " = " + id + "\n")
              .partitions[0]
              .id == ic::parse_uuid(id));
    refused("CMDLINE: mtdparts=x:0x1@0x2(" + longest + "n)\nuuid:" + longest + "n=" + id + "\n",
            "parameter.txt:1: \"" + longest + "n\" has a uuid, and more than the 19 characters");
}

TEST_CASE("more partitions than a GPT has room for are refused at once") {
    const auto with = [](std::uint32_t count) {
        std::string text = "CMDLINE: mtdparts=x:";
        for (std::uint32_t i = 0; i < count; ++i)
            text += ic::text::join(i == 0 ? "" : ",", "0x1@", ic::text::hex(64 + i), "(p", i, ")");
        return text + "\n";
    };
    CHECK(rk::parse_parameter(with(128)).partitions.size() == 128);
    CHECK_THROWS_MATCHES(rk::parse_parameter(with(129)), ic::format_error,
                         says("parameter.txt:1: there are 129 partitions"));
    CHECK_THROWS_MATCHES(rk::parse_parameter(with(200'000)), ic::format_error, says("there are 200000 partitions"));
    std::string ids;
    for (int i = 0; i < 129; ++i) ids += ic::text::join("uuid:p", i, "=614e000000004b5380001d28000054a9\n");
    CHECK_THROWS_MATCHES(rk::parse_parameter(ids), ic::format_error, says("parameter.txt:129: there are more uuids"));
}

TEST_CASE("what the file cannot say is not written") {
    const rk::parameter good{.partitions = {{.name = "a", .first = {64}, .sectors = 1}}};
    CHECK(rk::emit(good) == "TYPE: GPT\nCMDLINE: mtdparts=rk29xxnand:0x00000001@0x00000040(a)\n");
    const auto refused = [&](auto change, const std::string& words) {
        auto p = good;
        change(p);
        CHECK_THROWS_MATCHES(rk::emit(p), ic::format_error, says(words));
    };
    refused([](auto& p) { p.partitions.clear(); }, "parameter.txt: there is no partition");
    refused([](auto& p) { p.partitions[0].name = ""; }, "parameter.txt: a partition has no name");
    refused([](auto& p) { p.partitions[0].name = "a:grow"; }, "has a blank, one of");
    refused([](auto& p) { p.partitions[0].name = "a)\nuuid:a"; }, "has a blank, one of");
    refused([](auto& p) { p.partitions[0].sectors = 0xffffffff; }, "32 bits do not reach");
    refused([](auto& p) { p.partitions[0].sectors = ~std::uint64_t{}; }, "32 bits do not reach");
    refused([](auto& p) { p.partitions[0].first = {0x100000000}; }, "32 bits do not reach");
    const std::string otherwise = "would be read as something else";
    refused([](auto& p) { p.keys = {{"MAGIC", "1\nMACHINE: 2"}}; }, otherwise);
    refused([](auto& p) { p.keys = {{"MAGIC", " 1"}}; }, otherwise);
    refused([](auto& p) { p.keys = {{"#MAGIC", "1"}}; }, otherwise);
    refused([](auto& p) { p.keys = {{"A:B", "1"}}; }, otherwise);
    refused([](auto& p) { p.keys = {{"TYPE", "GPT"}}; }, otherwise);
    refused([](auto& p) { p.keys = {{"CMDLINE", "quiet"}}; }, "written as `CMDLINE: mtdparts=DEVICE:...`");
    refused([](auto& p) { p.keys = {{"MACHINE", "mtdparts"}}; }, "written as `CMDLINE: mtdparts=DEVICE:...`");
    refused([](auto& p) { p.cmdline = "mtdparts=x:0x1@0x2(b)"; }, "is left over");
    refused([](auto& p) { p.device = "a:b"; }, "is expected before");
    refused([](auto& p) { p.device = ""; }, "names no device");
    // A GPT can have names that the file cannot.
    const ic::gpt_partition strange{.name = "EFI System", .first = {64}, .last = {127}},
        backwards{.name = "a", .first = {64}, .last = {63}};
    CHECK_THROWS_MATCHES(rk::parameter_of({&strange, 1}), ic::format_error, says("\"EFI System\" has a blank"));
    CHECK_THROWS_MATCHES(rk::parameter_of({&backwards, 1}), ic::format_error, says("\"a\" has no sectors"));
}
