// SPDX-License-Identifier: BSL-1.0
// The calls by the standard library alone, for systems that have no header of their own: slower, without owners,
// extended attributes, hard links, holes and devices.
#pragma once

#include <imgcompose/os/calls.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

class portable_calls final : public calls {
public:
    answer open(handle directory, const char* name, open_mode mode) override {
        const std::lock_guard lock{mutex_};
        auto made = std::make_unique<opened>();
        made->path = path_of(directory, name);
        if (mode == open_mode::create_unnamed || mode == open_mode::direct) return unsupported();
        std::error_code code;
        const bool is_directory = std::filesystem::is_directory(made->path, code);
        if (mode == open_mode::directory || mode == open_mode::directory_only) {
            if (!is_directory) return refused(code, std::errc::not_a_directory);
        } else {
            if (is_directory) return refused({}, std::errc::is_a_directory);
            if (mode == open_mode::read_no_link && std::filesystem::is_symlink(made->path, code))
                return refused({}, std::errc::too_many_symbolic_link_levels);
            if (mode == open_mode::create_new) {
                errno = 0;
                std::FILE* const created = std::fopen(made->path.string().c_str(), "wbx");
                if (created == nullptr) return refused_by_errno();
                std::fclose(created);
            }
            errno = 0;
            const bool only_reads = mode == open_mode::read || mode == open_mode::read_no_link;
            made->stream.open(made->path, only_reads ? std::ios::binary | std::ios::in
                                                     : std::ios::binary | std::ios::in | std::ios::out);
            if (!made->stream) return refused_by_errno();
        }
        opened_.emplace(++last_, std::move(made));
        return last_;
    }
    answer close(handle h) override {
        const std::lock_guard lock{mutex_};
        opened& f = at(h);
        f.stream.flush();
        const bool written = !f.stream.fail();
        opened_.erase(h);
        return written ? 0 : unsupported(std::errc::io_error);
    }

    answer status(handle h, file_status& to) override {
        const std::lock_guard lock{mutex_};
        if (at(h).stream.is_open()) at(h).stream.flush();
        return status_of_path(at(h).path, true, to);
    }
    answer status_at(handle directory, const char* name, bool follow, file_status& to) override {
        const std::lock_guard lock{mutex_};
        return status_of_path(path_of(directory, name), follow, to);
    }

    answer read_at(handle h, offset from, std::span<std::byte> to) override {
        const std::lock_guard lock{mutex_};
        auto& s = at(h).stream;
        s.clear();
        s.seekg(static_cast<std::streamoff>(from.count));
        s.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
        if (s.bad()) return unsupported(std::errc::io_error);
        return s.gcount();
    }
    answer read_many_at(handle h, offset from, std::span<const std::span<std::byte>> to) override {
        answer sum = 0;
        for (const std::span<std::byte> piece : to) {
            const answer a = read_at(h, from + bytes{static_cast<std::uint64_t>(sum)}, piece);
            if (a < 0) return sum != 0 ? sum : a;
            sum += a;
            if (static_cast<std::size_t>(a) != piece.size()) break;
        }
        return sum;
    }
    answer write_at(handle h, offset to, std::span<const std::byte> from) override {
        const std::lock_guard lock{mutex_};
        auto& s = at(h).stream;
        s.clear();
        s.seekp(static_cast<std::streamoff>(to.count));
        errno = 0;
        s.write(reinterpret_cast<const char*>(from.data()), static_cast<std::streamsize>(from.size()));
        if (!s) return refused_by_errno();
        return static_cast<answer>(from.size());
    }
    answer write_next(handle h, std::span<const std::byte> from) override {
        const std::lock_guard lock{mutex_};
        if (h != standard_output) return unsupported(std::errc::bad_file_descriptor);
        errno = 0;
        const bool written = std::fwrite(from.data(), 1, from.size(), stdout) == from.size() && std::fflush(stdout) == 0;
        return written ? static_cast<answer>(from.size()) : refused_by_errno();
    }
    answer copy_range(handle, offset, handle, offset, bytes) override {
        return unsupported(std::errc::function_not_supported);
    }
    answer clone_range(handle, offset, handle, offset, bytes) override { return unsupported(); }
    answer seek_data(handle, offset) override { return unsupported(); }
    answer seek_hole(handle, offset) override { return unsupported(); }

    answer set_size(handle h, bytes size) override {
        const std::lock_guard lock{mutex_};
        at(h).stream.flush();
        std::error_code code;
        std::filesystem::resize_file(at(h).path, size.count, code);
        return code ? refused(code) : 0;
    }
    answer lock(handle) override { return unsupported(); }
    answer set_owner(handle, std::uint32_t, std::uint32_t) override { return unsupported(); }
    answer set_mode(handle h, std::uint16_t mode) override {
        const std::lock_guard lock{mutex_};
        std::error_code code;
        std::filesystem::permissions(at(h).path, static_cast<std::filesystem::perms>(mode), code);
        return code ? refused(code) : 0;
    }
    answer allocate(handle, offset, bytes) override { return unsupported(); }
    answer start_sync(handle, offset, bytes) override { return unsupported(); }
    answer punch_hole(handle, offset, bytes) override { return unsupported(); }
    answer zero_sectors(handle, offset, bytes) override { return unsupported(); }
    answer discard_sectors(handle, offset, bytes) override { return unsupported(); }
    answer sync(handle h) override {
        const std::lock_guard lock{mutex_};
        auto& f = at(h);
        if (f.stream.is_open() && !f.stream.flush()) return unsupported(std::errc::io_error);
        return 0;
    }
    answer forget_cached(handle) override { return 0; }
    answer geometry(handle, device_geometry&) override { return unsupported(); }

