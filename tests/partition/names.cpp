// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/partition/names.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
namespace type = imgcompose::partition_type;
using imgcompose_test::says;

TEST_CASE("a partition type is found by each way to write it") {
    CHECK(type::named("linux_filesystem") == type::linux_filesystem);
    CHECK(type::named("Linux-Filesystem") == type::linux_filesystem);
    CHECK(type::named("linux-generic") == type::linux_filesystem);
    CHECK(type::named("swap") == type::linux_swap);
    CHECK(type::named("esp") == type::esp);
    CHECK(type::named("root-arm64") == type::linux_root_arm64);
    CHECK(type::named("linux_root_x86_64") == type::linux_root_x86_64);
    CHECK(type::named("usr-riscv64-verity") == type::linux_usr_riscv64_verity);
    CHECK(type::named("root-x86-64-verity-sig") == type::linux_architecture_named("x86_64").root_verity_sig);
    CHECK(type::named("FE3A2A5D-4F32-41A7-B725-ACCC3285A309") == type::chromeos_kernel);
}

TEST_CASE("what is no partition type is refused") {
    for (const char* text : {"", "linux", "root", "root-", "root-z80", "root-arm64-", "root-arm64-verit", "verity",
                             "linux_", "root-verity", "0x83", "esp "}) {
        INFO(text);
        CHECK_THROWS_MATCHES(type::named(text), ic::input_error, says("is not a partition type"));
    }
    CHECK_THROWS_MATCHES(type::named("fe3a2a5d-4f32-41a7-b725-accc3285a30x"), ic::input_error, says("is not a UUID"));
}

TEST_CASE("every type's name finds the type again") {
    for (const auto& n : type::names) CHECK(type::named(type::name_of(n.type)) == n.type);
    for (const auto& a : type::linux_architectures)
        for (const ic::uuid& id : {a.root, a.usr, a.root_verity, a.usr_verity, a.root_verity_sig, a.usr_verity_sig})
            CHECK(type::named(type::name_of(id)) == id);
    CHECK(type::name_of(type::linux_root_arm64) == "linux_root_arm64");
    CHECK(type::name_of(ic::uuid{}) == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("MBR types by name or digits") {
    CHECK(ic::mbr_type::named("linux-filesystem") == 0x83);
    CHECK(ic::mbr_type::named("fat32_lba") == 0x0c);
    CHECK(ic::mbr_type::named("c") == 0x0c);
    CHECK(ic::mbr_type::named("0X8E") == 0x8e);
    for (const char* text : {"", "0x", "0x100", "8g", "linux", "-1"})
        CHECK_THROWS_MATCHES(ic::mbr_type::named(text), ic::input_error, says("is not an MBR partition type"));
}

TEST_CASE("attributes by name") {
    CHECK(ic::gpt_attribute_named("grow-filesystem") == ic::gpt_attributes::grow_filesystem);
    CHECK(ic::gpt_attribute_named("bootable") == ic::gpt_attributes::legacy_bios_bootable);
    CHECK_THROWS_MATCHES(ic::gpt_attribute_named("boot"), ic::input_error, says("legacy_bios_bootable"));
}

TEST_CASE("people are told types in words") {
    CHECK(type::title_of(type::linux_filesystem) == "Linux filesystem");
    CHECK(type::title_of(type::esp) == "EFI system");
    CHECK(type::title_of(type::linux_root_arm64) == "Linux root (arm64)");
    CHECK(type::title_of(type::named("usr_x86_64_verity_sig")) == "Linux usr verity signature (x86_64)");
    CHECK(type::title_of(ic::uuid{}) == "00000000-0000-0000-0000-000000000000");
    CHECK(ic::mbr_type::title_of(0x0c) == "FAT32 (LBA)");
    CHECK(ic::mbr_type::title_of(0x7f) == "type 0x7f");
    for (const auto& n : type::names) CHECK(!n.title.empty());
    for (const auto& n : ic::mbr_type::names) CHECK(!n.title.empty());
}

TEST_CASE("a misspelt type is answered with the nearest one") {
    CHECK_THROWS_MATCHES(type::named("linux_swop"), ic::input_error, says("did you mean `linux_swap`?"));
    CHECK_THROWS_MATCHES(ic::mbr_type::named("linux_lvn"), ic::input_error, says("did you mean `linux_lvm`?"));
}
