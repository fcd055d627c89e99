// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/compare.hpp>

#include <imgcompose/image/read.hpp>
#include "made.hpp"
#include <tests/support/catch.hpp>

#include <initializer_list>
#include <string>
#include <utility>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;

namespace {

ic::disk_comparison compared(const ic::image& a, const ic::image& b, const ic::compare_options& options = {}) {
    const ic::window x{a}, y{b};
    return ic::compare(x, ic::inspect(x), y, ic::inspect(y), options);
}
std::string told(const ic::disk_comparison& c) {
    std::string s;
    const auto sign = [](ic::file_change::kind k) {
        return std::string{"+-~"}.substr(static_cast<std::size_t>(k), 1) + ' ';
    };
    const auto add = [&](const auto& change, const std::string& name) {
        s += sign(change.what) + name + (change.how.empty() ? "" : ":");
        for (const auto& h : change.how) s += ' ' + h + ';';
        s += '\n';
    };
    for (const auto& l : c.layout) add(l, l.subject);
    for (const auto& f : c.files) {
        s += f.subject + '\n' + (f.problem.empty() ? "" : "! " + f.problem + '\n');
        for (const auto& change : f.changes) add(change, change.path);
    }
    return s;
}
ic::disk_plan with_root(ic::tree content) {
    ic::disk_plan p = t::small_plan();
    p.partitions[1].content = ic::ext4(std::move(content), {.label = "ROOT"});
    return p;
}

} // namespace

TEST_CASE("a plan and the image made of it are the same disk") {
    const ic::image disk =
        t::small_plan() | ic::raw("numbers", ic::offset{100_sectors}, ic::from_text("123")) | ic::compose;
    CHECK(told(compared(disk, disk)).empty());
    CHECK(compared(disk, disk).same());
}

TEST_CASE("changed, added and removed files are told by what changed of them") {
    const ic::image before = t::small_plan() | ic::compose;
    const ic::image after = with_root(t::small_tree("Content") | ic::exclude("/Image") |
                                      ic::with_mode("/etc/file", 0600) | ic::add("/new", ic::from_text("1"))) |
                            ic::compose;
    CHECK(told(compared(before, after)) == "partition 2 (root)\n"
                                           "- /Image\n"
                                           "~ /etc/file: mode: 0644 -> 0600; content;\n"
                                           "+ /new\n");
    CHECK(told(compared(before, after, {.contents = false})).find("content") == std::string::npos);
}

TEST_CASE("each kind of difference of files is noticed") {
    const auto one = [](const ic::attributes_of_node& a, std::string_view content = "same") {
        return with_root(ic::tree{} | ic::add("/f", ic::from_text(content), a) |
                         ic::symlink("/l", a.uid == 7 ? "x" : "y")) |
               ic::compose;
    };
    const ic::image before = one({});
    const auto how = [&](const ic::image& after) { return told(compared(before, after)); };
    CHECK(how(one({.mode = std::uint16_t{04755}})).find("~ /f: mode: 0644 -> 04755;") != std::string::npos);
    CHECK(how(one({.uid = 7, .gid = 8})).find("~ /f: owner: 0:0 -> 7:8;") != std::string::npos);
    CHECK(how(one({.uid = 7})).find("~ /l: target: \"y\" -> \"x\";") != std::string::npos);
    CHECK(how(one({.mtime = ic::timestamp{5, 500'000'000}})).find("~ /f: mtime: 0 -> 5.500000000;") !=
          std::string::npos);
    CHECK(how(one({.xattrs = {{"user.a", "b"}}})).find("~ /f: attribute user.a;") != std::string::npos);
    CHECK(how(one({}, "longer")).find("~ /f: size: 4 -> 6 bytes;") != std::string::npos);
    const ic::image other_type =
        with_root(ic::tree{} | ic::make_directory("/f") | ic::symlink("/l", "y")) | ic::compose;
    CHECK(how(other_type).find("type: regular file -> directory;") != std::string::npos);
}

TEST_CASE("partitions are compared as the same ones, the rest by place") {
    const ic::image before =
        t::small_plan() | ic::raw("numbers", ic::offset{100_sectors}, ic::from_text("123")) | ic::compose;
    ic::disk_plan plan = t::small_plan();
    plan.partitions[1].size = ic::bytes{5_MiB};
    plan.partitions[1].options.type = ic::partition_type::linux_root_arm64;
    const ic::image after = plan | ic::raw("numbers", ic::offset{100_sectors}, ic::from_text("124")) |
                            ic::raw("more", ic::offset{200_sectors}, ic::from_text("x")) |
                            ic::empty_partition("third", ic::bytes{1_MiB}) | ic::compose;
    const std::string s = told(compared(before, after));
    CHECK(s.find("~ disk: size: 8 MiB -> 10 MiB;") != std::string::npos);
    CHECK(s.find("~ partition 2 (root): type: Linux filesystem -> Linux root (arm64); size: 4 MiB -> 5 MiB;") != std::string::npos);
    CHECK(s.find("+ partition 3 (third)\n") != std::string::npos);
    CHECK(s.find("~ numbers at sector 100: content;") != std::string::npos);
    CHECK(s.find("+ more at sector 200\n") != std::string::npos);
    CHECK(told(compared(after, before)).find("- partition 3 (third)\n") != std::string::npos);
}

