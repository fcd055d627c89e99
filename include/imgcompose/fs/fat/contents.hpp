// SPDX-License-Identifier: BSL-1.0
// What a tree becomes on FAT before any place is known: names, what is left out, and how much room is needed.
#pragma once

#include <imgcompose/fs/fat/options.hpp>
#include <imgcompose/fs/fat/short_name.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void fat_names_collide(std::string_view directory, std::string_view a, std::string_view b) {
    throw input_error(text::join(text::quoted(a), " and ", text::quoted(b), " in ", text::quoted(directory),
                                 " are the same name to FAT, which ignores case; rename one"));
}
[[noreturn]] inline void fat_cannot_hold(std::string_view path, file_type t, std::string_view remedy) {
    throw input_error(text::join(text::quoted(path), " is a ", name_of(t), ", which FAT cannot hold; ", remedy));
}
[[noreturn]] inline void fat_link_leads_nowhere(std::string_view path, std::string_view target) {
    throw input_error(
        text::join("the symbolic link ", text::quoted(path), " leads to ", text::quoted(target),
                   ", which is no regular file of the tree, so it cannot be followed; skip it or add the file"));
}
[[noreturn]] inline void fat_file_too_large(std::string_view path, std::uint64_t size) {
    throw input_error(text::join(text::quoted(path), " has ", size, " bytes; a file on FAT has at most ",
                                 fat_largest_file, " (4 GiB - 1)"));
}
[[noreturn]] inline void fat_directory_too_large(std::string_view path, std::uint64_t entries) {
    throw input_error(text::join("the directory ", text::quoted(path), " needs ", entries,
                                 " entries of 32 bytes, FAT allows ", fat_largest_directory,
                                 " (2 MiB); split it or shorten its names"));
}
} // namespace fail

/// A tree as FAT sees it.
struct fat_contents {
    struct file {
        std::uint32_t entry = 0; ///< index of tree::entries(): its name
        std::uint32_t inode = 0; ///< where a link was followed, that of the file it leads to
        fat_short_name short_name{};
        std::uint8_t long_entries = 0;
        std::uint32_t directory = none; ///< index of `directories`, if it is one
    };
    struct directory {
        std::uint32_t inode = 0;
        std::uint32_t parent = 0;           ///< index of `directories`; the top directory's is its own
        std::uint32_t entry = none;         ///< index of tree::entries(): its name
        std::uint32_t first = 0, count = 0; ///< its files and directories in `files`
        std::uint32_t entries = 0;          ///< of 32 bytes, with "." and "..", or the label in the top directory
    };
    static constexpr std::uint32_t none = 0xffffffff;

    tree from;
    std::vector<directory> directories; ///< the top directory first, each after the one it is in
    std::vector<file> files;            ///< those of a directory together, sorted by the bytes of their names

    [[nodiscard]] const tree::inode& inode_of(const file& f) const { return from.inodes()[f.inode]; }
    [[nodiscard]] std::string_view name_of(const file& f) const { return from.name_of(from.entries()[f.entry]); }

    [[nodiscard]] std::string path_of(const directory& d) const {
        std::vector<std::string_view> names;
        for (const directory* at = &d; at->entry != none; at = &directories[at->parent])
            names.push_back(from.name_of(from.entries()[at->entry]));
        std::string path;
        while (!names.empty()) path.append("/").append(names.back()), names.pop_back();
        return path.empty() ? "/" : path;
    }

    /// Clusters for all files and directories; those of FAT12 and FAT16 have the top directory elsewhere.
    [[nodiscard]] std::uint64_t clusters(fat_type type, bytes cluster) const {
        std::uint64_t n = 0;
        for (const file& f : files)
            if (f.directory == none) n += div_up(inode_of(f).size, cluster.count);
        for (std::size_t i = type == fat_type::fat32 ? 0 : 1; i < directories.size(); ++i)
            n += clusters_of_directory(directories[i], cluster);
        return n;
    }
    [[nodiscard]] static std::uint64_t clusters_of_directory(const directory& d, bytes cluster) {
        return std::max<std::uint64_t>(1, div_up(d.entries * sizeof(fat_directory_entry), cluster.count));
    }
};

namespace detail {

class fat_contents_maker {
public:
    fat_contents_maker(tree from, const fat_options& options) : options_(options), order_(from.sorted()) {
        made_.from = std::move(from);
    }

    fat_contents make() && {
        made_.directories.push_back({});
        // Directories found on the way join the list, so this ends when all are done.
        for (std::uint32_t i = 0; i < made_.directories.size(); ++i) read_directory(i);
        return std::move(made_);
    }

private:
    [[nodiscard]] std::string path_of(std::uint32_t directory, std::string_view name) const {
        std::string path = made_.path_of(made_.directories[directory]);
        return (path == "/" ? path : path + '/').append(name);
    }

