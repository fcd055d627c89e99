// SPDX-License-Identifier: BSL-1.0
// From a FAT filesystem to the tree that is in it. What is read may be damaged or hostile: no cluster is followed
// twice. Source: fatgen103; long names as Linux fs/fat/dir.c, fat_parse_long, puts them together.
#pragma once

#include <imgcompose/fs/fat/facts.hpp>
#include <imgcompose/fs/fat/short_name.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void fat_is_damaged(std::string_view what, std::string_view name) {
    throw format_error(name.empty() ? text::join("the FAT filesystem is damaged: ", what, "; run fsck.vfat on it")
                                    : text::join("the FAT filesystem is damaged: ", what, " (", text::quoted(name),
                                                 "); run fsck.vfat on it"));
}
[[noreturn]] inline void not_fat() { throw format_error("there is no FAT filesystem: its boot sector is missing"); }
} // namespace fail

/// Seconds since 1970 of a date and time of FAT, taken as UTC; what is no date is 1980-01-01.
constexpr timestamp timestamp_of(std::uint16_t date, std::uint16_t time) {
    using namespace std::chrono;
    const year_month_day day{year{1980 + (date >> 9)}, month{static_cast<unsigned>(date >> 5 & 15)},
                             std::chrono::day{static_cast<unsigned>(date & 31)}};
    const bool possible = day.ok() && (time >> 11) < 24 && (time >> 5 & 63) < 60 && (time & 31) < 30;
    if (!possible) return {sys_seconds{sys_days{year{1980} / January / 1}}.time_since_epoch().count(), 0};
    const auto at = sys_days{day} + hours{time >> 11} + minutes{time >> 5 & 63} + seconds{(time & 31) * 2};
    return {at.time_since_epoch().count(), 0};
}

namespace detail {

class fat_tree_reader {
public:
    explicit fat_tree_reader(const window& part) : part_(part), facts_(found(part)), fat_(part, facts_.geometry) {}

    tree read() {
        tree_.at(top_directory).implied = false;
        pending_.push_back({top_directory, facts_.root.value});
        while (!pending_.empty()) {
            const directory next = pending_.back();
            pending_.pop_back();
            read_directory(next);
        }
        return std::move(tree_);
    }

private:
    struct directory {
        inode_index index;
        std::uint64_t cluster; ///< 0: the top directory of FAT12 and FAT16
    };
    struct run {
        std::uint64_t first, count;
    };

    static fat_facts found(const window& part) {
        auto f = read_fat_facts(part);
        if (!f) fail::not_fat();
        return *std::move(f);
    }

    /// The clusters of a file, at most `most` of them; a file that is shorter than its size says is damaged.
    std::vector<run> runs_of(std::uint64_t first, std::uint64_t most, bool exactly, std::string_view name) {
        std::vector<run> runs;
        // No more than the window can have, whatever the boot sector says.
        if (claimed_.empty())
            claimed_.resize(std::min(facts_.geometry.clusters, part_.size() / facts_.geometry.cluster_size()) + 2);
        std::uint64_t n = first, count = 0;
        for (; count < most; ++count) {
            if (n < 2 || n >= claimed_.size()) fail::fat_is_damaged("a chain leads out of it", name);
            if (claimed_[n])
                fail::fat_is_damaged("two files have the same cluster, or a chain comes back to itself", name);
            claimed_[n] = true;
            if (!runs.empty() && runs.back().first + runs.back().count == n) ++runs.back().count;
            else runs.push_back({n, 1});
            const auto entry = fat_.next(n);
            if (!entry) fail::fat_is_damaged("its table is cut off", name);
            if (fat_.is_end(*entry)) {
                ++count;
                break;
            }
            n = *entry;
        }
        if (exactly && count < most) fail::fat_is_damaged("a file has fewer clusters than its size needs", name);
        return runs;
    }

    void read_directory(const directory& here) {
        const fat_geometry& g = facts_.geometry;
        std::u16string long_name;
        std::uint8_t checksum = 0, expected = 0; // number of the long name's next entry
        const auto each = [&](std::span<const std::byte> raw) {
            for (std::size_t at = 0; at + sizeof(fat_directory_entry) <= raw.size();
                 at += sizeof(fat_directory_entry)) {
                const auto e = struct_from<fat_directory_entry>(raw.subspan(at));
                if (e.name[0] == '\0') return false;
                if (e.name[0] == '\xe5') {
                    expected = 0, long_name.clear();
                } else if ((e.attr & 0x3f) == fat_directory_entry::long_name) {
                    take_long(struct_from<fat_long_name_entry>(raw.subspan(at)), long_name, checksum, expected);
                } else {
                    const bool fits = !long_name.empty() && expected == 0 && fat_checksum(e.name) == checksum;
                    if ((e.attr & fat_directory_entry::volume_id) == 0)
                        add(here, e, fits ? utf8_of(long_name.substr(0, long_name.find(u'\0'))) : short_name_of(e));
                    expected = 0, long_name.clear();
                }
            }
            return true;
        };
        if (here.cluster == 0 && g.type != fat_type::fat32) {
            each(all_of(g.at_sector(g.root_at()), bytes{g.root_sectors * g.sector}, here));
            return;
        }
        // A directory has at most 2 MiB.
        const std::uint64_t most = div_up(fat_largest_directory * sizeof(fat_directory_entry), g.cluster_size().count);
        for (const run& r : runs_of(here.cluster, most, false, tree_.path_of(here.index)))
            for (std::uint64_t n = r.first; n < r.first + r.count; ++n)
                if (!each(all_of(g.offset_of(cluster_number{n}), g.cluster_size(), here))) return;
    }

