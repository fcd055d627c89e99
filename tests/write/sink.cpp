// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/sink.hpp>

#include <imgcompose/image/image.hpp>
#include <imgcompose/write/write.hpp>
#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

namespace {
/// A user's own sink: remembers what it was told.
class recording final : public ic::sink {
public:
    std::vector<std::string> told{};
    bool fails = false;

    void begin(ic::bytes size) override { told.push_back("begin " + std::to_string(size.count)); }
    void data(ic::offset at, std::span<const std::byte> content) override {
        if (fails) throw ic::input_error("full");
        told.push_back("data " + std::to_string(at.count) + "+" + std::to_string(content.size()));
    }
    void zero(ic::offset at, ic::bytes size) override { told.push_back("zero " + std::to_string(at.count) + "+" + std::to_string(size.count)); }
    void undefined(ic::offset at, ic::bytes size) override { told.push_back("undefined " + std::to_string(at.count) + "+" + std::to_string(size.count)); }
    void finish(bool sync) override { told.push_back(sync ? "finish and sync" : "finish"); }
    void abandon() noexcept override { told.push_back("abandon"); }
};

ic::image three_kinds() {
    ic::image i{100_B};
    i.place(ic::offset{10_B}, ic::from_text("0123456789")).place(ic::offset{20_B}, ic::from_text("0123456789"));
    i.place(ic::offset{40_B}, ic::zeros(10_B));
    return i;
}
} // namespace

TEST_CASE("a sink is told each byte once, in order, with its kind") {
    recording r;
    ic::write(three_kinds(), r, {.fsync = true});
    CHECK(r.told == std::vector<std::string>{"begin 100", "undefined 0+10", "data 10+20", "undefined 30+10", "zero 40+10",
                                             "undefined 50+50", "finish and sync"});
}

TEST_CASE("a sink that throws is told to abandon, and its error arrives") {
    recording r;
    r.fails = true;
    CHECK_THROWS_MATCHES(ic::write(three_kinds(), r), ic::input_error, imgcompose_test::says("full"));
    CHECK(r.told.back() == "abandon");
    CHECK(std::count(r.told.begin(), r.told.end(), "finish") == 0);
}
