// SPDX-License-Identifier: BSL-1.0
// timed REPORT SHELL-COMMAND: runs it and writes wall seconds, processor seconds and peak memory in KiB to a file. A program
// of its own, because the peak memory that the system tells of a child is never less than that of the one that started it.
#include <chrono>
#include <cstdio>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: timed REPORT SHELL-COMMAND\n"), 2;
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl("/bin/sh", "sh", "-c", argv[2], nullptr);
        ::_exit(127);
    }
    int status = 0;
    rusage use{};
    if (child < 0 || ::wait4(child, &status, 0, &use) != child) return std::perror("timed"), 2;
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
    std::FILE* const report = std::fopen(argv[1], "w");
    if (report == nullptr) return std::perror(argv[1]), 2;
    std::fprintf(report, "%.6f %.6f %ld\n", wall.count(), seconds(use.ru_utime) + seconds(use.ru_stime), use.ru_maxrss);
    return std::fclose(report) == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
