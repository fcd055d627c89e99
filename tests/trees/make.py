# SPDX-License-Identifier: BSL-1.0
"""Trees that a filesystem writer may get wrong.

make.py everything DIR   one of each thing that ext4 can hold, as far as this user and filesystem can make it
make.py many DIR         100,000 small files, one directory of 20,000 names and one of 70,000 directories
make.py empty DIR        nothing

What could not be made is said in a line that begins with "skipped: ".
"""
import errno
import os
import random
import stat
import struct
import sys

NOT_HERE = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSPC, errno.E2BIG, errno.ERANGE, errno.EINVAL, errno.EFBIG)


def write(path, content=b""):
    with open(path, "wb") as file:
        file.write(content)
    return path


def attempt(what, action, *arguments):
    """Makes what some users or filesystems cannot have; says so if they cannot."""
    try:
        return action(*arguments)
    except OSError as error:
        if error.errno not in NOT_HERE:
            raise
        print(f"skipped: {what}: {error.strerror}")
        return None


def acl(*entries):
    """An access control list as Linux hands it over: version 2, then tag, permissions and id of each entry."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)


NO_ID = 0xFFFFFFFF
USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32


def names(top):
    os.makedirs(top)
    for length in (1, 2, 254, 255):
        write(os.path.join(top, b"n" * length), b"named %d" % length)
    for name in (b"\xff\xfe\x80", b"caf\xc3\xa9", b"caf\xe9", "\u4e2d\u6587-\U0001f600".encode(), b" ", b"a b", b"new\nline", b"tab\t", b"-", b"\\", b"\x01\x7f",
                 b'"', b"'"):
        write(os.path.join(top, name), name)
    deep = top
    for i in range(15):
        deep = os.path.join(deep, b"%02d-" % i + b"d" * 200)
        os.mkdir(deep)
        write(os.path.join(deep, b"f"), b"%d" % i)


def sizes(top):
    os.makedirs(top)
    for size in (0, 1, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 65535, 65536, 65537, 262143, 262144, 262145, 1048575, 1048576, 1048577, 5 << 20):
        write(os.path.join(top, b"%d" % size), random.Random(size).randbytes(size))


def holes(top):
    os.makedirs(top)
    with open(os.path.join(top, b"two-thousand-extents"), "wb") as file:
        for i in range(2000):
            file.seek(i * 8192)
            file.write(b"%4095d\n" % i)
    with open(os.path.join(top, b"begins-with-a-hole"), "wb") as file:
        file.seek(1 << 20)
        file.write(b"data")
    with open(os.path.join(top, b"ends-with-a-hole"), "wb") as file:
        file.write(b"data")
        file.truncate(5 << 20)
    with open(os.path.join(top, b"only-a-hole"), "wb") as file:
        file.truncate(123456789)

    def tebibyte():
        with open(os.path.join(top, b"tebibyte"), "wb") as file:
            file.truncate(1 << 40)
            file.seek(1 << 39)
            file.write(b"in the middle")
    attempt("a sparse file of 1 TiB", tebibyte)


def links(top):
    os.makedirs(os.path.join(top, b"elsewhere"))
    first = write(os.path.join(top, b"first"), b"of many names")
    for i in range(300):
        os.link(first, os.path.join(top, b"elsewhere", b"name-%d" % i))
    for length in (1, 58, 59, 60, 61, 255, 1023):
        link(top, length)
    os.symlink(b"\xff\xfe", os.path.join(top, b"to-bytes"))


def link(top, length):
    os.symlink(b"/".join([b"t" * 200] * 21)[:length], os.path.join(top, b"to-%d" % length))


def long_links(top):
    """A link takes one block: these need blocks of 4 KiB."""
    os.makedirs(top)
    for length in (1024, 2048, 4094):
        link(top, length)


def modes(top):
    os.makedirs(top)
    for mode in (0o4755, 0o2755, 0o6711, 0o1777, 0o0, 0o7777, 0o444):
        path = write(os.path.join(top, b"mode-%o" % mode), b"m")
        os.chmod(path, mode)
    os.mkdir(os.path.join(top, b"sticky"))
    os.chmod(os.path.join(top, b"sticky"), 0o1777)
    for uid, gid in ((1000, 100), (65535, 65536), (70000, 4000000000), (4294967294, 4294967294)):
        path = write(os.path.join(top, b"owner-%d-%d" % (uid, gid)), b"o")
        attempt("owners", os.chown, path, uid, gid)


def devices(top):
    os.makedirs(top)
    os.mkfifo(os.path.join(top, b"fifo"))
    for name, kind, major, minor in ((b"null", stat.S_IFCHR, 1, 3), (b"sda", stat.S_IFBLK, 8, 0), (b"large", stat.S_IFBLK, 259, 100000), (b"zero", stat.S_IFCHR, 0, 0),
                                     (b"most", stat.S_IFCHR, 4095, 1048575)):
        attempt("devices", os.mknod, os.path.join(top, name), 0o600 | kind, os.makedev(major, minor))
    attempt("a socket", os.mknod, os.path.join(top, b"socket"), 0o644 | stat.S_IFSOCK)


def times(top):
    os.makedirs(top)
    # The first and the last second that ext4 can hold, and both sides of what 32 bits can. From 2310-04-04 to 2378-04-22
    # e2fsck takes any time for one before 1970 that an old kernel wrote.
    for second in (-(1 << 31), -1, 0, 1, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (5 << 31) - 1, 3 << 32, (1 << 34) - (1 << 31) - 1):
        for nanosecond in (0, 1, 999999999):
            path = write(os.path.join(top, b"at-%d-%d" % (second, nanosecond)), b"t")
            os.utime(path, ns=(0, second * 1000000000 + nanosecond))
            if os.stat(path).st_mtime_ns != second * 1000000000 + nanosecond:
                print(f"skipped: times: this filesystem has no {second}")
    os.mkdir(os.path.join(top, b"directory"))
    os.utime(os.path.join(top, b"directory"), ns=(0, 4000000000123456789))
    os.symlink(b"nowhere", os.path.join(top, b"link"))
    os.utime(os.path.join(top, b"link"), ns=(0, 987654321), follow_symlinks=False)


def attributes(top):
    os.makedirs(top)
    for size in (0, 1, 3, 4, 90, 100, 200, 1000, 3000):
        path = write(os.path.join(top, b"one-of-%d" % size), b"a")
        attempt("attributes", os.setxattr, path, b"user.value", b"v" * size)
    for count in (2, 5, 20):
        path = write(os.path.join(top, b"%d" % count), b"a")
        for i in range(count):
            attempt("attributes", os.setxattr, path, b"user.number-%d" % (i * 7 % count), b"%d" % i * i)
    for total in (5000, 20000, 60000):
        path = write(os.path.join(top, b"total-%d" % total), b"a")
        # One value in an inode of its own, and a few beside it.
        attempt(f"attributes of {total} bytes", os.setxattr, path, b"user.large", random.Random(total).randbytes(total - 1000))
        for i in range(3):
            attempt("attributes", os.setxattr, path, b"user.small-%d" % i, b"s" * 300)
    for i in range(1500):  # more than 1024 inodes may share a block of them
        path = write(os.path.join(top, b"shared-%d" % i), b"a")
        attempt("attributes", os.setxattr, path, b"user.shared", b"s" * 300)
    attempt("trusted attributes", os.setxattr, write(os.path.join(top, b"trusted")), b"trusted.overlay.opaque", b"y")
    # cap_net_raw, version 2.
    attempt("capabilities", os.setxattr, write(os.path.join(top, b"capable")), b"security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
    full = acl((USER_OBJ, 6, NO_ID), (USER, 7, 1000), (USER, 4, 4000000), (GROUP_OBJ, 4, NO_ID), (GROUP, 5, 50), (MASK, 7, NO_ID), (OTHER, 4, NO_ID))
    attempt("access control lists", os.setxattr, write(os.path.join(top, b"listed")), b"system.posix_acl_access", full)
    os.mkdir(os.path.join(top, b"listed-directory"))
    for name in (b"system.posix_acl_access", b"system.posix_acl_default"):
        attempt("access control lists", os.setxattr, os.path.join(top, b"listed-directory"), name, full)
    attempt("attributes of a directory", os.setxattr, os.path.join(top, b"listed-directory"), b"user.d", b"d" * 500)


def everything(top):
    for part in (names, sizes, holes, links, long_links, modes, devices, times, attributes):
        part(os.path.join(top, part.__name__.encode()))


def many(top):
    numbers = random.Random(7)
    os.makedirs(os.path.join(top, b"largest"))
    for i in range(20_000):
        write(os.path.join(top, b"largest", b"file-%05d" % i), b"%d" % i * int(numbers.expovariate(1 / 300)))
    os.makedirs(os.path.join(top, b"subdirectories"))
    for i in range(70_000):
        os.mkdir(os.path.join(top, b"subdirectories", b"%d" % i))
    for i in range(80_000):
        folder = os.path.join(top, b"store-%05d" % (i // 40), b"lib")
        if i % 40 == 0:
            os.makedirs(folder)
        write(os.path.join(folder, b"file-%d" % (i % 40)), b"%d" % i * int(numbers.expovariate(1 / 300)))


def main():
    kinds = {"everything": everything, "many": many, "empty": lambda top: None}
    if len(sys.argv) != 3 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    top = os.fsencode(sys.argv[2])
    os.makedirs(top)
    kinds[sys.argv[1]](top)


if __name__ == "__main__":
    main()
