// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/partition/types.hpp>

#include <imgcompose/partition/linux_types.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
namespace type = imgcompose::partition_type;

TEST_CASE("partition types that the facts name have those values") {
    CHECK(to_string(type::linux_filesystem) == "0fc63daf-8483-4772-8e79-3d69d8477de4");
    CHECK(to_string(type::linux_root_arm64) == "b921b045-1df0-41c3-af44-4c6f280d3fae");
    CHECK(to_string(type::linux_root_arm) == "69dad710-2ce4-4e3c-b16c-21a1d49abed3");
    CHECK(to_string(type::basic_data) == "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
    CHECK(to_string(type::starfive_spl) == "2e54b353-1271-4842-806f-e436d6af6985");
    CHECK(to_string(type::u_boot_environment) == "3de21764-95bd-54bd-a5c3-4abe786f38a8");
}

TEST_CASE("no two names of architectures' types have one value") {
    std::vector<ic::uuid> all;
    for (const auto& a : type::linux_architectures)
        for (const ic::uuid& id : {a.root, a.usr, a.root_verity, a.usr_verity, a.root_verity_sig, a.usr_verity_sig})
            all.push_back(id);
    for (const auto& n : type::names)
        if (n.name != "linux_generic" && n.name != "hifive_bbl") all.push_back(n.type);
    const std::size_t before = all.size();
    std::ranges::sort(all);
    const auto twice = std::ranges::unique(all);
    all.erase(twice.begin(), twice.end());
    CHECK(all.size() == before);
    CHECK_THROWS_MATCHES(type::linux_architecture_named("z80"), ic::input_error, imgcompose_test::says("arm64"));
}

TEST_CASE("attributes are combined and asked for") {
    constexpr auto both = ic::gpt_attributes::required | ic::gpt_attributes::no_auto;
    CHECK(both.bits == 0x8000000000000001);
    CHECK(both.has(ic::gpt_attributes::required));
    CHECK_FALSE(both.has(ic::gpt_attributes::legacy_bios_bootable));
    CHECK(ic::gpt_attributes::legacy_bios_bootable.bits == 4);
    CHECK(ic::gpt_attributes::grow_filesystem.bits == 0x0800000000000000);
}

TEST_CASE("a ChromeOS kernel's attributes are those that cgpt shows") {
    const ic::gpt_attributes a = ic::chromeos_kernel_attributes{.priority = 10, .tries = 2, .successful = true};
    CHECK(a.bits == 0x012A000000000000);
    CHECK_THROWS_MATCHES(ic::gpt_attributes(ic::chromeos_kernel_attributes{.priority = 16}), ic::input_error,
                         imgcompose_test::says("15 or less"));
    CHECK_THROWS_MATCHES(ic::gpt_attributes(ic::chromeos_kernel_attributes{.tries = 16}), ic::input_error,
                         imgcompose_test::says("tries 16"));
}
