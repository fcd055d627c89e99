// SPDX-License-Identifier: BSL-1.0
// Each board has a shipped description, which composes with files of true sizes into what other programs find sound.
#include <tests/command/command.hpp>

#include <tests/support/catch.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <utility>

using namespace imgcompose_test;
namespace ic = imgcompose;

namespace {

/// The inputs of all boards: files as large as real ones, one device tree for each.
class all_inputs {
public:
    explicit all_inputs(const nlohmann::json& boards, const std::string& soc = "rk3588") : in(soc) {
        in.write("flash.bin", stand_in::imx8());
        in.write("u-boot.bin.sd.bin", text(1'200'000));
        in.write("u-boot-spl.bin.normal.out", text(150'000));
        in.write("kpart", "CHROMEOS" + text(20'000'000));
        in.write("uboot.img", text_of(ic::rockchip::uboot_img(stand_in::code(500'000), {.sha256 = sha256_by_sha256sum})));
        in.write("trust.img", text_of(ic::rockchip::trust_img(
                                  std::array{ic::rockchip::trust_part{"BL31", ic::owned(stand_in::code(50'000)), 0x40000}},
                                  {.sha256 = sha256_by_sha256sum})));
        in.write("boot.img", "ANDROID!" + text(20'000'000));
        for (const char* name : {"start4.elf", "start.elf", "bootcode.bin"}) in.write(std::string{"firmware/"} + name, text(200'000));
        in.write("firmware/kernel8.img", stand_in::kernel());
        in.write("firmware/config.txt", "arm_64bit=1\n");
        in.write("firmware/cmdline.txt", "console=serial0,115200 root=LABEL=ROOT rootwait\n");
        in.write("esp/EFI/BOOT/BOOTAA64.EFI", stand_in::efi_program());
        in.write("esp/EFI/BOOT/BOOTX64.EFI", stand_in::efi_program(0x8664));
        in.write("esp/EFI/BOOT/BOOTRISCV64.EFI", stand_in::efi_program(0x5064));
        sunxi("h5");
        for (const auto& b : boards)
            if (const auto dtb = b.at("dtb").get<std::string>(); !dtb.empty()) in.write("dtbs/" + dtb, dtb_named(dtb));
    }
    /// The bootloader and the kernel of one.
    void become(const nlohmann::json& b) const {
        const std::string soc = b.at("soc");
        if (soc.starts_with("RK") || soc == "JH7110") in.put_bootloader_of(soc);
        if (soc == "H5" || soc == "A64") sunxi(soc == "H5" ? "h5" : "a64");
        in.write("Image", b.at("architecture") == "riscv64" ? stand_in::riscv_kernel() : stand_in::kernel());
    }
    command_folder in;

private:
    static std::string text(std::size_t size) { return text_of(stand_in::code(size)); }
    void sunxi(const std::string& soc) const {
        in.write("u-boot-sunxi-with-spl.bin", stand_in::sunxi({"allwinner,sun50i-" + soc}));
    }
};

/// Which of the files it is that begins there.
std::string file_at(const command_folder& in, const std::string& disk, std::size_t at) {
    for (const char* name : {"idbloader.img", "u-boot.itb", "uboot.img", "trust.img", "boot.img", "u-boot-sunxi-with-spl.bin", "flash.bin",
                             "u-boot-spl.bin.normal.out", "kpart"})
        if (const std::string file = in.read(name); !file.empty() && disk.compare(at, file.size(), file) == 0) return name;
    return "";
}

} // namespace

TEST_CASE("each board has a description that composes a sound disk") {
    const command_folder first;
    const auto listed = first("boards --json");
    REQUIRE(listed.status == 0);
    const auto boards = nlohmann::json::parse(listed.output);
    REQUIRE(boards.size() >= 45);
    const all_inputs inputs{boards};
    for (const auto& b : boards) {
        const std::string name = b.at("name");
        INFO(name);
        CHECK_FALSE(b.at("source").get<std::string>().empty());
        inputs.become(b);
        const auto built = inputs.in("build " + shipped(name) + " --inputs . -q -o disk.img");
        INFO(built.output);
        REQUIRE(built.status == 0);
        CHECK(built.output.empty()); // nothing to warn of
        const auto look = [&](const std::string& program) { return inputs.in.shell(program + " disk.img 2>&1"); };
        if (have("sfdisk")) {
            const auto said = look("sfdisk --verify");
            INFO(said.output);
            CHECK(said.status == 0);
            CHECK(said.output.find("No errors detected") != std::string::npos);
        }
        if (have("sgdisk") && inputs.in.read("disk.img").substr(512, 8) == "EFI PART") {
            const auto said = look("sgdisk -v");
            INFO(said.output);
            CHECK(said.status == 0);
            CHECK(said.output.find("No problems found") != std::string::npos);
        }
        const auto inspected = inputs.in("inspect disk.img --json");
        REQUIRE(inspected.status == 0);
        const auto report = nlohmann::json::parse(inspected.output);
        CHECK(report.at("findings").empty());
        const std::string sound = ": nothing found that would keep it from booting\n";
        const bool elsewhere = read_file(source_dir() / "examples/descriptions" / (name + ".toml")).find("\nwithout_bootloader = true") != std::string::npos;
        CHECK(inputs.in("lint disk.img --board " + name + (elsewhere ? " --without-bootloader" : "")).output == "disk.img" + sound);
        CHECK(inputs.in("lint " + shipped(name) + " --inputs .").output.ends_with(sound));
    }
}

TEST_CASE("a board's own files lie where its firmware looks") {
    const command_folder first;
    const auto boards = nlohmann::json::parse(first("boards --json").output);
    const all_inputs inputs{boards};
    const auto bytes_at = [&](const std::string& board, std::size_t at, std::size_t size) {
        for (const auto& b : boards)
            if (b.at("name") == board) inputs.become(b);
        const auto built = inputs.in("build " + shipped(board) + " --inputs . -q -o disk.img");
        INFO(built.output);
        REQUIRE(built.status == 0);
        const std::string disk = inputs.in.read("disk.img");
        return size == 0 ? file_at(inputs.in, disk, at) : disk.substr(at, size);
    };
    CHECK(bytes_at("orangepi-pc2", 8192, 0) == "u-boot-sunxi-with-spl.bin");
    CHECK(bytes_at("imx8mm-evk", 33 * 1024, 0) == "flash.bin");
    CHECK(bytes_at("imx8mp-evk", 32 * 1024, 0) == "flash.bin");
    // Amlogic: around the disk signature and the table.
    const std::string start = bytes_at("odroid-c2", 0, 1024), file = inputs.in.read("u-boot.bin.sd.bin");
    CHECK(start.substr(0, 440) == file.substr(0, 440));
    CHECK(start.substr(510, 2) == "\x55\xaa");
    CHECK(start.substr(512, 512) == file.substr(512, 512));
    CHECK(start.substr(440, 70) != file.substr(440, 70));
    CHECK(bytes_at("visionfive-2", 4096 * 512, 0) == "u-boot-spl.bin.normal.out");
    CHECK(bytes_at("visionfive-2", 8192 * 512, 0) == "u-boot.itb");
    CHECK(bytes_at("kukui", 8192 * 512, 0) == "kpart");
}

TEST_CASE("an Orange Pi 5B starts from its vendor's one file") {
    const command_folder first;
    const all_inputs inputs{nlohmann::json::parse(first("boards --json").output)};
    inputs.in.write("u-boot.bin", std::string(9'400'000, 'v'));
    inputs.in.write("own.toml", "extends = \"" + (source_dir() / "examples/descriptions/orangepi-5b.toml").string() + "\"\n[[raw]]\nname = \"u-boot.bin\"\nfile = \"u-boot.bin\"\nsector = 64\n");
    const auto built = inputs.in("build own.toml -q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    CHECK(inputs.in.read("disk.img").substr(64 * 512, 9'400'000) == std::string(9'400'000, 'v'));
    if (have("sgdisk")) CHECK(inputs.in.shell("sgdisk -v disk.img").output.find("No problems found") != std::string::npos);
}

TEST_CASE("a Chromebook's kernel partitions have the type and attributes that depthcharge looks for") {
    const command_folder first;
    const all_inputs inputs{nlohmann::json::parse(first("boards --json").output)};
    REQUIRE(inputs.in("build " + shipped("kukui") + " --inputs . -q -o disk.img").status == 0);
    const std::string disk = inputs.in.read("disk.img");
    const auto attributes = [&](std::size_t entry) { return disk.substr(1024 + entry * 128 + 48, 8); };
    CHECK(attributes(0) == std::string("\0\0\0\0\0\0\x2a\x01", 8)); // successful, tries 2, priority 10
    CHECK(attributes(1) == std::string("\0\0\0\0\0\0\x25\x00", 8)); // tries 2, priority 5
    if (have("sgdisk")) CHECK(inputs.in.shell("sgdisk -i 1 disk.img").output.find("FE3A2A5D-4F32-41A7-B725-ACCC3285A309") != std::string::npos);
    if (have("cgpt")) {
        const std::string shown = inputs.in.shell("cgpt show disk.img").output;
        INFO(shown);
        for (const char* words : {"priority=10 tries=2 successful=1", "priority=5 tries=2 successful=0", "ChromeOS kernel"})
            CHECK(shown.find(words) != std::string::npos);
    } else {
        WARN("skipped: cgpt not found");
    }
}

TEST_CASE("what cannot be on one disk is refused with the reason") {
    const command_folder first;
    const all_inputs inputs{nlohmann::json::parse(first("boards --json").output)};
    const auto refused = [&](const std::string& description, const std::string& set, const std::string& words) {
        const auto r = inputs.in("build " + shipped(description) + " --inputs . -q -o disk.img --set " + set);
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(r.output.find(words) != std::string::npos);
    };
    refused("odroid-c2", "image.table=gpt", "can only have an MBR");
    refused("orangepi-pc2", "image.sector_size=4096", "u-boot-sunxi-with-spl.bin");
    refused("rock64", "image.board=rock-64", "rock64");
}

TEST_CASE("one description makes the disk and the SPI flash") {
    const command_folder first;
    const all_inputs inputs{nlohmann::json::parse(first("boards --json").output)};
    const auto build = [&](const std::string& options) {
        const auto r = inputs.in("build " + shipped("orangepi-5") + " --inputs . -q " + options);
        INFO(r.output);
        CHECK(r.status == (options.find("-o -") == std::string::npos ? 0 : 1));
        return r.output;
    };
    build("-o disk.img");
    const auto without = inputs.in.read("disk.img");
    build("-o disk.img --set image.bootloader_in=spi");
    CHECK(inputs.in.read("disk.img") == without);
    CHECK(file_at(inputs.in, inputs.in.read("disk.spi.img"), 0x8000) == "idbloader.img");
    CHECK(file_at(inputs.in, inputs.in.read("disk.spi.img"), 0x60000) == "u-boot.itb");
    CHECK(inputs.in("lint disk.spi.img --spi --board orangepi-5").status == 0);
    const auto two = inputs.in("lint disk.spi.img --spi --board odroid-m1"); // which looks elsewhere, and is an RK3568
    CHECK(two.status == 1);
    CHECK(two.output.find("[bootloader-missing]") != std::string::npos);
    build("-o disk.img.gz --set image.bootloader_in=spi --set image.spi_size=16MiB");
    CHECK(inputs.in.read("disk.spi.img").size() == 16u << 20);
    CHECK(build("-o - --set image.bootloader_in=spi").find("two images") != std::string::npos);

    const auto planned = inputs.in("plan " + shipped("orangepi-5") + " --inputs . --json --set image.bootloader_in=spi");
    REQUIRE(planned.status == 0);
    CHECK(nlohmann::json::parse(planned.output).at("spi").at("size").get<std::size_t>() == 0x60000 + inputs.in.read("u-boot.itb").size());

    const auto vendor = inputs.in("build " + shipped("rk3588-vendor-spi") + " --inputs . -q -o spi.img");
    INFO(vendor.output);
    REQUIRE(vendor.status == 0);
    CHECK(inputs.in.read("spi.img").size() == 16u << 20);
    CHECK(file_at(inputs.in, inputs.in.read("spi.img"), 64 * 512) == "idbloader.img");
    CHECK(file_at(inputs.in, inputs.in.read("spi.img"), 16384 * 512) == "u-boot.itb");
    CHECK(inputs.in.shell("sgdisk -p spi.img").output.find("7680            8063") != std::string::npos);

}

TEST_CASE("one description makes the user area of eMMC and its boot partition") {
    const command_folder first;
    const all_inputs inputs{nlohmann::json::parse(first("boards --json").output)};
    const auto run_with = [&](const std::string& verb, const std::string& options) {
        return inputs.in(verb + ' ' + shipped("allwinner-emmc-boot") + " --inputs . " + options);
    };
    const auto built = run_with("build", "-q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    const std::string boot = inputs.in.read("disk.boot0.img"), disk = inputs.in.read("disk.img");
    CHECK(boot.size() == 4u << 20);
    CHECK(file_at(inputs.in, boot, 0) == "u-boot-sunxi-with-spl.bin");
    CHECK(disk.substr(512, 8) == "EFI PART");
    CHECK(disk.substr(8192, 4) == std::string(4, '\0'));
    REQUIRE(run_with("build", "-q -o without.img --set image.bootloader_in=disk --set image.without_bootloader=true "
                              "--set image.emmc_boot_size=4MiB").status == 1);
    const auto planned = run_with("plan", "--json");
    REQUIRE(planned.status == 0);
    CHECK(nlohmann::json::parse(planned.output).at("boot0").at("size") == 4u << 20);
    CHECK(run_with("plan", "").output.find("boot partition of the eMMC, 4 MiB") != std::string::npos);
    const auto refused = [&](const std::string& set, const std::string& words) {
        const auto r = run_with("build", "-q -o disk.img --set " + set);
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(r.output.find(words) != std::string::npos);
    };
    refused("image.emmc_boot_size=512KiB", "u-boot-sunxi-with-spl.bin needs 844288 bytes");
    refused("image.emmc_boot_size=1000000", "a multiple of 128 KiB");
    refused("image.bootloader_in=spi", "`emmc_boot_size` is for `bootloader_in = \"emmc-boot\"`");
    refused("image.board=rock64", "that Rockchip's boot ROMs look into one is unproven");
    refused("image.board=odroid-c2 --set image.table=mbr", "at which sector");
}

TEST_CASE("a board whose SPI flash U-Boot makes no image for is told whose description does") {
    const command_folder first;
    const all_inputs inputs{nlohmann::json::parse(first("boards --json").output)};
    const auto r = inputs.in("build " + shipped("rock-5a") + " --inputs . -q -o disk.img --set image.bootloader_in=spi");
    INFO(r.output);
    CHECK(r.status == 1);
    CHECK(r.output.find("no image for the SPI flash of Radxa ROCK 5A") != std::string::npos);
    CHECK(r.output.find("rk3588-vendor-spi.toml") != std::string::npos);
}

TEST_CASE("edk2-rk3588 gets device trees where it looks, beside what UEFI starts") {
    const command_folder in;
    in.write("esp/EFI/BOOT/BOOTAA64.EFI", stand_in::efi_program());
    const auto built = in("build " + shipped("edk2-rk3588") + " --inputs . -q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    if (have("mdir")) {
        const std::string files = in.shell("mdir -b -/ -i disk.img@@1M ::/").output;
        INFO(files);
        CHECK(files.find("/dtb/base/rk3588s-orangepi-5.dtb") != std::string::npos);
        CHECK(files.find("/EFI/BOOT/BOOTAA64.EFI") != std::string::npos);
    }
    if (have("sgdisk")) CHECK(in.shell("sgdisk -v disk.img && sgdisk -i 1 disk.img").output.find("EFI system partition") != std::string::npos);
    const auto lint = in("lint disk.img --board uefi-arm64");
    INFO(lint.output);
    CHECK(lint.status == 0);
}

TEST_CASE("a root of a filesystem that is made elsewhere is placed as it is, and is no /boot") {
    const command_folder in;
    const bool real = have("mkfs.f2fs");
    in.write("root.f2fs", std::string(64 << 20, '\0'));
    if (real) REQUIRE(in.shell("mkfs.f2fs -q -l NIXOS_SD -U 11111111-2222-3333-4444-555555555555 root.f2fs").status == 0);
    else WARN("skipped: mkfs.f2fs not found; the bytes of the root are none of f2fs");
    in.write("d.toml", "[image]\nboard = \"nanopi-r2s\"\n"
                       "[[partition]]\nname = \"boot\"\nsize = \"8MiB\"\nfilesystem = { type = \"ext4\" }\ntree = [{ file = \"Image\", to = \"/Image\" }]\n"
                       "[[partition]]\nname = \"root\"\nsize = \"min\"\nfilesystem = { type = \"raw\", file = \"root.f2fs\" }\n"
                       "[extlinux]\ninto = \"boot\"\nentry = [{ label = \"NixOS\", kernel = \"/Image\", append = \"root=LABEL=NIXOS_SD rootfstype=f2fs\" }]\n");
    const auto built = in("build d.toml -q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    CHECK(in.read("disk.img").substr(24 << 20, 64 << 20) == in.read("root.f2fs"));
    if (real && have("fsck.f2fs")) CHECK(in.shell("dd if=disk.img bs=1M skip=24 count=64 of=part status=none && fsck.f2fs --dry-run part").status == 0);
    const auto refused = in("plan d.toml --set extlinux.into=root");
    INFO(refused.output);
    CHECK(refused.status == 1);
    CHECK(refused.output.find("--set extlinux.into=root: partition \"root\" holds an image that is made elsewhere") != std::string::npos);
}

TEST_CASE("the files of Rockchip's miniloader lie where it looks for them") {
    const command_folder first;
    const all_inputs inputs{nlohmann::json::parse(first("boards --json").output)};
    const std::string build = "build " + shipped("rockchip-miniloader") + " --inputs . -q -o disk.img";
    const auto built = inputs.in(build);
    INFO(built.output);
    REQUIRE(built.status == 0);
    const std::string disk = inputs.in.read("disk.img");
    const auto at = [&](std::size_t sector) { return file_at(inputs.in, disk, sector * 512); };
    CHECK(at(64) == "idbloader.img");
    CHECK(at(16384) == "uboot.img");
    CHECK(at(24576) == "trust.img");
    CHECK(at(32768) == "boot.img");
    CHECK(inputs.in("lint disk.img").status == 0);
    CHECK(disk.substr(262144 * 512 + 1080, 2) == "\x53\xef"); // the superblock of rootfs
    if (have("sgdisk")) {
        const auto said = inputs.in.shell("sgdisk -i 2 disk.img").output;
        CHECK(said.find("614E0000-0000-4B53-8000-1D28000054A9") != std::string::npos);
        CHECK(said.find("First sector: 262144") != std::string::npos);
    }
    // One byte more than each has room for.
    for (const auto& [file, size] : {std::pair{"idbloader.img", 7104 * 512}, {"uboot.img", 4 << 20}, {"trust.img", 4 << 20}}) {
        const std::string sound = inputs.in.read(file);
        inputs.in.write(file, std::string(static_cast<std::size_t>(size), 'x'));
        CHECK(inputs.in(build).status == 0);
        inputs.in.write(file, std::string(static_cast<std::size_t>(size) + 1, 'x'));
        const auto refused = inputs.in(build);
        INFO(refused.output);
        CHECK(refused.status == 1);
        CHECK(refused.output.find(file) != std::string::npos);
        inputs.in.write(file, sound);
    }
}

TEST_CASE("boards share a disk in a description") {
    const command_folder first;
    const all_inputs inputs{nlohmann::json::parse(first("boards --json").output)};
    inputs.in.write("two.toml", "[image]\nboard = [\"orangepi-5\", \"orangepi-5b\"]\n[[partition]]\nname = \"a\"\nsize = \"1MiB\"\n"
                                "filesystem = { type = \"ext4\", journal = \"none\" }\n"
                                "tree = [{ text = \"${board.name} ${board.console}\", to = \"/boards\" }]\n");
    const auto built = inputs.in("build two.toml -q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    CHECK(file_at(inputs.in, inputs.in.read("disk.img"), 64 * 512) == "idbloader.img");
    CHECK(inputs.in.read("disk.img").find("orangepi-5+orangepi-5b ttyS2,1500000") != std::string::npos);

    const auto refused = [&](const std::string& set, const std::string& words) {
        const auto r = inputs.in("plan two.toml --set '" + set + "'");
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(r.output.find(words) != std::string::npos);
    };
    refused("image.board=[\"orangepi-5\", \"rock64\"]", "Xunlong Orange Pi 5 and Pine64 ROCK64 both start from idbloader.img");
    refused("image.board=[\"rock64\", \"rock64\"]", "listed twice");
    refused("image.board=[]", "empty list");
    refused("image.bootloader_in=spi", "each has a flash of its own");
    refused("image.bootloader_in=card", "it is in: disk, spi");
    refused("image.spi_size=16MiB", "is for `bootloader_in");
    refused("partition.a.filesystem.label=${board.dtb}", "differs between orangepi-5+orangepi-5b; write `fdtdir`");
}

TEST_CASE("systemd-boot gets its menu, and what it could not start is refused") {
    const command_folder in;
    in.write("program.efi", stand_in::efi_program());
    in.write("uefi.toml", "[image]\nboard = \"uefi-arm64\"\n[[partition]]\nname = \"esp\"\nsize = \"40MiB\"\n"
                          "filesystem = { type = \"fat\", fat_bits = 32 }\n"
                          "tree = [{ file = \"program.efi\", to = \"/EFI/BOOT/BOOTAA64.EFI\" }, { file = \"Image\", to = \"/linux\" }]\n"
                          "[loader]\ninto = \"esp\"\ntimeout = 3\ndefault = \"two\"\n"
                          "[[loader.entry]]\nname = \"one\"\nkernel = \"/linux\"\n"
                          "[[loader.entry]]\nname = \"two\"\ntitle = \"Second\"\nkernel = \"/linux\"\nappend = \"quiet\"\n");
    in.write("Image", stand_in::efi_program());
    const auto built = in("build uefi.toml -q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    if (have("mtype")) {
        CHECK(in.shell("mtype -i disk.img@@1M ::/loader/loader.conf").output == "timeout 3\ndefault two.conf\n");
        CHECK(in.shell("mtype -i disk.img@@1M ::/loader/entries/two.conf").output == "title Second\nlinux /linux\noptions quiet\n");
    }
    const auto refused = [&](const std::string& set, const std::string& words) {
        const auto r = in("build uefi.toml -q -o disk.img --set " + set);
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(r.output.find(words) != std::string::npos);
    };
    refused("loader.default=three", "there is no entry \"three\"");
    refused("loader.entry.one.kernel=/Linus", "one.conf: \"/Linus\" is not in the partition");
    refused("loader.entry.one.name=a/b", "letters, digits");
    refused("loader.into=root", "there is no partition \"root\"");
    refused("image.board=uefi-x86-64", "BOOTX64.EFI is missing");
}

TEST_CASE("a description extends another") {
    const command_folder in;
    in.write("base.toml", "[image]\nboard = \"rock64\"\nseed = \"base\"\n[[partition]]\nname = \"a\"\nsize = \"1MiB\"\n");
    in.write("own.toml", "extends = \"base.toml\"\n[image]\nseed = \"own\"\n");
    in.write("other.toml", "extends = \"own.toml\"\n[[partition]]\nname = \"b\"\nsize = \"1MiB\"\n");
    const auto planned = in("plan other.toml --json");
    INFO(planned.output);
    REQUIRE(planned.status == 0);
    const auto plan = nlohmann::json::parse(planned.output);
    CHECK(plan.at("board") == "rock64");
    REQUIRE(plan.at("partitions").size() == 1);
    CHECK(plan.at("partitions")[0].at("name") == "b"); // lists as a whole
    const auto made_of = [&](const std::string& description) {
        REQUIRE(in("build " + description + " --set image.without_bootloader=true -q -o disk.img").status == 0);
        return in.read("disk.img");
    };
    CHECK(made_of("own.toml") != made_of("base.toml")); // another seed

    in.write("loop.toml", "extends = \"loop.toml\"\n");
    CHECK(in("plan loop.toml").output.find("without end") != std::string::npos);
    in.write("lost.toml", "extends = \"none.toml\"\n");
    const auto lost = in("plan lost.toml");
    CHECK(lost.output.find("lost.toml:1:11: there is no description none.toml") != std::string::npos);
    in.write("wrong.toml", "[image]\nsede = \"x\"\n");
    in.write("heir.toml", "extends = \"wrong.toml\"\n");
    CHECK(in("plan heir.toml").output.find("wrong.toml:2:1: ") != std::string::npos); // the file that says it
}
