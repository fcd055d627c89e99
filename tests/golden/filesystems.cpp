// SPDX-License-Identifier: BSL-1.0
// Filesystems and tables are the same bytes in any locale, time zone and umask, and from names in any order.
#include <imgcompose/imgcompose.hpp>

#include <imgcompose/image/read.hpp>
#include <tests/golden/elsewhere.hpp>
#include <tests/support/catch.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::elsewhere;

namespace {

ic::tree files(bool backwards) {
    std::vector<std::string> names;
    for (int i = 0; i < 1234; ++i) names.push_back("/many/caf\xc3\xa9 " + std::to_string(i * 37 % 1234) + ".Conf");
    if (backwards) std::reverse(names.begin(), names.end());
    ic::tree t;
    for (const auto& n : names)
        t = std::move(t) | ic::add(n, ic::from_text("content of " + n), {.mtime = ic::timestamp{1'234'567'890, 123'456'789}});
    return t;
}

} // namespace

TEST_CASE("ext4, FAT and disks are the same here and elsewhere") {
    const std::function<ic::image(bool)> made[] = {
        [](bool backwards) { return ic::ext4_image(files(backwards), {.label = "A", .size = ic::smallest}); },
        [](bool backwards) {
            return ic::ext4_image(files(backwards), {.size = 64_MiB, .block_size = 1_KiB, .reserved_percent = 2.5});
        },
        [](bool backwards) { return ic::fat_image(files(backwards), {.label = "A"}, 40_MiB); },
        [](bool backwards) {
            return ic::disk_plan{} | ic::partition("one", 4_MiB, ic::fat(ic::tree{})) |
                   ic::partition("two", ic::smallest, ic::ext4(files(backwards))) | ic::seeded("1234567") | ic::compose;
        },
        [](bool backwards) {
            return ic::disk_plan{} | ic::partition("one", 4_MiB, ic::fat(ic::tree{})) |
                   ic::partition("two", ic::smallest, ic::ext4(files(backwards))) | ic::with_table(ic::disk_table::mbr) |
                   ic::seeded("1234567") | ic::compose;
        }};
    for (const auto& make : made) {
        const auto here = ic::read_all(make(false));
        const elsewhere other;
        CHECK(ic::read_all(make(true)) == here);
    }
}
