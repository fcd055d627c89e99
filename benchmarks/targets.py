# SPDX-License-Identifier: BSL-1.0
"""What was wanted of a run, and whether it was met."""

# (work load, ours, at most this many times, theirs): by wall time.
AT_MOST = [
    ("w2", "imgcompose --jobs 1", 1.25, "limit(1)"), ("w2", "imgcompose", 1.0, "limit(1)"), ("w2", "imgcompose", 1.0, "tar cf"),
    ("w1", "imgcompose --jobs 1", 1.10, "limit(1)"), ("w1", "imgcompose", 0.95, "limit(1)"),
    ("w3", "imgcompose --jobs 1", 1.05, "limit(1)"), ("w3", "imgcompose", 1.0, "limit(2)"), ("w3", "imgcompose", 1.0, "cp -a"),
    ("w4", "imgcompose --jobs 1", 1.05, "limit(1)"), ("w4", "imgcompose", 1.1, "limit(2)"),
]
# (work load, theirs takes at least this many times as long, ours).
FASTER = [
    ("w2", "mke2fs -d", 25, "imgcompose"), ("w2", "make_ext4fs", 1.8, "imgcompose"), ("w2", "tar, tar2ext4", 3, "imgcompose"),
    ("w2s", "mke2fs -d", 3.5, "imgcompose"),
    ("w1", "mke2fs -d", 3.5, "imgcompose"), ("w1", "make_ext4fs", 1.5, "imgcompose"), ("w1 disk", "genimage", 6, "imgcompose build"),
    ("w3", "mke2fs -d", 2, "imgcompose"),
    ("w4", "mkfs.vfat, mcopy, dd", 2, "imgcompose"), ("w4", "mkfs.vfat, mcopy, FAT alone", 2, "imgcompose, FAT alone"),
]
MEMORY = [("w2", 64), ("w3", 64)]  # MiB
CALLS_A_NAME, WRITES_A_MIB = 5.0, 1.1


def judged(met, text):
    return f"{'met   ' if met else 'missed'} {text}"


def of_trees(middle, counted):
    """`middle`: medians by work load and program. `counted`: (calls a name, writes a MiB) by work load, of one worker."""
    def wall(load, program):
        return middle.get(load, {}).get(program, {}).get("wall")

    lines = []
    for load, ours, factor, theirs in AT_MOST:
        a, b = wall(load, ours), wall(load, theirs)
        if a and b:
            lines.append(judged(a / b <= factor, f"{load}: {ours} takes {a / b:.2f} x {theirs}, at most {factor} wanted"))
        synced = [m["wall"] for name, m in middle.get(load, {}).items() if name.startswith(theirs + ", sync")]
        if a and synced and ours == "imgcompose":
            lines.append(judged(a / min(synced) <= 1.1, f"{load}: {ours}, on the disk, takes {a / min(synced):.2f} x the best {theirs}, at most 1.1 wanted"))
    for load, theirs, factor, ours in FASTER:
        a, b = wall(load, ours), wall(load, theirs)
        if a and b:
            lines.append(judged(b / a >= factor, f"{load}: {theirs} takes {b / a:.1f} x {ours}, at least {factor} wanted"))
    for load, most in MEMORY:
        m = middle.get(load, {}).get("imgcompose")
        if m:
            lines.append(judged(m["memory"] <= most, f"{load}: imgcompose takes {m['memory']:.0f} MiB of memory, at most {most} wanted"))
    for load, programs in middle.items():
        ours, theirs = programs.get("imgcompose"), programs.get("mke2fs -d")
        if ours and theirs:
            lines.append(judged(ours["space"] <= theirs["space"], f"{load}: the image occupies {ours['space']:.0f} MiB, no more than mke2fs's {theirs['space']:.0f} wanted"))
    for load, (calls, writes) in counted.items():
        lines.append(judged(calls <= CALLS_A_NAME, f"{load}: {calls:.1f} system calls a name, at most {CALLS_A_NAME:.0f} wanted"))
        lines.append(judged(writes < WRITES_A_MIB, f"{load}: {writes:.2f} writes a MiB of output, fewer than {WRITES_A_MIB} wanted"))
    return lines


def of_scale(points, memory):
    first, last = points[0], points[-1]
    growth = last[1] / last[0] / (first[1] / first[0])
    return [judged(growth <= 1.2, f"time per file from {first[0]:,} to {last[0]:,} files: x {growth:.2f}, at most 1.2 wanted"),
            judged(memory <= 400, f"{last[0]:,} files take {memory:.0f} MiB of memory, at most 400 wanted")]


def of_clone(walls):
    one, sixteen, copied = walls["1 GiB"], walls["16 GiB"], walls["cp --reflink=never 1 GiB"]
    # A clone takes the same for 4 GiB as for 16, and a copy four times as long as for 1.
    return [judged(sixteen <= 1.5 * one, f"16 GiB take {sixteen / one:.2f} x 1 GiB, at most 1.5 wanted"),
            judged(4 * copied >= 20 * sixteen, f"a copying program takes at least {4 * copied / sixteen:.0f} x imgcompose for 4 GiB, at least 20 wanted")]
