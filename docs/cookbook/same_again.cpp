// SPDX-License-Identifier: BSL-1.0
// The same inputs give the same bytes; other words give other identifiers. SHA-256 comes with imgcompose::openssl.
#include <imgcompose/openssl.hpp>
#include <imgcompose/rockchip.hpp>

#include <cstdio>
#include <string>

namespace ic = imgcompose;
using namespace ic::literals;

std::string digest_of(const std::string& words) {
    const auto disk = ic::disk_plan{}
        | ic::seeded(words)
        | ic::partition("root", ic::smallest, ic::ext4(ic::directory("rootfs") | ic::owned_by(0, 0)))
        | ic::compose;
    ic::sha256_digest sha256;
    ic::write(disk, ic::callback([](const ic::written_range&) {}), {.digests = {&sha256}});
    return sha256.text();
}

int main() {
    if (digest_of("card 1") != digest_of("card 1")) return 1;
    if (digest_of("card 1") == digest_of("card 2")) return 2;
    std::printf("%s\n", digest_of("card 1").c_str());
}
