// SPDX-License-Identifier: BSL-1.0
// The functions of source_files.hpp.
#pragma once

#include <imgcompose/image/source_files.hpp>
#include <imgcompose/image/source.hpp>
#include <imgcompose/os/calls.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void too_many_source_files() {
    throw layout_error("more than 4 GiB of file names or 4294967295 files in one image; compose it of several images");
}
} // namespace fail

IMGCOMPOSE_INLINE source_files::directory_id source_files::add_directory(directory_id parent, std::string_view name,
                                                                         std::uint64_t mark) {
    return new_directory(parent, name, mark);
}

IMGCOMPOSE_INLINE source_files::file_id source_files::add_file(directory_id directory, std::string_view name,
                                                               bytes size, std::uint64_t mark) {
    if (files_.size() >= none) fail::too_many_source_files();
    files_.push_back({directory, remember(name), size.count, mark});
    return static_cast<file_id>(files_.size() - 1);
}

IMGCOMPOSE_INLINE source_files::file_id source_files::add_open_file(std::shared_ptr<const os::file> f,
                                                                    std::string_view name) {
    if (files_.size() >= none) fail::too_many_source_files();
    files_.push_back({none, remember(name), 0, unknown_mark});
    open_.emplace_back(static_cast<file_id>(files_.size() - 1), std::move(f));
    return open_.back().first;
}

IMGCOMPOSE_INLINE const os::file* source_files::open_file(file_id id) const {
    if (files_[id].directory != none) return nullptr;
    for (const auto& [known, f] : open_)
        if (known == id) return f.get();
    return nullptr;
}

IMGCOMPOSE_INLINE std::optional<source_files::directory_id> source_files::parent_of(directory_id id) const {
    if (directories_[id].parent == none) return {};
    return directories_[id].parent;
}

IMGCOMPOSE_INLINE std::uint64_t source_files::mark(const os::file_status& s) const {
    constexpr std::uint64_t coarsest = 2'000'000'000; // of FAT; other filesystems count a timer's ticks at most
    const std::uint64_t latest = std::max(nanoseconds(s.mtime_seconds, s.mtime_nanoseconds),
                                          nanoseconds(s.ctime_seconds, s.ctime_nanoseconds));
    return state_of(s) << 1 | (planned_at_ >= coarsest && latest < planned_at_ - coarsest ? 1 : 0);
}

IMGCOMPOSE_INLINE std::uint64_t source_files::state_of(const os::file_status& s) {
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

IMGCOMPOSE_INLINE std::string source_files::directory_path(directory_id id) const {
    std::vector<directory_id> below; // a directory may be too deep to recurse
    for (; directories_[id].parent != none; id = directories_[id].parent) below.push_back(id);
    std::string path = directory_name(id);
    for (; !below.empty(); below.pop_back()) {
        if (!path.empty() && !path.ends_with('/')) path += '/';
        path += directory_name(below.back());
    }
    return path;
}

IMGCOMPOSE_INLINE std::string source_files::path_of(file_id id) const {
    if (files_[id].directory == none) return name(id);
    std::string path = directory_path(files_[id].directory);
    if (!path.empty() && !path.ends_with('/')) path += '/';
    return path + name(id);
}

IMGCOMPOSE_INLINE std::uint64_t source_files::nanoseconds(std::int64_t seconds, std::uint32_t rest) {
    return static_cast<std::uint64_t>(seconds) * 1'000'000'000u + rest;
}

IMGCOMPOSE_INLINE source_files::directory_id source_files::new_directory(directory_id parent, std::string_view name,
                                                                         std::uint64_t mark) {
    directories_.push_back({parent, remember(name), mark});
    return static_cast<directory_id>(directories_.size() - 1);
}

IMGCOMPOSE_INLINE std::uint32_t source_files::remember(std::string_view name) {
    const std::size_t at = names_.size();
    if (at + name.size() >= none) fail::too_many_source_files();
    names_.insert(names_.end(), name.begin(), name.end());
    names_.push_back('\0');
    return static_cast<std::uint32_t>(at);
}

IMGCOMPOSE_NAMESPACE_END
