// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/chunked_sink.hpp>

#include <tests/write/formats.hpp>

#include <atomic>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {

/// Packs a chunk as one line: its size, its first byte and the last byte before it.
class lines final : public ic::chunked_sink {
public:
    explicit lines(ic::byte_stream& to, std::size_t jobs) : chunked_sink(to, 1000, jobs) {}

    mutable std::atomic<int> packings{0}, packers{0};
    std::atomic<int> fails_at = -1;
    std::uint64_t size = 0;

private:
    class line_packer final : public packer {
    public:
        explicit line_packer(const lines& of) : of_(of) {}
        packed pack(const chunk& next, const chunk& before, bool last) override {
            if (of_.packings++ == of_.fails_at) throw ic::error("this one fails");
            const auto text = [](const chunk& c, bool end) {
                return !c || c->empty() ? "-" : std::to_string(std::to_integer<int>(end ? c->back() : c->front()));
            };
            const std::string line =
                std::to_string(next->size()) + ' ' + text(next, false) + ' ' + text(before, true) + (last ? " last\n" : "\n");
            const auto raw = std::as_bytes(std::span{line});
            return {.content = {raw.begin(), raw.end()}, .unpacked_size = next->size()};
        }

    private:
        const lines& of_;
    };
    void begin_packing() override { size = 0; }
    std::unique_ptr<packer> make_packer() const override {
        ++packers;
        return std::make_unique<line_packer>(*this);
    }
    void appended(const packed& p) override { size += p.unpacked_size; }
    void finish_packing() override {
        const std::string sum = "sum " + std::to_string(size) + '\n';
        append(std::as_bytes(std::span{sum}));
    }
};

std::string packed_by(std::size_t jobs, const ic::image& made) {
    imgcompose_test::text_stream to;
    lines sink{to, jobs};
    ic::write(made, sink, {.jobs = 2});
    CHECK(to.closed);
    return to.text;
}

} // namespace

TEST_CASE("chunks are packed by threads and appended in order") {
    ic::image made{3500_B};
    made.place(ic::offset{}, ic::fill(900_B, std::byte{7})).place(ic::offset{1500_B}, ic::fill(1700_B, std::byte{8}));
    const std::string expected = "1000 7 -\n1000 0 0\n1000 8 8\n500 8 8 last\nsum 3500\n";
    for (const std::size_t jobs : {1u, 2u, 5u}) CHECK(packed_by(jobs, made) == expected);
    CHECK(packed_by(2, ic::image{}) == "0 - - last\nsum 0\n");
    CHECK(packed_by(2, ic::fill(1000_B, std::byte{1})) == "1000 1 -\n0 - 1 last\nsum 1000\n");
}

TEST_CASE("zeros behind zeros are packed once") {
    ic::image made{1'000'500_B};
    made.place(ic::offset{500'500_B}, ic::fill(500'000_B, std::byte{9}));
    imgcompose_test::text_stream to;
    lines sink{to, GENERATE(std::size_t{1}, std::size_t{3})};
    ic::write(made, sink);
    std::string expected = "1000 0 -\n";
    for (int i = 0; i < 499; ++i) expected += "1000 0 0\n";
    expected += "1000 0 0\n";
    for (int i = 0; i < 499; ++i) expected += "1000 9 9\n";
    CHECK(to.text == expected + "500 9 9 last\nsum 1000500\n");
    CHECK(sink.packings == 2 + 501);
}

TEST_CASE("what a thread throws ends the writing, and the stream is dropped") {
    imgcompose_test::text_stream to;
    lines sink{to, GENERATE(std::size_t{1}, std::size_t{4})};
    sink.fails_at = GENERATE(0, 3, 100);
    CHECK_THROWS_MATCHES(ic::write(ic::fill(100'500_B, std::byte{1}), sink), ic::error, says("this one fails"));
    CHECK(to.dropped);
    CHECK_FALSE(to.closed);
    sink.fails_at = -1;
    ic::write(ic::fill(1500_B, std::byte{1}), sink); // it is as good as new
    CHECK(to.text == "1000 1 -\n500 1 1 last\nsum 1500\n");
}

TEST_CASE("what is written twice is packed twice alike") {
    ic::image made{10'500_B};
    made.place(ic::offset{5000_B}, ic::fill(5500_B, std::byte{9}));
    imgcompose_test::text_stream to;
    lines sink{to, GENERATE(std::size_t{1}, std::size_t{3})};
    ic::write(made, sink);
    const std::string first = to.text;
    to.text.clear();
    ic::write(made, sink);
    CHECK(to.text == first);
    CHECK(sink.packers <= 3 + 3 + 1); // not one a chunk
}
