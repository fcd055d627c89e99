// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/imgcompose.hpp>

#ifdef CONSUMER_OPENSSL
#include <imgcompose/openssl.hpp>
#endif

#ifdef CONSUMER_GZIP
#include <imgcompose/gzip.hpp>
#endif

#ifdef CONSUMER_ZSTD
#include <imgcompose/zstd.hpp>
#endif

#ifdef CONSUMER_ARCHIVE
#include <imgcompose/archive.hpp>
#endif

#include <cstdio>

namespace ic = imgcompose;
using namespace ic::literals;

int main() {
    const auto disk = ic::image{1_MiB}.place(ic::offset{64_sectors}, ic::from_text("a bootloader"), "bootloader");
    if (disk.size() != 2048_sectors || disk.extents().size() != 1) return 1;
    std::puts("imgcompose " IMGCOMPOSE_VERSION_STRING);
}
