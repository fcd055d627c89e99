// SPDX-License-Identifier: BSL-1.0
// A file that appears under its name when it is whole, and not before.
#pragma once

#include <imgcompose/os/file.hpp>

#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

/// What is at the path stays until the new file is whole, and if anything fails. Where the filesystem can, the file has
/// no name until then, so that not even a killed process leaves a part of it; elsewhere it is called `.NAME.partial`, and
/// who comes next removes it. Symbolic links are followed. A file that is replaced hands on its mode and, as far as the
/// system allows it, its owner and group, but no extended attributes; other names of it (hard links) keep the old content.
class new_file {
public:
    new_file() = default;
    new_file(const new_file&) = delete;
    new_file& operator=(const new_file&) = delete;
    ~new_file() { abandon(); }

    /// Throws input_error if something other than a file is at `path`, io_error if none can be made there.
    void begin(const std::string& path);
    /// Open between `begin` and `finish`.
    [[nodiscard]] const os::file& file() const { return file_; }

    /// Puts it in the place of the target. `sync`: with its content and name on the medium before this returns.
    void finish(bool sync);
    void abandon() noexcept;

private:
    /// Where a chain of symbolic links ends, so that a file is replaced there and the links stay.
    static std::string behind_symlinks(std::string path);
    [[nodiscard]] std::string directory() const;

    /// Before there is anything in the file that not all may read.
    void take_attributes(const os::file_status& old) const;

    /// Tries names beside the target until `f(name)` is not refused because there is such a file; its answer.
    template <class F> os::answer with_temporary_name(const F& f);
    /// Whether it removed what somebody left who writes it no longer.
    static bool remove_abandoned(const std::string& name);
    os::file create_beside_target();
    /// The target's name, or if that is taken a temporary one to be put in its place.
    void name_it();

    std::string target_, temporary_;
    os::file file_;
};

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/write/new_file_impl.hpp>
#endif
