// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/android_sparse.hpp>

#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <tests/write/formats.hpp>

#include <map>

namespace ic = imgcompose;
namespace format = ic::android_sparse_format;
using namespace ic::literals;
using imgcompose_test::difference;
using imgcompose_test::can_ask;
using imgcompose_test::read_file;
using imgcompose_test::run_in;
using imgcompose_test::temp_dir;

namespace {

struct chunk {
    std::uint16_t type;
    std::uint32_t blocks;
    std::string content;
};

/// The chunks of a sparse file, which is checked to be one.
std::vector<chunk> chunks_of(const std::string& file, std::uint32_t blocks) {
    const auto raw = std::as_bytes(std::span{file});
    REQUIRE(raw.size() >= sizeof(format::header));
    const auto h = ic::struct_from<format::header>(raw);
    CHECK(ic::from_disk(h.magic) == 0xed26ff3a);
    CHECK(ic::from_disk(h.major_version) == 1);
    CHECK(ic::from_disk(h.file_hdr_sz) == 28);
    CHECK(ic::from_disk(h.chunk_hdr_sz) == 12);
    CHECK(ic::from_disk(h.blk_sz) == 4096);
    CHECK(ic::from_disk(h.total_blks) == blocks);
    std::vector<chunk> all;
    std::size_t at = 28;
    std::uint64_t sum = 0;
    while (at < raw.size()) {
        REQUIRE(at + 12 <= raw.size());
        const auto c = ic::struct_from<format::chunk_header>(raw.subspan(at));
        const std::uint32_t size = ic::from_disk(c.total_sz);
        REQUIRE(size >= 12);
        REQUIRE(at + size <= raw.size());
        all.push_back({ic::from_disk(c.chunk_type), ic::from_disk(c.chunk_sz), file.substr(at + 12, size - 12)});
        sum += all.back().blocks;
        at += size;
    }
    CHECK(sum == blocks);
    CHECK(all.size() == ic::from_disk(h.total_chunks));
    return all;
}

/// As a flasher would write them over what is there.
void flash(const std::vector<chunk>& chunks, std::string& medium) {
    std::size_t at = 0;
    for (const chunk& c : chunks) {
        const std::size_t size = std::size_t{c.blocks} * 4096;
        REQUIRE(at + size <= medium.size());
        if (c.type == format::raw) {
            REQUIRE(c.content.size() == size);
            medium.replace(at, size, c.content);
        } else if (c.type == format::fill) {
            REQUIRE(c.content.size() == 4);
            for (std::size_t i = 0; i < size; ++i) medium[at + i] = c.content[i % 4];
        } else {
            if (c.type == format::crc32) continue;
            REQUIRE(c.type == format::dont_care);
            REQUIRE(c.content.empty());
        }
        at += size;
    }
}

} // namespace

TEST_CASE("each kind of byte becomes its own kind of chunk, neighbours one chunk") {
    const temp_dir dir;
    ic::image made{64_KiB};
    const auto blocks = [](std::uint64_t n) { return ic::offset{ic::bytes{n * 4096}}; };
    made.place(blocks(0), ic::from_text(std::string(4096, 'a') + "different")); // a fill; and data, joined with what follows
    made.place(blocks(2), ic::from_text(std::string(100, 'x')));
    made.place(blocks(3), ic::fill(8_KiB, std::byte{0x55})).place(blocks(5), ic::fill(4_KiB, std::byte{0x55}));
    made.place(blocks(6), ic::fill(4_KiB, std::byte{0x56}));
    made.place(blocks(7), ic::zeros(4_KiB)).place(blocks(8), ic::from_text(std::string(4096, '\0')));
    made.place(blocks(11), ic::zeros(1_B)); // nothing behind it in its block
    ic::write(made, ic::android_sparse(dir / "f"));
    const auto chunks = chunks_of(read_file(dir / "f"), 16);
    REQUIRE(chunks.size() == 8);
    const auto is = [&](std::size_t i, std::uint16_t type, std::uint32_t count, const std::string& content) {
        INFO("chunk " << i);
        CHECK(chunks[i].type == type);
        CHECK(chunks[i].blocks == count);
        CHECK(chunks[i].content == content);
    };
    is(0, format::fill, 1, "aaaa");
    is(1, format::raw, 2, "different" + std::string(4087, '\0') + std::string(100, 'x') + std::string(3996, '\0'));
    is(2, format::fill, 3, "UUUU");
    is(3, format::fill, 1, "VVVV");
    is(4, format::fill, 2, std::string(4, '\0'));
    is(5, format::dont_care, 2, "");
    is(6, format::fill, 1, std::string(4, '\0'));
    is(7, format::dont_care, 4, "");
}

