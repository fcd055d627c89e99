// SPDX-License-Identifier: BSL-1.0
// A tree as a FAT filesystem.
#pragma once

#include <imgcompose/fs/fat/boot_record.hpp>
#include <imgcompose/fs/fat/directory.hpp>
#include <imgcompose/fs/fat/fit.hpp>
#include <imgcompose/image/recipe.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
/// A FAT in which every chain is a run of clusters and no cluster between two runs is free: then the last clusters of
/// the runs say everything.
class fat_table final : public generator {
public:
    /// `ends`: the last cluster of each file and directory, in ascending order.
    fat_table(fat_type type, std::uint8_t media, std::vector<std::uint32_t> ends)
        : type_(type), media_(media), ends_(std::move(ends)) {}

    [[nodiscard]] std::uint64_t clusters_used() const { return ends_.empty() ? 0 : ends_.back() - 1; }
    [[nodiscard]] std::string describe(std::uint32_t) const override { return "file allocation table"; }

    void generate(std::uint32_t, bytes from, std::span<std::byte> to) const override {
        const std::uint64_t bits = bits_of(type_);
        // Twelve bits: three bytes hold two entries. Otherwise an entry is a whole number of bytes.
        const std::uint64_t group = type_ == fat_type::fat12 ? 3 : bits / 8, entries = type_ == fat_type::fat12 ? 2 : 1;
        std::uint64_t cluster = from.count / group * entries;
        auto end = std::ranges::lower_bound(ends_, cluster);
        std::size_t skip = from.count % group;
        for (std::size_t done = 0; done < to.size();) {
            std::uint64_t value = 0;
            for (std::uint64_t k = 0; k < entries; ++k, ++cluster) {
                value |= entry(cluster, end) << (k * bits);
                if (end != ends_.end() && *end == cluster) ++end;
            }
            for (std::size_t i = skip; i < group && done < to.size(); ++i)
                to[done++] = static_cast<std::byte>(value >> (8 * i));
            skip = 0;
        }
    }

private:
    [[nodiscard]] std::uint64_t entry(std::uint64_t cluster, std::vector<std::uint32_t>::const_iterator end) const {
        const std::uint64_t chain_ends = type_ == fat_type::fat12   ? 0xfff
                                         : type_ == fat_type::fat16 ? 0xffff
                                                                    : 0x0fffffff;
        if (cluster == 0) return (chain_ends & ~std::uint64_t{0xff}) | media_;
        if (cluster == 1) return chain_ends; // FAT16, FAT32: cleanly unmounted, no read error
        if (end == ends_.end()) return 0;
        return *end == cluster ? chain_ends : cluster + 1;
    }

    fat_type type_;
    std::uint8_t media_;
    std::vector<std::uint32_t> ends_;
};

class fat_writer {
public:
    fat_writer(const fat_contents& contents, const fat_options& options, const surroundings& where,
               const fat_geometry& g)
        : contents_(contents), options_(options), where_(where), g_(g) {
        allocate();
    }

    [[nodiscard]] image make(bytes size) {
        made_ = image{size};
        const auto table = std::make_shared<const fat_table>(g_.type, options_.media, std::move(ends_));
        write_reserved(table->clusters_used());
        for (std::uint64_t i = 0; i < g_.fats; ++i) write_fat(table, i);
        write_directories();
        write_files();
        return std::move(made_);
    }

private:
    [[nodiscard]] bool is_fat32() const { return g_.type == fat_type::fat32; }
    [[nodiscard]] offset at(std::uint32_t cluster) const { return g_.offset_of(cluster_number{cluster}); }

    std::uint32_t take(std::uint64_t clusters) {
        if (clusters == 0) return 0;
        const std::uint32_t first = next_;
        next_ += static_cast<std::uint32_t>(clusters); // the geometry has room for all: fat_fit
        ends_.push_back(next_ - 1);
        return first;
    }

    // Directories come first and together: whoever lists them reads a single range.
    void allocate() {
        places_.directories.reserve(contents_.directories.size());
        for (std::size_t i = 0; i < contents_.directories.size(); ++i) {
            const bool elsewhere = i == 0 && !is_fat32();
            places_.directories.push_back(
                elsewhere ? 0 : take(fat_contents::clusters_of_directory(contents_.directories[i], g_.cluster_size())));
        }
        files_begin_ = next_;
        places_.files.reserve(contents_.files.size());
        for (const auto& f : contents_.files)
            places_.files.push_back(f.directory != fat_contents::none
                                        ? places_.directories[f.directory]
                                        : take(div_up(contents_.inode_of(f).size, g_.cluster_size().count)));
    }

    void zero_to(offset end) {
        if (done_ < end) made_.append({.at = done_, .size = end - done_, .source = extent::is_zero});
        done_ = end;
    }
    void data(extent e) {
        zero_to(e.at);
        made_.append(e);
        done_ = e.end();
    }
    void region(offset begin, offset end, std::string_view name) { made_.append_region(begin, end - begin, name); }