TEST_CASE("a partition is the same one by GUID, name and type, label, and only then by number") {
    const auto plan = [](ic::disk_table table, std::initializer_list<const char*> names) {
        ic::disk_plan p = ic::disk_plan{} | ic::with_table(table) | ic::seeded("pairs") | ic::disk_size(32_MiB);
        for (const std::string name : names)
            p = std::move(p) | ic::partition(name, ic::bytes{2_MiB}, ic::fat(t::small_tree(name), {.label = name}));
        if (table == ic::disk_table::gpt)
            for (auto& each : p.partitions)
                each.options.id = ic::parse_uuid(each.name == "BOOT"   ? "11111111-1111-4111-8111-111111111111"
                                                 : each.name == "ROOT" ? "22222222-2222-4222-8222-222222222222"
                                                                       : "33333333-3333-4333-8333-333333333333");
        return p;
    };
    // One before them changes the numbers of the others, and nothing else of them.
    const ic::disk_plan three = plan(ic::disk_table::gpt, {"NEW", "BOOT", "ROOT"});
    const std::string s = told(compared(plan(ic::disk_table::gpt, {"BOOT", "ROOT"}) | ic::compose, three | ic::compose));
    INFO(s);
    CHECK(s.find("+ partition 1 (NEW)\n") != std::string::npos);
    CHECK(s.find("~ partition 2 (BOOT): number: 1 -> 2; start: sector 2048 -> sector 6144;\n") != std::string::npos);
    CHECK(s.find("~ partition 3 (ROOT): number: 2 -> 3;") != std::string::npos);
    CHECK(s.find("label") == std::string::npos);
    CHECK(s.find("/etc/file") == std::string::npos);

    ic::disk_plan other_ids = three;
    for (auto& each : other_ids.partitions) each.options.id.reset();
    std::swap(other_ids.partitions[0], other_ids.partitions[2]);
    const std::string by_name = told(compared(three | ic::compose, other_ids | ic::compose));
    CHECK(by_name.find("~ partition 3 (NEW): number: 1 -> 3; GUID: ") != std::string::npos);
    CHECK(by_name.find("~ partition 1 (ROOT): number: 3 -> 1; GUID: ") != std::string::npos);

    const std::string by_label = told(compared(plan(ic::disk_table::mbr, {"BOOT", "ROOT"}) | ic::compose,
                                               plan(ic::disk_table::mbr, {"ROOT", "BOOT"}) | ic::compose));
    CHECK(by_label.find("~ partition 2: number: 1 -> 2;") != std::string::npos);
    CHECK(by_label.find("label") == std::string::npos);

    // Where nothing else tells them apart, the number does.
    ic::disk_report a, b;
    for (const std::uint32_t number : {1u, 2u}) a.partitions.push_back({.number = number, .name = "same", .size = 1_MiB});
    b.partitions = a.partitions;
    b.partitions.pop_back();
    const ic::window nothing{ic::image{}};
    CHECK(told(ic::compare(nothing, a, nothing, b)) == "- partition 2 (same)\n");
}

TEST_CASE("raw partitions are compared by their bytes, and damage is told instead of files") {
    const auto raw_disk = [](std::string_view s) {
        ic::disk_plan p = t::small_plan();
        p.partitions[1].content.reset();
        p.partitions[1].options.blobs.push_back({"blob", {}, ic::from_text(s)});
        return p | ic::compose;
    };
    CHECK(told(compared(raw_disk("a"), raw_disk("a"))).empty());
    CHECK(told(compared(raw_disk("a"), raw_disk("b"))) == "~ partition 2 (root): content;\n");
    CHECK(told(compared(raw_disk("a"), t::small_plan() | ic::compose)).find("filesystem: none -> ext4;") !=
          std::string::npos);

    const ic::image sound = t::small_plan() | ic::compose;
    ic::owned_bytes damaged = ic::read_all(sound);
    const std::size_t root = ic::layout(t::small_plan()).partitions[1].at.count;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(root) + 4096, 64, std::byte{0xff}); // group descriptors
    const std::string s = told(compared(sound, ic::owned(damaged)));
    CHECK(s.find("! the ext4 filesystem is damaged") != std::string::npos);
}

TEST_CASE("filesystems without a table are compared too") {
    const auto alone = [](std::string_view content) {
        return ic::standalone(ic::fat(t::small_tree(content), {.label = "X"}), ic::bytes{2_MiB});
    };
    CHECK(compared(alone("a"), alone("a")).same());
    CHECK(told(compared(alone("a"), alone("b"))) == "disk\n~ /etc/file: content;\n");
}
