// SPDX-License-Identifier: BSL-1.0
// Disks for tests of what looks into them.
#pragma once

#include <imgcompose/compose/compose.hpp>
#include <imgcompose/compose/steps.hpp>
#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/fs/fat/fat.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/inspect/inspect.hpp>
#include <imgcompose/tree/steps.hpp>

#include <tests/support/run.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace imgcompose_test {

/// A word of a shell command. (std::quoted would be found for a std::string.)
inline std::string shell(std::string_view s) { return imgcompose_test::quoted(s); }

inline imgcompose::tree small_tree(std::string_view content = "content") {
    namespace ic = imgcompose;
    return ic::tree{} | ic::add("/etc/file", ic::from_text(content)) |
           ic::add("/Image", ic::fill(ic::bytes{100'000}, std::byte{7}));
}

/// A FAT boot partition and an ext4 root.
inline imgcompose::disk_plan small_plan(imgcompose::disk_table table = imgcompose::disk_table::gpt) {
    namespace ic = imgcompose;
    return ic::disk_plan{} | ic::with_table(table) | ic::seeded("inspect") |
           ic::partition("boot", ic::bytes{ic::mebibytes{2}}, ic::fat(small_tree(), {.label = "BOOT"})) |
           ic::partition("root", ic::bytes{ic::mebibytes{4}}, ic::ext4(small_tree(), {.label = "ROOT"}));
}

inline std::vector<std::string_view> codes_of(const imgcompose::disk_report& r) {
    std::vector<std::string_view> codes;
    for (const auto& f : r.findings) codes.push_back(f.code);
    return codes;
}
inline std::vector<std::string_view> inspected_codes(imgcompose::owned_bytes raw) {
    return codes_of(imgcompose::inspect(imgcompose::window{imgcompose::owned(std::move(raw))}));
}
inline bool has_code(const std::vector<std::string_view>& codes, std::string_view code) {
    return std::ranges::find(codes, code) != codes.end();
}

} // namespace imgcompose_test
