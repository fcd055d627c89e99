#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Composes an image with the imgcompose command and boots it for real, with the checks in shared/boot:
# U-Boot reads it, Debian's kernel mounts its root, every file is compared with a manifest, the root is
# grown and written to, and what is left on the disk is checked.
# usage: check.sh inputs|VARIANT DIR, from the top of the source tree
#   inputs    fetches and makes in DIR what the variants are composed of
#   VARIANT   composes and boots a description beside this script: gpt, fat, mbr, script, smallest, generations,
#             nixos, nixos-older or uefi
# $IMGCOMPOSE_COMMAND is the command. Exit 77: skipped, and why.
set -eu
variant=$1 dir=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=${IMGCOMPOSE_SHARED:-$PWD/../shared}
inputs=${IMGCOMPOSE_BOOT_INPUTS:-$dir/inputs}
skip() { echo "skipped: $*"; exit 77; }
PATH=$PATH:/usr/sbin:/sbin

[ "$variant" = inputs ] || [ -x "${IMGCOMPOSE_COMMAND-}" ] || { echo "\$IMGCOMPOSE_COMMAND has to name the command"; exit 1; }
[ -x "$shared/boot/boot-check.sh" ] || skip "$shared/boot not found"
for tool in qemu-system-aarch64 sgdisk e2fsck fsck.vfat mdir cpio setfattr apt-get; do
    command -v $tool >/dev/null || skip "$tool not found"
done
[ "$(id -u)" = 0 ] || skip "the test tree has device nodes and many owners: run as root"
mkdir -p "$dir"

if [ "$variant" = inputs ]; then
    # Several builds share what was downloaded; only one of them downloads.
    exec 9>"$dir/lock"
    flock 9
    "$shared/boot/fetch-inputs.sh" "$inputs" >"$dir/fetch.log" 2>&1 || { tail "$dir/fetch.log"; skip 'Debian packages for arm64 not to be had'; }
    [ -e "$dir/initrd" ] || "$shared/boot/make-initramfs.sh" "$inputs" "$dir/initrd"
    if [ ! -e "$dir/rootfs.complete" ]; then
        rm -rf "$dir/rootfs"
        "$shared/boot/make-rootfs.sh" "$inputs" "$dir/rootfs" >"$dir/rootfs.log" 2>&1 || { tail "$dir/rootfs.log"; exit 1; }
        touch "$dir/rootfs.complete"
    fi
    # What starts by UEFI, by the package lists that were just fetched.
    if [ ! -e "$dir/systemd-bootaa64.efi" ]; then
        for conf in "$inputs"/apt/*/apt.conf; do export APT_CONFIG=$conf; break; done
        (mkdir -p "$dir/systemd" && cd "$dir/systemd" && apt-get download systemd-boot-efi && dpkg-deb -x systemd-boot-efi_*.deb .) \
            >"$dir/systemd.log" 2>&1 && cp "$dir/systemd/usr/lib/systemd/boot/efi/systemd-bootaa64.efi" "$dir/" || cat "$dir/systemd.log"
    fi
    for name in Image idbloader.img u-boot.itb dtbs; do ln -sfn "$inputs/$name" "$dir/$name"; done
    exit 0
fi

[ -e "$dir/rootfs.complete" ] || skip "no inputs in $dir"
image=$dir/$variant.img
changes=() options=() description=disk.toml board=rock64
blobs=(--blob "$dir/idbloader.img@64" --blob "$dir/u-boot.itb@16384")
boot=("$shared/boot/boot-check.sh" --inputs "$inputs" --timeout 400)
case $variant in
    gpt) ;;
    generations) description=generations.toml ;;
    # Each generation names a root that there is not but for the one that is to come up.
    nixos) description=nixos.toml changes=(--set 'new=${good}') ;;
    nixos-older) description=nixos.toml changes=(--set 'old=${good}' --set nixos.default=/nix/var/nix/profiles/system-41-link) ;;
    uefi)
        description=uefi.toml board=uefi-arm64 blobs=()
        firmware=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd
        [ -e "$firmware" ] || skip "$firmware not found: apt-get install qemu-efi-aarch64"
        [ -e "$dir/systemd-bootaa64.efi" ] || skip "Debian's systemd-boot-efi for arm64 not to be had"
        boot=("$here/boot-uefi.sh" "$firmware")
        ;;
    fat) changes=(--set partition.boot.filesystem.type=fat) ;;
    mbr) changes=(--set image.table=mbr) ;;
    script) changes=(--set boot_script.into=boot --set extlinux.enabled=false) ;;
    smallest)
        changes=(--set partition.root.size=min)
        options=(--grow 8G)
        ;;
    *) echo "no variant $variant"; exit 1 ;;
esac
"$IMGCOMPOSE_COMMAND" build "$here/$description" --inputs "$dir" "${changes[@]}" -o "$image"
status=0
"$IMGCOMPOSE_COMMAND" lint "$image" --board "$board" || status=1
"$shared/check/check-image.sh" "${blobs[@]}" "$image" || status=1
"$shared/check/compare-tree.py" --part 2 --method debugfs "$image" "$dir/rootfs" || status=1
"${boot[@]}" "${options[@]}" "$image" || status=1
[ $status != 0 ] || rm -f "$image" # the console's log stays
exit $status
