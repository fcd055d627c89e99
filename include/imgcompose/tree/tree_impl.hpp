// SPDX-License-Identifier: BSL-1.0
// The functions of tree.hpp.
#pragma once

#include <imgcompose/tree/tree.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/tree/node.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void impossible_name(std::string_view path, std::string_view why) {
    throw input_error(text::join("the path ", text::quoted(path), " cannot be in a tree: ", why));
}

[[noreturn]] inline void already_exists(std::string_view path) {
    throw input_error(text::join(text::quoted(path),
                                 " is already in the tree; use `replace`, or merge two trees to let the later win"));
}

[[noreturn]] IMGCOMPOSE_INLINE void not_in_tree(std::string_view path) {
    throw input_error(text::join(text::quoted(path), " is not in the tree"));
}

[[noreturn]] IMGCOMPOSE_INLINE void not_a_directory(std::string_view path) {
    throw input_error(text::join(text::quoted(path), " is in the tree, but not as a directory"));
}

[[noreturn]] IMGCOMPOSE_INLINE void hard_link_to_directory(std::string_view path) {
    throw input_error(
        text::join("a hard link to the directory ", text::quoted(path), " is not possible; use a symbolic link"));
}

[[noreturn]] IMGCOMPOSE_INLINE void mode_out_of_range(std::string_view path, std::uint16_t mode) {
    throw input_error(
        text::join("the mode of ", text::quoted(path), " is ", mode, "; at most 07777 (4095) is possible"));
}

[[noreturn]] IMGCOMPOSE_INLINE void device_number_out_of_range(std::string_view path, device_number d) {
    throw input_error(text::join("the device number ", d.major, ":", d.minor, " of ", text::quoted(path),
                                 " is not possible: major is at most 4095, minor at most 1048575"));
}

[[noreturn]] inline void tree_too_large() {
    throw layout_error("a tree holds at most 4294967294 names, and 4 GiB of them");
}
} // namespace fail

IMGCOMPOSE_INLINE timestamp tree::inode::mtime(std::chrono::seconds epoch) const {
    return mtime_nanoseconds == no_time ? timestamp{epoch} : timestamp{mtime_seconds, mtime_nanoseconds};
}

IMGCOMPOSE_INLINE tree::tree() {
    inodes_.push_back({.links = 1, .mode = 0755, .type = file_type::directory, .implied = true});
    names_.push_back('\0'); // place 0 is the empty name
    ranges_.emplace_back();
    xattr_sets_.emplace_back();
}
IMGCOMPOSE_INLINE tree::tree(const tree&) = default;
IMGCOMPOSE_INLINE tree::tree(tree&&) noexcept = default;
IMGCOMPOSE_INLINE tree& tree::operator=(const tree&) = default;
IMGCOMPOSE_INLINE tree& tree::operator=(tree&&) noexcept = default;
IMGCOMPOSE_INLINE tree::~tree() = default;

IMGCOMPOSE_INLINE const tree::inode& tree::at(inode_index i) const { return inodes_[static_cast<std::uint32_t>(i)]; }
IMGCOMPOSE_INLINE tree::inode& tree::at(inode_index i) { return inodes_[static_cast<std::uint32_t>(i)]; }
IMGCOMPOSE_INLINE const std::vector<xattr>& tree::xattrs_of(const inode& i) const { return xattr_sets_[i.xattrs]; }
IMGCOMPOSE_INLINE std::size_t tree::xattr_set_count() const { return xattr_sets_.size(); }
IMGCOMPOSE_INLINE std::span<const data_range> tree::ranges_of(const inode& i) const { return ranges_[i.ranges]; }

IMGCOMPOSE_INLINE std::string_view tree::name_of(const entry& e) const {
    const auto length = static_cast<unsigned char>(names_[e.name]);
    return {names_.data() + e.name + 1, length};
}

IMGCOMPOSE_INLINE std::string_view tree::symlink_target(const inode& i) const {
    return {targets_.data() + i.content, static_cast<std::size_t>(i.size)};
}

IMGCOMPOSE_INLINE std::span<const std::uint32_t> tree::sorted_entries::of(inode_index i) const {
    const auto n = static_cast<std::uint32_t>(i);
    return std::span{order}.subspan(first[n], first[n + 1] - first[n]);
}

