// SPDX-License-Identifier: BSL-1.0
// Trees and folders that the benchmarks work on.
#pragma once

#include <imgcompose/tree/steps.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>

namespace benchmarks {

/// Small files in memory, a hundred in a directory unless told otherwise.
inline imgcompose::tree small_files(std::size_t count, std::size_t in_a_directory = 100) {
    const auto content = imgcompose::from_text(std::string(600, 'x'));
    imgcompose::tree t;
    for (std::size_t i = 0; i < count; ++i)
        t = std::move(t) | imgcompose::add("/d" + std::to_string(i / in_a_directory) + "/file-" + std::to_string(i), content);
    return t;
}

/// A folder below the fastest place for temporary files, gone with this.
class temporary_folder {
public:
    temporary_folder() {
        const bool has_tmpfs = std::filesystem::is_directory("/dev/shm");
        std::string name = std::string{has_tmpfs ? "/dev/shm" : "/tmp"} + "/imgcompose-bench.XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::filesystem::filesystem_error("mkdtemp", name, std::error_code{errno, std::generic_category()});
        path_ = name;
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

    /// Files of one size that together have `total` bytes.
    void fill(const std::string& name, std::size_t total, std::size_t size) const {
        std::filesystem::create_directory(path_ / name);
        const std::string content(size, 'c');
        for (std::size_t i = 0; i < total / size; ++i) std::ofstream{path_ / name / std::to_string(i), std::ios::binary} << content;
    }

private:
    std::filesystem::path path_;
};

} // namespace benchmarks
