// SPDX-License-Identifier: BSL-1.0
// What an image file was made of, kept beside it so that the next one takes over what has not changed.
#pragma once

#include <imgcompose/core/siphash.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/image/source_files.hpp>
#include <imgcompose/os/file.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void not_a_saved_plan(std::string_view name, std::size_t line) {
    throw input_error(text::join(name, ":", line,
                                 ": this is no plan that was saved with an image; remove it, and the "
                                 "image is made anew"));
}
} // namespace fail

/// Which ranges of an image hold what of which file. A range is known by a hash of the file's path, size, inode, times of
/// modification and of change, and the position in it: a file with other bytes under an old time is another one. Bytes
/// that were made and not read from a file are not in it, nor are files changed so shortly before planning that their
/// times prove nothing.
struct saved_plan {
    struct range {
        offset at{};
        bytes size{};
        hash128 key{}; ///< `zero_key` for zeros
        friend bool operator==(const range&, const range&) = default;
    };
    static constexpr hash128 zero_key{};

    bytes image_size{};
    std::vector<range> ranges{}; ///< in order of `at`
    /// The image file as it was when it was complete. Another one there now is not the image of this plan.
    bytes file_size{};
    std::uint64_t file_state = 0; ///< source_files::state_of

    friend bool operator==(const saved_plan&, const saved_plan&) = default;
};

namespace detail {

/// Makes the keys of one image's extents.
class plan_keys {
public:
    explicit plan_keys(const image& of) : image_(of) {}

    /// Nothing for bytes that no file, or a file that may have changed unseen, holds.
    [[nodiscard]] std::optional<hash128> key(const extent& e) {
        if (e.kind() == byte_kind::zero) return saved_plan::zero_key;
        if (!e.has_source()) return {};
        const auto* const held = std::get_if<std::shared_ptr<const source_files>>(&image_.sources()[e.source]);
        if (held == nullptr) return {};
        const source_files& files = **held;
        const auto& file = files.at(e.item);
        if (!source_files::tells_changes(file.mark)) return {};
        if (files_ != &files || directory_ != file.directory) {
            files_ = &files, directory_ = file.directory;
            path_ = std::filesystem::absolute(files.directory_path(file.directory)).string() + '/';
            directory_length_ = path_.size();
        }
        path_.resize(directory_length_);
        path_ += files.name(e.item);
        path_ += '\0';
        for (const std::uint64_t n : {file.size, file.mark, e.from.count}) (path_ += std::to_string(n)) += ' ';
        return siphash128({0x696d67636f6d706f, 0x736520706c616e00}, path_);
    }

private:
    const image& image_;
    const source_files* files_ = nullptr;
    source_files::directory_id directory_ = 0;
    std::string path_;
    std::size_t directory_length_ = 0;
};

} // namespace detail

/// What there is to know of an image that was written to `file`.
inline saved_plan plan_of(const image& written, const std::filesystem::path& file) {
    const os::file_status now = os::status_of(file.string());
    saved_plan p{.image_size = written.size(),
                 .file_size = now.size,
                 .file_state = source_files::state_of(now)};
    detail::plan_keys keys{written};
    for (const extent& e : written.extents())
        if (const auto key = keys.key(e)) p.ranges.push_back({e.at, e.size, *key});
    return p;
}

namespace detail {
inline constexpr std::string_view saved_plan_title = "imgcompose-plan ", saved_plan_version = "2\n";
} // namespace detail

/// As text: a line of `imgcompose-plan 2`, one of sizes and state, then one a range, numbers in hexadecimal.
inline std::string to_text(const saved_plan& p) {
    std::string s = text::join(detail::saved_plan_title, detail::saved_plan_version);
    const auto number = [&](std::uint64_t n, char end) {
        char digits[16];
        s.append(digits, std::to_chars(digits, digits + sizeof digits, n, 16).ptr);
        s += end;
    };
    number(p.image_size.count, ' ');
    number(p.file_size.count, ' ');
    number(p.file_state, ' ');
    number(p.ranges.size(), '\n');
    for (const saved_plan::range& r : p.ranges) {
        number(from_start(r.at).count, ' ');
        number(r.size.count, ' ');
        number(r.key[0], ' ');
        number(r.key[1], '\n');
    }
    return s;
}

/// Whether a text is a plan of another version of this library, of no use to this one.
inline bool is_foreign_plan(std::string_view s) {
    return s.starts_with(detail::saved_plan_title) &&
           !s.substr(detail::saved_plan_title.size()).starts_with(detail::saved_plan_version);
}

/// Reads it back. `name` is what messages call it. Throws input_error if it is not what `to_text` makes.
inline saved_plan parse_saved_plan(std::string_view s, std::string_view name) {
    if (!s.starts_with(detail::saved_plan_title) || is_foreign_plan(s)) fail::not_a_saved_plan(name, 1);
    s.remove_prefix(detail::saved_plan_title.size() + detail::saved_plan_version.size());
    std::size_t line = 2;
    const auto number = [&](char end) {
        std::uint64_t n = 0;
        const auto [next, error] = std::from_chars(s.data(), s.data() + s.size(), n, 16);
        if (error != std::errc{} || next == s.data() + s.size() || *next != end) fail::not_a_saved_plan(name, line);
        s.remove_prefix(static_cast<std::size_t>(next - s.data()) + 1);
        if (end == '\n') ++line;
        return n;
    };
    saved_plan p;
    p.image_size = bytes{number(' ')};
    p.file_size = bytes{number(' ')};
    p.file_state = number(' ');
    const std::uint64_t count = number('\n');
    if (count > s.size()) fail::not_a_saved_plan(name, 2); // a range has more than one character
    p.ranges.reserve(static_cast<std::size_t>(count));
    bytes end{};
    for (std::uint64_t i = 0; i < count; ++i) {
        saved_plan::range r;
        const bytes at{number(' ')};
        r.at = offset{at};
        r.size = bytes{number(' ')};
        r.key[0] = number(' ');
        r.key[1] = number('\n');
        const bool fits = at >= end && r.size <= p.image_size && at <= p.image_size - r.size;
        if (!fits) fail::not_a_saved_plan(name, line - 1);
        end = at + r.size;
        p.ranges.push_back(r);
    }
    if (!s.empty()) fail::not_a_saved_plan(name, line);
    return p;
}

IMGCOMPOSE_NAMESPACE_END
