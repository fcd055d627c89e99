// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include "sizes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace command {

namespace ic = imgcompose;

namespace {

struct byte_counts {
    ic::bytes data{}, zero{}, undefined{};
};

/// What the bytes of a range are.
byte_counts counts_in(const ic::image& disk, ic::offset at, ic::bytes size) {
    byte_counts c;
    const ic::offset end = at + size;
    auto e = disk.extents().lower_bound(at);
    if (e != disk.extents().begin()) --e;
    for (; e != disk.extents().end() && e->at < end; ++e) {
        if (e->end() <= at) continue;
        const ic::bytes common = std::min(e->end(), end) - std::max(e->at, at);
        if (e->kind() == ic::byte_kind::data) c.data += common;
        if (e->kind() == ic::byte_kind::zero) c.zero += common;
    }
    c.undefined = size - c.data - c.zero;
    return c;
}

std::string line(const ic::image& disk, ic::offset at, ic::bytes size, std::string_view name) {
    const auto shown = [](ic::bytes b) { return b == ic::bytes{} ? std::string{"-"} : readable(b); };
    const byte_counts c = counts_in(disk, at, size);
    const std::uint64_t first = ic::div_up(at.count, 512), last = (at + size).count == 0 ? 0 : ((at + size).count - 1) / 512;
    return fmt::format("{:>11} {:>11} {:>10}  {:>10} {:>10} {:>10}  {}\n", first, last, readable(size), shown(c.data),
                       shown(c.zero), shown(c.undefined), name);
}

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

/// A line for each named part of an image, and a sum.
std::string regions_of(const ic::image& disk, bool all) {
    std::string out = fmt::format("{:>11} {:>11} {:>10}  {:>10} {:>10} {:>10}\n", "first", "last", "size", "data", "zero", "undefined");
    ic::offset end{};
    const auto free_up_to = [&](ic::offset at) {
        if (at - end >= ic::bytes{512}) out += line(disk, end, at - end, "(free)");
    };
    for (const ic::region& r : disk.regions()) {
        if (r.depth == 0) free_up_to(r.at);
        if (r.depth != 0 && !all) continue;
        out += line(disk, r.at, r.size, fmt::format("{:{}}{}", "", 2 * r.depth, disk.name_of(r)));
        if (r.depth == 0) end = r.end();
    }
    free_up_to(ic::offset{disk.size()});
    const byte_counts total = counts_in(disk, ic::offset{}, disk.size());
    return out + fmt::format("\n{} of data, {} of zeros, {} undefined; {} extents\n", readable(total.data), readable(total.zero),
                             readable(total.undefined), disk.extents().size());
}

} // namespace

std::string report(const ic::disk_plan& plan, const ic::disk_layout& layout, const ic::image& disk, bool all) {
    std::string boards;
    for (const ic::board* b : plan.boards()) boards += fmt::format("{}, ", b->title);
    const auto out = fmt::format("{}{} table, {} ({} bytes), sectors of {} bytes; below they have 512\n\n", boards,
                                 ic::name_of(layout.table), readable(disk.size()), disk.size().count, layout.sector_size.count);
    return out + regions_of(disk, all);
}

std::string report_spi(const ic::image& flash, bool all) {
    return fmt::format("SPI flash, {} ({} bytes)\n\n", readable(flash.size()), flash.size().count) + regions_of(flash, all);
}

std::string report_json(const ic::disk_plan& plan, const ic::disk_layout& layout, const ic::image& disk,
                        const std::optional<ic::image>& spi) {
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
    if (spi) {
        top["spi"]["size"] = spi->size().count;
        add_parts(top["spi"], *spi);
    }
    return top.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

} // namespace command
