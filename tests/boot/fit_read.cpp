// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/fit_read.hpp>

#include <imgcompose/boot/fit.hpp>
#include <imgcompose/core/crc.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/boot/sha256sum.hpp>
#include <tests/boot/shipped.hpp>
#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <sstream>
#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {


ic::fit_source fit_sample() {
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
ic::owned_bytes fit_of(std::vector<ic::fdt_property> properties, std::vector<ic::fdt_node> children = {},
                   std::vector<ic::fdt_property> of_root = {}) {
    properties.push_back(ic::fdt_string("type", "flat_dt"));
    return ic::fdt_bytes({.root = {.properties = std::move(of_root),
                                   .children = {{.name = "images",
                                                 .children = {{.name = "i",
                                                               .properties = std::move(properties),
                                                               .children = std::move(children)}}}}}});
}

ic::found_fit read_fit_in(const ic::owned_bytes& raw, const ic::fit_read_options& options = {}) {
    return ic::read_fit(ic::window{ic::owned(raw)}, options);
}

bool finds(const ic::found_fit& fit, ic::bytes available, const std::string& words) {
    for (const auto& f : ic::check(fit, available))
        if (f.message.find(words) != std::string::npos) return true;
    return false;
}

} // namespace

TEST_CASE("configurations are found by name or by default") {
    const auto fit = read_fit_in(ic::read_all(ic::fit(fit_sample())));
    CHECK(fit.configuration().name == "one");
    CHECK(fit.configuration("two").images() == std::vector<std::string>{"kernel"});
    CHECK_THROWS_MATCHES(fit.configuration("three"), ic::input_error, says("no configuration \"three\""));
    auto without = fit_sample();
    without.configurations.clear();
    CHECK_THROWS_MATCHES(read_fit_in(ic::read_all(ic::fit(without))).configuration(), ic::input_error, says("no default"));
    CHECK(fit.find_image("nothing") == nullptr);
}

TEST_CASE("the size counts external data, and what is missing is told") {
    const auto raw = ic::read_all(ic::fit(fit_sample()));
    const auto whole = read_fit_in(raw);
    CHECK(whole.is_whole);
    CHECK(ic::check(whole, whole.size).empty());
    CHECK(whole.size > whole.tree_size);
    for (std::size_t cut = 1; cut < (whole.size - whole.tree_size).count; ++cut) {
        auto shorter = raw;
        shorter.resize(whole.size.count - cut);
        const auto fit = read_fit_in(shorter);
        CHECK_FALSE(fit.is_whole);
        CHECK(fit.size == whole.size);
        CHECK(finds(fit, ic::bytes{shorter.size()}, "the last " + std::to_string(cut) + " are missing"));
    }
    auto only_tree = raw;
    only_tree.resize(whole.tree_size.count);
    CHECK(read_fit_in(only_tree).images[0].hashes[0].state == ic::hash_state::cut_off);
    auto less = raw;
    less.resize(whole.tree_size.count - 1);
    CHECK_THROWS_MATCHES(read_fit_in(less), ic::format_error, says("missing"));
}

