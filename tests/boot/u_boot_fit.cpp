// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/u_boot_fit.hpp>

#include <imgcompose/boot/fit_read.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/boot/elf_file.hpp>
#include <tests/boot/shipped.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <string>

namespace ic = imgcompose;
using imgcompose_test::elf_file;
using imgcompose_test::says;

namespace {

ic::u_boot_fit_parts u_boot_fit_sample() {
    return {.u_boot = ic::from_text(std::string(1001, 'u')),
            .u_boot_address = 0x200000,
            .bl31 = ic::owned(elf_file({{0x40000, std::string(500, 'a')}, {0xff090000, "b"}}, 0x40000)),
            .tee = ic::owned(elf_file({{0x8400000, "tee"}}, 0x8400000)),
            .device_trees = {{"rk3328-rock64", ic::owned(ic::fdt_bytes({}))},
                             {"rk3328-roc-cc", ic::owned(ic::fdt_bytes({}))}},
            .hashes = {"crc32"},
            .time = std::chrono::seconds{99}};
}

} // namespace

TEST_CASE("u-boot.itb is made of what the builds hand out") {
    const auto made = ic::fit(ic::u_boot_fit(u_boot_fit_sample()));
    const ic::window whole{made};
    const auto read = ic::read_fit(whole);
    CHECK(ic::check(read, whole.size()).empty());
    std::vector<std::string> names;
    for (const auto& i : read.images) names.push_back(i.name);
    CHECK(names == std::vector<std::string>{"u-boot", "atf-1", "atf-2", "tee-1", "fdt-1", "fdt-2"});
    const auto& first = read.configuration();
    CHECK(first.name == "config-1");
    CHECK(first.firmware == "atf-1");
    CHECK(first.loadables == std::vector<std::string>{"u-boot", "atf-2", "tee-1"});
    CHECK(first.fdt == std::vector<std::string>{"fdt-1"});
    CHECK(read.configuration("config-2").description == "rk3328-roc-cc");
    const auto& atf = *read.find_image("atf-1");
    CHECK(atf.load == 0x40000);
    CHECK(atf.entry == 0x40000);
    CHECK(atf.size == ic::bytes{500});
    CHECK(read.find_image("atf-2")->load == 0xff090000);
    CHECK_FALSE(read.find_image("atf-2")->entry);
    CHECK(ic::read_all(ic::content_of(whole, *read.find_image("tee-1")).copy()) == ic::read_all(ic::from_text("tee")));
    for (const auto& i : read.images) CHECK(i.hashes.at(0).state == ic::hash_state::right);
}

TEST_CASE("mkimage lists what was made") {
    if (!imgcompose_test::have("mkimage")) {
        WARN("skipped: mkimage not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    const auto raw = ic::read_all(ic::fit(ic::u_boot_fit(u_boot_fit_sample())));
    imgcompose_test::write_file(dir / "u-boot.itb", {reinterpret_cast<const char*>(raw.data()), raw.size()});
    const auto list = imgcompose_test::run("mkimage -l '" + (dir / "u-boot.itb") + "'");
    INFO(list.output);
    CHECK(list.status == 0);
    for (const char* words : {"Image 1 (atf-1)", "Load Address: 0xff090000", "Default Configuration: 'config-1'",
                              "Firmware:     atf-1", "Loadables:    u-boot"})
        CHECK(list.output.find(words) != std::string::npos);
}

TEST_CASE("an incomplete u-boot.itb is refused") {
    const auto refused = [](auto change, const char* why) {
        auto parts = u_boot_fit_sample();
        change(parts);
        CHECK_THROWS_MATCHES(ic::u_boot_fit(parts), ic::error, says(why));
    };
    refused([](auto& p) { p.u_boot = {}; }, "needs U-Boot itself");
    refused([](auto& p) { p.bl31 = {}; }, "needs BL31");
    refused([](auto& p) { p.device_trees.clear(); }, "needs a device tree");
    refused([](auto& p) { p.bl31 = ic::from_text("bl31.bin, not an ELF file"); }, "not a valid ELF program");
    refused([](auto& p) { p.board = ic::machine::riscv64; }, "atf is for arm64, but the board is riscv64");
    refused([](auto& p) { p.tee = ic::owned(elf_file({}, 0)); }, "tee has nothing to load");
}

TEST_CASE("of what is shipped beside an u-boot.itb the same images are made", "[shipped]") {
    int made = 0;
    for (const auto& path : imgcompose_test::shipped_files({"u-boot.itb"})) {
        const auto folder = path.parent_path();
        const std::string board = folder.filename().string(); // "rock64-rk3328"
        const auto bl31 = folder.parent_path().parent_path() / "arm-trusted-firmware" /
                          board.substr(board.rfind('-') + 1) / "bl31.elf";
        const ic::window file{ic::blob(path)};
        const auto theirs = ic::read_fit(file);
        const auto tree = folder / theirs.configuration().description;
        if (!std::filesystem::exists(bl31) || !std::filesystem::exists(tree)) continue;
        INFO(board);
        const ic::window whole{ic::fit(ic::u_boot_fit({.u_boot = ic::blob(folder / "u-boot-nodtb.bin"),
                                                       .u_boot_address = 0x200000,
                                                       .bl31 = ic::blob(bl31),
                                                       .device_trees = {{"tree", ic::blob(tree)}}}))};
        const auto ours = ic::read_fit(whole);
        REQUIRE(ours.images.size() == theirs.images.size());
        for (std::size_t i = 0; i < ours.images.size(); ++i) {
            const auto &a = ours.images[i], &b = theirs.images[i];
            INFO(a.name << ", " << b.name);
            CHECK(a.type == b.type);
            CHECK(a.arch == b.arch);
            CHECK(a.os == (b.os == "U-Boot" ? "u-boot" : b.os)); // U-Boot compares them so
            CHECK(a.compression == b.compression);
            CHECK(a.load == b.load);
            if (b.entry) CHECK(a.entry == b.entry);
            CHECK(ic::read_all(ic::content_of(whole, a).copy()) == ic::read_all(ic::content_of(file, b).copy()));
        }
        // By place: they are "atf_1" there and "atf-1" here.
        const auto places = [](const ic::found_fit& fit) {
            std::vector<std::ptrdiff_t> all;
            for (const auto& name : fit.configuration().images())
                all.push_back(fit.find_image(name) - fit.images.data());
            return all;
        };
        CHECK(places(ours) == places(theirs));
        ++made;
    }
    if (made == 0) WARN("skipped: no u-boot.itb and its parts in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot");
}
