// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/fit.hpp>
#include <imgcompose/boot/fit_read.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/boot/sha256sum.hpp>
#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;
using imgcompose_test::sha256_by_sha256sum;
using imgcompose_test::text_of;

namespace {

std::string made_data(std::size_t size, unsigned seed = 1) {
    std::string s;
    for (std::size_t i = 0; i < size; ++i) s += static_cast<char>((i * 7 + seed * i / 3 + seed) & 0xff);
    return s;
}

ic::fit_source two_images(std::size_t size) {
    return {.description = "U-Boot and its firmware",
            .images = {{.name = "u-boot",
                        .description = "U-Boot",
                        .data = ic::from_text(made_data(size)),
                        .type = "standalone",
                        .arch = "arm64",
                        .os = "u-boot",
                        .compression = "none",
                        .load = 0x200000,
                        .entry = 0x200000,
                        .hashes = {"crc32"}},
                       {.name = "fdt-1",
                        .description = "board.dtb",
                        .data = ic::from_text(made_data(77, 2)),
                        .type = "flat_dt",
                        .compression = "none"}},
            .configurations = {{.name = "config-1",
                                .description = "board",
                                .firmware = "u-boot",
                                .loadables = {"u-boot"},
                                .fdt = {"fdt-1"}}},
            .time = std::chrono::seconds{1234567890}};
}

// The same as a source for mkimage, its contents in files beside it.
std::string source_text(const ic::fit_source& f) {
    std::string out = "/dts-v1/;\n/ {\ndescription = \"" + f.description + "\";\n#address-cells = <1>;\nimages {\n";
    const auto line = [&](const char* name, const std::string& value) {
        if (!value.empty()) out += std::string{name} + " = \"" + value + "\";\n";
    };
    const auto lines = [&](const char* name, const std::vector<std::string>& values) {
        std::string all;
        for (const auto& v : values) all += (all.empty() ? "\"" : "\", \"") + v;
        if (!all.empty()) out += std::string{name} + " = " + all + "\";\n";
    };
    const auto address = [&](const char* name, std::optional<std::uint64_t> value) {
        if (!value) return;
        out += std::string{name} + " = <";
        if (*value >> 32 != 0) out += ic::text::hex(*value >> 32) + " ";
        out += ic::text::hex(*value & 0xffffffff) + ">;\n";
    };
    for (const auto& i : f.images) {
        out += i.name + " {\n";
        line("description", i.description);
        out += "data = /incbin/(\"" + i.name + ".bin\");\n";
        line("type", i.type), line("arch", i.arch), line("os", i.os), line("compression", i.compression);
        address("load", i.load), address("entry", i.entry);
        for (std::size_t h = 0; h < i.hashes.size(); ++h)
            out += "hash-" + std::to_string(h + 1) + " { algo = \"" + i.hashes[h] + "\"; };\n";
        out += "};\n";
    }
    out += "};\nconfigurations {\n";
    if (!f.configurations.empty())
        line("default", f.default_configuration.empty() ? f.configurations[0].name : f.default_configuration);
    for (const auto& c : f.configurations) {
        out += c.name + " {\n";
        line("description", c.description), line("kernel", c.kernel), line("firmware", c.firmware);
        lines("loadables", c.loadables);
        line("ramdisk", c.ramdisk);
        lines("fdt", c.fdt);
        out += "};\n";
    }
    return out + "};\n};\n";
}

} // namespace

TEST_CASE("a FIT is read as it was made") {
    const bool external = GENERATE(true, false);
    const auto from = two_images(1001);
    const auto made_image = ic::fit(from, {.external_data = external});
    const ic::window whole{made_image};
    const auto read = ic::read_fit(whole);
    CHECK(read.description == from.description);
    CHECK(read.time == from.time);
    CHECK(read.is_whole);
    CHECK(read.default_configuration == "config-1");
    CHECK(ic::check(read, whole.size()).empty());
    REQUIRE(read.images.size() == 2);
    const auto& u_boot = read.images[0];
    CHECK(u_boot.external == external);
    CHECK(u_boot.load == 0x200000);
    CHECK(u_boot.os == "u-boot");
    REQUIRE(u_boot.hashes.size() == 1);
    CHECK(u_boot.hashes[0].state == ic::hash_state::right);
    CHECK(text_of(ic::read_all(ic::content_of(whole, u_boot).copy())) == made_data(1001));
    CHECK(text_of(ic::read_all(ic::content_of(whole, *read.find_image("fdt-1")).copy())) == made_data(77, 2));
    CHECK(read.configuration().images() == std::vector<std::string>{"u-boot", "fdt-1"});
    if (external) CHECK(read.size == whole.size() - 3_B); // the last image's padding is nobody's
}

