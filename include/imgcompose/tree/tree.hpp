// SPDX-License-Identifier: BSL-1.0
// A filesystem tree in memory: names, inodes, and where contents come from. About 100 bytes a file.
#pragma once

#include <imgcompose/image/image.hpp>
#include <imgcompose/tree/node.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
[[noreturn]] inline void not_in_tree(std::string_view path) {
    throw input_error(text::join(text::quoted(path), " is not in the tree"));
}
[[noreturn]] inline void not_a_directory(std::string_view path) {
    throw input_error(text::join(text::quoted(path), " is in the tree, but not as a directory"));
}
[[noreturn]] inline void hard_link_to_directory(std::string_view path) {
    throw input_error(
        text::join("a hard link to the directory ", text::quoted(path), " is not possible; use a symbolic link"));
}
[[noreturn]] inline void mode_out_of_range(std::string_view path, std::uint16_t mode) {
    throw input_error(
        text::join("the mode of ", text::quoted(path), " is ", mode, "; at most 07777 (4095) is possible"));
}
[[noreturn]] inline void device_number_out_of_range(std::string_view path, device_number d) {
    throw input_error(text::join("the device number ", d.major, ":", d.minor, " of ", text::quoted(path),
                                 " is not possible: major is at most 4095, minor at most 1048575"));
}
[[noreturn]] inline void tree_too_large() {
    throw layout_error("a tree holds at most 4294967294 names, and 4 GiB of them");
}
} // namespace fail

/// Index of an inode within its tree; 0 is the top directory.
enum class inode_index : std::uint32_t {};
inline constexpr inode_index top_directory{0};

/// What goes into a filesystem: inodes, and names that refer to them. Made by steps: `tree{} | add(...)`.
class tree {
public:
    static constexpr std::uint32_t no_time = 0xffffffff; ///< in inode::mtime_nanoseconds: the image's epoch

    /// Everything about a file but its names.
    struct inode {
        /// Since 1970; see `mtime`.
        std::int64_t mtime_seconds = 0;
        std::uint64_t size = 0; ///< regular: bytes; symlink: length of the target; otherwise 0
        std::uint64_t from = 0; ///< regular, of source_files: where in that file the content begins
        /// And so many more, or `no_time`.
        std::uint32_t mtime_nanoseconds = no_time;
        /// Its owner and group.
        std::uint32_t uid = 0, gid = 0;
        std::uint32_t links = 0;  ///< names that refer to it; always 1 for directories
        std::uint32_t xattrs = 0; ///< see tree::xattrs_of
        std::uint32_t content =
            0; ///< file id, index of an image, place of a symlink's target, or a device's minor number
        std::uint32_t ranges = 0; ///< index of its data ranges; 0: all of it is data; of a device: its major number
        std::uint16_t mode = 0;   ///< permission bits
        std::uint16_t files = 0;  ///< regular: index of the source_files, or `content_is_image`
        /// What it is.
        file_type type = file_type::regular;
        bool implied =
            false; ///< a directory that is there only because of what is in it; a merge keeps the other's attributes

        /// Its time, or the epoch where it has none of its own.
        [[nodiscard]] timestamp mtime(std::chrono::seconds epoch) const {
            return mtime_nanoseconds == no_time ? timestamp{epoch} : timestamp{mtime_seconds, mtime_nanoseconds};
        }
    };
    /// In inode::files: the content is one of `images`.
    static constexpr std::uint16_t content_is_image = 0xffff;

    /// A name in a directory.
    struct entry {
        std::uint32_t parent = 0; ///< the inode_index of the directory
        std::uint32_t target = 0; ///< the inode_index that it names
        std::uint32_t name = 0;   ///< see tree::name_of
    };

    tree() {
        inodes_.push_back({.links = 1, .mode = 0755, .type = file_type::directory, .implied = true});
        names_.push_back('\0'); // place 0 is the empty name
        ranges_.emplace_back();
        xattr_sets_.emplace_back();
    }

