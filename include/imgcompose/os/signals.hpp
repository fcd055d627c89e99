// SPDX-License-Identifier: BSL-1.0
// A signal that is to end the program, as a request to stop what it does in good order.
#pragma once

#include <imgcompose/version.hpp>

#include <atomic>
#include <stop_token>

#ifdef __unix__
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <thread>

#include <fcntl.h>
#include <unistd.h>
#endif

IMGCOMPOSE_NAMESPACE_BEGIN
namespace os {

#ifdef __unix__

/// While it lives, the first SIGINT, SIGTERM or SIGHUP requests a stop; a second one ends the program as ever. There is
/// at most one in a program at a time. For programs: a library must not decide what signals do.
class stop_on_signal {
public:
    stop_on_signal() {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) return; // without it signals do what they did
        for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
        read_end_ = ends[0];
        write_end().store(ends[1]);
        waiting_ = std::thread([this] {
            unsigned char number = 0;
            ::ssize_t got = 0;
            do got = ::read(read_end_, &number, 1);
            while (got < 0 && errno == EINTR);
            if (got != 1 || number == 0) return;
            received_.store(number);
            stop_.request_stop();
        });
        struct ::sigaction action {};
        action.sa_handler = &tell;
        action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
        for (std::size_t i = 0; i < signals.size(); ++i) {
            ::sigaction(signals[i], nullptr, &before_[i]);
            if (before_[i].sa_handler != SIG_IGN) ::sigaction(signals[i], &action, nullptr); // as nohup wants it
        }
    }
    stop_on_signal(const stop_on_signal&) = delete;
    stop_on_signal& operator=(const stop_on_signal&) = delete;
    ~stop_on_signal() {
        if (read_end_ < 0) return;
        for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
        const int end = write_end().exchange(-1);
        ::close(end); // the thread then reads an end
        waiting_.join();
        ::close(read_end_);
    }

    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
    /// The number of the signal that came, or 0.
    [[nodiscard]] int received() const { return received_.load(); }

private:
    static constexpr std::array<int, 3> signals{SIGINT, SIGTERM, SIGHUP};

    static std::atomic<int>& write_end() {
        static std::atomic<int> end{-1};
        static_assert(std::atomic<int>::is_always_lock_free); // a signal's handler may use nothing else
        return end;
    }
    static void tell(int number) {
        const int error = errno;
        const auto byte = static_cast<unsigned char>(number);
        if (const int end = write_end().load(); end >= 0 && ::write(end, &byte, 1) < 0) {}
        errno = error;
    }

    std::stop_source stop_;
    std::atomic<int> received_{0};
    int read_end_ = -1;
    std::thread waiting_;
    std::array<struct ::sigaction, signals.size()> before_{};
};

#else

class stop_on_signal {
public:
    [[nodiscard]] std::stop_token token() const { return {}; }
    [[nodiscard]] int received() const { return 0; }
};

#endif

} // namespace os
IMGCOMPOSE_NAMESPACE_END
