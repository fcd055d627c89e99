#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Makes of fetched packages what rock64-debian.toml names.
# usage: inputs.sh FETCHED INPUTS
#   INPUTS/idbloader.img, u-boot.itb   Debian's bootloader for the ROCK64
#   INPUTS/Image, initrd, dtbs/rockchip/rk3328-rock64.dtb
#   INPUTS/rootfs/                     a small Debian, unpacked
#   INPUTS/u-boot-qemu.bin             the firmware of the emulated machine; not part of the image
set -eu
fetched=$1 inputs=$2
here=$(cd "$(dirname "$0")" && pwd)
[ ! -e "$inputs/complete" ] || [ "$inputs/complete" -ot "$fetched/complete" ] || exit 0
umask 022
LC_ALL=C
export LC_ALL
rm -rf "$inputs"
mkdir -p "$inputs"
inputs=$(cd "$inputs" && pwd)
work=$(mktemp -d "$inputs/work.XXXXXX")
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# --- bootloader, kernel -----------------------------------------------------------------------
for deb in "$fetched"/other-debs/*.deb; do dpkg-deb -x "$deb" "$work/other"; done
cp "$work"/other/usr/lib/u-boot/rock64-rk3328/idbloader.img "$work"/other/usr/lib/u-boot/rock64-rk3328/u-boot.itb "$inputs/"
cp "$work"/other/usr/lib/u-boot/qemu_arm64/u-boot.bin "$inputs/u-boot-qemu.bin"
cp "$work"/other/boot/vmlinuz-* "$inputs/Image"
mkdir -p "$inputs/dtbs/rockchip"
cp "$work"/other/usr/lib/linux-image-*/rockchip/rk3328-rock64.dtb "$inputs/dtbs/rockchip/"

# --- root filesystem: Debian's packages, unpacked but not configured --------------------------
root=$inputs/rootfs
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib"
for folder in bin sbin lib; do ln -s usr/$folder "$root/$folder"; done
for deb in "$fetched"/root-debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -p --no-same-owner --keep-directory-symlink -C "$root"
done
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
echo rock64 >"$root/etc/hostname"
ln -sf ../proc/self/mounts "$root/etc/mtab"
[ -e "$root/usr/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
cp "$here/init" "$root/usr/sbin/init"
chmod 755 "$root/usr/sbin/init"

# --- initrd: Debian's kernel has its disk drivers and ext4 as modules -------------------------
tree=$work/initrd
mkdir -p "$tree/bin" "$tree/sbin" "$tree/lib" "$tree/modules" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/root"
cp "$root/usr/bin/busybox" "$tree/bin/"
ln -s busybox "$tree/bin/sh"
cp "$root/usr/sbin/findfs" "$tree/sbin/" # busybox's own knows no PARTUUID
for library in libblkid.so.1 libc.so.6 ld-linux-aarch64.so.1; do
    cp -L "$(find "$root/usr/lib" -name $library | head -n 1)" "$tree/lib/"
done
modules=$(find "$work/other/lib/modules" -name '*.ko')
add_module() { # NAME: after the modules that it depends on
    file=$(echo "$modules" | grep -E "/$(echo "$1" | sed 's/[-_]/[-_]/g')\.ko$") || return 0 # built in
    for needed in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr ',' ' '); do add_module "$needed"; done
    grep -q -x "$1.ko" "$tree/modules/order" && return
    cp "$(echo "$modules" | grep -E "/$(echo "$1" | sed 's/[-_]/[-_]/g')\.ko$")" "$tree/modules/$1.ko"
    echo "$1.ko" >>"$tree/modules/order"
}
: >"$tree/modules/order"
# The emulated machine's disk, the board's SD card and eMMC, and the filesystem.
for module in virtio_pci virtio_blk dw_mmc_rockchip crc32c_generic ext4; do add_module $module; done
cp "$here/initrd-init" "$tree/init"
chmod 755 "$tree/init"
find "$tree" -exec touch -h -d @0 {} +
(cd "$tree" && find . | sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | gzip -n -6 >"$inputs/initrd"
touch "$inputs/complete"
