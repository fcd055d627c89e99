// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/fit.hpp>
#include <imgcompose/boot/fit_read.hpp>
#include <imgcompose/image/blob.hpp>

#include "tests/boot/sha256sum.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run.hpp"

#include <cstdlib>
#include <filesystem>
#include <random>
#include <sstream>
#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {

std::string text(std::span<const std::byte> b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }

ic::fit_source sample() {
    return {
        .description = "FIT",
        .images = {{.name = "kernel",
                    .data = ic::from_text("a kernel"),
                    .type = "kernel",
                    .arch = "arm64",
                    .compression = "none",
                    .load = 0x80000,
                    .hashes = {"crc32"}},
                   {.name = "fdt-1", .data = ic::owned(ic::fdt_bytes({})), .type = "flat_dt", .compression = "none"}},
        .configurations = {{.name = "one", .kernel = "kernel", .fdt = {"fdt-1"}}, {.name = "two", .kernel = "kernel"}}};
}

// The tree of a FIT, as it stands, and its external data from `base` on.
ic::owned_bytes with_base(const ic::owned_bytes& tree, const ic::owned_bytes& data, std::size_t base) {
    auto all = tree;
    all.resize(base);
    all.insert(all.end(), data.begin(), data.end());
    return all;
}

// A FIT by hand: one image with these properties beside its type.
ic::owned_bytes of(std::vector<ic::fdt_property> properties, std::vector<ic::fdt_node> children = {},
                   std::vector<ic::fdt_property> of_root = {}) {
    properties.push_back(ic::fdt_string("type", "flat_dt"));
    return ic::fdt_bytes({.root = {.properties = std::move(of_root),
                                   .children = {{.name = "images",
                                                 .children = {{.name = "i",
                                                               .properties = std::move(properties),
                                                               .children = std::move(children)}}}}}});
}

ic::found_fit read(const ic::owned_bytes& raw, const ic::fit_read_options& options = {}) {
    return ic::read_fit(ic::window{ic::owned(raw)}, options);
}

bool finds(const ic::found_fit& fit, ic::bytes available, const std::string& words) {
    for (const auto& f : ic::check(fit, available))
        if (f.message.find(words) != std::string::npos) return true;
    return false;
}

} // namespace

TEST_CASE("configurations are found by name or by default") {
    const auto fit = read(ic::read_all(ic::fit(sample())));
    CHECK(fit.configuration().name == "one");
    CHECK(fit.configuration("two").images() == std::vector<std::string>{"kernel"});
    CHECK_THROWS_MATCHES(fit.configuration("three"), ic::input_error, says("no configuration \"three\""));
    auto without = sample();
    without.configurations.clear();
    CHECK_THROWS_MATCHES(read(ic::read_all(ic::fit(without))).configuration(), ic::input_error, says("no default"));
    CHECK(fit.find_image("nothing") == nullptr);
}

TEST_CASE("the size counts external data, and what is missing is told") {
    const auto raw = ic::read_all(ic::fit(sample()));
    const auto whole = read(raw);
    CHECK(whole.is_whole);
    CHECK(ic::check(whole, whole.size).empty());
    CHECK(whole.size > whole.tree_size);
    for (std::size_t cut = 1; cut < (whole.size - whole.tree_size).count; ++cut) {
        auto shorter = raw;
        shorter.resize(whole.size.count - cut);
        const auto fit = read(shorter);
        CHECK_FALSE(fit.is_whole);
        CHECK(fit.size == whole.size);
        CHECK(finds(fit, ic::bytes{shorter.size()}, "the last " + std::to_string(cut) + " are missing"));
    }
    auto only_tree = raw;
    only_tree.resize(whole.tree_size.count);
    CHECK(read(only_tree).images[0].hashes[0].state == ic::hash_state::cut_off);
    auto less = raw;
    less.resize(whole.tree_size.count - 1);
    CHECK_THROWS_MATCHES(read(less), ic::format_error, says("missing"));
}

TEST_CASE("damaged data has a wrong hash") {
    auto from = sample();
    from.images[0].hashes = {"sha256", "crc32"};
    const ic::fit_options options{.sha256 = imgcompose_test::sha256_by_sha256sum};
    auto raw = ic::read_all(ic::fit(from, options));
    const auto at = read(raw).images[0].at;
    CHECK(read(raw).images[0].hashes[0].state == ic::hash_state::not_checked);
    CHECK(read(raw, {.sha256 = options.sha256}).images[0].hashes[0].state == ic::hash_state::right);
    CHECK(read(raw, {.sha256 = options.sha256, .largest_hashed = 7_B}).images[0].hashes[0].state ==
          ic::hash_state::not_checked);
    raw[at.count] ^= std::byte{1};
    const auto damaged = read(raw, {.sha256 = options.sha256});
    CHECK(damaged.images[0].hashes[0].state == ic::hash_state::wrong);
    CHECK(damaged.images[0].hashes[1].state == ic::hash_state::wrong);
    CHECK(finds(damaged, damaged.size, "the crc32 of the FIT image \"kernel\" is wrong"));
    CHECK(finds(damaged, damaged.size, "the sha256 of the FIT image \"kernel\" is wrong"));
}

