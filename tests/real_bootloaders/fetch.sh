#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Fetches bootloaders as Debian ships them for arm64 and armhf, and device trees of its kernel, for tests that read them.
# usage: fetch.sh DIR
#   DIR/arm64, DIR/armhf   the packages unpacked
#   DIR/dtbs               device trees of the arm64 kernel
#   DIR/next               for arm64: those of Debian 13, where the machine's own release is older and has no
#                          u-boot-rockchip.bin and u-boot-rockchip-spi.bin
#   DIR/VERSIONS*          name, architecture and version of each
# By the machine's package sources, with apt's state inside DIR: needs no root and installs nothing. About 120 MB to
# download, 400 MB on disk. A complete DIR is left as it is. Exit 77: skipped, and why.
set -eu
[ $# = 1 ] || { echo "usage: fetch.sh DIR" >&2; exit 2; }
skip() { echo "skipped: $*"; exit 77; }
for tool in apt-get apt-cache dpkg-deb flock; do
    command -v $tool >/dev/null || skip "$tool not found"
done
mkdir -p "$1"
dir=$(cd "$1" && pwd)
# Several builds may share what was downloaded; only one of them downloads.
exec 9>"$dir/lock"
flock 9

# Those that no package source offers for either architecture are passed over and named.
wanted="u-boot-rockchip u-boot-sunxi u-boot-amlogic u-boot-imx u-boot-rpi u-boot-qemu u-boot-mvebu u-boot-tegra
    u-boot-omap u-boot-exynos u-boot-stm32 arm-trusted-firmware raspi-firmware"
next=trixie next_wanted="u-boot-rockchip u-boot-sunxi u-boot-rpi raspi-firmware"
tell() {
    cat "$dir/VERSIONS"
    for package in $wanted; do
        grep -q "^$package " "$dir/VERSIONS" || echo "skipped: no package source of this machine offers $package"
    done
    if [ -e "$dir/VERSIONS.next" ]; then sed "s/$/ ($next)/" "$dir/VERSIONS.next"; fi
}

candidate() { apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'; }

private_apt() { # NAME ARCH: its own lists, and all settings of the system
    apt=$dir/apt/$1
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/get"
    : >"$apt/status"
    cat >"$apt/apt.conf" <<CONF
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "$(id -un)";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Log "$apt";
CONF
    export APT_CONFIG="$apt/apt.conf"
}

# From the site that the system's own Debian source names. What of it is not to be had is said, and is no failure.
next_release() {
    if find "$dir/arm64" -name u-boot-rockchip-spi.bin | grep -q .; then return; fi
    missing() { echo "skipped: $*, so there is no u-boot-rockchip.bin and u-boot-rockchip-spi.bin to compare with"; }
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$key" ] || { missing "$key not found"; return; }
    private_apt next arm64
    apt-get update >"$apt/log" 2>&1 || true # the origin of a source is in its lists
    # shellcheck disable=SC2016 # filled in by apt-get
    site=$(apt-get indextargets --format '$(CREATED_BY) $(COMPONENT) $(ORIGIN) $(LABEL) $(SITE)' |
        awk '$1 == "Packages" && $2 == "main" && $3 == "Debian" && $4 == "Debian" { print $5; exit }')
    [ -n "$site" ] || { missing "none of this machine's package sources is Debian's own"; return; }
    echo "deb [signed-by=$key] $site $next main non-free-firmware" >"$apt/sources.list"
    cat >>"$apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
CONF
    apt-get update >"$apt/log" 2>&1 || { missing "the package lists of $next not to be had"; return; }
    offered=''
    for package in $next_wanted; do
        if [ -n "$(candidate "$package")" ]; then offered="$offered $package"
        else echo "skipped: $next has no $package"; fi
    done
    # shellcheck disable=SC2086 # a list of words
    (cd "$apt/get" && apt-get download $offered) >>"$apt/log" 2>&1 || { missing "the packages of $next not to be had"; return; }
    rm -rf "$dir/next" && mkdir "$dir/next"
    for deb in "$apt"/get/*.deb; do
        dpkg-deb -x "$deb" "$dir/next"
        # shellcheck disable=SC2016 # filled in by dpkg-deb
        dpkg-deb -W --showformat='${Package} ${Architecture} ${Version}\n' "$deb" >>"$dir/VERSIONS.next.new"
    done
    mv "$dir/VERSIONS.next.new" "$dir/VERSIONS.next"
}

if [ -e "$dir/VERSIONS" ]; then
    [ -e "$dir/VERSIONS.next" ] || next_release
    rm -rf "$dir/apt"
    tell
    exit 0
fi

: >"$dir/VERSIONS.new"
for arch in arm64 armhf; do
    rm -rf "${dir:?}/$arch"
    private_apt $arch $arch
    apt-get update >"$apt/log" 2>&1 || echo "some package lists could not be read; trying with the others"
    offered=''
    for package in $wanted; do
        [ -z "$(candidate "$package")" ] || offered="$offered $package"
    done
    kernel=''
    if [ $arch = arm64 ]; then
        kernel=$(apt-cache show --no-all-versions linux-image-arm64 2>/dev/null | sed -n 's/^Depends: *\(linux-image-[^ ,]*\).*/\1/p')
    fi
    [ -n "$offered" ] || { tail -n 5 "$apt/log"; skip "no package source of this machine offers bootloaders for $arch"; }
    # shellcheck disable=SC2086 # lists of words
    (cd "$apt/get" && apt-get download $offered $kernel) >>"$apt/log" 2>&1 || { tail -n 5 "$apt/log"; skip "bootloaders for $arch not to be had"; }
    mkdir "$dir/$arch"
    for deb in "$apt"/get/*.deb; do
        # shellcheck disable=SC2016 # filled in by dpkg-deb
        dpkg-deb -W --showformat='${Package} ${Architecture} ${Version}\n' "$deb" >>"$dir/VERSIONS.new"
        case $deb in
            */linux-image-*)
                rm -rf "$dir/dtbs" && mkdir "$dir/dtbs"
                dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir/dtbs" --strip-components=4 --wildcards './usr/lib/linux-image-*'
                ;;
            *) dpkg-deb -x "$deb" "$dir/$arch" ;;
        esac
    done
    rm -rf "$apt"
done
mv "$dir/VERSIONS.new" "$dir/VERSIONS" # marks the set as complete
next_release
rm -rf "$dir/apt"
tell
