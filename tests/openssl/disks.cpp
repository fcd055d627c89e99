// SPDX-License-Identifier: BSL-1.0
// SHA-256 of whole disks for every board, of fixed inputs. A digest changes only in a commit that says why.
#include <imgcompose/openssl.hpp>

#include <imgcompose/board/boards.hpp>
#include <imgcompose/rockchip.hpp>

#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace imgcompose;
using namespace imgcompose::literals;

namespace {

image made_bytes(std::size_t size, unsigned start) {
    owned_bytes content(size);
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>((i * 31 + i / 251 + start) & 0xff);
    return owned(std::move(content));
}

std::string digest_of(const board& b, disk_table table, bool fat_boot, std::size_t jobs, bool backwards) {
    std::vector<std::string> names;
    for (int i = 0; i < 500; ++i) names.push_back("/usr/share/file-" + std::to_string(i * 37 % 500));
    if (backwards) std::reverse(names.begin(), names.end());
    tree root =
        tree{} | imgcompose::symlink("/bin", "usr/bin") | make_directory("/tmp", {.mode = std::uint16_t{01777}});
    for (const std::string& n : names) root = std::move(root) | add(n, made_bytes(n.size() * 200, 7));
    const tree boot = tree{} | add("/Image", made_bytes(300000, 1)) | add("/initrd", made_bytes(70000, 2)) |
                      add("/extlinux/extlinux.conf",
                          extlinux{.timeout = 1_s,
                                   .entries = {{.label = "golden",
                                                .kernel = "/Image",
                                                .initrd = "/initrd",
                                                .append = "root=LABEL=ROOT console=" + std::string{b.console}}}});
    const recipe boot_content =
        fat_boot ? fat(boot, {.label = "BOOT"}) : ext4(boot, {.label = "BOOT", .readable_by = u_boot});
    disk_plan plan = b | partition("boot", 64_MiB, boot_content) |
                     partition("root", smallest_plus_percent(10), ext4(std::move(root), {.label = "ROOT"})) |
                     seeded("golden") | epoch(1700000000_s) | with_table(table);
    for (const boot_blob& blob : b.blobs)
        if (!blob.alternative)
            plan = std::move(plan) |
                   bootloader(std::string{blob.name}, made_bytes(100000, static_cast<unsigned>(blob.name.size())));
    sha256_digest whole;
    write(plan | compose, callback([](const written_range&) {}), {.jobs = jobs, .digests = {&whole}});
    return whole.text();
}

} // namespace

TEST_CASE("the disks of all boards have the digest that they had") {
    // One for all: these boards differ in their device trees, not in what this disk holds.
    for (const board* b : all_boards) {
        INFO(b->name);
        const std::string now = digest_of(*b, disk_table::gpt, false, 1, false);
        CHECK(now == "9d9f9b9d57bc7eeb4cbc6bf7ef7fb29354159215c150300e5ecfb7ebdaf93843");
        CHECK(digest_of(*b, disk_table::gpt, false, 3, true) == now);
    }
}

TEST_CASE("so has one with an MBR and FAT") {
    CHECK(digest_of(rockchip::rock64, disk_table::mbr, true, 2, false) ==
          "cc8340c54b88d8173c8dcf8760785fde484d51749d8c3b0859e1d89001c683e2");
}
