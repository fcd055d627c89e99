// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/environment.hpp>
#include <imgcompose/core/crc.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <random>
#include <string>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;
using imgcompose_test::text_of;

namespace {
const ic::environment environment_sample{{{"bootcmd", "run a; run b"}, {"bootdelay", "2"}, {"empty", ""}, {"eq", "a=b"}}};
} // namespace

TEST_CASE("the text of an environment is read as mkenvimage reads it") {
    CHECK(ic::parse_environment("").variables.empty());
    CHECK(ic::parse_environment("a=1\n\n# b=2\nc=3") == ic::environment{{{"a", "1"}, {"c", "3"}}});
    CHECK(ic::parse_environment("a=1\\\n2\nb=") == ic::environment{{{"a", "1\n2"}, {"b", ""}}});
    CHECK(ic::parse_environment("a=1\\\n# no\n\n2\nb=3\\") == ic::environment{{{"a", "1\n2"}, {"b", "3\\"}}});
    CHECK(ic::parse_environment("a=1\\\n") == ic::environment{{{"a", "1\n"}}});
    CHECK(ic::parse_environment("a= # b=2\n") == ic::environment{{{"a", " # b=2"}}});
    CHECK_THROWS_MATCHES(ic::parse_environment("a=1\nbroken\n"), ic::input_error, says("line 2 of the U-Boot"));
    CHECK_THROWS_MATCHES(ic::parse_environment("=1\n"), ic::input_error, says("is empty"));
    CHECK_THROWS_MATCHES(ic::parse_environment("a=1\na=2\n"), ic::input_error, says("is there twice"));
    CHECK_THROWS_MATCHES(ic::parse_environment({"a=\0b\n", 5}), ic::input_error, says("has a NUL"));
}

TEST_CASE("an environment is written as text, or refused where text cannot say it") {
    const ic::environment e{{{"a", "1\n2"}, {"b", ""}, {"c", "x\\y #"}}};
    CHECK(ic::emit(e) == "a=1\\\n2\nb=\nc=x\\y #\n");
    CHECK(ic::parse_environment(ic::emit(e)) == e);
    for (const char* value : {"a\n\nb", "a\n#b", "a\\\nb", "a\\", "a\n"}) {
        INFO(value);
        CHECK_THROWS_MATCHES(ic::emit({{{"v", value}}}), ic::input_error, says("cannot be written as text"));
    }
    CHECK_THROWS_MATCHES(ic::emit({{{"#v", ""}}}), ic::input_error, says("comment"));
}

TEST_CASE("an environment is read as it was made") {
    const bool redundant = GENERATE(false, true), big_endian = GENERATE(false, true);
    const auto image = ic::environment_image(
        environment_sample, {.size = 8_KiB, .redundant = redundant, .flags = 7, .big_endian = big_endian, .pad = std::byte{0}});
    CHECK(image.size() == 8_KiB);
    const auto raw = ic::read_all(image);
    const auto found = ic::read_environment(raw);
    CHECK(found.variables == environment_sample);
    CHECK(found.redundant == redundant);
    CHECK(found.big_endian == big_endian);
    CHECK(found.flags == (redundant ? 7 : 0));
    CHECK(*found.variables.find("bootdelay") == "2");
    CHECK(found.variables.find("nothing") == nullptr);
}

TEST_CASE("an environment that U-Boot would not understand is not made") {
    const auto refused = [](ic::environment e, const char* why) {
        CHECK_THROWS_MATCHES(ic::environment_bytes(e, {.size = 1_KiB}), ic::input_error, says(why));
    };
    refused({{{"", "x"}}}, "is empty");
    refused({{{"a=b", "x"}}}, "has a '='");
    refused({{{{"a\0b", 3}, "x"}}}, "has a NUL");
    refused({{{"a", {"a\0b", 3}}}}, "has a NUL");
    refused({{{"a", "1"}, {"a", "2"}}}, "is there twice");
    CHECK(ic::environment_bytes({{{"a", "12"}}}, {.size = 10_B}).size() == 10);
    CHECK_THROWS_MATCHES(ic::environment_bytes({{{"a", "12"}}}, {.size = 9_B}), ic::layout_error,
                         says("needs 10 bytes"));
    CHECK_THROWS_MATCHES(ic::environment_bytes({{{"a", "12"}}}, {.size = 10_B, .redundant = true}), ic::layout_error,
                         says("needs 11 bytes"));
    CHECK_THROWS_MATCHES(ic::environment_bytes({}, {}), ic::layout_error, says("needs 5 bytes, but has 0"));
}

TEST_CASE("a damaged environment is refused") {
    const auto sound = ic::environment_bytes(environment_sample, {.size = 256_B, .redundant = true});
    for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
        if (bit / 8 == 4) continue; // the flag byte is not covered
        auto raw = sound;
        raw[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
        CHECK_THROWS_AS(ic::read_environment(raw), ic::format_error);
    }
    for (std::size_t size = 0; size < sound.size(); ++size)
        CHECK_THROWS_AS(ic::read_environment(std::span{sound}.first(size)), ic::format_error);
    const auto with_right_crc = [](std::string data) {
        const auto span = std::as_bytes(std::span{data});
        ic::owned_bytes raw(4 + span.size());
        std::ranges::copy(span, raw.begin() + 4);
        ic::put_struct<ic::le32>(raw, ic::to_disk(ic::crc32(span)));
        return raw;
    };
    CHECK_THROWS_MATCHES(ic::read_environment(with_right_crc("a=1")), ic::format_error, says("have no end"));
    CHECK_THROWS_MATCHES(ic::read_environment(with_right_crc({"ab\0\0", 4})), ic::format_error, says("is no variable"));
    CHECK_THROWS_MATCHES(ic::read_environment(with_right_crc({"=b\0\0", 4})), ic::format_error, says("is no variable"));
}

