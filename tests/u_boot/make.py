# SPDX-License-Identifier: BSL-1.0
"""What U-Boot must read of ext4 and FAT: make.py ext4|fat DIR"""
import os
import random
import sys


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("ext4", "fat"):
        sys.exit(__doc__)
    top, numbers = sys.argv[2], random.Random(3)
    for size in (0, 1, 5, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 65535, 65536, 65537, 3_000_001):
        write(f"{top}/size-{size}", numbers.randbytes(size))
    write(f"{top}/large", numbers.randbytes(40 << 20))
    # A directory of some blocks; the reader goes through it once a file, so only some are asked for.
    for i in range(400):
        write(f"{top}/directory/{'named' if i % 40 == 0 else 'named~'}-{i}-{'n' * (i % 90)}.txt", b"%d" % i)
    for length in (1, 8, 12, 13, 14, 26, 27, 60, 117, 118, 200, 250):
        write(f"{top}/names/{'a' * (length - 1)}{length % 10}", b"%d" % length)
    write(f"{top}/names/Mixed Case, and blanks.Conf", b"mixed")
    write(f"{top}/{'/'.join('d%d' % i for i in range(14))}/deep", b"deep")
    write(f"{top}/extlinux/extlinux.conf", b"TIMEOUT 10\n")
    if sys.argv[1] == "fat":
        return
    with open(f"{top}/two-thousand-extents", "wb") as file:
        for i in range(2000):
            file.seek(i * 8192)
            file.write(b"%4095d\n" % i)
    with open(f"{top}/holes", "wb") as file:
        file.seek(1 << 20)
        file.write(b"in the middle")
        file.truncate(3 << 20)
    os.symlink("size-513", f"{top}/relative")
    os.symlink("/size-4097", f"{top}/absolute")
    os.symlink("../" * 3 + "size-1", f"{top}/d0/d1/d2/upwards")
    os.makedirs(f"{top}/elsewhere")
    os.symlink("/" + "/".join(f"d{i}" for i in range(14)), f"{top}/elsewhere/folder")
    os.symlink("../names/" + "a" * 249 + "0", f"{top}/elsewhere/long-target")
    os.link(f"{top}/size-65537", f"{top}/elsewhere/hard-link")
    for i in range(7):
        os.symlink(f"chain-{i + 1}" if i < 6 else "size-5", f"{top}/chain-{i}")
    for i in range(3):
        try:
            os.setxattr(f"{top}/size-5", f"user.n{i}", b"v" * 300)
        except OSError as error:
            print(f"skipped: attributes: {error.strerror}")


if __name__ == "__main__":
    main()