TEST_CASE("damaged data has a wrong hash") {
    auto from = fit_sample();
    from.images[0].hashes = {"sha256", "crc32"};
    const ic::fit_options options{.sha256 = imgcompose_test::sha256_by_sha256sum};
    auto raw = ic::read_all(ic::fit(from, options));
    const auto at = read_fit_in(raw).images[0].at;
    CHECK(read_fit_in(raw).images[0].hashes[0].state == ic::hash_state::not_checked);
    CHECK(read_fit_in(raw, {.sha256 = options.sha256}).images[0].hashes[0].state == ic::hash_state::right);
    // Once, and there is too little left for the second.
    const auto size = read_fit_in(raw).images[0].size;
    const auto once = read_fit_in(raw, {.sha256 = options.sha256, .most_hashed = size + size - 1_B}).images[0].hashes;
    CHECK(once[0].state == ic::hash_state::right);
    CHECK(once[1].state == ic::hash_state::not_checked);
    CHECK(read_fit_in(raw, {.sha256 = options.sha256, .most_hashed = 7_B}).images[0].hashes[0].state ==
          ic::hash_state::not_checked);
    raw[at.count] ^= std::byte{1};
    const auto damaged = read_fit_in(raw, {.sha256 = options.sha256});
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
        const auto tree = fit_of(outside);
        REQUIRE(tree.size() < 500);
        CHECK(read_fit_in(with_base(tree, data, ic::round_up(tree.size(), 4))).data_base.count ==
              ic::round_up(tree.size(), 4));
        CHECK(read_fit_in(with_base(tree, data, 512)).data_base.count == 512);
        CHECK(read_fit_in(with_base(tree, data, 512)).size.count == 512 + size);
    }
    SECTION("known by a hash") {
        const auto tree =
            fit_of(outside, {{.name = "hash",
                          .properties = {ic::fdt_string("algo", "crc32"), ic::fdt_cells("value", {ic::crc32(data)})}}});
        CHECK(read_fit_in(with_base(tree, data, 512)).data_base.count == 512);
        CHECK(read_fit_in(with_base(tree, data, 512)).images[0].hashes[0].state == ic::hash_state::right);
    }
    SECTION("known by the size that Rockchip's mkimage notes") {
        auto other = data;
        other[0] = std::byte{};
        const auto tree = fit_of(outside, {}, {ic::fdt_cells("totalsize", {512 + size})});
        CHECK(read_fit_in(with_base(tree, other, 512)).data_base.count == 512);
        CHECK(read_fit_in(with_base(fit_of(outside), other, 512)).data_base.count == ic::round_up(fit_of(outside).size(), 4));
    }
    SECTION("or is named absolutely") {
        const auto tree = fit_of({ic::fdt_cells("data-position", {1000}), ic::fdt_cells("data-size", {size})});
        CHECK(read_fit_in(with_base(tree, data, 1000)).images[0].at == ic::offset{1000_B});
    }
}

TEST_CASE("what is no FIT is refused") {
    const auto refused = [](const ic::owned_bytes& raw, const char* why, const ic::fit_read_options& options = {}) {
        CHECK_THROWS_MATCHES(read_fit_in(raw, options), ic::format_error, says(why));
    };
    refused({}, "does not begin with a device tree");
    refused(ic::owned_bytes(100), "does not begin with a device tree");
    refused(ic::fdt_bytes({}), "without /images");
    refused(fit_of({ic::fdt_cells("data-offset", {0})}), "\"i\" has data outside, but no data-size");
    refused(fit_of({}), "claims", {.largest_tree = 100_B});
    std::vector<ic::fdt_node> many;
    for (std::size_t i = 0; i <= ic::fit_node_limit; ++i) many.push_back({.name = "hash-" + std::to_string(i)});
    refused(fit_of({}, many), "\"i\" has 4097 children");
    auto huge = fit_of({});
    huge[4] = std::byte{0xff};
    refused(huge, "at most 268435456 are read");
    std::vector<std::string> names(ic::fit_name_limit / 2);
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = std::to_string(i);
    const auto listing = [&](std::vector<ic::fdt_property> properties) {
        return ic::fdt_bytes(
            {.root = {.children = {{.name = "images"},
                                   {.name = "configurations",
                                    .children = {{.name = "c", .properties = std::move(properties)}}}}}});
    };
    const auto loadables = ic::fdt_strings("loadables", names), fdt = ic::fdt_strings("fdt", names);
    CHECK(read_fit_in(listing({loadables, fdt})).configurations[0].images().size() == names.size());
    refused(listing({loadables, fdt, ic::fdt_string("compatible", "one more")}), "more than 65536 names");
}

