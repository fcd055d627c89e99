#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Compiles one program of docs/cookbook as its reader would, with the library that imgcompose::compiled is, runs it in a folder
# with made-up inputs, and asks other programs what it made. Without them: docs/cookbook.md shows each program as it is.
# usage: check.sh [COMPILER LIBRARY NAME], from the top of the source tree
set -eu
compiler=${1-} library=${2-} name=${3-}
source=$PWD
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
need() { for p in "$@"; do command -v "$p" >/dev/null || { echo "skipped: $p not found"; exit 77; }; done; }

if [ -z "$name" ]; then
    for program in docs/cookbook/*.cpp; do
        { echo '```cpp'; awk 'begun || !/^\/\// { begun = 1; print }' "$program"; echo '```'; } >"$dir/block"
        python3 -c 'import sys; sys.exit(open(sys.argv[1]).read() not in open("docs/cookbook.md").read())' "$dir/block" ||
            fail "docs/cookbook.md does not show $program as it is; its first comment is text there, the rest the block"
        grep -q -F "(cookbook/${program##*/})" docs/cookbook.md || fail "docs/cookbook.md does not link to $program"
    done
    [ "$(grep -c '^```cpp$' docs/cookbook.md)" -eq "$(ls docs/cookbook/*.cpp | wc -l)" ] || fail 'docs/cookbook.md shows more'
    exit 0
fi

need sfdisk e2fsck debugfs fsck.vfat mdir mtype
libraries='-pthread'
if grep -q 'imgcompose/openssl.hpp' "docs/cookbook/$name.cpp"; then
    [ -e /usr/include/openssl/evp.h ] || { echo 'skipped: libssl-dev not found'; exit 77; }
    libraries="$libraries -lcrypto"
fi
if grep -q 'imgcompose/archive.hpp' "docs/cookbook/$name.cpp"; then
    [ -e /usr/include/archive.h ] || { echo 'skipped: libarchive-dev not found'; exit 77; }
    libraries="$libraries -larchive"
fi
cache=''
command -v ccache >/dev/null && cache=ccache
# shellcheck disable=SC2086 # lists of words
$cache "$compiler" -std=c++20 -Wall -Wextra -Werror -O0 -DIMGCOMPOSE_COMPILED -I include -c "docs/cookbook/$name.cpp" -o "$dir/$name.o"
# shellcheck disable=SC2086
"$compiler" "$dir/$name.o" "$library" -o "$dir/$name" $libraries

cd "$dir"
mkdir -p rootfs/etc/ssh rootfs/var/cache/apt rootfs/bin overlay/etc
echo old >rootfs/etc/hostname
echo root:x >rootfs/etc/shadow
echo key >rootfs/etc/ssh/ssh_host_rsa_key
echo 0123456789 >rootfs/etc/machine-id
echo big >rootfs/var/cache/apt/archive
echo base >rootfs/etc/motd
echo overlay >overlay/etc/motd
head -c 3000000 /dev/urandom >rootfs/bin/program
for file in Image initrd idbloader.img u-boot.itb u-boot.bin; do head -c 200000 /dev/urandom >$file; done
tar -C rootfs --owner=7 -cf rootfs.tar .
head -c 99999744 /dev/zero | tr '\0' '\252' >medium
"./$name" >said

partition() { # IMAGE NUMBER FILE: its bytes
    local start size
    read -r start size < <(sfdisk -J "$1" | python3 -c 'import json, sys
p = json.load(sys.stdin)["partitiontable"]["partitions"][int(sys.argv[1]) - 1]; print(p["start"], p["size"])' "$2")
    dd if="$1" of="$3" bs=512 skip="$start" count="$size" status=none
}
sound() { e2fsck -fn "$1" >log 2>&1 || { cat log; fail "e2fsck of $1"; }; }
file_of() { debugfs -R "cat $2" "$1" 2>/dev/null; }
absent() { if debugfs -R "stat $2" "$1" 2>/dev/null | grep -q Inode; then fail "$2 is in $1"; fi; }
at_sector() { cmp -n "$(stat -c %s "$2")" <(tail -c +$(($3 * 512 + 1)) "$1") "$2" || fail "$2 is not at sector $3"; }
table() { sfdisk --verify "$1" 2>&1 | grep -q 'No errors' || { sfdisk --verify "$1"; fail "table of $1"; }; }

case $name in
root_filesystem) sound root.img; file_of root.img /etc/motd | cmp - rootfs/etc/motd ;;
from_an_archive)
    sound from-an-archive.img
    [ "$(file_of from-an-archive.img /etc/hostname)" = card ]; absent from-an-archive.img /var/cache/apt
    file_of from-an-archive.img /bin/program | cmp - rootfs/bin/program
    debugfs -R 'stat /etc/shadow' from-an-archive.img 2>/dev/null | grep -q 'User: *7 ' ;;
