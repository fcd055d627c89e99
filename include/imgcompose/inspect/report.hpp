// SPDX-License-Identifier: BSL-1.0
// What is on a disk: one model for images that were found and for images that are composed. Reports, pictures,
// comparisons and checks are all made of it.
#pragma once

#include <imgcompose/compose/disk.hpp>
#include <imgcompose/core/finding.hpp>
#include <imgcompose/fs/ext4/facts.hpp>
#include <imgcompose/fs/fat/facts.hpp>
#include <imgcompose/partition/names.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A remark about a place on a disk.
struct disk_finding {
    severity how_bad = severity::error;
    std::string_view code{}; ///< never changes: "partitions-overlap"; a literal
    offset at{};
    std::string message{}; ///< what, where and what to do

    friend bool operator==(const disk_finding&, const disk_finding&) = default;
};

/// "error: sector 34: ..."
inline std::string to_string(const disk_finding& f) {
    return text::join(f.how_bad == severity::error ? "error: " : "warning: ", detail::position_text(f.at), ": ",
                      f.message);
}

/// What a partition, or a disk without partitions, holds.
struct found_content {
    std::string kind{};      ///< "ext4", "FAT32", "squashfs", "swap", "ChromeOS kernel", ...
    bool filesystem = false; ///< holds files, or swap; else an artefact that boots
    std::string label{};     ///< bytes as they are
    std::string id{};        ///< as text: a UUID, or FAT's "1234-ABCD"
    bytes size{};            ///< as it says itself; 0: it does not say
    std::optional<bytes> free{};
    std::optional<ext4_facts> ext4{};
    std::optional<fat_facts> fat{};
};

struct found_partition {
    std::uint32_t number = 0;               ///< as the kernel counts
    std::string name{};                     ///< GPT's, else empty; UTF-8
    uuid type{};                            ///< GPT
    uuid id{};                              ///< GPT
    gpt_attributes attributes{};            ///< GPT
    std::optional<std::uint8_t> mbr_type{}; ///< in the MBR; of a hybrid table, those that are in it too
    bool bootable = false;                  ///< what U-Boot calls so: GPT attribute bit 2, or active in the MBR
    bool logical = false;
    offset at{};
    bytes size{}; ///< as the table has it, even beyond the end of the disk
    std::optional<found_content> content{};

    [[nodiscard]] offset end() const { return at + size; }
    [[nodiscard]] std::string type_name() const {
        return type.is_nil() ? mbr_type::name_of(mbr_type.value_or(0)) : partition_type::name_of(type);
    }
    /// What people call its type: "Linux filesystem".
    [[nodiscard]] std::string type_title() const {
        return type.is_nil() ? mbr_type::title_of(mbr_type.value_or(0)) : partition_type::title_of(type);
    }
    /// "1 (boot)"
    [[nodiscard]] std::string title() const {
        return name.empty() ? text::join(number) : text::join(number, " (", name, ')');
    }
};

/// A bootloader file that was recognised at a place where firmware looks for one.
struct found_artefact {
    std::string kind{};      ///< "idbloader", "FIT", ...
    std::string file_name{}; ///< as builds call it: what `extract` writes
    offset at{};
    bytes size{};                                ///< exact, from its own headers
    std::string soc{};                           ///< as far as it says
    bool spread = false;                         ///< an idbloader as the boot ROM of the RK3399 reads it from SPI flash
    bytes first_stage{};                         ///< of an idbloader: what the boot ROM loads into its own memory
    std::vector<std::string> compatible{};       ///< of U-Boot's device trees: what boards and SoCs they are for
    std::optional<std::uint64_t> u_boot_loads{}; ///< where U-Boot is put in memory
    bool whole = true;                           ///< sizes and hashes are right, as far as they were checked
    std::vector<std::string> details{};          ///< such as "SPL: 94208 bytes"

    [[nodiscard]] offset end() const { return at + size; }
};

/// A range of the disk and what it is for. Together they cover the disk, but where something overlaps.
struct disk_region {
    enum class kind : std::uint8_t {
        table,      ///< MBR, GPT, extended boot record
        bootloader, ///< an artefact that was recognised
        partition,
        placed,  ///< what a plan put there
        unknown, ///< something is there that is not known
        free,    ///< only zeros, or nothing
    };

