// SPDX-License-Identifier: BSL-1.0
// What descriptions have made of other files, against the programs that others make it with.
#include <tests/boot/elf_file.hpp>
#include <tests/boot/sha256sum.hpp>
#include <tests/command/command.hpp>

#include <imgcompose/board/rockchip/vendor_images.hpp>
#include <imgcompose/boot/android_boot.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <string>
#include <string_view>

using namespace imgcompose_test;
namespace ic = imgcompose;

namespace {

ic::owned_bytes bytes_of(const std::string& s) {
    const auto raw = std::as_bytes(std::span{s});
    return {raw.begin(), raw.end()};
}

/// A folder with what builds of U-Boot and vendors hand out.
class build_folder : public command_folder {
public:
    build_folder() {
        write("tpl.bin", std::string(3001, 't'));
        write("spl.bin", std::string(50'001, 's'));
        write("u-boot-nodtb.bin", std::string(600'001, 'u'));
        write("u-boot.bin", std::string(700'001, 'U'));
        write("rk3328-rock64.dtb", "a device tree");
        write("bl31.elf", text_of(elf_file({{0x40000, "first segment"}, {0xff090000, "second"}}, 0x40000)));
        write("bl31.bin", "a plain file");
        write("env.txt", "bootdelay=2\nbootcmd=run \\\nboth\n");
    }

    /// The bytes, at the start of a disk that has nothing else.
    [[nodiscard]] std::string made(const std::string& what, const std::string& image = "") const {
        write("made.toml", "[image]\ntable = \"none\"\nepoch = 1\n" + image + "[[raw]]\nname = \"it\"\noffset = 0\nmade = { " + what + " }\n");
        const auto built = (*this)("build made.toml -q -o made.img");
        INFO(built.output);
        REQUIRE(built.status == 0);
        return read("made.img");
    }
    [[nodiscard]] std::string refused(const std::string& what, const std::string& image = "") const {
        write("made.toml", image + "[[raw]]\nname = \"it\"\noffset = 0\nmade = { " + what + " }\n");
        const auto r = (*this)("plan made.toml");
        CHECK(r.status == 1);
        return r.output;
    }
    /// What somebody else's program makes.
    [[nodiscard]] std::string by(const std::string& script) const {
        const auto r = shell("rm -f out && " + script);
        INFO(r.output);
        REQUIRE(r.status == 0);
        return read("out");
    }
};

bool begins(const std::string& whole, const std::string& start) { return !start.empty() && whole.starts_with(start); }

} // namespace

TEST_CASE("an idbloader is made as mkimage makes it, for the board or a SoC that is named") {
    const build_folder in;
    const std::string rock64 = in.made("type = \"idbloader\", tpl = \"tpl.bin\", spl = \"spl.bin\"", "board = \"rock64\"\nwithout_bootloader = true\n");
    CHECK(rock64 == in.made("type = \"idbloader\", soc = \"rk3328\", tpl = \"tpl.bin\", spl = \"spl.bin\""));
    const std::string spread = in.made("type = \"idbloader\", soc = \"RK3399\", tpl = \"tpl.bin\", spread = true");
    const std::string hashed = in.made("type = \"idbloader\", soc = \"rk3588\", tpl = \"tpl.bin\", spl = \"spl.bin\"");
    if (have("mkimage")) {
        CHECK(begins(rock64, in.by("mkimage -n rk3328 -T rksd -d tpl.bin:spl.bin out")));
        CHECK(begins(spread, in.by("mkimage -n rk3399 -T rkspi -d tpl.bin out")));
        CHECK(begins(hashed, in.by("mkimage -n rk3568 -T rksd -d tpl.bin:spl.bin out"))); // no SoC is in it
    } else {
        WARN("skipped: mkimage not found");
    }
    CHECK(has(in.refused("type = \"idbloader\", tpl = \"tpl.bin\""), "made.toml:4:17: idbloader needs `soc`"));
    CHECK(has(in.refused("type = \"idbloader\", soc = \"rk1\", tpl = \"tpl.bin\""), "made.toml:4:17: the boot ROM of \"rk1\" is not known"));
    CHECK(has(in.refused("type = \"idbloader\", soc = \"rk3328\""), "idbloader needs `tpl`"));
    CHECK(has(in.refused("type = \"idbloader\", soc = \"rk3328\", tpl = \"none\""), "none"));
    CHECK(has(in.refused("type = \"idbloader\", soc = \"rk3036\", tpl = \"spl.bin\""), "memory for 4096"));
}

TEST_CASE("u-boot.itb is made of U-Boot, TF-A and device trees") {
    const build_folder in;
    const std::string itb = in.made("type = \"u-boot-itb\", soc = \"rk3328\", u_boot = \"u-boot-nodtb.bin\", bl31 = \"bl31.elf\", "
                                    "dtbs = [\"rk3328-rock64.dtb\"], hashes = [\"sha256\"], align = 512");
    CHECK(begins(itb, "\xd0\x0d\xfe\xed"));
    if (have("mkimage")) {
        const std::string listed = in.shell("mkimage -l made.img").output;
        INFO(listed);
        for (const char* words : {"(u-boot)", "(atf-1)", "(atf-2)", "(fdt-1)", "Load Address: 0x00200000", "Load Address: 0xff090000", "Firmware:     atf-1",
                                  "Description:  rk3328-rock64", "Hash algo:    sha256"})
            CHECK(has(listed, words));
        CHECK(in.by("dumpimage -T flat_dt -p 0 -o out made.img >/dev/null") == in.read("u-boot-nodtb.bin"));
    } else {
        WARN("skipped: mkimage not found");
    }
    CHECK(has(in.refused("type = \"u-boot-itb\", soc = \"px30\", u_boot = \"u-boot.bin\", bl31 = \"bl31.elf\", dtbs = [\"rk3328-rock64.dtb\"]"),
              "needs `load_address`, CONFIG_TEXT_BASE"));
    CHECK(has(in.refused("type = \"u-boot-itb\", soc = \"rk3328\", u_boot = \"u-boot.bin\", bl31 = \"u-boot.bin\", dtbs = [\"rk3328-rock64.dtb\"]"),
              "ELF"));
    CHECK(has(in.refused("type = \"u-boot-itb\", soc = \"rk3328\", u_boot = \"u-boot.bin\", bl31 = \"bl31.elf\", dtbs = [\"rk3328-rock64.dtb\"], align = 6"),
              "multiple of 4"));
}

TEST_CASE("uboot.img and trust.img are those of the library") {
    const build_folder in;
    const auto sha256 = sha256_by_sha256sum;
    const auto u_boot = bytes_of(in.read("u-boot.bin"));
    CHECK(begins(in.made("type = \"uboot-img\", u_boot = \"u-boot.bin\""), text_of(ic::rockchip::uboot_img(u_boot, {.sha256 = sha256}))));
    CHECK(begins(in.made("type = \"uboot-img\", soc = \"rk3308\", u_boot = \"u-boot.bin\", copies = 2, version = 3"),
                 text_of(ic::rockchip::uboot_img(u_boot, {.sha256 = sha256, .load_address = 0x600000, .version = 3, .copies = 2}))));
    const auto parts = ic::rockchip::trust_parts_of_elf("BL31", ic::owned(bytes_of(in.read("bl31.elf"))));
    CHECK(begins(in.made("type = \"trust-img\", soc = \"rk3328\", bl31 = \"bl31.elf\""), text_of(ic::rockchip::trust_img(parts, {.sha256 = sha256}))));
    const std::vector<ic::rockchip::trust_part> plain{{"BL31", ic::from_text("a plain file"), 0x40000}, {"BL32", ic::from_text("a plain file"), 0x8400000}};
    CHECK(begins(in.made("type = \"trust-img\", soc = \"rk3308\", bl31 = \"bl31.bin\", bl31_address = 0x40000, tee = \"bl31.bin\", "
                         "tee_address = 0x8400000, copies = 1, copy_size = \"64KiB\""),
                 text_of(ic::rockchip::trust_img(plain, {.sha256 = sha256, .signature = ic::rockchip::trust_signature::rsa_2048_pss,
                                                         .copy_size = ic::kibibytes{64}, .copies = 1}))));
    CHECK(has(in.refused("type = \"trust-img\", soc = \"rk3328\", bl31 = \"bl31.bin\""), "what is no ELF file needs `bl31_address`"));
    CHECK(has(in.refused("type = \"trust-img\", soc = \"rk3328\", bl31 = \"bl31.elf\", bl31_address = 1"), "leave out `bl31_address`"));
    CHECK(has(in.refused("type = \"uboot-img\", u_boot = \"u-boot.bin\", copy_size = 3000"), "multiples of 65536"));
    CHECK(has(in.refused("type = \"uboot-img\", u_boot = \"u-boot.bin\", copies = 0"), "no copies"));
}

TEST_CASE("U-Boot's environment is made as mkenvimage makes it") {
    const build_folder in;
    const std::string one = in.made("type = \"environment\", file = \"env.txt\", size = \"16KiB\"");
    const std::string two = in.made("type = \"environment\", text = \"bootdelay=2\\nroot=${devtype}\\n\", size = 0x2000, redundant = true");
    const std::string second = in.made("type = \"environment\", file = \"env.txt\", size = 0x2000, redundant = true, copy = \"second\"");
    CHECK(has(two.substr(0x2000), "root=${devtype}"));
    CHECK(second[4] == '\0');
    if (have("mkenvimage")) {
        CHECK(begins(one, in.by("mkenvimage -s 0x4000 -o out env.txt")));
        in.write("two.txt", "bootdelay=2\nroot=${devtype}\n");
        CHECK(begins(two, in.by("mkenvimage -r -s 0x2000 -o out two.txt")));
    } else {
        WARN("skipped: mkenvimage not found");
    }
    CHECK(has(in.refused("type = \"environment\", file = \"env.txt\""), "environment needs `size`"));
    CHECK(has(in.refused("type = \"environment\", file = \"env.txt\", size = 16"), "remove variables"));
    CHECK(has(in.refused("type = \"environment\", file = \"env.txt\", size = 4096, copy = \"first\""), "made.toml:4:"));
    CHECK(has(in.refused("type = \"environment\", file = \"env.txt\", size = 4096, redundant = true, copy = \"third\""), "first, second, both"));
    CHECK(has(in.refused("type = \"environment\", text = \"no sign\", size = 4096"), "has no '='"));
}

TEST_CASE("uImages and FITs of a kernel are those of mkimage") {
    const build_folder in;
    in.write("board.dtb", text_of(ic::owned_bytes(100, std::byte{7})));
    const std::string uimage = in.made("type = \"uimage\", file = \"Image\", name = \"Linux\", load_address = 0x80000");
    const std::string script = in.made("type = \"uimage\", file = \"initrd\", content = \"ramdisk\", arch = \"arm\", compression = \"gzip\"");
    const std::string fit = in.made("type = \"fit\", kernel = \"Image\", ramdisk = \"initrd\", dtbs = [\"board.dtb\"], load_address = 0x2080000, hashes = [\"crc32\"]");
    if (have("mkimage")) {
        const std::string call = "SOURCE_DATE_EPOCH=1 mkimage -O linux ";
        CHECK(begins(uimage, in.by(call + "-A arm64 -T kernel -C none -a 0x80000 -e 0x80000 -n Linux -d Image out")));
        CHECK(begins(script, in.by(call + "-A arm -T ramdisk -C gzip -n '' -d initrd out")));
        in.write("fit.itb", fit);
        const std::string listed = in.shell("mkimage -l fit.itb").output;
        INFO(listed);
        for (const char* words : {"(kernel-1)", "(ramdisk-1)", "(fdt-1)", "Default Configuration: 'conf-1'", "Load Address: 0x02080000", "Hash algo:    crc32"})
            CHECK(has(listed, words));
        CHECK(in.by("dumpimage -T flat_dt -p 0 -o out fit.itb >/dev/null") == in.read("Image"));
    } else {
        WARN("skipped: mkimage not found");
    }
    CHECK(has(in.refused("type = \"uimage\", file = \"Image\", arch = \"arm46\""), "there is no `arch` \"arm46\"; there are: arm, x86"));
    CHECK(has(in.refused("type = \"fit\", kernel = \"Image\""), "fit needs `load_address`"));
}

TEST_CASE("an Android boot image is made of its parts") {
    const build_folder in;
    in.write("second.img", "resources");
    const std::string boot = in.made("type = \"android-boot\", kernel = \"Image\", ramdisk = \"initrd\", second = \"second.img\", cmdline = \"console=ttyFIQ0\", name = \"rock\"");
    const ic::window w{ic::from_text(boot)};
    const auto found = ic::read_android_boot(w);
    CHECK(found.version == 0);
    CHECK(found.cmdline == "console=ttyFIQ0");
    CHECK(found.name == "rock");
    REQUIRE(found.find("second") != nullptr);
    CHECK(text_of(ic::content_of(w, *found.find("second")).take({}, ic::bytes{99})) == "resources");
    in.write("board.dtb", "dtb");
    CHECK(ic::read_android_boot(ic::window{ic::from_text(in.made("type = \"android-boot\", kernel = \"Image\", dtb = \"board.dtb\""))}).version == 2);
    CHECK(has(in.refused("type = \"android-boot\", kernel = \"Image\", page_size = 100"), "cannot have pages of 100 bytes"));
}

TEST_CASE("wherever a file can be named it can be made") {
    const build_folder in;
    in.write("all.toml", "[image]\nboard = \"rock64\"\n"
                         "[[bootloader]]\nname = \"idbloader.img\"\nmade = { type = \"idbloader\", tpl = \"tpl.bin\", spl = \"spl.bin\" }\n"
                         "[[bootloader]]\nname = \"u-boot.itb\"\n"
                         "made = { type = \"u-boot-itb\", u_boot = \"u-boot-nodtb.bin\", bl31 = \"bl31.elf\", dtbs = [\"rk3328-rock64.dtb\"] }\n"
                         "[[raw]]\nname = \"environment\"\nsector = 8128\nmade = { type = \"environment\", file = \"env.txt\", size = \"32KiB\" }\n"
                         "[[partition]]\nname = \"raw\"\nsize = \"8MiB\"\nfilesystem = { type = \"raw\", made = { type = \"uboot-img\", u_boot = \"u-boot.bin\" } }\n"
                         "[[partition]]\nname = \"boot\"\nsize = \"8MiB\"\nfilesystem = { type = \"fat\" }\n"
                         "tree = [{ made = { type = \"uimage\", file = \"Image\" }, to = \"/uImage\" }]\n");
    const auto built = in("build all.toml -q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    const std::string disk = in.read("disk.img");
    CHECK(disk.substr(64 * 512 + 2048, 4) == "RK32");
    CHECK(disk.substr(16384 * 512, 4) == "\xd0\x0d\xfe\xed");
    CHECK(has(disk.substr(8128 * 512, 32768), "bootdelay=2"));
    CHECK(disk.substr(32768 * 512, 8) == "LOADER  ");
    CHECK(has(disk, in.read("Image").substr(0, 4096)));
    if (have("mdir")) CHECK(has(in.shell("mdir -b -i disk.img@@24M ::/").output, "uImage"));
    // The same for the flash of a board that wants it spread.
    const auto flash = in("build all.toml -q -o disk.img --set image.board=rockpro64 --set image.bootloader_in=spi --set partition.boot.filesystem.type=ext4");
    INFO(flash.output);
    REQUIRE(flash.status == 0);
    CHECK(in.read("disk.spi.img").substr(4096, 4) == "RK33");

    const auto refused = [&](const std::string& description, const std::string& words) {
        in.write("d.toml", description);
        const auto r = in("plan d.toml");
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(has(r.output, words));
    };
    const std::string raw = "[[raw]]\nname = \"it\"\noffset = 0\n", made = "made = { type = \"uboot-img\", u_boot = \"u-boot.bin\" }\n";
    refused(raw, "d.toml:1:1: `file` or `made` is needed");
    refused(raw + made + "file = \"x\"\n", "d.toml:5:8: `file` and `made` are two ways");
    refused(raw + made + "skip = 1\n", "`skip` is for `file`");
    refused(raw + made + "max = 1\n", "d.toml:5:7: what is made has 4194304 bytes, more than `max`");
    refused(raw + "made = { type = \"u-boot\" }\n", "d.toml:4:17: \"u-boot\" cannot be made; there are: idbloader, u-boot-itb");
    refused(raw + "made = { type = \"uboot-img\", u_boot = \"x\", tpl = \"x\" }\n", "uboot-img has no use for `tpl`");
    refused(raw + "made = { u_boot = \"x\" }\n", "`made` needs the key `type`");
}

TEST_CASE("a disk has the partitions of a parameter.txt, and plan writes one") {
    const build_folder in;
    in.write("parameter.txt", "FIRMWARE_VER: 1.0\nTYPE: GPT\nCMDLINE: mtdparts=rk29xxnand:0x00002000@0x00004000(uboot),0x00002000@0x00006000(trust),"
                              "0x00008000@0x00008000(boot:bootable),-@0x00010000(rootfs:grow)\nuuid:rootfs=614e0000-0000-4b53-8000-1d28000054a9\n");
    in.write("d.toml", "[image]\nparameter = \"parameter.txt\"\nsize = \"64MiB\"\n"
                       "[[partition]]\nname = \"rootfs\"\nfilesystem = { type = \"ext4\" }\ntree = [{ file = \"Image\", to = \"/Image\" }]\n"
                       "[[partition]]\nname = \"uboot\"\nfilesystem = { type = \"raw\", made = { type = \"uboot-img\", u_boot = \"u-boot.bin\" } }\n");
    const auto built = in("build d.toml -q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    CHECK(in.read("disk.img").substr(16384 * 512, 8) == "LOADER  ");
    CHECK(in.read("disk.img").substr(65536 * 512 + 1080, 2) == "\x53\xef");
    if (have("sgdisk")) {
        const auto said = in.shell("sgdisk -v disk.img && sgdisk -p disk.img && sgdisk -i 4 disk.img && sgdisk -A 3:show disk.img").output;
        INFO(said);
        for (const char* words : {"No problems found", "24576           32767", "614E0000-0000-4B53-8000-1D28000054A9", "3:2:1"}) CHECK(has(said, words));
    }
    const auto written = in("plan d.toml --parameter");
    INFO(written.output);
    REQUIRE(written.status == 0);
    CHECK(has(written.output, "(boot:bootable),-@0x00010000(rootfs:grow)"));
    CHECK(has(written.output, "uuid:rootfs=614e0000-0000-4b53-8000-1d28000054a9"));
    in.write("parameter.txt", written.output);
    CHECK(in("plan d.toml --parameter").output == written.output);

    const auto refused = [&](const std::string& set, const std::string& words) {
        const auto r = in("plan d.toml --parameter " + set);
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(has(r.output, words));
    };
    refused("--set partition.rootfs.start=65536s", "parameter.txt has the `start`");
    refused("--set partition.rootfs.name=root", "parameter.txt has no partition \"root\"");
    refused("--set image.table=mbr", "parameter.txt lists the partitions of a GPT");
    in.write("parameter.txt", "CMDLINE: nothing\n");
    refused("", "d.toml:2:13: parameter.txt:1: partitions are written as");
}

TEST_CASE("generations of a NixOS system become what NixOS lists") {
    const command_folder in;
    const std::string store = "rootfs/nix/store/", profiles = "rootfs/nix/var/nix/profiles/";
    in.write(store + "aaa-linux-6.12/Image", stand_in::kernel());
    in.write(store + "aaa-linux-6.12/dtbs/rockchip/rk3328-rock64.dtb", dtb_named("rockchip/rk3328-rock64.dtb"));
    for (const std::string n : {"9", "12"}) {
        const std::string system = store + n + "-nixos-system-card/";
        in.write(store + n + "-initrd/initrd", "initrd " + n);
        in.write(system + "kernel-params", "console=ttyS2 generation=" + n + "\n");
        in.write(system + "nixos-version", "25.05");
        REQUIRE(in.shell("cd " + system + " && ln -s ../aaa-linux-6.12/Image kernel && ln -s ../" + n + "-initrd/initrd initrd && ln -s ../aaa-linux-6.12/dtbs dtbs && "
                 "cd - && mkdir -p " + profiles + " && ln -s /nix/store/" + n + "-nixos-system-card " + profiles + "system-" + n + "-link").status == 0);
    }
    REQUIRE(in.shell("ln -s system-12-link " + profiles + "system").status == 0);
    in.write("d.toml", "[image]\nboard = \"rock64\"\nwithout_bootloader = true\nepoch = 1763695140\n"
                       "[[partition]]\nname = \"boot\"\nsize = \"8MiB\"\nfilesystem = { type = \"fat\" }\n"
                       "[[partition]]\nname = \"root\"\nsize = \"16MiB\"\nfilesystem = { type = \"ext4\", journal = \"none\" }\ntree = [{ directory = \"rootfs\" }]\n"
                       "[nixos]\ninto = \"boot\"\nstore = \"root\"\ntimeout = 1\n");
    const auto built = in("build d.toml -q -o disk.img");
    INFO(built.output);
    REQUIRE(built.status == 0);
    CHECK_FALSE(has(built.output, "warning"));
    if (have("mtype")) {
        const std::string conf = in.shell("mtype -i disk.img@@16M ::/extlinux/extlinux.conf").output;
        INFO(conf);
        CHECK(has(conf, "DEFAULT nixos-default\n"));
        CHECK(has(conf, "TIMEOUT 10\n"));
        CHECK(has(conf, "LABEL nixos-12\n  MENU LABEL NixOS - Configuration 12 (2025-11-21 03:19 - 25.05)\n  LINUX ../nixos/aaa-linux-6.12-Image\n"
                        "  INITRD ../nixos/12-initrd-initrd\n  APPEND init=/nix/store/12-nixos-system-card/init console=ttyS2 generation=12\n"
                        "  FDTDIR ../nixos/aaa-linux-6.12-dtbs\n"));
        CHECK(conf.find("LABEL nixos-9\n") > conf.find("LABEL nixos-12\n"));
        CHECK(in.shell("mtype -i disk.img@@16M ::/nixos/9-initrd-initrd").output == "initrd 9");
        // Another system to boot, other generations, a device tree by name.
        const std::string tail = "[[nixos.generation]]\nnumber = 9\ndate = \"long ago\"\n";
        in.write("other.toml", in.read("d.toml") + "default = \"/nix/store/9-nixos-system-card\"\ndtb_name = \"rockchip/rk3328-rock64.dtb\"\n" + tail);
        REQUIRE(in("build other.toml -q -o disk.img").status == 0);
        const std::string other = in.shell("mtype -i disk.img@@16M ::/extlinux/extlinux.conf").output;
        CHECK(has(other, "LABEL nixos-default\n  MENU LABEL NixOS - Default\n  LINUX ../nixos/aaa-linux-6.12-Image\n  INITRD ../nixos/9-initrd-initrd\n"));
        CHECK(has(other, "(long ago - 25.05)"));
        CHECK(has(other, "  FDT ../nixos/aaa-linux-6.12-dtbs/rockchip/rk3328-rock64.dtb\n"));
        CHECK_FALSE(has(other, "nixos-12"));
    } else {
        WARN("skipped: mtools not found");
    }
    // One partition has all: NixOS boots the files of the store there.
    const auto one = in("build d.toml -q -o disk.img --set nixos.into=root --set partition.root.bootable=true");
    INFO(one.output);
    REQUIRE(one.status == 0);
    CHECK(has(in.read("disk.img"), "LINUX /nix/store/aaa-linux-6.12/Image"));

    const auto refused = [&](const std::string& set, const std::string& words) {
        const auto r = in("plan d.toml " + set);
        INFO(r.output);
        CHECK(r.status == 1);
        CHECK(has(r.output, words));
    };
    refused("--set nixos.into=efi", "there is no partition \"efi\"");
    refused("--set nixos.store=efi", "there is no partition \"efi\"");
    refused("--set nixos.store=boot", "has no /nix/var/nix/profiles/system-*-link");
    refused("--set nixos.default=/nix/store/none", "--set nixos.default=/nix/store/none: the NixOS generation \"/nix/store/none\" is not in the tree");
    refused("--set nixos.copied=false", "U-Boot cannot read the files in it");
    refused("--set nixos.timeout=-2", "0 to 100000 are possible");
    refused("--set nixos.dtb_name=none.dtb", "none.dtb");
}