TEST_CASE("external data begins at a multiple of 4 or of 512") {
    const auto data = ic::fdt_bytes({});
    const auto size = static_cast<std::uint32_t>(data.size());
    const std::vector<ic::fdt_property> outside{ic::fdt_cells("data-offset", {0}), ic::fdt_cells("data-size", {size})};
    SECTION("known by the device tree in it") {
        const auto tree = of(outside);
        REQUIRE(tree.size() < 500);
        CHECK(read(with_base(tree, data, ic::round_up(tree.size(), 4))).data_base.count ==
              ic::round_up(tree.size(), 4));
        CHECK(read(with_base(tree, data, 512)).data_base.count == 512);
        CHECK(read(with_base(tree, data, 512)).size.count == 512 + size);
    }
    SECTION("known by a hash") {
        const auto tree =
            of(outside, {{.name = "hash",
                          .properties = {ic::fdt_string("algo", "crc32"), ic::fdt_cells("value", {ic::crc32(data)})}}});
        CHECK(read(with_base(tree, data, 512)).data_base.count == 512);
        CHECK(read(with_base(tree, data, 512)).images[0].hashes[0].state == ic::hash_state::right);
    }
    SECTION("known by the size that Rockchip's mkimage notes") {
        auto other = data;
        other[0] = std::byte{};
        const auto tree = of(outside, {}, {ic::fdt_cells("totalsize", {512 + size})});
        CHECK(read(with_base(tree, other, 512)).data_base.count == 512);
        CHECK(read(with_base(of(outside), other, 512)).data_base.count == ic::round_up(of(outside).size(), 4));
    }
    SECTION("or is named absolutely") {
        const auto tree = of({ic::fdt_cells("data-position", {1000}), ic::fdt_cells("data-size", {size})});
        CHECK(read(with_base(tree, data, 1000)).images[0].at == ic::offset{1000_B});
    }
}

TEST_CASE("what is no FIT is refused") {
    const auto refused = [](const ic::owned_bytes& raw, const char* why, const ic::fit_read_options& options = {}) {
        CHECK_THROWS_MATCHES(read(raw, options), ic::format_error, says(why));
    };
    refused({}, "does not begin with a device tree");
    refused(ic::owned_bytes(100), "does not begin with a device tree");
    refused(ic::fdt_bytes({}), "without /images");
    refused(of({ic::fdt_cells("data-offset", {0})}), "\"i\" has data outside, but no data-size");
    refused(of({}), "claims", {.largest_tree = 100_B});
    std::vector<ic::fdt_node> many;
    for (std::size_t i = 0; i <= ic::fit_node_limit; ++i) many.push_back({.name = "hash-" + std::to_string(i)});
    refused(of({}, many), "\"i\" has 4097 children");
    auto huge = of({});
    huge[4] = std::byte{0xff};
    refused(huge, "at most 268435456 are read");
}

TEST_CASE("names that lead nowhere are told") {
    auto t = ic::read_fdt(ic::read_all(ic::fit(sample(), {.external_data = false})));
    t.root.children[1].properties = {ic::fdt_string("default", "three")};
    t.root.children[1].children[0].properties[0] = ic::fdt_string("kernel", "linux");
    t.root.children[0].children[1].name = "fdt@1";
    t.root.children[0].children[1].properties.clear();
    const auto raw = ic::fdt_bytes(t);
    const auto fit = read(raw);
    CHECK(finds(fit, fit.size, "the default configuration of the FIT, \"three\""));
    CHECK(finds(fit, fit.size, "\"one\" names the image \"linux\""));
    CHECK(finds(fit, fit.size, "\"one\" names the image \"fdt-1\""));
    CHECK(finds(fit, fit.size, "\"fdt@1\" has no data"));
    CHECK(finds(fit, fit.size, "\"fdt@1\" has an '@'"));
    const auto inside = read(of({ic::fdt_cells("data-position", {8}), ic::fdt_cells("data-size", {4})}));
    CHECK(finds(inside, inside.size, "lies in the tree itself"));
}

TEST_CASE("positions that overflow lead nowhere") {
    const auto fit = read(of({ic::fdt_cells("data-offset", {0xffffffff}), ic::fdt_cells("data-size", {0xffffffff})},
                             {{.name = "hash-1", .properties = {ic::fdt_string("algo", "crc32")}}}));
    CHECK_FALSE(fit.is_whole);
    CHECK(fit.size > 8_GiB - 1_KiB);
    CHECK(fit.images[0].hashes[0].state == ic::hash_state::cut_off);
    CHECK(ic::content_of(ic::window{ic::zeros(1_MiB)}, fit.images[0]).size() == ic::bytes{});
}

