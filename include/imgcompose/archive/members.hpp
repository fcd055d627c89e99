// SPDX-License-Identifier: BSL-1.0
// The tree that the members of an archive make, as unpacking them one after the other would.
#pragma once

#include <imgcompose/archive/attributes.hpp>
#include <imgcompose/archive/contents.hpp>
#include <imgcompose/tree/tree.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void member_name_impossible(std::string_view archive, std::string_view where,
                                                std::string_view why) {
    throw input_error(text::join(archive, ", ", where, ": ", why, "; make the archive without it"));
}
[[noreturn]] inline void member_is_below_a_file(std::string_view archive, std::string_view where,
                                                std::string_view name) {
    throw input_error(
        text::join(archive, ", ", where, ": ", text::quoted(name),
                   " on the way to it is there already, and neither a directory nor a symbolic link to one; make "
                   "the archive without one of them"));
}
[[noreturn]] inline void member_replaces_full_directory(std::string_view archive, std::string_view where,
                                                        file_type type) {
    throw input_error(text::join(archive, ", ", where, ": a ", name_of(type),
                                 " cannot take the place of a directory that is "
                                 "not empty; make the archive without one of them"));
}
[[noreturn]] inline void member_is_top(std::string_view archive, std::string_view where, file_type type) {
    throw input_error(text::join(archive, ", ", where, ": the top of a tree is a directory and cannot be a ",
                                 name_of(type), "; make the archive without it"));
}
[[noreturn]] inline void hard_link_leads_nowhere(std::string_view archive, std::string_view where,
                                                 std::string_view target) {
    throw input_error(text::join(archive, ", ", where, ": it is a hard link to ", text::quoted(target),
                                 ", which no member before it is; make the archive with both"));
}
[[noreturn]] inline void hard_link_to_directory_in_archive(std::string_view archive, std::string_view where,
                                                           std::string_view target) {
    throw input_error(text::join(archive, ", ", where, ": it is a hard link to ", text::quoted(target),
                                 ", which is a directory; make the archive without it"));
}
} // namespace fail

namespace detail {

class archive_members {
public:
    archive_members(const std::string& path, bool with_xattrs, std::filesystem::path spool_folder)
        : stream_(path), contents_(stream_, std::move(spool_folder)), attributes_(stream_, with_xattrs) {
        tree_.add_files(contents_.files());
        directories_.emplace_back();
    }

    tree read() {
        while (struct ::archive_entry* const e = stream_.next()) take(e);
        contents_.finish();
        if (has_replaced_) tree_.compact();
        return std::move(tree_);
    }

private:
    static constexpr std::size_t longest_path = 65535, longest_target = 4095; // Linux: PATH_MAX is 4096 with the NUL
    static constexpr int most_links = 40;                                     // as many as Linux follows

    struct directory {
        inode_index parent{};
        std::uint32_t entries = 0;
    };

    void take(struct ::archive_entry* e) {
        const char* const raw = ::archive_entry_pathname(e);
        if (raw == nullptr || *raw == '\0') refuse("it has no name that can be told");
        const std::string_view path = checked(raw);
        if (const char* const target = ::archive_entry_hardlink(e)) return take_hard_link(e, path, target);

        tree::inode i;
        attributes_.take(e, tree_, i);
        // Archives of before ustar have no type for directories.
        if (i.type == file_type::regular && path.ends_with('/')) i.type = file_type::directory;
        if (i.type == file_type::symlink) {
            const char* const target = ::archive_entry_symlink(e);
            const std::string_view to = target == nullptr ? "" : target;
            if (to.empty() || to.size() > longest_target)
                refuse("it is a symbolic link to nothing, or to more than 4095 bytes");
            i.size = to.size();
            i.content = tree_.add_target(to);
        } else if (i.type == file_type::regular) {
            contents_.take(stream_, e, tree_, i);
        }

        const auto [parent, name] = split(path);
        if (name.empty()) {
            if (i.type != file_type::directory) fail::member_is_top(stream_.path(), stream_.where(), i.type);
            i.links = tree_.at(top_directory).links;
            tree_.at(top_directory) = i;
            return;
        }
        put(directory_at(parent), name, i);
    }

    void take_hard_link(struct ::archive_entry* e, std::string_view path, std::string_view target) {
        const auto found = find(checked(target));
        if (!found) fail::hard_link_leads_nowhere(stream_.path(), stream_.where(), target);
        if (tree_.at(*found).type == file_type::directory)
            fail::hard_link_to_directory_in_archive(stream_.path(), stream_.where(), target);
        // pax and the last of several links in a cpio have the content with the link.
        if (tree_.at(*found).type == file_type::regular && ::archive_entry_size_is_set(e) != 0 &&
            ::archive_entry_size(e) > 0) {
            tree::inode with = tree_.at(*found);
            with.content = with.ranges = 0, with.files = 0, with.from = 0;
            contents_.take(stream_, e, tree_, with);
            tree_.at(*found) = with;
        }
        const auto [parent, name] = split(path);
        if (name.empty()) fail::member_is_top(stream_.path(), stream_.where(), tree_.at(*found).type);
        const inode_index where = directory_at(parent);
        take_name(where, name, tree_.child_indexed(where, name), *found);
    }

