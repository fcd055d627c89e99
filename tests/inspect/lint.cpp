// SPDX-License-Identifier: BSL-1.0
// One seeded mistake a finding, and none on sound disks.
#include <imgcompose/inspect/lint.hpp>

#include <imgcompose/board/boards.hpp>
#include <imgcompose/boot/boot_script.hpp>
#include <imgcompose/boot/extlinux.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/image/read.hpp>

#include "made.hpp"
#include <tests/support/stand_ins.hpp>
#include <tests/support/catch.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>

using namespace imgcompose;
namespace t = imgcompose_test;
using namespace imgcompose::literals;

namespace {

const std::vector<std::string> rock64_names{"pine64,rock64", "rockchip,rk3328"};
const std::vector<std::string> rockpro64_names{"pine64,rockpro64", "rockchip,rk3399"};

/// A disk for the ROCK64, in parts that a mistake can be made in.
struct parts {
    std::map<std::string, image> bootloader{};
    std::map<std::string, image> boot{};
    std::string conf =
        "DEFAULT a\nLABEL a\n  KERNEL /Image\n  INITRD /initrd\n  FDT /rockchip/rk3328-rock64.dtb\n  APPEND ";
    std::string append = "console=ttyS2,1500000 root=LABEL=ROOT rootwait";
    std::string fstab = "# comment\nLABEL=ROOT / ext4 defaults 0 1\nUUID=0000-0000 /usb vfat nofail 0 0\n";
    ext4_options boot_options{.label = "BOOT", .readable_by = u_boot};
    partition_options boot_partition{}, root_partition{};
    bool boot_first = true, extlinux = true, fat_boot = false;
    disk_table table = disk_table::gpt;
    std::vector<std::pair<offset, owned_bytes>> patches{}; ///< put over the finished disk
    bytes cut{};                                           ///< taken from its end
    lint_options how{.on = {&rockchip::rock64}};
    const board* target = &rockchip::rock64;
    std::optional<std::uint32_t> gpt_entries{};
    bytes boot_size = 6_MiB, longer{};
    std::vector<placed_image> raws{};
    std::vector<planned_partition> more{};

