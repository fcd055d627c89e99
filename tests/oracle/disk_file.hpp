// SPDX-License-Identifier: BSL-1.0
// Sparse disk files that partitioning programs and we write to.
#pragma once

#include <imgcompose/core/units.hpp>

#include <tests/support/run.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imgcompose_test {

/// An empty disk: a sparse file.
inline void make_disk(const std::string& path, imgcompose::bytes size) {
    std::ofstream{path, std::ios::binary | std::ios::trunc};
    std::filesystem::resize_file(path, size.count);
}

inline void put(const std::string& path, imgcompose::offset at, std::span<const std::byte> content) {
    std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
    file.exceptions(std::ios::failbit | std::ios::badbit);
    file.seekp(static_cast<std::streamoff>(at.count));
    file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
}

inline std::vector<std::byte> get(const std::string& path, imgcompose::offset at, std::size_t size) {
    std::vector<std::byte> content(size);
    std::ifstream file{path, std::ios::binary};
    file.exceptions(std::ios::failbit | std::ios::badbit | std::ios::eofbit);
    file.seekg(static_cast<std::streamoff>(at.count));
    file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return content;
}

/// "byte 17: 0x2a, not 0x00" of the first difference, empty if there is none.
inline std::string difference(std::span<const std::byte> ours, std::span<const std::byte> theirs) {
    if (ours.size() != theirs.size()) return "other sizes";
    for (std::size_t i = 0; i < ours.size(); ++i)
        if (ours[i] != theirs[i])
            return "byte " + std::to_string(i) + ": " + imgcompose::text::hex(std::to_integer<std::uint64_t>(ours[i])) +
                   ", not " + imgcompose::text::hex(std::to_integer<std::uint64_t>(theirs[i]));
    return {};
}

} // namespace imgcompose_test
