// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/svg.hpp>

#include "made.hpp"
#include <tests/support/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <regex>
#include <string>
#include <utility>
#include <vector>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;

namespace {

ic::disk_report report_of(const ic::image& disk) { return ic::inspect(ic::window{disk}); }

/// The numbers that the pattern finds.
std::vector<double> numbers(const std::string& svg, const std::string& pattern) {
    std::vector<double> found;
    const std::regex wanted{pattern};
    for (auto i = std::sregex_iterator{svg.begin(), svg.end(), wanted}; i != std::sregex_iterator{}; ++i)
        found.push_back(std::strtod((*i)[1].str().c_str(), nullptr));
    return found;
}

/// Where a text stands, as wide as DejaVu Sans makes it.
struct label {
    double left = 0, right = 0, y = 0;
    std::string text{};
};
std::vector<label> labels(const std::string& svg) {
    std::vector<label> found;
    const std::regex wanted{"<text x='([0-9]+)' y='([0-9]+)' class='([a-z ]+)'>([^<]*)<"};
    for (auto i = std::sregex_iterator{svg.begin(), svg.end(), wanted}; i != std::sregex_iterator{}; ++i) {
        const std::string classes = (*i)[3];
        const auto has = [&](const char* word) { return classes.find(word) != std::string::npos; };
        std::string plain = (*i)[4];
        for (const auto& [escaped, c] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&amp;", "&"}})
            plain = std::regex_replace(plain, std::regex{escaped}, c);
        const ic::detail::font f = has("title") ? ic::detail::font{20, true} : has("name") ? ic::detail::font{15, true}
                                   : has("strong") ? ic::detail::font{14, true} : ic::detail::font{13, false};
        const double x = std::strtod((*i)[1].str().c_str(), nullptr), width = ic::detail::text_width(plain, f);
        found.push_back({has("end") ? x - width : x, has("end") ? x : x + width, std::strtod((*i)[2].str().c_str(), nullptr), plain});
    }
    return found;
}
/// What lies upon another or leaves the picture.
std::string misplaced(const std::string& svg) {
    const auto all = labels(svg);
    const double width = numbers(svg, "viewBox='0 0 ([0-9]+)").front(), height = numbers(svg, "viewBox='0 0 [0-9]+ ([0-9]+)").front();
    std::string found;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].left < 0 || all[i].right > width - 20 || all[i].y > height) found += "outside: " + all[i].text + '\n';
        for (std::size_t j = i + 1; j < all.size(); ++j)
            if (std::abs(all[i].y - all[j].y) < 13 && all[i].left < all[j].right && all[j].left < all[i].right)
                found += all[i].text + " upon " + all[j].text + '\n';
    }
    return found;
}

} // namespace

TEST_CASE("a picture has every region, its place and size, and what a partition holds") {
    const std::string svg = ic::svg_of(
        report_of(t::small_plan() | ic::raw("numbers", ic::offset{100_sectors}, ic::from_text("1")) | ic::compose),
        {.title = "a disk"});
    for (const char* words : {">a disk<", ">protective MBR, GPT header, GPT entries<", ">numbers<", ">1 boot<",
                              ">2 root<", "\xe2\x80\x9cROOT\xe2\x80\x9d", ">backup GPT entries, backup GPT header<",
                              ">100<", ">4 MiB<", "prefers-color-scheme:dark", " used<"})
        CHECK(svg.find(words) != std::string::npos);
}

TEST_CASE("labels never overlap, however small a region is beside a large one") {
    ic::disk_plan plan = t::small_plan() | ic::disk_size(ic::bytes{ic::gibibytes{28}});
    for (int i = 0; i < 20; ++i)
        plan = std::move(plan) |
               ic::raw("r" + std::to_string(i), ic::offset{ic::bytes{32768u + static_cast<unsigned>(i) * 1024u}},
                       ic::from_text("1"));
    plan = std::move(plan) | ic::partition("data", ic::rest_of_disk, ic::ext4(ic::tree{}));
    const std::string svg = ic::svg_of(report_of(plan | ic::compose));
    CHECK(labels(svg).size() > 120);
    CHECK(misplaced(svg).empty());
    const auto heights = numbers(svg, "class='frame' x='104' y='[0-9]+' width='190' height='([0-9]+)'");
    REQUIRE(heights.size() > 40);
    CHECK(*std::ranges::max_element(heights) < 200);
    CHECK(*std::ranges::min_element(heights) >= 20);
}