TEST_CASE("external data stays the file it was") {
    const imgcompose_test::temp_dir dir;
    ic::fit_source from = two_images(10);
    from.images[0].data = ic::zeros(1_GiB);
    from.images[0].hashes.clear();
    const auto made_image = ic::fit(from);
    CHECK(made_image.size() > 1_GiB);
    std::uint64_t zero = 0;
    for (const auto& e : made_image.extents())
        if (e.kind() == ic::byte_kind::zero) zero += e.size.count;
    CHECK(zero >= ic::bytes{1_GiB}.count);
    std::vector<std::string> names;
    for (const auto& r : made_image.regions()) names.emplace_back(made_image.name_of(r));
    CHECK(names == std::vector<std::string>{"tree", "u-boot", "fdt-1"});
}

TEST_CASE("a FIT that U-Boot would refuse is not made") {
    const auto refused = [](auto change, const char* why, const ic::fit_options& options = {}) {
        auto from = two_images(10);
        change(from);
        CHECK_THROWS_MATCHES(ic::fit(from, options), ic::error, says(why));
    };
    refused([](ic::fit_source& f) { f.images.clear(); }, "needs images");
    refused([](ic::fit_source& f) { f.images[0].data = {}; }, "\"u-boot\" has no bytes");
    refused([](ic::fit_source& f) { f.images[1].name = "fdt@1"; }, "has an '@'");
    refused([](ic::fit_source& f) { f.configurations[0].name = "conf@1"; }, "has an '@'");
    refused([](ic::fit_source& f) { f.configurations[0].loadables = {"atf"}; }, "\"config-1\" names the image \"atf\"");
    refused([](ic::fit_source& f) { f.configurations[0].kernel = "k"; }, "names the image \"k\"");
    refused([](ic::fit_source& f) { f.default_configuration = "other"; }, "\"other\", is not among");
    refused([](ic::fit_source& f) { f.images[0].hashes = {"sha256"}; }, "give `sha256`");
    refused([](ic::fit_source& f) { f.images[0].hashes = {"md4"}; }, "\"md4\" cannot be made");
    refused([](ic::fit_source& f) { f.time = std::chrono::seconds{-1}; }, "until 2106");
    refused(
        [](ic::fit_source& f) {
            f.images[0].name = f.images[1].name = "fdt-1";
            f.configurations.clear();
        },
        "twice");
    for (const ic::bytes align : {0_B, 2_B, 6_B}) refused([](ic::fit_source&) {}, "take a multiple of 4", {.align = align});
    refused([](ic::fit_source&) {}, "its tree has", {.data_at = ic::offset{16_B}});
    refused(
        [](ic::fit_source& f) {
            f.images[0].data = ic::zeros(3_GiB), f.images[0].hashes.clear();
            f.images[1].data = ic::zeros(2_GiB);
        },
        "beyond its 32-bit offsets");
}

