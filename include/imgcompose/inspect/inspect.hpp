// SPDX-License-Identifier: BSL-1.0
// Looking into a disk: from an image to a report of all that is on it. What is read may be damaged or hostile; whatever
// it is, there is a report.
#pragma once

#include <imgcompose/inspect/artefacts.hpp>
#include <imgcompose/inspect/content.hpp>
#include <imgcompose/inspect/open.hpp>
#include <imgcompose/inspect/report.hpp>
#include <imgcompose/inspect/tables.hpp>
#include <imgcompose/tree/content.hpp>
#include <imgcompose/write/file_sink.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

struct inspect_options {
    std::optional<bytes>
        sector_size{};                ///< of the medium, if it is known; else where a GPT header is found, 512 without
    sha256_function sha256 = nullptr; ///< checks the hashes of bootloader files
    bytes unknown_scan = mebibytes{256}; ///< how much of the gaps is read to find out whether anything is in them
    std::size_t most_partitions = 256;   ///< that are looked into: as many as Linux takes; a table may name 32768
};

namespace detail {

class inspector {
public:
    inspector(const window& disk, const inspect_options& options) : disk_(disk), options_(options) {
        report_.size = disk.size();
        if (options.sector_size) report_.sector_size = *options.sector_size;
    }

    disk_report look() {
        refuse_other_formats();
        table_reader{disk_, options_.sector_size, report_}.read();
        std::ranges::sort(report_.partitions, {}, &found_partition::number);
        if (report_.partitions.size() > options_.most_partitions) {
            say(severity::warning, "too-many-partitions", offset{report_.sector_size},
                text::join("there are ", report_.partitions.size(), " partitions, of which Linux takes ",
                           options_.most_partitions, "; those behind are not shown"));
            report_.partitions.resize(options_.most_partitions);
        }
        for (found_partition& p : report_.partitions) look_into(p);
        if (report_.table == disk_table::none) report_.content = recognise_content(disk_);
        if (!report_.content || !report_.content->filesystem)
            report_.artefacts =
                find_artefacts(disk_, report_.partitions,
                               {.sha256 = options_.sha256, .without_table = report_.table == disk_table::none});
        add_regions();
        check_places();
        for (const found_partition& p : report_.partitions)
            if (p.content) check_content(text::join("partition ", p.title()), p.at, p.size, *p.content);
        if (report_.content) check_content("the disk", offset{}, disk_.size(), *report_.content);
        std::ranges::sort(report_.findings, [](const disk_finding& a, const disk_finding& b) {
            return std::tie(a.at, a.code, a.message) < std::tie(b.at, b.code, b.message);
        });
        return std::move(report_);
    }

private:
    void say(severity how_bad, std::string_view code, offset at, std::string message) {
        report_.findings.push_back({how_bad, code, at, std::move(message)});
    }

    /// What is not the bytes of a disk but holds them.
    void refuse_other_formats() {
        const superblock_fields s{disk_};
        const auto is = [&](std::string_view what, std::string_view how) {
            say(severity::error, "not-raw", offset{}, text::join("this is ", what, ", not the bytes of a disk; ", how));
        };
        if (s.has(0, std::string_view{"\xfd"
                                      "7zXZ\0",
                                      6}))
            is("a file packed by xz", "unpack it with `xz -d`");
        else if (s.has(0, "\x1f\x8b")) is("a file packed by gzip", "unpack it with `gzip -d`");
        else if (s.has(0, "\x28\xb5\x2f\xfd")) is("a file packed by zstd", "unpack it with `zstd -d`");
        else if (s.has(0, "BZh")) is("a file packed by bzip2", "unpack it with `bzip2 -d`");
        else if (s.has(0, "PK\3\4")) is("a ZIP archive", "unpack it");
        else if (s.has(0, "QFI\xfb")) is("a qcow2 image", "convert it with `qemu-img convert -O raw`");
        else if (s.has(0, "\x3a\xff\x26\xed")) is("an Android sparse image", "convert it with `simg2img`");
    }

    void look_into(found_partition& p) {
        if (p.end() > offset{disk_.size()}) {
            const bytes missing = p.end() - std::max(offset{disk_.size()}, p.at);
            say(severity::error, "partition-outside", std::min(p.at, offset{disk_.size()}),
                text::join("partition ", p.title(), " (", range_text(p.at, p.size), ") reaches ", size_text(missing),
                           " beyond the end of the disk; the image was cut off, or is for a larger disk"));
        }
        p.content = recognise_content(disk_.part(p.at, p.size));
    }

    // --- regions -----------------------------------------------------------------------------------------------------

