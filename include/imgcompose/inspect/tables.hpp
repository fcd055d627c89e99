// SPDX-License-Identifier: BSL-1.0
// The partition tables of a disk: which there are, which one counts, and what is wrong with them.
#pragma once

#include <imgcompose/inspect/report.hpp>
#include <imgcompose/partition/gpt_read.hpp>
#include <imgcompose/partition/mbr_read.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// A copy of a GPT with its entries.
struct gpt_copy_with_entries {
    found_gpt_copy copy{};
    std::optional<found_gpt_header> header{};
    std::vector<found_gpt_entry> entries{};
    bytes sector_size{512};
};

inline gpt_copy_with_entries read_gpt_copy(const window& disk, lba at, bytes sector_size) {
    gpt_copy_with_entries c{.copy = {.at = at}, .sector_size = sector_size};
    const auto refuse = [&](std::string why) {
        c.copy.problem = std::move(why);
        return c;
    };
    if (at.value >= disk.size() / sector_size) return refuse("the disk has no such sector");
    c.header = read_gpt_header(disk.take(offset_of(at, sector_size), sector_size));
    if (!c.header) return refuse("its signature is missing");
    const found_gpt_header& h = *c.header;
    bool array_right = false;
    if (h.sizes_possible() && h.entry_array.value < disk.size() / sector_size) {
        const owned_bytes array = disk.take(offset_of(h.entry_array, sector_size), h.entry_array_size());
        array_right = array.size() == h.entry_array_size().count && crc32(array) == h.entry_array_crc32;
        c.entries = read_gpt_entries(array, h.entry_size);
    }
    if (!h.checksum_right) return refuse("the checksum of its header is wrong");
    if (h.my_lba != at) return refuse(text::join("it says it is at LBA ", h.my_lba.value));
    if (!array_right) return refuse("the checksum of its entries is wrong");
    c.copy.sound = true;
    return c;
}

/// Fills in everything of the report that tables tell.
class table_reader {
public:
    table_reader(const window& disk, std::optional<bytes> sector_size, disk_report& to)
        : disk_(disk), sector_size_(sector_size), to_(to) {}

    void read() {
        const auto mbr = read_mbr(disk_.take(offset{}, bytes{512}));
        const bool protective = mbr && mbr->protective() != nullptr;
        // A boot sector of a filesystem has an MBR's signature, and where records would be it has text or code.
        const bool boot_sector = !protective && (read_fat_facts(disk_) || read_mbr_is_other_boot_sector());
        auto [primary, backup] = find_gpt();
        const bool any_gpt = primary.header || backup.copy.sound;
        if (mbr && !boot_sector && !protective && !mbr->partitions.empty()) {
            if (any_gpt)
                say(severity::warning, "stale-gpt", offset{primary.sector_size},
                    "there is a GPT too, which systems ignore because the MBR has partitions of its own and no "
                    "protective "
                    "record; remove it with `sgdisk --zap`, or the MBR's partitions");
            return take_mbr(*mbr);
        }
        if (any_gpt) return take_gpt(primary, backup, mbr, protective);
        if (protective) {
            say(severity::error, "gpt-missing", offset{},
                "the MBR has a protective record, but there is no GPT: it was "
                "overwritten; restore it, or write the image again");
            return take_mbr(*mbr);
        }
        if (mbr && !boot_sector && !mbr->has_boot_code) take_mbr(*mbr); // an empty table
    }

private:
    void say(severity how_bad, std::string_view code, offset at, std::string message) {
        to_.findings.push_back({how_bad, code, at, std::move(message)});
    }
    [[nodiscard]] bool read_mbr_is_other_boot_sector() const {
        const owned_bytes name = disk_.take(offset{bytes{3}}, bytes{8});
        const std::string_view s{reinterpret_cast<const char*>(name.data()), name.size()};
        return s == "NTFS    " || s == "EXFAT   ";
    }