TEST_CASE("of two copies the newer counts") {
    const auto second_counts = [](std::uint8_t first, std::uint8_t second) {
        const ic::found_environment a{.flags = first}, b{.flags = second};
        return &ic::newer_of(a, b) == &b;
    };
    CHECK(second_counts(1, 2));
    CHECK(second_counts(255, 0));
    CHECK_FALSE(second_counts(0, 255));
    CHECK_FALSE(second_counts(2, 1));
    CHECK_FALSE(second_counts(1, 1));
}

TEST_CASE("mkenvimage makes the same environment") {
    if (!imgcompose_test::have("mkenvimage")) {
        WARN("skipped: mkenvimage not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    std::mt19937 random{3};
    for (const std::size_t size : {64u, 511u, 512u, 513u, 2047u, 2048u, 8192u, 131072u}) {
        std::string source = "# comment\na=1\n\nlong=x\\\ny\\\n# inside\nz\nlast=";
        source += std::string(random() % std::min<std::size_t>(size - 40, 3000), 'v');
        if (random() % 2 == 0) source += '\n';
        imgcompose_test::write_file(dir / "text", source);
        for (const bool redundant : {false, true})
            for (const bool big_endian : {false, true})
                for (const unsigned pad : {0xffu, 0u, 0x5au}) {
                    const auto run = imgcompose_test::run(
                        "mkenvimage -s " + std::to_string(size) + (redundant ? " -r" : "") + (big_endian ? " -b" : "") +
                        " -p " + std::to_string(pad) + " -o '" + (dir / "out") + "' '" + (dir / "text") + "'");
                    INFO(size << run.output);
                    REQUIRE(run.status == 0);
                    const ic::environment_options options{.size = ic::bytes{size},
                                                          .redundant = redundant,
                                                          .big_endian = big_endian,
                                                          .pad = static_cast<std::byte>(pad)};
                    CHECK(text_of(ic::environment_bytes(ic::parse_environment(source), options)) ==
                          imgcompose_test::read_file(dir / "out"));
                }
    }
    // A full one.
    const std::string full = "a=" + std::string(64 - 4 - 4, 'v');
    imgcompose_test::write_file(dir / "text", full + "\n");
    REQUIRE(imgcompose_test::run("mkenvimage -s 64 -o '" + (dir / "out") + "' '" + (dir / "text") + "'").status == 0);
    CHECK(text_of(ic::environment_bytes(ic::parse_environment(full), {.size = 64_B})) ==
          imgcompose_test::read_file(dir / "out"));
}

TEST_CASE("fw_printenv reads ours") {
    if (!imgcompose_test::have("fw_printenv")) {
        WARN("skipped: fw_printenv not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    const auto copy = [](std::uint8_t flags, const char* delay, bool redundant) {
        return text_of(ic::environment_bytes({{{"arch", "arm"}, {"bootdelay", delay}}},
                                          {.size = 16_KiB, .redundant = redundant, .flags = flags}));
    };
    const auto printed = [&](const std::string& config) {
        imgcompose_test::write_file(dir / "config", config);
        return imgcompose_test::run("fw_printenv -c '" + (dir / "config") + "'").output;
    };
    imgcompose_test::write_file(dir / "a", copy(1, "2", false));
    CHECK(printed((dir / "a") + " 0x0 0x4000\n") == "arch=arm\nbootdelay=2\n");
    imgcompose_test::write_file(dir / "a", copy(1, "2", true));
    imgcompose_test::write_file(dir / "b", copy(2, "3", true));
    CHECK(printed((dir / "a") + " 0x0 0x4000\n" + (dir / "b") + " 0x0 0x4000\n") == "arch=arm\nbootdelay=3\n");
}

TEST_CASE("of both copies of a redundant environment U-Boot takes the first, and overwrites the second") {
    const ic::environment e{{{"bootcmd", "run distro_bootcmd"}, {"bootdelay", "2"}}};
    for (const std::uint8_t flags : {std::uint8_t{1}, std::uint8_t{0}, std::uint8_t{255}}) {
        const auto both = ic::environment_pair_bytes(e, {.size = 4_KiB, .flags = flags});
        const auto first = ic::read_environment(both.first), second = ic::read_environment(both.second);
        CHECK(first.variables == e);
        CHECK(second.variables == e);
        CHECK((first.redundant && second.redundant));
        CHECK(&ic::newer_of(first, second) == &first);
        CHECK(&ic::newer_of(second, first) == &first);
        CHECK(ic::read_all(both.side_by_side()).size() == 8192);
    }
    if (!imgcompose_test::have("mkenvimage")) {
        WARN("skipped: mkenvimage not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    imgcompose_test::write_file(dir / "env.txt", ic::emit(e));
    REQUIRE(imgcompose_test::run("mkenvimage -r -s 4096 -o " + imgcompose_test::quoted(dir / "env.bin") + ' ' +
                                 imgcompose_test::quoted(dir / "env.txt")).status == 0);
    const auto both = ic::environment_pair_bytes(e, {.size = 4_KiB});
    const std::string made = imgcompose_test::read_file(dir / "env.bin");
    CHECK(std::equal(both.first.begin(), both.first.end(), std::as_bytes(std::span{made}).begin()));
}
