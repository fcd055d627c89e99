// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/cmdline.hpp>

#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using imgcompose_test::says;

TEST_CASE("a command line is written in a fixed order") {
    const ic::cmdline r2s{.console = {"ttyS2,1500000", "tty1"},
                          .earlycon = "uart8250,mmio32,0xff130000",
                          .root = ic::by_label("NIXOS_SD"),
                          .rootfstype = "ext4",
                          .rootwait = true,
                          .access = ic::root_access::read_only,
                          .init = "/nix/store/x/init",
                          .extra = {"loglevel=4", "quiet"}};
    CHECK(to_string(r2s) ==
          "console=ttyS2,1500000 console=tty1 earlycon=uart8250,mmio32,0xff130000 root=LABEL=NIXOS_SD "
          "rootfstype=ext4 rootwait ro init=/nix/store/x/init loglevel=4 quiet");
    CHECK(ic::parse_cmdline(to_string(r2s)) == r2s);
    const std::string text = r2s;
    CHECK(text == to_string(r2s));
    CHECK(to_string(ic::cmdline{}).empty());
}

TEST_CASE("each way to name a root is written and read") {
    using namespace ic::literals;
    CHECK(to_string(ic::by_label("X")) == "LABEL=X");
    CHECK(to_string(ic::by_uuid("0fc63daf-8483-4772-8e79-3d69d8477de4"_uuid)) ==
          "UUID=0fc63daf-8483-4772-8e79-3d69d8477de4");
    CHECK(to_string(ic::by_partuuid("0fc63daf-8483-4772-8e79-3d69d8477de4"_uuid)) ==
          "PARTUUID=0fc63daf-8483-4772-8e79-3d69d8477de4");
    CHECK(to_string(ic::by_partlabel("root")) == "PARTLABEL=root");
    CHECK(to_string(ic::by_device("/dev/mmcblk0p2")) == "/dev/mmcblk0p2");
    for (const auto& root : {ic::by_label("X"), ic::by_uuid("ABCD-1234"), ic::by_partuuid("2178694e-02"),
                             ic::by_partlabel("root"), ic::by_device("/dev/vda2")})
        CHECK(ic::parse_root_spec(to_string(root)) == root);
    CHECK_THROWS_MATCHES(ic::parse_root_spec("LABEL="), ic::input_error, says("root=LABEL= needs a value"));
    CHECK_THROWS_MATCHES(to_string(ic::cmdline{.root = ic::by_label("")}), ic::input_error, says("needs a value"));
}

TEST_CASE("blanks in values are put in double quotes, as the kernel wants them") {
    const ic::cmdline c{.root = ic::by_partlabel("my root"), .extra = {"dyndbg=file a.c +p", "empty="}};
    CHECK(to_string(c) == R"(root="PARTLABEL=my root" dyndbg="file a.c +p" empty=)");
    CHECK(ic::parse_cmdline(to_string(c)) == c);
    CHECK(ic::parse_cmdline(R"("dyndbg=file a.c +p")").extra == std::vector<std::string>{"dyndbg=file a.c +p"});
}

TEST_CASE("what the kernel cannot read is refused") {
    CHECK_THROWS_MATCHES(to_string(ic::cmdline{.extra = {"a=\"b\""}}), ic::input_error, says("a double quote"));
    CHECK_THROWS_MATCHES(to_string(ic::cmdline{.extra = {"a=b\n"}}), ic::input_error, says("a control character"));
    CHECK_THROWS_MATCHES(to_string(ic::cmdline{.extra = {"quiet splash"}}), ic::input_error, says("use parse_cmdline"));
    CHECK_THROWS_MATCHES(to_string(ic::cmdline{.extra = {"a b=c"}}), ic::input_error, says("a blank in its name"));
    CHECK_THROWS_MATCHES(to_string(ic::cmdline{.extra = {""}}), ic::input_error, says("leave it out"));
    CHECK_THROWS_MATCHES(to_string(ic::cmdline{.extra = {std::string(2048, 'x')}}), ic::input_error,
                         says("1 more than the 2047"));
    CHECK(to_string(ic::cmdline{.extra = {std::string(2047, 'x')}}).size() == 2047);
    CHECK_THROWS_MATCHES(ic::parse_cmdline("quiet a=\"b c"), ic::input_error, says("column 9"));
    CHECK_THROWS_MATCHES(ic::parse_cmdline("a=\"b c\"d"), ic::input_error, says("a double quote inside"));
    CHECK_THROWS_MATCHES(ic::parse_cmdline("\"a b=c\""), ic::input_error, says("a blank in its name"));
    CHECK_THROWS_MATCHES(ic::parse_cmdline(std::string(2048, 'x')), ic::input_error, says("1 more than the 2047"));
}

TEST_CASE("a command line is read as the kernel reads it") {
    const auto c =
        ic::parse_cmdline("  rootwait earlycon consoleblank=0 console=ttyS2,1500000\tconsole=tty1 root=/dev/sda1 "
                          "root=UUID=14e19a7b-0ae0-484d-9d54-43bd6fdc20c7 ro rw init=/a init=/b -- single root=x ");
    CHECK(c.console == std::vector<std::string>{"ttyS2,1500000", "tty1"});
    CHECK(c.earlycon == "");
    CHECK(c.root == ic::by_uuid("14e19a7b-0ae0-484d-9d54-43bd6fdc20c7"));
    CHECK(c.rootwait);
    CHECK(c.access == ic::root_access::read_write);
    CHECK(c.init == "/b");
    CHECK(c.extra == std::vector<std::string>{"consoleblank=0", "--", "single", "root=x"});
    CHECK(ic::parse_cmdline(to_string(c)) == c);
    CHECK(ic::parse_cmdline("   ") == ic::cmdline{});
    CHECK(ic::parse_cmdline("\"\"") == ic::cmdline{});
    CHECK(ic::parse_cmdline("=x").extra == std::vector<std::string>{"=x"});
}

TEST_CASE("of two command lines the later wins, and lists are joined") {
    const auto c = merge(ic::parse_cmdline("console=a root=LABEL=x ro quiet -- one"),
                         ic::parse_cmdline("console=b root=LABEL=y rootwait debug -- two"));
    CHECK(to_string(c) == "console=a console=b root=LABEL=y rootwait ro quiet debug -- one two");
    CHECK(to_string(merge(ic::parse_cmdline("quiet"), ic::parse_cmdline("debug -- two"))) == "quiet debug -- two");
    CHECK(merge(c, {}) == c);
    CHECK(merge({}, c) == c);
}

TEST_CASE("no command line makes the reader crash, and what is read can be written") {
    const std::string alphabet = "a=\" -\tro";
    std::uint32_t state = 1;
    for (int round = 0; round < 20000; ++round) {
        std::string line;
        for (std::uint32_t n = (state = state * 1664525 + 1013904223) >> 28; n > 0; --n)
            line += alphabet[(state = state * 1664525 + 1013904223) >> 29];
        INFO(line);
        try {
            const auto c = ic::parse_cmdline(line);
            CHECK(ic::parse_cmdline(to_string(c)) == c);
        } catch (const ic::input_error&) { // refused: fine
        }
    }
}
