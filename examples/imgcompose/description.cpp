// SPDX-License-Identifier: BSL-1.0
#include "description.hpp"

#include "content.hpp"

#include <imgcompose/board/boards.hpp>
#include <imgcompose/compose/steps.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/partition/layout.hpp>
#include <imgcompose/partition/names.hpp>

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

ic::disk_table parse_table(std::string_view s) {
    for (const auto t : {ic::disk_table::gpt, ic::disk_table::mbr, ic::disk_table::hybrid, ic::disk_table::none})
        if (s == ic::name_of(t)) return t;
    throw ic::input_error(fmt::format("there is no partition table \"{}\"; there are: gpt, mbr, hybrid, none", s));
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
    o.without_bootloader = s.boolean("without_bootloader").value_or(false);
}

ic::image read_blob(const section& s, std::string_view fallback = {}) {
    const auto file = s.file("file");
    const ic::blob_options options{.skip = s.size("skip").value_or(ic::bytes{}), .maximum = s.size("max")};
    return s.at(s.has("file") ? "file" : fallback, [&] { return ic::blob(*file, options); });
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
    for (const ic::boot_blob& b : plan.target->blobs) {
        if (b.alternative) continue;
        plan = top.table("image").at("board", [&] {
            return std::move(plan) | ic::bootloader(std::string{b.name}, ic::blob(d.inputs() / b.name));
        });
    }
}

void read_raws(const section& top, ic::disk_plan& plan) {
    for (const section& s : top.tables("raw")) {
        if (s.has("sector") == s.has("offset")) s.refuse("offset", "a raw file needs `sector` or `offset`, and not both");
        const ic::offset at{s.has("sector") ? ic::bytes{ic::sectors{*s.count("sector")}} : *s.size("offset")};
        plan = std::move(plan) | ic::raw(*s.text("name"), at, read_blob(s));
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
    if (image)
        if (const auto name = image.text("board")) {
            plan = ic::disk_plan{image.at("board", [&]() -> const ic::board& { return ic::find_board(*name); })};
            d.define("board.name", std::string{plan.target->name});
            d.define("board.console", std::string{plan.target->console});
            d.define("board.earlycon", std::string{plan.target->earlycon});
            d.define("board.dtb", std::string{plan.target->dtb});
        }
    read_image(image, plan, default_epoch);
    read_bootloaders(d, plan);
    read_raws(top, plan);

    boot_files boot{top, plan.target, plan.options.epoch};
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