    std::pair<gpt_copy_with_entries, gpt_copy_with_entries> find_gpt() const {
        std::vector<bytes> sizes{bytes{512}, bytes{4096}};
        if (sector_size_) sizes = {*sector_size_};
        gpt_copy_with_entries best, best_backup;
        for (const bytes size : sizes) {
            if (disk_.size() < size * 2) continue;
            auto primary = read_gpt_copy(disk_, {1}, size);
            auto backup = find_backup(primary, size);
            const bool better = (primary.copy.sound && !best.copy.sound) ||
                                (!best.copy.sound && primary.header && !best.header) ||
                                (backup.copy.sound && !best_backup.copy.sound && !best.copy.sound);
            if (better) best = std::move(primary), best_backup = std::move(backup);
        }
        return {std::move(best), std::move(best_backup)};
    }
    /// Where the primary says, else at the end of the disk.
    [[nodiscard]] gpt_copy_with_entries find_backup(const gpt_copy_with_entries& primary, bytes size) const {
        const lba last{disk_.size() / size - 1};
        if (primary.copy.sound && primary.header->alternate_lba != last) {
            auto named = read_gpt_copy(disk_, primary.header->alternate_lba, size);
            if (named.copy.sound) return named;
            auto at_end = read_gpt_copy(disk_, last, size);
            return at_end.copy.sound ? at_end : named;
        }
        return read_gpt_copy(disk_, last, size);
    }

    void add_table_region(std::string name, offset at, bytes size) {
        to_.regions.push_back({disk_region::kind::table, std::move(name), at, size, 0});
    }

    void take_gpt(const gpt_copy_with_entries& primary, const gpt_copy_with_entries& backup,
                  const std::optional<found_mbr>& mbr, bool protective) {
        const bool use_primary = primary.copy.sound || !backup.copy.sound;
        const gpt_copy_with_entries& used = use_primary ? primary : backup;
        const bytes sector = used.sector_size;
        to_.sector_size = sector;
        to_.table = mbr && mbr->partitions.size() > 1 && protective ? disk_table::hybrid : disk_table::gpt;
        to_.disk_id = used.header->disk_id;
        if (mbr && mbr->disk_signature != 0) to_.disk_signature = mbr->disk_signature;
        to_.primary = primary.copy, to_.backup = backup.copy;
        to_.first_usable = used.header->first_usable, to_.last_usable = used.header->last_usable;
        const lba last{disk_.size() / sector - 1};

        add_table_region(to_.table == disk_table::hybrid ? "hybrid MBR" : "protective MBR", offset{}, sector);
        if (primary.header) {
            add_table_region("GPT header", offset{sector}, sector);
            add_array("GPT entries", *primary.header, sector);
        }
        if (backup.copy.sound) {
            add_array("backup GPT entries", *backup.header, sector);
            add_table_region("backup GPT header", offset_of(backup.copy.at, sector), sector);
        }
        if (!protective)
            say(severity::error, "no-protective-mbr", offset{},
                "the MBR has no protective record (type 0xee), without which Linux and U-Boot do not look for a GPT; "
                "write one with `sgdisk`");
        if (!primary.copy.sound)
            say(severity::error, "gpt-primary-damaged", offset{sector},
                text::join("the primary GPT is damaged: ", primary.copy.problem,
                           backup.copy.sound ? "; the backup is sound, restore from it with `sgdisk -e` or `gdisk`"
                                             : "; the backup is no better"));
        const bool cut_off = std::ranges::any_of(used.entries, [&](const found_gpt_entry& e) { return e.last > last; });
        if (!backup.copy.sound)
            say(severity::warning, "gpt-backup-damaged", offset_of(std::min(backup.copy.at, last), sector),
                text::join("there is no sound backup GPT at LBA ", backup.copy.at.value, ": ", backup.copy.problem,
                           cut_off ? "; partitions reach beyond the end of the disk too, so the image was cut off, or is "
                                     "for a larger disk"
                                   : "; write it again with `sgdisk -e`"));
        else if (backup.copy.at != last)
            say(severity::warning, "gpt-backup-not-at-end", offset_of(backup.copy.at, sector),
                text::join("the backup GPT is at LBA ", backup.copy.at.value, ", but the disk ends with LBA ",
                           last.value, "; `sgdisk -e` moves it, or compose the image for a disk of this size"));
        if (primary.copy.sound && backup.copy.sound && !same_entries(primary.entries, backup.entries))
            say(severity::warning, "gpt-copies-differ", offset_of(backup.copy.at, sector),
                "the two copies of the GPT list different partitions; which one counts depends on who reads them");

        for (const found_gpt_entry& e : used.entries) take_entry(e, sector, mbr);
    }
    void add_array(std::string name, const found_gpt_header& h, bytes sector) {
        const std::uint64_t sectors_of_disk = disk_.size() / sector;
        if (!h.sizes_possible() || h.entry_array.value >= sectors_of_disk) return;
        const offset at = offset_of(h.entry_array, sector);
        add_table_region(std::move(name), at,
                         std::min(align_up(h.entry_array_size(), sector), offset{disk_.size()} - at));
    }
    static bool same_entries(const std::vector<found_gpt_entry>& a, const std::vector<found_gpt_entry>& b) {
        return std::ranges::equal(a, b, [](const found_gpt_entry& x, const found_gpt_entry& y) {
            return x.number == y.number && x.type == y.type && x.id == y.id && x.first == y.first && x.last == y.last &&
                   x.attributes == y.attributes && x.name == y.name;
        });
    }
    void take_entry(const found_gpt_entry& e, bytes sector, const std::optional<found_mbr>& mbr) {
        found_partition p{.number = e.number,
                          .name = e.name,
                          .type = e.type,
                          .id = e.id,
                          .attributes = e.attributes,
                          .bootable = e.attributes.has(gpt_attributes::legacy_bios_bootable)};
        // 2^48 sectors are more than any disk has, and no sum of theirs overflows.
        constexpr std::uint64_t most = std::uint64_t{1} << 48;
        if (e.last < e.first || e.last.value >= most) {
            say(severity::error, "partition-impossible", offset{sector * 2},
                text::join("partition ", p.title(), " has impossible sectors, ", e.first.value, " to ", e.last.value));
            return;
        }
        p.at = offset_of(e.first, sector);
        p.size = offset_of(lba{e.last.value + 1}, sector) - p.at;
        if (mbr && to_.table == disk_table::hybrid)
            for (const found_mbr_partition& m : mbr->partitions)
                if (m.type != mbr_type::gpt_protective && m.first == e.first && m.last() == e.last) p.mbr_type = m.type;
        to_.partitions.push_back(std::move(p));
    }

