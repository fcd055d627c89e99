// SPDX-License-Identifier: BSL-1.0
#include "inspect.hpp"

#include "description.hpp"
#include "sizes.hpp"

#include <imgcompose/compose/compose.hpp>
#include <imgcompose/core/unicode.hpp>
#include <imgcompose/inspect/inspect.hpp>
#include <imgcompose/inspect/svg.hpp>
#include <imgcompose/openssl.hpp>
#include <imgcompose/os/terminal.hpp>
#include <imgcompose/write/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace command {

namespace ic = imgcompose;

namespace {

/// The words one after the other, in lines of at most `columns`; those behind the first begin with `indent` blanks.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
    std::string out;
    std::size_t column = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' ', 1), text.size()); // with the blank before it
        const std::string_view word = text.substr(0, end);
        if (column != 0 && column + word.size() > columns) {
            out += '\n';
            out.append(indent, ' ');
            out += word.substr(word.starts_with(' ') ? 1 : 0);
            column = indent + word.size();
        } else {
            out += word;
            column += word.size();
        }
        text.remove_prefix(end);
    }
    return out + '\n';
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string out;
    for (const std::string& w : words) out += (out.empty() ? std::string{} : std::string{between}) + w;
    return out;
}

std::string labelled(const ic::found_content& c) {
    return c.label.empty() ? c.kind : fmt::format("{} \"{}\"", c.kind, printable(c.label));
}

/// "ext4 "ROOT", 13 % used"
std::string summary(const ic::found_content& c) {
    if (!c.free || c.size == ic::bytes{}) return labelled(c);
    const auto used = static_cast<double>((c.size - std::min(*c.free, c.size)).count);
    return fmt::format("{}, {:.0f} % used", labelled(c), used * 100 / static_cast<double>(c.size.count));
}

std::string region_name(const ic::disk_report& r, const ic::disk_region& region) {
    using kind = ic::disk_region::kind;
    switch (region.what) {
    case kind::partition: {
        if (region.index >= r.partitions.size()) return summary(*r.content);
        const ic::found_partition& p = r.partitions[region.index];
        std::string s = fmt::format("{} {}", p.number, printable(p.name.empty() ? p.type_name() : p.name));
        if (const ic::found_artefact* const a = r.artefact_of(p)) s += ": " + a->file_name;
        else if (p.content) s += ": " + summary(*p.content);
        return s;
    }
    case kind::bootloader: {
        const ic::found_artefact& a = r.artefacts[region.index];
        return fmt::format("{}{}{}", a.file_name, a.soc.empty() ? "" : " for ", printable(a.soc));
    }
    case kind::free: return "(free)";
    case kind::unknown: return "(unknown data)";
    case kind::table:
    case kind::placed: return printable(region.name);
    }
    return {};
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
    if (p.mbr_type && !p.type.is_nil()) flags.push_back("in the MBR as " + ic::mbr_type::name_of(*p.mbr_type));
    const auto usual = ic::gpt_attributes::legacy_bios_bootable;
    for (const auto& a : ic::detail::attribute_names)
        if (!(a.value == usual) && p.attributes.has(a.value)) flags.emplace_back(a.name);
    if (p.type == ic::partition_type::chromeos_kernel)
        flags.push_back(fmt::format("priority {}, tries {}{}", p.attributes.bits >> 48 & 15, p.attributes.bits >> 52 & 15,
                                    (p.attributes.bits >> 56 & 1) != 0 ? ", successful" : ""));
    return flags;
}

} // namespace

std::string printable(std::string_view s) {
    std::string out;
    while (!s.empty()) {
        const auto [value, size] = ic::first_code_point(s);
        const std::size_t taken = std::max<std::size_t>(size, 1);
        const bool control = value < 0x20 || (value >= 0x7f && value < 0xa0);
        if (size != 0 && !control) out += s.substr(0, size);
        else
            for (const char c : s.substr(0, taken)) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        s.remove_prefix(taken);
    }
    return out;
}

std::size_t columns_of_output() {
    std::size_t columns = 80;
    if (const char* const set = std::getenv("COLUMNS"))
        (void)std::from_chars(set, set + std::string_view{set}.size(), columns);
    else if (const auto terminal = ic::os::terminal_columns(ic::os::standard_output)) columns = *terminal;
    return std::clamp<std::size_t>(columns, 60, 400);
}

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

std::string inspection_text(const ic::disk_report& r, const std::string& name, std::size_t columns) {
    std::string out = wrapped(fmt::format("{}: {} ({} bytes), {}, sectors of {} bytes", printable(name), readable(r.size), r.size.count,
                                          r.table == ic::disk_table::none ? std::string{"no partition table"}
                                                                          : fmt::format("{} table", ic::name_of(r.table)),
                                          r.sector_size.count),
                              columns, 2);
    if (r.disk_id)
        out += wrapped(fmt::format("disk {}, sectors {} to {} usable", ic::to_string(*r.disk_id), r.first_usable.value,
                                   r.last_usable.value), columns, 2);
    else if (r.disk_signature) out += fmt::format("disk signature 0x{:08x}\n", *r.disk_signature);

    out += fmt::format("\n{:>11} {:>11} {:>10}  {}\n", "first", "last", "size", "sectors of 512 bytes");
    for (const ic::disk_region& region : r.regions) {
        const bool is_free = region.what == ic::disk_region::kind::free; // it begins with the first whole sector
        const std::uint64_t first = is_free ? ic::div_up(region.at.count, 512) : region.at.count / 512;
        const std::uint64_t last = region.size == ic::bytes{} ? first : (region.end().count - 1) / 512;
        out += wrapped(fmt::format("{:>11} {:>11} {:>10}  ", first, last, readable(region.size)) + region_name(r, region), columns, 40);
    }

    for (const ic::found_artefact& a : r.artefacts) {
        out += wrapped(fmt::format("\n{}: {} at sector {}, {} bytes{}{}{}", a.file_name, a.kind, a.at.count / 512, a.size.count,
                                   a.soc.empty() ? "" : ", for ", printable(a.soc), a.whole ? "" : ", damaged"), columns, 4);
        for (const std::string& d : a.details) out += wrapped("    " + printable(d), columns, 6);
    }
    for (const ic::found_partition& p : r.partitions) {
        std::vector<std::string> words{p.type_name()};
        for (std::string& f : flags_of(p)) words.push_back(std::move(f));
        if (!p.id.is_nil()) words.push_back(ic::to_string(p.id));
        out += '\n' + wrapped(fmt::format("{}{}{}: {}", p.number, p.name.empty() ? "" : " ", printable(p.name), joined(words, ", ")), columns, 4);
        if (p.content) add_content(out, *p.content, columns);
    }
    if (r.content) {
        out += '\n';
        add_content(out, *r.content, columns);
    }
    if (!r.findings.empty()) out += '\n';
    for (const ic::disk_finding& f : r.findings) out += wrapped(printable(ic::to_string(f)), columns, 4);
    return out;
}

void inspect(const inspect_options& o) {
    const ic::window disk = open_disk(o.disk);
    const ic::disk_report report = inspected(disk);
    const std::string name = o.disk.file.filename().string();
    if (!o.svg.empty()) {
        const std::string picture = ic::svg_of(report, {.title = printable(name)});
        ic::write(ic::from_text(picture), ic::sparse_file(o.svg));
        return;
    }
    const std::string text = o.json ? inspection_json(report, name) : inspection_text(report, name, columns_of_output());
    std::fwrite(text.data(), 1, text.size(), stdout);
}

} // namespace command
