// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/uefi.hpp>

#include <tests/boot/pe_file.hpp>
#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <string>

namespace ic = imgcompose;
using imgcompose_test::has;
using imgcompose_test::pe_file;
using imgcompose_test::says;

namespace {

ic::image program(std::uint16_t machine = 0xaa64) { return ic::owned(pe_file(machine)); }

ic::image kernel() {
    auto raw = pe_file();
    ic::put_struct<ic::le64>(std::span{raw}.subspan(16), ic::to_disk(std::uint64_t{0x1000000}));
    ic::put_struct(std::span{raw}.subspan(56), std::array{'A', 'R', 'M', '\x64'});
    return ic::owned(raw);
}

ic::systemd_boot uefi_sample() {
    return {.board = ic::machine::arm64,
            .program = program(),
            .conf = {.timeout = std::chrono::seconds{3}, .default_entry = "linux.conf"},
            .entries = {{.name = "linux.conf",
                         .entry = {.title = "Linux",
                                   .kernel = "/Image",
                                   .initrds = {"/initrd"},
                                   .options = "root=LABEL=root",
                                   .devicetree = "/board.dtb"},
                         .kernel = kernel(),
                         .initrd = ic::from_text("initrd"),
                         .devicetree = ic::from_text("dtb")},
                        {.name = "rescue.conf",
                         .entry = {.title = "Rescue", .kernel = "/Image", .options = "single"},
                         .kernel = kernel()}}};
}

std::string found(const ic::tree& t, ic::machine board = ic::machine::arm64) {
    std::string all;
    for (const auto& f : ic::check_esp(t, board)) all += to_string(f) + '\n';
    return all;
}

} // namespace

TEST_CASE("firmware and bootctl have their paths for each processor") {
    CHECK(ic::efi_fallback_path(ic::machine::arm64) == "/EFI/BOOT/BOOTAA64.EFI");
    CHECK(ic::efi_fallback_path(ic::machine::x86_64) == "/EFI/BOOT/BOOTX64.EFI");
    CHECK(ic::efi_fallback_path(ic::machine::riscv64) == "/EFI/BOOT/BOOTRISCV64.EFI");
    CHECK(ic::systemd_boot_path(ic::machine::arm64) == "/EFI/systemd/systemd-bootaa64.efi");
    CHECK_THROWS_MATCHES(ic::efi_fallback_path(ic::machine::unknown), ic::input_error, says("no name"));
    CHECK_THROWS_MATCHES(ic::systemd_boot_path(ic::machine::unknown), ic::input_error, says("no name"));
}

TEST_CASE("systemd-boot is at both of its places, with entries and their files") {
    const auto t = ic::tree{} | ic::add_systemd_boot(uefi_sample());
    for (const char* path :
         {"/EFI/BOOT/BOOTAA64.EFI", "/EFI/systemd/systemd-bootaa64.efi", "/loader/loader.conf",
          "/loader/entries/linux.conf", "/loader/entries/rescue.conf", "/Image", "/initrd", "/board.dtb"}) {
        INFO(path);
        CHECK(t.find(path));
    }
    CHECK(found(t).empty());
}

TEST_CASE("a program for another processor is not put on the partition") {
    CHECK_THROWS_MATCHES(ic::add_efi_fallback(ic::machine::arm64, program(0x8664)), ic::format_error,
                         says("for x86_64, but the board is arm64"));
    CHECK_THROWS_MATCHES(ic::add_efi_fallback(ic::machine::arm64, ic::from_text("text")), ic::format_error,
                         says("no PE header"));
    CHECK((ic::tree{} | ic::add_efi_fallback(ic::machine::arm64, program())).find("/EFI/BOOT/BOOTAA64.EFI"));
    const auto refused = [](auto change, const char* why) {
        auto s = uefi_sample();
        change(s);
        CHECK_THROWS_MATCHES(ic::add_systemd_boot(s), ic::error, says(why));
    };
    refused([](auto& s) { s.program = program(0x8664); }, "systemd-boot is an EFI application for x86_64");
    refused([](auto& s) { s.entries[0].name = "linux"; }, "cannot be named \"linux\"");
    refused([](auto& s) { s.entries[0].entry.architecture = "x64"; }, "the board's is aa64");
    refused([](auto& s) { s.entries[1].kernel = program(0x8664); },
            "rescue.conf: the kernel is an EFI program for x86_64");
    refused([](auto& s) { s.entries[0].kernel = ic::from_text(std::string(1000, 'x')); }, "is an unknown file");
}

