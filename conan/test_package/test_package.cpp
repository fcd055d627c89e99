// SPDX-License-Identifier: BSL-1.0
// Each component that the package was made with is used once.
#include <imgcompose/rockchip.hpp>

#ifdef WITH_OPENSSL
#include <imgcompose/openssl.hpp>
#endif

#ifdef WITH_GZIP
#include <imgcompose/gzip.hpp>
#endif

#ifdef WITH_ZSTD
#include <imgcompose/zstd.hpp>
#endif

#ifdef WITH_ARCHIVE
#include <imgcompose/archive.hpp>
#endif

#include <cstdio>

int main() {
    const auto image = imgcompose::from_text("a bootloader");
#ifdef WITH_OPENSSL
    imgcompose::sha256_digest digest;
    digest.update({});
    if (digest.text().size() != 64) return 1;
#endif
#ifdef WITH_ARCHIVE
    try {
        (void)imgcompose::archive("no-such-file.tar");
        return 1;
    } catch (const imgcompose::io_error&) {
    }
#endif
#ifdef WITH_GZIP
    imgcompose::file_stream gz{"image.gz"};
    imgcompose::gzip gzip{gz};
    imgcompose::write(image, gzip);
#endif
#ifdef WITH_ZSTD
    imgcompose::file_stream zst{"image.zst"};
    imgcompose::zstd zstd{zst};
    imgcompose::write(image, zstd);
#endif
    std::puts("imgcompose " IMGCOMPOSE_VERSION_STRING);
    return image.size() == imgcompose::bytes{12} ? 0 : 1;
}
