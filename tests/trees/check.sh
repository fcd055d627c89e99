#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Makes ext4 filesystems of trees on this machine's disk with the imgcompose command, and asks e2fsprogs, the kernel and
# the checks in shared/check whether each name, attribute, byte and hole is there.
# usage: check.sh TREE DIR, from the top of the source tree
#   TREE   everything, many or empty (see make.py), or debian: a root filesystem of Debian's arm64 packages
#   DIR    for downloads
# $IMGCOMPOSE_COMMAND is the command. Exit 77: skipped, and why.
set -eu
tree=$1 dir=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=${IMGCOMPOSE_SHARED:-$PWD/../shared}
skip() { echo "skipped: $*"; exit 77; }
PATH=$PATH:/usr/sbin:/sbin
[ -x "${IMGCOMPOSE_COMMAND-}" ] || { echo "\$IMGCOMPOSE_COMMAND has to name the command"; exit 1; }
[ -x "$shared/check/compare-tree.py" ] || skip "$shared/check not found"
for tool in e2fsck debugfs dumpe2fs sgdisk python3; do command -v $tool >/dev/null || skip "$tool not found"; done

# A filesystem in memory holds attributes and times that the one of /tmp may not.
base=${TMPDIR:-/tmp}
[ ! -w /dev/shm ] || base=/dev/shm
work=$(mktemp -d "$base/imgcompose-trees.XXXXXX")
trap 'rm -rf "$work"' EXIT
top=$work/tree image=$work/fs.img

if [ "$tree" = debian ]; then
    [ "$(id -u)" = 0 ] || skip 'the files of packages belong to root: run as root'
    command -v apt-get >/dev/null || skip 'apt-get not found'
    mkdir -p "$dir"
    # Packages of many files: 35,000 names in all.
    examples/quickstart/fetch.sh "$dir/fetched" libboost1.74-dev golang-1.19-src python3 perl tzdata locales vim-runtime >"$dir/fetch.log" 2>&1 ||
        { tail "$dir/fetch.log"; skip "Debian's packages for arm64 not to be had"; }
    mkdir "$top"
    for deb in "$dir"/fetched/root-debs/*.deb "$dir"/fetched/other-debs/linux-image-*.deb; do dpkg-deb -x "$deb" "$top"; done
    names=$(find "$top" | wc -l)
    echo "debian: $names names"
    [ "$names" -ge 30000 ] || { echo "these are too few"; exit 1; }
else
    python3 "$here/make.py" "$tree" "$top"
fi

failed=0
methods=(debugfs)
[ "$(id -u)" != 0 ] || methods+=(mount)
make() { rm -f "$image" && "$IMGCOMPOSE_COMMAND" mkfs ext4 -q --from "$top" -o "$image" "$@"; }
compare() { "$shared/check/compare-tree.py" ${without:+--without "$without"} --method "$1" "$image" "$top" || failed=1; }
wrong() { echo "$*"; failed=1; }
# check-image.sh compares the superblocks up to their checksum, so where there is none it compares all that dumpe2fs says
# of the one with the half that it says of another. Here each is asked for its header alone.
sound_without_checksums() {
    local size backup
    e2fsck -fn "$image" >"$work/fsck" 2>&1 || wrong "e2fsck: $(cat "$work/fsck")"
    ! grep -v -E '^(e2fsck [0-9]|Pass [1-5]: |[^ ]+: [0-9]+/[0-9]+ files \(|$)' "$work/fsck" || wrong 'e2fsck complains'
    header() { dumpe2fs -h "$@" "$image" 2>/dev/null | grep -v -E '^(Filesystem state|Journal)'; }
    size=$(header | sed -n 's/^Block size: *//p')
    header >"$work/first"
    grep -q '^Filesystem UUID' "$work/first" || wrong 'dumpe2fs says nothing'
    for backup in $(dumpe2fs "$image" 2>/dev/null | sed -n 's/^ *Backup superblock at \([0-9]*\),.*/\1/p'); do
        header -o superblock="$backup" -o blocksize="$size" | diff "$work/first" - || wrong "the superblock at block $backup differs"
    done
    echo "  without checksums: ok ($(sed -n 's/^[^ ]*: \([0-9].*\)/\1/p' "$work/fsck"))"
}
check() { # check OPTION...: what other programs say of the image that mkfs makes with these options
    echo "-- mkfs ext4 $*"
    make ${without:+--exclude "/$without"} "$@" || { failed=1; return; }
    case $* in
        *^metadata_csum*) sound_without_checksums ;;
        *) "$shared/check/check-image.sh" "$image" || failed=1 ;;
    esac
    for method in "${methods[@]}"; do compare "$method"; done
}
without=''