    void read_directory(std::uint32_t number) {
        const auto first = static_cast<std::uint32_t>(made_.files.size());
        std::vector<std::pair<std::u16string, std::uint32_t>> folded; // and the index of the file
        for (const std::uint32_t e : order_.of(inode_index{made_.directories[number].inode})) {
            fat_contents::file f{.entry = e, .inode = made_.from.entries()[e].target};
            if (!choose_inode(f, number)) continue;
            folded.emplace_back(choose_name(f, number), static_cast<std::uint32_t>(made_.files.size()));
            made_.files.push_back(f);
        }
        refuse_equal_names(folded, number);
        give_numbers(first);

        // "." and "..", or the volume's label.
        std::uint64_t entries = number != 0 ? 2 : options_.label.empty() ? 0 : 1;
        for (std::size_t i = first; i < made_.files.size(); ++i) entries += 1u + made_.files[i].long_entries;
        auto& directory = made_.directories[number];
        if (entries > fat_largest_directory) fail::fat_directory_too_large(made_.path_of(directory), entries);
        directory.entries = static_cast<std::uint32_t>(entries);
        directory.first = first;
        directory.count = static_cast<std::uint32_t>(made_.files.size()) - first;
        for (std::size_t i = first; i < made_.files.size(); ++i) {
            auto& f = made_.files[i];
            if (made_.inode_of(f).type != file_type::directory) continue;
            f.directory = static_cast<std::uint32_t>(made_.directories.size());
            made_.directories.push_back({.inode = f.inode, .parent = number, .entry = f.entry});
        }
    }

    /// What the entry stands for; false if it is left out.
    bool choose_inode(fat_contents::file& f, std::uint32_t directory) const {
        if (const auto type = made_.inode_of(f).type; type == file_type::symlink) {
            if (options_.symlinks == fat_symlinks::skip) return false;
            const std::string path = path_of(directory, made_.name_of(f));
            if (options_.symlinks == fat_symlinks::refuse)
                fail::fat_cannot_hold(path, type, "choose to follow symbolic links or to skip them, or exclude it");
            const auto target = made_.from.resolve(path);
            if (!target || made_.from.at(*target).type != file_type::regular)
                fail::fat_link_leads_nowhere(path, made_.from.symlink_target(made_.inode_of(f)));
            f.inode = static_cast<std::uint32_t>(*target);
        } else if (type != file_type::regular && type != file_type::directory) {
            if (options_.special_files == fat_special_files::skip) return false;
            fail::fat_cannot_hold(path_of(directory, made_.name_of(f)), type,
                                  "choose to skip special files, or exclude it");
        }
        const auto& inode = made_.inode_of(f);
        if (inode.type == file_type::regular && inode.size > fat_largest_file)
            fail::fat_file_too_large(path_of(directory, made_.name_of(f)), inode.size);
        return true;
    }

    /// The name as it is compared with others.
    std::u16string choose_name(fat_contents::file& f, std::uint32_t directory) const {
        const std::string_view name = made_.name_of(f);
        const auto path = [&] { return path_of(directory, name); };
        std::u16string units = fat_long_name(name, path);
        // 2017.09 has places for nine long name entries in its header; FACTS 5.2.
        if (options_.readable_by == u_boot_2017 && units.size() > 117)
            fail::fat_name_too_long(path(), units.size(), 117, "U-Boot 2017.09 reads");
        const auto exact = fat_exact_short_name(name);
        if (exact) f.short_name = *exact;
        if (!exact || exact->needs_long_name)
            f.long_entries = static_cast<std::uint8_t>(div_up(units.size(), fat_long_name_entry::units));
        return fat_folded(std::move(units));
    }

    void refuse_equal_names(std::vector<std::pair<std::u16string, std::uint32_t>>& folded,
                            std::uint32_t directory) const {
        std::ranges::sort(folded);
        const auto same = std::ranges::adjacent_find(
            folded, {}, [](const auto& n) -> const auto& { return n.first; });
        if (same != folded.end())
            fail::fat_names_collide(made_.path_of(made_.directories[directory]),
                                    made_.name_of(made_.files[same->second]),
                                    made_.name_of(made_.files[(same + 1)->second]));
    }

    /// Names that are short names already keep them; then the others get numbers, in their order.
    void give_numbers(std::uint32_t first) {
        fat_short_names given;
        const auto has_exact = [](const fat_contents::file& f) { return f.short_name.name[0] != '\0'; };
        for (std::size_t i = first; i < made_.files.size(); ++i)
            if (has_exact(made_.files[i])) given.take(made_.files[i].short_name);
        for (std::size_t i = first; i < made_.files.size(); ++i)
            if (auto& f = made_.files[i]; !has_exact(f)) f.short_name = given.numbered(made_.name_of(f));
    }

    const fat_options& options_;
    tree::sorted_entries order_;
    fat_contents made_;
};

} // namespace detail

/// Throws input_error for names and files that FAT cannot hold.
inline fat_contents fat_contents_of(tree from, const fat_options& options) {
    return detail::fat_contents_maker{std::move(from), options}.make();
}

IMGCOMPOSE_NAMESPACE_END
