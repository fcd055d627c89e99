// SPDX-License-Identifier: BSL-1.0
// How far a long work is: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <imgcompose/core/units.hpp>

#include <chrono>
#include <string>

namespace command {

class progress_line {
public:
    explicit progress_line(std::string what, bool quiet = false);
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;
    /// Ends the line, so that what follows begins on its own.
    ~progress_line();

    void show(imgcompose::bytes done, imgcompose::bytes total);

private:
    using clock = std::chrono::steady_clock;

    std::string what_;
    bool quiet_;
    bool terminal_;
    bool drawn_ = false;
    clock::time_point next_;
};

} // namespace command
