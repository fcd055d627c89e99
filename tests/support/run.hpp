// SPDX-License-Identifier: BSL-1.0
// What tests need of the machine: other people's programs, a folder of their own, whole files.
// POSIX only: the library is portable, the machines that test it are Linux.
#pragma once

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/wait.h>
#include <unistd.h>

namespace imgcompose_test {

/// How a program ended and everything it said on both of its outputs, in order.
struct run_result {
    int status = 0; ///< exit status; 128 + N when signal N ended it
    std::string output{};
};

/// The word as the shell reads it back unchanged.
inline std::string quoted(std::string_view word) {
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'') out += "'\\''";
        else out += c;
    }
    return out + '\'';
}

/// The same by a name that std::quoted, which is found for a std::string too, has not.
inline std::string word(std::string_view s) { return imgcompose_test::quoted(s); }

/// Runs a shell command without input, in the C locale and UTC, finding administrators' programs
/// (sgdisk, e2fsck ...) also for ordinary users. Throws only when no shell can be started.
inline run_result run(const std::string& shell_command) {
    const std::string script = "LC_ALL=C TZ=UTC PATH=\"$PATH:/usr/local/sbin:/usr/sbin:/sbin\"; export LC_ALL TZ PATH\n"
                               "exec </dev/null 2>&1\n" +
                               shell_command + '\n';
    std::FILE* pipe = ::popen(script.c_str(), "r");
    if (!pipe) throw std::system_error(errno, std::generic_category(), "cannot run " + shell_command);
    run_result result;
    std::array<char, 65536> buffer{};
    while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe)) result.output.append(buffer.data(), got);
    const int status = ::pclose(pipe);
    result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return result;
}

/// Whether a program can be run.
inline bool have(std::string_view program) { return run("command -v " + quoted(program)).status == 0; }

inline bool is_root() { return ::geteuid() == 0; }

/// A fresh folder under $TMPDIR or /tmp, gone with everything in it when this goes out of scope.
class temp_dir {
public:
    temp_dir() {
        const char* base = std::getenv("TMPDIR");
        std::string name = std::string{base && *base ? base : "/tmp"} + "/imgcompose-test-XXXXXX";
        if (!::mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), "cannot make " + name);
        path_ = name;
    }
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;
    ~temp_dir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_{};
};

/// Where the source tree is: tests are started from its top, by CTest and by hand alike.
inline std::filesystem::path source_dir() {
    if (const char* named = std::getenv("IMGCOMPOSE_SOURCE")) return named;
    return std::filesystem::current_path();
}

/// The checks that live beside the source tree (check-image.sh, compare-tree.py, boot-check.sh).
/// A user's checkout has none. $IMGCOMPOSE_SHARED names another place.
inline std::optional<std::filesystem::path> shared_dir() {
    const char* named = std::getenv("IMGCOMPOSE_SHARED");
    const std::filesystem::path shared = named ? std::filesystem::path{named} : source_dir() / ".." / "shared";
    std::error_code ignored;
    if (!std::filesystem::exists(shared / "check" / "check-image.sh", ignored)) return std::nullopt;
    return std::filesystem::canonical(shared);
}

/// The imgcompose command of this build: CTest says where in $IMGCOMPOSE_COMMAND.
inline std::optional<std::filesystem::path> imgcompose_command() {
    const char* named = std::getenv("IMGCOMPOSE_COMMAND");
    std::error_code ignored;
    if (!named || !std::filesystem::exists(named, ignored)) return std::nullopt;
    return named;
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) throw std::runtime_error("cannot read " + path.string());
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

inline void write_file(const std::filesystem::path& path, std::string_view content) {
    std::filesystem::create_directories(path.parent_path().empty() ? "." : path.parent_path());
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

} // namespace imgcompose_test
