// SPDX-License-Identifier: BSL-1.0
// The files of the host that images take their bytes from.
#pragma once

#include <imgcompose/image/source.hpp>
#include <imgcompose/os/calls.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace os {
class file;
}

/// The files of the host that an image takes its bytes from: a compact table, for images of millions of files.
/// A file is remembered by its directory and name, with the size it had when it was planned and a mark of what it was.
class source_files {
public:
    using directory_id = std::uint32_t;
    using file_id = std::uint32_t;

    struct file {
        directory_id directory = 0;
        std::uint32_t name = 0;
        std::uint64_t size = 0;
        std::uint64_t mark = 0; ///< see `mark`
    };
    static_assert(sizeof(file) == 24); // an image of a million files has a million of them

    /// A directory by its full path; what it contains is added below it.
    directory_id add_root(std::string_view path) { return new_directory(none, path, unknown_mark); }
    /// `mark` of the directory before its names were read.
    directory_id add_directory(directory_id parent, std::string_view name, std::uint64_t mark = unknown_mark);
    static constexpr std::uint64_t unknown_mark = 0;

    file_id add_file(directory_id directory, std::string_view name, bytes size, std::uint64_t mark);
    /// A file that is a symbolic link when it is opened is then an error, and not what it leads to.
    void forbid_links() { forbids_links_ = true; }
    [[nodiscard]] bool forbids_links() const { return forbids_links_; }

    /// A file that nobody can find by its name, kept open as long as it is a source. `name` is for plans and messages.
    file_id add_open_file(std::shared_ptr<const os::file> f, std::string_view name);
    /// One that is kept open; null for all others.
    [[nodiscard]] const os::file* open_file(file_id id) const;

    [[nodiscard]] const file& at(file_id id) const { return files_[id]; }
    /// NUL-terminated, for openat.
    [[nodiscard]] const char* name(file_id id) const { return names_.data() + files_[id].name; }
    [[nodiscard]] std::size_t size() const { return files_.size(); }

    /// Nothing for a root.
    [[nodiscard]] std::optional<directory_id> parent_of(directory_id id) const;
    /// Of a root, before its names are read.
    void set_mark(directory_id id, std::uint64_t mark) { directories_[id].mark = mark; }
    /// `unknown_mark` if it was not asked for.
    [[nodiscard]] std::uint64_t mark_of(directory_id id) const { return directories_[id].mark; }

    /// When planning began, in nanoseconds by the clock that file times are from; to be told before marks are made.
    void set_planned_at(std::uint64_t time) { planned_at_ = time; }
    /// What a file or directory is, as one number: that of another one, or of the same after any change, is another. It
    /// is made of the inode and of the times of the last change, of which no program can set back the second.
    [[nodiscard]] std::uint64_t mark(const os::file_status& s) const;
    static bool is_same(std::uint64_t mark, const os::file_status& now) {
        return (mark ^ state_of(now) << 1) >> 1 == 0;
    }
    /// Whether an unchanged mark proves that nothing changed. What changed only shortly before it was planned could change
    /// again within the same tick of the clock.
    static bool tells_changes(std::uint64_t mark) { return (mark & 1) != 0; }
    /// All that a mark is made of, mixed so that numbers which are alike are no more likely to meet than others.
    static std::uint64_t state_of(const os::file_status& s);
    /// NUL-terminated: the path of a root, the name of any other.
    [[nodiscard]] const char* directory_name(directory_id id) const { return names_.data() + directories_[id].name; }
    [[nodiscard]] std::string directory_path(directory_id id) const;
    [[nodiscard]] std::string path_of(file_id id) const;

private:
    static std::uint64_t nanoseconds(std::int64_t seconds, std::uint32_t rest);
    static constexpr std::uint32_t none = 0xffffffff;
    struct directory_node {
        directory_id parent;
        std::uint32_t name;
        std::uint64_t mark;
    };

    directory_id new_directory(directory_id parent, std::string_view name, std::uint64_t mark);
    std::uint32_t remember(std::string_view name);

    std::uint64_t planned_at_ = 0;
    bool forbids_links_ = false;
    std::vector<file> files_;
    std::vector<directory_node> directories_;
    std::vector<char> names_;
    std::vector<std::pair<file_id, std::shared_ptr<const os::file>>> open_;
};

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/image/source_files_impl.hpp>
#endif
