# SPDX-License-Identifier: BSL-1.0
"""The programs that are compared: command lines, as a shell runs them, by name."""
import os
import shutil

import workloads

MIB = 1048576


class Tree:
    """A tree, and what a program needs to be told of it."""

    def __init__(self, name, path):
        self.name, self.path = name, path
        self.names = self.space = 0
        for folder, folders, files in os.walk(path):
            self.names += len(folders) + len(files)
            for f in files:
                s = os.lstat(os.path.join(folder, f))
                self.space += s.st_blocks * 512 if s.st_nlink == 1 else 0
        self.mib = self.space // MIB * 5 // 4 + self.names * 3 // 1000 + 192

    @property
    def inodes(self):
        return self.names + 1000


def found(*programs):
    return all(shutil.which(p) for p in programs)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def limits(a, tree, out):
    """The program that only walks, reads and writes. On a disk, in each of its ways; the least is the limit."""
    if not a.sync:
        return {f"limit({n})": f"'{a.limit}' '{tree}' '{out}' {n}" for n in (1, 2)}
    return {f"limit({n}), {way}": f"'{a.limit}' '{tree}' '{out}' {n} {way}" for n in (1, 2) for way in ("sync", "sync-allocated", "sync-direct")}


def for_tree(a, tree, out, work):
    """An ext4 filesystem, or what comes near it, of a tree. Where a program does not wait for the disk, sync does."""
    sync = f" && sync '{out}'" if a.sync else ""
    ours = f"'{a.command}' mkfs ext4 -q --from '{tree.path}' -o '{out}'" + (" --fsync" if a.sync else "")
    make = limits(a, tree.path, out)
    make["imgcompose --jobs 1"] = ours + " --jobs 1"
    make["imgcompose"] = ours
    make["tar cf"] = f"tar -C '{tree.path}' -cf '{out}' .{sync}"
    make["cp -a"] = f"cp -a '{tree.path}' '{out}'" + (f" && sync -f '{out}'" if a.sync else "")
    if found("make_ext4fs"):
        make["make_ext4fs"] = f"make_ext4fs -l {tree.mib}M -i {tree.inodes} '{out}' '{tree.path}'{sync}"
    if found("tar2ext4"):
        make["tar, tar2ext4"] = f"tar -C '{tree.path}' --numeric-owner -cf '{work}/tar' . && tar2ext4 -i '{work}/tar' -o '{out}'{sync}; s=$?; rm -f '{work}/tar'; exit $s"
    if found("systemd-repart"):
        definitions = os.path.join(work, "repart.d")
        os.makedirs(definitions, exist_ok=True)
        # It cannot set a number of inodes: there is one for 16 KiB.
        mib = max(tree.mib, tree.inodes // 64 + 64)
        write(os.path.join(definitions, "10-root.conf"), f"[Partition]\nType=linux-generic\nFormat=ext4\nCopyFiles={tree.path}:/\nSizeMinBytes={mib}M\n")
        make["systemd-repart"] = (f"SYSTEMD_LOG_LEVEL=err systemd-repart --empty=create --size={mib + 8}M --seed=random "
                                  f"--dry-run=no --definitions='{definitions}' '{out}'{sync}")
    if found("mksquashfs"):
        make["mksquashfs, uncompressed"] = f"mksquashfs '{tree.path}' '{out}' -noappend -noI -noD -noF -noX -quiet -no-progress{sync}"
    if found("mke2fs"):
        make["mke2fs -d"] = f"mke2fs -q -t ext4 -b 4096 -N {tree.inodes} -d '{tree.path}' '{out}' {tree.mib}M{sync}"
    if found("mke2fs", "debugfs"):
        script = os.path.join(work, "debugfs.txt")
        with open(script, "w", encoding="utf-8", errors="surrogateescape") as file:
            for folder, folders, files in os.walk(tree.path):
                at = os.path.relpath(folder, tree.path)
                file.write("".join(f'mkdir "/{os.path.normpath(os.path.join(at, f))}"\n' for f in folders))
                file.write("".join(f'write "{os.path.join(folder, f)}" "/{os.path.normpath(os.path.join(at, f))}"\n'
                                   for f in files if not os.path.islink(os.path.join(folder, f))))
        make["mke2fs, debugfs"] = (f"mke2fs -q -t ext4 -b 4096 -N {tree.inodes} '{out}' {tree.mib}M && "
                                   f"debugfs -w -f '{script}' '{out}'{sync}")
    return make


def disk_description(path, tree, boot, blobs):
    """A board's disk: GPT, two blobs at Rockchip's sectors, a FAT boot partition, and a root."""
    return write(path, f'''[image]
table = "gpt"
seed = "benchmark"
[[raw]]
name = "idbloader"
sector = 64
file = "{blobs}/idbloader"
[[raw]]
name = "u-boot"
sector = 16384
file = "{blobs}/u-boot"
[[partition]]
name = "boot"
start = "16MiB"
size = "128MiB"
filesystem = {{ type = "fat", label = "BOOT" }}
tree = [{{ directory = "{boot}" }}]
[[partition]]
name = "root"
size = "{tree.mib}MiB"
filesystem = {{ type = "ext4", label = "ROOT" }}
tree = [{{ directory = "{tree.path}" }}]
''')


def genimage_config(path, tree, boot):
    names = ", ".join(f'"{n}"' for n in sorted(os.listdir(boot)))
    return write(path, f'''image boot.vfat {{
    vfat {{ label = "BOOT"
        files = {{ {names} }} }}
    size = 128M
}}
image root.ext4 {{
    ext4 {{ use-mke2fs = true
        label = "ROOT"
        extraargs = "-N {tree.inodes}" }}
    size = {tree.mib}M
}}
image disk.img {{
    hdimage {{ partition-table-type = "gpt" }}
    partition idbloader {{ in-partition-table = false
        image = "idbloader"
        offset = 32K }}
    partition u-boot {{ in-partition-table = false
        image = "u-boot"
        offset = 8M }}
    partition boot {{ image = "boot.vfat"
        offset = 16M }}
    partition root {{ image = "root.ext4"
        partition-type-uuid = "L" }}
}}
''')


def for_disk(a, tree, out, work):
    """The whole disk of a board: the same table, blobs, boot partition and root by each."""
    sync = f" && sync '{out}'" if a.sync else ""
    inputs = os.path.join(work, "inputs")
    workloads.boot(inputs)
    for name, size in (("idbloader", 150_000), ("u-boot", 1_200_000)):
        os.makedirs(inputs + "-blobs", exist_ok=True)
        workloads.write(os.path.join(inputs + "-blobs", name), size)
    toml = disk_description(os.path.join(work, "disk.toml"), tree, inputs, inputs + "-blobs")
    make = {"imgcompose build": f"'{a.command}' build '{toml}' -q -o '{out}'" + (" --fsync" if a.sync else "")}
    if found("genimage", "mke2fs", "mkfs.vfat", "mcopy"):
        for name in ("idbloader", "u-boot"):
            os.link(os.path.join(inputs + "-blobs", name), os.path.join(inputs, name))
        config = genimage_config(os.path.join(work, "genimage.cfg"), tree, inputs)
        scratch = os.path.join(work, "genimage")
        make["genimage"] = (f"rm -rf '{scratch}' && mkdir -p '{scratch}' && genimage --loglevel 0 --config '{config}' --rootpath '{tree.path}' "
                            f"--tmppath '{scratch}/tmp' --inputpath '{inputs}' --outputpath '{scratch}/out' && mv '{scratch}/out/disk.img' '{out}'{sync}; "
                            f"s=$?; rm -rf '{scratch}'; exit $s")
    return make


def for_boot(a, tree, out, work):
    """A FAT boot partition and a blob of 1 GiB, with a table around them."""
    sync = f" && sync '{out}'" if a.sync else ""
    blob = os.path.join(work, "blob")
    with open(blob, "wb") as file:
        for _ in range(1024):
            file.write(os.urandom(1 << 16) * 16)
    toml = write(os.path.join(work, "boot.toml"), f'''[image]
table = "gpt"
seed = "benchmark"
[[raw]]
name = "blob"
sector = 64
file = "{blob}"
[[partition]]
name = "boot"
start = "1100MiB"
size = "128MiB"
filesystem = {{ type = "fat", label = "BOOT" }}
tree = [{{ directory = "{tree.path}" }}]
''')
    ours = f"'{a.command}' build '{toml}' -q -o '{out}'" + (" --fsync" if a.sync else "")
    both = os.path.join(work, "both")
    shutil.copytree(tree.path, both)
    os.link(blob, os.path.join(both, "blob"))
    fat = f"rm -f '{work}/fat' && mkfs.vfat -C '{work}/fat' {128 * 1024} && mcopy -sQ -i '{work}/fat' '{tree.path}'/* ::"
    make = limits(a, both, out)
    make["imgcompose --jobs 1"] = ours + " --jobs 1"
    make["imgcompose"] = ours
    make["imgcompose, FAT alone"] = f"'{a.command}' mkfs fat -q --from '{tree.path}' --size 128M -o '{out}'" + (" --fsync" if a.sync else "")
    if found("mkfs.vfat", "mcopy"):
        make["mkfs.vfat, mcopy, FAT alone"] = fat + (f" && sync '{work}/fat'" if a.sync else "")
        make["mkfs.vfat, mcopy, dd"] = (f"{fat} && dd if='{blob}' of='{out}' bs=1M seek=32K oflag=seek_bytes status=none && "
                                        f"dd if='{work}/fat' of='{out}' bs=1M seek=1100 conv=notrunc status=none{sync}")
    return make


def for_formats(a, tree, out, work):
    """What packs, maps or converts an image: in one pass by us, of a raw image by the others."""
    raw = os.path.join(work, "raw.img")
    ours = f"'{a.command}' mkfs ext4 -q --from '{tree.path}'"
    make_raw = f"{ours} -o '{raw}'"
    make = {"raw: imgcompose": make_raw}

    def pair(name, ending, tool, command, options=""):
        if found(tool):
            make[f"{name}: imgcompose"] = f"{ours} -o '{out}.{ending}'{options}"
            make[f"{name}: imgcompose, then {tool}"] = f"{make_raw} && {command}"

    pair("Android sparse", "simg", "img2simg", f"img2simg '{raw}' '{out}.simg'")
    pair("qcow2", "qcow2", "qemu-img", f"qemu-img convert -O qcow2 '{raw}' '{out}.qcow2'")
    pair("zstd", "zst", "zstd", f"zstd -q -f -3 -T0 '{raw}' -o '{out}.zst'")
    pair("gzip", "gz", "gzip", f"gzip -6 -c '{raw}' >'{out}.gz'")
    pair("bmap", "img", "bmaptool", f"bmaptool -q create -o '{out}.bmap' '{raw}'", " --bmap")
    pair("SHA-256", "img", "sha256sum", f"sha256sum '{raw}'", " --digest")
    return make
