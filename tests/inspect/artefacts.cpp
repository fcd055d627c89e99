// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/artefacts.hpp>

#include <imgcompose/image/read.hpp>
#include <imgcompose/inspect/inspect.hpp>
#include <imgcompose/inspect/open.hpp>

#include "made.hpp"
#include <tests/boot/sha256sum.hpp>
#include <tests/boot/shipped.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/stand_ins.hpp>

#include <filesystem>
#include <random>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;

namespace {

/// A folder with "tpl", "spl" and "x", each of bytes that do not repeat.
struct inputs {
    t::temp_dir dir;
    inputs() {
        std::mt19937 random{1};
        for (const auto& [name, size] : {std::pair{"tpl", 12'000}, {"spl", 94'208}, {"x", 50'001}}) {
            std::string s(static_cast<std::size_t>(size), '\0');
            for (char& c : s) c = static_cast<char>(random());
            t::write_file(dir / name, s);
        }
    }
    /// What the command makes "out" of.
    [[nodiscard]] bool make(const std::string& command) const {
        return t::run("cd " + t::shell(dir.path().string()) + " && " + command).status == 0;
    }
    [[nodiscard]] std::string out() const { return t::read_file(dir / "out"); }
};

/// Recognised at sector 64 of a disk on which other bytes follow.
std::optional<ic::found_artefact> on_disk(const std::string& file, const ic::artefact_options& options = {}) {
    const std::string disk = std::string(32768, '\0') + file + std::string(3'000'000, '\x5a');
    return ic::recognise_artefact(ic::window{ic::from_text(disk)}, ic::offset{64_sectors}, options);
}

bool no_mkimage() {
    if (t::have("mkimage")) return false;
    WARN("skipped: mkimage not found");
    return true;
}

constexpr const char* its = R"(/dts-v1/;
/ { description = "U-Boot and friends"; #address-cells = <1>;
    images {
        u-boot { description = "U-Boot"; type = "firmware"; arch = "arm64"; os = "u-boot"; compression = "none"; load = <0x200000>;
                 data = /incbin/("x"); hash { algo = "sha256"; }; };
        fdt-1 { description = "board"; type = "flat_dt"; compression = "none"; data = /incbin/("tpl"); hash { algo = "crc32"; }; };
    };
    configurations { default = "conf-1"; conf-1 { description = "rk3328-board"; firmware = "u-boot"; fdt = "fdt-1"; }; };
};)";

} // namespace

TEST_CASE("idbloader.img of both generations is found with its exact length") {
    if (no_mkimage()) return;
    const inputs in;
    const std::string soc = GENERATE("rk3328", "rk3399", "rk3036", "rk3568");
    const bool with_spl = GENERATE(true, false);
    if (!in.make("head -c 4000 tpl > small && mkimage -n " + soc + " -T rksd -d " + (with_spl ? "small:spl" : "small") +
                 " out")) {
        WARN("skipped: this mkimage does not know " << soc);
        return;
    }
    const auto a = on_disk(in.out(), {.sha256 = t::sha256_by_sha256sum});
    REQUIRE(a);
    CHECK(a->kind == "idbloader");
    CHECK(a->whole);
    CHECK(a->at == ic::offset{64_sectors});
    CHECK(a->soc == (soc == "rk3568" ? "RK35xx" : soc == "rk3328" ? "RK32xx" : soc == "rk3399" ? "RK33xx" : "RK30xx"));
    if (with_spl) {
        CHECK(a->size.count == in.out().size());
        CHECK(a->details == std::vector<std::string>{"TPL: 4096 bytes", "SPL: 94208 bytes"});
    }
}

TEST_CASE("the hashes of a second-generation idbloader are checked") {
    const inputs in;
    if (no_mkimage() || !in.make("mkimage -n rk3568 -T rksd -d tpl:spl out")) return;
    const std::string sound = in.out();
    REQUIRE(on_disk(sound, {.sha256 = t::sha256_by_sha256sum})->whole);
    for (const std::size_t at : {16u, 2048u + 5u, 2048u + 12'288u + 50'000u}) {
        std::string damaged = sound;
        damaged[at] = static_cast<char>(damaged[at] + 1);
        const auto a = on_disk(damaged, {.sha256 = t::sha256_by_sha256sum});
        REQUIRE(a);
        CHECK_FALSE(a->whole);
        CHECK(std::ranges::any_of(a->details, [](const auto& d) { return d.find("hash") != d.npos; }));
    }
}

TEST_CASE("a FIT is found with its external data and the images in it") {
    const inputs in;
    if (no_mkimage()) return;
    t::write_file(in.dir / "a.its", its);
    const std::string how = GENERATE("", "-E", "-E -p 8192");
    REQUIRE(in.make("mkimage -f a.its " + how + " out"));
    const auto a = on_disk(in.out(), {.sha256 = t::sha256_by_sha256sum});
    REQUIRE(a);
    INFO(how);
    CHECK(a->kind == "FIT");
    CHECK(a->file_name == "u-boot.itb");
    CHECK(a->whole);
    CHECK(a->size.count <= in.out().size());
    CHECK(in.out().size() - a->size.count < 512); // padding behind the last image
    for (const auto& d : a->details) UNSCOPED_INFO(d);
    REQUIRE(a->details.size() == 4);
    CHECK(a->details[0] == "U-Boot and friends");
    CHECK(a->details[1] == "u-boot: firmware, 50001 bytes, loads at 0x200000, sha256 right");
    CHECK(a->details[2] == "fdt-1: flat_dt, 12000 bytes, crc32 right");
    CHECK(a->details[3] == "conf-1 (default): rk3328-board");

    const std::string cut = std::string(32768, '\0') + in.out().substr(0, in.out().size() - 3000);
    const auto short_one = ic::recognise_artefact(ic::window{ic::from_text(cut)}, ic::offset{64_sectors});
    REQUIRE(short_one);
    CHECK_FALSE(short_one->whole);
    CHECK(short_one->end() == ic::offset{ic::bytes{cut.size()}});
}

TEST_CASE("an eGON header with its FIT is one file, with its checksum checked") {
    const inputs in;
    if (no_mkimage()) return;
    t::write_file(in.dir / "a.its", its);
    REQUIRE(in.make("head -c 30000 spl > s && mkimage -A arm -T sunxi_egon -d s egon && mkimage -f a.its -E fit && "
                    "cp egon out && truncate -s 32768 out && cat fit >> out"));
    const auto a = on_disk(in.out());
    REQUIRE(a);
    CHECK(a->kind == "eGON");
    CHECK(a->file_name == "u-boot-sunxi-with-spl.bin");
    CHECK(in.out().size() - a->size.count < 4);
    CHECK(a->whole);
    std::string damaged = in.out();
    damaged[5000] = static_cast<char>(damaged[5000] + 1);
    CHECK_FALSE(on_disk(damaged)->whole);
    const auto alone = on_disk(t::read_file(in.dir / "egon"));
    REQUIRE(alone);
    CHECK(alone->size.count == t::read_file(in.dir / "egon").size());
}

TEST_CASE("files of vendors and of i.MX are found by their headers") {
    const auto text = [](const ic::owned_bytes& b) { return std::string{reinterpret_cast<const char*>(b.data()), b.size()}; };
    const ic::owned_bytes u_boot(1000, std::byte{'u'});
    const std::string uboot = text(ic::rockchip::uboot_img(u_boot, {.sha256 = t::sha256_by_sha256sum}));
    const auto found = on_disk(uboot, {.sha256 = t::sha256_by_sha256sum});
    REQUIRE(found);
    CHECK(found->size.count == 3048);
    CHECK(found->file_name == "uboot.img");
    CHECK(found->whole);
    const auto damaged_at = [&](std::string image, std::size_t at) {
        image[at] = static_cast<char>(image[at] + 1);
        return on_disk(image, {.sha256 = t::sha256_by_sha256sum})->details.back();
    };
    CHECK(damaged_at(uboot, 2500) == "its checksum is wrong");
    CHECK(damaged_at(uboot, 17) == "its hash is wrong");
    CHECK_FALSE(on_disk(uboot.substr(0, 3000))->whole);
    // A payload of no bytes, which loaderimage never writes.
    const auto empty = on_disk(std::string{uboot}.replace(20, 4, 4, '\0'));
    CHECK_FALSE(empty->whole);
    CHECK(empty->size.count == 2048);
    CHECK(empty->details.back() == "its header tells of 0 bytes behind it");

    const std::array parts{ic::rockchip::trust_part{"BL31", ic::from_text(std::string(5000, '1')), 0x40000}};
    const std::string trust = text(ic::rockchip::trust_img(parts, {.sha256 = t::sha256_by_sha256sum}));
    REQUIRE(on_disk(trust));
    CHECK(on_disk(trust)->file_name == "trust.img");
    CHECK(on_disk(trust)->size.count == 2048 + 6144);
    CHECK(on_disk(trust)->whole);
    CHECK(damaged_at(trust, 3000) == "the hash of BL31 is wrong");

    // An image vector table at 0x7e0fc0 whose boot data, 32 bytes behind it, starts 0x40 before and has 0x2000 bytes.
    std::string ivt("\xd1\x00\x20\x41\x00\x10\x7e\x00\0\0\0\0\0\0\0\0\xe0\x0f\x7e\x00\xc0\x0f\x7e\x00\0\0\0\0\0\0\0\0"
                    "\x80\x0f\x7e\x00\x00\x20\0\0",
                    40);
    ivt.resize(0x2000);
    REQUIRE(on_disk(ivt));
    CHECK(on_disk(ivt)->kind == "i.MX boot image");
    CHECK(on_disk(ivt)->size.count == 0x2000 - 0x40);
}

TEST_CASE("U-Boot as a legacy image behind an eGON header is a part of the file") {
    const inputs in;
    if (no_mkimage()) return;
    REQUIRE(in.make("head -c 20000 spl > s && mkimage -A arm -T sunxi_egon -d s egon && mkimage -A arm -O u-boot "
                    "-T firmware -C none -a 0x4a000000 -n U-Boot -d x u && cp egon out && truncate -s 32768 out && "
                    "cat u >> out"));
    const std::string sound = in.out();
    const auto a = on_disk(sound);
    REQUIRE(a);
    CHECK(a->file_name == "u-boot-sunxi-with-spl.bin");
    CHECK(a->size.count == sound.size());
    CHECK(a->whole);
    REQUIRE(a->details.size() == 2);
    CHECK(a->details[1] == "\"U-Boot\": firmware, 50001 bytes, loads at 0x4a000000");
    for (const std::size_t at : {std::size_t{32768 + 20}, sound.size() - 1}) { // its header, its data
        std::string damaged = sound;
        damaged[at] = static_cast<char>(damaged[at] + 1);
        const auto b = on_disk(damaged);
        REQUIRE(b);
        CHECK_FALSE(b->whole);
        CHECK(b->size.count == sound.size());
    }
    const std::string cut = std::string(32768, '\0') + sound.substr(0, sound.size() - 1);
    const auto short_one = ic::recognise_artefact(ic::window{ic::from_text(cut)}, ic::offset{64_sectors});
    REQUIRE(short_one);
    CHECK_FALSE(short_one->whole);
    CHECK(short_one->size.count == sound.size() - 1);
}

namespace {

/// The number behind these words in what a program lists.
std::uint64_t number_behind(const std::string& listed, const std::string& words, int base = 10) {
    const auto at = listed.find(words);
    INFO(words << " in\n" << listed);
    REQUIRE(at != listed.npos);
    return std::stoull(listed.substr(at + words.size()), nullptr, base);
}
bool tells(const ic::found_artefact& a, const std::string& detail) {
    return std::ranges::find(a.details, detail) != a.details.end();
}

} // namespace

TEST_CASE("bootloaders that are shipped have the lengths of their files and what mkimage lists", "[shipped]") {
    const auto files = t::shipped_files(
        {"idbloader.img", "u-boot.itb", "u-boot-sunxi-with-spl.bin", "sunxi-spl.bin", "SPL", "u-boot-dtb.imx"});
    if (files.empty() || no_mkimage()) {
        WARN("skipped: no bootloaders in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot");
        return;
    }
    for (const auto& path : files) {
        const std::string name = path.filename().string(), word = t::shell(path.string());
        INFO(path.string());
        std::string file = t::read_file(path);
        if (name == "sunxi-spl.bin") { // Debian ships both halves, and u-boot-install-sunxi writes them so
            file.resize(32768);
            file += t::read_file(path.parent_path() / "u-boot-sunxi-with-spl.fit.itb");
        }
        const auto a = on_disk(file, {.sha256 = t::sha256_by_sha256sum});
        REQUIRE(a);
        CHECK(a->whole);
        CHECK(a->size.count == file.size());
        if (name == "idbloader.img") {
            const std::string facts =
                t::run("dumpimage -T rksd -l " + word).output; // "Image Type:   Rockchip RK32 (SD/MMC) boot image"
            CHECK(a->kind == "idbloader");
            CHECK(facts.find("Rockchip " + a->soc.substr(0, 4) + " (SD/MMC)") != std::string::npos);
            CHECK(tells(*a, ic::text::join("TPL: ", number_behind(facts, "Init Data Size: "), " bytes")));
            CHECK(tells(*a, ic::text::join("SPL: ", number_behind(facts, "Boot Data Size: "), " bytes")));
        } else if (name.find("sunxi") != name.npos) {
            CHECK(a->kind == "eGON");
            CHECK(a->file_name == "u-boot-sunxi-with-spl.bin");
            const std::string facts = t::run("mkimage -l " + word).output;
            CHECK(tells(*a,
                        ic::text::join("SPL: ", number_behind(facts, "eGON image, size: "), " bytes, checksum right")));
        } else if (name == "u-boot.itb") {
            CHECK(a->kind == "FIT");
            CHECK(a->file_name == name);
        } else {
            const std::string facts = t::run("mkimage -l " + word).output;
            CHECK(a->kind == "i.MX boot image");
            // As its boot data has it: with the 1 KiB in front of it on the medium.
            CHECK(a->size.count + 1024 == number_behind(facts, "Data Size: "));
            CHECK(tells(*a, "entry at " + ic::text::hex(number_behind(facts, "Entry Point: ", 16))));
        }
    }
}

TEST_CASE("nothing is found in noise, and damaged headers end in an answer") {
    CHECK_FALSE(on_disk({}));
    CHECK_FALSE(ic::recognise_artefact(ic::window{ic::image{}}, {}));
    CHECK_FALSE(ic::recognise_artefact(ic::window{ic::zeros(1_MiB)}, ic::offset{2_MiB}));
    const inputs in;
    if (no_mkimage()) return;
    t::write_file(in.dir / "a.its", its);
    std::mt19937 random{20240610}; // the same every time
    for (const char* command : {"mkimage -f a.its -E out", "mkimage -n rk3328 -T rksd -d tpl:spl out",
                                "mkimage -n rk3568 -T rksd -d tpl:spl out",
                                "head -c 30000 spl > s && mkimage -A arm -T sunxi_egon -d s out"}) {
        if (!in.make(command)) continue;
        const std::string sound = in.out();
        for (int round = 0; round < 300; ++round) {
            std::string raw = sound;
            for (int n = 1 + static_cast<int>(random() % 4); n > 0; --n)
                raw[random() % std::min<std::size_t>(raw.size(), 2048)] =
                    static_cast<char>(round % 4 == 0 ? 0xff : random());
            if (round % 5 == 0) raw.resize(random() % raw.size());
            const ic::window w{ic::from_text(raw)};
            const auto a = ic::recognise_artefact(w, {});
            if (a) CHECK(a->size <= w.size());
        }
    }
}

namespace {

std::vector<ic::found_artefact> in_file(const std::string& file) {
    return ic::inspect(ic::window{ic::from_text(file)}, {.sha256 = t::sha256_by_sha256sum}).artefacts;
}
std::string padded(std::string s, std::size_t size) {
    s.resize(size, '\xff');
    return s;
}

} // namespace

TEST_CASE("the bootloader for the SPI flash of an RK3399 is taken apart, its idbloader in the plain form") {
    const std::string plain = t::stand_in::idbloader("rk3399", 60'000, 120'000), itb = t::stand_in::itb({.compatible = {"rockchip,rk3399"}});
    const std::size_t at = GENERATE(0xe0000u, 0x80000u);
    const std::string file = padded(t::stand_in::idbloader("rk3399", 60'000, 120'000, true), at) + itb;
    const auto found = in_file(file);
    REQUIRE(found.size() == 2);
    CHECK(found[0].spread);
    CHECK(found[0].size.count == 2 * plain.size());
    CHECK(found[1].at.count == at);
    CHECK(found[1].compatible == std::vector<std::string>{"rockchip,rk3399"});
    CHECK(found[1].u_boot_loads == 0x200000u);
    const ic::window w{ic::from_text(file)};
    // In parentheses: nobody wants to see them.
    CHECK((t::text_of(ic::read_all(ic::file_of(w, found[0]))) == plain));
    CHECK((t::text_of(ic::read_all(ic::file_of(w, found[1]))) == itb));
}

TEST_CASE("u-boot-rockchip.bin and the images for SPI flash are found by what is in them") {
    const std::string idbloader = t::stand_in::idbloader("rk3568"), itb = t::stand_in::itb({.compatible = {"rockchip,rk3568"}});
    struct form {
        std::size_t first, second;
    };
    const form f = GENERATE(form{0, 0x7f8000}, form{0, 0x38000}, form{0x8000, 0x60000}, form{0x8000, 0x100000}, form{0x8000, 0x8000 + 0x7f8000});
    const auto found = in_file(padded(padded("", f.first) + idbloader, f.second) + itb);
    REQUIRE(found.size() == 2);
    CHECK(found[0].at.count == f.first);
    CHECK(found[0].size.count == idbloader.size());
    CHECK(found[0].whole);
    CHECK(found[1].at.count == f.second);
    CHECK(found[1].size.count == itb.size());
}

TEST_CASE("a file of its own is recognised, and only a FIT behind an idbloader is taken for its U-Boot") {
    CHECK(in_file(t::stand_in::itb({})).size() == 1);
    CHECK(in_file(t::stand_in::sunxi({"allwinner,sun50i-h5"})).front().file_name == "u-boot-sunxi-with-spl.bin");
    CHECK(in_file(padded("", 0x60000) + t::stand_in::itb({})).empty());
}

TEST_CASE("a FIT whose data is aligned to 512 bytes keeps what fills it up") {
    ic::fit_source source;
    source.images = {{.name = "u-boot", .data = ic::owned(t::stand_in::code(100'000)), .type = "firmware"}};
    source.configurations = {{.name = "a", .firmware = "u-boot"}};
    const bool aligned = GENERATE(true, false);
    std::string made = t::text_of(ic::read_all(ic::fit(source, {.align = aligned ? 512_B : 4_B})));
    const auto unpadded = made.find_last_not_of('\0') + 1;
    made.resize(ic::round_up(unpadded, 512));
    const auto a = on_disk(made);
    REQUIRE(a);
    CHECK(a->size.count == (aligned ? made.size() : ic::round_up(unpadded, 4)));
    const auto other = on_disk(made.substr(0, unpadded) + std::string(made.size() - unpadded, 'x'));
    CHECK(other->size.count <= ic::round_up(unpadded, 4)); // what follows is somebody else's
}

TEST_CASE("a hostile tree at each place is read once, and ends in an answer") {
    std::string tree("\xd0\x0d\xfe\xed\x01\x00\x00\x00\0\0\0\x38\0\0\0\x38\0\0\0\x28\0\0\0\x11\0\0\0\x10\0\0\0\0\0\x80\0\0\0\x7f\0\0", 40);
    tree.resize(16 << 20, 'n');
    std::fill_n(tree.begin() + 40, 24, '\0');
    tree[59] = 1;
    for (std::size_t at = 64; at + 12 < (8u << 20); at += 12) tree.replace(at, 12, std::string("\0\0\0\x03\0\0\0\0\0\0\0\0", 12));
    const auto a = ic::recognise_artefact(ic::window{ic::from_text(tree)}, {});
    REQUIRE(a);
    CHECK_FALSE(a->whole);
}
