// SPDX-License-Identifier: BSL-1.0
#include "description.hpp"

#include "content.hpp"

#include <imgcompose/board/boards.hpp>
#include <imgcompose/board/rockchip/parameter.hpp>
#include <imgcompose/compose/shared.hpp>
#include <imgcompose/compose/steps.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/partition/layout.hpp>
#include <imgcompose/partition/names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace command {

namespace ic = imgcompose;

namespace {

ic::disk_table parse_table(std::string_view s) {
    for (const auto t : {ic::disk_table::gpt, ic::disk_table::mbr, ic::disk_table::hybrid, ic::disk_table::none})
        if (s == ic::name_of(t)) return t;
    throw ic::input_error(fmt::format("there is no partition table \"{}\"{}", s, did_you_mean(s, {"gpt", "mbr", "hybrid", "none"})));
}

/// The variables that tell of the board, or of all that share the disk.
void define_boards(document& d, const std::vector<const ic::board*>& boards) {
    std::string name, console;
    for (const ic::board* b : boards) {
        name += fmt::format("{}{}", name.empty() ? "" : "+", b->name);
        // The kernel takes several consoles, and leaves out those that the board has not.
        if (const auto known = fmt::format("console={} ", console); known.find(fmt::format("={} ", b->console)) == known.npos)
            console += fmt::format("{}{}", console.empty() ? "" : " console=", b->console);
    }
    d.define("board.name", name);
    d.define("board.console", console);
    const auto define_if_same = [&](const std::string& variable, std::string_view ic::board::*member, std::string_view advice) {
        const auto differs = [&](const ic::board* b) { return b->*member != boards.front()->*member; };
        if (std::ranges::any_of(boards, differs))
            d.forbid(variable, fmt::format("`{}` differs between {}; {}", variable, name, advice));
        else d.define(variable, std::string{boards.front()->*member});
    };
    define_if_same("board.earlycon", &ic::board::earlycon, "leave out earlycon");
    define_if_same("board.dtb", &ic::board::dtb, "write `fdtdir`, from which U-Boot takes that of its board");
}

void read_boards(document& d, const section& image, ic::disk_plan& plan) {
    const std::vector<std::string> names = image.texts("board");
    if (names.empty()) {
        if (image.has("board")) image.refuse("board", "`board` is an empty list; name a board, or leave it out");
        return;
    }
    image.at("board", [&] {
        for (const std::string& name : names) {
            const ic::board& b = ic::find_board(name);
            const auto same = [&](const ic::board* other) { return other->name == b.name; };
            if (std::ranges::any_of(plan.boards(), same)) throw ic::input_error(fmt::format("\"{}\" is listed twice", name));
            if (plan.target) plan.also.push_back(b);
            else plan.target = b;
        }
    });
    define_boards(d, plan.boards());
}

/// On which medium the bootloader is, and how large that is.
void read_bootloader_place(const section& s, ic::disk_options& o) {
    using enum ic::bootloader_place;
    constexpr std::array<std::pair<std::string_view, ic::bootloader_place>, 3> places{{{"disk", disk}, {"spi", spi}, {"emmc-boot", emmc_boot}}};
    if (const auto where = s.text("bootloader_in")) {
        const auto found = std::ranges::find(places, *where, &std::pair<std::string_view, ic::bootloader_place>::first);
        if (found == places.end())
            s.refuse("bootloader_in", fmt::format("there is no bootloader in \"{}\"; it is in: disk, spi, emmc-boot", *where));
        o.bootloader_in = found->second;
        o.without_bootloader = false;
    }
    for (const auto& [key, place] : {std::pair{"spi_size", spi}, std::pair{"emmc_boot_size", emmc_boot}}) {
        if (!s.has(key)) continue;
        if (o.bootloader_in != place)
            s.refuse(key, fmt::format("`{}` is for `bootloader_in = \"{}\"`", key, place == spi ? "spi" : "emmc-boot"));
        o.boot_medium_size = s.size(key);
    }
}

void read_image(const section& s, ic::disk_plan& plan, std::chrono::seconds default_epoch) {
    ic::disk_options& o = plan.options;
    o.epoch = default_epoch;
    if (!s) return;
    if (const auto table = s.text("table")) o.table = s.at("table", [&] { return parse_table(*table); });
    if (const auto size = s.rule("size")) o.size = *size;
    if (o.size.what == ic::size_rule::kind::fill) s.refuse("size", "an image cannot take the rest of the disk; write min or a size");
    if (const auto size = s.count("sector_size")) {
        o.sector_size = ic::bytes{*size};
        s.at("sector_size", [&] { ic::require_sector_size(o.sector_size); });
    }
    if (const auto alignment = s.size("alignment")) {
        if (*alignment == ic::bytes{} || *alignment % o.sector_size != ic::bytes{})
            s.refuse("alignment", "`alignment` has to be whole sectors, and not zero");
        o.alignment = alignment;
    }
    if (const auto words = s.text("seed")) o.ids = ic::seed{*words};
    if (const auto epoch = s.integer("epoch")) o.epoch = std::chrono::seconds{*epoch};
    if (const auto id = s.text("disk_uuid")) o.disk_id = s.at("disk_uuid", [&] { return ic::parse_uuid(*id); });
    if (const auto signature = s.count("disk_signature")) {
        if (*signature > std::numeric_limits<std::uint32_t>::max()) s.refuse("disk_signature", "a disk signature has 32 bits");
        o.disk_signature = static_cast<std::uint32_t>(*signature);
    }
    if (const auto entries = s.count("gpt_entries")) {
        if (*entries == 0 || *entries > 32768) s.refuse("gpt_entries", "a GPT has 1 to 32768 entries");
        o.gpt_entries = static_cast<std::uint32_t>(*entries);
    }
    if (const auto sector = s.count("gpt_entry_array")) {
        if (*sector < 2) s.refuse("gpt_entry_array", "the entries of a GPT begin at sector 2 or later, behind its header");
        o.gpt_entry_array = ic::lba{*sector};
    }
    o.without_bootloader = s.boolean("without_bootloader").value_or(false);
    read_bootloader_place(s, o);
}

void read_bootloaders(const document& d, const made_for& target, ic::disk_plan& plan) {
    const section top = d.top();
    const auto given = top.tables("bootloader");
    for (const section& s : given) {
        const std::string name = *s.text("name");
        const ic::image content = read_content(s, target, "name");
        plan = s.at("name", [&] { return std::move(plan) | ic::bootloader(name, content); });
    }
    if (!given.empty() || !plan.target || plan.options.without_bootloader) return;
    std::vector<std::string> names; // one file may go to several places, or start several boards
    for (const ic::board* b : plan.boards())
        for (const ic::boot_blob& blob : b->blobs)
            if (!blob.alternative && std::ranges::find(names, blob.name) == names.end()) names.emplace_back(blob.name);
    for (const std::string& name : names)
        plan = top.table("image").at("board", [&] { return std::move(plan) | ic::bootloader(name, ic::blob(d.inputs() / name)); });
}

void read_raws(const document& d, const made_for& target, ic::disk_plan& plan) {
    for (const section& s : d.top().tables("raw")) {
        if (s.has("sector") == s.has("offset")) s.refuse("offset", "a raw file needs `sector` or `offset`, and not both");
        const ic::offset at{s.has("sector") ? ic::bytes{ic::sectors{*s.count("sector")}} : *s.size("offset")};
        plan = std::move(plan) | ic::raw(*s.text("name"), at, read_content(s, target));
    }
}

ic::partition_options read_partition_options(const section& s) {
    ic::partition_options o;
    if (const auto start = s.size("start")) o.at = ic::offset{*start};
    if (const auto type = s.text("type")) o.type = s.at("type", [&] { return ic::partition_type::named(*type); });
    if (const auto type = s.text("mbr_type")) o.mbr_type = s.at("mbr_type", [&] { return ic::mbr_type::named(*type); });
    for (const std::string& a : s.texts("attributes"))
        o.attributes = o.attributes | s.at("attributes", [&] { return ic::gpt_attribute_named(a); });
    o.bootable = s.boolean("bootable");
    if (const auto id = s.text("uuid")) o.id = s.at("uuid", [&] { return ic::parse_uuid(*id); });
    o.in_hybrid_mbr = s.boolean("hybrid").value_or(false);
    o.holds_firmware = s.boolean("holds_firmware").value_or(false);
    return o;
}

/// Something in the order of the disk, with where the table of partitions has it.
struct described_partition {
    std::string name{};
    section says{}; ///< nothing for one that only parameter.txt has
    ic::size_rule size{};
    ic::partition_options options{};
    ic::tree content{};
};

std::vector<described_partition> read_partitions(const document& d, const made_for& target) {
    std::vector<described_partition> all;
    for (const section& s : d.top().tables("partition"))
        all.push_back({*s.text("name"), s, s.rule("size").value_or(ic::rest_of_disk), read_partition_options(s), read_tree(s, target)});
    return all;
}

/// As the file lays them out; what those of `said` hold is theirs.
std::vector<described_partition> in_order_of(const ic::rockchip::parameter& p, std::vector<described_partition> said) {
    std::vector<described_partition> all;
    for (const ic::rockchip::parameter_partition& line : p.partitions) {
        const auto found = std::ranges::find(said, line.name, &described_partition::name);
        described_partition one{.name = line.name};
        if (found != said.end()) {
            for (const char* key : {"start", "size"})
                if (found->says.has(key)) found->says.refuse(key, fmt::format("parameter.txt has the `{}` of this partition; leave it out", key));
            one = std::move(*found);
            said.erase(found);
        }
        one.size = line.sectors ? ic::size_rule{ic::bytes{ic::sectors{*line.sectors}}} : ic::rest_of_disk;
        one.options.at = ic::offset{ic::sectors{line.first.value}};
        if (!one.options.bootable && line.bootable) one.options.bootable = true;
        if (!one.options.id && !line.id.is_nil()) one.options.id = line.id;
        one.options.holds_firmware = true; // Rockchip's own places are partitions there
        all.push_back(std::move(one));
    }
    for (const described_partition& left : said)
        left.says.refuse("name", fmt::format("parameter.txt has no partition \"{}\"", left.name));
    return all;
}

ic::rockchip::parameter read_parameter(const section& image) {
    return image.at("parameter", [&] {
        const ic::owned_bytes raw = ic::read_all(ic::blob(*image.file("parameter")));
        return ic::rockchip::parse_parameter({reinterpret_cast<const char*>(raw.data()), raw.size()});
    });
}

} // namespace

