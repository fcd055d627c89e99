// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/android_boot.hpp>

#include <imgcompose/image/read.hpp>
#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <random>
#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;
using imgcompose_test::text_of;

namespace {


ic::sha1_value sha1_by_sha1sum(std::span<const std::byte> data) {
    const imgcompose_test::temp_dir dir;
    imgcompose_test::write_file(dir / "data", text_of(data));
    const auto digits = imgcompose_test::run("sha1sum <'" + (dir / "data") + "'").output;
    ic::sha1_value value{};
    for (std::size_t i = 0; i < value.size(); ++i)
        value[i] = static_cast<std::byte>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
    return value;
}

ic::android_boot android_sample(unsigned version = 2) {
    return {.kernel = ic::from_text(std::string(5000, 'k')),
            .ramdisk = ic::from_text(std::string(2048, 'r')),
            .second = ic::from_text("RSCE"),
            .recovery_dtbo = version >= 1 ? ic::from_text("overlay") : ic::image{},
            .dtb = version >= 2 ? ic::from_text(std::string(2049, 'd')) : ic::image{},
            .name = "rk3399",
            .cmdline = std::string(600, 'c'),
            .os = {.major = 9, .minor = 1, .patch = 2, .year = 2021, .month = 12},
            .version = version};
}

} // namespace

TEST_CASE("a boot image is read as it was made") {
    const unsigned version = GENERATE(0u, 1u, 2u);
    const auto from = android_sample(version);
    const auto made = ic::android_boot_image(from);
    const ic::window whole{made};
    const auto read = ic::read_android_boot(whole);
    CHECK(read.version == version);
    CHECK(read.page_size == 2_KiB);
    CHECK(read.name == from.name);
    CHECK(read.cmdline == from.cmdline);
    CHECK(read.os == from.os);
    CHECK(read.tags_address == from.tags_address);
    CHECK(read.size == made.size());
    CHECK(read.is_whole);
    CHECK(read.id == std::array<std::byte, 32>{});
    CHECK(read.parts.size() == 3 + version);
    const auto content = [&](const char* name) { return text_of(ic::content_of(whole, *read.find(name)).copy()); };
    CHECK(content("kernel") == text_of(from.kernel));
    CHECK(content("ramdisk") == text_of(from.ramdisk));
    CHECK(content("second") == "RSCE");
    CHECK(read.find("kernel")->address == 0x10008000);
    if (version >= 1) CHECK(content("recovery_dtbo") == "overlay");
    if (version >= 2) CHECK(content("dtb") == text_of(from.dtb));
    if (version < 2) CHECK(read.find("dtb") == nullptr);
}

TEST_CASE("a boot image that its header cannot describe is refused") {
    const auto refused = [](auto change, const char* why) {
        auto from = android_sample();
        change(from);
        CHECK_THROWS_MATCHES(ic::android_boot_image(from), ic::input_error, says(why));
    };
    refused([](auto& b) { b.version = 3; }, "version 0, 1 or 2");
    refused([](auto& b) { b.page_size = 3000_B; }, "pages of 3000 bytes");
    refused([](auto& b) { b.page_size = 1_KiB; }, "pages of 1024 bytes");
    refused([](auto& b) { b.kernel = {}; }, "needs a kernel");
    refused([](auto& b) { b.version = 0; }, "recovery_dtbo, which needs version 1");
    refused([](auto& b) { b.version = 1; }, "dtb, which needs version 2");
    refused([](auto& b) { b.dtb = {}; }, "version 2 needs a dtb");
    refused([](auto& b) { b.name = "0123456789012345"; }, "15 characters");
    refused([](auto& b) { b.name = std::string{"a\0b", 3}; }, "NUL");
    refused([](auto& b) { b.cmdline = std::string(1535, 'c'); }, "1534 characters");
    refused([](auto& b) { b.os.major = 128; }, "above 127");
    refused([](auto& b) { b.os.month = 13; }, "patch month");
    refused([](auto& b) { b.os.year = 1999; }, "patch month");
    refused([](auto& b) { b.kernel = ic::zeros(4_GiB); }, "more than 4294967295");
}

TEST_CASE("a damaged boot image is refused or told to be cut off") {
    const auto sound = ic::read_all(ic::android_boot_image(android_sample()));
    const auto read = [](const ic::owned_bytes& raw) { return ic::read_android_boot(ic::window{ic::owned(raw)}); };
    for (std::size_t size = 0; size < sound.size(); size += size < 1700 ? 1 : 97) {
        const ic::owned_bytes cut{sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size)};
        if (size < sizeof(ic::android_boot_header)) CHECK_THROWS_AS(read(cut), ic::format_error);
        else if (size < sound.size() - 2047) CHECK_FALSE(read(cut).is_whole);
    }
    auto raw = sound;
    raw[40] = std::byte{5};
    CHECK_THROWS_MATCHES(read(raw), ic::format_error, says("version is 5"));
    raw = sound;
    raw[36] = std::byte{1};
    CHECK_THROWS_MATCHES(read(raw), ic::format_error, says("its pages have"));
    raw = sound;
    std::fill(raw.begin() + 8, raw.begin() + 12, std::byte{0xff});
    CHECK_FALSE(read(raw).is_whole);
    std::mt19937 random{9};
    unsigned ok = 0;
    for (int i = 0; i < 2000; ++i) {
        raw = sound;
        for (int n = 0; n < 4; ++n) raw[random() % 64] = static_cast<std::byte>(random() & 0xff);
        try {
            const auto b = read(raw);
            for (const auto& p : b.parts) CHECK(ic::content_of(ic::window{ic::owned(raw)}, p).size() <= p.size);
            ++ok;
        } catch (const ic::format_error&) {
        }
    }
    CHECK(ok > 50);
}

