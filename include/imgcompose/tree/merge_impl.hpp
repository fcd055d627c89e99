// SPDX-License-Identifier: BSL-1.0
// The functions of merge.hpp.
#pragma once

#include <imgcompose/tree/merge.hpp>
#include <imgcompose/tree/walk.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void directory_meets_other(std::string_view path, file_type earlier, file_type later) {
    throw input_error(text::join(text::quoted(path), " is a ", name_of(earlier), " in one tree and a ", name_of(later),
                                 " in the one merged over it; exclude it from one of them"));
}
} // namespace fail

namespace detail {
/// Copies inodes of one tree to another, with what they refer to.
class tree_import {
public:
    tree_import(const tree& from, tree& to) : from_(from), to_(to) {
        for (const auto& f : from.files()) files_.push_back(position_of(f));
        images_.resize(from.images().size(), unknown);
    }

    /// The same inode in the other tree, copied at the first call.
    inode_index operator()(inode_index i) {
        if (copied_.empty()) copied_.resize(from_.inodes().size(), unknown);
        auto& copy = copied_[static_cast<std::uint32_t>(i)];
        if (copy == unknown) copy = static_cast<std::uint32_t>(to_.add_inode(translated(from_.at(i))));
        return inode_index{copy};
    }
    /// What the inode would be in the other tree, still without names.
    tree::inode translated(tree::inode i) {
        i.links = 0;
        if (i.xattrs != 0) i.xattrs = to_.intern_xattrs(from_.xattrs_of(i));
        if (i.type == file_type::symlink) {
            i.content = to_.add_target(from_.symlink_target(i));
        } else if (i.type == file_type::regular && i.files == tree::content_is_image) {
            auto& image = images_[i.content];
            if (image == unknown) image = to_.add_image(from_.images()[i.content]);
            i.content = image;
        } else if (i.type == file_type::regular && i.size != 0) {
            if (i.ranges != 0) {
                const auto ranges = from_.ranges_of(i);
                i.ranges = to_.add_ranges({ranges.begin(), ranges.end()});
            }
            i.files = files_[i.files];
        }
        return i;
    }

private:
    static constexpr std::uint32_t unknown = 0xffffffff;

    std::uint16_t position_of(const std::shared_ptr<const source_files>& f) {
        for (std::size_t i = 0; i < to_.files().size(); ++i)
            if (to_.files()[i] == f) return static_cast<std::uint16_t>(i);
        return to_.add_files(f);
    }

    const tree& from_;
    tree& to_;
    std::vector<std::uint16_t> files_;
    std::vector<std::uint32_t> images_;
    std::vector<std::uint32_t> copied_;
};

/// Attributes as they come with a later directory of the same path.
inline void take_attributes(tree::inode& directory, const tree::inode& later) {
    if (later.implied) return;
    const std::uint32_t links = directory.links;
    directory = later;
    directory.links = links;
}
} // namespace detail

IMGCOMPOSE_INLINE tree merge(tree earlier, const tree& later) {
    detail::tree_import import{later, earlier};
    // Where the directories of the later tree went, by their number there.
    std::vector<inode_index> here(later.inodes().size(), top_directory);
    detail::take_attributes(earlier.at(top_directory), import.translated(later.at(top_directory)));

    for_each_path(later, [&](std::string_view path, std::uint32_t number) {
        const tree::entry& e = later.entries()[number];
        const inode_index directory = here[e.parent];
        const std::string_view name = later.name_of(e);
        const inode_index theirs{e.target};
        const bool is_directory = later.at(theirs).type == file_type::directory;

        std::optional<inode_index> ours = earlier.child_indexed(directory, name);
        if (!ours) {
            const inode_index made = import(theirs);
            earlier.link(directory, name, made);
            if (is_directory) here[e.target] = made;
            return true;
        }
        const file_type our_type = earlier.at(*ours).type;
        if (is_directory && our_type == file_type::symlink) {
            const auto target = earlier.resolve_in(directory, *ours);
            if (!target || earlier.at(*target).type != file_type::directory)
                fail::directory_meets_other(path, our_type, file_type::directory);
            here[e.target] = *target;
        } else if (is_directory != (our_type == file_type::directory)) {
            fail::directory_meets_other(path, our_type, later.at(theirs).type);
        } else if (is_directory) {
            detail::take_attributes(earlier.at(*ours), import.translated(later.at(theirs)));
            here[e.target] = *ours;
        } else {
            earlier.relink(directory, name, import(theirs));
        }
        return true;
    });
    earlier.compact();
    return earlier;
}

IMGCOMPOSE_NAMESPACE_END
