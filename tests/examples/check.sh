#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Runs the programs of examples/nanopi_r2s and examples/minimal_flasher on small inputs: to files, to a loop device, and
# to what they have to refuse.
# usage: check.sh NANOPI_R2S MINIMAL_FLASHER, from the top of the source tree
set -eu
r2s=$1 flasher=$2
shared=${IMGCOMPOSE_SHARED:-$PWD/../shared}
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C
for tool in sgdisk e2fsck debugfs; do command -v $tool >/dev/null || { echo "skipped: $tool not found"; exit 77; }; done
work=$(mktemp -d "${TMPDIR:-/tmp}/imgcompose-examples.XXXXXX")
loop=''
finish() {
    ! mountpoint -q "$work/at" || umount "$work/at"
    [ -z "$loop" ] || losetup -d "$loop"
    rm -rf "$work"
}
trap finish EXIT
failed=0
wrong() { echo "$*"; failed=1; }
same() { cmp -s "$1" <(dd if="$2" bs=512 skip="$3" count=$(($(stat -c %s "$1") / 512)) status=none) || wrong "$2: ${1##*/} is not at sector $3"; }

in=$work/in
mkdir -p "$in/dtbs/rockchip" "$in/rootfs/etc" "$in/boot/extlinux"
head -c 204800 /dev/urandom >"$in/idbloader.img"
head -c 1431552 /dev/urandom >"$in/u-boot.itb"
head -c 3000000 /dev/urandom >"$in/Image"
head -c 1000000 /dev/urandom >"$in/initrd"
head -c 40000 /dev/urandom >"$in/dtbs/rockchip/rk3328-nanopi-r2s.dtb"
echo box >"$in/rootfs/etc/hostname"
cp "$in/Image" "$in/boot/Image"

sound() { # sound IMAGE: as others see it
    if [ -x "$shared/check/check-image.sh" ]; then
        "$shared/check/check-image.sh" --blob "$in/idbloader.img@64" --blob "$in/u-boot.itb@16384" "$1" || wrong "$1 is not sound"
    else
        sgdisk -v "$1" | grep -q 'No problems found' || wrong "sgdisk finds fault with $1"
        same "$in/idbloader.img" "$1" 64
        same "$in/u-boot.itb" "$1" 16384
    fi
}
file_in() { # file_in IMAGE PARTITION PATH: its bytes
    local start
    start=$(sgdisk -i "$2" "$1" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
    debugfs -R "cat $3" "$1?offset=$((start * 512))" 2>/dev/null
}

echo '-- nanopi_r2s'
"$r2s" "$in" "$work/r2s.img" || wrong 'nanopi_r2s failed'
sound "$work/r2s.img"
file_in "$work/r2s.img" 1 /Image | cmp - "$in/Image" || wrong 'another kernel'
file_in "$work/r2s.img" 1 /extlinux/extlinux.conf | grep -q 'FDT /board.dtb' || wrong 'another extlinux.conf'
[ "$(file_in "$work/r2s.img" 2 /etc/hostname)" = box ] || wrong 'another root'
! "$r2s" "$work/nothing" "$work/none.img" 2>"$work/said" || wrong 'inputs that are not there were taken'
grep -q 'nanopi_r2s: .*nothing' "$work/said" || wrong "said of inputs that are not there: $(cat "$work/said")"
[ ! -e "$work/none.img" ] || wrong 'a failure left an image'
status=0
"$r2s" 2>/dev/null || status=$?
[ $status = 2 ] || wrong "without arguments its status is $status"

echo '-- minimal_flasher to a file'
truncate -s 1G "$work/card"
"$flasher" nanopi-r2s "$in" "$work/card" 2>"$work/said" || { wrong 'minimal_flasher failed'; cat "$work/said"; }
[ "$(stat -c %s "$work/card")" = $((1 << 30)) ] || wrong 'the file has another size'
sound "$work/card"
file_in "$work/card" 1 /Image | cmp - "$in/Image" || wrong 'another kernel'
! "$flasher" no-such-board "$in" "$work/card" 2>/dev/null || wrong 'an unknown board was taken'

if [ "$(id -u)" = 0 ] && head -c 1G /dev/zero | tr '\0' '\377' >"$work/medium" && loop=$(losetup -fP --show "$work/medium" 2>/dev/null); then
    echo "-- minimal_flasher to $loop"
    "$flasher" nanopi-r2s "$in" "$loop" 2>"$work/said" || { wrong 'minimal_flasher failed'; cat "$work/said"; }
    sound "$work/medium"
    file_in "$work/medium" 2 /etc/hostname | grep -q box || wrong 'another root'
    partx -u "$loop" 2>/dev/null || true
    mkdir "$work/at"
    if mount "${loop}p2" "$work/at" 2>/dev/null || mount -o loop,offset=$(($(sgdisk -i 2 "$loop" | sed -n 's/^First sector: \([0-9]*\).*/\1/p') * 512)) "$loop" "$work/at"; then
        ! "$flasher" nanopi-r2s "$in" "$loop" 2>"$work/said" || wrong 'a device in use was written'
        grep -q 'in use' "$work/said" || wrong "said of a device in use: $(cat "$work/said")"
        echo "refused: $(tail -n 1 "$work/said")"
        umount "$work/at"
    else
        echo 'skipped: a mounted device: this kernel mounts no loop device'
    fi
else
    loop=''
    echo 'skipped: a loop device: needs root'
fi
exit $failed
