// SPDX-License-Identifier: BSL-1.0
// The functions of new_file.hpp.
#pragma once

#include <imgcompose/write/new_file.hpp>
#include <imgcompose/os/file.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void not_a_file_to_replace(std::string_view path, file_type type) {
    throw input_error(text::join(path, " is a ", name_of(type),
                                 ", which no new file can take the place of; write to it as "
                                 "an existing file"));
}

[[noreturn]] inline void no_free_temporary_name(std::string_view path) {
    throw input_error(text::join("no temporary name beside ", path, " is free; remove the *.partial files there"));
}
} // namespace fail

template <class F> os::answer new_file::with_temporary_name(const F& f) {
    const auto slash = target_.rfind('/');
    const std::size_t name_at = slash == std::string::npos ? 0 : slash + 1;
    const std::string beside = target_.substr(0, name_at) + '.' + target_.substr(name_at, 200); // a name has 255
    for (int attempt = 0; attempt < 1000; ++attempt) {
        std::string name = attempt == 0 ? beside + ".partial" : text::join(beside, '.', attempt, ".partial");
        os::answer a = f(name.c_str());
        if (os::is_error(a, std::errc::file_exists) && remove_abandoned(name)) a = f(name.c_str());
        if (os::is_error(a, std::errc::file_exists)) continue;
        if (a < 0) fail::system_refused(a, "cannot create", name);
        temporary_ = std::move(name);
        return a;
    }
    fail::no_free_temporary_name(target_);
}

IMGCOMPOSE_INLINE void new_file::begin(const std::string& path) {
    target_ = behind_symlinks(path);
    os::file_status old;
    const bool replaces = os::file::try_status_at(os::working_directory, target_.c_str(), true, old) >= 0;
    if (replaces && old.type != file_type::regular) fail::not_a_file_to_replace(path, old.type);
    const os::answer unnamed =
        os::file::try_open(os::working_directory, directory().c_str(), os::open_mode::create_unnamed);
    if (unnamed >= 0) file_ = {static_cast<os::handle>(unnamed), target_};
    else file_ = create_beside_target();
    (void)file_.try_lock(); // tells others that somebody still writes it
    if (replaces) take_attributes(old);
}

IMGCOMPOSE_INLINE void new_file::finish(bool sync) {
    if (sync) file_.sync();
    if (temporary_.empty()) name_it();
    file_.close();
    if (!temporary_.empty()) os::rename(temporary_, target_);
    temporary_.clear();
    if (sync) os::file::open(directory(), os::open_mode::directory).sync();
}

IMGCOMPOSE_INLINE void new_file::abandon() noexcept {
    file_ = {};
    if (!temporary_.empty()) os::remove_if_possible(temporary_);
    temporary_.clear();
}

IMGCOMPOSE_INLINE std::string new_file::behind_symlinks(std::string path) {
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

IMGCOMPOSE_INLINE std::string new_file::directory() const {
    const auto slash = target_.rfind('/');
    return slash == std::string::npos ? "." : target_.substr(0, slash + 1);
}

IMGCOMPOSE_INLINE void new_file::take_attributes(const os::file_status& old) const {
    const os::file_status own = file_.status();
    auto mode = static_cast<std::uint16_t>(old.mode & 0777);
    if (own.uid != old.uid || own.gid != old.gid) {
        const bool all = file_.try_set_owner(old.uid, old.gid) >= 0;
        const bool group = all || own.gid == old.gid || file_.try_set_owner(own.uid, old.gid) >= 0;
        // Another group than the old one may do no more than everybody.
        if (!group) mode = static_cast<std::uint16_t>(mode & (0707 | (mode & 7) << 3));
    }
    if (mode != own.mode) (void)file_.try_set_mode(mode);
}

IMGCOMPOSE_INLINE bool new_file::remove_abandoned(const std::string& name) {
    os::file_status s;
    if (os::file::try_status_at(os::working_directory, name.c_str(), false, s) < 0 || s.type != file_type::regular)
        return false;
    const os::answer a = os::file::try_open(os::working_directory, name.c_str(), os::open_mode::read_write);
    if (a < 0) return false;
    const os::file left{static_cast<os::handle>(a), name};
    if (left.try_lock() < 0) return false;
    os::remove_if_possible(name);
    return true;
}

IMGCOMPOSE_INLINE os::file new_file::create_beside_target() {
    const os::answer a = with_temporary_name([](const char* name) {
        return os::file::try_open(os::working_directory, name, os::open_mode::create_new);
    });
    return {static_cast<os::handle>(a), temporary_};
}

IMGCOMPOSE_INLINE void new_file::name_it() {
    const os::answer a = file_.try_link(target_.c_str());
    if (a >= 0) return;
    if (!os::is_error(a, std::errc::file_exists)) fail::system_refused(a, "cannot create", target_);
    with_temporary_name([&](const char* name) { return file_.try_link(name); });
}

IMGCOMPOSE_NAMESPACE_END
