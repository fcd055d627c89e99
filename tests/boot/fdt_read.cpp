// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/fdt_read.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/support/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace ic = imgcompose;
using imgcompose_test::says;

namespace {

ic::fdt fdt_sample() {
    ic::fdt t;
    t.root.properties = {ic::fdt_string("model", "Card"), ic::fdt_cells("#address-cells", {2})};
    t.root.children = {
        {.name = "memory@0",
         .properties = {ic::fdt_u64("reg", 0x100000002), ic::fdt_flag("a"), ic::fdt_cells("three", {1, 2, 3})}},
        {.name = "soc",
         .properties = {ic::fdt_strings("compatible", std::vector<std::string>{"x,y", "z"})},
         .children = {{.name = "serial", .properties = {ic::fdt_string("model", "uart")}}, {.name = "spi"}}}};
    t.reservations = {{0x1000, ic::bytes{0x2000}}};
    return t;
}

void put_be32(ic::owned_bytes& to, std::size_t at, std::uint32_t value) {
    const ic::be32 field = ic::to_disk(value);
    ic::put_struct(std::span{to}.subspan(at), field);
}

// A tree of nothing but the words of its structure block.
ic::owned_bytes with_structure(std::initializer_list<std::uint32_t> words) {
    ic::owned_bytes all(40 + 16 + words.size() * 4 + 4);
    const std::uint32_t size = static_cast<std::uint32_t>(words.size() * 4);
    std::size_t at = 0;
    for (const std::uint32_t w :
         {ic::fdt_magic, static_cast<std::uint32_t>(all.size()), 56u, 56 + size, 40u, 17u, 16u, 0u, 4u, size})
        put_be32(all, at, w), at += 4;
    at = 56;
    for (const std::uint32_t w : words) put_be32(all, at, w), at += 4;
    put_be32(all, at, 0x61620000); // "ab"
    return all;
}

} // namespace

TEST_CASE("a device tree is looked into") {
    auto raw = ic::fdt_bytes(fdt_sample());
    const auto own_size = raw.size();
    raw.resize(raw.size() + 100); // somebody else's
    const ic::fdt_view t{raw};
    CHECK(t.size() == ic::bytes{own_size});
    CHECK(t.version() == 17);
    CHECK(t.reservations() == fdt_sample().reservations);
    CHECK(t.root().name().empty());
    CHECK(t.root().string("model") == "Card");
    CHECK(t.root().number("#address-cells") == 2);
    CHECK(t.root().children().size() == 2);
    CHECK(t.root().properties().size() == 2);
    CHECK(t.find("/")->string("model") == "Card");
    CHECK(t.find("/soc/serial")->string("model") == "uart");
    CHECK(t.find("/soc/serial/")->name() == "serial");
    CHECK(t.find("/soc/spi")->properties().empty());
    CHECK_FALSE(t.find("/soc/i2c"));
    CHECK_FALSE(t.find("/memory"));
    CHECK_FALSE(t.find("soc"));
    const auto memory = *t.find("/memory@0");
    CHECK(memory.number("reg") == 0x100000002);
    CHECK_FALSE(memory.property("reg")->u32());
    CHECK(memory.property("reg")->cells() == std::vector<std::uint32_t>{1, 2});
    CHECK(memory.property("a")->value.empty());
    CHECK_FALSE(memory.property("a")->string());
    CHECK(memory.property("a")->strings()->empty());
    CHECK_FALSE(memory.number("three"));
    CHECK(memory.property("three")->cells() == std::vector<std::uint32_t>{1, 2, 3});
    CHECK(t.find("/soc")->property("compatible")->strings() == std::vector<std::string_view>{"x,y", "z"});
    CHECK(t.find("/soc")->string("compatible") == "x,y");
    CHECK_FALSE(t.root().property("#address-cells")->value.empty());
    CHECK(ic::read_fdt(raw) == fdt_sample());
}

TEST_CASE("values without their end are nothing") {
    const std::string cut = "ab";
    const ic::fdt_property_view p{"p", std::as_bytes(std::span{cut})};
    CHECK_FALSE(p.string());
    CHECK_FALSE(p.strings());
    CHECK_FALSE(p.cells());
    CHECK_FALSE(p.number());
}

TEST_CASE("a damaged device tree is refused") {
    const auto sound = ic::fdt_bytes(fdt_sample());
    const auto with_word = [&](std::size_t at, std::uint32_t value) {
        auto raw = sound;
        put_be32(raw, at, value);
        return raw;
    };
    const auto refused = [](const ic::owned_bytes& raw, const char* why) {
        CHECK_THROWS_MATCHES(ic::fdt_view{raw}, ic::format_error, says(why));
    };
    refused({}, "0 bytes");
    refused(with_word(0, 0xd00dfeee), "begins with 0xd00dfeee");
    refused(with_word(4, static_cast<std::uint32_t>(sound.size()) + 1), "the last 1 of its");
    refused(with_word(4, 39), "smaller than its header");
    refused(with_word(20, 16), "version 16");
    refused(with_word(24, 18), "version 17");
    refused(with_word(8, 0xfffffff0), "structure block lies outside");
    refused(with_word(36, 0xffffffff), "structure block lies outside");
    refused(with_word(12, 0xffffffff), "strings block lies outside");
    refused(with_word(32, 0xffffffff), "strings block lies outside");
    refused(with_word(16, 0), "reservations have no end");
    refused(with_word(16, static_cast<std::uint32_t>(sound.size()) - 8), "reservations have no end");
    refused(with_word(16, 0xffffffff), "reservations have no end");
    refused(with_structure({9}), "does not begin with a node");
    refused(with_structure({}), "no end");
    refused(with_structure({1, 0, 2}), "no end");
    refused(with_structure({1, 0, 9}), "ends within a node");
    refused(with_structure({1, 0x61616161}), "name of a node has no end");
    refused(with_structure({1, 0, 3, 0xffffffff, 0, 2, 9}), "has 4294967295 bytes");
    refused(with_structure({1, 0, 3, 0, 4, 2, 9}), "outside of its strings");
    refused(with_structure({1, 0, 1, 0x61000000, 2, 3, 0, 0, 2, 9}), "behind a child");
    refused(with_structure({1, 0, 7, 2, 9}), "the token at byte 8");
    refused(with_structure({1, 0, 2, 1, 0, 2, 9}), "follows the end");
    CHECK(ic::fdt_view{with_structure({4, 1, 0, 4, 3, 0, 0, 4, 2, 4, 9})}.root().property("ab"));
    CHECK(ic::fdt_view{with_structure({1, 0, 3, 0, 1, 2, 9})}.root().property("b"));
}