usb_stick)
    table stick.img
    partition stick.img 1 part
    fsck.vfat -n part
    mtype -i part '::/Read me first.txt' | grep -q Hello; mtype -i part ::/firmware/Image | cmp - Image ;;
card)
    table card.img
    at_sector card.img idbloader.img 64; at_sector card.img u-boot.itb 16384
    partition card.img 1 boot; sound boot; file_of boot /Image | cmp - Image
    file_of boot /extlinux/extlinux.conf | grep -q 'console=ttyS2,1500000'
    partition card.img 2 root; sound root ;;
uefi_disk)
    table uefi.img
    sfdisk -d uefi.img | grep -q C12A7328-F81F-11D2-BA4B-00A0C93EC93B
    sfdisk -d uefi.img | grep -q B921B045-1DF0-41C3-AF44-4C6F280D3FAE
    partition uefi.img 1 esp; mtype -i esp ::/EFI/BOOT/BOOTAA64.EFI | cmp - Image ;;
own_board) table my-board.img; at_sector my-board.img u-boot.bin 16; sfdisk -d my-board.img | grep -q 'label: dos' ;;
where_is_what) cat said; grep -q '^ *64 .*idbloader.img$' said; grep -q '^ *32768 .*root$' said ;;
three_kinds)
    cat said
    [ "$(awk '{ sum += $2 } END { print sum }' said)" -eq 1073741824 ] || fail 'not all of it'
    awk '$1 == "data" && $2 > 100000000 { exit 1 } $1 == "undefined" && $2 < 900000000 { exit 1 }' said ;;
change_a_tree)
    sound changed.img
    [ "$(file_of changed.img /etc/motd)" = overlay ]; [ "$(file_of changed.img /etc/hostname)" = card ]
    absent changed.img /var/cache/apt
    debugfs -R 'stat /etc/shadow' changed.img 2>/dev/null | grep -q 'Mode:  *0600'
    debugfs -R 'stat /etc/localtime' changed.img 2>/dev/null | grep -q 'zoneinfo/UTC' ;;
own_step)
    table updates.img; partition updates.img 1 a; sound a
    [ "$(file_of a /etc/machine-id)" = uninitialized ]
    absent a /etc/ssh/ssh_host_rsa_key
    [ "$(sfdisk -J updates.img | grep -c '"root-[ab]"')" -eq 2 ] ;;
boot_menu) fsck.vfat -n menu.img; mtype -i menu.img ::/extlinux/extlinux.conf | grep -q -i '^timeout 30' ;;
whole_medium)
    [ "$(stat -c %s medium)" -eq 99999744 ]
    table medium; at_sector medium u-boot.bin 64
    partition medium 1 root; sound root
    [ "$(tail -c +$((60 * 512 + 1)) medium | head -c 1 | od -An -tx1)" = ' aa' ] || fail 'what nobody asked for was written' ;;
disk_in_a_disk)
    sound installer.img; file_of installer.img /images/rock64.img >inner
    table inner; at_sector inner u-boot.bin 64; partition inner 1 root; sound root ;;
same_again) grep -q -E '^[0-9a-f]{64}$' said ;;
table_at_compile_time) table table.img; sfdisk -d table.img | grep -q 'start= *16384, size= *49152.*name="system"' ;;
*) fail "nobody looks at what $name makes" ;;
esac