IMGCOMPOSE_INLINE tree::sorted_entries tree::sorted() const {
    sorted_entries s;
    s.first.resize(inodes_.size() + 1);
    s.order.resize(entries_.size());
    for (const entry& e : entries_) ++s.first[e.parent + 1];
    for (std::size_t i = 1; i < s.first.size(); ++i) s.first[i] += s.first[i - 1];
    std::vector<std::uint32_t> next(s.first.begin(), s.first.end() - 1);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) s.order[next[entries_[i].parent]++] = i;
    const auto by_name = [&](std::uint32_t a, std::uint32_t b) {
        return name_of(entries_[a]) < name_of(entries_[b]);
    };
    for (std::size_t i = 0; i + 1 < s.first.size(); ++i) {
        const auto begin = s.order.begin() + s.first[i], end = s.order.begin() + s.first[i + 1];
        if (!std::is_sorted(begin, end, by_name)) std::sort(begin, end, by_name);
    }
    return s;
}

IMGCOMPOSE_INLINE tree::source_indexes tree::add_sources_to(image& to) const {
    source_indexes s;
    for (const auto& f : files_) s.files.push_back(to.add_source(f));
    for (const auto& i : images_) {
        auto& of_image = s.images.emplace_back();
        for (const auto& from : i->sources()) of_image.push_back(to.add_source(from));
    }
    return s;
}

IMGCOMPOSE_INLINE std::string tree::path_of(inode_index i) const {
    if (i == top_directory) return "/";
    std::vector<const entry*> below; // a directory may be too deep to recurse
    while (i != top_directory) {
        const entry* const named = find_name_of(i);
        if (named == nullptr) return "(removed)";
        below.push_back(named);
        i = inode_index{named->parent};
    }
    std::string path;
    for (; !below.empty(); below.pop_back()) path.append("/").append(name_of(*below.back()));
    return path;
}

IMGCOMPOSE_INLINE std::optional<inode_index> tree::find(std::string_view path) const {
    return walk(top_directory, path, false, 0);
}

IMGCOMPOSE_INLINE std::optional<inode_index> tree::resolve(std::string_view path) const {
    return walk(top_directory, path, true, 0);
}

IMGCOMPOSE_INLINE std::optional<inode_index> tree::child(inode_index directory, std::string_view name) const {
    if (const entry* e = find_entry(directory, name)) return inode_index{e->target};
    return {};
}

IMGCOMPOSE_INLINE std::optional<inode_index> tree::child_indexed(inode_index directory, std::string_view name) {
    if (const entry* e = find_entry_indexed(directory, name)) return inode_index{e->target};
    return {};
}

IMGCOMPOSE_INLINE std::optional<inode_index> tree::resolve_in(inode_index directory, inode_index link) const {
    return walk(directory, symlink_target(at(link)), true, 1);
}

IMGCOMPOSE_INLINE void tree::link(inode_index directory, std::string_view name, inode_index target) {
    check_name(name);
    if (find_entry_indexed(directory, name) != nullptr)
        fail::already_exists(text::join(path_of(directory), "/", name));
    link_unchecked(directory, name, target);
    add_to_index(static_cast<std::uint32_t>(entries_.size() - 1));
}

IMGCOMPOSE_INLINE void tree::link_unchecked(inode_index directory, std::string_view name, inode_index target) {
    if (entries_.size() >= 0xfffffffe || names_.size() + name.size() + 1 > 0xffffffff) fail::tree_too_large();
    entries_.push_back({static_cast<std::uint32_t>(directory), static_cast<std::uint32_t>(target),
                        static_cast<std::uint32_t>(names_.size())});
    names_.push_back(static_cast<char>(static_cast<unsigned char>(name.size())));
    names_.insert(names_.end(), name.begin(), name.end());
    ++at(target).links;
}

IMGCOMPOSE_INLINE inode_index tree::add_inode(const inode& i) {
    if (inodes_.size() >= 0xfffffffe) fail::tree_too_large();
    inodes_.push_back(i);
    return inode_index{static_cast<std::uint32_t>(inodes_.size() - 1)};
}

IMGCOMPOSE_INLINE inode_index tree::make_directories(std::string_view path) {
    inode_index here = top_directory;
    for_each_component(path, [&](std::string_view name) {
        check_name(name);
        if (const entry* e = find_entry_indexed(here, name)) {
            auto next = inode_index{e->target};
            if (at(next).type == file_type::symlink) next = resolve_link(here, next, path);
            if (at(next).type != file_type::directory) fail::not_a_directory(path);
            here = next;
        } else {
            const inode_index made = add_inode({.mode = 0755, .type = file_type::directory, .implied = true});
            link(here, name, made);
            here = made;
        }
    });
    return here;
}