    void take_mbr(const found_mbr& mbr) {
        const bytes sector = sector_size_.value_or(bytes{512});
        to_.sector_size = sector;
        to_.table = disk_table::mbr;
        to_.disk_signature = mbr.disk_signature;
        add_table_region("MBR", offset{}, bytes{512});
        const found_mbr_partition* extended = nullptr;
        for (const found_mbr_partition& m : mbr.partitions) {
            if (m.type == mbr_type::gpt_protective) continue;
            if (mbr_type::is_extended(m.type) && extended == nullptr) extended = &m;
            else take_mbr_partition(m, sector);
        }
        if (extended == nullptr) return;
        to_.extended = found_extended{.number = extended->number, .type = extended->type,
                                      .at = offset_of(extended->first, sector), .size = sector * extended->count};
        const auto read_sector = [&](lba at) {
            return at.value < disk_.size() / sector ? disk_.take(offset_of(at, sector), bytes{512}) : owned_bytes{};
        };
        const found_logicals logicals = read_logicals(extended->first, read_sector);
        for (const lba record : logicals.records)
            add_table_region("extended boot record", offset_of(record, sector), bytes{512});
        if (!logicals.problem.empty())
            say(severity::error, "mbr-chain",
                offset_of(std::min(logicals.problem_at, lba{disk_.size() / sector}), sector),
                text::join(logicals.problem, "; partitions behind it are lost"));
        for (const found_mbr_partition& m : logicals.partitions) {
            take_mbr_partition(m, sector);
            if (m.first < extended->first || m.last() > extended->last())
                say(severity::error, "logical-outside",
                    offset_of(std::min(m.first, lba{disk_.size() / sector}), sector),
                    text::join("logical partition ", m.number, " reaches out of the extended partition"));
        }
    }
    void take_mbr_partition(const found_mbr_partition& m, bytes sector) {
        to_.partitions.push_back({.number = m.number,
                                  .mbr_type = m.type,
                                  .bootable = m.active,
                                  .logical = m.record.has_value(),
                                  .at = offset_of(m.first, sector),
                                  .size = sector * m.count});
    }

    window disk_;
    std::optional<bytes> sector_size_;
    disk_report& to_;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
