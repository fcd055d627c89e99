// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include "inspect.hpp"
#include "inspect_json.hpp"
#include "sizes.hpp"
#include "text_output.hpp"

#include <imgcompose/board/rockchip/parameter.hpp>
#include <imgcompose/image/window.hpp>
#include <imgcompose/partition/gpt_read.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace command {

namespace ic = imgcompose;

namespace {

/// Text of any bytes, as JSON has to be UTF-8.
std::string utf8(std::string_view s) {
    std::string out;
    for (const char c : s) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) out += c;
        else out += fmt::format("\\x{:02x}", byte);
    }
    return out;
}

bool is_utf8(const std::string& s) {
    try {
        return !nlohmann::json(s).dump().empty();
    } catch (const nlohmann::json::exception&) {
        return false;
    }
}

nlohmann::ordered_json json_of(const ic::image& disk, const ic::extent& e) {
    nlohmann::ordered_json j{{"offset", e.at.count}, {"size", e.size.count}};
    if (e.kind() == ic::byte_kind::zero) j["zero"] = true;
    if (e.kind() != ic::byte_kind::data) return j;
    if (!e.has_source()) {
        j["fill"] = e.item;
        return j;
    }
    const auto describe = [&](const auto& source) {
        using type = typename std::remove_cvref_t<decltype(source)>::element_type;
        if constexpr (std::is_same_v<type, const ic::source_files>) {
            const std::string path = source->path_of(e.item);
            j["file"] = is_utf8(path) ? path : utf8(path);
            j["from"] = e.from.count;
        } else if constexpr (std::is_same_v<type, const ic::generator>) {
            j["generated"] = source->describe(e.item);
        } else {
            j["made"] = true;
        }
    };
    std::visit(describe, disk.sources()[e.source]);
    return j;
}

/// Its regions and extents.
void add_parts(nlohmann::ordered_json& to, const ic::image& disk) {
    auto& regions = to["regions"] = nlohmann::ordered_json::array();
    for (const ic::region& r : disk.regions())
        regions.push_back({{"name", utf8(disk.name_of(r))}, {"offset", r.at.count}, {"size", r.size.count}, {"depth", r.depth}});
    auto& extents = to["extents"] = nlohmann::ordered_json::array();
    for (const ic::extent& e : disk.extents())
        if (e.kind() != ic::byte_kind::undefined) extents.push_back(json_of(disk, e));
}

} // namespace

std::string report(const ic::disk_plan& plan, const ic::image& disk, bool all) {
    const std::size_t columns = columns_of_output();
    const ic::disk_report found = inspected(ic::window{disk});
    std::string boards;
    for (const ic::board* b : plan.boards()) boards += fmt::format("{}, ", b->title);
    return wrapped(fmt::format("{}{}, {} ({} bytes), sectors of {} bytes", boards, title_of(found.table), readable(disk.size()),
                               disk.size().count, found.sector_size.count), columns, 2) +
           '\n' + region_table(found, columns, &disk, all) + findings_text(found, columns);
}

std::string report_boot_medium(const boot_medium& medium, bool all) {
    const std::size_t columns = columns_of_output();
    const ic::bytes size = medium.content.size();
    const ic::disk_report found = inspected(ic::window{medium.content});
    return wrapped(fmt::format("{}, {} ({} bytes)", medium.title, readable(size), size.count), columns, 2) + '\n' +
           region_table(found, columns, &medium.content, all) + findings_text(found, columns);
}

std::string report_parameter(const ic::disk_plan& plan, const ic::disk_layout& layout, const ic::image& disk) {
    if (layout.table != ic::disk_table::gpt || layout.sector_size != ic::bytes{512})
        throw ic::input_error("parameter.txt lists the partitions of a GPT in sectors of 512 bytes, and this disk has another table");
    const ic::window w{disk};
    const auto header = ic::read_gpt_header(w.take(ic::offset{layout.sector_size}, layout.sector_size));
    const auto array = w.take(ic::offset_of(header->entry_array, layout.sector_size), header->entry_array_size());
    const auto entries = ic::read_gpt_entries(array, header->entry_size);
    std::vector<ic::gpt_partition> table;
    for (const ic::found_gpt_entry& e : entries)
        table.push_back({.name = e.name, .type = e.type, .id = e.id, .first = e.first, .last = e.last, .attributes = e.attributes});
    ic::rockchip::parameter p = ic::rockchip::parameter_of(table);
    if (!plan.partitions.empty() && plan.partitions.back().size.what == ic::size_rule::kind::fill) p.partitions.back().sectors.reset();
    return ic::rockchip::emit(p);
}

std::string report_json(const ic::disk_plan& plan, const ic::disk_layout& layout, const ic::image& disk,
                        const std::optional<boot_medium>& medium) {
    using json = nlohmann::ordered_json;
    json top{{"size", disk.size().count}, {"sector_size", layout.sector_size.count}, {"table", std::string{ic::name_of(layout.table)}}};
    if (plan.target) top["board"] = std::string{plan.target->name};
    for (const ic::board& b : plan.also) top["also"].push_back(b.name);
    json& partitions = top["partitions"] = json::array();
    for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
        const ic::planned_partition& p = plan.partitions[i];
        json j{{"name", p.name}, {"offset", layout.partitions[i].at.count}, {"size", layout.partitions[i].size.count},
               {"bootable", layout.partitions[i].bootable}};
        if (p.content) j["content"] = std::string{(*p.content)->kind()};
        if (p.content && !(*p.content)->label().empty()) j["label"] = (*p.content)->label();
        partitions.push_back(std::move(j));
    }
    add_parts(top, disk);
    auto& findings = top["findings"] = json::array();
    for (const ic::disk_finding& f : inspected(ic::window{disk}).findings) findings.push_back(json_of(f));
    if (medium) {
        json& other = top[medium->name];
        other["size"] = medium->content.size().count;
        add_parts(other, medium->content);
    }
    return top.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

} // namespace command
