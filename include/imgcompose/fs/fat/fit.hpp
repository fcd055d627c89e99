// SPDX-License-Identifier: BSL-1.0
// Which FAT a tree gets: its type and cluster size for a given size, and the smallest size it can have.
#pragma once

#include <imgcompose/fs/fat/contents.hpp>
#include <imgcompose/fs/fat/layout.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void fat_too_small(std::string_view what, bytes size, bytes least) {
    throw layout_error(text::join(what, " of this tree needs at least ", least.count, " bytes, but gets ", size.count,
                                  ": ", (least - size).count, " bytes are missing"));
}
[[noreturn]] inline void fat_too_large(std::string_view what, bytes size, bytes most) {
    throw layout_error(text::join("a ", what, " of ", size.count,
                                  " bytes would leave most of them unused: with this type and "
                                  "cluster size it has at most about ",
                                  most.count, "; choose larger clusters or another type"));
}
[[noreturn]] inline void fat_tree_too_large(std::string_view what, std::uint64_t clusters, bytes cluster) {
    throw layout_error(text::join("the tree needs ", clusters, " clusters of ", cluster.count, " bytes, more than ",
                                  what, " can have; choose larger clusters or another type"));
}
[[noreturn]] inline void fat_root_too_small(std::uint64_t needed, std::uint64_t given) {
    throw layout_error(text::join("the top directory needs ", needed, " entries, but ", given,
                                  " were asked for; give root_entries that many or leave it to be chosen"));
}
[[noreturn]] inline void fat_root_too_large(std::string_view what, std::uint64_t needed, std::uint64_t most) {
    throw layout_error(text::join("the top directory needs ", needed, " entries, but that of ", what, " has at most ",
                                  most, "; choose FAT32 or a directory below"));
}
[[noreturn]] inline void fat_option_impossible(std::string_view what, std::uint64_t value, std::string_view possible) {
    throw input_error(text::join("FAT with ", what, " of ", value, " is not possible; ", possible));
}
[[noreturn]] inline void fat_label_impossible(std::string_view label, std::string_view why) {
    throw input_error(text::join("the FAT label ", text::quoted(label), " is not possible: ", why));
}
} // namespace fail

namespace detail {

/// Source: dosfstools src/fatlabel.c, validate_volume_label. Lower case is kept: root=LABEL= compares it.
inline void check_fat_label(std::string_view label) {
    if (label.size() > 11) fail::fat_label_impossible(label, "it has more than 11 characters");
    if (label.starts_with(' ')) fail::fat_label_impossible(label, "it begins with a space");
    for (const char c : label)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ||
            std::string_view{"*?.,;:/\\|+=<>[]\""}.find(c) != std::string_view::npos)
            fail::fat_label_impossible(label, text::join("it has the character ", text::quoted({&c, 1}),
                                                         "; letters, digits, space, - and _ are safe"));
}

inline void check_fat_options(const fat_options& o) {
    check_fat_label(o.label);
    if (o.number_of_fats != 1 && o.number_of_fats != 2)
        fail::fat_option_impossible("a number of FATs", o.number_of_fats, "1 or 2 is");
    if (o.media != 0xf0 && o.media < 0xf8)
        fail::fat_option_impossible("a media byte", o.media, "0xf0 and 0xf8 to 0xff are");
    if (o.root_entries && (*o.root_entries == 0 || *o.root_entries > 65520))
        fail::fat_option_impossible("a number of root entries", *o.root_entries, "1 to 65520 are");
    if (o.reserved_sectors && (*o.reserved_sectors == 0 || *o.reserved_sectors > 0xffff))
        fail::fat_option_impossible("a number of reserved sectors", *o.reserved_sectors, "1 to 65535 are");
    if (o.reserved_sectors && o.type == fat_type::fat32 && *o.reserved_sectors < 8)
        fail::fat_option_impossible("a number of reserved sectors", *o.reserved_sectors, "FAT32 has at least 8");
    if (o.cluster_size && !std::has_single_bit(o.cluster_size->count))
        fail::fat_option_impossible("a cluster size", o.cluster_size->count, "it is a power of two");
}

} // namespace detail

/// The geometries that a tree could have with given options on a given medium.
class fat_fit {
public:
    /// Throws input_error for options that are impossible on this medium.
    fat_fit(const fat_contents& contents, const fat_options& options, const surroundings& where)
        : contents_(contents), options_(options), where_(where), sector_(where.sector_size.count) {
        if (!std::has_single_bit(sector_) || sector_ < 512 || sector_ > 4096)
            fail::fat_option_impossible("a sector size", sector_, "512, 1024, 2048 and 4096 are");
        if (options.cluster_size) {
            const std::uint64_t size = options.cluster_size->count;
            if (size < sector_ || size / sector_ > 128 || size > largest_cluster)
                fail::fat_option_impossible("a cluster size", size, "it is 1 to 128 sectors and at most 64 KiB");
        }
        if (options.data_alignment &&
            (!std::has_single_bit(options.data_alignment->count) || options.data_alignment->count < sector_))
            fail::fat_option_impossible("a data alignment", options.data_alignment->count,
                                        "a power of two, at least a sector, is");
    }

    /// Throws layout_error if the tree fits no size.
    [[nodiscard]] fat_geometry smallest() const {
        std::optional<fat_geometry> least;
        std::uint64_t clusters = 0, cluster = 0;
        for_each_shape([&](const fat_shape& s) {
            clusters = needed(s), cluster = s.per_cluster * s.sector;
            const auto g = detail::fat_holding(s, clusters);
            if (g && (!least || g->total < least->total)) least = g;
        });
        if (!least) fail::fat_tree_too_large(name_of(options_.type), clusters, bytes{cluster});
        return *least;
    }

