# SPDX-License-Identifier: BSL-1.0
sdImage = {
  firmwareSize = 64;
  populateFirmwareCommands = "cp ${uboot}/u-boot.bin firmware/";
  populateRootCommands = ''
    mkdir -p ./files/boot
    ${extlinux-conf-builder} -t 3 -c ${config.system.build.toplevel} -d ./files/boot
  '';
  postBuildCommands = "dd if=${uboot}/u-boot.bin of=$img seek=64 conv=notrunc";
  expandOnBoot = true;
};
