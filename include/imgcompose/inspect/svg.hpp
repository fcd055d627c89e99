// SPDX-License-Identifier: BSL-1.0
// A disk as a picture: a row for each region, high by the logarithm of its size, beside a strip that is true to scale.
// Colours are those of Okabe and Ito, "Color Universal Design", which people with any colour vision tell apart; each
// has a pattern too, and every row its name. Light and dark follow the reader's setting.
#pragma once

#include <imgcompose/core/readable.hpp>
#include <imgcompose/core/unicode.hpp>
#include <imgcompose/inspect/report.hpp>
#include <imgcompose/inspect/text_width.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

struct svg_options {
    std::string title{}; ///< UTF-8
};

namespace detail {

/// As XML has it; what is no text becomes U+FFFD.
inline std::string xml_text(std::string_view s) {
    std::string out;
    while (!s.empty()) {
        const auto [value, size] = first_code_point(s);
        const bool possible =
            size != 0 && value >= 0x20 && !(value >= 0x7f && value < 0xa0) && value != 0xfffe && value != 0xffff;
        if (!possible) out += "\xef\xbf\xbd";
        else if (value == U'<') out += "&lt;";
        else if (value == U'>') out += "&gt;";
        else if (value == U'&') out += "&amp;";
        else if (value == U'"') out += "&quot;";
        else out += s.substr(0, size);
        s.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}
/// What a row is filled with: the colour's class, and what the legend calls it.
struct svg_fill {
    std::string_view name{}, meaning{}, colour{};
    std::string_view pattern{}; ///< what is drawn in a tile of 8 by 8
};
/// Indexes of svg_fills.
inline constexpr std::size_t svg_table = 0, svg_boot = 1, svg_linux = 2, svg_fat = 3, svg_other = 4, svg_unknown = 5,
                             svg_free = 6;
inline constexpr std::array<svg_fill, 7> svg_fills{{
    {"table", "partition table", "#cc79a7", "<circle cx='2' cy='2' r='1.1'/><circle cx='6' cy='6' r='1.1'/>"},
    {"boot", "bootloader", "#e69f00", "<path d='M-1 9L9 -1M-1 1L1 -1M7 9L9 7'/>"},
    {"linux", "Linux filesystem", "#56b4e9", ""},
    {"fat", "FAT", "#009e73", "<path d='M0 4H8'/>"},
    {"other", "other content", "#f0e442", "<path d='M4 0V8'/>"},
    {"unknown", "unknown data", "#d55e00", "<path d='M-1 -1L9 9M-1 9L9 -1'/>"},
    {"free", "free", "#8c959f", "<path d='M-1 9L9 -1'/>"},
}};

struct svg_row {
    std::size_t fill = svg_free; ///< index of svg_fills
    std::string name{}, details{};
    offset at{};
    bytes size{};
    double used = -1; ///< share that files take; negative: not known
    std::string trouble{};    ///< that it overlaps another, or reaches behind the end of the disk
    double overlapped = 0;    ///< share at its beginning that another has too
    double beyond = 0;        ///< share behind the end of the disk
    bool heading = false;     ///< of the rows up to `last_inside`: it has no bar of its own
    std::size_t last_inside = 0;
    unsigned y = 0, height = 0;
};

class svg_writer {
public:
    svg_writer(const disk_report& report, const svg_options& options) : report_(report), title_(options.title) {}

    std::string write() {
        make_rows();
        unsigned widest = 0;
        for (const svg_row& row : rows_) widest = std::max(widest, text_width(readable(row.size), strong_font));
        at_x_ = size_x - widest - space;
        unsigned y = top;
        for (svg_row& row : rows_) {
            row.y = y;
            row.height = height_of(row);
            y += row.height + gap;
        }
        bottom_ = y - gap;
        body();
        return head(text_end_) + body_ + "</svg>\n";
    }

private:
    // Columns: strip, wedges, bar, text with positions and sizes right-aligned.
    static constexpr unsigned width = 880, top = 92, gap = 3;
    static constexpr unsigned strip_x = 24, strip_width = 22, bar_x = 104, bar_width = 190, text_x = 312;
    static constexpr unsigned size_x = width - 24, space = 16; // between columns
    static constexpr font title_font{20, true}, name_font{15, true}, small_font{13, false}, strong_font{14, true};

    // --- rows --------------------------------------------------------------------------------------------------------

    void make_rows() {
        using kind = disk_region::kind;
        for (std::size_t i = 0; i < report_.regions.size(); ++i) {
            const disk_region& r = report_.regions[i];
            if (r.size == bytes{}) continue;
            add_heading(r.at);
            svg_row row{.name = title_of(report_, r), .at = r.at, .size = r.size};
            switch (r.what) {
            case kind::table: row.fill = svg_table; break;
            case kind::bootloader: take_artefact(row, report_.artefacts[r.index]); break;
            case kind::partition: take_partition(row, r); break;
            case kind::placed: row.fill = svg_boot; break;
            case kind::unknown: row.fill = svg_unknown; break;
            case kind::free: row.fill = svg_free; break;
            }
            take_trouble(row, i);
            if (heading_ && report_.extended && r.end() <= report_.extended->end()) rows_[*heading_].last_inside = rows_.size();
            // The parts of a table that lie side by side are one thing to people.
            if (r.what == kind::table && row.trouble.empty() && !rows_.empty() && rows_.back().fill == svg_table && !rows_.back().heading &&
                rows_.back().trouble.empty() && rows_.back().at + rows_.back().size == r.at) {
                rows_.back().name += ", " + r.name;
                rows_.back().size += r.size;
                if (heading_ && rows_[*heading_].last_inside == rows_.size()) --rows_[*heading_].last_inside;
                continue;
            }
            rows_.push_back(std::move(row));
        }
    }
    /// The extended partition, before the first of what lies in it.
    void add_heading(offset at) {
        if (heading_ || !report_.extended || at < report_.extended->at) return;
        heading_ = rows_.size();
        const found_extended& e = *report_.extended;
        svg_row row{.fill = svg_table, .name = text::join("partition ", e.number), .details = text::join(mbr_type::title_of(e.type), ", for the logical partitions"),
                    .at = e.at, .size = e.size, .heading = true, .last_inside = rows_.size()};
        if (e.end() > offset{report_.size}) row.trouble = beyond_text(e.end() - std::max(offset{report_.size}, e.at));
        rows_.push_back(std::move(row));
    }
    static std::string beyond_text(bytes b) { return text::join(readable(b), " beyond the end of the disk"); }
    static double share(bytes part, bytes of) { return static_cast<double>(part.count) / static_cast<double>(of.count); }
    void take_trouble(svg_row& row, std::size_t index) const {
        if (const auto o = overlap_of(report_, index)) {
            row.trouble = text::join("overlaps ", title_of(report_, *o->with), " by ", readable(o->common));
            row.overlapped = share(o->common, row.size);
        }
        if (const bytes b = beyond_the_end(report_, report_.regions[index]); b != bytes{}) {
            row.trouble += (row.trouble.empty() ? "" : ", ") + beyond_text(b);
            row.beyond = share(b, row.size);
        }
    }
    static void take_artefact(svg_row& row, const found_artefact& a) {
        row.fill = svg_boot;
        row.details = a.soc.empty() ? a.kind : text::join(a.kind, " for ", a.soc);
        if (row.name != a.file_name) row.details = text::join(a.file_name, ": ", row.details);
        if (!a.whole) row.details += ", damaged";
    }
    void take_partition(svg_row& row, const disk_region& r) const {
        const bool listed = r.index < report_.partitions.size();
        const std::optional<found_content>& c = listed ? report_.partitions[r.index].content : report_.content;
        std::string& d = row.details;
        if (listed) {
            const found_partition& p = report_.partitions[r.index];
            if (!c) d = p.type_title();
            if (const found_artefact* const a = report_.artefact_of(p)) return take_artefact(row, *a);
        }
        row.fill = !c ? svg_other : c->fat ? svg_fat : c->filesystem ? svg_linux : svg_other;
        if (!c) return;
        d = c->label.empty() ? c->kind : text::join(c->kind, " \xe2\x80\x9c", c->label, "\xe2\x80\x9d");
        if (c->free && c->size.count != 0) {
            const bytes used = c->size - std::min(*c->free, c->size);
            row.used = static_cast<double>(used.count) / static_cast<double>(c->size.count);
            d += text::join(", ", readable(used), " of ", readable(c->size), " used");
        }
    }
    /// Room for its lines, and four pixels more for each doubling beyond 4 KiB; two for what is free.
    static unsigned height_of(const svg_row& r) {
        const unsigned doublings = static_cast<unsigned>(std::bit_width(r.size.count / 4096));
        const unsigned lines = 1u + (r.details.empty() ? 0 : 1) + (r.trouble.empty() ? 0 : 1);
        if (r.heading) return 8 + lines * 16;
        if (r.fill == svg_free) return std::max(20u, 6 + doublings * 2);
        return std::max(8 + lines * 16, 18 + doublings * 4);
    }

    // --- drawing -----------------------------------------------------------------------------------------------------

    void add(std::string_view s) { body_ += s; }
    template <class... Parts> void line(const Parts&... parts) { body_ += text::join(parts...) + '\n'; }
    void text_at(unsigned x, unsigned y, std::string_view classes, std::string_view s) {
        line("<text x='", x, "' y='", y, "' class='", classes, "'>", xml_text(s), "</text>");
    }

    void body() {
        text_at(strip_x, 36, "title", shortened_to(title_.empty() ? "disk" : title_, size_x - strip_x, title_font));
        text_at(strip_x, 60, "small",
                text::join(readable(report_.size), ", ", title_of(report_.table), ", sectors of ", report_.sector_size.count, " bytes"));
        line("<text x='", at_x_, "' y='", top - 10, "' class='small end'>sector</text>");
        line("<text x='", size_x, "' y='", top - 10, "' class='small end'>size</text>");
        strip();
        for (const svg_row& r : rows_) row(r);
        brackets();
        unsigned y = bottom_ + 30;
        legend(y);
        findings(y);
        text_end_ = y;
    }
    /// Where a byte is on the strip, in hundredths of a pixel.
    [[nodiscard]] std::uint64_t on_strip(offset at) const {
        if (report_.size == bytes{}) return std::uint64_t{top} * 100;
        const double share = std::min(1.0, static_cast<double>(at.count) / static_cast<double>(report_.size.count));
        return static_cast<std::uint64_t>((top + share * (bottom_ - top)) * 100);
    }
    static std::string pixels(std::uint64_t hundredths) {
        return text::join(hundredths / 100, '.', hundredths % 100 < 10 ? "0" : "", hundredths % 100);
    }
    void strip() {
        for (const svg_row& r : rows_) {
            if (r.heading) continue;
            const std::string_view fill = svg_fills[r.fill].name;
            const std::uint64_t first = on_strip(r.at), last = on_strip(r.at + r.size);
            if (r.fill != svg_free)
                line("<path class='wedge ", fill, "' d='M", strip_x + strip_width, ' ', pixels(first), "L", bar_x, ' ',
                     r.y, 'V', r.y + r.height, "L", strip_x + strip_width, ' ', pixels(std::max(last, first + 30)),
                     "Z'/>");
            line("<rect class='", fill, "' x='", strip_x, "' y='", pixels(first), "' width='", strip_width,
                 "' height='", pixels(std::max<std::uint64_t>(last - first, 30)), "'/>");
        }
        for (const svg_row& r : rows_) // neighbours may have one colour
            if (!r.heading && r.fill != svg_free && on_strip(r.at + r.size) - on_strip(r.at) >= 200)
                line("<path class='frame' d='M", strip_x, ' ', pixels(on_strip(r.at)), "h", strip_width, "'/>");
        for (const svg_row& r : rows_) {
            if (r.overlapped <= 0) continue;
            const bytes common{static_cast<std::uint64_t>(r.overlapped * static_cast<double>(r.size.count))};
            const std::uint64_t first = on_strip(r.at), last = on_strip(r.at + common);
            line("<rect class='clash' x='", strip_x, "' y='", pixels(first), "' width='", strip_width, "' height='",
                 pixels(std::max<std::uint64_t>(last - first, 200)), "'/>");
        }
        line("<rect class='frame' x='", strip_x, "' y='", top, "' width='", strip_width, "' height='", bottom_ - top,
             "'/>");
    }
    /// Beside the bars of what lies in the extended partition.
    void brackets() {
        for (const svg_row& r : rows_) {
            if (!r.heading) continue;
            const svg_row& last = rows_[std::min(r.last_inside, rows_.size() - 1)];
            line("<path class='bracket' d='M", bar_x, ' ', r.y + r.height / 2, "h-9V", last.y + last.height, "h9'/>");
        }
    }
    void row(const svg_row& r) {
        if (!r.heading) bar(r);
        const unsigned lines = 1u + (r.details.empty() ? 0 : 1) + (r.trouble.empty() ? 0 : 1);
        const unsigned first = r.y + r.height / 2 + 5 - (lines - 1) * 8;
        const bool free = r.fill == svg_free;
        // What is free begins with the first whole sector.
        const bool sector = r.at.count % 512 == 0 || free;
        const std::string position = sector ? text::join(div_up(r.at.count, 512)) : text::join("byte ", r.at.count);
        const std::string size = readable(r.size);
        const unsigned name_end = at_x_ - text_width(position, small_font) - space;
        text_at(text_x, first, free ? "small" : "name", shortened_to(r.name, name_end - text_x, free ? small_font : name_font));
        text_at(at_x_, first, "number end", position);
        text_at(size_x, first, free ? "number end" : "number strong end", size);
        unsigned y = first;
        if (!r.details.empty()) text_at(text_x, y += 17, "small", shortened_to(r.details, size_x - text_x, small_font));
        if (!r.trouble.empty()) text_at(text_x, y += 17, "finding", shortened_to("\xe2\x96\xb2 " + r.trouble, size_x - text_x, small_font));
    }
    void bar(const svg_row& r) {
        const svg_fill& fill = svg_fills[r.fill];
        const auto box = [&](std::string_view classes, unsigned box_width) {
            line("<rect class='", classes, "' x='", bar_x, "' y='", r.y, "' width='", box_width, "' height='", r.height,
                 "'/>");
        };
        if (r.used >= 0) { // the used part is filled, the rest is pale
            box(text::join("pale ", fill.name), bar_width);
            box(fill.name, std::max(2u, static_cast<unsigned>(r.used * bar_width)));
        } else if (r.fill != svg_free) {
            box(fill.name, bar_width);
        }
        if (!fill.pattern.empty())
            line("<rect fill='url(#p-", fill.name, ")' x='", bar_x, "' y='", r.y, "' width='", bar_width, "' height='",
                 r.height, "'/>");
        const auto clash = [&](unsigned y, unsigned height) {
            line("<rect class='clash' x='", bar_x, "' y='", y, "' width='", bar_width, "' height='", height, "'/>");
        };
        const auto pixels_of = [&](double share_of_it) { return std::max(4u, static_cast<unsigned>(share_of_it * r.height)); };
        if (r.overlapped > 0) clash(r.y, pixels_of(r.overlapped));
        if (r.beyond > 0) clash(r.y + r.height - pixels_of(r.beyond), pixels_of(r.beyond));
        box("frame", bar_width);
    }
    void legend(unsigned& y) {
        unsigned x = strip_x;
        const auto begin = [&](std::string_view meaning) { // of one sample with its meaning
            const unsigned needed = 29 + text_width(meaning, small_font);
            if (x != strip_x && x + needed > size_x) x = strip_x, y += 24;
            text_at(x + 29, y, "small", meaning);
            return std::exchange(x, x + needed + 24);
        };
        const auto sample = [&](unsigned at, std::string_view what) {
            line("<rect ", what, " x='", at, "' y='", y - 12, "' width='22' height='15'/>");
        };
        for (std::size_t i = 0; i < svg_fills.size(); ++i) {
            if (std::ranges::find(rows_, i, &svg_row::fill) == rows_.end()) continue;
            const svg_fill& f = svg_fills[i];
            const unsigned at = begin(f.meaning);
            if (i != svg_free) sample(at, text::join("class='", f.name, '\''));
            if (!f.pattern.empty()) sample(at, text::join("fill='url(#p-", f.name, ")'"));
            sample(at, "class='frame'");
        }
        const auto clashes = [](const svg_row& r) { return r.overlapped > 0 || r.beyond > 0; };
        if (std::ranges::any_of(rows_, clashes)) {
            const unsigned at = begin("overlap, or beyond the end");
            sample(at, "class='clash'");
            sample(at, "class='frame'");
        }
        y += 24;
        const bool shows_use = std::ranges::any_of(rows_, [](const svg_row& r) { return r.used >= 0; });
        text_at(strip_x, y, "small",
                text::join("The narrow strip is to scale; row heights are logarithmic.",
                           shows_use ? " The solid part of a filesystem is in use." : ""));
        y += 24;
    }
    void findings(unsigned& y) {
        constexpr std::size_t most = 20;
        constexpr unsigned room = size_x - strip_x;
        for (std::size_t i = 0; i < report_.findings.size(); ++i) {
            if (i == most) {
                text_at(strip_x, y, "finding", text::join("and ", report_.findings.size() - most, " more findings"));
                y += 20;
                break;
            }
            const std::string all = "\xe2\x96\xb2 " + to_string(report_.findings[i]);
            std::string_view left = all;
            unsigned indent = 0; // of the lines behind the first: as wide as the triangle
            while (!left.empty()) {
                const std::size_t fits = std::max<std::size_t>(1, bytes_that_fit(left, room - indent, small_font));
                std::size_t end = fits >= left.size() ? left.size() : left.rfind(' ', fits);
                if (end == left.npos || end == 0) end = fits;
                text_at(strip_x + indent, y, "finding", left.substr(0, end));
                y += 18;
                indent = 14;
                left.remove_prefix(end);
                while (left.starts_with(' ')) left.remove_prefix(1);
            }
        }
    }

    [[nodiscard]] std::string head(unsigned height) const {
        std::string s = text::join(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ", width, ' ', height, "' width='", width,
            "' height='", height, "' role='img'>\n<title>", xml_text(title_), ": ", readable(report_.size),
            ", what lies where</title>\n<style>\n"
            "text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}\n"
            ".title{font-size:20px;font-weight:600}.name{font-size:15px;font-weight:600}\n"
            ".small,.number,.finding{font-size:13px}.small,.number{fill:#59636e}\n"
            ".strong{font-size:14px;font-weight:600;fill:#1f2328}.end{text-anchor:end}\n"
            ".finding{fill:#a33e00}.back{fill:#ffffff}\n"
            ".frame{fill:none;stroke:#59636e}.ink{fill:#1f2328;stroke:#1f2328;stroke-opacity:.45;fill-opacity:.45}\n"
            ".clash{fill:url(#p-clash);stroke:#c8102e;stroke-width:1.5}.bracket{fill:none;stroke:#59636e;stroke-width:2}\n"
            ".pale{fill-opacity:.28}.wedge{fill-opacity:.2}rect.free{fill-opacity:.12}\n");
        for (const svg_fill& f : svg_fills) s += text::join('.', f.name, "{fill:", f.colour, "}\n");
        s += "@media (prefers-color-scheme:dark){\n"
             "text{fill:#f0f6fc}.small,.number{fill:#9da7b3}.strong{fill:#f0f6fc}.finding{fill:#ff9a57}.back{fill:#"
             "0d1117}\n"
             ".frame,.bracket{stroke:#9da7b3}.clash{stroke:#ff6b7d}.ink{fill:#0d1117;stroke:#0d1117;stroke-opacity:.6;fill-opacity:.6}\n"
             ".ink.on-back{stroke:#9da7b3;fill:#9da7b3;stroke-opacity:.5}.wedge{fill-opacity:.3}\n"
             "}\n</style>\n<defs>\n";
        for (const svg_fill& f : svg_fills)
            if (!f.pattern.empty())
                s += text::join("<pattern id='p-", f.name,
                                "' width='8' height='8' patternUnits='userSpaceOnUse'><g class='ink",
                                f.name == "free" ? " on-back" : "", "'>", f.pattern, "</g></pattern>\n");
        s += "<pattern id='p-clash' width='10' height='10' patternUnits='userSpaceOnUse'><rect width='10' height='10' "
             "fill='#ffffff' fill-opacity='.55'/><path d='M-2 2L2 -2M0 10L10 0M8 12L12 8' stroke='#c8102e' stroke-width='3'/></pattern>\n";
        return s + text::join("</defs>\n<rect class='back' width='", width, "' height='", height, "' rx='6'/>\n");
    }

    const disk_report& report_;
    std::string title_;
    std::vector<svg_row> rows_{};
    std::optional<std::size_t> heading_{}; ///< the row of the extended partition
    std::string body_{};
    unsigned bottom_ = 0, text_end_ = 0, at_x_ = 0;
};

} // namespace detail

/// The report as an SVG document, the same for the same report.
inline std::string svg_of(const disk_report& report, const svg_options& options = {}) {
    return detail::svg_writer{report, options}.write();
}

IMGCOMPOSE_NAMESPACE_END
