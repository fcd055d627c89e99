#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# From a checkout to an arm64 Debian image that boots, in one command.
set -eu

usage() {
    cat <<'USAGE'
usage: examples/quickstart.sh [--command FILE] [DIR]

Installs what is missing (Debian or Ubuntu), builds the imgcompose command, fetches Debian's ROCK64
bootloader, arm64 kernel and a small arm64 root filesystem, composes rock64-debian.img of them as
rock64-debian.toml says, shows its layout, and boots it under QEMU.

Everything goes to DIR (build/quickstart); what is there already is not made again. Only installing
needs root. Run by root, the rest is done as nobody where that user can reach DIR.
About 2 minutes and 90 MB to download the first time, 15 seconds after that.

  --command FILE   use this imgcompose command instead of building it
USAGE
}

die() { echo "quickstart: $*" >&2; exit 1; }
step() { printf '\n== %s\n' "$*"; }

here=$(cd "$(dirname "$0")" && pwd)
source=$(dirname "$here")
command='' dir=$source/build/quickstart
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --command) [ $# -ge 2 ] || die '--command needs a file'; command=$(realpath -- "$2"); shift ;;
        -*) die "unknown option $1 (see --help)" ;;
        *) dir=$1 ;;
    esac
    shift
done
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
PATH=$PATH:/usr/sbin:/sbin

# --- install, build ---------------------------------------------------------------------------
packages='qemu-system-arm cpio gzip'
if [ -z "$command" ]; then
    packages+=' g++ cmake ninja-build libboost-dev librange-v3-dev libfmt-dev libssl-dev zlib1g-dev libzstd-dev libarchive-dev'
    packages+=' libtomlplusplus-dev libcli11-dev nlohmann-json3-dev'
fi
# shellcheck source=quickstart/install.sh
. "$here/quickstart/install.sh"
# shellcheck disable=SC2086 # a list of words
install_missing $packages
for tool in qemu-system-aarch64 cpio gzip dpkg-deb; do
    command -v $tool >/dev/null || die "$tool not found"
done

if [ -z "$command" ]; then
    step 'building the imgcompose command'
    {
        cmake -S "$source" -B "$dir/cmake" -G Ninja -DCMAKE_BUILD_TYPE=Release -DIMGCOMPOSE_TESTS=OFF &&
            cmake --build "$dir/cmake" --target imgcompose_command
    } >"$dir/build.log" 2>&1 || { tail -n 30 "$dir/build.log" >&2; die "the build failed ($dir/build.log)"; }
    command=$(find "$dir/cmake" -type f -name imgcompose -perm -u+x | head -n 1)
fi
[ -x "$command" ] || die "no imgcompose command at '$command'"

# --- from here on nobody needs to be root -----------------------------------------------------
work=$dir/image
mkdir -p "$work"
as_nobody=()
if [ "$(id -u)" = 0 ]; then
    drop=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chown -R 65534:65534 "$work"
    if "${drop[@]}" test -w "$work" && "${drop[@]}" test -x "$command" && "${drop[@]}" test -r "$here/quickstart.sh"; then
        as_nobody=("${drop[@]}" env "HOME=$work" "TMPDIR=${TMPDIR:-/tmp}")
    else
        echo "(going on as root: user nobody cannot reach $work or this checkout)"
    fi
fi
cd "$work"

step "fetching Debian's arm64 bootloader, kernel and packages"
"${as_nobody[@]}" "$here/quickstart/fetch.sh" "$work/fetched"
"${as_nobody[@]}" "$here/quickstart/inputs.sh" "$work/fetched" "$work/inputs"
grep -E '^(u-boot-rockchip|linux-image|base-files)' "$work/fetched/complete" | sed 's/^/    /'

description=$here/descriptions/rock64-debian.toml
image=$work/rock64-debian.img
step 'the layout of the image'
"${as_nobody[@]}" "$command" plan "$description" --set "inputs=$work/inputs"
step "composing rock64-debian.img as $("${as_nobody[@]}" id -un)"
"${as_nobody[@]}" "$command" build "$description" --set "inputs=$work/inputs" -o "$image"
du -h --apparent-size "$image" | sed 's/^/    /'

step 'booting it under QEMU'
"${as_nobody[@]}" "$here/quickstart/boot.sh" "$image" "$work/inputs/u-boot-qemu.bin" "$work/boot.log"
printf '\nIt boots. For a ROCK64: dd if=%s of=/dev/YOUR-SD-CARD bs=4M conv=fsync\n' "$image"
