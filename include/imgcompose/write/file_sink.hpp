// SPDX-License-Identifier: BSL-1.0
// Files and block devices that an image is written to.
#pragma once

#include <imgcompose/write/sink.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void not_a_file_to_replace(std::string_view path, file_type type) {
    throw input_error(text::join(path, " is a ", name_of(type), ", which no new file can take the place of; write to it as "
                                 "an existing file"));
}
[[noreturn]] inline void cannot_be_written_into(std::string_view path, file_type type) {
    throw input_error(text::join(path, " is a ", name_of(type), "; an image goes into a regular file or a block device"));
}
[[noreturn]] inline void device_too_small(std::string_view path, bytes size, bytes needed) {
    throw layout_error(text::join(path, " has ", size.count, " bytes, ", (needed - size).count, " fewer than the image of ",
                                  needed.count));
}
[[noreturn]] inline void no_free_temporary_name(std::string_view path) {
    throw input_error(text::join("no temporary name beside ", path, " is free; remove the *.partial files there"));
}
} // namespace fail

namespace detail {

inline bool all_zero(std::span<const std::byte> s) {
    return s.empty() || (s.front() == std::byte{} && std::memcmp(s.data(), s.data() + 1, s.size() - 1) == 0);
}

/// Bytes copied, 0 if the system cannot.
inline bytes copy_in_system(const os::file& to, offset at, const os::file& from, offset from_at, bytes size) {
    bytes done{};
    while (done < size) {
        const os::answer a = to.try_copy_from(from, from_at + done, at + done, size - done);
        if (a <= 0) break; // that it cannot, or a failure: reading and writing the rest tells of which file
        done += bytes{static_cast<std::uint64_t>(a)};
    }
    return done;
}

/// Where a chain of symbolic links ends, so that a file is replaced there and the links stay.
inline std::string behind_symlinks(std::string path) {
    for (int links = 0; links < 40; ++links) { // as many as Linux follows
        std::array<char, 4097> target{};
        const os::answer length = os::file::try_read_link(os::working_directory, path.c_str(), target);
        if (length <= 0) return path;
        const std::string_view next{target.data(), static_cast<std::size_t>(length)};
        const auto slash = path.rfind('/');
        if (next.starts_with('/') || slash == std::string::npos) path = next;
        else path.replace(slash + 1, std::string::npos, next);
    }
    return path;
}

} // namespace detail

/// A new file. It is made under a temporary name beside `path` and takes the place of what is there when it is whole;
/// until then, and if anything fails, what is there stays. Zero and undefined bytes become holes, and so does data of
/// nothing but zeros. Symbolic links are followed.
class sparse_file final : public sink {
public:
    explicit sparse_file(const std::filesystem::path& path) : path_(path.string()) {}
    ~sparse_file() override { abandon(); }

    [[nodiscard]] bool in_order() const override { return false; }
    [[nodiscard]] bool joins_small_gaps() const override { return true; }

    void begin(bytes size) override {
        target_ = detail::behind_symlinks(path_);
        os::file_status old;
        if (os::file::try_status_at(os::working_directory, target_.c_str(), true, old) >= 0 &&
            old.type != file_type::regular)
            fail::not_a_file_to_replace(path_, old.type);
        file_ = create_beside_target();
        file_.set_size(size);
    }
    void data(offset at, std::span<const std::byte> content) override {
        // Runs of zeros that are worth a hole. What is written in one piece is written fastest.
        const std::size_t head = std::min<std::size_t>((align_up(at, block) - at).count, content.size());
        std::size_t written = 0;
        for (std::size_t i = head; i + block.count <= content.size();) {
            std::size_t end = i;
            while (end + block.count <= content.size() && detail::all_zero(content.subspan(end, block.count)))
                end += block.count;
            if (end - i >= least_hole.count) {
                if (i != written) file_.write_exactly_at(at + bytes{written}, content.subspan(written, i - written));
                written = end;
            }
            i = end + block.count;
        }
        if (written != content.size()) file_.write_exactly_at(at + bytes{written}, content.subspan(written));
    }
    void zero(offset, bytes) override {}
    void undefined(offset, bytes) override {}
    bytes copy(offset at, const os::file& from, offset from_at, bytes size) override {
        return detail::copy_in_system(file_, at, from, from_at, size);
    }
    void finish(bool sync) override {
        if (sync) file_.sync();
        file_.close();
        os::rename(temporary_, target_);
        temporary_.clear();
        if (sync) os::file::open(directory_of(target_), os::open_mode::directory).sync();
    }
    void abandon() noexcept override {
        file_ = {};
        if (!temporary_.empty()) os::remove_if_possible(temporary_);
        temporary_.clear();
    }

private:
    static constexpr bytes block{4096};
    static constexpr bytes least_hole{32768};