IMGCOMPOSE_INLINE inode_index tree::add(std::string_view path, inode i, const attributes_of_node& attributes) {
    const auto [parent, name] = parent_and_name(path);
    const inode_index directory = make_directories(parent);
    check_name(name);
    if (find_entry_indexed(directory, name) != nullptr) fail::already_exists(path);
    set_attributes(i, attributes, path);
    const inode_index made = add_inode(i);
    link(directory, name, made);
    return made;
}

IMGCOMPOSE_INLINE void tree::set_attributes(inode& i, const attributes_of_node& attributes, std::string_view path) {
    const std::uint16_t usual = i.type == file_type::directory ? 0755 : i.type == file_type::symlink ? 0777 : 0644;
    i.mode = attributes.mode.value_or(usual);
    if (i.mode > 07777) fail::mode_out_of_range(path, i.mode);
    i.uid = attributes.uid, i.gid = attributes.gid;
    i.implied = false;
    if (attributes.mtime)
        i.mtime_seconds = attributes.mtime->seconds, i.mtime_nanoseconds = attributes.mtime->nanoseconds;
    i.xattrs = intern_xattrs(attributes.xattrs);
}

IMGCOMPOSE_INLINE void tree::retain(const std::vector<bool>& keep) {
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        if (keep[i]) entries_[kept++] = entries_[i];
        else --inodes_[entries_[i].target].links;
    }
    entries_.resize(kept);
    index_.clear();
    compact();
}

IMGCOMPOSE_INLINE void tree::reparent(inode_index from, inode_index to) {
    for (entry& e : entries_)
        if (e.parent == static_cast<std::uint32_t>(from)) e.parent = static_cast<std::uint32_t>(to);
    index_.clear();
}

IMGCOMPOSE_INLINE void tree::relink(inode_index directory, std::string_view name, inode_index target) {
    const auto number = static_cast<std::size_t>(find_entry_indexed(directory, name) - entries_.data());
    --inodes_[entries_[number].target].links;
    entries_[number].target = static_cast<std::uint32_t>(target);
    ++at(target).links;
}

IMGCOMPOSE_INLINE void tree::compact() {
    std::vector<std::uint32_t> now(inodes_.size());
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < inodes_.size(); ++i) {
        if (i != 0 && inodes_[i].links == 0) continue;
        inodes_[kept] = inodes_[i];
        now[i] = kept++;
    }
    if (kept == inodes_.size()) return;
    inodes_.resize(kept);
    for (entry& e : entries_) e.parent = now[e.parent], e.target = now[e.target];
    index_.clear();
}

IMGCOMPOSE_INLINE std::uint16_t tree::add_files(std::shared_ptr<const source_files> f) {
    if (files_.size() >= content_is_image) fail::tree_too_large();
    files_.push_back(std::move(f));
    return static_cast<std::uint16_t>(files_.size() - 1);
}

IMGCOMPOSE_INLINE std::uint32_t tree::add_image(std::shared_ptr<const image> i) {
    images_.push_back(std::move(i));
    return static_cast<std::uint32_t>(images_.size() - 1);
}

IMGCOMPOSE_INLINE std::uint32_t tree::add_ranges(std::vector<data_range> r) {
    ranges_.push_back(std::move(r));
    return static_cast<std::uint32_t>(ranges_.size() - 1);
}

IMGCOMPOSE_INLINE std::uint32_t tree::add_target(std::string_view t) {
    if (targets_.size() + t.size() > 0xffffffff) fail::tree_too_large();
    targets_.insert(targets_.end(), t.begin(), t.end());
    return static_cast<std::uint32_t>(targets_.size() - t.size());
}

IMGCOMPOSE_INLINE std::uint32_t tree::intern_xattrs(std::vector<xattr> set) {
    if (set.empty()) return 0;
    std::sort(set.begin(), set.end());
    const auto [where, is_new] =
        xattr_index_.try_emplace(std::move(set), static_cast<std::uint32_t>(xattr_sets_.size()));
    if (is_new) xattr_sets_.push_back(where->first);
    return where->second;
}

IMGCOMPOSE_INLINE void tree::check_name(std::string_view name) {
    if (name.empty()) fail::impossible_name(name, "it is empty");
    if (name == "." || name == "..") fail::impossible_name(name, "`.` and `..` are no names");
    if (name.size() > 255)
        fail::impossible_name(name, text::join("the name has ", name.size(), " bytes, at most 255 are possible"));
    if (name.find('/') != name.npos || name.find('\0') != name.npos)
        fail::impossible_name(name, "a name holds neither a slash nor a NUL");
}

