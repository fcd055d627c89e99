// SPDX-License-Identifier: BSL-1.0
// SHA-256 of whole disks for every board, of fixed inputs. A digest changes only in a commit that says why.
#include <imgcompose/openssl.hpp>

#include <imgcompose/board/boards.hpp>
#include <imgcompose/rockchip.hpp>

#include <tests/support/catch.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace imgcompose;
using namespace imgcompose::literals;

namespace {

image made_bytes(std::size_t size, unsigned start) {
    owned_bytes content(size);
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>((i * 31 + i / 251 + start) & 0xff);
    return owned(std::move(content));
}

std::string digest_of(const board& b, std::optional<disk_table> table, bool fat_boot, std::size_t jobs, bool backwards) {
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
                     seeded("golden") | epoch(1700000000_s);
    if (table) plan = std::move(plan) | with_table(*table);
    for (const firmware_partition& f : b.firmware)
        plan = std::move(plan) | partition(std::string{f.name}, 64_MiB,
                                           f.holds == "FAT" ? fat(tree{} | add("/config.txt", made_bytes(99, 3)), {})
                                                            : recipe{made_bytes(123456, 4)});
    std::string_view last; // one file may go to several places
    for (const boot_blob& blob : b.blobs)
        if (!blob.alternative && std::exchange(last, blob.name) != blob.name)
            plan = std::move(plan) |
                   bootloader(std::string{blob.name}, made_bytes(100000, static_cast<unsigned>(blob.name.size())));
    sha256_digest whole;
    write(plan | compose, callback([](const written_range&) {}), {.jobs = jobs, .digests = {&whole}});
    return whole.text();
}

struct digest_of_board {
    std::string_view board, digest;
};
constexpr std::array others{
    digest_of_board{"imx8mm-evk", "de61d4efcb7a13e66e7cb4cfac9351e8788235acd7e2b33df495bffa5b484187"},
    digest_of_board{"imx8mn-evk", "3bc27b05dcc33bfa016d8d599fbcb041f208374705fc80867ed04ecffd6da63d"},
    digest_of_board{"imx8mp-evk", "3bc27b05dcc33bfa016d8d599fbcb041f208374705fc80867ed04ecffd6da63d"},
    digest_of_board{"imx8mq-evk", "ea91955e7402386f620b8672aee65a30b5e5ab2cfe3c165158aa9b17f9285705"},
    digest_of_board{"kukui", "caf8e7d7ad90b5be0c0c39e03511a76527f1b97b1955328f0d632599cfa7e8c8"},
    digest_of_board{"odroid-c2", "b08fcbed87aa2c48572a1f12b3b98008d620b30d2ccc7bb8ea550988e9ffeb44"},
    digest_of_board{"odroid-n2", "b08fcbed87aa2c48572a1f12b3b98008d620b30d2ccc7bb8ea550988e9ffeb44"},
    digest_of_board{"orangepi-pc2", "1959a2b9800b740e16bcc379511899d77f317263c4036df91df73d8e818f7edc"},
    digest_of_board{"pine64-plus", "1959a2b9800b740e16bcc379511899d77f317263c4036df91df73d8e818f7edc"},
    digest_of_board{"qemu-virt-arm64", "b277da1c499f99a3b1574ff9a5642b7830bac0c17214009470970cbab2453df2"},
    digest_of_board{"raspberry-pi-3", "2a90cb620fce3cc0a6a12428ac205a40094395403a07a75fe4549a8d15c0ca3d"},
    digest_of_board{"raspberry-pi-4", "2a90cb620fce3cc0a6a12428ac205a40094395403a07a75fe4549a8d15c0ca3d"},
    digest_of_board{"rock-4d", "ed5682cbe8c2e8fc829f8220c0ce044e935582f87b6c4b49a24074f044cb2ee4"},
    digest_of_board{"rock-pi-s", "ed5682cbe8c2e8fc829f8220c0ce044e935582f87b6c4b49a24074f044cb2ee4"},
    digest_of_board{"rock-s0", "ed5682cbe8c2e8fc829f8220c0ce044e935582f87b6c4b49a24074f044cb2ee4"},
    digest_of_board{"uefi-arm64", "1c529cbe4f3eed0b339822936e169d43ed1b19ef673b99ade2779d9ffb85e49c"},
    digest_of_board{"uefi-riscv64", "20d97d064b025023709b7805426f65b102cd93e68716943e37b9a1152d6cb38e"},
    digest_of_board{"uefi-x86-64", "20d97d064b025023709b7805426f65b102cd93e68716943e37b9a1152d6cb38e"},
    digest_of_board{"visionfive-2", "535b2b8f1624e46a83c8871d21b230822b58fefff226e8a1452699f2c2a0434e"},
};

/// One for all whose bootloader files have the same names and places: these boards differ in their device trees, which
/// this disk does not hold.
std::string_view digest_before(const board& b) {
    const auto* found = std::ranges::find(others, b.name, &digest_of_board::board);
    return found == others.end() ? "9d9f9b9d57bc7eeb4cbc6bf7ef7fb29354159215c150300e5ecfb7ebdaf93843" : found->digest;
}

} // namespace

TEST_CASE("the disks of all boards have the digest that they had") {
    for (const board* b : all_boards) {
        INFO(b->name);
        const std::string now = digest_of(*b, {}, false, 1, false);
        CHECK(now == digest_before(*b));
        CHECK(digest_of(*b, {}, false, 3, true) == now);
    }
}

TEST_CASE("so has one with an MBR and FAT") {
    CHECK(digest_of(rockchip::rock64, disk_table::mbr, true, 2, false) ==
          "9bab860405e2522f66b949ff50173ab3795b80571bb8f1ddbfe151175912a28c");
}
