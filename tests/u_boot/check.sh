#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# A real U-Boot, in QEMU, reads every file of filesystems that the imgcompose command makes for it, and finds the bytes
# that are in the directory they were made of.
# usage: check.sh ext4|fat DIR, from the top of the source tree
#   DIR   where tests/boot_images/check.sh left its inputs
# $IMGCOMPOSE_COMMAND is the command. Exit 77: skipped, and why.
set -eu
kind=$1 dir=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=${IMGCOMPOSE_SHARED:-$PWD/../shared}
inputs=${IMGCOMPOSE_BOOT_INPUTS:-$dir/inputs}
skip() { echo "skipped: $*"; exit 77; }
[ -x "${IMGCOMPOSE_COMMAND-}" ] || { echo "\$IMGCOMPOSE_COMMAND has to name the command"; exit 1; }
[ -x "$shared/boot/uboot-read.sh" ] || skip "$shared/boot not found"
[ -e "$inputs/u-boot.bin" ] || skip "no U-Boot in $inputs"
for tool in qemu-system-aarch64 python3; do command -v $tool >/dev/null || skip "$tool not found"; done
work=$(mktemp -d "${TMPDIR:-/tmp}/imgcompose-u-boot.XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 "$here/make.py" "$kind" "$work/tree"

failed=0
read_back() { # read_back OPTION...: of a filesystem made with these options
    echo "-- mkfs $kind $*"
    if "$IMGCOMPOSE_COMMAND" mkfs "$kind" -q --from "$work/tree" -o "$work/fs.img" "$@" &&
        "$shared/boot/uboot-read.sh" --inputs "$inputs" --part 0 --timeout 300 "$work/fs.img" "$work/tree"; then :; else failed=1; fi
    rm -f "$work/fs.img"
}
case $kind in
    ext4)
        read_back --readable-by u-boot
        read_back --readable-by u-boot --block-size 1KiB --size min+30%
        read_back --readable-by u-boot-2017
        ;;
    fat)
        read_back --fat-bits 32 --cluster-size 512
        read_back --fat-bits 16 --size 200MiB
        rm "$work/tree/large" # more than FAT12 has clusters for
        read_back --fat-bits 12 --cluster-size 4KiB
        ;;
esac

# That it can fail: one byte of a file is another.
"$IMGCOMPOSE_COMMAND" mkfs "$kind" -q --from "$work/tree" -o "$work/fs.img"
printf 'changed' >"$work/tree/size-5"
if "$shared/boot/uboot-read.sh" --inputs "$inputs" --part 0 --timeout 300 "$work/fs.img" "$work/tree" >"$work/said" 2>&1; then
    echo "another file in the directory was not noticed"
    failed=1
fi
grep -q size-5 "$work/said" || { cat "$work/said"; failed=1; }
exit $failed