TEST_CASE("names that lead nowhere are told") {
    auto t = ic::read_fdt(ic::read_all(ic::fit(fit_sample(), {.external_data = false})));
    t.root.children[1].properties = {ic::fdt_string("default", "three")};
    t.root.children[1].children[0].properties[0] = ic::fdt_string("kernel", "linux");
    t.root.children[0].children[1].name = "fdt@1";
    t.root.children[0].children[1].properties.clear();
    const auto raw = ic::fdt_bytes(t);
    const auto fit = read_fit_in(raw);
    CHECK(finds(fit, fit.size, "the default configuration of the FIT, \"three\""));
    CHECK(finds(fit, fit.size, "\"one\" names the image \"linux\""));
    CHECK(finds(fit, fit.size, "\"one\" names the image \"fdt-1\""));
    CHECK(finds(fit, fit.size, "\"fdt@1\" has no data"));
    CHECK(finds(fit, fit.size, "\"fdt@1\" has an '@'"));
    const auto inside = read_fit_in(fit_of({ic::fdt_cells("data-position", {8}), ic::fdt_cells("data-size", {4})}));
    CHECK(finds(inside, inside.size, "lies in the tree itself"));
}

TEST_CASE("positions that overflow lead nowhere") {
    const auto fit = read_fit_in(fit_of({ic::fdt_cells("data-offset", {0xffffffff}), ic::fdt_cells("data-size", {0xffffffff})},
                             {{.name = "hash-1", .properties = {ic::fdt_string("algo", "crc32")}}}));
    CHECK_FALSE(fit.is_whole);
    CHECK(fit.size > 8_GiB - 1_KiB);
    CHECK(fit.images[0].hashes[0].state == ic::hash_state::cut_off);
    CHECK(ic::content_of(ic::window{ic::zeros(1_MiB)}, fit.images[0]).size() == ic::bytes{});
}

TEST_CASE("no change of a byte of a FIT leads a reader outside") {
    const auto sound = ic::read_all(ic::fit(fit_sample()));
    std::mt19937 random{7};
    unsigned refused = 0, ok = 0;
    for (int i = 0; i < 5000; ++i) {
        auto raw = sound;
        for (auto changes = random() % 3 + 1; changes != 0; --changes)
            raw[random() % raw.size()] = static_cast<std::byte>(random() & 0xff);
        try {
            const auto fit = read_fit_in(raw);
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
    const auto fit = read_fit_in(content, {.sha256 = imgcompose_test::sha256_by_sha256sum});
    CHECK(fit.time == std::chrono::seconds{99});
    CHECK(fit.configuration().compatible == std::vector<std::string>{"a,b", "c"});
    REQUIRE(fit.images.size() == 1);
    const auto& k = fit.images[0];
    CHECK(k.load == 0x80000);
    CHECK(k.entry == 0x90000);
    CHECK(k.external == external);
    CHECK(text_of(ic::read_all(ic::content_of(ic::window{ic::owned(content)}, k).copy())) == std::string(5001, 'k'));
    REQUIRE(k.hashes.size() == 3);
    CHECK(k.hashes[0].state == ic::hash_state::not_checked);
    CHECK(k.hashes[1].state == ic::hash_state::right);
    CHECK(k.hashes[2].state == ic::hash_state::right);
}

TEST_CASE("an empty image matters where it is started, not where it is only loaded") {
    const auto with = [](const char* property) {
        return read_fit_in(ic::fdt_bytes(
            {.root = {.children = {
                          {.name = "images", .children = {{.name = "scp", .properties = {ic::fdt_string("data", "")}}}},
                          {.name = "configurations",
                           .children = {{.name = "c", .properties = {ic::fdt_string(property, "scp")}}}}}}}));
    };
    const auto how_bad = [](ic::found_fit fit) {
        fit.images[0].size = {};
        const auto findings = ic::check(fit, fit.size);
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].message == "the FIT image \"scp\" has no data");
        return findings[0].how_bad;
    };
    CHECK(how_bad(with("loadables")) == ic::severity::warning);
    for (const char* property : {"kernel", "firmware", "ramdisk", "fdt"})
        CHECK(how_bad(with(property)) == ic::severity::error);
}

