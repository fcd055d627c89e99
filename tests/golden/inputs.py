# SPDX-License-Identifier: BSL-1.0
"""Fixed inputs for all shipped descriptions: made bytes of the size that real files have, at fixed times.

imgcompose boards --json | inputs.py forwards|backwards DIR

The order in which files are made is the order in which some filesystems list them.
"""
import json
import os
import struct
import sys

TIME = 1_000_000_000


def made(size, start):
    block = bytes((i * 31 + start) % 256 for i in range(4096))
    return (block * (size // 4096 + 1))[:size]


def kernel(size):
    """An arm64 Image: Documentation/arch/arm64/booting.rst."""
    return struct.pack("<IIQQQQQQ4sI", 0x91005A4D, 0x14000010, 0, size + 65536, 0xA, 0, 0, 0, b"ARM\x64", 0) + made(size - 64, 1)


def device_tree(name):
    """A flattened device tree with a model: devicetree.org, chapter 5."""
    model = name.encode() + b"\0"
    model += bytes(-len(model) % 4)
    structure = struct.pack(">IIIII", 1, 0, 3, len(name) + 1, 0) + model + struct.pack(">II", 2, 9)
    strings = b"model\0"
    at = 40 + 16
    return (struct.pack(">10I", 0xD00DFEED, at + len(structure) + len(strings), at, at + len(structure), 40, 17, 16, 0, len(strings), len(structure))
            + bytes(16) + structure + strings)


def files():
    sizes = {"u-boot-sunxi-with-spl.bin": 860_000, "flash.bin": 1_500_000, "u-boot.bin.sd.bin": 1_200_000, "u-boot-spl.bin.normal.out": 150_000, "kpart": 20_000_000,
             "idbloader.img": 204_800, "u-boot.itb": 1_431_552, "uboot.img": 4 << 20, "trust.img": 4 << 20, "boot.img": 20_000_000, "initrd": 3_000_001,
             "firmware/start4.elf": 2_256_800, "firmware/bootcode.bin": 52_476, "esp/EFI/BOOT/BOOTAA64.EFI": 100_000, "esp/EFI/BOOT/BOOTX64.EFI": 100_000,
             "esp/EFI/BOOT/BOOTRISCV64.EFI": 100_000}
    for number, (name, size) in enumerate(sizes.items()):
        yield name, made(size, number)
    yield "Image", kernel(5_000_000)
    yield "firmware/config.txt", b"arm_64bit=1\n"
    yield "rootfs/etc/hostname", b"golden\n"
    yield "rootfs/etc/fstab", b""
    for i in range(700):
        yield f"rootfs/usr/share/many/file-{i * 37 % 700}", made(i * 11, i)
        yield f"rootfs/usr/share/caf\u00e9-{i}/f", b"%d" % i
    for name in sorted({board["dtb"] for board in json.load(sys.stdin)} - {""}):
        yield f"dtbs/{name}", device_tree(name)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("forwards", "backwards"):
        sys.exit(__doc__)
    top = sys.argv[2]
    everything = sorted(files())
    for name, content in everything if sys.argv[1] == "forwards" else reversed(everything):
        path = os.path.join(top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    os.symlink("etc/hostname", os.path.join(top, "rootfs/link"))
    os.link(os.path.join(top, "rootfs/etc/hostname"), os.path.join(top, "rootfs/usr/hard-link"))
    for folder, folders, names in os.walk(top, topdown=False):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                os.chmod(path, 0o644)
            os.utime(path, (TIME, TIME), follow_symlinks=False)
        os.chmod(folder, 0o755)
        os.utime(folder, (TIME, TIME))


if __name__ == "__main__":
    main()
