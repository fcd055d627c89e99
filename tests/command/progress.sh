#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Long work shows a bar on a terminal, plain lines elsewhere, and nothing with --quiet. $IMGCOMPOSE_COMMAND is the command.
set -eu
command -v script >/dev/null || { echo 'skipped: script not found'; exit 77; }
[ -x "${IMGCOMPOSE_COMMAND-}" ] || { echo "\$IMGCOMPOSE_COMMAND has to name the command"; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/imgcompose-progress.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree"
head -c 20000000 /dev/urandom >"$work/tree/large"
failed=0
wrong() { echo "$1"; od -c "$2" | head -20; failed=1; }

# A reader that begins late makes any machine slow.
slow() { echo "'$IMGCOMPOSE_COMMAND' mkfs ext4 --from '$work/tree' -o - $2 | (sleep $1; cat >/dev/null)"; }
script -qec "$(slow 1 '')" "$work/terminal" >/dev/null </dev/null
grep -q -a $'\r[^\r]* \\[#*\\.*\\] *[0-9]* %' "$work/terminal" || wrong 'no bar on a terminal' "$work/terminal"
grep -q -a $'\r\e\\[K' "$work/terminal" || wrong 'the bar stays' "$work/terminal"

bash -c "$(slow 7 '')" 2>"$work/plain"
grep -q -E '^[^:]*: .* of .* \([0-9]+ %\)$' "$work/plain" || wrong 'no plain lines elsewhere' "$work/plain"
! grep -q $'[\r\e]' "$work/plain" || wrong 'a bar where there is no terminal' "$work/plain"

script -qec "$(slow 1 --quiet)" "$work/quiet" >/dev/null </dev/null
! grep -q -a '%' "$work/quiet" || wrong '--quiet is not' "$work/quiet"
exit $failed
