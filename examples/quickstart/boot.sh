#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Boots an image in QEMU: its U-Boot reads the image as a board's would. No root, no KVM.
# usage: boot.sh IMAGE FIRMWARE LOG
# IMAGE is not changed. Exit 0 when the system on it came up, else 1 and the reason.
set -eu
image=$1 firmware=$2 log=$3
limit=300 # seconds; 20 are enough on an idle machine

: >"$log"
qemu-system-aarch64 -machine virt -cpu cortex-a53 -smp 2 -m 1024 -accel tcg,thread=multi \
    -nographic -monitor none -serial "file:$log" -net none -no-reboot -bios "$firmware" \
    -drive "if=none,id=disk,format=raw,snapshot=on,file=$image" -device virtio-blk-pci,drive=disk \
    </dev/null >"$log.qemu" 2>&1 &
qemu=$!
trap 'kill $qemu 2>/dev/null || true; rm -f "$log.qemu"' EXIT
trap 'exit 1' INT TERM

console() { tr -d '\r\000' <"$log"; }
shown=0
show_news() { # the lines of the console that tell how far it is
    local lines
    mapfile -t lines < <(console | grep -a -E '^(U-Boot 2|Found /|Retrieving|Starting kernel|initrd: |root filesystem|resize2fs|QUICKSTART)|Linux version|EXT4-fs.*mounted' | cut -c 1-110)
    for ((; shown < ${#lines[@]}; shown++)); do echo "    ${lines[shown]}"; done
}
reason=''
while kill -0 $qemu 2>/dev/null; do
    if ((SECONDS > limit)); then reason="no end after $limit s"; break; fi
    if grep -a -q -E '^=> |Kernel panic|^### ERROR ### Please RESET' "$log"; then reason='it stopped'; break; fi
    show_news
    sleep 0.3
done
show_news
if console | grep -a -q '^QUICKSTART-OK' && [ -z "$reason" ]; then exit 0; fi
: "${reason:=$(console | grep -a -m 1 '^QUICKSTART-FAILED' || echo 'it ended before it was up')}"
echo "boot: FAILED: $reason; the console ($log) ends with" >&2
cat "$log.qemu" >&2
console | grep -a . | tail -n 12 | cut -c 1-150 | sed 's/^/    /' >&2
exit 1
