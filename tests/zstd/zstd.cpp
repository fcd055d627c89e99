// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/zstd.hpp>

#include <imgcompose/core/endian.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <tests/write/formats.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::difference;
using imgcompose_test::says;
using imgcompose_test::temp_dir;
using imgcompose_test::text_of;

namespace {

std::string packed(const ic::image& made, const ic::zstd_options& options = {}, std::size_t jobs = 2) {
    imgcompose_test::text_stream to;
    ic::zstd sink{to, options};
    ic::write(made, sink, {.jobs = jobs});
    return to.text;
}

std::uint32_t little_at(const std::string& file, std::size_t at) {
    REQUIRE(at + 4 <= file.size());
    return ic::from_disk(ic::struct_from<ic::le32>(std::as_bytes(std::span{file}).subspan(at)));
}

/// A reader of the seekable format: it knows the file by its table alone.
class seekable {
public:
    explicit seekable(const std::string& file) : file_(file) {
        REQUIRE(file.size() >= 17);
        REQUIRE(little_at(file, file.size() - 4) == 0x8f92eab1);
        CHECK(file[file.size() - 5] == 0); // no checksums
        const std::uint32_t count = little_at(file, file.size() - 9);
        const std::size_t table = 8 + std::size_t{count} * 8 + 9;
        REQUIRE(file.size() >= table);
        std::size_t entry = file.size() - table;
        CHECK(little_at(file, entry) == 0x184d2a5e);
        CHECK(little_at(file, entry + 4) == table - 8);
        std::size_t at = 0, from = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            entry += 8;
            frames_.push_back({at, little_at(file, entry), from, little_at(file, entry + 4)});
            at += frames_.back().packed_size, from += frames_.back().size;
        }
        CHECK(at == file.size() - table);
        size_ = from;
    }
    std::size_t size() const { return size_; }
    std::size_t frames() const { return frames_.size(); }
    std::string frame(std::size_t i) const {
        const auto& f = frames_[i];
        std::string all(f.size, '?');
        REQUIRE(::ZSTD_getFrameContentSize(file_.data() + f.at, f.packed_size) == f.size);
        CHECK(::ZSTD_decompress(all.data(), all.size(), file_.data() + f.at, f.packed_size) == f.size);
        return all;
    }
    std::string read(std::size_t at, std::size_t size) const {
        std::string all;
        for (std::size_t i = 0; i < frames_.size() && size != 0; ++i) {
            if (frames_[i].from + frames_[i].size <= at) continue;
            const std::string part = frame(i).substr(at - frames_[i].from, size);
            all += part, at += part.size(), size -= part.size();
        }
        return all;
    }

private:
    struct frame_place {
        std::size_t at, packed_size, from, size;
    };
    const std::string& file_;
    std::vector<frame_place> frames_;
    std::size_t size_ = 0;
};

} // namespace

TEST_CASE("any range of a packed image is read by the frames that hold it") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in", GENERATE(1u, 2u));
    const std::string all = text_of(made), file = packed(made, {.frame_size = 256_KiB});
    const seekable s{file};
    CHECK(s.size() == all.size());
    CHECK(s.frames() == 24 * 4);
    CHECK(difference(s.read(0, all.size()), all).empty());
    std::mt19937 random{3};
    for (int i = 0; i < 50; ++i) {
        const std::size_t at = random() % all.size(), size = random() % 600'000;
        CHECK(difference(s.read(at, size), all.substr(at, size)).empty());
    }
}

TEST_CASE("the packed file does not depend on the number of threads") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in");
    const std::string one = packed(made, {.jobs = 1}, 1);
    for (const std::size_t jobs : {2u, 3u, 8u}) CHECK(difference(packed(made, {.jobs = jobs}, jobs), one).empty());
}

