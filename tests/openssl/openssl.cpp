// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/openssl.hpp>

#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/write.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>
#include <tests/write/made.hpp>

namespace ic = imgcompose;

TEST_CASE("the SHA-256 of an image is what sha256sum says of its file") {
    const imgcompose_test::temp_dir dir;
    const auto made = imgcompose_test::mixed_image(dir.path());
    ic::sha256_digest sha256;
    ic::sha512_digest sha512;
    ic::write(made, ic::sparse_file(dir / "out"), {.digests = {&sha256, &sha512}});
    CHECK(sha256.text() == imgcompose_test::run("sha256sum <" + (dir / "out")).output.substr(0, 64));
    CHECK(sha512.text() == imgcompose_test::run("sha512sum <" + (dir / "out")).output.substr(0, 128));
}

TEST_CASE("a digest can be asked for before the end") {
    ic::sha256_digest d;
    CHECK(d.text() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const std::string_view abc = "abc";
    d.update(std::as_bytes(std::span{abc}));
    CHECK(d.text() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(d.text() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