check
case $tree in
    everything)
        without=long_links check --block-size 1KiB -O ^64bit,^flex_bg
        without=long_links check --block-size 2KiB --journal none --size min+20%
        check --block-size 4KiB -O ^dir_index,^resize_inode,^sparse_super --size 400MiB
        check -O ^metadata_csum
        ;;
    many)
        check --block-size 1KiB
        # What is promised of memory: 600 bytes a name, and 64 MiB.
        if [ -x /usr/bin/time ]; then
            names=$(find "$top" | wc -l)
            rm -f "$image"
            used=$(/usr/bin/time -f %M "$IMGCOMPOSE_COMMAND" mkfs ext4 -q --from "$top" -o "$image" 2>&1)
            echo "memory: $used KiB for $names names"
            [ "$used" -le $((names * 600 / 1024 + 65536)) ] || wrong 'more than 600 bytes a name and 64 MiB'
        else
            echo 'skipped: memory: /usr/bin/time not found'
        fi
        # Each name is found through the index of its directory.
        for directory in largest:20000 subdirectories:70000; do
            debugfs -R "htree_dump /${directory%:*}" "$image" >"$work/dump" 2>&1
            found=$(grep -o '0x[0-9a-f]*-[0-9a-f]* ([0-9]*) [^ ]*' "$work/dump" | sort -u | wc -l)
            [ "$found" = "${directory#*:}" ] || wrong "htree_dump finds $found names in $directory"
        done
        ;;
    debian) check -O ^metadata_csum ;;
esac

# The smallest size is exact: a block less is refused before anything is written, and what is said to be missing is
# missing, however much that is.
make
least=$(stat -c %s "$image")
check --size "$least"
rm "$image"
for size in $((least - 4096)) $((least / 2)) $((least / 100)); do
    if said=$(make --size "$size" 2>&1); then
        wrong "$size bytes were accepted"
        continue
    fi
    missing=$(sed -n 's/.* bytes: \([0-9]*\) bytes .* are missing.*/\1/p' <<<"$said")
    [ "$missing" = $((least - size)) ] || wrong "$((least - size)) bytes too few are told as: $said"
done
[ -z "$(find "$work" -maxdepth 1 -name '*fs.img*')" ] || { echo "a refused image left a file"; failed=1; }

# Growing: twice, a hundred times, and to what was promised.
if command -v resize2fs >/dev/null; then
    grow() { # grow SIZE: to SIZE bytes, and all is still there
        truncate -s "$1" "$image"
        resize2fs -f "$image" >"$work/resize.log" 2>&1 || { cat "$work/resize.log"; failed=1; return; }
        "$shared/check/check-image.sh" "$image" || failed=1
    }
    promised=$((16 << 30))
    make --grows-to $promised
    before=$(dumpe2fs -h "$image" 2>/dev/null | sed -n 's/^Inode count: *//p')
    least=$(stat -c %s "$image")
    reserved=$(dumpe2fs -h "$image" 2>/dev/null | sed -n 's/^Reserved GDT blocks: *//p')
    grow $((2 * least))
    [ $((100 * least)) -gt $promised ] || grow $((100 * least))
    grow $promised
    # Within what was reserved, no block of a file had to make room for descriptors.
    dumpe2fs -h "$image" 2>/dev/null | sed -n 's/^Reserved GDT blocks: */descriptor blocks reserved afterwards: /p'
    echo "descriptor blocks reserved before: $reserved"
    compare debugfs
    # As many inodes as a filesystem that had that size from the beginning.
    inodes=$(dumpe2fs -h "$image" 2>/dev/null | sed -n 's/^Inode count: *//p')
    echo "inodes: $before before, $inodes afterwards"
    [ "$inodes" -ge $((promised / 16384)) ] || wrong "only $inodes inodes after growing"
    tune2fs -l "$image" >/dev/null || failed=1
fi
exit $failed
