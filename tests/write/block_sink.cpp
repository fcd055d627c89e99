// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/block_sink.hpp>

#include <tests/write/formats.hpp>

namespace ic = imgcompose;
using namespace ic::literals;

namespace {

/// Writes down what it is given: D, z and u for each block.
class written_down final : public ic::block_sink {
public:
    written_down() : block_sink(8_B) {}
    std::string kinds{}, content{};
    std::uint64_t expected = 0, calls = 0;
    bool finished = false;

private:
    void add(std::uint64_t first, std::uint64_t count, char kind) {
        CHECK(first == kinds.size());
        CHECK(count != 0);
        kinds.append(count, kind);
        ++calls;
    }
    void begin_blocks(std::uint64_t count) override {
        expected = count;
        kinds.clear(), content.clear();
    }
    void data_blocks(std::uint64_t first, std::span<const std::byte> s) override {
        CHECK(s.size() % block_size() == 0);
        add(first, s.size() / block_size(), 'D');
        content.append(reinterpret_cast<const char*>(s.data()), s.size());
    }
    void zero_blocks(std::uint64_t first, std::uint64_t count) override { add(first, count, 'z'); }
    void undefined_blocks(std::uint64_t first, std::uint64_t count) override { add(first, count, 'u'); }
    void finish_blocks(bool) override { finished = true; }
};

void give(written_down& to, std::string_view ranges) {
    to.begin(ic::bytes{ranges.size()});
    ic::offset at{};
    for (std::size_t i = 0; i < ranges.size();) {
        const std::size_t end = std::min(ranges.find_first_not_of(ranges[i], i), ranges.size());
        const ic::bytes size{end - i};
        if (ranges[i] == '0') to.zero(at, size);
        else if (ranges[i] == '?') to.undefined(at, size);
        else to.data(at, std::as_bytes(std::span{ranges.substr(i, end - i)}));
        at = at + size;
        i = end;
    }
    to.finish(false);
    CHECK(to.finished);
    CHECK(to.expected == to.kinds.size());
}

} // namespace

TEST_CASE("ranges that begin and end anywhere become whole blocks") {
    struct example {
        std::string_view ranges;
        std::string kinds, content;
    };
    const std::string nothing(5, '\0');
    for (const example& e : {example{"", "", ""},
                             {"aaaaaaaa", "D", "aaaaaaaa"},
                             {"aaaaaaaabbbbbbbb00000000????????????????", "DDzuu", "aaaaaaaabbbbbbbb"},
                             {"???aa000", "D", std::string("\0\0\0aa\0\0\0", 8)},
                             {"???00???", "z", ""},
                             {"????????????0???", "uz", ""},
                             {"aaaaaaaaaaa?????????????", "DDu", "aaaaaaaaaaa" + nothing},
                             {"?????aaaaaaaaaaa", "DD", nothing + "aaaaaaaaaaa"},
                             {"aabbccddeeffgghh", "DD", "aabbccddeeffgghh"},
                             {"????????aaa", "uD", "aaa" + nothing},
                             {"00000000000", "zz", ""},
                             {"?????????", "uu", ""}}) {
        INFO(e.ranges);
        written_down to;
        give(to, e.ranges);
        CHECK(to.kinds == e.kinds);
        CHECK(to.content == e.content);
    }
}

TEST_CASE("whole blocks go on in one piece") {
    written_down to;
    give(to, std::string(8 * 100 + 3, 'x'));
    CHECK(to.calls == 2);
    to.calls = 0;
    give(to, std::string(5, '0') + std::string(8 * 1000, '?'));
    CHECK(to.calls == 3);
}

TEST_CASE("a sink of blocks is used again") {
    written_down to;
    give(to, "aaa");
    give(to, "????????b");
    CHECK(to.kinds == "uD");
}
