// SPDX-License-Identifier: BSL-1.0
#include "inspect.hpp"

#include "description.hpp"
#include "sizes.hpp"

#include <imgcompose/compose/compose.hpp>
#include <imgcompose/inspect/inspect.hpp>
#include <imgcompose/inspect/svg.hpp>
#include <imgcompose/openssl.hpp>
#include <imgcompose/write/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace command {

namespace ic = imgcompose;

namespace {

std::string labelled(const ic::found_content& c) {
    return c.label.empty() ? c.kind : fmt::format("{} \"{}\"", c.kind, printable(c.label));
}

/// "ext4 "ROOT", 13% used"
std::string summary(const ic::found_content& c) {
    if (!c.free || c.size == ic::bytes{}) return labelled(c);
    const auto used = static_cast<double>((c.size - std::min(*c.free, c.size)).count);
    return fmt::format("{}, {:.0f}% used", labelled(c), used * 100 / static_cast<double>(c.size.count));
}

/// What a partition holds, or what it is for.
std::string content_of(const ic::disk_report& r, const ic::disk_region& region) {
    if (region.index >= r.partitions.size()) return r.content ? summary(*r.content) : std::string{};
    const ic::found_partition& p = r.partitions[region.index];
    if (const ic::found_artefact* const a = r.artefact_of(p)) return a->file_name;
    return p.content ? summary(*p.content) : p.type_title();
}

/// The part of a composed image that covers a region of which its bytes alone do not tell what it is.
std::string name_in(const ic::image* composed, const ic::disk_region& region) {
    if (composed != nullptr)
        for (const ic::region& part : composed->regions())
            if (part.depth == 0 && part.at <= region.at && region.at < part.end())
                return fmt::format("rest of {}", printable(composed->name_of(part)));
    return "(unknown data)";
}

std::string region_name(const ic::disk_report& r, std::size_t index, const ic::image* composed) {
    using kind = ic::disk_region::kind;
    const ic::disk_region& region = r.regions[index];
    std::string s = printable(title_of(r, region));
    switch (region.what) {
    case kind::partition:
        if (region.index >= r.partitions.size()) {
            s = content_of(r, region);
            break;
        }
        if (composed != nullptr && r.partitions[region.index].name.empty()) // an MBR has none, but the description has
            for (const ic::region& part : composed->regions())
                if (part.depth == 0 && part.at == region.at) s += fmt::format(" ({})", printable(composed->name_of(part)));
        s += ": " + content_of(r, region);
        break;
    case kind::bootloader:
        if (const ic::found_artefact& a = r.artefacts[region.index]; !a.soc.empty()) s += " for " + printable(a.soc);
        break;
    case kind::free: s = "(free)"; break;
    case kind::unknown: s = name_in(composed, region); break;
    case kind::table:
    case kind::placed: break;
    }
    if (const auto o = overlap_of(r, index))
        s += fmt::format(" (overlaps {} by {})", printable(title_of(r, *o->with)), readable(o->common));
    if (const ic::bytes b = beyond_the_end(r, region); b != ic::bytes{}) s += fmt::format(" ({} beyond the end of the disk)", readable(b));
    return s;
}

/// What the bytes of a range are.
struct byte_counts {
    ic::bytes data{}, zero{}, undefined{};
};
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

void add_content(std::string& out, const ic::found_content& c, std::size_t columns) {
    const auto line = [&](const std::string& s) { out += wrapped("    " + s, columns, 6); };
    std::string first = labelled(c);
    if (!c.id.empty()) first += ", " + c.id;
    if (c.ext4) {
        const ic::ext4_facts& e = *c.ext4;
        first += fmt::format(", {}", e.has_errors ? "with errors" : e.clean ? "clean" : "not clean");
        line(first);
        line(fmt::format("{} used, {} free of {}; {} of {} inodes used; blocks of {}", readable(e.size - e.free), readable(e.free),
                         readable(e.size), e.inodes - e.free_inodes, e.inodes, readable(e.block_size)));
        if (!e.last_mounted.empty()) line("last mounted at " + printable(e.last_mounted));
        line(joined(ic::names_of(e.features), " "));
        return;
    }
    if (c.fat) {
        const ic::fat_geometry& g = c.fat->geometry;
        line(first + (c.fat->clean ? ", clean" : ", not clean"));
        line(fmt::format("{} used, {} free of {}; clusters of {}, sectors of {} bytes",
                         readable(g.size() - std::min(c.fat->free(), g.size())), readable(c.fat->free()),
                         readable(g.size()), readable(g.cluster_size()), g.sector));
        return;
    }
    if (c.size != ic::bytes{}) first += ", " + readable(c.size);
    line(first);
}

std::vector<std::string> flags_of(const ic::found_partition& p) {
    std::vector<std::string> flags;
    if (p.bootable) flags.push_back("bootable");
    if (p.logical) flags.push_back("logical");
    if (p.mbr_type && !p.type.is_nil()) flags.push_back("in the MBR as " + ic::mbr_type::title_of(*p.mbr_type));
    const bool is_kernel = p.type == ic::partition_type::chromeos_kernel;
    const ic::gpt_attributes successful = ic::chromeos_kernel_attributes{.successful = true};
    for (const auto& a : ic::detail::attribute_names) { // but those for which there are words of their own
        if (a.value == ic::gpt_attributes::legacy_bios_bootable || (is_kernel && a.value == successful)) continue;
        if (p.attributes.has(a.value)) flags.emplace_back(a.name);
    }
    if (is_kernel)
        flags.push_back(fmt::format("priority {}, tries {}{}", p.attributes.bits >> 48 & 15, p.attributes.bits >> 52 & 15,
                                    (p.attributes.bits >> 56 & 1) != 0 ? ", successful" : ""));
    return flags;
}

} // namespace