TEST_CASE("sizes around that of a frame have no empty frame, but nothing at all has one") {
    const std::uint64_t size = GENERATE(0u, 1u, 65'535u, 65'536u, 65'537u, 131'072u, 1'000'000u);
    const std::size_t frames = size == 0 ? 1 : static_cast<std::size_t>((size + 65'535) / 65'536);
    const ic::image noise = ic::generated(std::make_shared<const imgcompose_test::noise>(), ic::bytes{size});
    for (const ic::image& made : {noise, ic::zeros(ic::bytes{size}), ic::image{ic::bytes{size}}}) {
        const std::string file = packed(made, {.frame_size = 64_KiB});
        const seekable s{file};
        CHECK(s.frames() == frames);
        CHECK(difference(s.read(0, size), text_of(made)).empty());
    }
}

TEST_CASE("holes between data are packed once") {
    ic::image made{ic::bytes{100_GiB}};
    made.place(ic::offset{100_B}, ic::from_text("first")).place(ic::offset{50_GiB}, ic::from_text("second"));
    const std::string file = packed(made);
    CHECK(file.size() < 20 << 20);
    const seekable s{file};
    CHECK(s.size() == 100ull << 30);
    CHECK(s.read(100, 6) == std::string("first\0", 6));
    CHECK(s.read((50ull << 30) - 1, 8) == std::string("\0second\0", 8));
    CHECK(s.frame(7) == std::string(2 << 20, '\0'));
}

TEST_CASE("levels that libzstd lacks and frames that cannot be are refused") {
    imgcompose_test::text_stream to;
    CHECK_THROWS_MATCHES(ic::zstd(to, {.level = 23}), ic::input_error, says("zstd has no level 23; levels are -"));
    CHECK_THROWS_MATCHES(ic::zstd(to, {.frame_size = 0_B}), ic::input_error, says("choose 4 KiB to 1 GiB"));
    CHECK_THROWS_MATCHES(ic::zstd(to, {.frame_size = 2_GiB}), ic::input_error, says("zstd frames of 2147483648 bytes"));
    const ic::image made = ic::generated(std::make_shared<const imgcompose_test::noise>(), 100'000_B);
    const std::string file = packed(made, {.level = 19});
    CHECK(seekable{file}.read(0, 100'000) == text_of(made));
}

TEST_CASE("zstd unpacks it and notices a changed byte") {
    if (!imgcompose_test::can_ask("zstd")) return;
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in");
    ic::file_stream file{dir / "disk.img.zst"};
    ic::zstd sink{file};
    ic::sparse_file disk{dir / "disk.img"};
    ic::write(made, {&disk, &sink});
    const auto told = imgcompose_test::run_in(dir, "zstd -q -t disk.img.zst && zstd -qdc disk.img.zst | cmp - disk.img");
    CHECK(told.output == "");
    CHECK(told.status == 0);
    const auto listed = imgcompose_test::run_in(dir, "zstd -lv disk.img.zst");
    CHECK(listed.output.find("# Zstandard Frames: 12") != std::string::npos);
    CHECK(listed.output.find("# Skippable Frames: 1") != std::string::npos);
    CHECK(imgcompose_test::run_in(dir, "printf xyz | dd of=disk.img.zst bs=1 seek=5000 conv=notrunc status=none; zstd -q -t disk.img.zst").status != 0);
}

TEST_CASE("whatever call fails, a packed file is whole or the old one") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::image_for_faults(dir / "in");
    CHECK(imgcompose_test::each_call_fails(dir, [&](const std::filesystem::path& path) {
        ic::file_stream file{path};
        ic::zstd sink{file, {.frame_size = 64_KiB, .jobs = 2}};
        ic::write(made, sink, {.jobs = 1, .fsync = true});
    }) >= 8);
}

TEST_CASE("what is written to twice is packed twice alike") {
    imgcompose_test::text_stream to;
    ic::zstd sink{to};
    const ic::image made = ic::generated(std::make_shared<const imgcompose_test::noise>(), 5_MiB);
    ic::write(made, sink);
    const std::string first = to.text;
    to.text.clear();
    ic::write(made, sink);
    CHECK(difference(to.text, first).empty());
}
