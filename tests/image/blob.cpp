// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/image/blob.hpp>

#include <imgcompose/image/read.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
std::string text(const ic::image& i) {
    const auto all = ic::read_all(i);
    return {reinterpret_cast<const char*>(all.data()), all.size()};
}
} // namespace

TEST_CASE("a blob is the bytes of a file") {
    const imgcompose_test::temp_dir dir;
    const std::string path = dir / "f";
    imgcompose_test::write_file(path, "0123456789");
    CHECK(text(ic::blob(path)) == "0123456789");
    CHECK(text(ic::blob(path, {.skip = 3_B})) == "3456789");
    CHECK(text(ic::blob(path, {.skip = 3_B, .size = 2_B})) == "34");
    CHECK(text(ic::blob(path, {.pad_to = 8_B, .pad_with = std::byte{'x'}})) == "0123456789xxxxxx");
    CHECK(text(ic::blob(path, {.maximum = 10_B, .pad_to = 5_B})) == "0123456789");
    CHECK(ic::blob(path, {.pad_to = 512_B}).size() == 512_B);
    std::filesystem::create_symlink("f", dir / "l");
    CHECK(text(ic::blob(dir / "l")) == "0123456789");
    imgcompose_test::write_file(dir / "empty", "");
    CHECK(text(ic::blob(dir / "empty")).empty());
}

TEST_CASE("a blob that cannot be is refused by the file's name") {
    const imgcompose_test::temp_dir dir;
    const std::string path = dir / "f";
    imgcompose_test::write_file(path, "0123456789");
    CHECK_THROWS_MATCHES(ic::blob(path, {.maximum = 8_B}), ic::input_error, says("f has 10 bytes, 2 more than the 8"));
    CHECK_THROWS_MATCHES(ic::blob(path, {.skip = 11_B}), ic::input_error, says("f has 10 bytes, but 11 were asked for"));
    CHECK_THROWS_MATCHES(ic::blob(path, {.skip = 5_B, .size = 6_B}), ic::input_error, says("but 11 were asked for"));
    CHECK_THROWS_MATCHES(ic::blob(dir / "none"), ic::io_error, says("none"));
    CHECK_THROWS_MATCHES(ic::blob(dir.path()), ic::input_error, says("is not a regular file"));
}