    parts() {
        static const image idbloader = from_text(t::stand_in::idbloader("rk3328", 4000, 50'000));
        static const image u_boot = from_text(t::stand_in::itb({.compatible = rock64_names}));
        static const image dtb = from_text(t::stand_in::dtb(rock64_names, "Pine64 Rock64"));
        bootloader = {{"idbloader.img", idbloader}, {"u-boot.itb", u_boot}};
        boot = {{"/Image", from_text(t::stand_in::kernel())},
                {"/initrd", from_text("initrd")},
                {"/rockchip/rk3328-rock64.dtb", dtb}};
        how.inspection.sha256 = &t::sha256_by_sha256sum;
    }

    [[nodiscard]] image disk() const {
        tree files;
        for (const auto& [path, content] : boot) files = std::move(files) | add(path, content);
        if (extlinux) files = std::move(files) | add("/extlinux/extlinux.conf", from_text(conf + append + "\n"));
        const tree root = tree{} | add("/etc/fstab", from_text(fstab)) | add("/sbin/init", from_text("init"));
        disk_plan plan = disk_plan{*target} | with_table(table) | seeded("lint");
        plan.raws = raws;
        plan.partitions = more;
        plan.options.gpt_entries = gpt_entries;
        for (const auto& [name, content] : bootloader) plan = std::move(plan) | imgcompose::bootloader(name, content);
        plan.options.without_bootloader = true; // what is missing is for the check to find
        const auto add_boot = [&] {
            const recipe content = fat_boot ? fat(files, {.label = "BOOT"}) : ext4(files, boot_options);
            plan = std::move(plan) | partition("boot", boot_size, content, boot_partition);
        };
        if (boot_first) add_boot();
        plan = std::move(plan) | partition("root", 4_MiB, ext4(root, {.label = "ROOT"}), root_partition);
        if (!boot_first) add_boot();
        const image whole = std::move(plan) | compose;
        if (patches.empty() && longer == cut) return whole; // which knows what was put where
        image patched{whole.size() + longer - cut};
        offset done{};
        const window w{whole};
        for (const auto& [at, content] : patches) {
            patched.place(done, w.part(done, at - done).copy());
            patched.place(at, owned(content));
            done = at + bytes{content.size()};
        }
        patched.place(done, w.part(done, offset{patched.size()} - done).copy());
        return patched;
    }
    [[nodiscard]] std::vector<disk_finding> findings() const { return lint(window{disk()}, how); }
};

owned_bytes bytes_of(std::string_view s) {
    const auto raw = std::as_bytes(std::span{s});
    return {raw.begin(), raw.end()};
}

struct mistake {
    const char* what;
    const char* code;
    std::function<void(parts&)> make;
};

/// A file that goes to a place without the plan minding what it is.
void put(parts& p, offset at, const std::string& content) {
    p.raws.push_back({text::join("raw at ", at.count), at, from_text(content)});
}
std::string file(const parts& p, const char* bootloader) {
    return t::text_of(read_all(p.bootloader.at(bootloader)));
}
/// Without a bootloader of its own, for a board that looks elsewhere.
void become(parts& p, const board& b) {
    p.bootloader.clear();
    p.target = &b;
    p.how.on = {&b};
    p.append = "root=LABEL=ROOT";
    p.conf = "DEFAULT a\nLABEL a\n  KERNEL /Image\n  APPEND ";
}
std::string x86_kernel() {
    std::string k(8192, '\0');
    k.replace(0x1fe, 6,
              std::string("\x55\xaa\xeb\x66"
                          "Hd",
                          6));
    k.replace(0x202, 4, "HdrS");
    k[0x206] = 15, k[0x207] = 2, k[0x236] = 1;
    return k;
}
planned_partition empty_at(const char* name, offset at, bytes size, uuid type = {}) {
    planned_partition p{.name = name, .size = size};
    p.options.at = at;
    p.options.holds_firmware = true;
    if (!type.is_nil()) p.options.type = type;
    return p;
}
void add_loader(parts& p, const std::string& entry) {
    p.fat_boot = true;
    p.boot["/EFI/BOOT/BOOTAA64.EFI"] = from_text(t::stand_in::efi_program());
    p.boot["/linux.efi"] = from_text(t::stand_in::efi_program());
    p.boot["/loader/entries/a.conf"] = from_text(entry);
}
void become_pi(parts& p, const std::string& config) {
    become(p, raspberry_pi::pi_4);
    p.table = disk_table::mbr;
    p.fat_boot = true, p.extlinux = false;
    p.boot_partition.mbr_type = std::uint8_t{0x0c};
    p.boot = {{"/start4.elf", from_text("firmware")}, {"/config.txt", from_text(config)},
              {"/kernel8.img", from_text(t::stand_in::kernel())},
              {"/cmdline.txt", from_text("console=serial0,115200 root=LABEL=ROOT\n")}};
}

const std::vector<mistake>& mistakes() {
    static const std::vector<mistake> all{
        // --- the bootloader ---
        {"no idbloader", "bootloader-missing", [](parts& p) { p.bootloader.erase("idbloader.img"); }},
        {"no bootloader at all", "bootloader-missing", [](parts& p) { p.bootloader.clear(); }},
        {"an idbloader with a wrong magic", "bootloader-unknown",
         [](parts& p) {
             p.patches = {{offset{64_sectors}, bytes_of("this is no idbloader")}};
         }},
        {"a FIT with a wrong magic", "bootloader-unknown",
         [](parts& p) {
             p.patches = {{offset{sectors{16384}}, bytes_of("FIT?")}};
         }},
        {"u-boot.itb where idbloader.img belongs", "bootloader-misplaced",
         [](parts& p) {
             put(p, offset{64_sectors}, file(p, "u-boot.itb"));
             put(p, offset{sectors{16384}}, file(p, "idbloader.img"));
             p.bootloader.clear();
         }},
        {"the idbloader of an RK3399 in the form for SPI flash", "bootloader-spread",
         [](parts& p) {
             become(p, rockchip::rockpro64);
             put(p, offset{64_sectors}, t::stand_in::idbloader("rk3399", 4000, 50'000, true));
             put(p, offset{sectors{16384}}, t::stand_in::itb({.compatible = rockpro64_names}));
         }},
        {"an idbloader of the second header generation", "bootloader-wrong-soc",
         [](parts& p) { p.bootloader.at("idbloader.img") = from_text(t::stand_in::idbloader("rk3568")); }},
        {"an idbloader for the RK3399", "bootloader-wrong-soc",
         [](parts& p) { p.bootloader.at("idbloader.img") = from_text(t::stand_in::idbloader("rk3399")); }},
        {"a u-boot.itb whose device tree is for the RK3399", "bootloader-wrong-soc",
         [](parts& p) { p.bootloader.at("u-boot.itb") = from_text(t::stand_in::itb({.compatible = rockpro64_names})); }},
        {"a u-boot.itb for an RK3588 behind the idbloader of an RK3568", "bootloader-wrong-soc",
         [](parts& p) {
             become(p, rockchip::rock_3a);
             put(p, offset{64_sectors}, t::stand_in::idbloader("rk3568"));
             put(p, offset{sectors{16384}}, t::stand_in::itb({.compatible = {"radxa,rock-5b", "rockchip,rk3588"}}));
         }},
        {"a U-Boot that is loaded where an RK3576 has no memory", "bootloader-wrong-soc",
         [](parts& p) {
             become(p, rockchip::rock_4d);
             put(p, offset{64_sectors}, t::stand_in::idbloader("rk3576"));
             put(p, offset{sectors{16384}}, t::stand_in::itb({.compatible = {"radxa,rock-4d"}, .load = 0xa00000}));
         }},
        {"a TPL for an RK3399 with the mark of the RK3308, which has less memory for it", "first-stage-too-large",
         [](parts& p) {
             become(p, rockchip::rock_pi_s);
             std::string large = t::stand_in::idbloader("rk3308", 0x3f000);
             put(p, offset{64_sectors}, t::stand_in::idbloader("rk3308"));
             put(p, offset{sectors{16384}}, t::stand_in::itb({.compatible = {"rockchip,rk3308"}}));
             rockchip::header_v1 h{};
             h.magic = to_disk(rockchip::header_v1_magic);
             h.disable_rc4 = to_disk(1u);
             h.init_offset = to_disk(std::uint16_t{4});
             h.init_size = to_disk(std::uint16_t{0x3f000 / 512 + 4});
             h.init_boot_size = to_disk(std::uint16_t{0x3f000 / 512 + 8});
             owned_bytes raw(sizeof h);
             put_struct(raw, h);
             rockchip::detail::rc4(raw);
             large.replace(0, sizeof h, t::text_of(raw));
             p.raws[0].content = from_text(large);
         }},
        {"an idbloader whose SPL was damaged", "artefact-damaged",
         [](parts& p) {
             become(p, rockchip::rock_3a);
             std::string damaged = t::stand_in::idbloader("rk3568");
             damaged[100'000] = static_cast<char>(damaged[100'000] + 1);
             put(p, offset{64_sectors}, damaged);
         }},
        {"an idbloader.img that was cut off, in a plan", "bootloader-truncated",
         [](parts& p) { p.bootloader.at("idbloader.img") = from_text(file(p, "idbloader.img").substr(0, 20'000)); }},
        {"an idbloader.img that was cut off, on a disk", "bootloader-truncated",
         [](parts& p) {
             p.patches = {{offset{64_sectors} + 20'000_B, owned_bytes(40'000)}};
         }},
        {"a FIT whose data was damaged", "artefact-damaged",
         [](parts& p) {
             p.patches = {{offset{sectors{16384 + 80}}, bytes_of("damage")}};
         }},
        {"a FIT whose external data the medium's end cuts off", "artefact-damaged",
         [](parts& p) {
             p.cut = 18944_KiB; // all behind 8.5 MiB
         }},
        {"an SPL for Allwinner without U-Boot behind it", "bootloader-incomplete",
         [](parts& p) {
             become(p, allwinner::pine64_plus);
             put(p, offset{16_sectors}, t::stand_in::sunxi_spl());
         }},
        {"a bootloader that is too large", "bootloader-too-large",
         [](parts& p) {
             become(p, allwinner::pine64_plus);
             std::string large = t::stand_in::sunxi_spl();
             large.resize(32768);
             put(p, offset{16_sectors},
                 large + t::stand_in::itb({.compatible = {"allwinner,sun50i-a64"}, .load = 0x4a000000, .size = 1'200'000}));
             p.boot_partition.at = offset{16_MiB};
         }},
        {"the 8 KiB eGON over the entry array", "overlap",
         [](parts& p) {
             become(p, allwinner::pine64_plus);
             p.patches = {{offset{16_sectors}, bytes_of(t::stand_in::sunxi({"allwinner,sun50i-a64"}).substr(0, 600'000))}};
             p.gpt_entries = 128;
         }},
        {"a FIT cut off by the first partition", "overlap",
         [](parts& p) {
             p.patches = {{offset{sectors{16384}}, bytes_of(file(p, "u-boot.itb").substr(0, 8192))}};
             p.boot_partition.at = offset{sectors{16384 + 16}};
             p.boot_partition.holds_firmware = true;
             p.bootloader.clear();
         }},
        {"the 9 MB u-boot-rockchip.bin over an empty partition at 4 MiB", "overlap",
         [](parts& p) {
             p.more = {empty_at("data", offset{4_MiB}, 8_MiB)};
             p.boot_partition.bootable = true;
             std::string combined = file(p, "idbloader.img");
             combined.resize(from_start(rockchip::u_boot_in_combined).count, '\xff');
             combined += file(p, "u-boot.itb");
             p.bootloader.clear();
             p.patches = {{offset{64_sectors}, bytes_of(combined)}};
             p.how.on.clear();
         }},
        {"a partition over the bootloader", "partition-over-bootloader",
         [](parts& p) {
             p.boot_partition.at = offset{4_MiB};
             p.boot_partition.holds_firmware = true;
             p.bootloader.clear();
         }},
        {"a partition before the first place for one", "partition-below-floor",
         [](parts& p) {
             become(p, chromeos::kukui);
             p.more = {empty_at("early", offset{2_MiB}, 1_MiB)};
         }},
        {"no partition with the kernel of a Chromebook", "firmware-partition-missing",
         [](parts& p) { become(p, chromeos::kukui); }},
        {"no partition with the SPL of a VisionFive 2", "firmware-partition-missing",
         [](parts& p) { become(p, starfive::visionfive_2); }},
        {"no EFI system partition", "firmware-partition-missing", [](parts& p) { become(p, generic::uefi_arm64); }},
        {"an EFI system partition that is not FAT", "firmware-partition-empty",
         [](parts& p) {
             become(p, generic::uefi_arm64);
             p.boot_partition.type = partition_type::esp;
         }},
        {"a partition for SPL with nothing in it", "firmware-partition-empty",
         [](parts& p) {
             become(p, starfive::visionfive_2);
             p.more = {empty_at("spl", offset{2_MiB}, 2_MiB, starfive::spl_type),
                       empty_at("uboot", offset{4_MiB}, 4_MiB, starfive::u_boot_type)};
         }},
        {"a GPT for a board whose bootloader lies over it", "wrong-table",
         [](parts& p) { become(p, amlogic::odroid_c2); p.target = &rockchip::rock64; }},
        {"a GPT for a Raspberry Pi", "wrong-table", [](parts& p) { become(p, raspberry_pi::pi_3); }},
        // --- the table and its partitions ---
        {"a boot partition that is not flagged, behind another", "boot-partition-not-flagged",
         [](parts& p) {
             p.boot_first = false;
             p.boot_partition.bootable = false;
         }},
        {"the wrong partition is flagged", "boot-partition-not-flagged",
         [](parts& p) {
             p.boot_partition.bootable = false;
             p.root_partition.bootable = true;
         }},
        {"the flagged one has nothing to boot", "flagged-without-boot-files",
         [](parts& p) {
             p.root_partition.bootable = true;
             p.boot_partition.bootable = true;
         }},
        {"an ESP takes the scan", "boot-partition-not-flagged",
         [](parts& p) {
             p.boot_partition.bootable = false;
             p.root_partition.type = partition_type::esp;
         }},
        {"the same in an MBR", "boot-partition-not-flagged",
         [](parts& p) {
             p.table = disk_table::mbr;
             p.boot_partition.bootable = false;
             p.root_partition.bootable = true;
         }},
        {"the backup GPT was cut off", "gpt-backup-damaged", [](parts& p) { p.cut = 512_KiB; }},
        {"the disk is larger than when its GPT was made", "gpt-backup-not-at-end", [](parts& p) { p.longer = 4_MiB; }},
        {"the primary GPT was overwritten", "gpt-primary-damaged",
         [](parts& p) {
             p.patches = {{offset{512_B}, bytes_of(std::string(92, '\xff'))}};
         }},
        {"both GPTs were overwritten", "gpt-missing",
         [](parts& p) {
             p.patches = {{offset{512_B}, bytes_of(std::string(92, '\xff'))}};
             p.cut = 1_MiB;
         }},
        {"the last partition is cut off", "partition-outside", [](parts& p) { p.cut = 2_MiB; }},
        {"the file is compressed", "not-raw",
         [](parts& p) {
             p.patches = {{offset{}, bytes_of("\x28\xb5\x2f\xfd")}};
         }},
        {"more partitions than Linux takes", "too-many-partitions", [](parts& p) { p.how.inspection.most_partitions = 1; }},
        {"a partition between two blocks of the flash", "misaligned",
         [](parts& p) { p.boot_partition.at = offset{sectors{40001}}; }},
        {"an ext4 that is larger than its partition", "filesystem-too-large",
         [](parts& p) {
             p.patches = {{offset{16_MiB} + bytes{1024 + 4}, bytes_of(std::string("\0\0\x01\0", 4))}};
         }},
        {"a superblock with a wrong checksum", "superblock-damaged",
         [](parts& p) {
             p.patches = {{offset{16_MiB} + bytes{1024 + 0x78}, bytes_of("OTHER")}};
         }},
        {"an ext4 with errors", "filesystem-errors",
         [](parts& p) {
             p.patches = {{offset{16_MiB} + bytes{1024 + 0x3a}, bytes_of(std::string("\x02\0", 2))}};
         }},
        {"an ext4 that was not unmounted", "filesystem-not-clean",
         [](parts& p) {
             p.patches = {{offset{16_MiB} + bytes{1024 + 0x3a}, bytes_of(std::string("\0\0", 2))}};
         }},
        // --- what is booted ---
        {"nothing to boot", "nothing-to-boot", [](parts& p) { p.extlinux = false; }},
        {"a kernel that is not there", "boot-file-missing", [](parts& p) { p.boot.erase("/Image"); }},
        {"an initrd that is not there", "boot-file-missing", [](parts& p) { p.boot.erase("/initrd"); }},
        {"a device tree that is not there", "boot-file-missing",
         [](parts& p) { p.boot.erase("/rockchip/rk3328-rock64.dtb"); }},
        {"an empty kernel", "boot-file-missing", [](parts& p) { p.boot.at("/Image") = from_text(""); }},
        {"a kernel for x86", "kernel-unfit", [](parts& p) { p.boot.at("/Image") = from_text(x86_kernel()); }},
        {"a kernel that is a text", "kernel-unfit",
         [](parts& p) {
             p.boot.at("/Image") =
                 from_text("a text, and no kernel at all, of more than sixty-four bytes so that there is a header");
         }},
        {"a kernel too large for the RK3328's addresses", "kernel-too-large",
         [](parts& p) { p.boot.at("/Image") = from_text(t::stand_in::kernel(70u << 20)); }},
        {"a compressed kernel beyond kernel_comp_size", "kernel-too-large",
         [](parts& p) {
             image gz{33_MiB};
             gz.place({}, from_text("\x1f\x8b\x08"));
             p.boot.at("/Image") = gz;
             p.boot_size = 40_MiB;
         }},
        {"a device tree beyond the RK3328's place for it", "kernel-too-large",
         [](parts& p) {
             fdt large;
             large.root.properties = {fdt_strings("compatible", rock64_names), {"padding", t::stand_in::code(1'200'000)}};
             p.boot.at("/rockchip/rk3328-rock64.dtb") = owned(fdt_bytes(large));
         }},
        {"a device tree of another board", "dtb-of-another-board",
         [](parts& p) {
             p.boot["/board.dtb"] = from_text(t::stand_in::dtb({"radxa,rockpi-e", "rockchip,rk3328"}, "Radxa ROCK Pi E"));
             p.conf.replace(p.conf.find("/rockchip/rk3328-rock64.dtb"), 27, "/board.dtb");
         }},
        {"a device tree of another SoC under the board's name", "dtb-of-another-board",
         [](parts& p) { p.boot.at("/rockchip/rk3328-rock64.dtb") = from_text(t::stand_in::dtb(rockpro64_names)); }},
        {"a device tree that is a text", "dtb-damaged",
         [](parts& p) { p.boot.at("/rockchip/rk3328-rock64.dtb") = from_text("not one"); }},
        {"root=LABEL of nobody", "root-not-found",
         [](parts& p) { p.append = "root=LABEL=ROOTFS console=ttyS2,1500000"; }},
        {"root=UUID of nobody", "root-not-found",
         [](parts& p) { p.append = "root=UUID=01234567-89ab-cdef-0123-456789abcdef"; }},
        {"root=PARTUUID of nobody", "root-not-found", [](parts& p) { p.append = "root=PARTUUID=01234567-02"; }},
        {"root=PARTLABEL of nobody", "root-not-found", [](parts& p) { p.append = "root=PARTLABEL=rootfs"; }},
        {"root= a partition that there is not", "root-not-found", [](parts& p) { p.append = "root=/dev/mmcblk1p3"; }},
        {"a quotation mark that is left open", "command-line-odd", [](parts& p) { p.append += " x=\"y"; }},
        {"a console that the board has not", "console-not-of-board",
         [](parts& p) { p.append = "root=LABEL=ROOT console=ttyAMA0,115200"; }},
        {"an unknown keyword", "extlinux-misread",
         [](parts& p) { p.conf.replace(p.conf.find("INITRD"), 6, "INITRAMFS"); }},
        {"CRLF", "boot-file-missing",
         [](parts& p) { p.conf = "DEFAULT a\r\nLABEL a\r\n  KERNEL /Image\r\n  APPEND "; }},
        {"APPEND too long", "extlinux-misread", [](parts& p) { p.append += " x=" + std::string(1100, 'x'); }},
        {"extlinux.conf beyond 64 KiB", "boot-file-too-large",
         [](parts& p) { p.append += "\n#" + std::string(70'000, '#'); }},
        {"inline_data on the boot partition", "feature-u-boot-cannot-read",
         [](parts& p) {
             p.patches = {{offset{16_MiB} + bytes{1024 + 0x60}, bytes_of(std::string("\xc2\x82\0\0", 4))}};
         }},
        {"bigalloc on the boot partition", "feature-u-boot-cannot-read",
         [](parts& p) {
             p.patches = {{offset{16_MiB} + bytes{1024 + 0x64}, bytes_of(std::string("\x6b\x06\0\0", 4))}};
         }},
        {"a journal that was not replayed", "journal-not-replayed",
         [](parts& p) {
             p.patches = {{offset{16_MiB} + bytes{1024 + 0x60}, bytes_of(std::string("\xc6\x02\0\0", 4))}};
         }},
        {"a boot script that is plain text", "boot-script-damaged",
         [](parts& p) {
             p.boot["/boot.scr"] = from_text("load mmc 1:1 $kernel_addr_r /Image and more than a header has\n");
         }},
        {"a boot script with one bit changed", "boot-script-damaged",
         [](parts& p) {
             owned_bytes s = boot_script_bytes("echo hello\n");
             s.back() ^= std::byte{1};
             p.boot["/boot.scr"] = owned(std::move(s));
         }},
        {"a boot script that loads what is not there", "boot-file-missing",
         [](parts& p) { p.boot["/boot.scr"] = boot_script("load mmc 0:1 ${kernel_addr_r} /Linus\n"); }},
        {"a boot script that loads it out of a variable", "boot-file-missing",
         [](parts& p) {
             p.boot["/boot.scr"] = boot_script("setenv k zImage; load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} $k\n");
         }},
        {"a boot script that asks for it", "boot-file-missing",
         [](parts& p) { p.boot["/boot.scr"] = boot_script("if load mmc 0 ${ramdisk_addr_r} /uInitrd; then true; fi\n"); }},
        {"a boot script with the root of nobody", "root-not-found",
         [](parts& p) { p.boot["/boot.scr"] = boot_script("setenv bootargs \"console=${console} root=LABEL=NOBODY\"\n"); }},
        {"a boot script with another console", "console-not-of-board",
         [](parts& p) { p.boot["/boot.scr"] = boot_script("setenv bootargs console=ttyAMA0 root=LABEL=ROOT\n"); }},
        {"an EFI program that is none", "efi-program-damaged",
         [](parts& p) { p.boot["/EFI/BOOT/BOOTAA64.EFI"] = from_text("not one"); }},
        {"an EFI program for x86_64 alone", "efi-program-unfit",
         [](parts& p) { p.boot["/EFI/BOOT/BOOTX64.EFI"] = from_text(t::stand_in::efi_program(0x8664)); }},
        {"an EFI program for x86_64 under the name of arm64", "efi-program-unfit",
         [](parts& p) { p.boot["/efi/boot/bootaa64.efi"] = from_text(t::stand_in::efi_program(0x8664)); }},
        {"a loader entry whose initrd is not there", "loader-entry-unfit",
         [](parts& p) { add_loader(p, "linux /linux.efi\ninitrd /none\noptions root=LABEL=ROOT\n"); }},
        {"a loader entry with the root of nobody", "root-not-found",
         [](parts& p) { add_loader(p, "linux /linux.efi\noptions root=LABEL=NOBODY\n"); }},
        {"a Raspberry Pi whose config.txt names another kernel", "boot-file-missing",
         [](parts& p) { become_pi(p, "[pi3]\nkernel=x\n[pi4]\nkernel=u-boot.bin\n"); }},
        {"a Raspberry Pi whose initramfs is not there", "boot-file-missing",
         [](parts& p) { become_pi(p, "initramfs initramfs8 followkernel\n"); }},
        {"a Raspberry Pi without a kernel", "boot-file-missing",
         [](parts& p) {
             become_pi(p, "arm_64bit=1\n");
             p.boot.erase("/kernel8.img");
         }},
        {"a Raspberry Pi without firmware", "firmware-partition-empty",
         [](parts& p) {
             become_pi(p, "arm_64bit=1\n");
             p.boot.erase("/start4.elf");
         }},
        {"a Raspberry Pi with the root of nobody", "root-not-found",
         [](parts& p) {
             become_pi(p, "arm_64bit=1\n");
             p.boot.at("/cmdline.txt") = from_text("root=PARTUUID=01234567-02 rootwait\n");
         }},
        {"fstab waits for what is not there", "fstab-names-nothing",
         [](parts& p) { p.fstab += "LABEL=HOME /home ext4 defaults 0 2\n"; }},
    };
    return all;
}

std::string plain(const std::vector<disk_finding>& findings, std::string_view but = {}) {
    std::string all;
    for (const disk_finding& f : findings)
        if (f.code != but) all += text::join(f.code, ": ", to_string(f), '\n');
    return all;
}

} // namespace

TEST_CASE("nothing is found on sound disks") {
    parts p;
    SECTION("with extlinux.conf") {}
    SECTION("in an MBR") { p.table = disk_table::mbr; }
    SECTION("with a boot script besides") { p.boot["/boot.scr"] = boot_script("echo hello\n"); }
    SECTION("with a boot script of ours") {
        p.boot["/boot.scr"] =
            boot_script(boot_commands({.kernel = "/Image", .initrd = "initrd", .arguments = parse_cmdline(p.append)}));
    }
    SECTION("with a boot script that asks for what may be there") {
        p.boot["/boot.scr"] = boot_script("if test -e mmc 0:1 /uEnv.txt; then load mmc 0:1 ${scriptaddr} /uEnv.txt; fi\n"
                                          "if load mmc 0:1 ${scriptaddr} /more.txt; then env import -t ${scriptaddr}; fi\n"
                                          "load mmc 0:1 ${kernel_addr_r} /vmlinuz || load mmc 0:1 ${kernel_addr_r} /Image\n"
                                          "setenv bootargs root=${rootdev} console=ttyS2,1500000\n");
    }
    SECTION("by UUID of the partition") {
        const disk_report r = inspect(window{p.disk()});
        p.append = "root=PARTUUID=" + to_string(r.partition(2)->id);
    }
    SECTION("by the beginning of it, which the kernel takes too") {
        const disk_report r = inspect(window{p.disk()});
        p.append = "root=PARTUUID=" + to_string(r.partition(2)->id).substr(0, 13);
    }
    SECTION("by the name of the partition") { p.append = "root=PARTLABEL=root console=tty1 console=ttyS2,1500000n8"; }
    SECTION("by a device") { p.append = "root=/dev/mmcblk0p2"; }
    SECTION("without a bootloader, where it is elsewhere") {
        p.bootloader.clear();
        p.how.without_bootloader = true;
    }
    SECTION("without a board") { p.how.on.clear(); }
    SECTION("with a device tree of another name") {
        p.boot["/board.dtb"] = p.boot.at("/rockchip/rk3328-rock64.dtb");
        p.conf.replace(p.conf.find("/rockchip/rk3328-rock64.dtb"), 27, "/board.dtb");
    }
    SECTION("of an RK3399") {
        become(p, rockchip::rockpro64);
        put(p, offset{64_sectors}, t::stand_in::idbloader("rk3399"));
        put(p, offset{sectors{16384}}, t::stand_in::itb({.compatible = rockpro64_names}));
    }
    SECTION("of an RK3566, whose U-Boot is that of the RK3568") {
        become(p, rockchip::quartz64_a);
        put(p, offset{64_sectors}, t::stand_in::idbloader("rk3568"));
        put(p, offset{sectors{16384}}, t::stand_in::itb({.compatible = {"pine64,quartz64-a", "rockchip,rk3568"}, .load = 0xa00000}));
    }
    SECTION("of Rockchip's miniloader, with partitions of its own") {
        become(p, rockchip::rock64);
        const std::array trust{rockchip::trust_part{"BL31", owned(t::stand_in::code(50'000)), 0x40000}};
        put(p, offset{64_sectors}, t::stand_in::idbloader("rk3328"));
        put(p, offset{sectors{16384}}, t::text_of(rockchip::uboot_img(t::stand_in::code(500'000), {.sha256 = t::sha256_by_sha256sum})));
        put(p, offset{sectors{24576}}, t::text_of(rockchip::trust_img(trust, {.sha256 = t::sha256_by_sha256sum})));
        p.more = {empty_at("uboot", offset{sectors{16384}}, bytes{sectors{8192}}), empty_at("trust", offset{sectors{24576}}, bytes{sectors{8192}})};
        p.boot_partition.bootable = true;
    }
    SECTION("of a partition over all of the bootloader, which keeps others off") {
        p.more = {empty_at("loader", offset{sectors{40}}, bytes{sectors{32000}})};
        p.boot_partition.bootable = true;
        p.how.on.clear();
        const auto found = p.findings(); // it is no multiple of 1 MiB, nor need it be
        CHECK(plain(found, "misaligned") == "");
        return;
    }
    SECTION("of an Amlogic, whose bootloader nobody can recognise") {
        become(p, amlogic::odroid_c2);
        p.table = disk_table::mbr;
        p.bootloader["u-boot.bin.sd.bin"] = owned(t::stand_in::code(1'000'000));
    }
    SECTION("of an Allwinner") {
        become(p, allwinner::pine64_plus);
        p.bootloader["u-boot-sunxi-with-spl.bin"] = from_text(t::stand_in::sunxi({"pine64,pine64-plus", "allwinner,sun50i-a64"}));
    }
    SECTION("of an i.MX 8M") {
        become(p, imx8::mm_evk);
        p.bootloader["flash.bin"] = from_text(t::stand_in::imx8());
    }
    SECTION("of a VisionFive 2") {
        become(p, starfive::visionfive_2);
        p.boot.at("/Image") = from_text(t::stand_in::riscv_kernel());
        put(p, offset{2_MiB}, t::text_of(t::stand_in::code(150'000)));
        put(p, offset{4_MiB}, t::stand_in::itb({.compatible = {"starfive,visionfive-2-v1.3b", "starfive,jh7110"}, .load = 0x40200000, .arch = "riscv"}));
        p.more = {empty_at("spl", offset{2_MiB}, 2_MiB, starfive::spl_type), empty_at("uboot", offset{4_MiB}, 4_MiB, starfive::u_boot_type)};
        p.boot_partition.bootable = true;
    }
    SECTION("of a Chromebook") {
        become(p, chromeos::kukui);
        p.extlinux = false;
        put(p, offset{4_MiB}, "CHROMEOS" + std::string(100'000, 'k'));
        p.more = {empty_at("KernelA", offset{4_MiB}, 16_MiB, chromeos::kernel_type)};
        p.boot_partition.bootable = false;
    }
    SECTION("of a Raspberry Pi") { become_pi(p, "arm_64bit=1\n[pi3]\nkernel=none\n[all]\nos_prefix=\n# kernel=x\n"); }
    SECTION("of UEFI") {
        become(p, generic::uefi_arm64);
        p.extlinux = false;
        add_loader(p, "title A\nlinux /LINUX.EFI\noptions root=LABEL=ROOT\n");
        p.boot_partition.type = partition_type::esp;
        p.boot["/loader/loader.conf"] = from_text("default a\n");
    }
    CHECK(plain(p.findings()) == "");
}

TEST_CASE("every mistake is found") {
    for (const mistake& m : mistakes()) {
        parts p;
        m.make(p);
        const auto findings = p.findings();
        INFO(m.what << " should be " << m.code << ":\n" << plain(findings));
        CHECK(std::ranges::any_of(findings, [&](const disk_finding& f) { return f.code == m.code; }));
    }
}

TEST_CASE("there is a mistake for every code that the sources have") {
    std::set<std::string> seeded, known;
    // A code is a word with a hyphen in quotation marks behind a severity, or given to what calls `say`.
    const std::regex code{"\"([a-z]+(-[a-z]+)+)\""};
    for (const mistake& m : mistakes()) seeded.insert(m.code);
    const std::string of_tables = t::read_file(t::source_dir() / "tests/inspect/inspect.cpp");
    for (std::sregex_iterator i{of_tables.begin(), of_tables.end(), code}, end; i != end; ++i) seeded.insert((*i)[1]);
    for (const auto& entry : std::filesystem::directory_iterator{t::source_dir() / "include/imgcompose/inspect"}) {
        const std::string name = entry.path().filename().string();
        if (name != "inspect.hpp" && name != "tables.hpp" && !name.starts_with("lint")) continue;
        const std::string source = t::read_file(entry.path());
        for (std::sregex_iterator i{source.begin(), source.end(), code}, end; i != end; ++i) {
            const std::string before = source.substr(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, i->position() - 60)),
                                                     static_cast<std::size_t>(std::min<std::ptrdiff_t>(60, i->position())));
            if (before.find("severity") != std::string::npos || before.find("add(") != std::string::npos ||
                before.find("? ") != std::string::npos)
                known.insert((*i)[1]);
        }
    }
    std::set<std::string> missing;
    std::ranges::set_difference(known, seeded, std::inserter(missing, missing.end()));
    std::string all;
    for (const std::string& c : missing) all += c + ' ';
    CHECK(all == "");
    CHECK(known.size() >= 40);
}

TEST_CASE("no message names its place twice, and each says what to do") {
    for (const mistake& m : mistakes()) {
        parts p;
        m.make(p);
        for (const disk_finding& f : p.findings()) {
            INFO(f.code << ": " << f.message);
            CHECK(f.message.find(" at " + detail::position_text(f.at)) == std::string::npos);
        }
    }
}

TEST_CASE("the image of SPI flash is judged by what the board's boot ROM reads") {
    const auto codes = [](const board& b, const std::string& idbloader, const std::string& itb) {
        std::string all(from_start(b.spi->u_boot).count, '\xff');
        all.replace(from_start(b.spi->idbloader).count, idbloader.size(), idbloader);
        return plain(lint_flash(window{from_text(all + itb)}, b, {.inspection = {.sha256 = t::sha256_by_sha256sum}}));
    };
    const auto has = [](const std::string& s, std::string_view code) { return s.find(text::join(code, ": ")) != s.npos; };
    const std::string itb = t::stand_in::itb({.compatible = rockpro64_names});
    const std::string spread = t::stand_in::idbloader("rk3399", 4000, 50'000, true);
    CHECK(codes(rockchip::rockpro64, spread, itb) == "");
    CHECK(codes(rockchip::rock64, t::stand_in::idbloader("rk3328"), t::stand_in::itb({.compatible = rock64_names})) == "");
    CHECK(has(codes(rockchip::rockpro64, t::stand_in::idbloader("rk3399"), itb), "bootloader-spread"));
    CHECK(has(codes(rockchip::rockpro64, std::string(100, '\xff'), itb), "bootloader-missing"));
    CHECK(has(codes(rockchip::rockpro64, spread, itb.substr(0, 500'000)), "artefact-damaged"));
    CHECK(has(codes(rockchip::rockpro64, spread, t::stand_in::itb({.compatible = rock64_names})), "bootloader-wrong-soc"));
    CHECK(has(codes(rockchip::rockpro64, itb.substr(0, 800'000), itb), "bootloader-misplaced"));
    CHECK(has(plain(lint_flash(window{zeros(1_MiB)}, rockchip::nanopi_r2s)), "bootloader-misplaced"));
}

TEST_CASE("each board of a disk for several is judged") {
    parts p;
    p.how.on.push_back(&rockchip::rockpro64);
    const auto found = p.findings();
    INFO(plain(found));
    CHECK(std::ranges::any_of(found, [](const auto& f) { return f.code == "bootloader-wrong-soc"; }));
}

TEST_CASE("hostile boot files are judged in a moment") {
    parts p;
    const auto started = std::chrono::steady_clock::now();
    SECTION("thousands of missing files beside thousands that are there") {
        p.conf = "";
        for (int n = 0; n < 3000; ++n) p.conf += text::join("label ", n, "\nkernel /k", n, '\n');
        p.append = "";
        for (int n = 0; n < 5000; ++n) p.boot[text::join("/", std::string(100, 'x'), n)] = from_text("");
        p.boot_size = 40_MiB;
    }
    SECTION("a path that leads up and down") {
        std::string path;
        while (path.size() < 60'000) path += "/rockchip/..";
        p.conf = "label a\nkernel " + path + "/Image\ninitrd " + path + "/none\n";
    }
    (void)p.findings();
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds{20}); // under sanitizers, too
}