    void write_reserved(std::uint64_t clusters_used) {
        const fat_identity id{.label = options_.label,
                              .volume_id =
                                  options_.volume_id ? *options_.volume_id : where_.ids.derive_u32("fat volume id"),
                              .hidden_sectors = where_.at.count / g_.sector,
                              .media = options_.media,
                              .clusters_used = clusters_used};
        owned_bytes content((is_fat32() ? fat32_backup_sector + fat32_info_sector + 1 : 1) * g_.sector);
        const std::span<std::byte> all{content};
        if (is_fat32()) {
            for (const std::size_t first : {std::size_t{0}, std::size_t{fat32_backup_sector}}) {
                put_struct(all.subspan(first * g_.sector), fat32_boot_sector_of(g_, id));
                put_struct(all.subspan((first + fat32_info_sector) * g_.sector), fat32_fs_info_of(g_, id));
            }
        } else {
            put_struct(all, fat16_boot_sector_of(g_, id));
        }
        const bytes size{content.size()};
        region(offset{}, g_.at_sector(g_.reserved), "boot sector");
        data({.size = size, .source = made_.add_source(std::make_shared<const owned_bytes>(std::move(content)))});
        zero_to(g_.at_sector(g_.reserved));
    }

    void write_fat(const std::shared_ptr<const fat_table>& table, std::uint64_t number) {
        const offset begin = g_.at_sector(g_.reserved + number * g_.fat_sectors);
        const offset end = begin + bytes{g_.fat_sectors * g_.sector};
        const bytes used = align_up(bytes{fat_bytes(g_.type, table->clusters_used())}, bytes{g_.sector});
        region(begin, end, text::join("FAT ", number + 1));
        data({.at = begin, .size = used, .source = made_.add_source(table)});
        zero_to(end);
    }

    void write_directories() {
        const fat_directory_writer writer{contents_, options_, places_, where_.epoch};
        owned_bytes content;
        std::size_t entries = 0;
        for (const auto& d : contents_.directories) entries += d.entries;
        content.reserve(entries * sizeof(fat_directory_entry));
        std::vector<bytes> sizes;
        for (const auto& d : contents_.directories) {
            const std::size_t before = content.size();
            writer.append(content, d);
            sizes.emplace_back(content.size() - before);
        }
        const auto source = made_.add_source(std::make_shared<const owned_bytes>(std::move(content)));
        const offset data_begins = g_.at_sector(g_.data_at()), data_continues = at(files_begin_);
        offset root_end = data_begins;
        if (is_fat32()) root_end = places_.directories.size() > 1 ? at(places_.directories[1]) : data_continues;
        region(is_fat32() ? data_begins : g_.at_sector(g_.root_at()), root_end, "root directory");
        if (root_end < data_continues) region(root_end, data_continues, "directories");
        bytes from{};
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const bool elsewhere = i == 0 && !is_fat32();
            const offset begin = elsewhere ? g_.at_sector(g_.root_at()) : at(places_.directories[i]);
            data({.at = begin, .size = sizes[i], .from = from, .source = source});
            from += sizes[i];
            if (elsewhere) zero_to(data_begins);
        }
        zero_to(data_continues);
    }

    void write_files() {
        if (files_begin_ == next_) return;
        region(at(files_begin_), at(next_), "files");
        const auto sources = contents_.from.add_sources_to(made_);
        for (std::size_t i = 0; i < contents_.files.size(); ++i) {
            const auto& f = contents_.files[i];
            if (f.directory != fat_contents::none || places_.files[i] == 0) continue;
            const offset begin = at(places_.files[i]);
            contents_.from.for_each_extent(contents_.inode_of(f), sources, [&](extent e) {
                e.at = begin + from_start(e.at);
                data(e);
            });
        }
        zero_to(at(next_));
    }

    const fat_contents& contents_;
    const fat_options& options_;
    const surroundings& where_;
    const fat_geometry& g_;
    fat_places places_;
    std::vector<std::uint32_t> ends_; // see fat_table
    std::uint32_t next_ = 2, files_begin_ = 2;
    image made_;
    offset done_{}; // all before it is written
};

struct fat_recipe final : recipe::model {
    fat_recipe(tree from, fat_options o) : options(std::move(o)) {
        check_fat_options(options);
        contents = fat_contents_of(std::move(from), options);
    }
    [[nodiscard]] std::string_view kind() const override { return "fat"; }
    [[nodiscard]] bytes smallest_size(const surroundings& where) const override {
        return fat_fit{contents, options, where}.smallest().size();
    }
    [[nodiscard]] image make(bytes size, const surroundings& where) const override {
        const fat_geometry g = fat_fit{contents, options, where}.in(size);
        return fat_writer{contents, options, where, g}.make(size);
    }
    [[nodiscard]] std::string label() const override { return options.label; }
    [[nodiscard]] const tree* files() const override { return &contents.from; }
    [[nodiscard]] std::optional<std::uint8_t> mbr_type() const override { return mbr_type_of(options.type); }
    [[nodiscard]] std::optional<std::uint8_t> mbr_type_of(bytes size, const surroundings& where) const override {
        return mbr_type_of(fat_fit{contents, options, where}.in(size).type);
    }

    /// Those with LBA, which is what everybody has read for thirty years; FAT12 has none.
    static std::uint8_t mbr_type_of(fat_type t) {
        return t == fat_type::fat12 ? 0x01 : t == fat_type::fat16 ? 0x0e : 0x0c;
    }

    fat_options options;
    fat_contents contents;
};
} // namespace detail

IMGCOMPOSE_NAMESPACE_END
