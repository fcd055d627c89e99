// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/kernel_image.hpp>

#include <imgcompose/boot/fit.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/boot/pe_file.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <random>
#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::pe_file;

namespace {

ic::found_kernel kernel_of(ic::owned_bytes raw) { return ic::recognise_kernel(ic::window{ic::owned(std::move(raw))}); }

void put_text(ic::owned_bytes& to, std::size_t at, std::string_view what) {
    if (to.size() < at + what.size()) to.resize(at + what.size());
    std::ranges::copy(std::as_bytes(std::span{what}), to.begin() + static_cast<std::ptrdiff_t>(at));
}

ic::owned_bytes arm64_kernel(ic::owned_bytes raw = ic::owned_bytes(2048), std::uint64_t image_size = 0x1000000) {
    ic::put_struct<ic::le64>(std::span{raw}.subspan(8), ic::to_disk(std::uint64_t{0}));
    ic::put_struct<ic::le64>(std::span{raw}.subspan(16), ic::to_disk(image_size));
    ic::put_struct<ic::le64>(std::span{raw}.subspan(24), ic::to_disk(std::uint64_t{0xa}));
    put_text(raw, 56, "ARM\x64");
    return raw;
}

ic::owned_bytes with_magic(std::size_t at, std::string_view magic, ic::owned_bytes raw = ic::owned_bytes(1024)) {
    put_text(raw, at, magic);
    return raw;
}

std::string verdict(const ic::found_kernel& k, ic::machine board = ic::machine::arm64,
                    ic::kernel_loader by = ic::kernel_loader::from_u_boot) {
    std::string all;
    for (const auto& f : ic::check_kernel(k, board, by, "Image")) all += to_string(f);
    return all;
}

} // namespace

TEST_CASE("kernels are recognised with their processor") {
    const auto plain = kernel_of(arm64_kernel());
    CHECK(plain.kind == ic::kernel_kind::arm64_image);
    CHECK(plain.built_for == ic::machine::arm64);
    CHECK(plain.memory == 16_MiB);
    CHECK(plain.size == ic::bytes{2048});
    CHECK_FALSE(plain.is_efi_application);
    const auto stub = kernel_of(arm64_kernel(pe_file()));
    CHECK(stub.kind == ic::kernel_kind::arm64_image);
    CHECK(stub.is_efi_application);

    auto pc = pe_file(0x8664);
    put_text(pc, 0x202, "HdrS");
    CHECK(kernel_of(pc).built_for == ic::machine::x86); // of a protocol that does not say
    put_text(pc, 0x206, {"\x0f\x02", 2});
    put_text(pc, 0x236, {"\x3f\x00", 2});
    CHECK(kernel_of(pc).kind == ic::kernel_kind::x86_bzimage);
    CHECK(kernel_of(pc).describe() == "a bzImage for x86_64");

    auto zboot = pe_file();
    put_text(zboot, 4, "zimg");
    put_text(zboot, 24, {"gzip\0", 5});
    CHECK(kernel_of(zboot).kind == ic::kernel_kind::efi_zboot);
    CHECK(kernel_of(zboot).compression == "gzip");
    CHECK(kernel_of(zboot).built_for == ic::machine::arm64);

    CHECK(kernel_of(pe_file(0x8664)).kind == ic::kernel_kind::efi_program);
    CHECK(kernel_of(with_magic(0x38, {"RSC\x05", 4})).built_for == ic::machine::riscv64);
    CHECK(kernel_of(with_magic(0x24, {"\x18\x28\x6f\x01", 4})).built_for == ic::machine::arm);
    CHECK(kernel_of(with_magic(0, {"\x7f\x45LF\2\1", 6}, with_magic(18, {"\xb7\0", 2}))).describe() ==
          "an ELF file for arm64");
    CHECK(kernel_of(with_magic(0, {"\x7f\x45LF\1\2", 6}, with_magic(18, {"\0\x28", 2}))).describe() == "an ELF file for arm");
    CHECK(kernel_of(with_magic(0, "ANDROID!")).kind == ic::kernel_kind::android_boot);
    CHECK(kernel_of({}).kind == ic::kernel_kind::empty);
    CHECK(kernel_of(ic::owned_bytes(1024)).kind == ic::kernel_kind::unknown);
    CHECK(kernel_of(with_magic(0, "MZ")).kind == ic::kernel_kind::efi_program);
}

TEST_CASE("uImages and FITs are looked into") {
    const std::string data = "kernel";
    const auto uimage = kernel_of(ic::uimage_bytes(std::as_bytes(std::span{data}), {.arch = ic::uimage_arch::arm}));
    CHECK(uimage.describe() == "a uImage for arm");
    ic::fit_source fit{
        .images = {{.name = "k", .data = ic::from_text(data), .type = "kernel", .arch = "arm64", .compression = "lz4"}},
        .configurations = {{.name = "c", .kernel = "k"}}};
    CHECK(kernel_of(ic::read_all(ic::fit(fit))).describe() == "a FIT for arm64");
    CHECK(kernel_of(ic::read_all(ic::fit(fit))).compression == "lz4");
    CHECK(verdict(kernel_of(ic::read_all(ic::fit(fit)))).empty());
    fit.configurations[0].kernel = "";
    fit.configurations[0].firmware = "k";
    CHECK(verdict(kernel_of(ic::read_all(ic::fit(fit)))) ==
          "error: Image is a FIT, whose default configuration has no kernel; name one in it");
    fit.configurations.clear();
    CHECK(kernel_of(ic::read_all(ic::fit(fit))).kind == ic::kernel_kind::fit);
    CHECK_FALSE(verdict(kernel_of(ic::read_all(ic::fit(fit)))).empty());
    CHECK(kernel_of(ic::fdt_bytes({})).kind == ic::kernel_kind::device_tree);
    CHECK(kernel_of(with_magic(0, {"\xd0\x0d\xfe\xed", 4})).kind == ic::kernel_kind::device_tree);
}