TEST_CASE("no change of a byte of a FIT leads a reader outside") {
    const auto sound = ic::read_all(ic::fit(sample()));
    std::mt19937 random{7};
    unsigned refused = 0, ok = 0;
    for (int i = 0; i < 5000; ++i) {
        auto raw = sound;
        for (auto changes = random() % 3 + 1; changes != 0; --changes)
            raw[random() % raw.size()] = static_cast<std::byte>(random() & 0xff);
        try {
            const auto fit = read(raw);
            (void)ic::check(fit, ic::bytes{raw.size()});
            for (const auto& image : fit.images) (void)ic::content_of(ic::window{ic::owned(raw)}, image).size();
            ++ok;
        } catch (const ic::format_error&) {
            ++refused;
        }
    }
    CHECK(ok > 500);
    CHECK(refused > 500);
}

TEST_CASE("a FIT of mkimage is read with the same facts") {
    if (!imgcompose_test::have("mkimage") || !imgcompose_test::have("dtc")) {
        WARN("skipped: mkimage or dtc not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    const bool external = GENERATE(true, false);
    imgcompose_test::write_file(dir / "k", std::string(5001, 'k'));
    imgcompose_test::write_file(dir / "x.its", R"(/dts-v1/; / { description = "d"; images {
        k { data = /incbin/("k"); type = "kernel"; arch = "arm64"; os = "linux"; compression = "none"; load = <0 0x80000>;
            entry = <0x90000>; hash { algo = "sha1"; }; hash-2 { algo = "crc32"; }; hash@3 { algo = "sha256"; }; }; };
        configurations { default = "c"; c { kernel = "k"; compatible = "a,b", "c"; }; }; };)");
    const auto run = imgcompose_test::run("cd '" + dir.path().string() + "' && SOURCE_DATE_EPOCH=99 mkimage -f x.its " +
                                          (external ? "-E " : "") + "x.itb");
    INFO(run.output);
    REQUIRE(run.status == 0);
    const auto raw = imgcompose_test::read_file(dir / "x.itb");
    const auto span = std::as_bytes(std::span{raw});
    const ic::owned_bytes content{span.begin(), span.end()};
    const auto fit = read(content, {.sha256 = imgcompose_test::sha256_by_sha256sum});
    CHECK(fit.time == std::chrono::seconds{99});
    CHECK(fit.configuration().compatible == std::vector<std::string>{"a,b", "c"});
    REQUIRE(fit.images.size() == 1);
    const auto& k = fit.images[0];
    CHECK(k.load == 0x80000);
    CHECK(k.entry == 0x90000);
    CHECK(k.external == external);
    CHECK(text(ic::read_all(ic::content_of(ic::window{ic::owned(content)}, k).copy())) == std::string(5001, 'k'));
    REQUIRE(k.hashes.size() == 3);
    CHECK(k.hashes[0].state == ic::hash_state::not_checked);
    CHECK(k.hashes[1].state == ic::hash_state::right);
    CHECK(k.hashes[2].state == ic::hash_state::right);
}

TEST_CASE("bootloaders that are shipped are read with the facts that mkimage lists") {
    // Debian's u-boot-* packages unpacked, or installed; $IMGCOMPOSE_BOOTLOADERS names another place.
    const char* named = std::getenv("IMGCOMPOSE_BOOTLOADERS");
    const std::filesystem::path top = named ? named : "/usr/lib/u-boot";
    std::vector<std::filesystem::path> files;
    if (std::filesystem::exists(top))
        for (const auto& e : std::filesystem::recursive_directory_iterator{top})
            if (e.path().extension() == ".itb") files.push_back(e.path());
    if (files.empty() || !imgcompose_test::have("mkimage")) {
        WARN("skipped: no .itb in " << top << ", or mkimage not found");
        return;
    }
    for (const auto& path : files) {
        const ic::window file{ic::blob(path)};
        const auto fit = ic::read_fit(file, {.sha256 = imgcompose_test::sha256_by_sha256sum});
        std::string ours = "default " + fit.default_configuration + '\n';
        for (const auto& i : fit.images) {
            ours += i.name + ' ' + std::to_string(i.size.count);
            if (i.load) ours += " at " + ic::text::hex(*i.load);
            ours += '\n';
            for (const auto& h : i.hashes) CHECK(h.state != ic::hash_state::wrong);
        }
        std::string theirs;
        std::istringstream lines{imgcompose_test::run("mkimage -l " + imgcompose_test::quoted(path.string())).output};
        std::string images, chosen;
        for (std::string line; std::getline(lines, line);) {
            const auto behind = [&](const char* words) {
                const auto at = line.find(words);
                return at == std::string::npos ? std::string{} : line.substr(at + std::string{words}.size());
            };
            if (line.starts_with(" Image "))
                images += (images.empty() ? "" : "\n") + behind("(").substr(0, behind("(").find(')'));
            if (const auto size = behind("Data Size: "); !size.empty())
                images += ' ' + std::to_string(std::stoull(size));
            if (const auto load = behind("Load Address: 0x"); !load.empty())
                images += " at " + ic::text::hex(std::stoull(load, nullptr, 16));
            if (const auto name = behind("Default Configuration: '"); !name.empty())
                chosen = name.substr(0, name.find('\''));
        }
        INFO(path);
        CHECK(ours == "default " + chosen + '\n' + images + '\n');
        CHECK(fit.is_whole);
        CHECK(ic::check(fit, file.size()).empty());
    }
}