TEST_CASE("a boot image of version 4 has a signature") {
    ic::android_boot_header_v3 h{};
    h.magic = {'A', 'N', 'D', 'R', 'O', 'I', 'D', '!'};
    h.kernel_size = ic::to_disk(4097u);
    h.header_version = ic::to_disk(4u);
    h.signature_size = ic::to_disk(100u);
    ic::owned_bytes raw(4096 * 3 + 100);
    ic::put_struct(raw, h);
    const auto read = ic::read_android_boot(ic::window{ic::owned(raw)});
    REQUIRE(read.parts.size() == 2);
    CHECK(read.find("signature")->at == ic::offset{12_KiB});
    CHECK(read.size == 16_KiB);
    CHECK(read.is_whole); // the padding behind the last part is nobody's
    raw.pop_back();
    CHECK_FALSE(ic::read_android_boot(ic::window{ic::owned(raw)}).is_whole);
}

TEST_CASE("mkbootimg makes the same boot image") {
    if (!imgcompose_test::have("mkbootimg") || !imgcompose_test::have("python3")) {
        WARN("skipped: mkbootimg or sha1sum not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    // Debian 12's divides pages into fractions where it needs the place of recovery_dtbo, and fails.
    REQUIRE(imgcompose_test::run("sed 's|) / page_size|) // page_size|' \"$(command -v mkbootimg)\" >'" +
                                 (dir / "mkbootimg.py") + "'")
                .status == 0);
    const auto file = [&](const char* option, const ic::image& content) {
        if (content.size() == ic::bytes{}) return std::string{};
        const auto path = dir / (option + std::string{".bin"});
        imgcompose_test::write_file(path, text_of(content));
        return " --" + std::string{option} + " '" + path + "'";
    };
    const auto theirs = [&](const ic::android_boot& b, unsigned version, std::uint64_t page) {
        const auto run = imgcompose_test::run(
            "python3 '" + (dir / "mkbootimg.py") + "'" + file("kernel", b.kernel) + file("ramdisk", b.ramdisk) +
            file("second", b.second) + file("recovery_dtbo", b.recovery_dtbo) + file("dtb", b.dtb) + " --cmdline '" +
            b.cmdline + "' --board '" + b.name + "' --os_version 9.1.2 --os_patch_level 2021-12 --header_version " +
            std::to_string(version) + " --pagesize " + std::to_string(page) + " -o '" + (dir / "out") + "'");
        INFO(run.output);
        REQUIRE(run.status == 0);
        return imgcompose_test::read_file(dir / "out");
    };
    SECTION("of versions 0 to 2, byte for byte") {
        for (const unsigned version : {0u, 1u, 2u})
            for (const std::size_t size : {1u, 511u, 512u, 2047u, 2048u, 2049u, 100'001u})
                for (const std::size_t cmdline : {0u, 1u, 510u, 511u}) {
                    auto b = android_sample(version);
                    b.kernel = ic::from_text(std::string(size, 'K'));
                    b.cmdline = std::string(cmdline, 'x');
                    b.page_size = ic::bytes{size % 2 == 0 ? 2048u : 4096u};
                    if (size == 511) b.second = {};
                    if (size == 512) b.ramdisk = {};
                    if (size == 2047) b.recovery_dtbo = {};
                    if (cmdline > 1 && size != 1) continue; // each alone is enough
                    INFO(version << ' ' << size << ' ' << cmdline);
                    CHECK(text_of(ic::android_boot_image(b, sha1_by_sha1sum)) == theirs(b, version, b.page_size.count));
                }
    }
    SECTION("with a long command line, which is read whole though it is split elsewhere") {
        for (const std::size_t size : {512u, 513u, 1534u}) {
            auto b = android_sample(0);
            b.cmdline = std::string(size, 'x');
            CHECK(ic::read_android_boot(ic::window{ic::from_text(theirs(b, 0, 2048))}).cmdline == b.cmdline);
            CHECK(ic::read_android_boot(ic::window{ic::android_boot_image(b)}).cmdline == b.cmdline);
        }
    }
    SECTION("of version 3, as it is read") {
        const ic::android_boot b{.kernel = ic::from_text(std::string(5001, 'k')),
                                 .ramdisk = ic::from_text("ramdisk"),
                                 .cmdline = std::string(1000, 'c')};
        const auto raw = theirs(b, 3, 4096);
        const ic::window whole{ic::from_text(raw)};
        const auto read = ic::read_android_boot(whole);
        CHECK(read.version == 3);
        CHECK(read.cmdline == b.cmdline);
        CHECK(read.os == ic::android_version{9, 1, 2, 2021, 12});
        CHECK(text_of(ic::content_of(whole, *read.find("kernel")).copy()) == text_of(b.kernel));
        CHECK(text_of(ic::content_of(whole, *read.find("ramdisk")).copy()) == "ramdisk");
        CHECK(read.size.count == raw.size());
        CHECK(read.is_whole);
    }
}
