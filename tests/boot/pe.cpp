// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/pe.hpp>
#include <imgcompose/image/blob.hpp>

#include <tests/boot/pe_file.hpp>
#include <tests/support/catch.hpp>

#include <filesystem>
#include <random>

namespace ic = imgcompose;
using imgcompose_test::pe_file;
using imgcompose_test::says;

namespace {
ic::window window_of(ic::owned_bytes raw) { return ic::window{ic::owned(std::move(raw))}; }
} // namespace

TEST_CASE("an EFI application says for which processor it is") {
    const auto pe = ic::read_pe(window_of(pe_file()));
    REQUIRE(pe);
    CHECK(pe->built_for == ic::machine::arm64);
    CHECK(pe->is_efi_application());
    ic::require_efi_application(window_of(pe_file()), ic::machine::arm64, "BOOTAA64.EFI");
    ic::require_efi_application(window_of(pe_file(0x14c, 10, 0x10b)), ic::machine::x86, "BOOTIA32.EFI");
}

TEST_CASE("what firmware would not start is refused") {
    const auto refused = [](ic::owned_bytes raw, const char* why) {
        CHECK_THROWS_MATCHES(ic::require_efi_application(window_of(std::move(raw)), ic::machine::arm64, "BOOTAA64.EFI"),
                             ic::format_error, says(why));
    };
    refused(pe_file(0x8664), "BOOTAA64.EFI is an EFI application for x86_64, but the board is arm64");
    refused(pe_file(0x1234), "for an unknown processor");
    refused(pe_file(0xaa64, 11), "subsystem is 11 instead of 10");
    refused(pe_file(0xaa64, 10, 0x107), "subsystem is 0");
    refused({}, "no PE header");
    auto raw = pe_file();
    raw[1] = std::byte{'z'};
    refused(raw, "no PE header");
    raw = pe_file();
    ic::put_struct<ic::le32>(std::span{raw}.subspan(60), ic::to_disk(0xffffffffu));
    refused(raw, "no PE header");
    raw = pe_file();
    raw[0x80 + 4 + 16] = std::byte{};
    refused(raw, "subsystem is 0");
}

TEST_CASE("a PE header that is cut off is none") {
    for (std::size_t size = 0; size < 0x80 + 4 + sizeof(ic::coff_header); ++size) {
        auto raw = pe_file();
        raw.resize(size);
        CHECK_FALSE(ic::read_pe(window_of(raw)));
    }
}

TEST_CASE("systemd-boot is an EFI application") {
    const std::filesystem::path file = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi";
    if (!std::filesystem::exists(file)) {
        WARN("skipped: " << file << " not found (package systemd-boot-efi)");
        return;
    }
    const auto pe = ic::read_pe(ic::window{ic::blob(file)});
    REQUIRE(pe);
    CHECK(pe->built_for == ic::machine::x86_64);
    CHECK(pe->is_efi_application());
}
