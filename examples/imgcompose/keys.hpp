// SPDX-License-Identifier: BSL-1.0
// Every key of a description, with its type and meaning: what is checked, and what docs/description.md tells.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace command {

enum class value_kind : std::uint8_t {
    text,     // "...", in which ${name} is replaced
    verbatim, // "...", left as it is
    size,     // "512MiB", "64s", or a number of bytes
    rule,     // a size, "min", "min+10%", "min+64MiB" or "rest"
    integer,
    number,
    boolean,
    texts,         // ["...", "..."]
    text_or_texts, // one, or a list of them
    table,
    tables,    // an array of tables
    variables, // a table of any keys with texts
};

struct key {
    std::string_view name{};
    value_kind kind = value_kind::text;
    bool required = false;
    std::string_view meaning{};
    std::span<const key> inside{}; // of table and tables
    std::string_view named_by{};   // of tables: which of their keys --set knows them by
};

namespace keys {
using enum value_kind;

inline constexpr std::array image{
    key{"board", text_or_texts, false, "The board, as `imgcompose boards` names it, or several that share the disk. Without one there is no bootloader."},
    key{"table", text, false, "`gpt`, `mbr`, `hybrid` or `none`. The board's if not given."},
    key{"size", rule, false, "Of the whole image: `min` (default), `min+SIZE`, or a size."},
    key{"sector_size", integer, false, "Of the medium: 512 (default) or 4096."},
    key{"alignment", size, false, "Partitions begin at multiples of it: `1MiB` by default; `4MiB` suits many cards."},
    key{"seed", text, false, "Words from which every identifier is derived that is not given."},
    key{"epoch", integer, false, "Time of what has none of its own, in seconds since 1970. $SOURCE_DATE_EPOCH or 0 if not given."},
    key{"disk_uuid", text, false, "The GUID of a GPT disk. Derived if not given."},
    key{"disk_signature", integer, false, "The 32-bit signature of an MBR disk. Derived if not given."},
    key{"without_bootloader", boolean, false, "The board has its bootloader elsewhere, such as in SPI flash."},
    key{"bootloader_in", text, false, "`disk` (default), or another medium, which gets an image of its own beside a disk without: `spi`, DISK.spi.img, or `emmc-boot`, DISK.boot0.img."},
    key{"spi_size", size, false, "Of the SPI flash: its image fills it. As small as can be if not given, as U-Boot's build makes it."},
    key{"emmc_boot_size", size, false, "Of a boot partition of the eMMC: its image fills it. As small as can be if not given."},
    key{"parameter", text, false, "A Rockchip parameter.txt whose partitions the disk has; `[[partition]]` then says what those of the same name hold."},
    key{"gpt_entries", integer, false, "How many partitions a GPT has room for. The board's if not given: 128, or fewer."},
    key{"gpt_entry_array", integer, false, "The sector where the entries of the first GPT begin: 2 (default) or later."},
};
inline constexpr std::array made{
    key{"type", text, true, "`idbloader`, `u-boot-itb`, `uboot-img`, `trust-img`, `android-boot`, `environment`, `uimage` or `fit`."},
    key{"soc", text, false, "idbloader, u-boot-itb, uboot-img, trust-img: as `mkimage -n` has it. The board's if not given."},
    key{"tpl", text, false, "idbloader: the first stage, U-Boot's u-boot-tpl.bin or Rockchip's DDR binary."},
    key{"spl", text, false, "idbloader: u-boot-spl.bin; none if not given."},
    key{"spread", boolean, false, "idbloader: as `mkimage -T rkspi` makes it. `bootloader_in = \"spi\"` sees to that by itself."},
    key{"u_boot", text, false, "u-boot-itb: u-boot-nodtb.bin. uboot-img: u-boot.bin."},
    key{"bl31", text, false, "u-boot-itb: bl31.elf. trust-img: bl31.elf, or a plain file."},
    key{"bl31_address", integer, false, "trust-img: where a plain file is loaded to; an ELF file says it itself."},
    key{"tee", text, false, "u-boot-itb: tee.elf; none if not given. trust-img: tee.elf, or a plain file."},
    key{"tee_address", integer, false, "trust-img: as for `bl31_address`."},
    key{"dtbs", texts, false, "u-boot-itb: U-Boot's device trees. fit: the kernel's. Each makes a configuration of the file's name."},
    key{"kernel", text, false, "android-boot, fit: the kernel."},
    key{"ramdisk", text, false, "android-boot, fit: the initial ramdisk."},
    key{"second", text, false, "android-boot: Rockchip's resource image."},
    key{"recovery_dtbo", text, false, "android-boot: overlays for recovery."},
    key{"dtb", text, false, "android-boot: the device tree."},
    key{"cmdline", text, false, "android-boot: the kernel's command line."},
    key{"file", text, false, "environment: the text that mkenvimage reads. uimage: what it holds."},
    key{"text", verbatim, false, "environment: that text itself; `${name}` is U-Boot's in it."},
    key{"size", size, false, "environment: of one copy, CONFIG_ENV_SIZE."},
    key{"redundant", boolean, false, "environment: two copies, of which U-Boot takes the first."},
    key{"copy", text, false, "environment: `both` (default), one behind the other, `first` or `second`."},
    key{"name", text, false, "android-boot: of the board. uimage, fit: what U-Boot calls it."},
    key{"content", text, false, "uimage: `kernel` (default), `ramdisk`, `script`, `firmware` ..., as for `mkimage -T`."},
    key{"arch", text, false, "uimage, fit: `arm64` (default), `arm`, `riscv` ..., as for `mkimage -A`."},
    key{"os", text, false, "uimage: `linux` (default), `u-boot`, `opensbi` ..., as for `mkimage -O`."},
    key{"compression", text, false, "uimage, fit: of the file as it is, `none` (default), `gzip`, `lz4` ..."},
    key{"load_address", integer, false, "u-boot-itb: CONFIG_TEXT_BASE. uboot-img: `0x200000` if not given. uimage, fit: of the kernel."},
    key{"entry_address", integer, false, "uimage, fit: where execution starts; `load_address` if not given."},
    key{"hashes", texts, false, "u-boot-itb, fit: of each image, `sha256` or `crc32`. u-boot-itb has none if not given."},
    key{"align", size, false, "u-boot-itb: of the images in it, `4` (default) or a multiple."},
    key{"external_data", boolean, false, "fit: the images lie behind the tree, as after `mkimage -E`."},
    key{"version", integer, false, "uboot-img: for rollback protection. android-boot: of the header, 0 to 2; by content if not given."},
    key{"page_size", size, false, "android-boot: 2048 if not given."},
    key{"copies", integer, false, "uboot-img: 4 if not given. trust-img: 2."},
    key{"copy_size", size, false, "uboot-img: `1MiB` if not given. trust-img: `2MiB`. Multiples of `64KiB`."},
};
inline constexpr std::array bootloader{
    key{"name", text, true, "Which of the board's bootloader files it is; the board knows its place."},
    key{"file", text, false, "The file; `name` if neither this nor `made` is given."},
    key{"made", table, false, "What is made of other files instead.", made},
    key{"skip", size, false, "Bytes at the start of the file that are left out."},
    key{"max", size, false, "It is an error if the file has more."},
};
inline constexpr std::array raw{
    key{"name", text, true, "For messages and plans."},
    key{"file", text, false, "The file whose bytes go there. This or `made` is needed."},
    key{"made", table, false, "What is made of other files instead. As for a bootloader.", made},
    key{"sector", integer, false, "Where, in sectors of 512 bytes. This or `offset` is needed."},
    key{"offset", size, false, "Where, from the start of the disk."},
    key{"skip", size, false, "Bytes at the start of the file that are left out."},
    key{"max", size, false, "It is an error if the file has more."},
};
inline constexpr std::array filesystem{
    key{"type", text, true, "`ext4`, `fat`, or `raw` for the bytes of `file` or `made`."},
    key{"file", text, false, "raw: the file."},
    key{"made", table, false, "raw: what is made of other files. As for a bootloader.", made},
    key{"label", text, false, "ext4: at most 16 bytes. FAT: at most 11 characters."},
    key{"uuid", text, false, "ext4: a UUID. FAT: eight hexadecimal digits, with or without a hyphen. Derived if not given."},
    key{"readable_by", text, false, "Who must be able to read it: `linux` (default), `u-boot`, `u-boot-2017`."},
    key{"journal", text, false, "ext4: `auto` (default, as mke2fs), `none`, or a size."},
    key{"reserved_percent", number, false, "ext4: blocks that only root may use; 5 by default."},
    key{"inodes", integer, false, "ext4: how many there are."},
    key{"bytes_per_inode", size, false, "ext4: one inode for so much space; `16KiB` by default."},
    key{"block_size", size, false, "ext4: `1KiB`, `2KiB` or `4KiB` (default)."},
    key{"inode_size", integer, false, "ext4: bytes; 256 by default."},
    key{"grows_to", size, false, "ext4: resize2fs can later grow it online up to this size; it then has as many inodes as others of that size."},
    key{"features", texts, false, "ext4: as mke2fs -O has them: `[\"^metadata_csum\", \"large_dir\"]`."},
    key{"mount_options", text, false, "ext4: default mount options in the superblock, such as `noatime`."},
    key{"cluster_size", size, false, "FAT: chosen by size if not given."},
    key{"fat_bits", integer, false, "FAT: 12, 16 or 32; chosen by size if not given."},
    key{"symlinks", text, false, "FAT: `refuse` (default), `follow` or `skip` them."},
};
inline constexpr std::array tree{
    key{"directory", text, false, "Adds all that is in this directory, below `to` if given. What came before gives way."},
    key{"archive", text, false, "Adds all that is in this tar, cpio or zip, packed or not, as `directory` does."},
    key{"file", text, false, "Adds a file at `to`."},
    key{"made", table, false, "Adds a file at `to` that is made of others. As for a bootloader.", made},
    key{"text", text, false, "Adds a file with these bytes at `to`."},
    key{"symlink", text, false, "Adds a symbolic link with this target at `to`."},
    key{"mkdir", text, false, "Adds a directory, with those above it."},
    key{"exclude", text, false, "Leaves out what this pattern matches, with all below it."},
    key{"prefix", text, false, "Moves all so far below this directory."},
    key{"clamp_mtime", integer, false, "Makes no time later than this, in seconds since 1970."},
    key{"owner", text, false, "`UID:GID` of what the same step adds; alone: of all so far."},
    key{"mode", text, false, "Octal permissions of what the same step adds, such as `0644`."},
    key{"to", text, false, "The absolute path in the filesystem that the step adds."},
    key{"replace", boolean, false, "What is at `to` already gives way; otherwise that is an error."},
};
inline constexpr std::array partition{
    key{"name", text, true, "Also in a GPT; no two have the same."},
    key{"size", rule, false, "A size, `min`, `min+10%`, `min+64MiB`, or `rest` (default) of the disk."},
    key{"start", size, false, "Where it begins, such as `32768s`; as early as possible if not given."},
    key{"type", text, false, "GPT: a type by name, such as `linux_root_arm64` or `esp`, or a UUID. By content if not given."},
    key{"mbr_type", text, false, "MBR: a type by name or number, such as `0x0c`. By content if not given."},
    key{"bootable", boolean, false, "U-Boot looks for boot files here. If no partition says so, it is the one named `boot`."},
    key{"attributes", texts, false, "GPT: `required`, `read_only`, `grow_filesystem`, `hidden`, `no_auto`, `chromeos_priority=10` ..."},
    key{"uuid", text, false, "Its GUID in a GPT. Derived if not given."},
    key{"hybrid", boolean, false, "Also in the MBR of a hybrid table."},
    key{"holds_firmware", boolean, false, "May begin before the board's first sector for partitions."},
    key{"filesystem", table, false, "What it holds; nothing if not given.", filesystem},
    key{"tree", tables, false, "The steps that make the filesystem's tree, in this order.", tree},
};
inline constexpr std::array extlinux_entry{
    key{"label", text, true, "The name of the entry."},
    key{"menu_label", text, false, "What the menu shows; the label if not given."},
    key{"kernel", text, true, "Path of the kernel in the same filesystem."},
    key{"initrd", text, false, "Path of the initial ramdisk."},
    key{"fdt", text, false, "Path of the device tree; U-Boot's own if neither this nor `fdtdir` is given."},
    key{"fdtdir", text, false, "Where U-Boot looks for the device tree of its board."},
    key{"fdtoverlays", texts, false, "Paths of overlays, applied in this order."},
    key{"append", text, false, "The kernel's command line."},
};
inline constexpr std::array extlinux{
    key{"into", text, true, "The name of the partition that gets the file."},
    key{"enabled", boolean, false, "false: as if this table were not there."},
    key{"path", text, false, "`/extlinux/extlinux.conf` if not given."},
    key{"timeout", number, false, "Seconds that a menu is shown; 0 (default): none is, -1: until somebody chooses."},
    key{"default", text, false, "Label of the entry to boot; the first if not given."},
    key{"title", text, false, "Above the menu."},
    key{"entry", tables, true, "What can be booted, in the order of the menu.", extlinux_entry, "label"},
};
inline constexpr std::array nixos_generation{
    key{"number", integer, true, "Of the generation, by which the menu is in order."},
    key{"toplevel", text, false, "Its system in the tree, or a link to it; `/nix/var/nix/profiles/system-NUMBER-link` if not given."},
    key{"date", text, false, "What the menu tells of when it was made, such as `2026-11-21 03:19`; `image.epoch` if not given."},
};
inline constexpr std::array nixos{
    key{"into", text, true, "The name of the partition that gets /boot: extlinux.conf, and kernels, initrds and device trees in `nixos/`."},
    key{"enabled", boolean, false, "false: as if this table were not there."},
    key{"store", text, false, "The name of the partition whose tree has /nix/store; `into` if not given."},
    key{"boot", text, false, "Where /boot is in `into`: its root if the store is in another partition, else `/boot`."},
    key{"default", text, false, "The system to boot, by its path; `/nix/var/nix/profiles/system`, or the newest generation, if not given."},
    key{"timeout", integer, false, "As boot.loader.timeout, in seconds: 5 if not given, -1: until somebody chooses."},
    key{"limit", integer, false, "At most so many generations in the menu: 20 if not given."},
    key{"dtb_name", text, false, "As hardware.deviceTree.name: this device tree instead of the folder of them."},
    key{"device_trees", boolean, false, "false: U-Boot's own is used."},
    key{"copied", boolean, false, "false: the files of the store itself are booted, as on a system whose store and /boot are one filesystem. The default where they are."},
    key{"generation", tables, false, "The generations of the menu; all in /nix/var/nix/profiles if none is given.", nixos_generation, "number"},
};
inline constexpr std::array boot_script{
    key{"into", text, true, "The name of the partition that gets the file."},
    key{"enabled", boolean, false, "false: as if this table were not there."},
    key{"path", text, false, "`/boot.scr` if not given."},
    key{"name", text, false, "What U-Boot calls it; at most 32 bytes."},
    key{"kernel", text, false, "As in `extlinux.entry`; that of the entry to boot there if not given. So the next three."},
    key{"initrd", text, false, "Path of the initial ramdisk."},
    key{"fdt", text, false, "Path of the device tree."},
    key{"append", text, false, "The kernel's command line."},
    key{"commands", verbatim, false, "A script of your own instead of the four above; `${name}` is U-Boot's in it."},
};
inline constexpr std::array loader_entry{
    key{"name", text, true, "The name of its file in `loader/entries`, without `.conf`."},
    key{"title", text, false, "What the menu shows; the name if not given."},
    key{"version", text, false, "Shown too, and what entries of the same title are sorted by."},
    key{"kernel", text, true, "Path of the kernel in the same filesystem; it needs an EFI stub, as distributions' have."},
    key{"initrd", text, false, "Path of the initial ramdisk."},
    key{"fdt", text, false, "Path of the device tree; the firmware's own if not given."},
    key{"append", text, false, "The kernel's command line."},
};
inline constexpr std::array loader{
    key{"into", text, true, "The name of the partition that gets the files: the EFI system partition."},
    key{"enabled", boolean, false, "false: as if this table were not there."},
    key{"timeout", integer, false, "Seconds that the menu is shown; it is not if not given."},
    key{"default", text, false, "Name of the entry to boot; the first if not given."},
    key{"entry", tables, true, "What can be booted.", loader_entry, "name"},
};
inline constexpr std::array description{
    key{"extends", verbatim, false, "Another description, relative to this one: what it has and this one has not is taken from "
                                    "there, key by key; lists as a whole."},
    key{"variables", variables, false, "Texts for `${name}` in other values; `--set name=value` changes them."},
    key{"image", table, false, "The image as a whole.", image},
    key{"bootloader", tables, false, "The files that start the board. All that it needs if not given.", bootloader, "name"},
    key{"raw", tables, false, "Other files at fixed places.", raw, "name"},
    key{"partition", tables, false, "The partitions, in the order of the disk.", partition, "name"},
    key{"extlinux", table, false, "An extlinux.conf that U-Boot boots by.", extlinux},
    key{"nixos", table, false, "The generations of a NixOS system as NixOS itself would list them.", nixos},
    key{"boot_script", table, false, "A boot.scr that U-Boot boots by.", boot_script},
    key{"loader", table, false, "`loader.conf` and `loader/entries` that systemd-boot, or U-Boot's and other readers of them, boot by.", loader},
};

} // namespace keys
} // namespace command