ic::window open_disk(const description_options& disk) {
    if (disk.file.extension() != ".toml") {
        if (!disk.changes.empty() || !disk.inputs.empty())
            throw ic::input_error(fmt::format("--set and --inputs are for descriptions, whose names end with .toml; {} is looked "
                                              "into as an image",
                                              disk.file.string()));
        return ic::window{ic::open_disk(disk.file)};
    }
    document d{disk.file, disk.changes, disk.inputs};
    const described_disk described = read_disk(d, source_date_epoch().value_or(std::chrono::seconds{0}));
    for (const std::string& w : described.warnings) fmt::print(stderr, "{}: warning: {}\n", d.name(), w);
    return ic::window{described.plan | ic::compose};
}

ic::disk_report inspected(const ic::window& disk) { return ic::inspect(disk, {.sha256 = &ic::sha256_of}); }

std::string region_table(const ic::disk_report& r, std::size_t columns, const ic::image* composed, bool all) {
    std::vector<std::string> heads{"first", "last", "size"};
    if (composed != nullptr) heads.insert(heads.end(), {"data", "zero", "undefined"});
    heads.emplace_back("what");
    text_table table{std::move(heads)};
    const auto add = [&](ic::offset at, ic::bytes size, bool from_whole_sector, std::string what) {
        const std::uint64_t first = from_whole_sector ? ic::div_up(at.count, 512) : at.count / 512;
        const std::uint64_t last = size == ic::bytes{} ? first : ((at + size).count - 1) / 512;
        std::vector<std::string> cells{fmt::format("{}", first), fmt::format("{}", last), readable(size)};
        if (composed != nullptr) {
            const auto shown = [](ic::bytes b) { return b == ic::bytes{} ? std::string{"-"} : readable(b); };
            const byte_counts c = counts_in(*composed, at, size);
            cells.insert(cells.end(), {shown(c.data), shown(c.zero), shown(c.undefined)});
        }
        cells.push_back(std::move(what));
        table.add(std::move(cells));
    };
    bool extended = false;
    for (std::size_t i = 0; i < r.regions.size(); ++i) {
        const ic::disk_region& region = r.regions[i];
        if (r.extended && !extended && region.at >= r.extended->at) {
            extended = true;
            const ic::bytes beyond = r.extended->end() <= ic::offset{r.size} ? ic::bytes{} : r.extended->end() - std::max(ic::offset{r.size}, r.extended->at);
            add(r.extended->at, r.extended->size, false,
                fmt::format("partition {}: {}{}", r.extended->number, ic::mbr_type::title_of(r.extended->type),
                            beyond == ic::bytes{} ? "" : fmt::format(" ({} beyond the end of the disk)", readable(beyond))));
        }
        const bool inside = r.extended && r.extended->at <= region.at && region.end() <= r.extended->end();
        add(region.at, region.size, region.what == ic::disk_region::kind::free, (inside ? "  " : "") + region_name(r, i, composed));
        if (!all || composed == nullptr) continue;
        for (const ic::region& part : composed->regions())
            if (part.depth != 0 && region.at <= part.at && part.end() <= region.end())
                add(part.at, part.size, false, std::string(2 * part.depth, ' ') + printable(composed->name_of(part)));
    }
    std::string out = table.text(columns);
    if (r.sector_size != ic::bytes{512}) out = "First and last are counted in sectors of 512 bytes.\n" + out;
    if (composed == nullptr) return out;
    const byte_counts total = counts_in(*composed, ic::offset{}, composed->size());
    return out + '\n' + wrapped(fmt::format("{} of data, {} of zeros, {} undefined; {} extents", readable(total.data), readable(total.zero),
                                            readable(total.undefined), composed->extents().size()), columns, 4);
}

