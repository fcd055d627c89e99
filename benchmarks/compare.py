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

import peers
import targets
import workloads

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("IMGCOMPOSE_SHARED", os.path.join(HERE, "..", "..", "shared"))
SLOW = 10  # seconds; a program that takes longer has a quarter of the rounds
COUNTED = 3  # seconds; of one that takes longer calls are not counted, which takes a hundred times as long


def occupied(path):
    """Bytes of a file or folder on its disk; of all whose names begin with it, for outputs of several files."""
    beside = [os.path.join(os.path.dirname(path), n) for n in os.listdir(os.path.dirname(path)) if n.startswith(os.path.basename(path))]
    return sum(int(subprocess.run(["du", "-sB1", p], capture_output=True, text=True, check=True).stdout.split()[0]) for p in beside)


def measured(a, command, out):
    """One run: wall and processor seconds, peak memory in MiB, space of the output in MiB; or why it failed."""
    with tempfile.NamedTemporaryFile("r") as report:
        run = subprocess.run([a.timed, report.name, command], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        if run.returncode != 0:
            return None, (run.stdout + run.stderr).strip()[-2000:]
        wall, cpu, memory = (float(n) for n in report.read().split())
    return {"wall": wall, "cpu": cpu, "memory": memory / 1024, "space": occupied(out) / peers.MIB}, ""


def remove(path):
    for name in os.listdir(os.path.dirname(path)):
        if name.startswith(os.path.basename(path)):
            at = os.path.join(os.path.dirname(path), name)
            shutil.rmtree(at) if os.path.isdir(at) and not os.path.islink(at) else os.remove(at)


def compare(a, make, out):
    """name: runs, interleaved: every round has each program once."""
    runs, broken = {}, {}
    for turn in range(a.rounds):
        for name, command in make.items():
            if name in broken or (a.peers and not any(p in name for p in a.peers.split(","))):
                continue
            if name in runs and turn % 4 != 0 and runs[name][0]["wall"] > SLOW:
                continue
            remove(out)
            run, why = measured(a, command, out)
            if run is None:
                broken[name] = why
            else:
                runs.setdefault(name, []).append(run)
    remove(out)
    return runs, broken


def calls(command):
    """System calls and writes that a command makes; None without strace."""
    if not peers.found("strace"):
        return None
    count = {}
    with tempfile.NamedTemporaryFile("r", errors="replace") as file:
        # Not -c, which leaves out calls that are newer than strace, such as listxattrat.
        if subprocess.run(["strace", "-f", "-o", file.name, "sh", "-c", command], stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
            return None
        for line in file:
            if call := re.match(r"\d+ +(\w+)\(", line):
                count[call[1]] = count.get(call[1], 0) + 1
    return sum(count.values()), sum(count.get(n, 0) for n in ("write", "pwrite64", "writev", "pwritev", "pwritev2", "copy_file_range"))


def ratio(a, b):
    return f"{a / b:.2f}" if a and b else ""


def table(title, runs, broken, per_name, reference):
    """Lines of a table, and the medians by program."""
    middle = {n: {k: statistics.median(r[k] for r in rs) for k in rs[0]} for n, rs in runs.items()}
    limit, ours = (middle.get(n, {}).get("wall") for n in ("limit(1)", reference))
    lines = [f"### {title}", "",
             "| program | wall s, median | least | runs | CPU s | peak MiB | output MiB | calls a name | x limit(1) | it / imgcompose |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for name, m in middle.items():
        lines.append(f"| {name} | {m['wall']:.2f} | {min(r['wall'] for r in runs[name]):.2f} | {len(runs[name])} | {m['cpu']:.2f} | {m['memory']:.0f} | "
                     f"{m['space']:.0f} | {per_name.get(name, '')} | {ratio(m['wall'], limit)} | {ratio(m['wall'], ours)} |")
    lines += [f"| {name} | failed: {why.splitlines()[-1] if why else ''} | | | | | | | | |" for name, why in broken.items()]
    return lines + [""], middle


def made(a, name, maker, *arguments):
    """The folder of a work load, made if it is not there."""
    top = os.path.join(a.loads, name)
    if not os.path.isdir(top):
        shutil.rmtree(top + ".part", ignore_errors=True)
        maker(top + ".part", *arguments)
        os.rename(top + ".part", top)
    return top


def debian_root(top):
    """A root filesystem of Debian's arm64 packages, with an apt state of its own: the one of shared/perf, or a smaller one."""
    fetched = os.path.join(tempfile.gettempdir(), "imgcompose-benchmark-packages")
    fetch = os.path.join(HERE, "..", "examples", "quickstart", "fetch.sh")
    smaller = ["libboost1.74-dev", "golang-1.19-src", "python3", "perl", "tzdata", "locales", "vim-runtime"]
    subprocess.run([fetch, fetched, *smaller], check=True)
    generate = os.path.join(SHARED, "perf", "gen-workloads.sh")
    if os.path.exists(generate):
        environment = dict(os.environ, APT_CONFIG=os.path.join(fetched, "apt", "apt.conf"), DEBS=os.path.join(fetched, "w1-debs"))
        with tempfile.TemporaryDirectory(dir=os.path.dirname(top)) as work:
            subprocess.run([generate, work, "no-gentree", "w1"], env=environment, check=True)
            os.rename(os.path.join(work, "w1"), top)
    else:
        os.makedirs(top)
        for folder in ("root-debs", "other-debs"):
            for deb in sorted(os.listdir(os.path.join(fetched, folder))):
                if deb.endswith(".deb"):
                    subprocess.run(["dpkg-deb", "-x", os.path.join(fetched, folder, deb), top], check=True)


def trees_of(a):
    given = dict(t.split("=", 1) for t in a.tree)
    makers = {"w1": (debian_root,), "w2": (workloads.small,), "w2s": (workloads.small, 92_000, 100), "w3": (workloads.large, a.mib), "w4": (workloads.boot,)}
    for name in a.only.split(","):
        if name not in makers:
            sys.exit(f"there is no work load {name}; there are: {', '.join(makers)}")
        if name in given:
            yield peers.Tree(name, given[name])
            continue
        try:
            yield peers.Tree(name, made(a, name, *makers[name]))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"left out: {name} cannot be made here ({error}); name one by --tree {name}=DIR")


def run_trees(a):
    middle, lines, counted = {}, [], {}
    for tree in trees_of(a):
        kinds = {tree.name: peers.for_boot if tree.name == "w4" else peers.for_tree}
        if tree.name == "w1":
            kinds["w1 disk"] = peers.for_disk
        for name, programs in kinds.items():
            with tempfile.TemporaryDirectory(prefix="imgcompose-compare.", dir=a.out) as work:
                out = os.path.join(work, "output")
                make = programs(a, tree, out, work)
                runs, broken = compare(a, make, out)
                per_name = {}
                for program in runs if a.calls and tree.name in ("w1", "w2") and name == tree.name else ():
                    if runs[program][0]["wall"] > COUNTED:
                        continue
                    if count := calls(make[program]):
                        per_name[program] = f"{count[0] / tree.names:.1f}"
                        if program == "imgcompose --jobs 1":
                            counted[name] = (count[0] / tree.names, count[1] / (occupied(out) / peers.MIB))
                    remove(out)
                title = f"{name}: {tree.names:,} names, {tree.space / peers.MIB:,.0f} MiB"
                text, middle[name] = table(title, runs, broken, per_name, "imgcompose build" if name == "w1 disk" else "imgcompose")
                print("\n".join(text), flush=True)
                lines += text
    judged = targets.of_trees(middle, counted)
    print("\n".join(judged))
    return {"trees": middle, "text": lines, "verdicts": judged}


def run_formats(a):
    """Formats and digests in the pass that writes the image, against another program over the raw image."""
    for tree in trees_of(a):
        with tempfile.TemporaryDirectory(prefix="imgcompose-compare.", dir=a.out) as work:
            out = os.path.join(work, "output")
            runs, broken = compare(a, peers.for_formats(a, tree, out, work), out)
            text, middle = table(f"formats of {tree.name}: {tree.names:,} names, {tree.space / peers.MIB:,.0f} MiB", runs, broken, {}, "raw: imgcompose")
            print("\n".join(text), flush=True)
    return {"formats": middle}


SHOWN = ("limit(1)", "imgcompose", "tar cf", "cp -a", "mke2fs -d")  # in the plots


def run_scale(a):
    """Time against the number of files, in directories of a hundred."""
    series = {}
    for count in a.counts:
        with tempfile.TemporaryDirectory(prefix="imgcompose-compare.", dir=a.out) as work:
            top, out = os.path.join(work, "tree"), os.path.join(work, "output")
            workloads.flat(top, count)
            make = peers.for_tree(a, peers.Tree(f"{count} files", top), out, work)
            runs, _ = compare(a, {n: c for n, c in make.items() if n in SHOWN and (n in ("imgcompose", "limit(1)") or count <= 300_000)}, out)
            for name, rs in runs.items():
                wall, memory = min(r["wall"] for r in rs), max(r["memory"] for r in rs)
                series.setdefault(name, []).append([count, wall])
                print(f"{count:>9,} files  {name:12} {wall:8.2f} s {wall / count * 1e6:8.2f} us a file {memory:6.0f} MiB", flush=True)
    most_memory = max(r["memory"] for r in runs["imgcompose"])
    print("\n".join(targets.of_scale(series["imgcompose"], most_memory)))
    return {"by_files": series}


def run_bytes(a):
    """Time against bytes, in eight large files."""
    series = {}
    for mib in (64, 256, 1024, 4096):
        with tempfile.TemporaryDirectory(prefix="imgcompose-compare.", dir=a.out) as work:
            top, out = os.path.join(work, "tree"), os.path.join(work, "output")
            workloads.large(top, mib)
            make = peers.for_tree(a, peers.Tree(f"{mib} MiB", top), out, work)
            runs, _ = compare(a, {n: c for n, c in make.items() if n in SHOWN}, out)
            for name, rs in runs.items():
                series.setdefault(name, []).append([mib, min(r["wall"] for r in rs)])
                print(f"{mib:>6} MiB  {name:12} {series[name][-1][1]:8.2f} s", flush=True)
    return {"by_bytes": series}


def run_clone(a):
    """On a filesystem that clones, mounted from a file: the image of 16 GiB of large files against that of 1 GiB."""
    if os.geteuid() != 0 or not peers.found("mkfs.xfs"):
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
                    run, why = measured(a, command, out)
                    if run is None:
                        sys.exit(f"clone: {name}: {why}")
                    walls.append(run["wall"])
                result[name] = statistics.median(walls)
                print(f"clone on XFS: {name:26} {result[name]:.3f} s", flush=True)
            print("\n".join(targets.of_clone(result)))
        finally:
            subprocess.run(["umount", mount], check=True)
    return {"clone": result}


def main():
    p = argparse.ArgumentParser(prog="compare.sh", description=__doc__)
    p.add_argument("mode", nargs="?", default="trees", choices=["trees", "formats", "scale", "bytes", "clone", "plot"])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--only", help="work loads, by name (w1,w2,w2s,w3,w4; formats: w1)")
    p.add_argument("--tree", action="append", default=[], metavar="NAME=DIR", help="take this tree for a work load")
    p.add_argument("--peers", default="", help="only programs whose names contain one of these")
    p.add_argument("--out", default="/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir(), help="where outputs go")
    p.add_argument("--loads", help="where work loads are, and are made (OUT/imgcompose-loads)")
    p.add_argument("--disk", default=tempfile.gettempdir(), help="where clone makes its filesystem")
    p.add_argument("--mib", type=int, default=4096, help="size of w3")
    p.add_argument("--sync", action="store_true", help="count the time until it is on the disk")
    p.add_argument("--counts", type=lambda s: [int(n) for n in s.split(",")], default=[10_000, 30_000, 100_000, 300_000, 1_000_000])
    p.add_argument("--no-calls", dest="calls", action="store_false", help="do not count system calls, which strace makes slow")
    p.add_argument("--command", required=True)
    p.add_argument("--timed", required=True)
    p.add_argument("--limit", required=True)
    p.add_argument("--results", default=os.path.join(HERE, "..", "build", "benchmarks.json"), help="figures for plot")
    a = p.parse_args()
    a.only = a.only or ("w1" if a.mode == "formats" else "w1,w2,w2s,w3,w4")
    a.out = os.path.abspath(a.out)  # descriptions name what is in it
    a.loads = os.path.abspath(a.loads or os.path.join(a.out, "imgcompose-loads"))
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
    known.update({"trees": run_trees, "formats": run_formats, "scale": run_scale, "bytes": run_bytes, "clone": run_clone}[a.mode](a))
    with open(a.results, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1)


if __name__ == "__main__":
    main()
