// SPDX-License-Identifier: BSL-1.0
// Uses the core and each part that the build names, once.
#ifdef CONSUMER_EVERYTHING
#include <imgcompose/imgcompose.hpp>
#endif

#ifdef CONSUMER_COMPILED
#ifndef IMGCOMPOSE_COMPILED
#error "imgcompose::compiled does not say so"
#endif
#include <imgcompose/rockchip.hpp>
#endif

#include <imgcompose/image/image.hpp>

#if defined(CONSUMER_GZIP) || defined(CONSUMER_ZSTD)
#include <imgcompose/write/write.hpp>
#endif

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

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace ic = imgcompose;
using namespace ic::literals;

#if defined(CONSUMER_GZIP) || defined(CONSUMER_ZSTD)
/// What a sink that packs writes of an image; the first bytes are the format's.
template <class Sink> static std::string first_bytes(const ic::image& disk) {
    const std::string path = "consumer.packed";
    ic::file_stream to{path};
    Sink sink{to};
    ic::write(disk, sink);
    std::string bytes(4, '\0');
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file || std::fread(bytes.data(), 1, bytes.size(), file) != bytes.size()) bytes.clear();
    if (file) std::fclose(file);
    std::remove(path.c_str());
    return bytes;
}
#endif

int main() {
    const auto disk = ic::image{1_MiB}.place(ic::offset{64_sectors}, ic::from_text("a bootloader"), "bootloader");
    if (disk.size() != 2048_sectors || disk.extents().size() != 1) return 1;
#ifdef CONSUMER_COMPILED
    const auto files = ic::tree{} | ic::add("/greeting", ic::from_text("hello"));
    const auto composed = ic::rockchip::nanopi_r2s | ic::without_bootloader()
        | ic::partition("root", 16_MiB, ic::ext4(files, {.label = "ROOT"})) | ic::compose;
    std::vector<std::byte> written;
    ic::write(composed, ic::memory{written});
    if (written.size() != composed.size().count) return 7;
#endif
#ifdef CONSUMER_OPENSSL
    ic::sha256_digest digest;
    digest.update({});
    if (digest.text().substr(0, 8) != "e3b0c442") return 2;
#endif
#ifdef CONSUMER_GZIP
    if (first_bytes<ic::gzip>(disk).substr(0, 2) != "\x1f\x8b") return 3;
#endif
#ifdef CONSUMER_ZSTD
    if (first_bytes<ic::zstd>(disk) != "\x28\xb5\x2f\xfd") return 4;
#endif
    std::puts("imgcompose " IMGCOMPOSE_VERSION_STRING);
}