namespace {

using imgcompose_test::mkimage_names;
using imgcompose_test::shipped_files;
using imgcompose_test::text_of;

// A FIT as `mkimage -l` lists it, without what it computes of what it lists: sizes in KiB.
std::string listing(const ic::found_fit& fit) {
    static const mkimage_names types{"-T"}, archs{"-A"}, systems{"-O"}, compressions{"-C"};
    std::string s;
    const auto line = [&](std::string_view name, const std::string& value, std::string_view otherwise = {}) {
        if (!value.empty() || !otherwise.empty())
            s += ic::text::join("  ", name, value.empty() ? std::string{otherwise} : value, '\n');
    };
    const auto address = [](std::optional<std::uint64_t> a) {
        if (!a) return std::string{};
        const std::string digits = ic::text::hex(*a).substr(2);
        return "0x" + std::string(digits.size() < 8 ? 8 - digits.size() : 0, '0') + digits;
    };
    s += "FIT description: " + fit.description + '\n';
    for (std::size_t n = 0; n < fit.images.size(); ++n) {
        const auto& i = fit.images[n];
        // What mkimage asks of each type: boot/image-fit.c, fit_image_print.
        const bool runs = i.type == "kernel" || i.type == "standalone";
        s += ic::text::join(" Image ", n, " (", i.name, ")\n");
        line("Description: ", i.description);
        line("Type: ", types.long_of(i.type));
        line("Compression: ", compressions.long_of(i.compression));
        line("Data Size: ", std::to_string(i.size.count));
        if (runs || i.type == "ramdisk" || i.type == "firmware" || i.type == "flat_dt")
            line("Architecture: ", archs.long_of(i.arch), "Unknown Architecture");
        if (i.type == "kernel" || i.type == "ramdisk" || i.type == "firmware")
            line("OS: ", systems.long_of(i.os), "Unknown OS");
        if (runs || i.type == "firmware" || i.type == "ramdisk") line("Load Address: ", address(i.load), "unavailable");
        if (runs || i.type == "ramdisk") line("Entry Point: ", address(i.entry), "unavailable");
        if (i.type == "flat_dt") line("Load Address: ", address(i.load));
        for (const auto& h : i.hashes) {
            line("Hash algo: ", h.algorithm);
            std::string digits;
            for (const auto b : h.value) {
                const std::string d = ic::text::hex(std::to_integer<unsigned>(b)).substr(2);
                digits += d.size() == 1 ? '0' + d : d;
            }
            line("Hash value: ", digits);
        }
    }
    s += " Default Configuration: '" + fit.default_configuration + "'\n";
    for (std::size_t n = 0; n < fit.configurations.size(); ++n) {
        const auto& c = fit.configurations[n];
        s += ic::text::join(" Configuration ", n, " (", c.name, ")\n");
        line("Description: ", c.description);
        line("Kernel: ", c.kernel, "unavailable");
        line("Init Ramdisk: ", c.ramdisk);
        line("Firmware: ", c.firmware);
        for (std::size_t k = 0; k < c.fdt.size(); ++k) line(k == 0 ? "FDT: " : "", c.fdt[k]);
        for (std::size_t k = 0; k < c.loadables.size(); ++k) line(k == 0 ? "Loadables: " : "", c.loadables[k]);
    }
    return s;
}

std::string listing_of_mkimage(const std::filesystem::path& file) {
    std::istringstream lines{imgcompose_test::run("mkimage -l " + imgcompose_test::quoted(file.string())).output};
    std::string s;
    for (std::string line; std::getline(lines, line);) {
        const auto indent = std::min(line.find_first_not_of(' '), line.size());
        if (line.substr(indent).starts_with("Created:")) continue;
        if (const auto bytes = line.find(" Bytes = "); bytes != line.npos) line.resize(bytes);
        // Two blanks or more align the values.
        std::string plain = line.substr(0, std::min<std::size_t>(indent, 2));
        const auto colon = line.find(": ");
        const auto value = colon == line.npos ? indent : line.find_first_not_of(' ', colon + 1);
        if (colon != line.npos) plain += line.substr(indent, colon + 1 - indent) + ' ';
        s += plain + (value == line.npos ? "" : line.substr(value)) + '\n';
    }
    return s;
}

} // namespace

