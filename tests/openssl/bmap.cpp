// SPDX-License-Identifier: BSL-1.0
// Block maps as bmaptool takes them.
#include <imgcompose/write/bmap.hpp>

#include <imgcompose/openssl.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <tests/write/formats.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::read_file;
using imgcompose_test::run_in;
using imgcompose_test::temp_dir;

namespace {
void write_with_map(const ic::image& made, const temp_dir& dir) {
    ic::file_stream file{dir / "disk.bmap"};
    ic::bmap map{file, ic::make_sha256};
    ic::sparse_file disk{dir / "disk.img"};
    ic::write(made, {&disk, &map});
}
} // namespace

TEST_CASE("bmaptool copies every byte of data and zero over a used medium") {
    if (!imgcompose_test::can_ask("bmaptool")) return;
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in", GENERATE(1u, 2u, 3u));
    write_with_map(made, dir);
    imgcompose_test::write_file(dir / "medium", std::string(made.size().count, '\xff'));
    // As its command does with a device; what is a file it makes anew.
    const auto told = run_in(dir, "/usr/bin/python3 -c 'from bmaptools import BmapCopy\n"
                                  "medium = open(\"medium\", \"rb+\")\n"
                                  "BmapCopy.BmapCopy(open(\"disk.img\", \"rb\"), medium, open(\"disk.bmap\", \"rb\")).copy()'");
    INFO(told.output);
    CHECK(told.status == 0);
    const std::string medium = read_file(dir / "medium");
    CHECK(imgcompose_test::lost(made, medium).empty());
    CHECK(medium.find(std::string(8192, '\xff')) != std::string::npos); // what is undefined stays
}

TEST_CASE("the command of bmaptool copies every byte of data and zero onto a used device") {
    if (!imgcompose_test::can_ask("bmaptool")) return;
    if (!imgcompose_test::is_root()) {
        WARN("skipped: loop devices need root");
        return;
    }
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in", 4);
    write_with_map(made, dir);
    imgcompose_test::write_file(dir / "medium", std::string(made.size().count, '\xff'));
    const auto told = run_in(dir, "device=$(losetup -f --show medium) || { echo no loop device; exit 77; }\n"
                                  "bmaptool copy --bmap disk.bmap disk.img $device; status=$?; losetup -d $device; exit $status");
    INFO(told.output);
    if (told.status == 77) {
        WARN("skipped: no loop device");
        return;
    }
    CHECK(told.status == 0);
    const std::string medium = read_file(dir / "medium");
    CHECK(imgcompose_test::lost(made, medium).empty());
    CHECK(medium.find(std::string(8192, '\xff')) != std::string::npos);
}

TEST_CASE("bmaptool notices that the map or the image is another") {
    if (!imgcompose_test::can_ask("bmaptool")) return;
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in");
    write_with_map(made, dir);
    const auto copy = [&] { return run_in(dir, "bmaptool -q copy --bmap disk.bmap disk.img medium"); };
    REQUIRE(copy().status == 0);
    SECTION("the map") {
        std::string map = read_file(dir / "disk.bmap");
        map[map.find("<BlockMap>") + 14] = '\t';
        imgcompose_test::write_file(dir / "disk.bmap", map);
    }
    SECTION("the image") {
        std::string disk = read_file(dir / "disk.img");
        disk[disk.find_first_not_of('\0')] ^= 1;
        imgcompose_test::write_file(dir / "disk.img", disk);
    }
    const auto told = copy();
    CHECK(told.status != 0);
    CHECK(told.output.find("checksum mismatch") != std::string::npos);
}
