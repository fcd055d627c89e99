// SPDX-License-Identifier: BSL-1.0
// One seeded mistake a finding, and none on sound disks.
#include <imgcompose/inspect/lint.hpp>

#include <imgcompose/board/boards.hpp>
#include <imgcompose/boot/boot_script.hpp>
#include <imgcompose/boot/extlinux.hpp>
#include <imgcompose/image/blob.hpp>

#include "made.hpp"
#include "tests/boot/sha256sum.hpp"
#include "tests/support/catch.hpp"

#include <cstring>
#include <functional>
#include <map>
#include <optional>

using namespace imgcompose;
namespace t = imgcompose_test;
using namespace imgcompose::literals;

namespace {

constexpr const char* its = R"(/dts-v1/;
/ { description = "U-Boot"; #address-cells = <1>;
    images {
        u-boot { description = "U-Boot"; type = "firmware"; arch = "arm64"; os = "u-boot"; compression = "none"; load = <0x200000>;
                 data = /incbin/("spl"); hash { algo = "sha256"; }; };
        fdt-1 { description = "board"; type = "flat_dt"; compression = "none"; data = /incbin/("tpl"); };
    };
    configurations { default = "conf-1"; conf-1 { description = "rk3328-rock64"; firmware = "u-boot"; fdt = "fdt-1"; }; };
};)";

