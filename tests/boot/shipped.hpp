// SPDX-License-Identifier: BSL-1.0
// Bootloaders as Debian ships them, and what mkimage says of them.
#pragma once

#include <tests/support/run.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace imgcompose_test {

/// Debian's u-boot-* packages unpacked (tests/real_bootloaders/fetch.sh), or installed.
inline std::filesystem::path shipped_bootloaders() {
    const char* named = std::getenv("IMGCOMPOSE_BOOTLOADERS");
    return named ? named : "/usr/lib/u-boot";
}

/// Which of them: those of this machine's release, or those of the next one too, which are in a folder of that name.
enum class release { own, and_next };

/// All files below with one of these names or extensions that begin with `magic`, in order.
inline std::vector<std::filesystem::path> shipped_files(std::initializer_list<std::string_view> names,
                                                        std::string_view magic = {}, release which = release::own) {
    std::vector<std::filesystem::path> files;
    if (!std::filesystem::exists(shipped_bootloaders())) return files;
    std::filesystem::recursive_directory_iterator all{shipped_bootloaders()};
    for (auto i = begin(all); i != end(all); ++i) {
        const auto& e = *i;
        if (which == release::own && e.path() == shipped_bootloaders() / "next") {
            i.disable_recursion_pending();
            continue;
        }
        const std::string name = e.path().filename().string(), extension = e.path().extension().string();
        if (!e.is_regular_file() ||
            std::ranges::none_of(names, [&](std::string_view n) { return n == name || n == extension; }))
            continue;
        std::string start(magic.size(), '\0');
        std::ifstream{e.path(), std::ios::binary}.read(start.data(), static_cast<std::streamsize>(start.size()));
        if (start == magic) files.push_back(e.path());
    }
    std::ranges::sort(files);
    return files;
}

/// "arm64", which is in files and on command lines, and "AArch64", which `mkimage -l` prints.
class mkimage_names {
public:
    /// Of -A, -C, -O or -T.
    explicit mkimage_names(const std::string& option) {
        std::istringstream lines{run("mkimage " + option + " list").output};
        for (std::string line; std::getline(lines, line);) {
            const auto end = line.find(' ');
            if (!line.starts_with('\t') || end == line.npos) continue;
            long_[line.substr(1, end - 1)] = line.substr(line.find_first_not_of(' ', end));
        }
    }
    [[nodiscard]] std::string long_of(const std::string& name) const {
        const auto i = long_.find(name);
        return i == long_.end() ? std::string{} : i->second;
    }

private:
    std::map<std::string, std::string> long_{};
};

} // namespace imgcompose_test