    /// By inode_index.
    [[nodiscard]] const std::vector<inode>& inodes() const { return inodes_; }
    /// In the order in which they were added; see `sorted`.
    [[nodiscard]] const std::vector<entry>& entries() const { return entries_; }
    /// One of them.
    [[nodiscard]] const inode& at(inode_index i) const { return inodes_[static_cast<std::uint32_t>(i)]; }
    /// The same, to change it.
    [[nodiscard]] inode& at(inode_index i) { return inodes_[static_cast<std::uint32_t>(i)]; }

    /// The last component, good until the tree is changed.
    [[nodiscard]] std::string_view name_of(const entry& e) const {
        const auto length = static_cast<unsigned char>(names_[e.name]);
        return {names_.data() + e.name + 1, length};
    }
    /// Sorted by name.
    [[nodiscard]] const std::vector<xattr>& xattrs_of(const inode& i) const { return xattr_sets_[i.xattrs]; }
    /// How many different sets of them there are.
    [[nodiscard]] std::size_t xattr_set_count() const { return xattr_sets_.size(); }
    /// Of a symbolic link.
    [[nodiscard]] std::string_view symlink_target(const inode& i) const {
        return {targets_.data() + i.content, static_cast<std::size_t>(i.size)};
    }
    /// Of a device.
    [[nodiscard]] static device_number device_of(const inode& i) { return {i.ranges, i.content}; }
    /// The ranges of a sparse file that hold data; meaningless unless `is_sparse`.
    [[nodiscard]] std::span<const data_range> ranges_of(const inode& i) const { return ranges_[i.ranges]; }
    /// Whether `ranges_of` says where its data is.
    [[nodiscard]] static bool is_sparse(const inode& i) { return i.type == file_type::regular && i.ranges != 0; }
    /// Where the bytes of files are.
    [[nodiscard]] const std::vector<std::shared_ptr<const source_files>>& files() const { return files_; }
    /// Files that are images themselves.
    [[nodiscard]] const std::vector<std::shared_ptr<const image>>& images() const { return images_; }