TEST_CASE("labels never overlap and are never cut off, however wide they are") {
    std::string katakana;
    for (int i = 0; i < 36; ++i) katakana += "\xe3\x82\xb7";
    ic::disk_report r{.size = ic::bytes{ic::tebibytes{1}}, .table = ic::disk_table::gpt};
    const std::vector<std::string> labels{std::string(36, 'W'), katakana, std::string(36, 'i'), "boot & <tag>"};
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const ic::offset at{ic::bytes{ic::gibibytes{200 * i + 1}} + ic::bytes{i}};
        r.partitions.push_back({.number = static_cast<std::uint32_t>(i + 1),
                                .name = labels[i],
                                .at = at,
                                .size = ic::bytes{ic::gibibytes{150}} + 511_B,
                                .content = ic::found_content{.kind = "ext4", .filesystem = true, .label = std::string(200, 'M')}});
        r.regions.push_back({ic::disk_region::kind::partition, labels[i], at, r.partitions.back().size, i});
    }
    using kind = ic::disk_region::kind;
    for (const kind k : {kind::table, kind::bootloader, kind::unknown, kind::free})
        r.regions.push_back({k, std::string(100, 'W'), ic::offset{ic::bytes{ic::gibibytes{900}}}, 1023_KiB, 0});
    r.artefacts.push_back({.kind = std::string(120, 'X'), .file_name = "u-boot.itb"});
    r.partitions[1].content.reset();
    r.partitions[2].content->fat.emplace();
    r.findings.push_back({ic::severity::error, "x", {}, std::string(300, 'W') + ' ' + std::string(100, 'a') + " b c"});
    for (const std::string& title : {std::string(200, 'W'), std::string{"disk"}, katakana + katakana}) {
        const std::string svg = ic::svg_of(r, {.title = title});
        CHECK(misplaced(svg) == "");
    }
    // The check sees what it is to see.
    std::string wide = ic::svg_of(r, {.title = "disk"});
    wide.replace(wide.find(">disk<") + 1, 4, std::string(60, 'W'));
    CHECK(misplaced(wide).find("outside") == 0);
}

TEST_CASE("overlaps, what lies beyond the end and the extended partition can be seen") {
    ic::disk_report r{.size = 64_MiB, .table = ic::disk_table::mbr};
    r.extended = ic::found_extended{.number = 4, .type = ic::mbr_type::extended_lba, .at = ic::offset{32_MiB}, .size = ic::bytes{40_MiB}};
    const auto add = [&](std::uint32_t number, ic::offset at, ic::bytes size) {
        r.partitions.push_back({.number = number, .mbr_type = ic::mbr_type::fat32_lba, .at = at, .size = size});
        r.regions.push_back({ic::disk_region::kind::partition, "", at, size, r.partitions.size() - 1});
    };
    add(1, ic::offset{1_MiB}, 20_MiB);
    add(2, ic::offset{16_MiB}, 10_MiB);
    add(5, ic::offset{33_MiB}, 39_MiB);
    const std::string svg = ic::svg_of(r, {.title = "t"});
    for (const char* words : {"overlaps partition 1 by 5 MiB<", "8 MiB beyond the end of the disk<", ">partition 4<",
                              ">extended (LBA), for the logical partitions<", "class='bracket'", ">FAT32 (LBA)<", ">overlap, or beyond the end<"})
        CHECK(svg.find(words) != std::string::npos);
    CHECK(numbers(svg, "<rect class='clash' x='104' y='[0-9]+' width='190' height='([0-9]+)'").size() == 2);
    CHECK(misplaced(svg) == "");
}

TEST_CASE("names that are markup, control characters or no text stay names") {
    ic::disk_report r{.size = 1_MiB};
    r.regions.push_back({ic::disk_region::kind::unknown, "</text><script>&\"'\x01\xff\xed\xa0\x80", {}, 1_MiB, 0});
    const std::string svg = ic::svg_of(r, {.title = "<&>"});
    CHECK(svg.find("<script") == std::string::npos);
    CHECK(svg.find("&lt;/text&gt;&lt;script&gt;&amp;&quot;'") != std::string::npos);
    CHECK(svg.find('\x01') == std::string::npos);
    CHECK(svg.find('\xff') == std::string::npos);
}

TEST_CASE("pictures are well-formed and the same every time, even of nothing and of nonsense") {
    std::vector<ic::disk_report> reports{report_of(t::small_plan() | ic::compose), {}, {.size = 1_B}};
    ic::disk_report strange{.size = 1_MiB};
    strange.partitions.push_back({.number = 7,
                                  .name = std::string(300, '\xc3'),
                                  .at = ic::offset{ic::bytes{1ull << 50}},
                                  .size = ic::bytes{1ull << 60}});
    strange.regions.push_back(
        {ic::disk_region::kind::partition, "beyond", ic::offset{ic::bytes{1ull << 50}}, ic::bytes{1ull << 60}, 0});
    for (int i = 0; i < 30; ++i)
        strange.findings.push_back({ic::severity::error, "x", {}, std::string(400, 'w') + " <end>"});
    reports.push_back(strange);
    const t::temp_dir dir;
    for (const auto& r : reports) {
        const std::string svg = ic::svg_of(r, {.title = "t"});
        CHECK(svg == ic::svg_of(r, {.title = "t"}));
        t::write_file(dir / "x.svg", svg);
        if (t::have("python3"))
            CHECK(
                t::run("python3 -c 'import sys,xml.dom.minidom as m; m.parse(sys.argv[1])' " + t::shell(dir / "x.svg"))
                    .output.empty());
    }
    CHECK(ic::svg_of(strange).find("and 10 more findings") != std::string::npos);
}
