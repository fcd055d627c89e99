#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Installs what is missing, builds, and runs every test.
set -eu

usage() {
    cat <<'USAGE'
usage: tests/run.sh [--fast | --asan | --clang] [--jobs N] [-- CTEST-OPTION...]

Without an option: everything built by g++ and tested, then the library's tests built by clang++ 19
with address and undefined-behaviour sanitizers, its functions compiled apart, and run again. About
half an hour on two cores the first time, less with ccache's help later.

  --fast     only the g++ build, without the tests that boot images, use the library from
             outside, run the cookbook or download
  --asan     only the sanitizer build and its tests, those of the command too
  --clang    only a clang++ build without sanitizers and all tests
  --jobs N   compilations at a time, and one test more            (the number of processors)
  -- ...     handed to ctest, such as -R fs/ext4

On Debian and Ubuntu missing packages are installed (by root, or through sudo); elsewhere they are
named. Exit status 0 when every test passed.
USAGE
}

packages="g++ clang-19 libclang-rt-19-dev cmake ninja-build ccache pkg-config git dpkg-dev binutils
    libboost-dev librange-v3-dev libfmt-dev libssl-dev zlib1g-dev libzstd-dev libarchive-dev catch2 libbenchmark-dev
    libtomlplusplus-dev libcli11-dev nlohmann-json3-dev
    gdisk fdisk e2fsprogs dosfstools mtools u-boot-tools device-tree-compiler libubootenv-tool mkbootimg
    qemu-system-arm qemu-efi-aarch64 qemu-utils bmap-tools android-sdk-libsparse-utils genimage
    gzip zstd lz4 lzop bzip2 xz-utils libarchive-tools zip
    squashfs-tools btrfs-progs xfsprogs f2fs-tools erofs-utils ntfs-3g exfatprogs genisoimage cryptsetup-bin
    doxygen groff mandoc zsh fish
    attr acl libcap2-bin fakeroot cpio perl python3 time strace"

die() { echo "tests/run.sh: $*" >&2; exit 2; }
say() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

builds='ci asan' filter=() jobs=$(nproc) more=()
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --fast) builds=ci filter=(-LE 'boot|consumer|cookbook|real') ;;
        --asan) builds=asan ;;
        --clang) builds=clang ;;
        --jobs) [ $# -ge 2 ] || die "--jobs needs a number"; jobs=$2; shift ;;
        --) shift; more=("$@"); break ;;
        *) die "unknown option $1 (see --help)" ;;
    esac
    shift
done
cd "$(dirname "$0")/.."

# shellcheck source=../examples/quickstart/install.sh
. examples/quickstart/install.sh
# shellcheck disable=SC2086 # a list of words
install_missing $packages

if command -v ninja >/dev/null; then export CMAKE_GENERATOR=Ninja; fi
if command -v ccache >/dev/null; then
    # The same sources in another folder (a fresh clone) are the same to ccache.
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
fi

failed=''
for build in $builds; do
    say "$build: configure"
    mkdir -p "build/$build"
    cmake --preset "$build" >"build/$build/configure.log" 2>&1 || { cat "build/$build/configure.log"; exit 1; }
    say "$build: build"
    target=()
    # In the full run, the command is run and what other programs say of images is asked once.
    [ "$builds $build" != 'ci asan asan' ] || target=(--target tested_library) filter=(-E '^(oracle|command)$')
    cmake --build --preset "$build" "${target[@]}" -j "$jobs" || exit 1
    say "$build: test"
    # One more than processors: tests wait for disks, emulators and downloads.
    ctest --preset "$build" -j "$((jobs + 1))" "${filter[@]}" "${more[@]}" || failed+=" $build"
    # What could not be tried is said, not hidden.
    grep -a -h -o 'skipped: .*' "build/$build/Testing/Temporary/LastTest.log" | sort | uniq -c || true
done
say "done"
[ -z "$failed" ] || { echo "tests/run.sh: FAILED:$failed"; exit 1; }