    /// The entries of all directories: `of(i)` are the positions in entries() of directory i, sorted by the bytes of
    /// the names. What every writer walks, so that the order in which a tree was built does not matter.
    struct sorted_entries {
        std::vector<std::uint32_t> first; ///< by inode, and one more
        /// Positions in entries().
        std::vector<std::uint32_t> order;
        /// Those of one directory.
        [[nodiscard]] std::span<const std::uint32_t> of(inode_index i) const {
            const auto n = static_cast<std::uint32_t>(i);
            return std::span{order}.subspan(first[n], first[n + 1] - first[n]);
        }
    };
    /// Of the tree as it is now.
    [[nodiscard]] sorted_entries sorted() const {
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

    /// Calls `f(extent)` for the content of a regular file, `at` counted from its start; holes are left out.
    /// `sources` says which index the tree's source_files and images have in the image being written.
    struct source_indexes {
        std::vector<std::uint32_t> files;               ///< by index of tree::files()
        std::vector<std::vector<std::uint32_t>> images; ///< by index of tree::images(), then of its sources()
    };
    [[nodiscard]] source_indexes add_sources_to(image& to) const {
        source_indexes s;
        for (const auto& f : files_) s.files.push_back(to.add_source(f));
        for (const auto& i : images_) {
            auto& of_image = s.images.emplace_back();
            for (const auto& from : i->sources()) of_image.push_back(to.add_source(from));
        }
        return s;
    }
    template <class F> void for_each_extent(const inode& i, const source_indexes& sources, const F& f) const {
        if (i.files == content_is_image) {
            for (extent e : images_[i.content]->extents()) {
                if (e.has_source()) e.source = sources.images[i.content][e.source];
                if (e.kind() == byte_kind::data) f(e);
            }
        } else {
            for_each_data_range(i, [&](const data_range& r) {
                f(extent{.at = offset{r.at},
                         .size = r.size,
                         .from = bytes{i.from} + r.at,
                         .source = sources.files[i.files],
                         .item = i.content});
            });
        }
    }
    /// Calls `f(data_range)` for what of a regular file is no hole, in order; ranges may touch.
    template <class F> void for_each_data_range(const inode& i, const F& f) const {
        if (i.size == 0) return;
        if (i.files == content_is_image) {
            for (const extent& e : images_[i.content]->extents())
                if (e.kind() == byte_kind::data) f(data_range{from_start(e.at), e.size});
        } else if (i.ranges == 0) {
            f(data_range{bytes{}, bytes{i.size}});
        } else {
            for (const data_range& r : ranges_[i.ranges]) f(r);
        }
    }

    /// The path of an inode, by the first of its names: for messages.
    [[nodiscard]] std::string path_of(inode_index i) const {
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

    // --- looking up ----------------------------------------------------------------------------------------------

    /// The inode at an absolute path, symbolic links not followed at its end but on the way; nothing if there is none.
    [[nodiscard]] std::optional<inode_index> find(std::string_view path) const {
        return walk(top_directory, path, false, 0);
    }
    /// The same, with a symbolic link at the end followed too.
    [[nodiscard]] std::optional<inode_index> resolve(std::string_view path) const {
        return walk(top_directory, path, true, 0);
    }
    /// The entry `name` of a directory.
    [[nodiscard]] std::optional<inode_index> child(inode_index directory, std::string_view name) const {
        if (const entry* e = find_entry(directory, name)) return inode_index{e->target};
        return {};
    }

    /// The same for callers that change the tree too: an index of the names is kept, which `child` then uses.
    [[nodiscard]] std::optional<inode_index> child_indexed(inode_index directory, std::string_view name) {
        if (const entry* e = find_entry_indexed(directory, name)) return inode_index{e->target};
        return {};
    }
    /// What a symbolic link in a directory leads to; nothing if it leads nowhere.
    [[nodiscard]] std::optional<inode_index> resolve_in(inode_index directory, inode_index link) const {
        return walk(directory, symlink_target(at(link)), true, 1);
    }

    // --- building ------------------------------------------------------------------------------------------------

    /// Gives an inode a name. Throws input_error if the directory already has that name or the name is impossible.
    void link(inode_index directory, std::string_view name, inode_index target) {
        check_name(name);
        if (find_entry_indexed(directory, name) != nullptr)
            fail::already_exists(text::join(path_of(directory), "/", name));
        link_unchecked(directory, name, target);
        add_to_index(static_cast<std::uint32_t>(entries_.size() - 1));
    }
    /// The same for callers that know the name to be possible and new, such as a directory walk: no index is kept.
    void link_unchecked(inode_index directory, std::string_view name, inode_index target) {
        if (entries_.size() >= 0xfffffffe || names_.size() + name.size() + 1 > 0xffffffff) fail::tree_too_large();
        entries_.push_back({static_cast<std::uint32_t>(directory), static_cast<std::uint32_t>(target),
                            static_cast<std::uint32_t>(names_.size())});
        names_.push_back(static_cast<char>(static_cast<unsigned char>(name.size())));
        names_.insert(names_.end(), name.begin(), name.end());
        ++at(target).links;
    }

    inode_index add_inode(const inode& i) {
        if (inodes_.size() >= 0xfffffffe) fail::tree_too_large();
        inodes_.push_back(i);
        return inode_index{static_cast<std::uint32_t>(inodes_.size() - 1)};
    }

    /// The directory at `path`, made with its parents where missing.
    inode_index make_directories(std::string_view path) {
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

    /// Adds a node at an absolute path, making missing parent directories. Throws input_error if the path exists.
    inode_index add(std::string_view path, inode i, const attributes_of_node& attributes) {
        const auto [parent, name] = parent_and_name(path);
        const inode_index directory = make_directories(parent);
        check_name(name);
        if (find_entry_indexed(directory, name) != nullptr) fail::already_exists(path);
        set_attributes(i, attributes, path);
        const inode_index made = add_inode(i);
        link(directory, name, made);
        return made;
    }

    void set_attributes(inode& i, const attributes_of_node& attributes, std::string_view path) {
        const std::uint16_t usual = i.type == file_type::directory ? 0755 : i.type == file_type::symlink ? 0777 : 0644;
        i.mode = attributes.mode.value_or(usual);
        if (i.mode > 07777) fail::mode_out_of_range(path, i.mode);
        i.uid = attributes.uid, i.gid = attributes.gid;
        i.implied = false;
        if (attributes.mtime)
            i.mtime_seconds = attributes.mtime->seconds, i.mtime_nanoseconds = attributes.mtime->nanoseconds;
        i.xattrs = intern_xattrs(attributes.xattrs);
    }

    template <class F> void for_each_inode(const F& f) {
        for (inode& i : inodes_) f(i);
    }

    /// Keeps the entries for which `keep` is true, by position in entries(), and the inodes that still have a name.
    void retain(const std::vector<bool>& keep) {
        std::uint32_t kept = 0;
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            if (keep[i]) entries_[kept++] = entries_[i];
            else --inodes_[entries_[i].target].links;
        }
        entries_.resize(kept);
        index_.clear();
        compact();
    }

    /// Moves all entries of one directory to another.
    void reparent(inode_index from, inode_index to) {
        for (entry& e : entries_)
            if (e.parent == static_cast<std::uint32_t>(from)) e.parent = static_cast<std::uint32_t>(to);
        index_.clear();
    }

    /// Lets the name, which the directory has, mean another inode. One that has no name left goes at the next
    /// `compact`.
    void relink(inode_index directory, std::string_view name, inode_index target) {
        const auto number = static_cast<std::size_t>(find_entry_indexed(directory, name) - entries_.data());
        --inodes_[entries_[number].target].links;
        entries_[number].target = static_cast<std::uint32_t>(target);
        ++at(target).links;
    }

    /// Drops the inodes that have no name. Those that stay keep their order, but not their numbers.
    void compact() {
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

    // --- contents: each returns the index that an inode refers to it by --------------------------------------------

    std::uint16_t add_files(std::shared_ptr<const source_files> f) {
        if (files_.size() >= content_is_image) fail::tree_too_large();
        files_.push_back(std::move(f));
        return static_cast<std::uint16_t>(files_.size() - 1);
    }
    std::uint32_t add_image(std::shared_ptr<const image> i) {
        images_.push_back(std::move(i));
        return static_cast<std::uint32_t>(images_.size() - 1);
    }
    std::uint32_t add_ranges(std::vector<data_range> r) {
        ranges_.push_back(std::move(r));
        return static_cast<std::uint32_t>(ranges_.size() - 1);
    }
    std::uint32_t add_target(std::string_view t) {
        if (targets_.size() + t.size() > 0xffffffff) fail::tree_too_large();
        targets_.insert(targets_.end(), t.begin(), t.end());
        return static_cast<std::uint32_t>(targets_.size() - t.size());
    }
    /// Equal sets of attributes are stored once. Sorted by name here.
    std::uint32_t intern_xattrs(std::vector<xattr> set) {
        if (set.empty()) return 0;
        std::sort(set.begin(), set.end());
        const auto [where, is_new] =
            xattr_index_.try_emplace(std::move(set), static_cast<std::uint32_t>(xattr_sets_.size()));
        if (is_new) xattr_sets_.push_back(where->first);
        return where->second;
    }

    static void check_name(std::string_view name) {
        if (name.empty()) fail::impossible_name(name, "it is empty");
        if (name == "." || name == "..") fail::impossible_name(name, "`.` and `..` are no names");
        if (name.size() > 255)
            fail::impossible_name(name, text::join("the name has ", name.size(), " bytes, at most 255 are possible"));
        if (name.find('/') != name.npos || name.find('\0') != name.npos)
            fail::impossible_name(name, "a name holds neither a slash nor a NUL");
    }

    /// "/a/b/c" as "/a/b" and "c". Throws input_error if the path is not absolute or names nothing.
    static std::pair<std::string_view, std::string_view> parent_and_name(std::string_view path) {
        if (!path.starts_with('/')) fail::impossible_name(path, "it does not begin with a slash");
        while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
        if (path == "/") fail::impossible_name(path, "the top directory is always there; `set_attributes` changes it");
        const auto slash = path.rfind('/');
        return {path.substr(0, slash), path.substr(slash + 1)};
    }

    template <class F> static void for_each_component(std::string_view path, const F& f) {
        while (!path.empty()) {
            const auto slash = path.find('/');
            if (const auto name = path.substr(0, slash); !name.empty()) f(name);
            if (slash == path.npos) break;
            path.remove_prefix(slash + 1);
        }
    }

private:
    std::optional<inode_index> walk(inode_index from, std::string_view path, bool follow_last, int links) const {
        std::vector<inode_index> above = ancestors(from);
        if (!follow(above, path, follow_last, links)) return {};
        return above.back();
    }
    /// `above` has all from the top down to the directory where the path begins, and then down to what it leads to.
    bool follow(std::vector<inode_index>& above, std::string_view path, bool follow_last, int& links) const {
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

    /// From the top down to and with `directory`.
    std::vector<inode_index> ancestors(inode_index directory) const {
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
    /// The first of an inode's names; null if it has none.
    const entry* find_name_of(inode_index i) const {
        for (const entry& e : entries_)
            if (e.target == static_cast<std::uint32_t>(i)) return &e;
        return nullptr;
    }

    inode_index resolve_link(inode_index directory, inode_index link, std::string_view path) const {
        const auto found = resolve_in(directory, link);
        if (!found) fail::not_in_tree(path);
        return *found;
    }

    // Names are found through an open-addressing table of entry numbers, made at the first change by name; a tree that
    // is only read, or built by a walk, never pays for it.
    const entry* find_entry(inode_index directory, std::string_view name) const {
        if (!index_.empty()) return find_in_index(directory, name);
        for (const entry& e : entries_)
            if (e.parent == static_cast<std::uint32_t>(directory) && name_of(e) == name) return &e;
        return nullptr;
    }
    const entry* find_entry_indexed(inode_index directory, std::string_view name) {
        if (index_.empty()) rebuild_index(entries_.size());
        return find_in_index(directory, name);
    }
    const entry* find_in_index(inode_index directory, std::string_view name) const {
        const std::size_t mask = index_.size() - 1;
        for (std::size_t slot = hash(directory, name) & mask; index_[slot] != 0; slot = (slot + 1) & mask) {
            const entry& e = entries_[index_[slot] - 1];
            if (e.parent == static_cast<std::uint32_t>(directory) && name_of(e) == name) return &e;
        }
        return nullptr;
    }
    void add_to_index(std::uint32_t number) {
        if ((entries_.size() + 1) * 2 > index_.size()) return rebuild_index(entries_.size());
        insert_in_index(number);
    }
    void insert_in_index(std::uint32_t number) {
        const std::size_t mask = index_.size() - 1;
        const entry& e = entries_[number];
        std::size_t slot = hash(inode_index{e.parent}, name_of(e)) & mask;
        while (index_[slot] != 0) slot = (slot + 1) & mask;
        index_[slot] = number + 1;
    }
    void rebuild_index(std::size_t count) {
        std::size_t slots = 64;
        while (slots < (count + 1) * 4) slots *= 2;
        index_.assign(slots, 0);
        for (std::uint32_t i = 0; i < entries_.size(); ++i) insert_in_index(i);
    }
    static std::size_t hash(inode_index directory, std::string_view name) {
        return std::hash<std::string_view>{}(name) ^ (static_cast<std::size_t>(directory) * 0x9e3779b97f4a7c15ULL);
    }

    std::vector<inode> inodes_;
    std::vector<entry> entries_;
    std::vector<char> names_;   // each: one byte of length, then the name
    std::vector<char> targets_; // of symbolic links, without terminators
    std::vector<std::vector<data_range>> ranges_;
    std::vector<std::vector<xattr>> xattr_sets_;
    std::map<std::vector<xattr>, std::uint32_t> xattr_index_;
    std::vector<std::shared_ptr<const source_files>> files_;
    std::vector<std::shared_ptr<const image>> images_;
    std::vector<std::uint32_t> index_; // entry number + 1, or 0
};

IMGCOMPOSE_NAMESPACE_END
