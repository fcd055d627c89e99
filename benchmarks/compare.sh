#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Times imgcompose against the programs that do the same, and against the machine's limit.
set -eu

usage() {
    cat <<'USAGE'
usage: benchmarks/compare.sh [trees | formats | scale | bytes | clone | plot] [OPTION...]

  trees   (default) the work loads w1 (a root filesystem, alone and in a board's disk), w2 (small files, 20,000 of them in
          one directory), w2s (the same, a hundred in the largest), w3 (large files), w4 (a disk with a FAT boot partition
          and a blob), by imgcompose, by each other program found here, and by a program that only walks, reads and
          writes; then what was wanted, and whether it was met
  formats Android sparse, qcow2, zstd, gzip, bmap and SHA-256, in the pass that writes and by other programs afterwards
  scale   10,000 to 1,000,000 files
  bytes   64 MiB to 4 GiB in large files
  clone   on XFS, mounted from a file (root): the image is made by sharing blocks
  plot    benchmarks/time-by-files.svg and time-by-bytes.svg, of the last scale and bytes

  --rounds N   (5)      --only w2,w4      --tree w1=DIR      --out DIR (/dev/shm)     --sync     --peers mke2fs,tar
                                                                                      -h of compare.py has all

Programs are interleaved: each round has each of them once, but those that take more than 10 s every fourth. Work loads are
made where they are missing; w1 is downloaded from Debian, and smaller without shared/perf.
$IMGCOMPOSE_COMMAND names the command; without it one is built in build/compare.
USAGE
}

case ${1-} in -h | --help) usage; exit 0 ;; esac
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build/compare
command=${IMGCOMPOSE_COMMAND-}
if [ -z "$command" ]; then
    mkdir -p "$build"
    {
        cmake -S "$here/.." -B "$build" -DCMAKE_BUILD_TYPE=Release -DIMGCOMPOSE_TESTS=OFF -DIMGCOMPOSE_BENCHMARKS=OFF &&
            cmake --build "$build" --target imgcompose_command
    } >"$build/benchmark-build.log" 2>&1 || { tail "$build/benchmark-build.log" >&2; exit 1; }
    command=$build/examples/imgcompose/imgcompose
fi
mkdir -p "$build"
for program in limit timed; do "${CXX:-c++}" -std=c++20 -O2 -pthread "$here/programs/$program.cpp" -o "$build/$program"; done
exec python3 "$here/compare.py" "$@" --command "$command" --limit "$build/limit" --timed "$build/timed"
