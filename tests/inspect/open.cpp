// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/open.hpp>

#include <imgcompose/image/read.hpp>
#include <imgcompose/os/file.hpp>

#include "made.hpp"
#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;

TEST_CASE("a file is opened once and its holes are not read") {
    const t::temp_dir dir;
    const std::string path = dir / "disk";
    REQUIRE(t::run("truncate -s 64M " + t::shell(path) + " && printf abc | dd of=" + t::shell(path) +
                   " bs=1 seek=33554432 conv=notrunc")
                .status == 0);
    const ic::image disk = ic::open_disk(path);
    CHECK(disk.size() == 64_MiB);
    std::uint64_t data = 0;
    for (const auto& e : disk.extents())
        if (e.kind() == ic::byte_kind::data) data += e.size.count;
    CHECK(data < 1 << 20);
    ic::owned_bytes three(3);
    ic::read(disk, ic::offset{32_MiB}, three);
    CHECK(three == ic::owned_bytes{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}});
    ic::read(disk, ic::offset{}, three);
    CHECK(three == ic::owned_bytes(3));
}

TEST_CASE("an empty file is an empty disk, a directory or nothing is none") {
    const t::temp_dir dir;
    t::write_file(dir / "empty", "");
    CHECK(ic::open_disk(dir / "empty").size() == 0_B);
    CHECK_THROWS_MATCHES(ic::open_disk(dir.path()), ic::input_error, t::says("is a directory"));
    CHECK_THROWS_MATCHES(ic::open_disk(dir / "absent"), ic::io_error, t::says("cannot open"));
    REQUIRE(t::run("mkfifo " + t::shell(dir / "fifo")).status == 0);
    CHECK_THROWS_MATCHES(ic::open_disk(dir / "fifo"), ic::input_error, t::says("is a fifo"));
}

TEST_CASE("a file that became shorter is an error that names it") {
    const t::temp_dir dir;
    t::write_file(dir / "disk", std::string(10'000, 'x'));
    const ic::image disk = ic::open_disk(dir / "disk");
    t::write_file(dir / "disk", "x");
    ic::owned_bytes raw(5000);
    CHECK_THROWS_MATCHES(ic::read(disk, ic::offset{}, raw), ic::input_error, t::says("shorter than it was"));
}
