#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Boots a copy of an image by UEFI (EDK2) on QEMU's arm64 virt machine, and says whether it came up whole: what
# shared/boot/boot-check.sh does with U-Boot.
# usage: boot-uefi.sh FIRMWARE IMAGE
set -eu
firmware=$1 image=$2
shared=${IMGCOMPOSE_SHARED:-$PWD/../shared}
log=$image.boot.log
work=$(mktemp -d "${TMPDIR:-/tmp}/boot-uefi.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp --sparse=always --reflink=auto "$image" "$work/disk"

status=0
timeout 400 nice -n 10 qemu-system-aarch64 -machine virt -cpu cortex-a53 -smp 2 -m 1024 -accel tcg,thread=multi \
    -nographic -monitor none -serial "file:$log" -net none -no-reboot -bios "$firmware" \
    -drive "if=none,id=disk,format=raw,cache=unsafe,file=$work/disk" -device virtio-blk-pci,drive=disk </dev/null || status=$?

fail() {
    echo "boot-uefi: FAILED: $1; the console ($log) ends with" >&2
    tr -d '\r' <"$log" | grep -a . | tail -n 15 | cut -c 1-160 | sed 's/^/    /' >&2
    exit 1
}
[ "$status" = 0 ] || fail "the machine did not power off ($status)"
# Each stage behind the one before it.
tr -d '\r\000' <"$log" | awk '
    stage == 0 && /EFI stub: / { stage = 1; next }
    stage == 1 && /Linux version / { stage = 2; next }
    stage == 2 && /EXT4-fs \(.*\): mounted filesystem|^imgcompose-initramfs: mounted/ { stage = 3; next }
    stage == 3 && /^IMGCOMPOSE-BOOT-OK/ { stage = 4; next }
    stage == 4 && /reboot: Power down/ { stage = 5; next }
    /Kernel panic|Oops|BUG: |EXT4-fs error|EXT4-fs warning|I\/O error|BOOT-FAILED|imgcompose-initramfs: FAILED/ { bad = 1 }
    END { exit stage == 5 && !bad ? 0 : 1 }' || fail "it did not come up"
"$shared/check/check-image.sh" "$work/disk" || fail "the disk is not sound after the boot"
echo "boot-uefi: $image came up"
