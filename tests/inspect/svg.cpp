// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/svg.hpp>

#include "made.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <regex>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;

namespace {

ic::disk_report report_of(const ic::image& disk) { return ic::inspect(ic::window{disk}); }

/// Heights, widths and places of all rectangles of the rows' frames and all baselines of names.
std::vector<double> numbers(const std::string& svg, const std::string& pattern) {
    std::vector<double> found;
    const std::regex wanted{pattern};
    for (auto i = std::sregex_iterator{svg.begin(), svg.end(), wanted}; i != std::sregex_iterator{}; ++i)
        found.push_back(std::strtod((*i)[1].str().c_str(), nullptr));
    return found;
}

} // namespace

TEST_CASE("a picture has every region, its place and size, and what a partition holds") {
    const std::string svg = ic::svg_of(
        report_of(t::small_plan() | ic::raw("numbers", ic::offset{100_sectors}, ic::from_text("1")) | ic::compose),
        {.title = "a disk"});
    for (const char* words : {">a disk<", ">protective MBR, GPT header, GPT entries<", ">numbers<", ">1  boot<",
                              ">2  root<", "\xe2\x80\x9cROOT\xe2\x80\x9d", ">backup GPT entries, backup GPT header<",
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
    const auto baselines = numbers(svg, "<text x='752' y='([0-9]+)'");
    REQUIRE(baselines.size() > 40);
    for (std::size_t i = 1; i < baselines.size(); ++i) CHECK(baselines[i] - baselines[i - 1] >= 18);
    const auto heights = numbers(svg, "class='frame' x='104' y='[0-9]+' width='190' height='([0-9]+)'");
    REQUIRE(heights.size() > 40);
    CHECK(*std::ranges::max_element(heights) < 200);
    CHECK(*std::ranges::min_element(heights) >= 20);
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
    CHECK(ic::svg_of(strange).find("and 10 findings more") != std::string::npos);
}
