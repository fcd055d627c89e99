// SPDX-License-Identifier: BSL-1.0
// Composes an image for exactly the card that it finds, and writes it there: nothing is left to grow at first boot.
// Devices that are mounted, otherwise in use or fixed are refused.
#include <imgcompose/board/boards.hpp>
#include <imgcompose/rockchip.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>

namespace ic = imgcompose;
namespace fs = std::filesystem;
using namespace ic::literals;

ic::disk_plan describe(const ic::board& board, const fs::path& in) {
    return board
        | ic::bootloader("idbloader.img", ic::blob(in / "idbloader.img"))
        | ic::bootloader("u-boot.itb", ic::blob(in / "u-boot.itb"))
        | ic::partition("boot", 256_MiB, ic::ext4(ic::directory(in / "boot"), {.label = "BOOT", .readable_by = ic::u_boot}))
        | ic::partition("root", ic::rest_of_disk, ic::ext4(ic::directory(in / "rootfs"), {.label = "ROOT"}));
}

void draw(const ic::progress& p) {
    static int shown = -1;
    const int percent = static_cast<int>(100.0 * static_cast<double>(p.done.count) / static_cast<double>(p.total.count));
    if (percent != shown) std::fprintf(stderr, "\r%3d %%", shown = percent);
}

int main(int argc, char** argv) try {
    if (argc != 4) {
        std::fputs("usage: minimal_flasher BOARD INPUTS DEVICE\n", stderr);
        return 2;
    }
    const ic::board& board = ic::find_board(argv[1]);
    const auto card = ic::flash::find_target(argv[3]);
    const auto disk = describe(board, argv[2]) | ic::compose_for(card.size(), card.sector_size());
    ic::flash::write(disk, card, {.verify = true, .on_progress = draw});
    std::fputs("\rdone \n", stderr);
} catch (const std::exception& e) {
    std::fprintf(stderr, "\nminimal_flasher: %s\n", e.what());
    return 1;
}
