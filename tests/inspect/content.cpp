// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/content.hpp>

#include <imgcompose/inspect/open.hpp>

#include "made.hpp"
#include <tests/support/catch.hpp>

#include <random>

namespace ic = imgcompose;
using namespace imgcompose::literals;
namespace t = imgcompose_test;

namespace {

struct maker {
    std::string program, command, kind, label; // IMG is the file, DIR a directory
    bool tells_size = true;
};
const std::vector<maker> makers{
    {"mkswap", "truncate -s 8M IMG && mkswap -L LABEL IMG", "swap", "LABEL"},
    {"mksquashfs", "mksquashfs DIR IMG", "squashfs", ""},
    {"mkfs.btrfs", "truncate -s 200M IMG && mkfs.btrfs -q -L LABEL IMG", "btrfs", "LABEL"},
    {"mkfs.xfs", "truncate -s 400M IMG && mkfs.xfs -q -L LABEL IMG", "xfs", "LABEL"},
    {"mkfs.f2fs", "truncate -s 200M IMG && mkfs.f2fs -q -l LABEL IMG", "f2fs", "LABEL"},
    {"mkfs.erofs", "mkfs.erofs IMG DIR", "erofs", ""},
    {"mkfs.ntfs", "truncate -s 20M IMG && mkfs.ntfs -qFf IMG", "NTFS", ""},
    {"mkfs.exfat", "truncate -s 20M IMG && mkfs.exfat IMG", "exFAT", ""},
    {"genisoimage", "genisoimage -quiet -V LABEL -o IMG DIR", "ISO 9660", "LABEL"},
    {"cryptsetup",
     "truncate -s 40M IMG && echo x | cryptsetup -q luksFormat --type luks2 --pbkdf-force-iterations 4 --pbkdf-memory "
     "32 --label LABEL IMG -",
     "LUKS2", "LABEL", false},
};

} // namespace

TEST_CASE("what other programs made is recognised with its label, size and identifier") {
    const maker m = GENERATE(from_range(makers));
    if (!t::have(m.program)) {
        WARN("skipped: " << m.program << " not found");
        return;
    }
    const t::temp_dir dir;
    t::write_file(dir / "in/file", std::string(100'000, 'x'));
    std::string command = m.command;
    for (const auto& [word, value] : {std::pair<std::string, std::string>{"IMG", dir / "img"}, {"DIR", dir / "in"}})
        while (command.find(word) != command.npos) command.replace(command.find(word), 3, t::shell(value));
    const auto made = t::run(command);
    INFO(m.program << '\n' << made.output);
    REQUIRE(made.status == 0);
    const auto found = ic::recognise_content(ic::window{ic::open_disk(dir / "img")});
    REQUIRE(found);
    CHECK(found->kind == m.kind);
    CHECK(found->filesystem);
    CHECK(found->label == m.label);
    CHECK((found->size != 0_B) == m.tells_size);
    CHECK(found->size.count <= std::filesystem::file_size(dir / "img"));
    const std::string id = t::run("blkid -p -o value -s UUID " + t::shell(dir / "img")).output;
    if (t::have("blkid") && !found->id.empty()) CHECK(found->id + "\n" == id);
}

TEST_CASE("what boots without being a filesystem is recognised") {
    const auto kind_of = [](std::string start, std::size_t at = 0) {
        std::string s(8192, '\0');
        s.replace(at, start.size(), start);
        const auto c = ic::recognise_content(ic::window{ic::from_text(s)});
        return c && !c->filesystem ? c->kind : "";
    };
    CHECK(kind_of("CHROMEOS") == "ChromeOS kernel");
    CHECK(kind_of("ANDROID!") == "Android boot");
    CHECK(kind_of("ARM\x64", 56) == "arm64 Image");
    CHECK(kind_of("\xd0\x0d\xfe\xed") == "FIT or device tree");
    CHECK(kind_of("LOADER  ") == "Rockchip uboot.img");
    CHECK(kind_of("anything").empty());
}

TEST_CASE("nothing and noise are not known, and never more than a look") {
    CHECK_FALSE(ic::recognise_content(ic::window{ic::image{}}));
    CHECK_FALSE(ic::recognise_content(ic::window{ic::zeros(1_MiB)}));
    std::mt19937 random{7};
    for (const std::string magic : {"hsqs", "XFSB", "CHROMEOS", "LUKS\xba\xbe"})
        for (int round = 0; round < 50; ++round) {
            std::string s(70'000, '\0');
            for (char& c : s) c = static_cast<char>(random());
            s.replace(0, magic.size(), magic);
            const auto found =
                ic::recognise_content(ic::window{ic::from_text(std::string_view{s}.substr(0, random() % s.size()))});
            if (found) CHECK(found->label.size() <= 512);
        }
}

TEST_CASE("a volume id is told as mount tells it") {
    CHECK(ic::volume_id_text(0x1234abcd) == "1234-ABCD");
    CHECK(ic::volume_id_text(0) == "0000-0000");
}
