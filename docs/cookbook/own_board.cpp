// SPDX-License-Identifier: BSL-1.0
// A board that the library does not know: where its boot ROM looks, and what must be left alone. A place too few, or two
// that overlap, would not compile.
#include <imgcompose/imgcompose.hpp>

#include <array>

namespace ic = imgcompose;
using namespace ic::literals;

constexpr std::array blobs{ic::boot_blob{"u-boot-sunxi-with-spl.bin", ic::offset{16_sectors}, 1016_KiB}};
constexpr std::array reserved{ic::named_range{"environment", ic::offset{1024_KiB}, 128_KiB}};
constexpr ic::board my_board{.name = "my-board",
                             .title = "The board on my desk",
                             .soc = "H618",
                             .blobs = blobs,
                             .reserved = reserved,
                             .partition_floor = ic::offset{2_MiB},
                             .table = ic::table_kind::mbr, // a GPT's entries would lie where the boot ROM looks
                             .console = "ttyS0,115200",
                             .dtb = "allwinner/my-board.dtb",
                             .source = "its schematic, and U-Boot's configs/my-board_defconfig"};
static_assert(check(my_board));

int main() {
    const auto disk = my_board
        | ic::bootloader("u-boot-sunxi-with-spl.bin", ic::blob("u-boot.bin"))
        | ic::partition("root", ic::smallest, ic::ext4(ic::directory("rootfs"), {.readable_by = ic::u_boot}))
        | ic::compose;
    ic::write(disk, ic::sparse_file("my-board.img"));
}
