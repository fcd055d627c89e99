# SPDX-License-Identifier: BSL-1.0
truncate -s 256M disk.img
sfdisk disk.img <<END
label: gpt
start=32768, size=131072, name=boot, attrs=LegacyBIOSBootable
start=163840, name=root
END
dd if=u-boot.bin of=disk.img seek=64 conv=notrunc
sudo losetup -P /dev/loop0 disk.img
sudo mkfs.vfat -n BOOT /dev/loop0p1
sudo mkfs.ext4 -L ROOT /dev/loop0p2
sudo mount /dev/loop0p1 /mnt; sudo cp Image initrd /mnt; sudo umount /mnt
sudo mount /dev/loop0p2 /mnt; sudo cp -a rootfs/. /mnt; sudo umount /mnt
sudo losetup -d /dev/loop0
