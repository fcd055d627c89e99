#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Times `imgcompose mkfs ext4 --from` against `mke2fs -t ext4 -d` on the same trees in one run.
set -eu

usage() {
    cat <<'USAGE'
usage: benchmarks/compare.sh [--rounds N] [--out DIR] [TREE...]

Each round runs every program once on each TREE, interleaved; medians are printed: wall time, CPU
time, peak memory, space taken by the image, and the ratio to mke2fs. Without a TREE one is made: 20,000 small files in
nested directories and one directory of 5,000. Outputs go to DIR (/dev/shm, where it exists).
$IMGCOMPOSE_COMMAND names the command (default: build/ci/examples/imgcompose/imgcompose).
Needs: mke2fs (e2fsprogs), GNU time, python3.
USAGE
}

rounds=5 out=/dev/shm trees=()
[ -d $out ] || out=${TMPDIR:-/tmp}
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --rounds) rounds=$2; shift ;;
        --out) out=$2; shift ;;
        -*) usage >&2; exit 2 ;;
        *) trees+=("$1") ;;
    esac
    shift
done
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
command=${IMGCOMPOSE_COMMAND:-$here/../build/ci/examples/imgcompose/imgcompose}
[ -x "$command" ] || { echo "compare.sh: $command not found: build it or set IMGCOMPOSE_COMMAND" >&2; exit 2; }
work=$(mktemp -d "$out/imgcompose-compare.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ ${#trees[@]} -eq 0 ]; then
    trees=("$work/made")
    python3 - "$work/made" <<'PY'
import os, sys
top = sys.argv[1]
for i in range(20000):
    folder = f'{top}/{i % 40:02}/{i // 40 % 50:02}'
    os.makedirs(folder, exist_ok=True)
    with open(f'{folder}/file-{i:05}', 'wb') as f: f.write(bytes([i % 251]) * (i * 37 % 9000))
os.makedirs(f'{top}/large')
for i in range(5000):
    with open(f'{top}/large/name-{i:05}', 'wb') as f: f.write(b'x' * (i % 300))
PY
fi

run() { # TREE NAME OUTPUT COMMAND...
    local tree=$1 name=$2 image=$3
    shift 3
    rm -f "$image"
    /usr/bin/time -q -o "$work/time" -f '%e %U %S %M' "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; echo "compare.sh: $name failed on $tree" >&2; exit 1; }
    echo "$tree $name $(tail -n 1 "$work/time") $(($(stat -c %b "$image") / 2048))" >>"$work/results"
    rm -f "$image"
}
for tree in "${trees[@]}"; do
    files=$(find "$tree" | wc -l)
    mib=$(($(du -sm "$tree" | cut -f 1) * 5 / 4 + files / 1000 + 128))
    for ((i = 0; i < rounds; i++)); do
        for jobs in 1 0; do
            run "$tree" "imgcompose_jobs_$jobs" "$work/image" "$command" mkfs ext4 --from "$tree" --size "${mib}M" --inodes $((files + 1000)) --jobs $jobs -o "$work/image"
        done
        run "$tree" mke2fs_-d "$work/image" mke2fs -q -t ext4 -b 4096 -N $((files + 1000)) -d "$tree" "$work/image" "${mib}M"
    done
    echo "$tree: $files names, image of $mib MiB"
done
python3 - "$work/results" <<'PY'
import statistics, sys
rows = {}
for line in open(sys.argv[1]):
    tree, name, *figures = line.split()
    rows.setdefault(tree, {}).setdefault(name, []).append([float(f) for f in figures])
for tree, programs in rows.items():
    middle = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in programs.items()}
    reference = middle['mke2fs_-d'][0]
    print(f'\n{tree}\n  {"program":20} {"wall s":>8} {"cpu s":>8} {"peak MiB":>9} {"image MiB":>10} {"mke2fs / it":>12}')
    for name, (wall, user, system, peak, size) in middle.items():
        print(f'  {name:20} {wall:8.2f} {user + system:8.2f} {peak / 1024:9.0f} {size:10.0f} {reference / max(wall, 0.01):12.1f}')
PY
