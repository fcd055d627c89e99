// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/boot/elf.hpp>
#include <imgcompose/image/blob.hpp>

#include <tests/boot/elf_file.hpp>
#include <tests/boot/shipped.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <random>
#include <sstream>
#include <string>

namespace ic = imgcompose;
using imgcompose_test::elf_file;
using imgcompose_test::says;

namespace {

ic::elf_program read_program(ic::owned_bytes raw) { return ic::read_elf(ic::window{ic::owned(std::move(raw))}); }

ic::owned_bytes elf_sample() { return elf_file({{0x40000, "first"}, {0xff3b0000, "second part"}}, 0x40000); }

} // namespace

TEST_CASE("the segments of a program are found") {
    const auto p = read_program(elf_sample());
    CHECK(p.built_for == ic::machine::arm64);
    CHECK(p.entry == 0x40000);
    REQUIRE(p.segments.size() == 2);
    CHECK(p.segments[1].address == 0xff3b0000);
    CHECK(p.segments[1].size == ic::bytes{11});
    CHECK(p.segments[1].memory == ic::bytes{4096});
    CHECK(read_program(elf_file({{1, ""}}, 0)).segments.empty()); // only cleared memory
}

TEST_CASE("what is no program is refused") {
    const auto refused = [](ic::owned_bytes raw, const char* why) {
        CHECK_THROWS_MATCHES(read_program(std::move(raw)), ic::format_error, says(why));
    };
    refused({}, "does not begin with");
    auto raw = elf_sample();
    raw[5] = std::byte{2};
    refused(raw, "big-endian");
    raw = elf_sample();
    raw[4] = std::byte{3};
    refused(raw, "neither of 32 nor of 64");
    raw = elf_sample();
    raw[54] = std::byte{55};
    refused(raw, "headers have 55 bytes");
    raw = elf_sample();
    raw[39] = std::byte{0xff}; // phoff
    refused(raw, "program header 0 is cut off");
    raw = elf_sample();
    raw.pop_back();
    refused(raw, "the bytes of its program header 1 are cut off");
    for (std::size_t size = 0; size < elf_sample().size(); ++size) {
        raw = elf_sample();
        raw.resize(size);
        CHECK_THROWS_AS(read_program(raw), ic::format_error);
    }
}

TEST_CASE("no change of a byte of a program leads a reader outside") {
    std::mt19937 random{11};
    for (int i = 0; i < 3000; ++i) {
        auto raw = elf_sample();
        for (int n = 0; n < 3; ++n) raw[random() % raw.size()] = static_cast<std::byte>(random() & 0xff);
        try {
            for (const auto& s : read_program(raw).segments) CHECK(ic::window{ic::owned(raw)}.has(s.at, s.size));
        } catch (const ic::format_error&) {
            CHECK(true);
        }
    }
}

namespace {

/// What is loaded of a file, by readelf and by us.
void same_by_readelf(const std::string& file) {
    INFO(file);
    const std::string listed = imgcompose_test::run("readelf -hlW " + imgcompose_test::quoted(file)).output;
    if (listed.find("little endian") == std::string::npos) {
        CHECK_THROWS_MATCHES(ic::read_elf(ic::window{ic::blob(file)}), ic::format_error, says("big-endian"));
        return;
    }
    const auto p = ic::read_elf(ic::window{ic::blob(file)});
    std::istringstream lines{listed};
    std::vector<std::string> theirs, ours;
    std::string entry, machine;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string type, at, virtual_address, address, size, memory;
        words >> type >> at >> virtual_address >> address >> size >> memory;
        if (type == "Entry") entry = address; // Entry point address: 0x200000
        if (type == "Machine:") machine = at;
        if (!memory.empty() && type == "LOAD" && std::stoull(size, nullptr, 16) != 0)
            theirs.push_back(ic::text::join(std::stoull(at, nullptr, 16), ' ', std::stoull(address, nullptr, 16), ' ',
                                            std::stoull(size, nullptr, 16), ' ', std::stoull(memory, nullptr, 16)));
    }
    for (const auto& s : p.segments)
        ours.push_back(ic::text::join(s.at.count, ' ', s.address, ' ', s.size.count, ' ', s.memory.count));
    CHECK_FALSE(ours.empty());
    CHECK(ours == theirs);
    CHECK(ic::text::hex(p.entry) == entry);
    CHECK((p.built_for == ic::machine::arm64) == (machine == "AArch64"));
    CHECK((p.built_for == ic::machine::arm) == (machine == "ARM"));
}

} // namespace

TEST_CASE("readelf sees the same segments") {
    const std::string file = "/bin/sh";
    if (!imgcompose_test::have("readelf") || !std::filesystem::exists(file)) {
        WARN("skipped: readelf or /bin/sh not found");
        return;
    }
    same_by_readelf(file);
}

TEST_CASE("readelf sees the same segments in firmware that is shipped", "[shipped]") {
    const auto files = imgcompose_test::shipped_files({".elf"});
    if (files.empty() || !imgcompose_test::have("readelf")) {
        WARN("skipped: no .elf in $IMGCOMPOSE_BOOTLOADERS or /usr/lib/u-boot, or readelf not found");
        return;
    }
    for (const auto& file : files) same_by_readelf(file.string());
}
