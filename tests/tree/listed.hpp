// SPDX-License-Identifier: BSL-1.0
// A tree as lines of text, so that tests compare all of it.
#pragma once

#include <imgcompose/image/read.hpp>
#include <imgcompose/tree/walk.hpp>

#include <tests/support/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace imgcompose_test {

/// What is at a path that is there.
inline const imgcompose::tree::inode& inode_at(const imgcompose::tree& t, std::string_view path) {
    const auto found = t.find(path);
    INFO(path);
    REQUIRE(found);
    return t.at(*found);
}

inline std::string described(const imgcompose::tree& t, const imgcompose::tree::inode& i) {
    namespace ic = imgcompose;
    std::string s{ic::name_of(i.type)};
    s += ' ' + std::to_string(i.mode / 512) + std::to_string(i.mode / 64 % 8) + std::to_string(i.mode / 8 % 8) +
         std::to_string(i.mode % 8) + ' ' + std::to_string(i.uid) + ':' + std::to_string(i.gid);
    if (i.mtime_nanoseconds != ic::tree::no_time)
        s += " at " + std::to_string(i.mtime_seconds) + '.' + std::to_string(i.mtime_nanoseconds);
    if (i.links != 1) s += " links " + std::to_string(i.links);
    if (i.type == ic::file_type::symlink) s += " -> " + std::string{t.symlink_target(i)};
    if (i.type == ic::file_type::character_device || i.type == ic::file_type::block_device)
        s += ' ' + std::to_string(t.device_of(i).major) + ':' + std::to_string(t.device_of(i).minor);
    for (const auto& x : t.xattrs_of(i)) s += ' ' + x.name + '=' + x.value;
    if (i.type == ic::file_type::regular) {
        ic::image content{ic::bytes{i.size}};
        t.for_each_extent(i, t.add_sources_to(content), [&](const ic::extent& e) { content.append(e); });
        const auto all = ic::read_all(content);
        s += " \"" + std::string{reinterpret_cast<const char*>(all.data()), all.size()} + '"';
    }
    return s;
}

/// Each path with what is there; the top directory first, as "/".
inline std::vector<std::string> listed(const imgcompose::tree& t) {
    std::vector<std::string> lines{"/ " + described(t, t.at(imgcompose::top_directory))};
    for_each_path(t, [&](std::string_view path, std::uint32_t entry) {
        lines.push_back(std::string{path} + ' ' + described(t, t.at(imgcompose::inode_index{t.entries()[entry].target})));
        return true;
    });
    return lines;
}

inline std::vector<std::string> paths_of(const imgcompose::tree& t) {
    std::vector<std::string> paths;
    for_each_path(t, [&](std::string_view path, std::uint32_t) {
        paths.emplace_back(path);
        return true;
    });
    return paths;
}

} // namespace imgcompose_test