    owned_bytes all_of(offset at, bytes size, const directory& d) const {
        if (!part_.has(at, size))
            fail::fat_is_damaged("a directory lies behind the end of the medium", tree_.path_of(d.index));
        return part_.take(at, size);
    }

    /// The end of a name comes first.
    static void take_long(const fat_long_name_entry& e, std::u16string& name, std::uint8_t& checksum,
                          std::uint8_t& expected) {
        const auto number = static_cast<std::uint8_t>(e.ord & ~fat_long_name_entry::last);
        const bool begins = (e.ord & fat_long_name_entry::last) != 0 && number <= 20;
        if (number == 0 || (!begins && (number != expected || e.chksum != checksum))) {
            name.clear();
            expected = 0;
            return;
        }
        if (begins) name.clear(), checksum = e.chksum;
        expected = static_cast<std::uint8_t>(number - 1);
        std::u16string units;
        for (const auto& u : e.name1) units += static_cast<char16_t>(from_disk(u));
        for (const auto& u : e.name2) units += static_cast<char16_t>(from_disk(u));
        for (const auto& u : e.name3) units += static_cast<char16_t>(from_disk(u));
        name.insert(0, units);
    }

    /// What is not ASCII is in a code page that nobody wrote down: an underscore.
    static std::string short_name_of(const fat_directory_entry& e) {
        const auto part = [&](std::size_t at, std::size_t size, bool lower) {
            std::string s = without_padding({e.name.data() + at, size});
            for (char& c : s) {
                if (static_cast<unsigned char>(c) >= 0x7f || static_cast<unsigned char>(c) < 0x20) c = '_';
                if (lower) c = text::lower_case(c);
            }
            return s;
        };
        const std::string base = part(0, 8, (e.nt_res & fat_short_name::lower_base) != 0);
        const std::string extension = part(8, 3, (e.nt_res & fat_short_name::lower_extension) != 0);
        return extension.empty() ? base : base + '.' + extension;
    }

    void add(const directory& here, const fat_directory_entry& e, const std::string& name) {
        if (name == "." || name == "..") return;
        if (name.empty() || name.size() > 255 || name.find('/') != name.npos)
            fail::fat_is_damaged("a name is not possible", name);
        const bool is_directory = (e.attr & fat_directory_entry::directory) != 0;
        const timestamp time = timestamp_of(from_disk(e.wrt_date), from_disk(e.wrt_time));
        tree::inode i{.mtime_seconds = time.seconds,
                      .mtime_nanoseconds = 0,
                      .mode = static_cast<std::uint16_t>(is_directory ? 0755 : 0644)};
        if ((e.attr & fat_directory_entry::read_only) != 0) i.mode &= 0555;
        std::uint64_t cluster = from_disk(e.fst_clus_lo);
        if (facts_.geometry.type == fat_type::fat32) cluster |= std::uint64_t{from_disk(e.fst_clus_hi)} << 16;
        if (is_directory) i.type = file_type::directory;
        else take_content(i, cluster, from_disk(e.file_size), name);
        const inode_index made = tree_.add_inode(i);
        tree_.link_unchecked(here.index, name, made);
        if (is_directory && cluster == 0) fail::fat_is_damaged("a directory has no cluster", name);
        if (is_directory) pending_.push_back({made, cluster});
    }
    void take_content(tree::inode& to, std::uint64_t cluster, std::uint64_t size, std::string_view name) {
        const fat_geometry& g = facts_.geometry;
        image content{bytes{size}};
        const auto index = content.add_source(part_.content());
        bytes done{};
        if (size != 0)
            for (const run& r : runs_of(cluster, div_up(size, g.cluster_size().count), true, name)) {
                const offset at = g.offset_of(cluster_number{r.first});
                const bytes length = std::min(g.cluster_size() * r.count, content.size() - done);
                if (!part_.has(at, length)) fail::fat_is_damaged("a file lies behind the end of the medium", name);
                content.append({.at = offset{done},
                                .size = length,
                                .from = from_start(part_.at() + from_start(at)),
                                .source = index});
                done += length;
            }
        to.size = size;
        to.files = tree::content_is_image;
        to.content = tree_.add_image(std::make_shared<const image>(std::move(content)));
    }

    window part_;
    fat_facts facts_;
    fat_chain_reader fat_;
    std::vector<bool> claimed_{}; ///< clusters that a file has
    tree tree_{};
    std::vector<directory> pending_{};
};

} // namespace detail

/// All that is in the filesystem at the start of `part`, times taken as UTC. Contents are not read: the files' images
/// refer to that of the window. Throws format_error for what is no FAT or is damaged.
inline tree read_fat(const window& part) { return detail::fat_tree_reader{part}.read(); }

IMGCOMPOSE_NAMESPACE_END
