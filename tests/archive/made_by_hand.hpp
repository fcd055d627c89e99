// SPDX-License-Identifier: BSL-1.0
// Tar archives of a test's own making, sound or not: POSIX.1-1988 ustar and POSIX.1-2001 pax.
#pragma once

#include <imgcompose/archive.hpp>

#include <tests/support/run.hpp>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imgcompose_test {

struct tar_member {
    std::string name{};
    std::string content{};
    char type = '0'; ///< '1' hard link, '2' symbolic link, '3' and '4' devices, '5' directory, '6' fifo
    std::string link{};
    std::string mode = "0000644", uid = "0000000", gid = "0000000", mtime = "00000000001";
    std::string size{}; ///< that of the content if empty
    std::string major = "0000000", minor = "0000000";
};

inline std::string padded(std::string s) {
    s.resize((s.size() + 511) / 512 * 512);
    return s;
}

/// A number of eight bytes as GNU tar stores large or negative ones.
inline std::string base_256(std::int64_t value) {
    std::string s(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) s[7 - i] = static_cast<char>(value >> (8 * i) & 0xff);
    s[0] = static_cast<char>(value < 0 ? s[0] : (s[0] & 0x7f) | 0x80);
    return s;
}

inline std::string to_tar(const tar_member& m) {
    std::string h(512, '\0');
    const auto put = [&](std::size_t at, std::size_t most, std::string_view s) { s.copy(h.data() + at, most); };
    char size[16]{};
    std::snprintf(size, sizeof size, "%011llo", static_cast<unsigned long long>(m.content.size()));
    put(0, 100, m.name), put(100, 8, m.mode), put(108, 8, m.uid), put(116, 8, m.gid);
    put(124, 12, m.size.empty() ? std::string{size} : m.size), put(136, 12, m.mtime);
    h[156] = m.type;
    put(157, 100, m.link), put(257, 6, std::string_view{"ustar\0", 6}), put(263, 2, "00");
    put(329, 8, m.major), put(337, 8, m.minor), put(148, 8, "        ");
    unsigned sum = 0;
    for (const char c : h) sum += static_cast<unsigned char>(c);
    std::snprintf(size, sizeof size, "%06o", sum);
    put(148, 7, std::string_view{size, 7});
    return h + padded(m.content);
}

/// The header before a member that has these records.
inline std::string pax(const std::vector<std::pair<std::string, std::string>>& records) {
    std::string all;
    for (const auto& [key, value] : records) {
        const std::string rest = ' ' + key + '=' + value + '\n';
        std::size_t length = rest.size() + 1;
        while (std::to_string(length).size() + rest.size() != length) ++length;
        all += std::to_string(length) + rest;
    }
    return to_tar({.name = "PaxHeaders/x", .content = all, .type = 'x'});
}

inline const std::string end_of_tar(1024, '\0');

inline std::string tar_of(const std::vector<tar_member>& members) {
    std::string all;
    for (const tar_member& m : members) all += to_tar(m);
    return all + end_of_tar;
}

inline imgcompose::tree tree_of(const std::string& archive, const imgcompose::archive_options& options = {}) {
    const temp_dir dir;
    write_file(dir / "made.tar", archive);
    return imgcompose::archive(dir / "made.tar", options);
}

} // namespace imgcompose_test
