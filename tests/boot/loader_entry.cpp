// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/loader_entry.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using imgcompose_test::says;

namespace {
ic::loader_entry entry_sample() {
    return {.title = "Debian 13",
            .version = "6.12.107",
            .machine_id = "0123456789abcdef0123456789abcdef",
            .sort_key = "debian",
            .kernel = "/vmlinuz",
            .initrds = {"/microcode", "/initrd"},
            .options = "root=LABEL=root rw",
            .devicetree = "/board.dtb",
            .devicetree_overlays = {"/a.dtbo", "/b.dtbo"},
            .architecture = "aa64"};
}
} // namespace

TEST_CASE("an entry is the text that the specification describes") {
    CHECK(ic::emit(entry_sample()) == "title Debian 13\n"
                                "version 6.12.107\n"
                                "machine-id 0123456789abcdef0123456789abcdef\n"
                                "sort-key debian\n"
                                "architecture aa64\n"
                                "linux /vmlinuz\n"
                                "initrd /microcode\n"
                                "initrd /initrd\n"
                                "options root=LABEL=root rw\n"
                                "devicetree /board.dtb\n"
                                "devicetree-overlay /a.dtbo /b.dtbo\n");
    CHECK(ic::parse_loader_entry(ic::emit(entry_sample())) == entry_sample());
    CHECK(ic::image(entry_sample()).size().count == ic::emit(entry_sample()).size());
    CHECK(ic::emit(ic::loader_entry{.efi = "/shell.efi"}) == "efi /shell.efi\n");
}

TEST_CASE("entries are read as systemd-boot reads them") {
    const auto e =
        ic::parse_loader_entry("# comment\n\n  title\t \"A b\"  \r\nlinux  /k\nunknown x\noptions a\noptions  b c\n"
                               "initrd /i\ninitrd /j\nversion\ndevicetree-overlay  /a   /b");
    CHECK(e.title == "A b");
    CHECK(e.kernel == "/k");
    CHECK(e.options == "a b c");
    CHECK(e.initrds == std::vector<std::string>{"/i", "/j"});
    CHECK(e.version.empty());
    CHECK(e.devicetree_overlays == std::vector<std::string>{"/a", "/b"});
    CHECK(ic::parse_loader_entry("") == ic::loader_entry{});
}

TEST_CASE("an entry that would be read differently is refused") {
    const auto refused = [](auto change, const char* why) {
        auto e = entry_sample();
        change(e);
        CHECK_THROWS_MATCHES(ic::emit(e), ic::input_error, says(why));
    };
    refused([](auto& e) { e.kernel = ""; }, "either a kernel or an EFI program");
    refused([](auto& e) { e.efi = "/x.efi"; }, "either a kernel or an EFI program");
    refused([](auto& e) { e.options = "a\nefi /x"; }, "options has a line end");
    refused([](auto& e) { e.title = " a"; }, "title begins or ends with a blank");
    refused([](auto& e) { e.title = "\"a\""; }, "quotation marks");
    refused([](auto& e) { e.kernel = "/a b"; }, "linux has a blank");
    refused([](auto& e) { e.devicetree_overlays = {"/a b"}; }, "devicetree-overlay has a blank");
    refused([](auto& e) { e.machine_id = "12"; }, "not 32 lower-case");
}

TEST_CASE("loader.conf is written and read") {
    const ic::loader_conf c{
        .timeout = std::chrono::seconds{3}, .default_entry = "debian-*.conf", .console_mode = "max", .editor = false};
    CHECK(ic::emit(c) == "timeout 3\ndefault debian-*.conf\nconsole-mode max\neditor no\n");
    CHECK(ic::parse_loader_conf(ic::emit(c)) == c);
    CHECK(ic::emit(ic::loader_conf{}).empty());
    const ic::loader_conf hidden{.timeout = std::chrono::seconds{0}, .editor = true};
    CHECK(ic::emit(hidden) == "timeout menu-hidden\neditor yes\n");
    CHECK(ic::parse_loader_conf(ic::emit(hidden)) == hidden);
    CHECK_FALSE(ic::parse_loader_conf("timeout menu-force\n").timeout);
    CHECK_FALSE(ic::parse_loader_conf("timeout 99999999999999\n").timeout);
    CHECK_FALSE(ic::parse_loader_conf("timeout\n").timeout);
    CHECK_THROWS_MATCHES(ic::emit(ic::loader_conf{.timeout = std::chrono::seconds{-1}}), ic::input_error,
                         says("-1 seconds"));
}

TEST_CASE("names of entries and what is wrong with them for a board") {
    CHECK(ic::is_loader_entry_name("nixos-generation-1+3-0.conf"));
    for (const char* name : {"", ".conf", "a.txt", "a b.conf", "a/b.conf"}) CHECK_FALSE(ic::is_loader_entry_name(name));
    CHECK(ic::check(entry_sample(), ic::machine::arm64).empty());
    auto e = entry_sample();
    e.architecture = "AA64";
    CHECK(ic::check(e, ic::machine::arm64).empty());
    REQUIRE(ic::check(e, ic::machine::x86_64).size() == 1);
    CHECK(ic::check(e, ic::machine::x86_64)[0].message.find("the board's is x64") != std::string::npos);
    CHECK(ic::check(ic::loader_entry{}, ic::machine::arm64).size() == 1);
    e.efi = "/x.efi";
    CHECK(ic::check(e, ic::machine::arm64).size() == 1);
}