    [[noreturn]] void refuse(std::string_view why) const {
        fail::member_name_impossible(stream_.path(), stream_.where(), why);
    }

    /// A path of the archive that a tree can have.
    std::string_view checked(std::string_view path) const {
        if (path.size() > longest_path) refuse("the path has more than 65535 bytes");
        tree::for_each_component(path, [&](std::string_view name) {
            if (name == "..") refuse(text::join("`..` in ", text::quoted(path), " leads out of its directory"));
            if (name.size() > 255)
                refuse(text::join("a name in its path has ", name.size(), " bytes, at most 255 are possible"));
        });
        return path;
    }
    /// "./a/b/" as "./a" and "b"; no name for the top directory.
    static std::pair<std::string_view, std::string_view> split(std::string_view path) {
        for (;;) {
            while (path.ends_with('/')) path.remove_suffix(1);
            const auto slash = path.rfind('/');
            const auto name = slash == path.npos ? path : path.substr(slash + 1);
            path = slash == path.npos ? std::string_view{} : path.substr(0, slash);
            if (name != "." || path.empty()) return {path, name == "." ? std::string_view{} : name};
        }
    }

    inode_index add(const tree::inode& i, inode_index parent) {
        const inode_index made = tree_.add_inode(i);
        directories_.push_back({parent, 0});
        return made;
    }
    directory& of(inode_index i) { return directories_[static_cast<std::uint32_t>(i)]; }

    /// The directory of that path, made with those above it where they are missing.
    inode_index directory_at(std::string_view path) {
        if (path == last_path_ && !last_path_.empty()) return last_directory_;
        inode_index here = top_directory;
        tree::for_each_component(path, [&](std::string_view name) {
            if (name == ".") return;
            const auto known = tree_.child_indexed(here, name);
            if (!known) {
                const inode_index made = add({.mode = 0755, .type = file_type::directory, .implied = true}, here);
                link(here, name, made);
                here = made;
                return;
            }
            int links = 0;
            const auto next = tree_.at(*known).type == file_type::symlink ? followed(here, *known, links) : known;
            if (!next || tree_.at(*next).type != file_type::directory)
                fail::member_is_below_a_file(stream_.path(), stream_.where(), name);
            here = *next;
        });
        last_path_ = path;
        last_directory_ = here;
        return here;
    }

    /// What a path leads to, symbolic links followed but at its end.
    std::optional<inode_index> find(std::string_view path) {
        const auto [parent, name] = split(path);
        int links = 0;
        const auto where = walked(top_directory, parent, links);
        if (!where || name.empty()) return where;
        return tree_.at(*where).type == file_type::directory ? tree_.child_indexed(*where, name) : std::nullopt;
    }
    std::optional<inode_index> followed(inode_index in, inode_index link, int& links) {
        if (++links > most_links) return {};
        const std::string_view target = tree_.symlink_target(tree_.at(link));
        return walked(target.starts_with('/') ? top_directory : in, target, links);
    }
    std::optional<inode_index> walked(inode_index from, std::string_view path, int& links) {
        std::optional<inode_index> here = from;
        tree::for_each_component(path, [&](std::string_view name) {
            if (!here || name == ".") return;
            if (tree_.at(*here).type != file_type::directory) {
                here.reset();
            } else if (name == "..") {
                here = of(*here).parent;
            } else {
                const inode_index in = *here;
                here = tree_.child_indexed(in, name);
                if (here && tree_.at(*here).type == file_type::symlink) here = followed(in, *here, links);
            }
        });
        return here;
    }

    /// Gives a new inode a name, or a directory that is there already its attributes.
    void put(inode_index parent, std::string_view name, tree::inode& i) {
        const auto known = tree_.child_indexed(parent, name);
        if (known && i.type == file_type::directory && tree_.at(*known).type == file_type::directory) {
            i.links = tree_.at(*known).links;
            tree_.at(*known) = i;
            return;
        }
        take_name(parent, name, known, add(i, parent));
    }
    /// Gives an inode a name, which what had it loses.
    void take_name(inode_index parent, std::string_view name, std::optional<inode_index> known, inode_index to) {
        if (!known) return link(parent, name, to);
        if (*known == to) return;
        if (tree_.at(*known).type == file_type::directory && of(*known).entries != 0)
            fail::member_replaces_full_directory(stream_.path(), stream_.where(), tree_.at(to).type);
        tree_.relink(parent, name, to);
        has_replaced_ = true;
        last_path_.clear(); // which may have led through it
    }
    void link(inode_index parent, std::string_view name, inode_index to) {
        tree_.link(parent, name, to);
        ++of(parent).entries;
    }

    archive_stream stream_;
    archive_contents contents_;
    member_attributes attributes_;
    tree tree_;
    std::vector<directory> directories_; // by inode
    std::string last_path_;              // of the directory that the last member is in
    inode_index last_directory_{};
    bool has_replaced_ = false;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
