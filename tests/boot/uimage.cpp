// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/uimage.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/boot/shipped.hpp>
#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <string>

namespace ic = imgcompose;
using imgcompose_test::says;
using imgcompose_test::text_of;

namespace {
std::span<const std::byte> raw(const std::string& s) { return std::as_bytes(std::span{s}); }
std::string made_text(std::size_t size) {
    std::string s;
    for (std::size_t i = 0; i < size; ++i) s += static_cast<char>('!' + i * 7 % 90);
    return s;
}
} // namespace

TEST_CASE("a uImage is read as it was made") {
    const std::string kernel = made_text(1000);
    const auto content = ic::uimage_bytes(raw(kernel), {.type = ic::uimage_type::kernel,
                                                        .compression = ic::uimage_compression::gzip,
                                                        .name = "Linux",
                                                        .time = std::chrono::seconds{1700000000},
                                                        .load = 0x2080000,
                                                        .entry = 0x2080040});
    REQUIRE(content.size() == 1064);
    const auto read = ic::read_uimage(content);
    CHECK(read.name == "Linux");
    CHECK(read.time == 1700000000);
    CHECK(read.load == 0x2080000);
    CHECK(read.entry == 0x2080040);
    CHECK(read.os == static_cast<std::uint8_t>(ic::uimage_os::linux_os));
    CHECK(read.arch == 22);
    CHECK(read.type == 2);
    CHECK(read.compression == 1);
    CHECK(read.size == ic::bytes{1064});
    REQUIRE(read.parts.size() == 1);
    CHECK(text_of(read.parts[0]) == kernel);
}

TEST_CASE("a multi-file uImage pads all parts but the last") {
    const std::string a = made_text(13), b = made_text(5);
    const std::array parts{raw(a), raw(b)};
    const auto image = ic::multi_uimage(parts, {.name = "two"});
    CHECK(image.size() == ic::bytes{64 + 12 + 16 + 5});
    const auto content = ic::read_all(image);
    const auto read = ic::read_uimage(content);
    REQUIRE(read.parts.size() == 2);
    CHECK(text_of(read.parts[0]) == a);
    CHECK(text_of(read.parts[1]) == b);
}

TEST_CASE("a uImage that cannot be is refused") {
    const std::string data = "x";
    CHECK_THROWS_MATCHES(ic::uimage(raw(data), {.name = "0123456789012345678901234567890123456789"}), ic::input_error,
                         says("has 40 bytes; the header has room for 32"));
    CHECK_THROWS_MATCHES(ic::uimage(raw(data), {.name = std::string_view{"a\0b", 3}}), ic::input_error, says("NUL"));
    CHECK_THROWS_MATCHES(ic::uimage({}, {}), ic::input_error, says("empty"));
    CHECK_THROWS_MATCHES(ic::uimage(raw(data), {.time = std::chrono::seconds{-1}}), ic::input_error,
                         says("until 2106"));
    CHECK_THROWS_MATCHES(ic::uimage(raw(data), {.time = std::chrono::seconds{4294967296}}), ic::input_error,
                         says("until 2106"));
    CHECK_THROWS_MATCHES(ic::uimage(raw(data), {.type = ic::uimage_type::multi}), ic::input_error,
                         says("use multi_uimage"));
    const std::array<std::span<const std::byte>, 2> one_empty{raw(data), {}};
    CHECK_THROWS_MATCHES(ic::multi_uimage(one_empty, {}), ic::input_error, says("empty"));
    CHECK_THROWS_MATCHES(ic::multi_uimage({}, {}), ic::input_error, says("empty"));
}