TEST_CASE("what is flashed over a used medium is every byte of data and zero") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in", GENERATE(1u, 2u, 3u));
    ic::write(made, ic::android_sparse(dir / "f"), {.jobs = 1});
    const std::string file = read_file(dir / "f");
    ic::write(made, ic::android_sparse(dir / "g"), {.jobs = 3});
    CHECK(difference(file, read_file(dir / "g")).empty());
    std::string medium(made.size().count, '\xff');
    flash(chunks_of(file, static_cast<std::uint32_t>(made.size().count / 4096)), medium);
    CHECK(imgcompose_test::lost(made, medium).empty());
    if (!can_ask("simg2img")) return;
    const auto told = run_in(dir, "simg2img f raw");
    CHECK(told.output == "");
    CHECK(told.status == 0);
    CHECK(difference(read_file(dir / "raw"), imgcompose_test::text_of(made)).empty());
    if (!can_ask("img2simg")) return;
    REQUIRE(run_in(dir, "img2simg raw theirs").status == 0);
    CHECK(file.size() <= std::filesystem::file_size(dir / "theirs") + 4096); // which knows no zeros beside nothing
}

TEST_CASE("an image that ends within a block is filled up") {
    const temp_dir dir;
    ic::image made{10'000_B};
    made.place(ic::offset{9000_B}, ic::from_text("end"));
    ic::write(made, ic::android_sparse(dir / "f"));
    const auto chunks = chunks_of(read_file(dir / "f"), 3);
    REQUIRE(chunks.size() == 2);
    CHECK(chunks[0].type == format::dont_care);
    CHECK(chunks[1].content == std::string(808, '\0') + "end" + std::string(4096 - 811, '\0'));
    ic::write(ic::image{}, ic::android_sparse(dir / "empty"));
    CHECK(chunks_of(read_file(dir / "empty"), 0).empty());
}

TEST_CASE("long raw chunks are cut, and an image is larger than 4 GiB") {
    const temp_dir dir;
    SECTION("raw") {
        const ic::image made = ic::generated(std::make_shared<const imgcompose_test::noise>(), 150_MiB);
        ic::write(made, ic::android_sparse(dir / "f"));
        const auto chunks = chunks_of(read_file(dir / "f"), 150 * 256);
        REQUIRE(chunks.size() == 3);
        CHECK(chunks[0].blocks == 64 * 256);
        CHECK(chunks[2].blocks == 22 * 256);
    }
    SECTION("holes") {
        const ic::image made = imgcompose_test::image_over_4_gib(dir / "in");
        ic::write(made, ic::android_sparse(dir / "f"));
        const auto chunks = chunks_of(read_file(dir / "f"), (11 << 18) + 3);
        CHECK(std::ranges::any_of(chunks, [](const chunk& c) { return c.type == format::fill && c.blocks >= 5 << 18; }));
        CHECK(chunks.back().content == "eeee");
        if (!can_ask("simg2img")) return;
        ic::write(made, ic::sparse_file(dir / "raw"));
        CHECK(run_in(dir, "simg2img f theirs && cmp raw theirs").output == "");
    }
}

TEST_CASE("a checksum of the image is in the header and at the end if it is asked for") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in");
    ic::write(made, ic::android_sparse(dir / "f", {.checksum = true}));
    const std::string file = read_file(dir / "f");
    const auto chunks = chunks_of(file, static_cast<std::uint32_t>(made.size().count / 4096));
    const std::uint32_t sum = ic::crc32(ic::read_all(made));
    REQUIRE(chunks.back().type == format::crc32);
    CHECK(ic::from_disk(ic::struct_from<ic::le32>(std::as_bytes(std::span{chunks.back().content}))) == sum);
    CHECK(ic::from_disk(ic::struct_from<format::header>(std::as_bytes(std::span{file})).image_checksum) == sum);
    if (!can_ask("simg2img")) return;
    CHECK(run_in(dir, "simg2img f raw").output == "");
    CHECK(difference(read_file(dir / "raw"), imgcompose_test::text_of(made)).empty());
}

TEST_CASE("small chunks are written in few calls") {
    const temp_dir dir;
    ic::image made{16_MiB};
    for (std::uint64_t i = 0; i < 2000; ++i) made.place(ic::offset{ic::bytes{i * 8192}}, ic::from_text("data of " + std::to_string(i)));
    const auto report = ic::write(made, ic::android_sparse(dir / "f"), {.jobs = 1});
    CHECK(report.calls.writes < 40);
}

TEST_CASE("an image of more blocks than can be counted is refused, and nothing is left") {
    const temp_dir dir;
    CHECK_THROWS_MATCHES(ic::write(ic::image{ic::bytes{16_TiB} + 1_B}, ic::android_sparse(dir / "f")), ic::layout_error,
                         imgcompose_test::says("Android sparse"));
    CHECK(std::filesystem::is_empty(dir.path()));
    ic::write(ic::image{ic::bytes{16_TiB} - ic::bytes{4_KiB}}, ic::android_sparse(dir / "f"));
    CHECK(chunks_of(read_file(dir / "f"), 0xffffffff).size() == 1);
}

TEST_CASE("whatever call fails, an Android sparse file is whole or the old one") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::image_for_faults(dir / "in");
    CHECK(imgcompose_test::each_call_fails(dir, [&](const std::filesystem::path& path) {
        ic::write(made, ic::android_sparse(path), {.jobs = 1, .fsync = true});
    }) >= 8);
}