    void add_regions() {
        std::vector<disk_region>& regions = report_.regions;
        for (std::size_t i = 0; i < report_.partitions.size(); ++i) {
            const found_partition& p = report_.partitions[i];
            const std::string name = p.name.empty() ? text::join("partition ", p.number) : p.name;
            regions.push_back({disk_region::kind::partition, name, p.at, p.size, i});
        }
        for (std::size_t i = 0; i < report_.artefacts.size(); ++i) {
            const found_artefact& a = report_.artefacts[i];
            if (!inside_partition(a.at, a.size))
                regions.push_back({disk_region::kind::bootloader, a.file_name, a.at, a.size, i});
        }
        if (report_.content && report_.content->filesystem)
            regions.push_back({disk_region::kind::partition, report_.content->kind, offset{}, disk_.size(), 0});
        // What a plan named and the bytes alone do not tell.
        for (const region& r : disk_.whole().regions()) {
            if (r.depth != 0 || r.at < disk_.at() || r.size == bytes{}) continue;
            const offset at{r.at - disk_.at()};
            const auto known = [&](const disk_region& d) { return d.at < at + r.size && at < d.end(); };
            if (std::ranges::none_of(regions, known) && at < offset{disk_.size()})
                regions.push_back({disk_region::kind::placed, std::string{disk_.whole().name_of(r)}, at, r.size, 0});
        }
        const auto by_place = [](const disk_region& a, const disk_region& b) {
            return std::tie(a.at, b.size, a.what, a.name, a.index) < std::tie(b.at, a.size, b.what, b.name, b.index);
        };
        std::ranges::sort(regions, by_place);
        add_gaps();
        std::ranges::sort(regions, by_place);
    }
    [[nodiscard]] bool inside_partition(offset at, bytes size) const {
        return std::ranges::any_of(report_.partitions,
                                   [&](const found_partition& p) { return p.at <= at && at + size <= p.end(); });
    }
    void add_gaps() {
        std::vector<disk_region> gaps;
        offset end{};
        const auto gap_up_to = [&](offset at) {
            at = std::min(at, offset{disk_.size()});
            if (end < at) add_gap(gaps, end, at);
        };
        for (const disk_region& r : report_.regions) {
            gap_up_to(r.at);
            end = std::max(end, r.end());
        }
        gap_up_to(offset{disk_.size()});
        report_.regions.insert(report_.regions.end(), gaps.begin(), gaps.end());
    }
    /// What is in a gap, as whole sectors, and what is free between it.
    void add_gap(std::vector<disk_region>& to, offset first, offset last) {
        const bytes scanned = std::min(last - first, options_.unknown_scan);
        options_.unknown_scan -= scanned;
        const auto add = [&](disk_region::kind what, std::string_view name, offset at, offset end) {
            if (at < end) to.push_back({what, std::string{name}, at, end - at, 0});
        };
        offset free = first;
        for (const auto& [from, behind] : used_ranges(first, first + scanned)) {
            const offset begin = std::max(first, align_down(from, bytes{512})),
                         end = std::min(last, align_up(behind, bytes{512}));
            add(disk_region::kind::free, "free", free, begin);
            add(disk_region::kind::unknown, "unknown data", begin, end);
            free = end;
        }
        add(disk_region::kind::free, "free", free, last);
    }
    /// Ranges that begin and end with a byte that is not zero, and less than 1 MiB of zeros between.
    [[nodiscard]] std::vector<std::pair<offset, offset>> used_ranges(offset first, offset last) const {
        std::vector<std::pair<offset, offset>> used;
        constexpr bytes step = mebibytes{1};
        data_cursor cursor{disk_.whole()};
        for (offset at = first; at < last;) {
            const offset in_image = at + from_start(disk_.at());
            if (!cursor.is_data(in_image)) {
                at = std::min(last, offset{cursor.end_of_step(in_image) - disk_.at()});
                continue;
            }
            const owned_bytes raw = disk_.take(at, std::min(step, last - at));
            if (!all_zero(raw)) {
                const auto is_set = [](std::byte b) { return b != std::byte{}; };
                const auto place = [&](auto i) { return at + bytes{static_cast<std::uint64_t>(i - raw.begin())}; };
                const offset begin = place(std::ranges::find_if(raw, is_set));
                const offset behind = place(std::find_if(raw.rbegin(), raw.rend(), is_set).base());
                if (used.empty() || begin - used.back().second >= step) used.emplace_back(begin, behind);
                else used.back().second = behind;
            }
            at = at + bytes{raw.size()};
        }
        return used;
    }

    // --- findings ----------------------------------------------------------------------------------------------------