TEST_CASE("each changed bit of a uImage is noticed") {
    const std::string script = made_text(21);
    const auto content = ic::uimage_bytes(raw(script), {.type = ic::uimage_type::script, .name = "x"});
    for (std::size_t bit = 0; bit < content.size() * 8; ++bit) {
        auto damaged = content;
        damaged[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
        CHECK_THROWS_AS(ic::read_uimage(damaged), ic::format_error);
    }
    for (std::size_t size = 0; size < content.size(); ++size)
        CHECK_THROWS_AS(ic::read_uimage(std::span{content}.first(size)), ic::format_error);
    auto longer = content;
    longer.resize(content.size() + 100);
    CHECK(ic::read_uimage(longer).size == ic::bytes{content.size()});
}

TEST_CASE("a part table that lies is refused, with right checksums") {
    const auto with_table = [](std::initializer_list<std::uint32_t> words) {
        ic::owned_bytes content(64);
        for (const auto w : words) ic::detail::append_be32(content, w);
        ic::detail::fill_in_header(content, {.type = ic::uimage_type::multi});
        return content;
    };
    CHECK_THROWS_MATCHES(ic::read_uimage(with_table({4, 4, 4})), ic::format_error, says("no end"));
    CHECK_THROWS_MATCHES(ic::read_uimage(with_table({})), ic::format_error, says("no end"));
    CHECK_THROWS_MATCHES(ic::read_uimage(with_table({0xffffffff, 0, 1})), ic::format_error,
                         says("part 0 has 4294967295 bytes"));
    CHECK_THROWS_MATCHES(ic::read_uimage(with_table({4, 1, 0, 1})), ic::format_error,
                         says("part 1 has 1 bytes, but only 0"));
    CHECK(ic::read_uimage(with_table({4, 4, 0, 1, 2})).parts.size() == 2);
    CHECK(ic::read_uimage(with_table({0})).parts.empty());
}

TEST_CASE("mkimage makes the same uImage") {
    if (!imgcompose_test::have("mkimage")) {
        WARN("skipped: mkimage not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    const std::string a = made_text(1001), b = made_text(6), c = made_text(3);
    imgcompose_test::write_file(dir / "a", a);
    imgcompose_test::write_file(dir / "b", b);
    imgcompose_test::write_file(dir / "c", c);
    const auto mkimage = [&](const std::string& options) {
        const auto run =
            imgcompose_test::run("SOURCE_DATE_EPOCH=1234567890 mkimage " + options + " '" + (dir / "out") + "'");
        INFO(run.output);
        REQUIRE(run.status == 0);
        return imgcompose_test::read_file(dir / "out");
    };
    const std::chrono::seconds time{1234567890};
    CHECK(
        text_of(ic::uimage_bytes(
            raw(a),
            {.type = ic::uimage_type::kernel, .name = "Linux-6.1", .time = time, .load = 0x80000, .entry = 0x80040})) ==
        mkimage("-A arm64 -O linux -T kernel -C none -a 0x80000 -e 0x80040 -n Linux-6.1 -d '" + (dir / "a") + "'"));
    CHECK(text_of(ic::uimage_bytes(raw(b), {.type = ic::uimage_type::ramdisk,
                                         .arch = ic::uimage_arch::arm,
                                         .compression = ic::uimage_compression::gzip,
                                         .time = time})) ==
          mkimage("-A arm -O linux -T ramdisk -C gzip -d '" + (dir / "b") + "'"));
    CHECK(text_of(ic::uimage_bytes(raw(b), {.type = ic::uimage_type::firmware,
                                         .arch = ic::uimage_arch::riscv,
                                         .os = ic::uimage_os::u_boot_os,
                                         .compression = ic::uimage_compression::zstd,
                                         .time = time})) ==
          mkimage("-A riscv -O u-boot -T firmware -C zstd -d '" + (dir / "b") + "'"));
    const std::array parts{raw(a), raw(b), raw(c)};
    const auto several = ic::read_all(ic::multi_uimage(parts, {.name = "three", .time = time}));
    CHECK(text_of(several) == mkimage("-A arm64 -O linux -T multi -C none -n three -d '" + (dir / "a") + ":" +
                                   (dir / "b") + ":" + (dir / "c") + "'"));
}

TEST_CASE("mkimage makes the same uImage of every size, and of every word it knows") {
    if (!imgcompose_test::have("mkimage")) {
        WARN("skipped: mkimage not found");
        return;
    }
    const imgcompose_test::temp_dir dir;
    const auto mkimage = [&](const std::string& options) {
        return imgcompose_test::run("cd '" + dir.path().string() + "' && SOURCE_DATE_EPOCH=4294967295 mkimage " +
                                    options + " out");
    };
    const auto made_by_mkimage = [&](const std::string& options) {
        const auto run = mkimage(options);
        INFO(options << run.output);
        REQUIRE(run.status == 0);
        return imgcompose_test::read_file(dir / "out");
    };
    const std::chrono::seconds time{4294967295};
    imgcompose_test::write_file(dir / "empty", "");
    for (const char* type : {"kernel", "script", "multi"}) {
        INFO(type);
        CHECK(mkimage(std::string{"-A arm64 -O linux -C none -T "} + type + " -d empty").status != 0);
    }
    for (const std::size_t size : {1u, 2u, 3u, 4u, 511u, 512u, 513u, 2047u, 2048u, 2049u, 65535u, 1'000'003u}) {
        INFO(size);
        const std::string data = made_text(size), other = made_text(size / 2 + 1);
        imgcompose_test::write_file(dir / "data", data);
        imgcompose_test::write_file(dir / "other", other);
        CHECK(text_of(ic::uimage_bytes(raw(data), {.time = time})) ==
              made_by_mkimage("-A arm64 -O linux -T kernel -C none -d data"));
        CHECK(text_of(ic::uimage_bytes(raw(data), {.type = ic::uimage_type::script, .time = time})) ==
              made_by_mkimage("-A arm64 -O linux -T script -C none -d data"));
        const std::array parts{raw(data), raw(other), raw(data)};
        CHECK(text_of(ic::read_all(ic::multi_uimage(parts, {.time = time}))) ==
              made_by_mkimage("-A arm64 -O linux -T multi -C none -d data:other:data"));
    }
    const std::string data = made_text(10);
    imgcompose_test::write_file(dir / "data", data);
    const auto same = [&](const ic::uimage_options& o) {
        const std::string options = ic::text::join("-A ", ic::name_of(o.arch), " -O ", ic::name_of(o.os), " -T ",
                                                   ic::name_of(o.type), " -C ", ic::name_of(o.compression));
        INFO(options);
        CHECK(text_of(ic::uimage_bytes(raw(data), o)) ==
              made_by_mkimage(options + " -a 0xfffffffe -e 0xffffffff -n '" + std::string(32, 'n') + "' -d data"));
    };
    const std::string name(32, 'n');
    const auto with = [&](auto change) {
        ic::uimage_options o{.name = name, .time = time, .load = 0xfffffffe, .entry = 0xffffffff};
        change(o);
        same(o);
    };
    for (int i = 0; i < 256; ++i) {
        const auto byte = static_cast<std::uint8_t>(i);
        const auto known = [](auto value) { return ic::name_of(value) != "unknown"; };
        // Of an OP-TEE mkimage takes the addresses from the data.
        if (known(ic::uimage_os{byte}) && ic::uimage_os{byte} != ic::uimage_os::tee)
            with([&](auto& o) { o.os = ic::uimage_os{byte}; });
        if (known(ic::uimage_arch{byte})) with([&](auto& o) { o.arch = ic::uimage_arch{byte}; });
        if (known(ic::uimage_compression{byte})) with([&](auto& o) { o.compression = ic::uimage_compression{byte}; });
        const ic::uimage_type type{byte};
        // A multi-file image is not made of one file, and with flat_dt mkimage makes a FIT.
        if (known(type) && type != ic::uimage_type::multi && type != ic::uimage_type::flat_device_tree)
            with([&](auto& o) { o.type = type; });
    }
}

TEST_CASE("legacy images that are shipped are read with the facts that mkimage lists", "[shipped]") {
    const auto files = imgcompose_test::shipped_files({".img"}, "\x27\x05\x19\x56");
    if (files.empty() || !imgcompose_test::have("mkimage")) {
        WARN("skipped: no uImage in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot, or mkimage not found");
        return;
    }
    const imgcompose_test::mkimage_names types{"-T"}, archs{"-A"}, systems{"-O"}, compressions{"-C"};
    const auto eight_digits = [](std::uint32_t value) {
        const std::string digits = ic::text::hex(value).substr(2);
        return std::string(8 - digits.size(), '0') + digits;
    };
    for (const auto& path : files) {
        INFO(path);
        const std::string file = imgcompose_test::read_file(path);
        const std::string listed = imgcompose_test::run("mkimage -l " + imgcompose_test::quoted(path.string())).output;
        if (listed.find("Data Size:    0 Bytes") != std::string::npos || file.size() < 64) {
            CHECK_THROWS_AS(ic::read_uimage(raw(file)), ic::format_error); // novena-rawsd has a text of 20 bytes
            continue;
        }
        const auto u = ic::read_uimage(raw(file));
        CHECK(u.size.count == file.size());
        const auto says = [&](const std::string& words) {
            INFO(words << " in\n" << listed);
            CHECK(("\n" + listed).find("\n" + words) != std::string::npos);
        };
        says("Image Name:   " + u.name + '\n');
        says(ic::text::join("Image Type:   ", archs.long_of(std::string{name_of(ic::uimage_arch{u.arch})}), ' ',
                            systems.long_of(std::string{name_of(ic::uimage_os{u.os})}), ' ',
                            types.long_of(std::string{name_of(ic::uimage_type{u.type})}), " (",
                            compressions.long_of(std::string{name_of(ic::uimage_compression{u.compression})}), ")\n"));
        says(ic::text::join("Data Size:    ", u.size.count - 64, " Bytes"));
        says("Load Address: " + eight_digits(u.load) + '\n');
        says("Entry Point:  " + eight_digits(u.entry) + '\n');
        const auto created = imgcompose_test::run(ic::text::join("date -u -d @", u.time, " '+%a %b %e %H:%M:%S %Y'"));
        says("Created:      " + created.output);
    }
}