    kind what = kind::free;
    std::string name{};
    offset at{};
    bytes size{};
    std::size_t index = 0; ///< of partition and bootloader: in the report's lists

    [[nodiscard]] offset end() const { return at + size; }
};

constexpr std::string_view name_of(disk_region::kind k) {
    switch (k) {
    case disk_region::kind::table: return "table";
    case disk_region::kind::bootloader: return "bootloader";
    case disk_region::kind::partition: return "partition";
    case disk_region::kind::placed: return "placed";
    case disk_region::kind::unknown: return "unknown";
    case disk_region::kind::free: return "free";
    }
    return "unknown";
}

/// One of the two copies of a GPT.
struct found_gpt_copy {
    lba at{};
    bool sound = false;    ///< signature, both checksums and its own position are right
    std::string problem{}; ///< if it is not
};

/// The partition of an MBR that the logical ones lie in.
struct found_extended {
    std::uint32_t number = 0;
    std::uint8_t type = 0;
    offset at{};
    bytes size{};

    [[nodiscard]] offset end() const { return at + size; }
};

struct disk_report {
    bytes size{};
    bytes sector_size{512}; ///< what the table counts in
    disk_table table = disk_table::none;
    std::optional<uuid> disk_id{};                     ///< GPT
    std::optional<std::uint32_t> disk_signature{};     ///< MBR, hybrid
    std::optional<found_gpt_copy> primary{}, backup{}; ///< GPT
    lba first_usable{}, last_usable{};                 ///< GPT, inclusive
    std::optional<found_content> content{};            ///< of a disk without a table
    std::vector<found_partition> partitions{};         ///< by number
    std::optional<found_extended> extended{};          ///< MBR
    std::vector<found_artefact> artefacts{};           ///< by place
    std::vector<disk_region> regions{};                ///< by place
    std::vector<disk_finding> findings{};              ///< by place

    /// The bootloader file at the start of a partition that has no filesystem; nothing if there is none.
    [[nodiscard]] const found_artefact* artefact_of(const found_partition& p) const {
        const auto a = std::ranges::find(artefacts, p.at, &found_artefact::at);
        return a == artefacts.end() || (p.content && p.content->filesystem) ? nullptr : &*a;
    }
    /// The partition of that number; nothing if there is none.
    [[nodiscard]] const found_partition* partition(std::uint32_t number) const {
        const auto p = std::ranges::find(partitions, number, &found_partition::number);
        return p == partitions.end() ? nullptr : &*p;
    }
};

/// What people call a region: "1 boot", "partition 3", "idbloader.img", "free".
inline std::string title_of(const disk_report& r, const disk_region& region) {
    if (region.what != disk_region::kind::partition || region.index >= r.partitions.size()) return region.name;
    const found_partition& p = r.partitions[region.index];
    return p.name.empty() ? text::join("partition ", p.number) : text::join(p.number, ' ', p.name);
}

/// The region before it with which one shares bytes, and how many.
struct region_overlap {
    const disk_region* with = nullptr;
    bytes common{};
};

/// Of the region of that index: the one of those before it with which it shares most; nothing if it shares none.
inline std::optional<region_overlap> overlap_of(const disk_report& r, std::size_t index) {
    const disk_region& own = r.regions[index];
    region_overlap most;
    for (std::size_t i = 0; i < index; ++i) {
        const disk_region& other = r.regions[i];
        if (other.end() <= own.at || own.end() <= other.at) continue;
        const bytes common = std::min(own.end(), other.end()) - std::max(own.at, other.at);
        if (common > most.common) most = {&other, common};
    }
    if (most.with == nullptr) return {};
    return most;
}

/// How much of it lies behind the end of the disk.
inline bytes beyond_the_end(const disk_report& r, const disk_region& region) {
    const offset end{r.size};
    return region.end() <= end ? bytes{} : region.end() - std::max(end, region.at);
}

IMGCOMPOSE_NAMESPACE_END