described_disk read_disk(document& d, std::chrono::seconds default_epoch) {
    described_disk result;
    ic::disk_plan& plan = result.plan;
    const section top = d.top();
    const section image = top.table("image");
    if (image) read_boards(d, image, plan);
    read_image(image, plan, default_epoch);
    if (!plan.also.empty() && plan.holds_bootloader())
        image.at("board", [&] { return ic::check_shared(plan.boards()); });
    made_for target{.epoch = plan.options.epoch};
    for (const ic::board* b : plan.boards()) target.boards.push_back(&ic::find_board(b->name));
    read_bootloaders(d, target, plan);
    read_raws(d, target, plan);

    std::vector<described_partition> partitions = read_partitions(d, target);
    if (image.has("parameter")) partitions = in_order_of(read_parameter(image), std::move(partitions));
    boot_files boot{top, target};
    for (const described_partition& p : partitions) boot.look_for_generations(p.name, p.content);
    for (described_partition& p : partitions) {
        const section filesystem = p.says.table("filesystem");
        boot.add_to(p.name, p.content, filesystem && *filesystem.text("type") == "raw");
        if (filesystem) {
            plan = std::move(plan) | ic::partition(p.name, p.size, read_filesystem(filesystem, std::move(p.content), target), p.options);
            continue;
        }
        if (!p.content.entries().empty())
            p.says.refuse("tree", fmt::format("partition \"{}\" has a tree, but no filesystem to hold it", p.name));
        plan = std::move(plan) | ic::empty_partition(p.name, p.size, p.options);
    }
    boot.require_all_added();
    result.warnings = boot.warnings();
    return result;
}

} // namespace command
