// SPDX-License-Identifier: BSL-1.0
// How an image is written, and what is told about it.
#pragma once

#include <imgcompose/core/function.hpp>
#include <imgcompose/core/units.hpp>
#include <imgcompose/os/calls.hpp>
#include <imgcompose/write/digest.hpp>

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Thrown by what was asked to stop.
class cancelled : public error {
public:
    cancelled() : error("cancelled before the end") {}
};

/// How much is written of what takes time: of the data, and of zeros where a device or a pipe has to be given them.
struct progress {
    /// Data that is written so far.
    bytes done{};
    /// Data that there is to write.
    bytes total{};
};

/// How `write` goes about it.
struct write_options {
    /// Threads that read and write; 0: one a processor, at most four. Each digest and each sink that wants all in order
    /// has one of its own beside.
    std::size_t jobs = 0;
    bool fsync = false;            ///< wait until it is on the medium; otherwise only a crash of the system can tear it
    /// Ask each small source file, after it was read, whether it is what it was when planned. Without, only writing over
    /// one in place with as many bytes goes unnoticed (see source_opener). A system call a file more.
    bool ask_each_source = false;
    std::vector<digest*> digests{}; ///< each is given all bytes of the image
    function<void(const progress&)> on_progress{}; ///< from any thread, one at a time; what it throws ends the writing
    std::stop_token cancel{};                           ///< `cancelled` is thrown soon after a stop was requested
};

/// What `write` did.
struct write_report {
    bytes data{}, zero{}, undefined{}; ///< of the image; together its size
    os::call_counts calls{};           ///< made by reading the sources and writing the sink
};

IMGCOMPOSE_NAMESPACE_END