    void check_places() {
        // A region may overlap several of those before it: a bootloader over the table and a partition.
        const auto& regions = report_.regions;
        std::size_t overlaps = 0; // the first tell enough
        for (std::size_t i = 0; i < regions.size() && overlaps < 100; ++i)
            for (std::size_t j = i + 1; j < regions.size() && regions[j].at < regions[i].end() && overlaps < 100; ++j)
                say_overlap(regions[i], regions[j]), ++overlaps;
        for (const found_partition& p : report_.partitions) {
            // What firmware or a boot loader reads by itself is read once and hardly ever written.
            const bool of_firmware = p.type == partition_type::bios_boot || report_.artefact_of(p) != nullptr;
            const bool odd = !of_firmware && from_start(p.at) % bytes{4096} != bytes{};
            const bool unaligned =
                p.content && p.content->filesystem && from_start(p.at) % bytes{mebibytes{1}} != bytes{};
            if (odd || unaligned)
                say(severity::warning, "misaligned", p.at,
                    text::join("partition ", p.title(), " does not begin at a multiple of ", odd ? "4 KiB" : "1 MiB",
                               ", which makes flash slow and wears it; begin it at ",
                               position_text(align_up(p.at, bytes{mebibytes{1}}))));
        }
        for (const found_artefact& a : report_.artefacts) {
            for (const found_partition& p : report_.partitions) {
                if (p.content && p.content->filesystem && p.at <= a.at && a.end() <= p.end())
                    say(severity::error, "overlap", a.at,
                        text::join(a.file_name, " (", range_text(a.at, a.size), ") lies in partition ", p.title(),
                                   ", whose ", p.content->kind,
                                   " filesystem overwrites it sooner or later; begin the partition at ",
                                   position_text(align_up(a.end(), bytes{mebibytes{1}})), " or later"));
                else if (p.at < a.at && a.at < p.end() && !is_kept_for_bootloader(p))
                    say(severity::error, "overlap", a.at,
                        text::join(a.file_name, " lies in partition ", p.title(), " (", range_text(p.at, p.size),
                                   "), which does not begin with it: what is written to one destroys the other; "
                                   "begin the partition at ",
                                   position_text(align_up(a.end(), bytes{mebibytes{1}})), " or later"));
            }
            if (!a.whole)
                say(severity::error, "artefact-damaged", a.at,
                    text::join(a.file_name, " (", a.kind, ") is cut off or damaged", a.details.empty() ? "" : ": ",
                               a.details.empty() ? "" : a.details.back(), "; write it again"));
        }
    }
    /// Some images have a partition over all of the bootloader, so that nobody puts another there.
    [[nodiscard]] bool is_kept_for_bootloader(const found_partition& p) const {
        return std::ranges::all_of(report_.artefacts, [&](const found_artefact& a) {
            return p.at <= a.at || std::ranges::any_of(report_.partitions, [&](const found_partition& q) {
                       return q.at <= a.at && a.end() <= q.end() && q.number != p.number;
                   });
        });
    }
    void say_overlap(const disk_region& a, const disk_region& b) {
        const auto named = [&](const disk_region& r) {
            const bool listed = r.what == disk_region::kind::partition && r.index < report_.partitions.size();
            return listed ? text::join("partition ", report_.partitions[r.index].title()) : r.name;
        };
        const bool both = a.what == disk_region::kind::partition && b.what == disk_region::kind::partition;
        const bytes common = std::min(a.end(), b.end()) - b.at;
        say(severity::error, both ? "partitions-overlap" : "overlap", b.at,
            text::join(named(b), " (", range_text(b.at, b.size), ") overlaps ", named(a), " (",
                       range_text(a.at, a.size), ") by ", size_text(common), "; writing one destroys the other"));
    }
    void check_content(const std::string& where, offset at, bytes room, const found_content& c) {
        if (c.size > room)
            say(severity::error, "filesystem-too-large", at,
                text::join("the ", c.kind, " filesystem of ", where, " has ", c.size.count, " bytes, ",
                           (c.size - room).count,
                           " more than there is room; the image was cut off, or the partition made smaller"));
        if (c.ext4 && c.ext4->has_errors)
            say(severity::error, "filesystem-errors", at,
                text::join("the kernel found errors in the ", c.kind, " filesystem of ", where, "; run e2fsck on it"));
        if (c.ext4 && !c.ext4->checksum_right)
            say(severity::error, "superblock-damaged", at,
                text::join("the checksum of the superblock of the ", c.kind, " filesystem of ", where,
                           " is wrong; run e2fsck on it"));
        if ((c.ext4 && !c.ext4->clean) || (c.fat && !c.fat->clean))
            say(severity::warning, "filesystem-not-clean", at,
                text::join("the ", c.kind, " filesystem of ", where,
                           " was not unmounted; what was written last may be missing"));
    }

    window disk_;
    inspect_options options_;
    disk_report report_{};
};

} // namespace detail

/// All that is on the disk. Throws io_error for bytes that cannot be read, and nothing because of what they are.
inline disk_report inspect(const window& disk, const inspect_options& options = {}) {
    return detail::inspector{disk, options}.look();
}

IMGCOMPOSE_NAMESPACE_END
