// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/write/portion.hpp>

#include <tests/support/catch.hpp>

#include <string>

using namespace imgcompose;
using namespace imgcompose::literals;
using detail::portion;

TEST_CASE("a cursor gives all ranges of an image, and what is left of one") {
    image made{100_B};
    made.place(offset{10_B}, fill(20_B, std::byte{7})).place(offset{30_B}, zeros(5_B));
    detail::range_cursor all{made};
    std::string seen;
    for (bytes most = 8_B; const auto e = all.peek(); most = 100_B) {
        const bytes size = std::min(e->size, most);
        seen += text::join(e->at.count, '+', size.count, "ufz"[e->kind() == byte_kind::data ? 1 : e->kind() == byte_kind::zero ? 2 : 0], ' ');
        all.take(size);
    }
    CHECK(seen == "0+8u 8+2u 10+20f 30+5z 35+65u ");
}

TEST_CASE("runs lie in the buffer one behind the other, each at its own place in a block") {
    portion p;
    p.ranges = {{.at = offset{100_B}, .size = 50_B, .source = extent::is_fill},
                {.at = offset{150_B}, .size = 10_B, .source = extent::is_zero},
                {.at = offset{160_B}, .size = 40_B, .source = extent::is_fill},
                {.at = offset{200_B}, .size = 20_KiB, .source = extent::is_undefined},
                {.at = offset{20'680_B}, .size = 5_B, .source = extent::is_fill}};
    p.joins_gaps = true;
    std::vector<std::size_t> places;
    p.for_each_buffered([&](const extent&, std::size_t at) { places.push_back(at); });
    CHECK(places == std::vector<std::size_t>{100, 150, 160, 4096 + 20'680 % 4096});
    (void)p.buffer.room(3 * 4096);

    const auto runs = [&](auto is_data) {
        std::string seen;
        p.for_each_run(
            is_data, [&](offset at, std::span<const std::byte> content) {
                CHECK(at.count % 4096 == static_cast<std::uint64_t>(content.data() - p.buffer.all().data()) % 4096);
                seen += text::join(at.count, '+', content.size(), ' ');
            },
            [&](const extent& e) { seen += text::join('(', e.at.count, '+', e.size.count, ") "); });
        return seen;
    };
    CHECK(runs([&](const extent& e) { return p.is_buffered(e); }) == "100+100 (200+20480) 20680+5 ");
    CHECK(runs([](const extent& e) { return e.kind() == byte_kind::data; }) == "100+50 (150+10) 160+40 (200+20480) 20680+5 ");
}
