#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# SHA-256 of the image of each shipped description and of examples/nanopi_r2s, composed of fixed inputs: they must be as
# they are in descriptions.sha256. Some, of all kinds of tables and filesystems, are made a second time with seven
# threads instead of one, from the same inputs made in the opposite order, in another locale, time zone and umask.
# usage: descriptions.sh NANOPI_R2S, from the top of the source tree
#   NANOPI_R2S   the program of examples/nanopi_r2s
# $IMGCOMPOSE_COMMAND is the command. IMGCOMPOSE_UPDATE_GOLDEN=1 writes descriptions.sha256 anew; the commit says why.
set -eu
r2s=$1
here=$(cd "$(dirname "$0")" && pwd)
[ -x "${IMGCOMPOSE_COMMAND-}" ] || { echo "\$IMGCOMPOSE_COMMAND has to name the command"; exit 1; }
command -v sha256sum >/dev/null || { echo 'skipped: sha256sum not found'; exit 77; }
command -v python3 >/dev/null || { echo 'skipped: python3 not found'; exit 77; }
unset SOURCE_DATE_EPOCH
work=$(mktemp -d "${TMPDIR:-/tmp}/imgcompose-golden.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$IMGCOMPOSE_COMMAND" boards --json >"$work/boards"
python3 "$here/inputs.py" forwards "$work/one" <"$work/boards"
(umask 077 && python3 "$here/inputs.py" backwards "$work/two" <"$work/boards")

# A locale whose numbers look different; where localedef is missing its name alone has to do.
odd='LC_ALL=C'
if command -v localedef >/dev/null && mkdir "$work/locales" && localedef -i de_CH -f UTF-8 "$work/locales/de_CH.UTF-8" 2>/dev/null; then
    odd="LOCPATH=$work/locales LC_ALL=de_CH.UTF-8"
else
    echo 'skipped: another locale: localedef cannot make it'
fi

failed=0
digests() { # digests FOLDER JOBS DESCRIPTION...
    local folder=$1 jobs=$2 description from
    shift 2
    for description; do
        from=(--inputs "$folder")
        ! grep -q '^inputs = ' "$description" || from=(--set "inputs=$folder")
        "$IMGCOMPOSE_COMMAND" build "$description" "${from[@]}" --no-lint --jobs "$jobs" -q -o "$work/disk.img" || echo "$description cannot be built" >&2
        printf '%s  %s\n' "$(sha256sum <"$work/disk.img" | cut -c 1-64)" "$description"
        rm -f "$work"/disk.*
    done
    "$r2s" "$folder" "$work/disk.img" || echo 'examples/nanopi_r2s cannot be made' >&2
    printf '%s  %s\n' "$(sha256sum <"$work/disk.img" | cut -c 1-64)" examples/nanopi_r2s
    rm -f "$work/disk.img"
}
all=()
for description in examples/descriptions/*.toml; do
    # Some are there for others to extend.
    grep -q '^board = ' "$description" || ! grep -q "^extends = \"${description##*/}\"" examples/descriptions/*.toml || continue
    all+=("$description")
done
digests "$work/one" 1 "${all[@]}" >"$work/first"
(
    umask 0077
    # shellcheck disable=SC2163 # words of the form NAME=VALUE
    export $odd TZ=Pacific/Kiritimati
    digests "$work/two" 7 examples/descriptions/{nanopi-r2s,raspberry-pi-4,rock64-debian,kukui,uefi-arm64,odroid-c2}.toml
) >"$work/second"
grep -F -x -v -f "$work/first" "$work/second" && { echo 'the same inputs in another order, locale, time zone and umask give other bytes'; failed=1; } || true

if [ "${IMGCOMPOSE_UPDATE_GOLDEN-}" ]; then
    cp "$work/first" "$here/descriptions.sha256"
else
    diff "$here/descriptions.sha256" "$work/first" || { echo 'an image has changed; see the top of this script'; failed=1; }
fi
echo "$(wc -l <"$work/first") images"
exit $failed
