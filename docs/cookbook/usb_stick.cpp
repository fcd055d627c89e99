// SPDX-License-Identifier: BSL-1.0
// A USB stick with one FAT partition, for files to carry to any machine.
#include <imgcompose/imgcompose.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const auto files = ic::tree{}
        | ic::add("/Read me first.txt", ic::from_text("Hello.\r\n"))
        | ic::add("/firmware/Image", ic::blob("Image"));
    const auto stick = ic::disk_plan{}
        | ic::with_table(ic::disk_table::mbr)
        | ic::disk_size(64_MiB)
        | ic::partition("files", ic::rest_of_disk, ic::fat(files, {.label = "CARRY"}))
        | ic::compose;
    ic::write(stick, ic::sparse_file("stick.img"));
}
