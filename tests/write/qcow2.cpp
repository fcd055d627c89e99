// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/qcow2.hpp>

#include <imgcompose/core/endian.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <tests/write/formats.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::difference;
using imgcompose_test::can_ask;
using imgcompose_test::read_file;
using imgcompose_test::run_in;
using imgcompose_test::temp_dir;

namespace {

ic::qcow2_format::header header_of(const std::string& file) {
    REQUIRE(file.size() >= 104);
    return ic::struct_from<ic::qcow2_format::header>(std::as_bytes(std::span{file}));
}
std::uint64_t big_at(const std::string& file, std::uint64_t at) {
    REQUIRE(at + 8 <= file.size());
    return ic::from_disk(ic::struct_from<ic::be64>(std::as_bytes(std::span{file}).subspan(at)));
}

/// What a machine reads, by the specification.
std::string content_of(const std::string& file) {
    const auto h = header_of(file);
    std::string all(ic::from_disk(h.size), '\0');
    for (std::uint64_t at = 0; at < all.size(); at += 65536) {
        const std::uint64_t l2 = big_at(file, ic::from_disk(h.l1_table_offset) + at / (512 << 20) * 8);
        if (l2 == 0) continue;
        CHECK(l2 >> 63 == 1);
        const std::uint64_t entry = big_at(file, (l2 & 0x00fffffffffffe00) + at % (512 << 20) / 65536 * 8);
        if (entry == 0) continue;
        CHECK(entry >> 63 == 1);
        const std::uint64_t host = entry & 0x00fffffffffffe00;
        CHECK(host % 65536 == 0);
        all.replace(at, std::min<std::uint64_t>(65536, all.size() - at), file, host, std::min<std::uint64_t>(65536, all.size() - at));
    }
    return all;
}

/// qemu-img finds nothing wrong, and the same content as in the raw file.
void check_by_qemu(const temp_dir& dir) {
    if (!can_ask("qemu-img")) return;
    const auto checked = run_in(dir, "qemu-img check -q f");
    CHECK(checked.output == "");
    CHECK(checked.status == 0);
    CHECK(run_in(dir, "qemu-img compare -f qcow2 -F raw f raw").output == "Images are identical.\n");
}

} // namespace

TEST_CASE("a qcow2 file has the content of the image and stores only what is not zero") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in", GENERATE(1u, 2u));
    ic::write(made, ic::qcow2(dir / "f"), {.jobs = 1});
    const std::string file = read_file(dir / "f");
    CHECK(difference(content_of(file), imgcompose_test::text_of(made)).empty());
    ic::write(made, ic::qcow2(dir / "g"), {.jobs = 3});
    CHECK(difference(file, read_file(dir / "g")).empty());
    ic::write(made, ic::sparse_file(dir / "raw"));
    check_by_qemu(dir);
    if (!can_ask("qemu-img")) return;
    REQUIRE(run_in(dir, "qemu-img convert -f raw -O qcow2 raw theirs").status == 0);
    CHECK(file.size() <= std::filesystem::file_size(dir / "theirs") + 65536);
}

TEST_CASE("a qcow2 file of holes is small, however large the disk") {
    const temp_dir dir;
    const auto header_size = [&] { return ic::from_disk(header_of(read_file(dir / "f")).size); };
    SECTION("nothing at all") {
        ic::write(ic::image{}, ic::qcow2(dir / "f"));
        CHECK(header_size() == 0);
        if (can_ask("qemu-img")) CHECK(run_in(dir, "qemu-img check -q f").output == "");
    }
    SECTION("zeros that were given as data") {
        ic::image made{1_GiB};
        made.place(ic::offset{}, ic::from_text(std::string(300'000, '\0'))).place(ic::offset{600_MiB}, ic::zeros(300_MiB));
        ic::write(made, ic::qcow2(dir / "f"));
        ic::write(made, ic::sparse_file(dir / "raw"));
        CHECK(std::filesystem::file_size(dir / "f") == 4 * 65536); // header, L1, reference counts and their table
        check_by_qemu(dir);
    }
    SECTION("5 GiB of zeros and data behind them") {
        const ic::image made = imgcompose_test::image_over_4_gib(dir / "in");
        ic::write(made, ic::qcow2(dir / "f"));
        ic::write(made, ic::sparse_file(dir / "raw"));
        CHECK(std::filesystem::file_size(dir / "f") < 30 << 20);
        check_by_qemu(dir);
    }
    SECTION("data in several tables, a range over the seam of two") {
        ic::image made{2_GiB};
        made.place(ic::offset{ic::bytes{512_MiB} - 100'000_B}, ic::generated(std::make_shared<const imgcompose_test::noise>(), 300'000_B));
        made.place(ic::offset{1700_MiB}, ic::from_text("text"));
        ic::write(made, ic::qcow2(dir / "f"));
        ic::write(made, ic::sparse_file(dir / "raw"));
        check_by_qemu(dir);
        const std::string file = read_file(dir / "f");
        const auto l1 = ic::from_disk(header_of(file).l1_table_offset);
        CHECK(big_at(file, l1) != 0);
        CHECK(big_at(file, l1 + 8) != 0);
        CHECK(big_at(file, l1 + 16) == 0);
        CHECK(big_at(file, l1 + 24) != 0);
    }
    SECTION("2 PiB") {
        ic::image made{ic::bytes{2_TiB} * 1024};
        made.place(ic::offset{ic::bytes{2_TiB} * 1024 - 4_B}, ic::from_text("last"));
        ic::write(made, ic::qcow2(dir / "f"));
        CHECK(header_size() == std::uint64_t{1} << 51);
        if (can_ask("qemu-img")) CHECK(run_in(dir, "qemu-img check -q f").output == "");
    }
}

TEST_CASE("a size that is no whole number of sectors is rounded up") {
    const temp_dir dir;
    ic::image made{100'001_B};
    made.place(ic::offset{100'000_B}, ic::from_text("!"));
    ic::write(made, ic::qcow2(dir / "f"));
    const std::string content = content_of(read_file(dir / "f"));
    CHECK(content.size() == 100'352);
    CHECK(content == std::string(100'000, '\0') + '!' + std::string(351, '\0'));
}

TEST_CASE("a disk that QEMU could not open is refused, and nothing is left") {
    const temp_dir dir;
    const ic::image made{ic::bytes{2_TiB} * 1024 + 1_B};
    CHECK_THROWS_MATCHES(ic::write(made, ic::qcow2(dir / "f")), ic::layout_error, imgcompose_test::says("larger than the 2 PiB"));
    CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("whatever call fails, a qcow2 file is whole or the old one") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::image_for_faults(dir / "in");
    CHECK(imgcompose_test::each_call_fails(dir, [&](const std::filesystem::path& path) {
        ic::write(made, ic::qcow2(path), {.jobs = 1, .fsync = true});
    }) >= 8);
}
