// SPDX-License-Identifier: BSL-1.0
// What all checks of a disk share: what was found on it, and where their findings go.
#pragma once

#include <imgcompose/board/board.hpp>
#include <imgcompose/boot/machine.hpp>
#include <imgcompose/fs/ext4/profile.hpp>
#include <imgcompose/inspect/boot_files.hpp>
#include <imgcompose/inspect/inspect.hpp>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// The files of a partition that are known already, so that they need not be read out of its filesystem.
struct known_files {
    offset at{};                 ///< where the partition begins
    const tree* files = nullptr; ///< lives longer than the check
};

struct lint_options {
    std::vector<const board*> on{};   ///< that are to start from the disk; none: what holds for all
    reader firmware = reader::u_boot; ///< what reads the boot partition
    bool without_bootloader = false;  ///< the bootloader is elsewhere, such as in SPI flash
    std::vector<known_files> known{};
    inspect_options inspection{};
};

namespace detail {

struct lint_context {
    const window& disk;
    const lint_options& options;
    const disk_report& report;
    std::vector<disk_finding>& findings;

    void say(severity how_bad, std::string_view code, offset at, std::string message) const {
        findings.push_back({how_bad, code, at, std::move(message)});
    }
    /// Of a partition's number; 0 is the disk itself.
    [[nodiscard]] offset place_of(std::uint32_t partition) const {
        const found_partition* const p = report.partition(partition);
        return p != nullptr ? p->at : offset{};
    }
    [[nodiscard]] std::string title_of(std::uint32_t partition) const {
        const found_partition* const p = report.partition(partition);
        return p != nullptr ? text::join("partition ", p->title()) : std::string{"the disk"};
    }
    /// The processors of the boards, each once.
    [[nodiscard]] std::vector<machine> machines() const {
        std::vector<machine> all;
        for (const board* b : options.on)
            if (const machine m = machine_named(b->architecture); std::ranges::find(all, m) == all.end())
                all.push_back(m);
        return all;
    }
};

/// In the order of the disk, each once.
inline void sort_findings(std::vector<disk_finding>& findings) {
    const auto key = [](const disk_finding& f) { return std::tie(f.at, f.code, f.message); };
    std::ranges::sort(findings, {}, key);
    findings.erase(std::ranges::unique(findings, {}, key).begin(), findings.end());
}

inline std::string lower_case(std::string_view s) {
    std::string out;
    for (const char c : s) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