TEST_CASE("a kernel that the board cannot start is told, with a remedy") {
    const auto has = [](const std::string& text, const std::string& words) {
        INFO(text);
        return text.find(words) != std::string::npos;
    };
    auto pc = pe_file(0x8664);
    put_text(pc, 0x202, {"HdrS\x0f\x02", 6});
    put_text(pc, 0x236, {"\1\0", 2});
    CHECK(verdict(kernel_of(pc)) == "error: Image is a bzImage for x86_64, but the board is arm64; take a kernel for arm64");
    CHECK(has(verdict(kernel_of(with_magic(0x24, {"\x18\x28\x6f\x01", 4}))), "a zImage for arm, but the board is arm64"));
    CHECK(verdict(kernel_of(arm64_kernel())).empty());
    CHECK(verdict(kernel_of(arm64_kernel()), ic::machine::unknown).empty());
    CHECK(has(verdict(kernel_of({})), "is an empty file"));
    CHECK(has(verdict(kernel_of(ic::owned_bytes(10))), "is an unknown file"));
    CHECK(has(verdict(kernel_of(ic::fdt_bytes({}))), "is a device tree"));
    CHECK(has(verdict(kernel_of(with_magic(0, {"\x7f\x45LF\2\1", 6}, with_magic(18, {"\xb7\0", 2})))),
              "take arch/*/boot/Image"));
    auto zboot = pe_file();
    put_text(zboot, 4, "zimg");
    CHECK(has(verdict(kernel_of(zboot)), "which only UEFI boots"));
    CHECK(verdict(kernel_of(zboot), ic::machine::arm64, ic::kernel_loader::from_uefi).empty());
    CHECK(has(verdict(kernel_of(pe_file())), "no kernel that U-Boot boots"));
    CHECK(has(verdict(kernel_of(with_magic(0, {"\x1f\x8b", 2}))), "warning: Image is a file compressed with gzip"));
    CHECK(has(verdict(kernel_of(with_magic(0, {"\xfd\x37zXZ\0", 6}))), "error: Image is a file compressed with xz"));
    CHECK(verdict(kernel_of(arm64_kernel(pe_file())), ic::machine::arm64, ic::kernel_loader::from_uefi).empty());
    CHECK(
        has(verdict(kernel_of(arm64_kernel()), ic::machine::arm64, ic::kernel_loader::from_uefi), "which UEFI cannot start"));
}

TEST_CASE("what compressors make is recognised") {
    struct compressor {
        const char* program;
        const char* command;
        const char* name;
    };
    const auto c = GENERATE(compressor{"gzip", "gzip -c", "gzip"}, compressor{"bzip2", "bzip2 -c", "bzip2"},
                            compressor{"xz", "xz -c", "xz"}, compressor{"xz", "xz --format=lzma -c", "lzma"},
                            compressor{"zstd", "zstd -c", "zstd"}, compressor{"lz4", "lz4 -c", "lz4"},
                            compressor{"lz4", "lz4 -l -c", "lz4 (old format)"}, compressor{"lzop", "lzop -c", "lzo"});
    if (!imgcompose_test::have(c.program)) {
        WARN("skipped: " << c.program << " not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    imgcompose_test::write_file(dir / "in", std::string(10000, 'x'));
    REQUIRE(imgcompose_test::run(std::string{c.command} + " '" + (dir / "in") + "' >'" + (dir / "out") + "'").status ==
            0);
    const auto k = ic::recognise_kernel(ic::window{ic::blob(dir / "out")});
    CHECK(k.kind == ic::kernel_kind::compressed);
    CHECK(k.compression == c.name);
}

TEST_CASE("no bytes make the recogniser fail") {
    std::mt19937 random{5};
    auto start = arm64_kernel(pe_file());
    const auto fit = ic::read_all(ic::fit({.images = {{.name = "k", .data = ic::from_text("x")}}}));
    for (int i = 0; i < 3000; ++i) {
        auto raw = i % 2 == 0 ? start : fit;
        for (int n = 0; n < 3; ++n) raw[random() % raw.size()] = static_cast<std::byte>(random() & 0xff);
        raw.resize(random() % (raw.size() + 1));
        const auto k = kernel_of(raw);
        CHECK(k.size.count == raw.size());
    }
    CHECK(kernel_of(arm64_kernel(ic::owned_bytes(64), ~std::uint64_t{0})).kind == ic::kernel_kind::unknown);
}
