#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Two directories with the same files, made in opposite order, give the same filesystems, with one thread and with seven.
# $IMGCOMPOSE_COMMAND is the command.
set -eu
[ -x "${IMGCOMPOSE_COMMAND-}" ] || { echo "\$IMGCOMPOSE_COMMAND has to name the command"; exit 1; }
# A filesystem in memory lists names in order of their making, or the other way; one on a disk by their hash.
base=${TMPDIR:-/tmp}
[ ! -w /dev/shm ] || base=/dev/shm
work=$(mktemp -d "$base/imgcompose-order.XXXXXX")
trap 'rm -rf "$work"' EXIT
fill() { # fill DIR NUMBER...
    local dir=$1 i
    shift
    for i; do
        mkdir -p "$dir/d$((i % 7))/e$((i % 3))"
        echo "content of $i" >"$dir/d$((i % 7))/e$((i % 3))/file-$i"
        echo "$i" >"$dir/many-$i"
        [ $((i % 50)) != 0 ] || ln "$dir/many-$i" "$dir/d$((i % 7))/link-$i"
    done
    find "$dir" -exec touch -h -d @1000000000 {} +
}
# shellcheck disable=SC2046 # numbers
fill "$work/one" $(seq 1 900)
# shellcheck disable=SC2046
fill "$work/two" $(seq 900 -1 1)
[ "$(ls -U "$work/one")" != "$(ls -U "$work/two")" ] || echo 'skipped: this filesystem lists both directories in the same order'
failed=0
for kind in ext4 fat; do
    "$IMGCOMPOSE_COMMAND" mkfs $kind -q --from "$work/one" -o "$work/first" --jobs 1
    for jobs in 1 7; do
        "$IMGCOMPOSE_COMMAND" mkfs $kind -q --from "$work/two" -o "$work/second" --jobs $jobs
        cmp "$work/first" "$work/second" || { echo "$kind with $jobs threads differs"; failed=1; }
    done
done
# That it can fail.
echo other >"$work/two/many-5"
touch -d @1000000000 "$work/two/many-5"
"$IMGCOMPOSE_COMMAND" mkfs ext4 -q --from "$work/two" -o "$work/second"
! cmp -s "$work/first" "$work/second" || { echo 'another file was not noticed'; failed=1; }
exit $failed
