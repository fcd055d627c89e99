// SPDX-License-Identifier: BSL-1.0
// The same tree twice: for the library, and as a folder for the programs that check its images.
#pragma once

#include <imgcompose/image/read.hpp>
#include <imgcompose/tree/tree.hpp>

#include <tests/oracle/disk_file.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace imgcompose_test {

struct made_file {
    std::string path{}; ///< absolute
    std::string content{};
    std::int64_t mtime = 1'700'000'001;
    bool is_directory = false;
};
using made_files = std::vector<made_file>;

inline void add_image(imgcompose::tree& to, std::string_view path, imgcompose::image content,
                      std::int64_t mtime = 1'700'000'001) {
    const auto size = content.size().count;
    const auto index = to.add_image(std::make_shared<const imgcompose::image>(std::move(content)));
    to.add(path, {.size = size, .content = index, .files = imgcompose::tree::content_is_image},
           {.mtime = imgcompose::timestamp{std::chrono::seconds{mtime}}});
}
inline void add_file(imgcompose::tree& to, std::string_view path, std::string_view content = {}) {
    add_image(to, path, imgcompose::from_text(content));
}
inline void add_node(imgcompose::tree& to, std::string_view path, imgcompose::file_type type) {
    to.add(path, {.type = type}, {});
}
inline void add_symlink(imgcompose::tree& to, std::string_view path, std::string_view target) {
    const auto place = to.add_target(target);
    to.add(path, {.size = target.size(), .content = place, .type = imgcompose::file_type::symlink}, {});
}

inline imgcompose::tree tree_of(const made_files& files) {
    imgcompose::tree t;
    for (const auto& f : files) {
        if (f.is_directory) add_node(t, f.path, imgcompose::file_type::directory);
        else add_image(t, f.path, imgcompose::from_text(f.content), f.mtime);
    }
    return t;
}

inline void make_folder(const made_files& files, const std::filesystem::path& top) {
    std::filesystem::create_directories(top);
    for (const auto& f : files) {
        const std::filesystem::path path = top.string() + f.path;
        if (f.is_directory) {
            std::filesystem::create_directories(path);
            continue;
        }
        write_file(path, f.content);
        const auto time = std::chrono::file_clock::from_sys(std::chrono::sys_seconds{std::chrono::seconds{f.mtime}});
        std::filesystem::last_write_time(path, time);
    }
}

/// Data is written where it belongs; the rest is a hole, as long as the file is new.
inline void write_image(const imgcompose::image& from, const std::string& path) {
    make_disk(path, from.size());
    std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
    file.exceptions(std::ios::failbit | std::ios::badbit);
    std::vector<std::byte> buffer;
    for (const auto& e : from.extents()) {
        if (e.kind() != imgcompose::byte_kind::data) continue;
        for (imgcompose::offset at = e.at; at < e.end();) {
            const auto size = std::min(e.end() - at, imgcompose::bytes{1 << 20});
            buffer.resize(size.count);
            imgcompose::read(from, at, buffer);
            file.seekp(static_cast<std::streamoff>(at.count));
            file.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
            at = at + size;
        }
    }
}

} // namespace imgcompose_test
