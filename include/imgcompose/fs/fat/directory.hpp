// SPDX-License-Identifier: BSL-1.0
// The bytes of directories.
#pragma once

#include <imgcompose/fs/fat/contents.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A time as FAT has it: UTC here, since a time zone is nobody's property. fatgen103, "Date and Time Formats".
struct fat_time {
    std::uint16_t date = 0, time = 0;
    std::uint8_t hundredths = 0; ///< beyond the two seconds that `time` counts in; only of the creation

    friend constexpr bool operator==(const fat_time&, const fat_time&) = default;
};

/// The nearest that FAT can say: from 1980-01-01 to 2107-12-31.
constexpr fat_time fat_time_of(timestamp t) {
    using namespace std::chrono;
    constexpr sys_seconds first = sys_days{year{1980} / January / 1};
    constexpr sys_seconds last = sys_days{year{2107} / December / 31} + hours{23} + minutes{59} + seconds{59};
    if (t.seconds < first.time_since_epoch().count()) t = {first.time_since_epoch().count(), 0};
    if (t.seconds > last.time_since_epoch().count()) t = {last.time_since_epoch().count(), 999'999'999};
    const sys_seconds at{seconds{t.seconds}};
    const sys_days day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    const auto count = [](auto d) { return static_cast<unsigned>(d.count()); };
    return {.date = static_cast<std::uint16_t>(static_cast<unsigned>(static_cast<int>(date.year()) - 1980) << 9 |
                                               static_cast<unsigned>(date.month()) << 5 |
                                               static_cast<unsigned>(date.day())),
            .time = static_cast<std::uint16_t>(count(time.hours()) << 11 | count(time.minutes()) << 5 |
                                               count(time.seconds()) / 2),
            .hundredths = static_cast<std::uint8_t>(count(time.seconds()) % 2 * 100 + t.nanoseconds / 10'000'000)};
}

namespace detail {

/// First clusters, in the order of fat_contents; 0 for what has none.
struct fat_places {
    std::vector<std::uint32_t> directories, files;
};

class fat_directory_writer {
public:
    fat_directory_writer(const fat_contents& contents, const fat_options& options, const fat_places& places,
                         std::chrono::seconds epoch)
        : contents_(contents), options_(options), places_(places), epoch_(epoch) {}

    /// Appends the entries of `d`, without the zeros that fill its last cluster.
    void append(owned_bytes& to, const fat_contents::directory& d) const {
        const timestamp time = contents_.from.inodes()[d.inode].mtime(epoch_);
        if (d.entry == fat_contents::none) {
            if (!options_.label.empty()) append_label(to);
        } else {
            const auto number = static_cast<std::size_t>(&d - contents_.directories.data());
            put(to, entry(padded<11>("."), fat_directory_entry::directory, places_.directories[number], 0, time));
            // Of a directory in the top directory, FAT32's too: 0.
            const timestamp above = contents_.from.inodes()[contents_.directories[d.parent].inode].mtime(epoch_);
            put(to, entry(padded<11>(".."), fat_directory_entry::directory,
                          d.parent == 0 ? 0 : places_.directories[d.parent], 0, above));
        }
        for (std::uint32_t i = d.first; i < d.first + d.count; ++i) append_file(to, i);
    }

private:
    static void put(owned_bytes& to, const disk_struct auto& s) {
        const auto raw = to_bytes(s);
        to.insert(to.end(), raw.begin(), raw.end());
    }

    static fat_directory_entry entry(const std::array<char, 11>& name, std::uint8_t attr, std::uint32_t cluster,
                                     std::uint32_t size, timestamp when) {
        const fat_time t = fat_time_of(when);
        fat_directory_entry e{};
        e.name = name;
        e.attr = attr;
        e.crt_time_tenth = t.hundredths;
        e.crt_time = e.wrt_time = to_disk(t.time);
        e.crt_date = e.wrt_date = e.lst_acc_date = to_disk(t.date);
        e.fst_clus_hi = to_disk(cluster >> 16);
        e.fst_clus_lo = to_disk(cluster & 0xffff);
        e.file_size = to_disk(size);
        return e;
    }

    void append_label(owned_bytes& to) const {
        put(to, entry(padded<11>(options_.label), fat_directory_entry::volume_id, 0, 0, timestamp{epoch_}));
    }

    void append_file(owned_bytes& to, std::uint32_t number) const {
        const auto& f = contents_.files[number];
        const auto& inode = contents_.inode_of(f);
        if (f.long_entries != 0) append_long_name(to, f);
        const bool is_directory = f.directory != fat_contents::none;
        std::uint8_t attr = is_directory ? fat_directory_entry::directory : fat_directory_entry::archive;
        if (options_.read_only_attribute && (inode.mode & 0200) == 0) attr |= fat_directory_entry::read_only;
        auto e = entry(f.short_name.name, attr, places_.files[number],
                       is_directory ? 0 : static_cast<std::uint32_t>(inode.size), inode.mtime(epoch_));
        e.nt_res = f.short_name.nt_res;
        put(to, e);
    }

    /// The end of the name comes first. Behind the last unit one zero, then ones.
    void append_long_name(owned_bytes& to, const fat_contents::file& f) const {
        std::u16string units;
        for_each_utf16_unit(contents_.name_of(f), [&](char16_t u) { units += u; });
        const std::uint8_t checksum = fat_checksum(f.short_name.name);
        for (std::uint8_t ord = f.long_entries; ord != 0; --ord) {
            fat_long_name_entry e{};
            e.ord = ord == f.long_entries ? static_cast<std::uint8_t>(ord | fat_long_name_entry::last) : ord;
            e.attr = fat_directory_entry::long_name;
            e.chksum = checksum;
            std::size_t i = (ord - 1u) * fat_long_name_entry::units;
            const auto next = [&] {
                const std::size_t at = i++;
                return at < units.size()    ? static_cast<std::uint16_t>(units[at])
                       : at == units.size() ? std::uint16_t{0}
                                            : std::uint16_t{0xffff};
            };
            for (auto& u : e.name1) u = to_disk(next());
            for (auto& u : e.name2) u = to_disk(next());
            for (auto& u : e.name3) u = to_disk(next());
            put(to, e);
        }
    }

    const fat_contents& contents_;
    const fat_options& options_;
    const fat_places& places_;
    std::chrono::seconds epoch_;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