/// Real bootloader files, made once by mkimage: for the RK3328, and an idbloader of another SoC.
struct bootloaders {
    t::temp_dir dir;
    bool made = false;
    bootloaders() {
        t::write_file(dir / "tpl", std::string(4000, 't'));
        t::write_file(dir / "spl", std::string(50'000, 's'));
        t::write_file(dir / "x.its", its);
        const auto run = [&](const std::string& what) {
            return t::run("cd " + t::quoted(dir.path().string()) + " && " + what).status == 0;
        };
        made = t::have("mkimage") && run("mkimage -n rk3328 -T rksd -d tpl:spl idbloader.img") &&
               run("mkimage -n rk3568 -T rksd -d tpl:spl v2.img") && run("mkimage -f x.its -E u-boot.itb");
    }
    [[nodiscard]] image file(const std::string& name) const { return blob(dir / name); }
};

/// The header of a kernel for arm64, and some bytes.
std::string kernel_bytes(std::uint64_t memory = 20u << 20) {
    std::string k(8192, 'k');
    arm64_image_header h{};
    h.image_size = to_disk(memory);
    h.flags = to_disk(std::uint64_t{0xa});
    h.magic = {'A', 'R', 'M', 'd'};
    std::memcpy(k.data(), &h, sizeof h);
    return k;
}

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
    bool boot_first = true, extlinux = true;
    disk_table table = disk_table::gpt;
    std::vector<std::pair<offset, owned_bytes>> patches{}; ///< put over the finished disk
    bytes cut{};                                           ///< taken from its end
    lint_options how{.on = &rockchip::rock64};

    explicit parts(const bootloaders& b) {
        bootloader = {{"idbloader.img", b.file("idbloader.img")}, {"u-boot.itb", b.file("u-boot.itb")}};
        boot = {{"/Image", from_text(kernel_bytes())},
                {"/initrd", from_text("initrd")},
                {"/rockchip/rk3328-rock64.dtb", from_text("dtb")}};
        how.inspection.sha256 = &t::sha256_by_sha256sum;
    }

    [[nodiscard]] image disk() const {
        tree files;
        for (const auto& [path, content] : boot) files = std::move(files) | add(path, content);
        if (extlinux) files = std::move(files) | add("/extlinux/extlinux.conf", from_text(conf + append + "\n"));
        const tree root = tree{} | add("/etc/fstab", from_text(fstab)) | add("/sbin/init", from_text("init"));
        disk_plan plan = disk_plan{rockchip::rock64} | with_table(table) | seeded("lint");
        for (const auto& [name, content] : bootloader) plan = std::move(plan) | imgcompose::bootloader(name, content);
        if (bootloader.empty()) plan = std::move(plan) | without_bootloader();
        const auto add_boot = [&] {
            plan = std::move(plan) | partition("boot", 6_MiB, ext4(files, boot_options), boot_partition);
        };
        if (boot_first) add_boot();
        plan = std::move(plan) | partition("root", 4_MiB, ext4(root, {.label = "ROOT"}), root_partition);
        if (!boot_first) add_boot();
        const image whole = std::move(plan) | compose;
        image patched{whole.size() - cut};
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

std::string told(const std::vector<disk_finding>& findings) {
    std::string all;
    for (const disk_finding& f : findings) all += text::join(f.code, ": ", to_string(f), '\n');
    return all;
}

owned_bytes bytes_of(std::string_view s) {
    const auto raw = std::as_bytes(std::span{s});
    return {raw.begin(), raw.end()};
}

struct mistake {
    const char* what;
    const char* code;
    std::function<void(parts&)> make;
};

const std::vector<mistake>& mistakes() {
    static const std::vector<mistake> all{
        {"no idbloader", "bootloader-missing",
         [](parts& p) {
             p.bootloader.erase("idbloader.img");
             p.patches = {{offset{64_sectors}, bytes_of(std::string(4096, '\0'))}};
             p.bootloader["idbloader.img"] = from_text("x");
         }},
        {"no bootloader at all", "bootloader-missing", [](parts& p) { p.bootloader.clear(); }},
        {"an idbloader with a wrong magic", "bootloader-unknown",
         [](parts& p) {
             p.patches = {{offset{64_sectors}, bytes_of("this is no idbloader")}};
         }},
        {"a FIT with a wrong magic", "bootloader-unknown",
         [](parts& p) {
             p.patches = {{offset{sectors{16384}}, bytes_of("FIT?")}};
         }},
        {"an idbloader for another SoC", "bootloader-wrong-soc",
         [](parts& p) { p.bootloader.at("idbloader.img") = from_text("x"); }},
        {"an idbloader whose SPL was damaged", "artefact-damaged",
         [](parts& p) { p.bootloader.at("idbloader.img") = from_text("v2"); }},
        {"a FIT whose data was damaged", "artefact-damaged",
         [](parts& p) {
             p.patches = {{offset{sectors{16384 + 8}}, bytes_of("damage")}};
         }},
        {"a FIT cut off by the first partition", "overlap",
         [](parts& p) { p.bootloader.at("u-boot.itb") = from_text("long"); }},
        {"a partition over the bootloader", "partition-over-bootloader",
         [](parts& p) {
             p.boot_partition.at = offset{4_MiB};
             p.boot_partition.holds_firmware = true;
             p.bootloader.clear();
             p.how.without_bootloader = true;
         }},
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
        {"nothing to boot", "nothing-to-boot", [](parts& p) { p.extlinux = false; }},
        {"a kernel that is not there", "boot-file-missing", [](parts& p) { p.boot.erase("/Image"); }},
        {"an initrd that is not there", "boot-file-missing", [](parts& p) { p.boot.erase("/initrd"); }},
        {"a device tree that is not there", "boot-file-missing",
         [](parts& p) { p.boot.erase("/rockchip/rk3328-rock64.dtb"); }},
        {"an empty kernel", "boot-file-missing", [](parts& p) { p.boot.at("/Image") = from_text(""); }},
        {"a kernel for x86", "kernel-unfit",
         [](parts& p) {
             std::string k(8192, '\0');
             k.replace(0x1fe, 6,
                       std::string("\x55\xaa\xeb\x66"
                                   "Hd",
                                   6));
             k.replace(0x202, 4, "HdrS");
             k[0x206] = 15, k[0x207] = 2, k[0x236] = 1;
             p.boot.at("/Image") = from_text(k);
         }},
        {"a kernel that is a text", "kernel-unfit",
         [](parts& p) {
             p.boot.at("/Image") =
                 from_text("a text, and no kernel at all, of more than sixty-four bytes so that there is a header");
         }},
        {"a kernel too large for the RK3328's addresses", "kernel-too-large",
         [](parts& p) { p.boot.at("/Image") = from_text(kernel_bytes(70u << 20)); }},
        {"a device tree of another board", "dtb-of-another-board",
         [](parts& p) {
             p.boot["/rk3399-rockpro64.dtb"] = from_text("dtb");
             p.conf.replace(p.conf.find("/rockchip/rk3328-rock64.dtb"), 27, "/rk3399-rockpro64.dtb");
         }},
        {"root=LABEL of nobody", "root-not-found",
         [](parts& p) { p.append = "root=LABEL=ROOTFS console=ttyS2,1500000"; }},
        {"root=UUID of nobody", "root-not-found",
         [](parts& p) { p.append = "root=UUID=01234567-89ab-cdef-0123-456789abcdef"; }},
        {"root=PARTUUID of nobody", "root-not-found", [](parts& p) { p.append = "root=PARTUUID=01234567-02"; }},
        {"root=PARTLABEL of nobody", "root-not-found", [](parts& p) { p.append = "root=PARTLABEL=rootfs"; }},
        {"root= a partition that there is not", "root-not-found", [](parts& p) { p.append = "root=/dev/mmcblk1p3"; }},
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
        {"an EFI program that is none", "efi-program-damaged",
         [](parts& p) { p.boot["/EFI/BOOT/BOOTAA64.EFI"] = from_text("not one"); }},
        {"fstab waits for what is not there", "fstab-names-nothing",
         [](parts& p) { p.fstab += "LABEL=HOME /home ext4 defaults 0 2\n"; }},
        {"the backup GPT was cut off", "gpt-backup-damaged", [](parts& p) { p.cut = 512_KiB; }},
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
    };
    return all;
}

} // namespace

TEST_CASE("nothing is found on sound disks") {
    const bootloaders b;
    if (!b.made) {
        WARN("skipped: mkimage not found");
        return;
    }
    parts p{b};
    SECTION("with extlinux.conf") {}
    SECTION("in an MBR") { p.table = disk_table::mbr; }
    SECTION("with a boot script besides") { p.boot["/boot.scr"] = boot_script("echo hello\n"); }
    SECTION("by UUID of the partition") {
        const disk_report r = inspect(window{p.disk()});
        p.append = "root=PARTUUID=" + to_string(r.partition(2)->id);
    }
    SECTION("by the name of the partition") { p.append = "root=PARTLABEL=root console=tty1 console=ttyS2,1500000n8"; }
    SECTION("by a device") { p.append = "root=/dev/mmcblk0p2"; }
    SECTION("without a bootloader, where it is elsewhere") {
        p.bootloader.clear();
        p.how.without_bootloader = true;
    }
    SECTION("without a board") { p.how.on = nullptr; }
    CHECK(told(p.findings()) == "");
}

TEST_CASE("every mistake is found") {
    const bootloaders b;
    if (!b.made) {
        WARN("skipped: mkimage not found");
        return;
    }
    REQUIRE(mistakes().size() >= 30);
    for (const mistake& m : mistakes()) {
        parts p{b};
        m.make(p);
        // Stand-ins that a mistake asks for by a word.
        for (auto& [name, content] : p.bootloader) {
            const owned_bytes raw = content.size() < 16_B ? read_all(content) : owned_bytes{};
            const std::string word{reinterpret_cast<const char*>(raw.data()), raw.size()};
            if (word == "x") content = b.file("v2.img");
            if (word == "v2")
                content = b.file("v2.img"),
                p.patches = {{offset{64_sectors} + bytes{2048 + 4096 + 100}, bytes_of("damage")}};
            if (word == "long") {
                content = b.file("u-boot.itb");
                p.boot_partition.at = offset{sectors{16384 + 16}};
                p.boot_partition.holds_firmware = true;
                p.bootloader.clear();
                p.patches = {{offset{sectors{16384}}, bytes_of(t::read_file(b.dir / "u-boot.itb").substr(0, 8192))}};
                break;
            }
        }
        const auto findings = p.findings();
        INFO(m.what << " should be " << m.code << ":\n" << told(findings));
        CHECK(std::ranges::any_of(findings, [&](const disk_finding& f) { return f.code == m.code; }));
    }
}
