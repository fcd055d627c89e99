// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/machine.hpp>

#include <tests/support/catch.hpp>

#include <set>
#include <string>

namespace ic = imgcompose;

static_assert(ic::machine_of_pe(0xaa64) == ic::machine::arm64);
static_assert(ic::machine_of_pe(0x1c4) == ic::machine::arm && ic::machine_of_pe(0x1c0) == ic::machine::arm);
static_assert(ic::machine_named("x86_64") == ic::machine::x86_64 && ic::machine_named("x86-64") == ic::machine::unknown);
static_assert(ic::machine_of_pe(0x1234) == ic::machine::unknown);
static_assert(ic::machine_of_elf(243, 1) == ic::machine::riscv32 && ic::machine_of_elf(243, 2) == ic::machine::riscv64);
static_assert(ic::machine_of_elf(183, 1) == ic::machine::unknown); // arm64 with pointers of 32 bits

TEST_CASE("processors have the names that U-Boot and UEFI give them") {
    CHECK(ic::machine_of_fit("arm64") == ic::machine::arm64);
    CHECK(ic::machine_of_fit("riscv") == ic::machine::riscv64);
    CHECK(ic::machine_of_fit("") == ic::machine::unknown);
    CHECK(ic::machine_of_uimage(22) == ic::machine::arm64);
    CHECK(ic::machine_of_uimage(200) == ic::machine::unknown);
    CHECK(ic::name_of(ic::machine::arm64) == "arm64");
    CHECK(ic::name_of(ic::machine::unknown) == "an unknown processor");
    std::set<std::string> files;
    for (const auto& n : ic::detail::machines) {
        CHECK(ic::machine_of_pe(n.pe) == n.is);
        CHECK(ic::machine_of_elf(n.elf, n.elf_class) == n.is);
        CHECK(ic::machine_of_fit(n.name) == n.is);
        CHECK(files.insert(std::string{n.efi_file}).second);
    }
}
