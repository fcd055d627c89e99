#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Fetches real arm64 software from Debian: bootloader, kernel, and the packages of a small system.
# usage: fetch.sh DIR [PACKAGE...]
# Leaves DIR/root-debs/ (the small system, and each PACKAGE), DIR/other-debs/ and, last, DIR/complete. apt runs with a
# state of its own in DIR/apt: no root, and no architecture is added to this system. A complete DIR is left as it is.
set -eu
dir=$1
shift
[ ! -e "$dir/complete" ] || exit 0
die() { echo "quickstart: $*" >&2; exit 1; }
command -v apt-get >/dev/null || die 'apt-get not found: the quick start takes its arm64 software from Debian'

# What the small system is made of; apt adds what these need.
root_packages="base-files base-passwd dash coreutils mount util-linux e2fsprogs busybox-static $*"
rm -rf "$dir/root-debs" "$dir/other-debs"
mkdir -p "$dir/apt/lists/partial" "$dir/root-debs/partial" "$dir/other-debs"
dir=$(cd "$dir" && pwd)
: >"$dir/apt/status"
cat >"$dir/apt/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "$(id -un)";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$dir/apt";
Dir::State::lists "$dir/apt/lists";
Dir::State::status "$dir/apt/status";
Dir::Cache "$dir/apt";
Dir::Cache::archives "$dir/root-debs";
Dir::Log "$dir/apt";
CONF
APT_CONFIG=$dir/apt/apt.conf
export APT_CONFIG
quietly() { "$@" </dev/null >"$dir/apt/log" 2>&1; }

# A source without arm64 packages is no obstacle if another one has what is needed.
quietly apt-get update || true
kernel=$(apt-cache show --no-all-versions linux-image-arm64 2>/dev/null |
    sed -n 's/^Depends: *\(linux-image-[^ ,]*\).*/\1/p')
missing=''
[ "$kernel" ] || missing=' linux-image-arm64'
for package in u-boot-rockchip u-boot-qemu $root_packages; do
    case $(apt-cache policy "$package" 2>/dev/null | awk '$1 == "Candidate:" { print $2 }') in
        '' | '(none)') missing="$missing $package" ;;
    esac
done
[ -z "$missing" ] || { tail -n 5 "$dir/apt/log" >&2; die "the package sources of this machine offer no arm64$missing.
Debian's main component (bookworm or later) has them: add it to the apt sources, or on Ubuntu a source
with 'arch=arm64' that has them."; }

# shellcheck disable=SC2086 # a list of words
quietly apt-get install --download-only -y $root_packages || { tail -n 10 "$dir/apt/log" >&2; die 'download failed'; }
cd "$dir/other-debs"
quietly apt-get download "$kernel" u-boot-rockchip u-boot-qemu || { tail -n 10 "$dir/apt/log" >&2; die 'download failed'; }
for deb in "$dir"/root-debs/*.deb "$dir"/other-debs/*.deb; do
    # shellcheck disable=SC2016 # filled in by dpkg-deb
    dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb"
done >"$dir/complete.part"
mv "$dir/complete.part" "$dir/complete"
