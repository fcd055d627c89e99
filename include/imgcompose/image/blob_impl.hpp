// SPDX-License-Identifier: BSL-1.0
// The functions of blob.hpp.
#pragma once

#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/image/source_files.hpp>
#include <imgcompose/os/file.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void file_too_large(std::string_view path, bytes size, bytes maximum) {
    throw input_error(text::join(path, " has ", size.count, " bytes, ", (size - maximum).count, " more than the ",
                                 maximum.count, " that may be used here"));
}

[[noreturn]] inline void file_too_short(std::string_view path, bytes size, bytes needed) {
    throw input_error(text::join(path, " has ", size.count, " bytes, but ", needed.count, " were asked for"));
}

[[noreturn]] inline void not_a_regular_file(std::string_view path) {
    throw input_error(text::join(path, " is not a regular file, so its bytes cannot be placed in an image"));
}
} // namespace fail

IMGCOMPOSE_INLINE image blob(const std::filesystem::path& path, const blob_options& options) {
    const std::string name = path.string();
    const os::file_status status = os::status_of(name);
    if (status.type != file_type::regular) fail::not_a_regular_file(name);
    const bytes needed = options.skip + options.size.value_or(bytes{});
    if (status.size < needed) fail::file_too_short(name, status.size, needed);
    const bytes taken = options.size.value_or(status.size - options.skip);
    if (options.maximum && taken > *options.maximum) fail::file_too_large(name, taken, *options.maximum);

    const bytes padded = options.pad_to == bytes{} ? taken : align_up(taken, options.pad_to);
    image result{padded};
    auto files = std::make_shared<source_files>();
    files->set_planned_at(os::file_clock_now());
    const auto slash = name.rfind('/');
    const auto directory = files->add_root(slash == std::string::npos ? "" : name.substr(0, slash + 1));
    const auto file = files->add_file(directory, slash == std::string::npos ? name : name.substr(slash + 1),
                                      status.size, files->mark(status));
    const auto index = result.add_source(std::shared_ptr<const source_files>{std::move(files)});
    result.append({.size = taken, .from = options.skip, .source = index, .item = file});
    if (padded > taken) result.place(offset{taken}, fill(padded - taken, options.pad_with));
    return result;
}

IMGCOMPOSE_NAMESPACE_END