TEST_CASE("FITs that are shipped are read with the facts that mkimage lists", "[shipped]") {
    const auto files = shipped_files({".itb", ".img"}, "\xd0\x0d\xfe\xed");
    if (files.empty() || !imgcompose_test::have("mkimage")) {
        WARN("skipped: no FIT in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot, or mkimage not found");
        return;
    }
    std::size_t listed = 0;
    for (const auto& path : files) {
        INFO(path);
        const ic::window file{ic::blob(path)};
        const auto fit = ic::read_fit(file, {.sha256 = imgcompose_test::sha256_by_sha256sum});
        CHECK(fit.is_whole);
        CHECK(fit.size <= file.size());
        CHECK(file.size().count - fit.size.count < 4); // padding
        for (const auto& f : ic::check(fit, file.size())) CHECK(f.how_bad == ic::severity::warning);
        for (const auto& i : fit.images)
            for (const auto& h : i.hashes) CHECK(h.state == ic::hash_state::right);
        if (fit.time) { // mkimage lists none without it
            ++listed;
            CHECK(listing(fit) == listing_of_mkimage(path));
            continue;
        }
        if (!imgcompose_test::have("fdtget")) continue;
        const auto fdtget = [&](const std::string& node, const std::string& property, const char* as) {
            const std::string said =
                imgcompose_test::run("fdtget -d - -t " + std::string{as} + ' ' +
                                     imgcompose_test::quoted(path.string()) + ' ' + node + ' ' + property)
                    .output;
            return said.substr(0, said.find_last_not_of('\n') + 1);
        };
        const auto same = [&](const std::string& node, const std::string& property, const std::string& ours) {
            INFO(node << ' ' << property);
            CHECK((ours.empty() ? "-" : ours) == fdtget(node, property, "s"));
        };
        for (const auto& i : fit.images) {
            const std::string node = "/images/" + i.name;
            same(node, "type", i.type);
            same(node, "arch", i.arch);
            same(node, "os", i.os);
            same(node, "compression", i.compression);
            same(node, "description", i.description);
            CHECK((i.load ? ic::text::hex(*i.load).substr(2) : "-") == fdtget(node, "load", "x"));
            CHECK((i.entry ? ic::text::hex(*i.entry).substr(2) : "-") == fdtget(node, "entry", "x"));
            const std::string data = fdtget(node, "data", "bx"); // "d0 d fe ed": a blank less than there are bytes
            const auto blanks = static_cast<std::size_t>(std::ranges::count(data, ' '));
            CHECK(i.size.count == (data.empty() ? 0 : blanks + 1));
        }
        for (const auto& c : fit.configurations) {
            const std::string node = "/configurations/" + c.name;
            std::string loadables;
            for (const auto& l : c.loadables) loadables += (loadables.empty() ? "" : " ") + l;
            same(node, "loadables", loadables);
            same(node, "firmware", c.firmware);
            same(node, "fdt", c.fdt.empty() ? "" : c.fdt[0]);
        }
        same("/configurations", "default", fit.default_configuration);
    }
    CHECK(listed > 0);
}

TEST_CASE("images that overlap are told, but not those that share their data") {
    const auto with = [](std::uint32_t first, std::uint32_t second) {
        ic::fdt tree;
        const auto node = [](std::string name, std::uint32_t at) {
            return ic::fdt_node{.name = std::move(name), .properties = {ic::fdt_cells("data-offset", {at}), ic::fdt_cells("data-size", {100})}};
        };
        tree.root.children = {{.name = "images", .children = {node("a", first), node("b", second)}}};
        auto raw = ic::fdt_bytes(tree);
        raw.resize(raw.size() + 400);
        const ic::window w{ic::owned(raw)};
        std::string all;
        for (const auto& f : ic::check(ic::read_fit(w), w.size())) all += f.message + '\n';
        return all;
    };
    CHECK(with(0, 100).empty());
    CHECK(with(0, 0).empty());
    CHECK(with(0, 99).find("the data of the FIT images \"a\" and \"b\" overlap") != std::string::npos);
    CHECK(with(99, 0).find("overlap") != std::string::npos);
}
