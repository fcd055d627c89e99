// SPDX-License-Identifier: BSL-1.0
// With a stand-in for SHA-256; tests/openssl/bmap.cpp has the real one and bmaptool.
#include <imgcompose/write/bmap.hpp>

#include <imgcompose/write/file_sink.hpp>
#include <tests/write/formats.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;
using imgcompose_test::temp_dir;

namespace {

/// Of 64 digits: how many bytes it saw and their CRC-32.
class stand_in final : public ic::digest {
public:
    void update(std::span<const std::byte> next) override { seen_ += next.size(), crc_.update(next); }
    std::string text() const override {
        const std::string s = std::to_string(seen_) + crc_.text();
        return std::string(64 - s.size(), 'e') + s;
    }

private:
    std::size_t seen_ = 0;
    ic::crc32_digest crc_;
};
std::unique_ptr<ic::digest> make_stand_in() { return std::make_unique<stand_in>(); }
std::string stand_in_of(const std::string& s) {
    stand_in d;
    d.update(std::as_bytes(std::span{s}));
    return d.text();
}

std::string map_of(const ic::image& made) {
    imgcompose_test::text_stream to;
    ic::bmap map{to, make_stand_in};
    ic::write(made, map);
    return to.text;
}

} // namespace

TEST_CASE("blocks of data and zeros are mapped, undefined ones are not") {
    ic::image made{ic::bytes{40'960} + 100_B};
    made.place(ic::offset{5000_B}, ic::from_text("data"));
    made.place(ic::offset{8192_B}, ic::zeros(4096_B)).place(ic::offset{12'288_B}, ic::from_text("more"));
    made.place(ic::offset{28_KiB}, ic::zeros(1_B));
    made.place(ic::offset{40'960_B}, ic::from_text("end"));
    const std::string map = map_of(made);
    INFO(map);
    const auto has = [&](const std::string& s) { return map.find(s) != std::string::npos; };
    CHECK(has("<bmap version=\"2.0\">"));
    CHECK(has("<ImageSize> 41060 </ImageSize>"));
    CHECK(has("<BlockSize> 4096 </BlockSize>"));
    CHECK(has("<BlocksCount> 11 </BlocksCount>"));
    CHECK(has("<MappedBlocksCount> 5 </MappedBlocksCount>"));
    CHECK(has("<ChecksumType> sha256 </ChecksumType>"));
    const std::string all = imgcompose_test::text_of(made);
    CHECK(has("<Range chksum=\"" + stand_in_of(all.substr(4096, 3 * 4096)) + "\"> 1-3 </Range>"));
    CHECK(has("<Range chksum=\"" + stand_in_of(all.substr(7 * 4096, 4096)) + "\"> 7 </Range>"));
    CHECK(has("<Range chksum=\"" + stand_in_of(all.substr(40'960)) + "\"> 10 </Range>")); // not what fills the block up

    std::string without = map;
    const auto at = without.find("<BmapFileChecksum> ") + 19;
    without.replace(at, 64, std::string(64, '0'));
    CHECK(map.substr(at, 64) == stand_in_of(without));
}

TEST_CASE("the map does not depend on how the ranges are given") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::mixed_image(dir / "in");
    imgcompose_test::text_stream one, four;
    ic::bmap by_one{one, make_stand_in}, by_four{four, make_stand_in};
    ic::write(made, by_one, {.jobs = 1});
    ic::sparse_file file{dir / "f"};
    ic::write(made, {&by_four, &file}, {.jobs = 4}); // which gives more of it as data
    CHECK(one.text == four.text);
}

TEST_CASE("an image of nothing has a map of nothing") {
    CHECK(map_of(ic::image{}).find("<BlocksCount> 0 </BlocksCount>") != std::string::npos);
    const std::string undefined = map_of(ic::image{1_TiB});
    CHECK(undefined.find("<MappedBlocksCount> 0 </MappedBlocksCount>") != std::string::npos);
    CHECK(undefined.find("<Range") == std::string::npos);
}

TEST_CASE("another digest than SHA-256 is refused before anything is written") {
    imgcompose_test::text_stream to;
    ic::bmap map{to, [] { return std::make_unique<ic::crc32_digest>(); }};
    CHECK_THROWS_MATCHES(ic::write(ic::image{1_MiB}, map), ic::input_error, says("a bmap needs SHA-256"));
    CHECK(to.text.empty());
}

TEST_CASE("whatever call fails, a map is whole or the old one") {
    const temp_dir dir;
    const ic::image made = imgcompose_test::image_for_faults(dir / "in");
    CHECK(imgcompose_test::each_call_fails(dir, [&](const std::filesystem::path& path) {
        ic::file_stream file{path};
        ic::bmap map{file, make_stand_in};
        ic::write(made, map, {.jobs = 1, .fsync = true});
    }) >= 8);
}