IMGCOMPOSE_INLINE std::pair<std::string_view, std::string_view> tree::parent_and_name(std::string_view path) {
    if (!path.starts_with('/')) fail::impossible_name(path, "it does not begin with a slash");
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    if (path == "/") fail::impossible_name(path, "the top directory is always there; `set_attributes` changes it");
    const auto slash = path.rfind('/');
    return {path.substr(0, slash), path.substr(slash + 1)};
}

IMGCOMPOSE_INLINE std::optional<inode_index> tree::walk(inode_index from, std::string_view path, bool follow_last,
                                                        int links) const {
    std::vector<inode_index> above = ancestors(from);
    if (!follow(above, path, follow_last, links)) return {};
    return above.back();
}

IMGCOMPOSE_INLINE bool tree::follow(std::vector<inode_index>& above, std::string_view path, bool follow_last,
                                    int& links) const {
    constexpr int most_links = 40; // in all, as Linux counts
    if (path.starts_with('/')) above = {top_directory};
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string_view name = path.substr(0, slash);
        path = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
        if (name.empty() || name == ".") continue;
        if (name == "..") {
            if (above.size() > 1) above.pop_back();
            continue;
        }
        if (at(above.back()).type != file_type::directory) return false;
        const auto next = child(above.back(), name);
        if (!next) return false;
        const bool last = path.find_first_not_of('/') == path.npos;
        if (at(*next).type == file_type::symlink && (!last || follow_last)) {
            if (++links > most_links || !follow(above, symlink_target(at(*next)), true, links)) return false;
            continue;
        }
        above.push_back(*next);
    }
    return true;
}

IMGCOMPOSE_INLINE std::vector<inode_index> tree::ancestors(inode_index directory) const {
    std::vector<inode_index> above;
    while (directory != top_directory) {
        above.push_back(directory);
        const entry* const named = find_name_of(directory);
        directory = named == nullptr ? top_directory : inode_index{named->parent};
    }
    above.push_back(top_directory);
    std::reverse(above.begin(), above.end());
    return above;
}

IMGCOMPOSE_INLINE const tree::entry* tree::find_name_of(inode_index i) const {
    for (const entry& e : entries_)
        if (e.target == static_cast<std::uint32_t>(i)) return &e;
    return nullptr;
}

IMGCOMPOSE_INLINE inode_index tree::resolve_link(inode_index directory, inode_index link, std::string_view path) const {
    const auto found = resolve_in(directory, link);
    if (!found) fail::not_in_tree(path);
    return *found;
}

IMGCOMPOSE_INLINE const tree::entry* tree::find_entry(inode_index directory, std::string_view name) const {
    if (!index_.empty()) return find_in_index(directory, name);
    for (const entry& e : entries_)
        if (e.parent == static_cast<std::uint32_t>(directory) && name_of(e) == name) return &e;
    return nullptr;
}

IMGCOMPOSE_INLINE const tree::entry* tree::find_entry_indexed(inode_index directory, std::string_view name) {
    if (index_.empty()) rebuild_index(entries_.size());
    return find_in_index(directory, name);
}

IMGCOMPOSE_INLINE const tree::entry* tree::find_in_index(inode_index directory, std::string_view name) const {
    const std::size_t mask = index_.size() - 1;
    for (std::size_t slot = hash(directory, name) & mask; index_[slot] != 0; slot = (slot + 1) & mask) {
        const entry& e = entries_[index_[slot] - 1];
        if (e.parent == static_cast<std::uint32_t>(directory) && name_of(e) == name) return &e;
    }
    return nullptr;
}

IMGCOMPOSE_INLINE void tree::add_to_index(std::uint32_t number) {
    if ((entries_.size() + 1) * 2 > index_.size()) return rebuild_index(entries_.size());
    insert_in_index(number);
}

IMGCOMPOSE_INLINE void tree::insert_in_index(std::uint32_t number) {
    const std::size_t mask = index_.size() - 1;
    const entry& e = entries_[number];
    std::size_t slot = hash(inode_index{e.parent}, name_of(e)) & mask;
    while (index_[slot] != 0) slot = (slot + 1) & mask;
    index_[slot] = number + 1;
}

IMGCOMPOSE_INLINE void tree::rebuild_index(std::size_t count) {
    std::size_t slots = 64;
    while (slots < (count + 1) * 4) slots *= 2;
    index_.assign(slots, 0);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) insert_in_index(i);
}

IMGCOMPOSE_INLINE std::size_t tree::hash(inode_index directory, std::string_view name) {
    return std::hash<std::string_view>{}(name) ^ (static_cast<std::size_t>(directory) * 0x9e3779b97f4a7c15ULL);
}

IMGCOMPOSE_NAMESPACE_END
