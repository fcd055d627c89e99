// SPDX-License-Identifier: BSL-1.0
#include "progress_line.hpp"

#include "sizes.hpp"

#include <imgcompose/os/terminal.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace command {

namespace ic = imgcompose;
using namespace std::chrono_literals;

progress_line::progress_line(std::string what, bool quiet)
    : what_(std::move(what)), quiet_(quiet), terminal_(ic::os::is_terminal(ic::os::standard_error)),
      next_(clock::now() + (terminal_ ? 100ms : 5000ms)) {}

progress_line::~progress_line() {
    if (drawn_ && terminal_) std::fputs("\r\x1b[K", stderr);
}

void progress_line::show(ic::bytes done, ic::bytes total) {
    if (quiet_ || clock::now() < next_) return;
    next_ = clock::now() + (terminal_ ? 100ms : 5000ms);
    const std::uint64_t percent = total == ic::bytes{} ? 100 : static_cast<std::uint64_t>(
        static_cast<double>(done.count) * 100.0 / static_cast<double>(total.count));
    drawn_ = true;
    if (!terminal_) {
        fmt::print(stderr, "{}: {} of {} ({} %)\n", what_, readable(done), readable(total), percent);
        return;
    }
    const std::size_t width = 30, filled = static_cast<std::size_t>(percent) * width / 100;
    fmt::print(stderr, "\r{} [{:#<{}}{:.<{}}] {:3} %  {}\x1b[K", what_, "", filled, "", width - filled, percent, readable(done));
    std::fflush(stderr);
}

} // namespace command