    /// What the tree gets in `size`: as mkfs.vfat would choose; if it does not fit that, with the largest clusters that
    /// it does fit with; if nothing fits that fills the size, the smallest, which leaves a little at the end unused.
    [[nodiscard]] fat_geometry in(bytes size) const {
        const fat_geometry least = smallest();
        const std::uint64_t space = size.count / sector_;
        if (least.total > space) fail::fat_too_small(name_of(options_.type), size, least.size());
        refuse_waste(size);
        if (const auto usual = as_mkfs(space); usual && fits(*usual)) return *usual;
        std::optional<fat_geometry> best;
        for_each_shape([&](const fat_shape& s) {
            if (best) return;
            auto g = detail::fat_filling(s, space);
            if (g && g->clusters > clusters_of(s.type).most) g = detail::fat_holding(s, clusters_of(s.type).most);
            if (!g || !clusters_of(s.type).contains(g->clusters) || g->total > space) return;
            if (space - g->total <= space / most_unused && fits(*g)) best = g;
        });
        return best ? *best : least;
    }

private:
    static constexpr std::uint64_t largest_cluster = 65536; // U-Boot's include/fat.h MAX_CLUSTSIZE; Windows too
    static constexpr std::uint64_t most_unused = 16;        // one part in so many

    [[nodiscard]] bool allows(fat_type t) const { return options_.type == fat_type::automatic || options_.type == t; }

    [[nodiscard]] fat_shape shape(fat_type t, std::uint64_t per_cluster) const {
        fat_shape s{.type = t, .sector = sector_, .per_cluster = per_cluster, .fats = options_.number_of_fats};
        // An explicit count is a wish for the type that it suits: automatic FAT32 needs eight for its copies.
        s.reserved = t == fat_type::fat32 ? std::max<std::uint64_t>(8, options_.reserved_sectors.value_or(32))
                                          : options_.reserved_sectors.value_or(1);
        if (t != fat_type::fat32) {
            const std::uint64_t entries = contents_.directories.front().entries;
            if (entries > 65520 && options_.type != fat_type::automatic)
                fail::fat_root_too_large(name_of(t), entries, 65520);
            if (options_.root_entries && *options_.root_entries < entries)
                fail::fat_root_too_small(entries, *options_.root_entries);
            s.root_entries =
                options_.root_entries.value_or(static_cast<std::uint32_t>(std::max<std::uint64_t>(512, entries)));
        }
        s.before = where_.at.count / sector_;
        if (options_.data_alignment) s.data_alignment = options_.data_alignment->count / sector_;
        return s;
    }

    /// The largest clusters first, and of the same size FAT32 first.
    template <class F> void for_each_shape(const F& f) const {
        for (std::uint64_t per_cluster = 128; per_cluster != 0; per_cluster /= 2) {
            if (per_cluster * sector_ > largest_cluster) continue;
            if (options_.cluster_size && options_.cluster_size->count != per_cluster * sector_) continue;
            for (const fat_type t : {fat_type::fat32, fat_type::fat16, fat_type::fat12})
                if (allows(t)) f(shape(t, per_cluster));
        }
    }

    [[nodiscard]] std::uint64_t needed(fat_type t, std::uint64_t per_cluster) const {
        const auto [where, is_new] = needed_.try_emplace({t == fat_type::fat32, per_cluster});
        if (is_new) where->second = contents_.clusters(t, bytes{per_cluster * sector_});
        return where->second;
    }
    [[nodiscard]] std::uint64_t needed(const fat_shape& s) const { return needed(s.type, s.per_cluster); }
    [[nodiscard]] bool fits(const fat_geometry& g) const { return needed(g.type, g.per_cluster) <= g.clusters; }

    /// Source: dosfstools src/mkfs.fat.c, setup_tables.
    [[nodiscard]] std::optional<fat_geometry> as_mkfs(std::uint64_t space) const {
        constexpr std::uint64_t fat32_from = 512 * 1024 * 1024;
        fat_type type = options_.type;
        if (type == fat_type::automatic && space * sector_ >= fat32_from) type = fat_type::fat32;
        const bool given = options_.cluster_size.has_value();
        const std::uint64_t from =
            given ? options_.cluster_size->count / sector_ : detail::fat_first_guess(type, space);
        for (std::uint64_t n = from; n <= 128 && n * sector_ <= largest_cluster; n *= 2) {
            const auto possible = [&](fat_type t) -> std::optional<fat_geometry> {
                if (type != t && !(type == fat_type::automatic && t != fat_type::fat32)) return {};
                const auto g = detail::fat_filling(shape(t, n), space);
                return g && clusters_of(t).contains(g->clusters) ? g : std::nullopt;
            };
            if (auto g = possible(fat_type::fat32)) return g;
            const auto g12 = possible(fat_type::fat12), g16 = possible(fat_type::fat16);
            if (g16 && (!g12 || g16->clusters > g12->clusters)) return g16;
            if (g12) return g12;
            if (given) break;
        }
        return {};
    }

    void refuse_waste(bytes size) const {
        std::uint64_t most = 0;
        for_each_shape([&](const fat_shape& s) {
            most =
                std::max(most, std::min<std::uint64_t>(0xffffffff, clusters_of(s.type).most * s.per_cluster) * sector_);
        });
        if (size.count > most + most / most_unused) fail::fat_too_large(name_of(options_.type), size, bytes{most});
    }

    const fat_contents& contents_;
    const fat_options& options_;
    const surroundings& where_;
    std::uint64_t sector_;
    mutable std::map<std::pair<bool, std::uint64_t>, std::uint64_t> needed_; // clusters, by FAT32 and sectors a cluster
};

IMGCOMPOSE_NAMESPACE_END
