# SPDX-License-Identifier: BSL-1.0
"""Trees of the shapes that matter, made without anything from outside; the same bytes on every machine.

workloads.py small DIR [FILES [LARGEST_DIRECTORY]]   small files as a Nix store has them
workloads.py large DIR [MIB]                         a few large files, half of them with holes
workloads.py boot DIR                                a kernel, an initrd and device trees
workloads.py flat DIR FILES                          files of 100 bytes, a hundred in a directory
"""
import os
import random
import sys


def write(path, size, byte=b"x"):
    with open(path, "wb") as file:
        file.write((os.path.basename(path).encode() + byte * size)[:size])


def small(top, files=92_000, largest=20_000):
    numbers = random.Random(7)
    os.makedirs(os.path.join(top, "largest"))
    for i in range(largest):
        write(os.path.join(top, "largest", f"file-{i:05}"), int(numbers.expovariate(1 / 2500)))
    for i in range(max(files - largest, 0)):
        folder = os.path.join(top, f"store-{i // 40:05}", "share" if i % 40 < 20 else "lib")
        os.makedirs(folder, exist_ok=True)
        write(os.path.join(folder, f"file-{i % 40}"), int(numbers.expovariate(1 / 3800)))


def large(top, mib=4096):
    os.makedirs(top)
    for i in range(8):
        size = mib // 8 << 20
        with open(os.path.join(top, f"large-{i}"), "wb") as file:
            for at in range(0, size, 16 << 20):
                file.seek(at)
                # Every second file has a hole behind each 8 MiB of data.
                file.write(random.Random(i).randbytes(1 << 20) * (8 if i % 2 else 16))
            file.truncate(size)


def boot(top):
    os.makedirs(os.path.join(top, "dtbs", "rockchip"))
    write(os.path.join(top, "Image"), 32 << 20)
    write(os.path.join(top, "initrd"), 50 << 20)
    for i in range(120):
        write(os.path.join(top, "dtbs", "rockchip", f"rk{i:04}-board.dtb"), 60_000)


def flat(top, files):
    for i in range(files):
        if i % 100 == 0:
            folder = os.path.join(top, f"{i // 10_000:03}", f"{i // 100 % 100:02}")
            os.makedirs(folder)
        write(os.path.join(folder, f"file-{i:07}"), 100)


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("small", "large", "boot", "flat"):
        sys.exit(__doc__)
    globals()[sys.argv[1]](sys.argv[2], *map(int, sys.argv[3:]))
