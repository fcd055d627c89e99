// SPDX-License-Identifier: BSL-1.0
#include "description.hpp"

#include "content.hpp"

#include <imgcompose/board/boards.hpp>
#include <imgcompose/compose/shared.hpp>
#include <imgcompose/compose/steps.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/partition/layout.hpp>
#include <imgcompose/partition/names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
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
    if (const auto where = s.text("bootloader_in")) {
        if (*where != "disk" && *where != "spi")
            s.refuse("bootloader_in", fmt::format("there is no bootloader in \"{}\"; it is in: disk, spi", *where));
        o.bootloader_in = *where == "spi" ? ic::bootloader_place::spi : ic::bootloader_place::disk;
        o.without_bootloader = false;
    }
    o.boot_medium_size = s.size("spi_size");
    if (o.boot_medium_size && o.bootloader_in != ic::bootloader_place::spi) s.refuse("spi_size", "`spi_size` is for `bootloader_in = \"spi\"`");
}

/// The file of `s`, or `otherwise`, of which the key `fallback` tells.
ic::image read_blob(const section& s, std::string_view fallback, const std::filesystem::path& otherwise) {
    const ic::blob_options options{.skip = s.size("skip").value_or(ic::bytes{}), .maximum = s.size("max")};
    return s.at(s.has("file") ? "file" : fallback, [&] { return ic::blob(s.file("file").value_or(otherwise), options); });
}

void read_bootloaders(const document& d, ic::disk_plan& plan) {
    const section top = d.top();
    const auto given = top.tables("bootloader");
    for (const section& s : given) {
        const std::string name = *s.text("name");
        const ic::blob_options options{.skip = s.size("skip").value_or(ic::bytes{}), .maximum = s.size("max")};
        const auto content = s.at(s.has("file") ? "file" : "name", [&] {
            return ic::blob(s.file("file").value_or(d.inputs() / name), options);
        });
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

void read_raws(const document& d, ic::disk_plan& plan) {
    for (const section& s : d.top().tables("raw")) {
        if (s.has("sector") == s.has("offset")) s.refuse("offset", "a raw file needs `sector` or `offset`, and not both");
        const ic::offset at{s.has("sector") ? ic::bytes{ic::sectors{*s.count("sector")}} : *s.size("offset")};
        plan = std::move(plan) | ic::raw(*s.text("name"), at, read_blob(s, "name", d.inputs() / *s.text("name")));
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
    read_bootloaders(d, plan);
    read_raws(d, plan);

    boot_files boot{top, plan.boards(), plan.options.epoch};
    for (const section& s : top.tables("partition")) {
        const std::string name = *s.text("name");
        const ic::size_rule size = s.rule("size").value_or(ic::rest_of_disk);
        const ic::partition_options options = read_partition_options(s);
        ic::tree content = read_tree(s);
        boot.add_to(name, content);
        if (const section filesystem = s.table("filesystem")) {
            plan = std::move(plan) | ic::partition(name, size, read_filesystem(filesystem, std::move(content)), options);
            continue;
        }
        if (!content.entries().empty()) s.refuse("tree", fmt::format("partition \"{}\" has a tree, but no filesystem to hold it", name));
        plan = std::move(plan) | ic::empty_partition(name, size, options);
    }
    boot.require_all_added();
    result.warnings = boot.warnings();
    return result;
}

} // namespace command
