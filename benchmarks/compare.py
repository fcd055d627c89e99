# SPDX-License-Identifier: BSL-1.0
"""Whole programs against each other; see compare.sh, which calls this."""
import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import workloads

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("IMGCOMPOSE_SHARED", os.path.join(HERE, "..", "..", "shared"))


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
        self.mib = self.space // 1048576 * 5 // 4 + self.names * 3 // 1000 + 192

    @property
    def inodes(self):
        return self.names + 1000


def found(*programs):
    return all(shutil.which(p) for p in programs)


def genimage_config(path, tree, disk):
    text = f'image out.ext4 {{ ext4 {{ use-mke2fs = true\n extraargs = "-N {tree.inodes}" }}\n size = {tree.mib}M }}\n'
    if disk:
        text += ('image disk.img { hdimage { partition-table-type = "gpt" }\n'
                 ' partition root { image = "out.ext4"\n partition-type-uuid = "L" } }\n')
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def programs_for_tree(a, tree, out, work):
    """name: command line, as a shell runs it. `{sync}` waits for the disk where the program does not do that itself."""
    sync = f" && sync '{out}'" if a.sync else ""
    ours = f"'{a.command}' mkfs ext4 -q --from '{tree.path}' -o '{out}'" + (" --fsync" if a.sync else "")
    make = {
        "limit(1)": f"'{a.limit}' '{tree.path}' '{out}' 1" + (" sync" if a.sync else ""),
        "limit(2)": f"'{a.limit}' '{tree.path}' '{out}' 2" + (" sync" if a.sync else ""),
        "imgcompose --jobs 1": ours + " --jobs 1",
        "imgcompose": ours,
    }
    if found("tar"):
        make["tar cf"] = f"tar -C '{tree.path}' -cf '{out}' .{sync}"
    make["cp -a"] = f"cp -a '{tree.path}' '{out}'" + (f" && sync -f '{out}'" if a.sync else "")
    if found("mke2fs"):
        make["mke2fs -d"] = f"mke2fs -q -t ext4 -b 4096 -N {tree.inodes} -d '{tree.path}' '{out}' {tree.mib}M{sync}"
    if found("mke2fs", "debugfs") and tree.names < 20_000:
        script = os.path.join(work, "debugfs.txt")
        with open(script, "w", encoding="utf-8") as file:
            for folder, folders, files in os.walk(tree.path):
                at = os.path.relpath(folder, tree.path)
                file.write("".join(f'mkdir "/{os.path.normpath(os.path.join(at, f))}"\n' for f in folders))
                file.write("".join(f'write "{os.path.join(folder, f)}" "/{os.path.normpath(os.path.join(at, f))}"\n'
                                   for f in files if not os.path.islink(os.path.join(folder, f))))
        make["mke2fs + debugfs"] = (f"mke2fs -q -t ext4 -b 4096 -N {tree.inodes} '{out}' {tree.mib}M && "
                                    f"debugfs -w -f '{script}' '{out}'{sync}")
    if found("make_ext4fs"):
        make["make_ext4fs"] = f"make_ext4fs -l {tree.mib}M -i {tree.inodes} '{out}' '{tree.path}'{sync}"
    if found("tar2ext4"):
        make["tar | tar2ext4"] = f"tar -C '{tree.path}' --numeric-owner -cf - . | tar2ext4 -o '{out}'{sync}"
    if found("genimage", "mke2fs"):
        config = os.path.join(work, "genimage.cfg")
        genimage_config(config, tree, True)
        make["genimage, whole disk"] = (
            f"rm -rf '{work}/g' && mkdir -p '{work}/g' && genimage --loglevel 0 --config '{config}' --rootpath '{tree.path}' "
            f"--tmppath '{work}/g/tmp' --inputpath '{work}/g' --outputpath '{work}/g/out' && mv '{work}/g/out/disk.img' '{out}'{sync}; "
            f"rm -rf '{work}/g'")
    if found("systemd-repart"):
        definitions = os.path.join(work, "repart.d")
        os.makedirs(definitions, exist_ok=True)
        # It cannot set a number of inodes: there is one for 16 KiB.
        mib = max(tree.mib, tree.inodes // 64 + 64)
        with open(os.path.join(definitions, "10-root.conf"), "w", encoding="utf-8") as file:
            file.write(f"[Partition]\nType=linux-generic\nFormat=ext4\nCopyFiles={tree.path}:/\nSizeMinBytes={mib}M\n")
        make["systemd-repart"] = (f"SYSTEMD_LOG_LEVEL=err systemd-repart --empty=create --size={mib + 8}M --seed=random "
                                  f"--dry-run=no --definitions='{definitions}' '{out}'{sync}")
    if found("mksquashfs"):
        make["mksquashfs, uncompressed"] = f"mksquashfs '{tree.path}' '{out}' -noappend -noI -noD -noF -noX -quiet -no-progress{sync}"
    return make


def description(path, boot_tree, blob, with_fat):
    """A disk of blobs and a FAT partition."""
    with open(path, "w", encoding="utf-8") as file:
        file.write('[image]\ntable = "gpt"\nseed = "benchmark"\n[[raw]]\nname = "blob"\nsector = 64\n'
                   f'file = "{blob}"\n[[partition]]\nname = "boot"\nstart = "1100MiB"\nsize = "128MiB"\n')
        if with_fat:
            file.write(f'filesystem = {{ type = "fat", label = "BOOT" }}\ntree = [{{ directory = "{boot_tree}" }}]\n')


def programs_for_boot(a, tree, out, work):
    sync = f" && sync '{out}'" if a.sync else ""
    blob = os.path.join(work, "blob")
    if not os.path.exists(blob):
        with open(blob, "wb") as file:
            for _ in range(1024):
                file.write(os.urandom(1 << 16) * 16)
    toml = os.path.join(work, "boot.toml")
    description(toml, tree.path, blob, True)
    ours = f"'{a.command}' build '{toml}' -q -o '{out}'" + (" --fsync" if a.sync else "")
    both = os.path.join(work, "both")
    if not os.path.isdir(both):
        shutil.copytree(tree.path, both)
        os.link(blob, os.path.join(both, "blob"))
    fat = f"mkfs.vfat -C '{work}/fat' {128 * 1024} && mcopy -sQ -i '{work}/fat' '{tree.path}'/* ::"
    make = {
        "limit(1)": f"'{a.limit}' '{both}' '{out}' 1" + (" sync" if a.sync else ""),
        "limit(2)": f"'{a.limit}' '{both}' '{out}' 2" + (" sync" if a.sync else ""),
        "imgcompose --jobs 1": ours + " --jobs 1",
        "imgcompose": ours,
        "imgcompose, FAT alone": f"'{a.command}' mkfs fat -q --from '{tree.path}' --size 128M -o '{out}'",
    }
    if found("mkfs.vfat", "mcopy", "dd"):
        make["mkfs.vfat + mcopy, FAT alone"] = f"rm -f '{work}/fat'; {fat}"
        make["mkfs.vfat + mcopy + dd"] = (f"rm -f '{work}/fat'; {fat} && dd if='{blob}' of='{out}' bs=1M seek=32K oflag=seek_bytes status=none && "
                                          f"dd if='{work}/fat' of='{out}' bs=1M seek=1100 conv=notrunc status=none{sync}")
    return make


def measured(command, out):
    """One run: wall and processor seconds, peak memory in MiB, space of the output in MiB."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.close(read)
        os.execvp("sh", ["sh", "-c", command])
    os.close(write)
    begin = time.monotonic()
    said = b""
    while part := os.read(read, 1 << 16):
        said = (said + part)[-2000:]
    os.close(read)
    _, status, use = os.wait4(child, 0)
    wall = time.monotonic() - begin
    if status != 0:
        return None, said.decode(errors="replace").strip()
    space = 0
    if os.path.isdir(out):
        space = int(subprocess.run(["du", "-sk", out], capture_output=True, text=True, check=True).stdout.split()[0]) / 1024
    elif os.path.exists(out):
        space = os.stat(out).st_blocks / 2048
    return {"wall": wall, "cpu": use.ru_utime + use.ru_stime, "memory": use.ru_maxrss / 1024, "space": space}, ""


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def compare(a, make, out):
    """name: runs, interleaved: every round has each program once."""
    runs, broken = {}, {}
    for _ in range(a.rounds):
        for name, command in make.items():
            if name in broken or (a.peers and not any(p in name for p in a.peers.split(","))):
                continue
            remove(out)
            run, why = measured(command, out)
            if run is None:
                broken[name] = why
            else:
                runs.setdefault(name, []).append(run)
    remove(out)
    return runs, broken


def calls(command):
    """System calls and writes that a command makes; None without strace."""
    if not found("strace"):
        return None
    count = {}
    with tempfile.NamedTemporaryFile("r") as file:
        # Not -c, which leaves out calls that are newer than strace, such as listxattrat.
        subprocess.run(["strace", "-f", "-o", file.name, "sh", "-c", "exec " + command], check=True, stdout=subprocess.DEVNULL)
        for line in file:
            if call := re.match(r"\d+ +(\w+)\(", line):
                count[call[1]] = count.get(call[1], 0) + 1
    return sum(count.values()), sum(count.get(n, 0) for n in ("write", "pwrite64", "writev", "pwritev", "copy_file_range"))


def ratio(a, b):
    return f"{a / b:.2f}" if b else ""


def table(tree, runs, broken, counted):
    middle = {n: {k: statistics.median(r[k] for r in rs) for k in rs[0]} for n, rs in runs.items()}
    limit = middle.get("limit(1)", {}).get("wall")
    ours = middle.get("imgcompose", {}).get("wall")
    lines = [f"### {tree.name}: {tree.names:,} names, {tree.space / 1048576:,.0f} MiB", "",
             "| program | wall s, median | least | CPU s | peak MiB | output MiB | calls a name | x limit(1) | it / imgcompose |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, m in middle.items():
        least = min(r["wall"] for r in runs[name])
        per = f"{counted[name][0] / tree.names:.1f}" if counted.get(name) else ""
        lines.append(f"| {name} | {m['wall']:.2f} | {least:.2f} | {m['cpu']:.2f} | {m['memory']:.0f} | {m['space']:.0f} | {per} | "
                     f"{ratio(m['wall'], limit)} | {ratio(m['wall'], ours)} |")
    lines += [f"| {name} | failed: {why.splitlines()[-1] if why else ''} | | | | | | | |" for name, why in broken.items()]
    return lines, middle


# What issue 3 asks: (work load, ours, factor, against). Smaller is better for the first, the peer is divided by us for "x".
AT_MOST = [("w2", "imgcompose --jobs 1", 1.25, "limit(1)"), ("w2", "imgcompose", 1.0, "limit(1)"), ("w2", "imgcompose", 1.0, "tar cf"),
           ("w1", "imgcompose --jobs 1", 1.10, "limit(1)"), ("w1", "imgcompose", 0.95, "limit(1)"),
           ("w3", "imgcompose --jobs 1", 1.05, "limit(1)"), ("w3", "imgcompose", 1.0, "limit(2)"), ("w3", "imgcompose", 1.0, "cp -a"),
           ("w4", "imgcompose --jobs 1", 1.05, "limit(1)"), ("w4", "imgcompose", 1.1, "limit(2)")]
FASTER = [("w2", 25, "mke2fs -d"), ("w2", 1.8, "make_ext4fs"), ("w2", 3, "tar | tar2ext4"), ("w1", 3.5, "mke2fs -d"), ("w1", 1.5, "make_ext4fs"),
          ("w1", 6, "genimage, whole disk"), ("w3", 2, "mke2fs -d"), ("w4", 2, "mkfs.vfat + mcopy + dd")]


def verdicts(middle):
    lines = []
    for load, ours, factor, against in AT_MOST:
        m = middle.get(load, {})
        if ours in m and against in m:
            ratio = m[ours]["wall"] / m[against]["wall"]
            lines.append(f"{'met   ' if ratio <= factor else 'missed'} {load}: {ours} is {ratio:.2f} x {against}, at most {factor} wanted")
    for load, factor, peer in FASTER:
        m = middle.get(load, {})
        if "imgcompose" in m and peer in m:
            ratio = m[peer]["wall"] / m["imgcompose"]["wall"]
            lines.append(f"{'met   ' if ratio >= factor else 'missed'} {load}: {peer} takes {ratio:.1f} x imgcompose, at least {factor} wanted")
    return lines


def made(a, name, maker, *arguments):
    """The folder of a work load, made if it is not there."""
    top = os.path.join(a.loads, name)
    if not os.path.isdir(top):
        maker(top + ".part", *arguments)
        os.rename(top + ".part", top)
    return top


def trees_of(a):
    given = dict(t.split("=", 1) for t in a.tree)
    for name in a.only.split(","):
        if name in given:
            yield Tree(name, given[name])
        elif os.path.isdir(os.path.join(a.loads, name, "boot")) and name == "w4":
            yield Tree(name, os.path.join(a.loads, name, "boot"))  # as shared/perf makes it
        elif os.path.isdir(os.path.join(a.loads, name)):
            yield Tree(name, os.path.join(a.loads, name))
        elif name == "w2":
            yield Tree(name, made(a, name, workloads.small))
        elif name == "w3":
            yield Tree(name, made(a, name, workloads.large, a.mib))
        elif name == "w4":
            yield Tree(name, made(a, name, workloads.boot))
        else:
            print(f"left out: {name} is a root filesystem; make one with {SHARED}/perf/gen-workloads.sh, or name one by --tree {name}=DIR")


def run_trees(a):
    middle, lines = {}, []
    for tree in trees_of(a):
        with tempfile.TemporaryDirectory(prefix="imgcompose-compare.", dir=a.out) as work:
            out = os.path.join(work, "output")
            make = (programs_for_boot if tree.name == "w4" else programs_for_tree)(a, tree, out, work)
            runs, broken = compare(a, make, out)
            counted = {}
            for name in ("imgcompose --jobs 1", "mke2fs -d") if tree.name in ("w1", "w2") else ():
                if name in runs:
                    counted[name] = calls(make[name])
                    remove(out)
            text, middle[tree.name] = table(tree, runs, broken, counted)
            if counted.get("imgcompose --jobs 1"):
                space = middle[tree.name]["imgcompose --jobs 1"]["space"]
                text += ["", f"imgcompose makes {counted['imgcompose --jobs 1'][1] / space:.2f} writes a MiB of output."]
            print("\n".join(text + [""]), flush=True)
            lines += text + [""]
    judged = verdicts(middle)
    print("\n".join(judged))
    return {"trees": middle, "text": lines, "verdicts": judged}


def run_scale(a):
    """Time against the number of files, in directories of a hundred."""
    series = {}
    for count in a.counts:
        with tempfile.TemporaryDirectory(prefix="imgcompose-compare.", dir=a.out) as work:
            top, out = os.path.join(work, "tree"), os.path.join(work, "output")
            workloads.flat(top, count)
            tree = Tree(f"{count} files", top)
            make = programs_for_tree(a, tree, out, work)
            keep = ["limit(1)", "imgcompose", "tar cf", "cp -a", "mke2fs -d"]
            runs, _ = compare(a, {n: c for n, c in make.items() if n in keep and (n == "imgcompose" or count <= 300_000)}, out)
            for name, rs in runs.items():
                wall, memory = min(r["wall"] for r in rs), max(r["memory"] for r in rs)
                series.setdefault(name, []).append([count, wall])
                print(f"{count:>9,} files  {name:12} {wall:8.2f} s {wall / count * 1e6:8.2f} us a file {memory:6.0f} MiB", flush=True)
    first, last = series["imgcompose"][0], series["imgcompose"][-1]
    print(f"time per file, from {first[0]:,} to {last[0]:,} files: x {last[1] / last[0] / (first[1] / first[0]):.2f}")
    return {"by_files": series}


def run_bytes(a):
    """Time against bytes, in eight large files."""
    series = {}
    for mib in (64, 256, 1024, 4096):
        with tempfile.TemporaryDirectory(prefix="imgcompose-compare.", dir=a.out) as work:
            top, out = os.path.join(work, "tree"), os.path.join(work, "output")
            workloads.large(top, mib)
            make = programs_for_tree(a, Tree(f"{mib} MiB", top), out, work)
            keep = ["limit(1)", "imgcompose", "tar cf", "cp -a", "mke2fs -d"]
            runs, _ = compare(a, {n: c for n, c in make.items() if n in keep}, out)
            for name, rs in runs.items():
                series.setdefault(name, []).append([mib, min(r["wall"] for r in rs)])
                print(f"{mib:>6} MiB  {name:12} {series[name][-1][1]:8.2f} s", flush=True)
    return {"by_bytes": series}


def run_clone(a):
    """On a filesystem that clones, mounted from a file: the image of 16 GiB of large files against that of 1 GiB."""
    if os.geteuid() != 0 or not found("mkfs.xfs"):
        sys.exit("clone: needs root and mkfs.xfs")
    result = {}
    with tempfile.TemporaryDirectory(prefix="imgcompose-clone.", dir=a.disk) as work:
        disk, mount = os.path.join(work, "xfs"), os.path.join(work, "mnt")
        os.mkdir(mount)
        subprocess.run(f"truncate -s 64G '{disk}' && mkfs.xfs -q -m reflink=1 '{disk}' && mount -o loop '{disk}' '{mount}'", shell=True, check=True)
        try:
            os.mkdir(f"{mount}/one")
            with open(f"{mount}/one/file-00", "wb") as file:
                for _ in range(1024):
                    file.write(os.urandom(1 << 16) * 16)
            os.mkdir(f"{mount}/many")
            for i in range(16):  # clones of one file: the space of one
                subprocess.run(["cp", "--reflink=always", f"{mount}/one/file-00", f"{mount}/many/file-{i:02}"], check=True)
            out = f"{mount}/output"
            for name, command in (("1 GiB", f"'{a.command}' mkfs ext4 -q --from '{mount}/one' -o '{out}'"),
                                  ("16 GiB", f"'{a.command}' mkfs ext4 -q --from '{mount}/many' -o '{out}'"),
                                  ("cp --reflink=never 1 GiB", f"cp --reflink=never '{mount}/one/file-00' '{out}'")):
                walls = []
                for _ in range(a.rounds):
                    remove(out)
                    run, why = measured(command, out)
                    if run is None:
                        sys.exit(f"clone: {name}: {why}")
                    walls.append(run["wall"])
                result[name] = statistics.median(walls)
                print(f"clone on XFS: {name:26} {result[name]:.3f} s", flush=True)
            print(f"16 GiB takes {result['16 GiB'] / result['1 GiB']:.2f} x 1 GiB, at most 1.5 wanted; "
                  f"a copying program takes at least {result['cp --reflink=never 1 GiB'] * 4 / result['16 GiB']:.0f} x imgcompose at 4 GiB")
        finally:
            subprocess.run(["umount", mount], check=True)
    return {"clone": result}


def main():
    p = argparse.ArgumentParser(prog="compare.sh", description=__doc__)
    p.add_argument("mode", nargs="?", default="trees", choices=["trees", "scale", "bytes", "clone", "plot"])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--only", default="w1,w2,w3,w4", help="work loads, by name")
    p.add_argument("--tree", action="append", default=[], metavar="NAME=DIR", help="take this tree for a work load")
    p.add_argument("--peers", default="", help="only programs whose names contain one of these")
    p.add_argument("--out", default="/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir(), help="where outputs go")
    p.add_argument("--loads", help="where work loads are, and are made (OUT/imgcompose-loads)")
    p.add_argument("--disk", default=tempfile.gettempdir(), help="where clone makes its filesystem")
    p.add_argument("--mib", type=int, default=4096, help="size of w3")
    p.add_argument("--sync", action="store_true", help="count the time until it is on the disk")
    p.add_argument("--counts", type=lambda s: [int(n) for n in s.split(",")], default=[10_000, 30_000, 100_000, 300_000, 1_000_000])
    p.add_argument("--command", required=True)
    p.add_argument("--limit", required=True)
    p.add_argument("--results", default=os.path.join(HERE, "..", "build", "benchmarks.json"), help="figures for plot")
    a = p.parse_args()
    a.loads = a.loads or os.path.join(a.out, "imgcompose-loads")
    os.makedirs(a.loads, exist_ok=True)
    # The limit program keeps a directory open for each that it walks.
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    known = {}
    if os.path.exists(a.results):
        with open(a.results, encoding="utf-8") as file:
            known = json.load(file)
    if a.mode == "plot":
        import plot
        plot.draw(known, HERE)
        return
    known.update({"trees": run_trees, "scale": run_scale, "bytes": run_bytes, "clone": run_clone}[a.mode](a))
    with open(a.results, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1)


if __name__ == "__main__":
    main()