    static std::string directory_of(const std::string& path) {
        const auto slash = path.rfind('/');
        return slash == std::string::npos ? "." : path.substr(0, slash + 1);
    }
    os::file create_beside_target() {
        const auto slash = target_.rfind('/');
        const std::size_t name_at = slash == std::string::npos ? 0 : slash + 1;
        const std::string beside = target_.substr(0, name_at) + '.' + target_.substr(name_at, 200); // a name has 255
        for (int attempt = 0; attempt < 1000; ++attempt) {
            std::string name = attempt == 0 ? beside + ".partial" : text::join(beside, '.', attempt, ".partial");
            const os::answer a =
                os::file::try_open(os::working_directory, name.c_str(), os::open_mode::create_new);
            if (os::is_error(a, std::errc::file_exists)) continue;
            if (a < 0) fail::system_refused(a, "cannot create", name);
            temporary_ = name;
            return {static_cast<os::handle>(a), std::move(name)};
        }
        fail::no_free_temporary_name(path_);
    }

    std::string path_, target_, temporary_;
    os::file file_;
};

/// What is done with bytes that nobody will read before writing them.
enum class undefined_bytes : std::uint8_t {
    leave,   ///< nothing
    discard, ///< a hole in a file; a device is told that it need not keep them
};

/// A file or block device that exists. Data is written, zeros become holes or are zeroed by the device, and what is
/// undefined stays as it was unless it is to be discarded; an undefined range without a whole block of 4 KiB may become
/// zero. A shorter file grows; a longer one keeps its end. When something fails it holds a part of the image.
class existing_file final : public sink {
public:
    explicit existing_file(const std::filesystem::path& path, undefined_bytes u = undefined_bytes::leave)
        : path_(path.string()), undefined_(u) {}

    [[nodiscard]] bool in_order() const override { return false; }
    [[nodiscard]] bool joins_small_gaps() const override { return true; }

    void begin(bytes size) override {
        status_ = os::status_of(path_);
        if (status_.type == file_type::block_device) {
            file_ = os::file::open(path_, os::open_mode::exclusive);
            const os::device_geometry device = file_.geometry();
            if (device.size < size) fail::device_too_small(path_, device.size, size);
            sector_size_ = device.sector_size;
        } else if (status_.type == file_type::regular) {
            file_ = os::file::open(path_, os::open_mode::read_write);
            if (status_.size < size) file_.set_size(size);
        } else {
            fail::cannot_be_written_into(path_, status_.type);
        }
    }
    void data(offset at, std::span<const std::byte> content) override { file_.write_exactly_at(at, content); }
    void zero(offset at, bytes size) override { file_.make_zero(at, size, status_, sector_size_); }
    void undefined(offset at, bytes size) override {
        if (undefined_ == undefined_bytes::leave) return;
        if (status_.type == file_type::regular) return void(file_.try_punch_hole(at, size)); // it may be unable to
        const offset first = align_up(at, sector_size_), last = align_down(at + size, sector_size_);
        if (first < last) (void)file_.try_discard(first, last - first);
    }
    bytes copy(offset at, const os::file& from, offset from_at, bytes size) override {
        return detail::copy_in_system(file_, at, from, from_at, size);
    }
    void finish(bool sync) override {
        if (sync) file_.sync();
        file_.close();
    }
    void abandon() noexcept override { file_ = {}; }

private:
    std::string path_;
    undefined_bytes undefined_;
    os::file file_;
    os::file_status status_;
    bytes sector_size_{512};
};

IMGCOMPOSE_NAMESPACE_END
