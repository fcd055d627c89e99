// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/tree/content.hpp>

#include <imgcompose/image/blob.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/tree/steps.hpp>

#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <string>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;

namespace {
ic::image with(std::string_view s, ic::bytes at, ic::bytes size) {
    ic::image i{size};
    i.place(ic::offset{at}, ic::from_text(s));
    return i;
}
} // namespace

TEST_CASE("the content of a file reads the same from a tree of the host and from one in memory") {
    const t::temp_dir dir;
    t::write_file(dir / "top/file", std::string(100'000, 'f'));
    t::write_file(dir / "top/empty", "");
    REQUIRE(t::run("cd '" + (dir / "top") +
                   "' && truncate -s 5M holes && printf x | dd of=holes bs=1 seek=3000000 conv=notrunc")
                .status == 0);
    const ic::tree found = ic::directory(dir / "top");
    const auto content = [&](std::string_view path) {
        return ic::content_of(found, found.at(found.find(path).value()));
    };
    CHECK(ic::reads_same(content("/file"), ic::from_text(std::string(100'000, 'f'))));
    CHECK(ic::reads_same(content("/holes"), with("x", 3'000'000_B, ic::bytes{5_MiB})));
    CHECK(content("/empty").size() == 0_B);
    CHECK(ic::content_of(found, found.at(ic::top_directory)).size() == 0_B);
    const ic::tree made = ic::tree{} | ic::add("/f", ic::from_text("abc"));
    CHECK(ic::reads_same(ic::content_of(made, made.at(*made.find("/f"))), ic::from_text("abc")));
}

TEST_CASE("zeros, holes and zeros that are data read the same, and one other byte does not") {
    const ic::bytes size{3_MiB};
    CHECK(ic::reads_same(ic::image{size}, ic::zeros(size)));
    CHECK(ic::reads_same(ic::image{size}, ic::owned(ic::owned_bytes(size.count))));
    CHECK(ic::reads_same(ic::fill(size, std::byte{7}), ic::owned(ic::owned_bytes(size.count, std::byte{7}))));
    CHECK_FALSE(ic::reads_same(ic::image{size}, ic::zeros(size + 1_B)));
    for (const ic::bytes at : {0_B, 1'048'575_B, 1'048'576_B, 3'145'727_B}) {
        CHECK_FALSE(ic::reads_same(ic::image{size}, with("x", at, size)));
        CHECK_FALSE(ic::reads_same(with("y", at, size), with("x", at, size)));
        CHECK(ic::reads_same(with("x", at, size), with("x", at, size)));
    }
}

TEST_CASE("what is zero on both sides is never read, however long") {
    const ic::bytes huge{1ull << 60};
    CHECK(ic::reads_same(ic::image{huge}, ic::zeros(huge)));
}
