#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# docs/coming-from.md shows the files of docs/coming-from/ as they are, and each description of them makes a sound disk.
# genimage, where it is installed, makes the same partitions of its file as we of ours.
# usage: coming_from.sh COMMAND, from the top of the source tree
set -eu
command=$1
source=$PWD
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
for program in sfdisk e2fsck mdir; do command -v $program >/dev/null || { echo "skipped: $program not found"; exit 77; }; done

for file in docs/coming-from/*; do
    { tail -n +2 "$file"; echo '```'; } >"$dir/block"
    python3 -c 'import sys; sys.exit(open(sys.argv[1]).read() not in open("docs/coming-from.md").read())' "$dir/block" ||
        fail "docs/coming-from.md does not show $file as it is"
done

cd "$dir"
mkdir -p rootfs/etc rootfs/var/cache
echo card >rootfs/etc/hostname
echo none >rootfs/etc/fstab
echo old >rootfs/var/cache/old
for file in Image initrd u-boot.bin; do head -c 100000 /dev/urandom >$file; done
partition() { # IMAGE NUMBER FILE
    local start size
    read -r start size < <(sfdisk -J "$1" | python3 -c 'import json, sys
p = json.load(sys.stdin)["partitiontable"]["partitions"][int(sys.argv[1]) - 1]; print(p["start"], p["size"])' "$2")
    dd if="$1" of="$3" bs=512 skip="$start" count="$size" status=none
}
for description in "$source"/docs/coming-from/*.toml; do
    name=$(basename "$description" .toml)
    # The files are random bytes, which would not boot.
    "$command" build "$description" --inputs . --no-lint -q -o "$name.img" || fail "$name: build"
    sfdisk --verify "$name.img" 2>&1 | grep -q 'No errors' || fail "$name: table"
    last=$(sfdisk -J "$name.img" | grep -c '"node"')
    partition "$name.img" "$last" root
    e2fsck -fn root >log 2>&1 || { cat log; fail "$name: root"; }
    [ "$(debugfs -R 'cat /etc/hostname' root 2>/dev/null)" = card ] || fail "$name: the root is another"
    if [ "$last" -eq 2 ]; then
        partition "$name.img" 1 boot
        mdir -b -s -i boot | grep -q -i -E 'Image|BOOTAA64' || fail "$name: boot"
    fi
    if grep -q u-boot.bin "$description"; then
        cmp -n 100000 -i 32768:0 "$name.img" u-boot.bin || fail "$name: the bootloader is not at sector 64"
    fi
done
if command -v genimage >/dev/null; then
    genimage --config "$source/docs/coming-from/genimage.cfg" --inputpath . --outputpath out --tmppath tmp >log 2>&1 || { cat log; fail genimage; }
    places() { sfdisk -J "$1" | grep -o -E '"(start|size|type|name|attrs)":[^,}]*'; }
    diff <(places out/sdcard.img) <(places genimage.img) || fail 'genimage has other partitions'
    "$command" import-genimage "$source/docs/coming-from/genimage.cfg" --inputs . -o imported.toml
    "$command" build imported.toml --inputs . --no-lint -q -o imported.img
    diff <(places out/sdcard.img) <(places imported.img) || fail 'the import has other partitions'
else
    echo 'skipped: genimage not found'
fi
