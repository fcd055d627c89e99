// SPDX-License-Identifier: BSL-1.0
// Where the bytes of an image come from.
#pragma once

#include <imgcompose/core/units.hpp>
#include <imgcompose/os/calls.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace os {
class file;
}

/// Bytes that exist in memory.
using owned_bytes = std::vector<std::byte>;

/// Makes bytes on demand, the same for the same arguments, from several threads at once.
class generator {
public:
    generator() = default;
    generator(const generator&) = delete;
    generator& operator=(const generator&) = delete;
    virtual ~generator() = default;

    /// Fills `to` with the bytes of `item` (what that means is the generator's own affair) from `from` on.
    virtual void generate(std::uint32_t item, bytes from, std::span<std::byte> to) const = 0;
    /// What is generated, for plans and messages, such as "inode table".
    [[nodiscard]] virtual std::string describe(std::uint32_t item) const = 0;
};

namespace fail {
[[noreturn]] inline void too_many_source_files() {
    throw layout_error("more than 4 GiB of file names or 4294967295 files in one image; compose it of several images");
}
} // namespace fail

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
    directory_id add_directory(directory_id parent, std::string_view name, std::uint64_t mark = unknown_mark) {
        return new_directory(parent, name, mark);
    }
    static constexpr std::uint64_t unknown_mark = 0;

    file_id add_file(directory_id directory, std::string_view name, bytes size, std::uint64_t mark) {
        if (files_.size() >= none) fail::too_many_source_files();
        files_.push_back({directory, remember(name), size.count, mark});
        return static_cast<file_id>(files_.size() - 1);
    }
    /// A file that is a symbolic link when it is opened is then an error, and not what it leads to.
    void forbid_links() { forbids_links_ = true; }
    [[nodiscard]] bool forbids_links() const { return forbids_links_; }

    /// A file that nobody can find by its name, kept open as long as it is a source. `name` is for plans and messages.
    file_id add_open_file(std::shared_ptr<const os::file> f, std::string_view name) {
        if (files_.size() >= none) fail::too_many_source_files();
        files_.push_back({none, remember(name), 0, unknown_mark});
        open_.emplace_back(static_cast<file_id>(files_.size() - 1), std::move(f));
        return open_.back().first;
    }
    /// One that is kept open; null for all others.
    [[nodiscard]] const os::file* open_file(file_id id) const {
        if (files_[id].directory != none) return nullptr;
        for (const auto& [known, f] : open_)
            if (known == id) return f.get();
        return nullptr;
    }

    [[nodiscard]] const file& at(file_id id) const { return files_[id]; }
    /// NUL-terminated, for openat.
    [[nodiscard]] const char* name(file_id id) const { return names_.data() + files_[id].name; }
    [[nodiscard]] std::size_t size() const { return files_.size(); }

    /// Nothing for a root.
    [[nodiscard]] std::optional<directory_id> parent_of(directory_id id) const {
        if (directories_[id].parent == none) return {};
        return directories_[id].parent;
    }
    /// Of a root, before its names are read.
    void set_mark(directory_id id, std::uint64_t mark) { directories_[id].mark = mark; }
    /// `unknown_mark` if it was not asked for.
    [[nodiscard]] std::uint64_t mark_of(directory_id id) const { return directories_[id].mark; }

    /// When planning began, in nanoseconds by the clock that file times are from; to be told before marks are made.
    void set_planned_at(std::uint64_t time) { planned_at_ = time; }
    /// What a file or directory is, as one number: that of another one, or of the same after any change, is another. It
    /// is made of the inode and of the times of the last change, of which no program can set back the second.
    [[nodiscard]] std::uint64_t mark(const os::file_status& s) const {
        constexpr std::uint64_t coarsest = 2'000'000'000; // of FAT; other filesystems count a timer's ticks at most
        const std::uint64_t latest = std::max(nanoseconds(s.mtime_seconds, s.mtime_nanoseconds),
                                              nanoseconds(s.ctime_seconds, s.ctime_nanoseconds));
        return state_of(s) << 1 | (planned_at_ >= coarsest && latest < planned_at_ - coarsest ? 1 : 0);
    }
    static bool is_same(std::uint64_t mark, const os::file_status& now) { return (mark ^ state_of(now) << 1) >> 1 == 0; }
    /// Whether an unchanged mark proves that nothing changed. What changed only shortly before it was planned could change
    /// again within the same tick of the clock.
    static bool tells_changes(std::uint64_t mark) { return (mark & 1) != 0; }
    /// All that a mark is made of, mixed so that numbers which are alike are no more likely to meet than others.
    static std::uint64_t state_of(const os::file_status& s) {
        std::uint64_t state = 0;
        for (const std::uint64_t next : {s.inode, nanoseconds(s.mtime_seconds, s.mtime_nanoseconds),
                                         nanoseconds(s.ctime_seconds, s.ctime_nanoseconds)}) {
            state += next + 0x9e3779b97f4a7c15; // SplitMix64, Steele et al., Fast Splittable Pseudorandom Number Generators
            state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9;
            state = (state ^ state >> 27) * 0x94d049bb133111eb;
            state ^= state >> 31;
        }
        return state;
    }
    /// NUL-terminated: the path of a root, the name of any other.
    [[nodiscard]] const char* directory_name(directory_id id) const { return names_.data() + directories_[id].name; }
    [[nodiscard]] std::string directory_path(directory_id id) const {
        std::vector<directory_id> below; // a directory may be too deep to recurse
        for (; directories_[id].parent != none; id = directories_[id].parent) below.push_back(id);
        std::string path = directory_name(id);
        for (; !below.empty(); below.pop_back()) {
            if (!path.empty() && !path.ends_with('/')) path += '/';
            path += directory_name(below.back());
        }
        return path;
    }
    [[nodiscard]] std::string path_of(file_id id) const {
        if (files_[id].directory == none) return name(id);
        std::string path = directory_path(files_[id].directory);
        if (!path.empty() && !path.ends_with('/')) path += '/';
        return path + name(id);
    }

private:
    static std::uint64_t nanoseconds(std::int64_t seconds, std::uint32_t rest) {
        return static_cast<std::uint64_t>(seconds) * 1'000'000'000u + rest;
    }
    static constexpr std::uint32_t none = 0xffffffff;
    struct directory_node {
        directory_id parent;
        std::uint32_t name;
        std::uint64_t mark;
    };

    directory_id new_directory(directory_id parent, std::string_view name, std::uint64_t mark) {
        directories_.push_back({parent, remember(name), mark});
        return static_cast<directory_id>(directories_.size() - 1);
    }
    std::uint32_t remember(std::string_view name) {
        const std::size_t at = names_.size();
        if (at + name.size() >= none) fail::too_many_source_files();
        names_.insert(names_.end(), name.begin(), name.end());
        names_.push_back('\0');
        return static_cast<std::uint32_t>(at);
    }

    std::uint64_t planned_at_ = 0;
    bool forbids_links_ = false;
    std::vector<file> files_;
    std::vector<directory_node> directories_;
    std::vector<char> names_;
    std::vector<std::pair<file_id, std::shared_ptr<const os::file>>> open_;
};

/// One of the things extents take `data` from. In an extent `item` is the file's id for source_files, passed on to a
/// generator, and unused for owned bytes.
using source = std::variant<std::shared_ptr<const owned_bytes>, std::shared_ptr<const source_files>,
                            std::shared_ptr<const generator>>;

IMGCOMPOSE_NAMESPACE_END
