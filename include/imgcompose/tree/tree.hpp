// SPDX-License-Identifier: BSL-1.0
// A filesystem tree in memory: names, inodes, and where contents come from. About 100 bytes a file.
#pragma once

#include <imgcompose/image/image.hpp>
#include <imgcompose/tree/node.hpp>

#include <cstdint>
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
[[noreturn]] void not_in_tree(std::string_view path);
[[noreturn]] void not_a_directory(std::string_view path);
[[noreturn]] void hard_link_to_directory(std::string_view path);
[[noreturn]] void mode_out_of_range(std::string_view path, std::uint16_t mode);
[[noreturn]] void device_number_out_of_range(std::string_view path, device_number d);
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
        [[nodiscard]] timestamp mtime(std::chrono::seconds epoch) const;
    };
    /// In inode::files: the content is one of `images`.
    static constexpr std::uint16_t content_is_image = 0xffff;

    /// A name in a directory.
    struct entry {
        std::uint32_t parent = 0; ///< the inode_index of the directory
        std::uint32_t target = 0; ///< the inode_index that it names
        std::uint32_t name = 0;   ///< see tree::name_of
    };

    tree();
    tree(const tree&); ///< a value, copied
    tree(tree&&) noexcept; ///< and moved
    tree& operator=(const tree&);
    tree& operator=(tree&&) noexcept;
    ~tree();

    /// By inode_index.
    [[nodiscard]] const std::vector<inode>& inodes() const { return inodes_; }
    /// In the order in which they were added; see `sorted`.
    [[nodiscard]] const std::vector<entry>& entries() const { return entries_; }
    /// One of them.
    [[nodiscard]] const inode& at(inode_index i) const;
    /// The same, to change it.
    [[nodiscard]] inode& at(inode_index i);

    /// The last component, good until the tree is changed.
    [[nodiscard]] std::string_view name_of(const entry& e) const;
    /// Sorted by name.
    [[nodiscard]] const std::vector<xattr>& xattrs_of(const inode& i) const;
    /// How many different sets of them there are.
    [[nodiscard]] std::size_t xattr_set_count() const;
    /// Of a symbolic link.
    [[nodiscard]] std::string_view symlink_target(const inode& i) const;
    /// Of a device.
    [[nodiscard]] static device_number device_of(const inode& i) { return {i.ranges, i.content}; }
    /// The ranges of a sparse file that hold data; meaningless unless `is_sparse`.
    [[nodiscard]] std::span<const data_range> ranges_of(const inode& i) const;
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
        [[nodiscard]] std::span<const std::uint32_t> of(inode_index i) const;
    };
    /// Of the tree as it is now.
    [[nodiscard]] sorted_entries sorted() const;

    /// Calls `f(extent)` for the content of a regular file, `at` counted from its start; holes are left out.
    /// `sources` says which index the tree's source_files and images have in the image being written.
    struct source_indexes {
        std::vector<std::uint32_t> files;               ///< by index of tree::files()
        std::vector<std::vector<std::uint32_t>> images; ///< by index of tree::images(), then of its sources()
    };
    [[nodiscard]] source_indexes add_sources_to(image& to) const;
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
    [[nodiscard]] std::string path_of(inode_index i) const;

    // --- looking up ----------------------------------------------------------------------------------------------

    /// The inode at an absolute path, symbolic links not followed at its end but on the way; nothing if there is none.
    [[nodiscard]] std::optional<inode_index> find(std::string_view path) const;
    /// The same, with a symbolic link at the end followed too.
    [[nodiscard]] std::optional<inode_index> resolve(std::string_view path) const;
    /// The entry `name` of a directory.
    [[nodiscard]] std::optional<inode_index> child(inode_index directory, std::string_view name) const;

    /// The same for callers that change the tree too: an index of the names is kept, which `child` then uses.
    [[nodiscard]] std::optional<inode_index> child_indexed(inode_index directory, std::string_view name);
    /// What a symbolic link in a directory leads to; nothing if it leads nowhere.
    [[nodiscard]] std::optional<inode_index> resolve_in(inode_index directory, inode_index link) const;

    // --- building ------------------------------------------------------------------------------------------------

    /// Gives an inode a name. Throws input_error if the directory already has that name or the name is impossible.
    void link(inode_index directory, std::string_view name, inode_index target);
    /// The same for callers that know the name to be possible and new, such as a directory walk: no index is kept.
    void link_unchecked(inode_index directory, std::string_view name, inode_index target);

    inode_index add_inode(const inode& i);

    /// The directory at `path`, made with its parents where missing.
    inode_index make_directories(std::string_view path);

    /// Adds a node at an absolute path, making missing parent directories. Throws input_error if the path exists.
    inode_index add(std::string_view path, inode i, const attributes_of_node& attributes);

    void set_attributes(inode& i, const attributes_of_node& attributes, std::string_view path);

    template <class F> void for_each_inode(const F& f) {
        for (inode& i : inodes_) f(i);
    }

    /// Keeps the entries for which `keep` is true, by position in entries(), and the inodes that still have a name.
    void retain(const std::vector<bool>& keep);

    /// Moves all entries of one directory to another.
    void reparent(inode_index from, inode_index to);

    /// Lets the name, which the directory has, mean another inode. One that has no name left goes at the next
    /// `compact`.
    void relink(inode_index directory, std::string_view name, inode_index target);

    /// Drops the inodes that have no name. Those that stay keep their order, but not their numbers.
    void compact();

    // --- contents: each returns the index that an inode refers to it by --------------------------------------------

    std::uint16_t add_files(std::shared_ptr<const source_files> f);
    std::uint32_t add_image(std::shared_ptr<const image> i);
    std::uint32_t add_ranges(std::vector<data_range> r);
    std::uint32_t add_target(std::string_view t);
    /// Equal sets of attributes are stored once. Sorted by name here.
    std::uint32_t intern_xattrs(std::vector<xattr> set);

    static void check_name(std::string_view name);

    /// "/a/b/c" as "/a/b" and "c". Throws input_error if the path is not absolute or names nothing.
    static std::pair<std::string_view, std::string_view> parent_and_name(std::string_view path);

    template <class F> static void for_each_component(std::string_view path, const F& f) {
        while (!path.empty()) {
            const auto slash = path.find('/');
            if (const auto name = path.substr(0, slash); !name.empty()) f(name);
            if (slash == path.npos) break;
            path.remove_prefix(slash + 1);
        }
    }

private:
    std::optional<inode_index> walk(inode_index from, std::string_view path, bool follow_last, int links) const;
    /// `above` has all from the top down to the directory where the path begins, and then down to what it leads to.
    bool follow(std::vector<inode_index>& above, std::string_view path, bool follow_last, int& links) const;

    /// From the top down to and with `directory`.
    std::vector<inode_index> ancestors(inode_index directory) const;
    /// The first of an inode's names; null if it has none.
    const entry* find_name_of(inode_index i) const;

    inode_index resolve_link(inode_index directory, inode_index link, std::string_view path) const;

    // Names are found through an open-addressing table of entry numbers, made at the first change by name; a tree that
    // is only read, or built by a walk, never pays for it.
    const entry* find_entry(inode_index directory, std::string_view name) const;
    const entry* find_entry_indexed(inode_index directory, std::string_view name);
    const entry* find_in_index(inode_index directory, std::string_view name) const;
    void add_to_index(std::uint32_t number);
    void insert_in_index(std::uint32_t number);
    void rebuild_index(std::size_t count);
    static std::size_t hash(inode_index directory, std::string_view name);

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

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/tree/tree_impl.hpp>
#endif
