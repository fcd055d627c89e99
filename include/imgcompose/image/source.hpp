// SPDX-License-Identifier: BSL-1.0
// Where the bytes of an image come from.
#pragma once

#include <imgcompose/core/units.hpp>

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
/// A file is remembered by its directory and name, with the size and time it had when it was planned.
class source_files {
public:
    using directory_id = std::uint32_t;
    using file_id = std::uint32_t;

    struct file {
        directory_id directory = 0;
        std::uint32_t name = 0;
        std::uint64_t size = 0;
        std::uint64_t mtime_mark = 0; ///< see `mark`: only compared for equality
    };

    /// A directory by its full path; what it contains is added below it.
    directory_id add_root(std::string_view path) { return new_directory(none, path, unknown_mark); }
    /// `mtime_mark` of the directory before its names were read.
    directory_id add_directory(directory_id parent, std::string_view name, std::uint64_t mtime_mark = unknown_mark) {
        return new_directory(parent, name, mtime_mark);
    }
    static constexpr std::uint64_t unknown_mark = 0xffffffffffffffff;

    file_id add_file(directory_id directory, std::string_view name, bytes size, std::uint64_t mtime_mark) {
        if (files_.size() >= none) fail::too_many_source_files();
        files_.push_back({directory, remember(name), size.count, mtime_mark});
        return static_cast<file_id>(files_.size() - 1);
    }

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
    /// `unknown_mark` if it was not asked for.
    [[nodiscard]] std::uint64_t mtime_mark_of(directory_id id) const { return directories_[id].mtime_mark; }

    /// When planning began, by the clock that file times are from. A file or directory modified only shortly before could
    /// be modified again without a change of its time, so that an unchanged time proves nothing.
    void set_planned_at(std::uint64_t mark) { planned_at_ = mark; }
    [[nodiscard]] bool tells_changes(std::uint64_t mtime_mark) const {
        constexpr std::uint64_t coarsest = 2'000'000'000; // of FAT; other filesystems count a timer's ticks at most
        return mtime_mark != unknown_mark && planned_at_ >= coarsest && mtime_mark < planned_at_ - coarsest;
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

    /// A modification time as one number: equal times have equal marks.
    static std::uint64_t mark(std::int64_t seconds, std::uint32_t nanoseconds) {
        return static_cast<std::uint64_t>(seconds) * 1'000'000'000u + nanoseconds;
    }

private:
    static constexpr std::uint32_t none = 0xffffffff;
    struct directory_node {
        directory_id parent;
        std::uint32_t name;
        std::uint64_t mtime_mark;
    };

    directory_id new_directory(directory_id parent, std::string_view name, std::uint64_t mtime_mark) {
        directories_.push_back({parent, remember(name), mtime_mark});
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