TEST_CASE("a tree nested beyond the limit is refused without recursion") {
    constexpr std::uint32_t depth = 1'000'000;
    ic::owned_bytes raw(40 + 16 + depth * 8 + 8);
    std::size_t at = 0;
    for (const std::uint32_t w :
         {ic::fdt_magic, static_cast<std::uint32_t>(raw.size()), 56u, 56u, 40u, 17u, 16u, 0u, 0u, depth * 8})
        put_be32(raw, at, w), at += 4;
    for (std::uint32_t i = 0; i < depth; ++i) put_be32(raw, 56 + std::size_t{i} * 8, 1);
    CHECK_THROWS_MATCHES(ic::fdt_view{raw}, ic::format_error, says("more than 64 deep"));
}

TEST_CASE("no change of a byte leads a reader outside") {
    const auto sound = ic::fdt_bytes(fdt_sample());
    std::mt19937 random{1};
    unsigned refused = 0, read = 0;
    const auto visit = [&](const ic::owned_bytes& raw) {
        try {
            (void)ic::read_fdt(raw);
            ++read;
        } catch (const ic::format_error&) {
            ++refused;
        }
    };
    for (std::size_t size = 0; size < sound.size(); ++size) {
        ic::owned_bytes cut{sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size)}; // its own allocation
        CHECK_THROWS_AS(ic::read_fdt(cut), ic::format_error);
    }
    for (int i = 0; i < 20000; ++i) {
        auto raw = sound;
        for (auto changes = random() % 3 + 1; changes != 0; --changes)
            raw[random() % raw.size()] = static_cast<std::byte>(random() & 0xff);
        visit(raw);
    }
    CHECK(refused > 1000);
    CHECK(read > 1000);
}

TEST_CASE("a name without an end is not read again for each of very many properties") {
    // A million properties without values, all of which have a name of 4 MiB.
    constexpr std::uint32_t count = 1'000'000, names = 4 << 20, structure = 4 + 4 + count * 12 + 4 + 4;
    ic::owned_bytes raw(56 + structure + names, std::byte{'n'});
    std::size_t at = 0;
    for (const std::uint32_t w : {ic::fdt_magic, static_cast<std::uint32_t>(raw.size()), 56u, 56u + structure, 40u, 17u, 16u, 0u,
                                  names, structure, 0u, 0u, 0u, 0u, 1u, 0u})
        put_be32(raw, at, w), at += 4;
    for (std::uint32_t i = 0; i < count; ++i)
        for (const std::uint32_t w : {3u, 0u, 0u}) put_be32(raw, at, w), at += 4;
    put_be32(raw, at, 2), put_be32(raw, at + 4, 9);
    raw.back() = std::byte{};
    CHECK_THROWS_MATCHES(ic::fdt_view{raw}, ic::format_error, says("more than 255 characters"));
    // One that is as long as may be, and one character more.
    for (const std::size_t length : {255u, 256u}) {
        ic::fdt tree;
        tree.root.properties = {ic::fdt_flag(std::string(length, 'p'))};
        if (length == 255) CHECK(ic::read_fdt(ic::fdt_bytes(tree)) == tree);
        else CHECK_THROWS_AS(ic::read_fdt(ic::fdt_bytes(tree)), ic::format_error);
    }
}

TEST_CASE("device trees that are shipped are written again as they were", "[shipped]") {
    // Debian's linux-image-* packages unpacked, or installed; $IMGCOMPOSE_DEVICE_TREES names another place.
    const char* named = std::getenv("IMGCOMPOSE_DEVICE_TREES");
    std::vector<std::filesystem::path> tops, files;
    if (named) tops.emplace_back(named);
    else
        for (const auto& e : std::filesystem::directory_iterator{"/usr/lib"})
            if (e.path().filename().string().starts_with("linux-image-")) tops.push_back(e.path());
    for (const auto& top : tops)
        if (std::filesystem::exists(top))
            for (const auto& e : std::filesystem::recursive_directory_iterator{top})
                if (e.path().extension() == ".dtb") files.push_back(e.path());
    if (files.empty()) {
        WARN("skipped: no .dtb in $IMGCOMPOSE_DEVICE_TREES or /usr/lib/linux-image-*");
        return;
    }
    std::size_t same = 0;
    for (const auto& path : files) {
        const auto raw = ic::read_all(ic::blob(path));
        const auto tree = ic::read_fdt(raw);
        const auto made = ic::fdt_bytes(tree);
        if (made == raw) ++same;
        INFO(path);
        CHECK(ic::read_fdt(made) == tree);
    }
    CHECK(same * 10 > files.size() * 9); // all but those into which libfdt put overlays
}
