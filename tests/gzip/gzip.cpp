// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/gzip.hpp>

#include <imgcompose/write/file_sink.hpp>
#include <tests/write/formats.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::difference;
using imgcompose_test::says;
using imgcompose_test::temp_dir;
using imgcompose_test::text_of;

namespace {

std::string packed(const ic::image& made, const ic::gzip_options& options = {}, std::size_t jobs = 2) {
    imgcompose_test::text_stream to;
    ic::gzip sink{to, options};
    ic::write(made, sink, {.jobs = jobs});
    return to.text;
}

/// By zlib, which accepts one member and nothing behind it.
std::string unpacked(const std::string& file) {
    ::z_stream s{};
    REQUIRE(::inflateInit2(&s, 15 + 16) == Z_OK);
    s.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
    s.avail_in = static_cast<uInt>(file.size());
    std::string all;
    int result = Z_OK;
    for (std::vector<char> buffer(1 << 20); result == Z_OK;) {
        s.next_out = reinterpret_cast<Bytef*>(buffer.data());
        s.avail_out = static_cast<uInt>(buffer.size());
        result = ::inflate(&s, Z_NO_FLUSH);
        all.append(buffer.data(), buffer.size() - s.avail_out);
    }
    CHECK(result == Z_STREAM_END);
    CHECK(s.avail_in == 0);
    ::inflateEnd(&s);
    return all;
}

} // namespace

TEST_CASE("an image that was packed is the same when it is unpacked, by any number of threads the same file") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in", GENERATE(1u, 2u));
    const std::string one = packed(made, {.jobs = 1}, 1);
    CHECK(difference(unpacked(one), text_of(made)).empty());
    for (const std::size_t jobs : {2u, 3u, 8u}) CHECK(difference(packed(made, {.jobs = jobs}, jobs), one).empty());
    CHECK(one.substr(0, 10) == std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10)); // no name, no time
}

TEST_CASE("sizes around that of a chunk are packed") {
    const std::uint64_t size = GENERATE(0u, 1u, (1u << 20) - 1, 1u << 20, (1u << 20) + 1, 2u << 20, 5u << 20);
    const ic::image noise = ic::generated(std::make_shared<const imgcompose_test::noise>(), ic::bytes{size});
    CHECK(difference(unpacked(packed(noise)), text_of(noise)).empty());
    const ic::image zeros = ic::zeros(ic::bytes{size});
    CHECK(difference(unpacked(packed(zeros)), text_of(zeros)).empty());
    const ic::image undefined{ic::bytes{size}};
    CHECK(packed(undefined) == packed(zeros));
}

TEST_CASE("holes between data are packed once and unpacked everywhere") {
    ic::image made{40_MiB};
    made.place(ic::offset{100_B}, ic::from_text("first")).place(ic::offset{20_MiB}, ic::from_text("second"));
    made.place(ic::offset{25_MiB} + 17_B, ic::zeros(9_MiB));
    for (const std::size_t jobs : {1u, 4u}) CHECK(difference(unpacked(packed(made, {.jobs = jobs})), text_of(made)).empty());
    CHECK(packed(ic::image{100_GiB}).size() < 120 << 20); // as fast as that
}

TEST_CASE("a higher level is smaller, and there are nine") {
    const temp_dir dir;
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919 % 10'007) + ' ';
    const ic::image made = ic::from_text(text);
    CHECK(packed(made, {.level = 9}).size() < packed(made, {.level = 1}).size());
    CHECK(unpacked(packed(made, {.level = 9})) == text);
    for (const int level : {0, -1, 10}) CHECK_THROWS_MATCHES(packed(made, {.level = level}), ic::input_error, says("levels are 1 to 9"));
}

TEST_CASE("gzip unpacks it") {
    if (!imgcompose_test::can_ask("gzip")) return;
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in");
    ic::file_stream file{dir / "disk.img.gz"};
    ic::gzip sink{file};
    ic::sparse_file disk{dir / "disk.img"};
    ic::write(made, {&disk, &sink});
    const auto told = imgcompose_test::run_in(dir, "gzip -t disk.img.gz && gzip -dc disk.img.gz | cmp - disk.img && gzip -l disk.img.gz | tail -1");
    CHECK(told.status == 0);
    CHECK(told.output.find(std::to_string(made.size().count)) != std::string::npos);
    CHECK(imgcompose_test::run_in(dir, "printf x | dd of=disk.img.gz bs=1 seek=5000 conv=notrunc status=none; gzip -t disk.img.gz").status != 0);
}

TEST_CASE("whatever call fails, a packed file is whole or the old one") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::image_for_faults(dir / "in");
    CHECK(imgcompose_test::each_call_fails(dir, [&](const std::filesystem::path& path) {
        ic::file_stream file{path};
        ic::gzip sink{file, {.jobs = 2}};
        ic::write(made, sink, {.jobs = 1, .fsync = true});
    }) >= 8);
}

TEST_CASE("what is written to twice is packed twice alike") {
    imgcompose_test::text_stream to;
    ic::gzip sink{to};
    const ic::image made = ic::generated(std::make_shared<const imgcompose_test::noise>(), 5_MiB);
    ic::write(made, sink);
    const std::string first = to.text;
    to.text.clear();
    ic::write(made, sink);
    CHECK(difference(to.text, first).empty());
    CHECK(difference(unpacked(to.text), text_of(made)).empty());
}
