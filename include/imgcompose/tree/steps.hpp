// SPDX-License-Identifier: BSL-1.0
// The pipeline of trees: `directory("rootfs") | owned_by(0, 0) | add("/etc/hostname", from_text("card\n"))`.
// A step is a function from a tree to a tree; a user's own is a lambda.
#pragma once

#include <imgcompose/core/function.hpp>
#include <imgcompose/tree/tree.hpp>

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

template <class S>
concept tree_step = requires(const S& s, tree t) {
    { s(std::move(t)) } -> std::same_as<tree>;
};
template <tree_step S> tree operator|(tree t, const S& step) { return step(std::move(t)); }

/// A step that keeps its arguments: what the functions below make.
using tree_edit = function<tree(tree)>;

// --- what is added -------------------------------------------------------------------------------------------------
// Each makes the directories of its path that are missing, follows the symbolic links on the way, and throws
// input_error if the path is taken.

/// A file with the bytes of an image, or of what becomes one, such as `extlinux`.
tree_edit add(std::string path, image content, attributes_of_node attributes = {});

/// A file in the place of what is there, which must not be a directory. A replaced file's attributes stay unless given.
tree_edit replace(std::string path, image content, std::optional<attributes_of_node> attributes = {});

/// A directory; one that is there already gets the attributes.
tree_edit make_directory(std::string path, attributes_of_node attributes = {});

tree_edit symlink(std::string path, std::string target, attributes_of_node attributes = {});

/// Another name for `existing`, which must not be a directory. Throws input_error if it is or is not in the tree.
tree_edit hard_link(std::string path, std::string existing);

tree_edit character_device(std::string path, device_number number, attributes_of_node attributes = {});
tree_edit block_device(std::string path, device_number number, attributes_of_node attributes = {});
tree_edit fifo(std::string path, attributes_of_node attributes = {});
tree_edit socket(std::string path, attributes_of_node attributes = {});

/// Everything of another tree over this one: see `merge(tree, tree)`.
tree_edit merge(tree later);

// --- what is taken away or moved -----------------------------------------------------------------------------------

/// Without what the pattern matches, and what is in it.
tree_edit exclude(std::string_view pattern);

/// Only the directory at `path`, which becomes the top. Throws input_error if there is none.
tree_edit only(std::string path);

/// Everything moved into the directory `path`, which takes over the attributes of the top.
tree_edit prefix(std::string path);

// --- attributes ----------------------------------------------------------------------------------------------------

/// Everything belongs to this user and group.
tree_edit owned_by(std::uint32_t uid, std::uint32_t gid);

/// Users and groups by other numbers; those that are not in the maps stay.
tree_edit renumbered_owners(std::map<std::uint32_t, std::uint32_t> users,
                            std::map<std::uint32_t, std::uint32_t> groups);

/// Permission bits, at most 07777, for what the pattern matches but symbolic links.
tree_edit with_mode(std::string_view pattern, std::uint16_t mode);
/// The same for what is of this type too: `with_mode("**", file_type::directory, 0755)`.
tree_edit with_mode(std::string_view pattern, file_type type, std::uint16_t mode);

/// All attributes of what is at `path`; "/" is the top directory. Throws input_error if there is nothing.
tree_edit with_attributes(std::string path, attributes_of_node attributes);

/// No time later than `latest`. What has no time of its own gets the image's epoch, whatever that is.
tree_edit clamp_mtime(timestamp latest);

/// One time for everything.
tree_edit with_mtime(timestamp time);

/// Without the extended attributes whose name the pattern matches, such as "security.*"; all of them if it is not given.
tree_edit drop_xattrs(std::string_view pattern = "*");

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/tree/steps_impl.hpp>
#endif