std::string findings_text(const ic::disk_report& r, std::size_t columns) {
    std::string out;
    for (const ic::disk_finding& f : r.findings) out += wrapped(printable(ic::to_string(f)), columns, 4);
    return out.empty() ? out : '\n' + out;
}

std::string inspection_text(const ic::disk_report& r, const std::string& name, std::size_t columns) {
    std::string out = wrapped(fmt::format("{}: {} ({} bytes), {}, sectors of {} bytes", printable(name), readable(r.size), r.size.count,
                                          title_of(r.table), r.sector_size.count), columns, 2);
    if (r.disk_id)
        out += wrapped(fmt::format("disk {}, sectors {} to {} usable", ic::to_string(*r.disk_id), r.first_usable.value,
                                   r.last_usable.value), columns, 2);
    else if (r.disk_signature) out += fmt::format("disk signature 0x{:08x}\n", *r.disk_signature);
    out += '\n' + region_table(r, columns);

    for (const ic::found_artefact& a : r.artefacts) {
        out += '\n' + wrapped(fmt::format("{}: {} at sector {}, {} bytes{}{}{}", a.file_name, a.kind, a.at.count / 512, a.size.count,
                                          a.soc.empty() ? "" : ", for ", printable(a.soc), a.whole ? "" : ", damaged"), columns, 4);
        for (const std::string& d : a.details) out += wrapped("    " + printable(d), columns, 6);
    }
    for (const ic::found_partition& p : r.partitions) {
        std::vector<std::string> words{p.type_title()};
        for (std::string& f : flags_of(p)) words.push_back(std::move(f));
        if (!p.id.is_nil()) words.push_back(ic::to_string(p.id));
        const std::string title = p.name.empty() ? fmt::format("partition {}", p.number) : fmt::format("{} {}", p.number, printable(p.name));
        out += '\n' + wrapped(fmt::format("{}: {}", title, joined(words, ", ")), columns, 4);
        if (p.content) add_content(out, *p.content, columns);
    }
    if (r.content) {
        out += '\n';
        add_content(out, *r.content, columns);
    }
    return out + findings_text(r, columns);
}

void inspect(const inspect_options& o) {
    const ic::window disk = open_disk(o.disk);
    const ic::disk_report report = inspected(disk);
    const std::string name = o.disk.file.filename().string();
    if (!o.svg.empty()) {
        const std::string picture = ic::svg_of(report, {.title = printable(name)});
        if (o.svg == "-") print(picture);
        else ic::write(ic::from_text(picture), ic::sparse_file(o.svg));
        return;
    }
    print(o.json ? inspection_json(report, name) : inspection_text(report, name, columns_of_output()));
}

} // namespace command
