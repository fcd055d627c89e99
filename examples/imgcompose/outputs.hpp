// SPDX-License-Identifier: BSL-1.0
// Where an image goes: files of several formats, standard output, all in one pass.
#pragma once

#include "commands.hpp"

#include <imgcompose/core/error.hpp>
#include <imgcompose/image/image.hpp>

#include <filesystem>
#include <string>

namespace command {

enum class output_format { raw, android_sparse, qcow2, gzip, zstd };

/// By the end of the name. Throws imgcompose::input_error if it is that of a format that cannot be written.
output_format format_of(const std::filesystem::path& file);

/// Writing was given up because a signal came.
struct stopped_by_signal : imgcompose::error {
    stopped_by_signal(int signal, const std::string& file)
        : error("stopped by signal " + std::to_string(signal) + " before " + file + " was complete"), number(signal) {}
    int number;
};

/// Throws what cannot be an output, before an image is made for it.
void check(const output_options& o);
void save(const imgcompose::image& made, const output_options& o);

} // namespace command