TEST_CASE("a partition that would not boot is told") {
    const auto sound = ic::tree{} | ic::add_systemd_boot(uefi_sample());
    const auto without = [&](const char* path) { return found(ic::tree{sound} | ic::exclude(path)); };
    CHECK(has(without("/EFI/BOOT"), "error: /EFI/BOOT/BOOTAA64.EFI is missing"));
    CHECK(has(without("/Image"), "linux.conf: \"/Image\" is not in the partition"));
    CHECK(has(without("/Image"), "rescue.conf: \"/Image\" is not in the partition"));
    CHECK(has(without("/initrd"), "\"/initrd\" is not in the partition"));
    CHECK(has(without("/board.dtb"), "\"/board.dtb\" is not in the partition"));
    CHECK(has(without("/loader/entries/linux.conf"),
              "warning: loader.conf has the default \"linux.conf\", which is no entry"));
    CHECK(without("/EFI/systemd").empty());
    CHECK(without("/loader").empty());
    CHECK(has(found(sound, ic::machine::x86_64), "/EFI/BOOT/BOOTX64.EFI is missing"));
    const auto with = [&](const char* path, const ic::image& content) {
        return found(ic::tree{sound} | ic::replace(path, content));
    };
    CHECK(has(with("/EFI/BOOT/BOOTAA64.EFI", program(0x8664)), "is for x86_64, but the board is arm64"));
    CHECK(has(with("/EFI/BOOT/BOOTAA64.EFI", ic::from_text("x")), "is not an EFI application"));
    CHECK(has(with("/Image", program(0x8664)), "linux.conf: /Image is an EFI program for x86_64"));
    CHECK(has(with("/Image", ic::from_text("x")), "/Image is an unknown file"));
    CHECK(has(with("/loader/entries/rescue.conf", ic::from_text("title x\n")), "names neither a kernel"));
    CHECK(with("/loader/loader.conf", ic::from_text("default linux\n")).empty());
    CHECK(with("/loader/loader.conf", ic::from_text("default [\n")).empty());
    CHECK(with("/loader/loader.conf", ic::from_text("default @saved\n")).empty());
    CHECK(with("/loader/loader.conf", ic::from_text("default l?nux*\n")).empty());
}

TEST_CASE("FAT knows no case") {
    const auto t = ic::tree{} | ic::add("/efi/boot/bootaa64.efi", program()) |
                   ic::add("/loader/entries/a.conf", ic::from_text("linux /EFI/image\n")) |
                   ic::add("/efi/Image", kernel());
    CHECK(found(t).empty());
}

TEST_CASE("a partition with very many files and entries is judged in a moment") {
    std::string entry = "linux /none\n";
    for (int i = 0; i < 3000; ++i) entry += "initrd /a/b/c/d\n";
    ic::tree t = ic::tree{} | ic::add("/loader/entries/a.conf", ic::from_text(entry)) |
                 ic::add("/loader/entries/large.conf", ic::from_text(std::string(70'000, '#')));
    for (int i = 0; i < 20'000; ++i) t.add("/f" + std::to_string(i), {.type = ic::file_type::regular}, {});
    const auto findings = ic::check_esp(t, ic::machine::arm64);
    CHECK(findings.size() == 99); // the fallback, and of 3001 files the first
}