TEST_CASE("mkimage makes the same FIT") {
    if (!imgcompose_test::have("mkimage") || !imgcompose_test::have("dtc") || !imgcompose_test::have("sha256sum")) {
        WARN("skipped: mkimage, dtc or sha256sum not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    const auto compare = [&](const ic::fit_source& from, const ic::fit_options& options, const std::string& arguments) {
        for (const auto& i : from.images)
            imgcompose_test::write_file(dir / (i.name + ".bin"), text_of(ic::read_all(i.data)));
        imgcompose_test::write_file(dir / "x.its", source_text(from));
        const auto run = imgcompose_test::run("cd '" + dir.path().string() +
                                              "' && SOURCE_DATE_EPOCH=" + std::to_string(from.time.count()) +
                                              " mkimage " + arguments + " -f x.its x.itb");
        INFO(run.output << source_text(from));
        REQUIRE(run.status == 0);
        auto theirs = imgcompose_test::read_file(dir / "x.itb");
        const auto ours_image = ic::fit(from, options);
        const auto ours = text_of(ic::read_all(ours_image));
        if (options.external_data) {
            // What mkimage leaves behind the strings, up to its alignment, is left over from the data it moved away.
            const auto header = ic::struct_from<ic::fdt_header>(std::as_bytes(std::span{theirs}));
            const std::size_t used = ic::from_disk(header.off_dt_strings) + ic::from_disk(header.size_dt_strings);
            REQUIRE(ic::from_disk(header.totalsize) - used < options.align.count);
            std::fill(theirs.begin() + static_cast<std::ptrdiff_t>(used),
                      theirs.begin() + static_cast<std::ptrdiff_t>(ic::from_disk(header.totalsize)), '\0');
        }
        CHECK(ours.size() == theirs.size());
        CHECK(ours == theirs);
        imgcompose_test::write_file(dir / "ours.itb", ours);
        const auto list = [&](const char* name) {
            return imgcompose_test::run("mkimage -l '" + (dir / name) + "'").output;
        };
        CHECK(list("ours.itb") == list("x.itb"));
        const auto read = ic::read_fit(ic::window{ours_image}, {.sha256 = sha256_by_sha256sum});
        CHECK(ic::check(read, ours_image.size()).empty());
        for (const auto& i : read.images)
            for (const auto& h : i.hashes) CHECK(h.state == ic::hash_state::right);
    };
    SECTION("of all sizes") {
        for (const std::size_t size : {1u, 2u, 3u, 4u, 511u, 512u, 513u, 2047u, 2048u, 2049u, 100'003u}) {
            INFO(size);
            const auto from = two_images(size);
            compare(from, {}, "-E");
            compare(from, {.external_data = false}, "");
            compare(from, {.align = 512_B}, "-E -B 200");
            compare(from, {.data_at = ic::offset{4096_B}}, "-E -p 1000");
            compare(from, {.align = 64_B, .data_at = ic::offset{4096_B}}, "-E -B 40 -p 1000");
        }
    }
    SECTION("with sha256, addresses of 64 bits, a kernel and a ramdisk") {
        ic::fit_source from{
            .description = "Linux",
            .images = {{.name = "kernel",
                        .description = "Image",
                        .data = ic::from_text(made_data(5000)),
                        .type = "kernel",
                        .arch = "arm64",
                        .os = "linux",
                        .compression = "gzip",
                        .load = 0x100080000,
                        .entry = 0x100080000,
                        .hashes = {"sha256", "crc32"}},
                       {.name = "initrd",
                        .data = ic::from_text(made_data(3333, 3)),
                        .type = "ramdisk",
                        .arch = "arm64",
                        .os = "linux",
                        .compression = "none",
                        .hashes = {"sha256"}}},
            .configurations = {{.name = "a", .kernel = "kernel"},
                               {.name = "b", .description = "with", .kernel = "kernel", .ramdisk = "initrd"}},
            .default_configuration = "b",
            .time = std::chrono::seconds{4294967295}};
        for (int i = 1; i <= 40; ++i) { // so many that mkimage needs several KiB for what it adds
            from.images.push_back({.name = "fdt-" + std::to_string(i),
                                   .description = "tree",
                                   .data = ic::from_text(made_data(100 + static_cast<unsigned>(i))),
                                   .type = "flat_dt",
                                   .arch = "arm64",
                                   .compression = "none",
                                   .hashes = {"crc32", "sha256"}});
            from.configurations[0].fdt.push_back(from.images.back().name);
            if (i == 1 || i == 20 || i == 40) {
                compare(from, {.sha256 = sha256_by_sha256sum}, "-E");
                compare(from, {.external_data = false, .sha256 = sha256_by_sha256sum}, "");
            }
        }
    }
    SECTION("without configurations") {
        auto from = two_images(9);
        from.configurations.clear();
        from.images[0].hashes.clear();
        compare(from, {}, "-E");
    }
}