    answer rename(const char* from, const char* to) override {
        std::error_code code;
        std::filesystem::rename(from, to, code);
        return code ? refused(code) : 0;
    }
    answer link(handle, const char*) override { return unsupported(); }
    answer remove(const char* path) override {
        std::error_code code;
        return std::filesystem::remove(path, code) ? 0 : refused(code, std::errc::no_such_file_or_directory);
    }

    answer read_names(handle directory, name_list& to) override {
        const std::lock_guard lock{mutex_};
        opened& d = at(directory);
        if (d.listed) return 0;
        d.listed = true;
        std::error_code code;
        std::filesystem::directory_iterator next{d.path, code};
        for (; !code && next != std::filesystem::directory_iterator{}; next.increment(code)) {
            const std::string name = next->path().filename().string();
            to.at.push_back(static_cast<std::uint32_t>(to.text.size()));
            to.text.insert(to.text.end(), name.c_str(), name.c_str() + name.size() + 1);
        }
        return code ? refused(code) : static_cast<answer>(to.size());
    }
    answer read_link(handle directory, const char* name, std::span<char> to) override {
        const std::lock_guard lock{mutex_};
        std::error_code code;
        const std::string target = std::filesystem::read_symlink(path_of(directory, name), code).string();
        if (code) return refused(code);
        return static_cast<answer>(target.copy(to.data(), to.size()));
    }
    answer now() override {
        const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count();
    }
    answer list_xattrs(handle, const char*, std::span<char>) override { return unsupported(); }
    answer get_xattr(handle, const char*, const char*, std::span<char>) override { return unsupported(); }

private:
    struct opened {
        std::filesystem::path path{};
        std::fstream stream{};
        bool listed = false;
    };

    static answer unsupported(std::errc why = std::errc::operation_not_supported) { return -static_cast<answer>(why); }
    static answer refused(std::error_code code, std::errc otherwise = std::errc::io_error) {
        return code ? -answer{code.default_error_condition().value()} : unsupported(otherwise);
    }
    static answer refused_by_errno() { return errno != 0 ? -answer{errno} : unsupported(std::errc::io_error); }

    opened& at(handle h) { return *opened_.at(h); }
    std::filesystem::path path_of(handle directory, const char* name) {
        return directory == working_directory ? std::filesystem::path{name} : at(directory).path / name;
    }

    static file_type type_of(std::filesystem::file_type t) {
        switch (t) {
        case std::filesystem::file_type::directory: return file_type::directory;
        case std::filesystem::file_type::symlink: return file_type::symlink;
        case std::filesystem::file_type::character: return file_type::character_device;
        case std::filesystem::file_type::block: return file_type::block_device;
        case std::filesystem::file_type::fifo: return file_type::fifo;
        case std::filesystem::file_type::socket: return file_type::socket;
        default: return file_type::regular;
        }
    }
    static answer status_of_path(const std::filesystem::path& path, bool follow, file_status& to) {
        std::error_code code;
        const auto s = follow ? std::filesystem::status(path, code) : std::filesystem::symlink_status(path, code);
        if (s.type() == std::filesystem::file_type::not_found || s.type() == std::filesystem::file_type::none)
            return refused(code, std::errc::no_such_file_or_directory);
        to = {};
        to.type = type_of(s.type());
        to.mode = static_cast<std::uint16_t>(s.permissions() & std::filesystem::perms::mask);
        if (to.type == file_type::symlink) return 0;
        if (to.type == file_type::regular) to.size = to.allocated = bytes{std::filesystem::file_size(path, code)};
        const auto time = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(path, code));
        if (code) return refused(code);
        const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
        to.mtime_seconds = seconds.time_since_epoch().count();
        to.mtime_nanoseconds = static_cast<std::uint32_t>(std::chrono::nanoseconds{time - seconds}.count());
        to.ctime_seconds = to.mtime_seconds, to.ctime_nanoseconds = to.mtime_nanoseconds; // no other is known
        return 0;
    }

    std::mutex mutex_;
    std::map<handle, std::unique_ptr<opened>> opened_;
    handle last_ = 2; // those below are standard input, output and error
};

/// Where writing raises no signals.
struct portable_write_errors_without_signals {
    portable_write_errors_without_signals() {} // not trivial, so that a variable of it is not unused
};

} // namespace os
IMGCOMPOSE_NAMESPACE_END
