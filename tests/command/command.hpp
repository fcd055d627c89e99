// SPDX-License-Identifier: BSL-1.0
// The built command on descriptions and inputs of a test's own.
#pragma once

#include <tests/support/run.hpp>
#include <tests/support/stand_ins.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace imgcompose_test {

/// What stands in for the bootloader of a SoC; made once.
struct soc_files {
    std::string idbloader{}, u_boot_itb{};
};
inline const soc_files& files_of_soc(std::string soc) {
    static std::map<std::string, soc_files> made;
    std::ranges::transform(soc, soc.begin(), [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    const auto [files, is_new] = made.try_emplace(soc);
    if (is_new && soc.starts_with("rk")) {
        files->second.idbloader = stand_in::idbloader(soc);
        files->second.u_boot_itb = stand_in::itb({.compatible = {"rockchip," + soc}, .load = soc == "rk3576" ? 0x40a00000u : 0x200000u});
    } else if (is_new) {
        files->second.u_boot_itb = stand_in::itb({.compatible = {"starfive," + soc}, .load = 0x40200000, .arch = "riscv"});
    }
    return files->second;
}

/// What stands in for the device tree of a board, by the name that Linux gives it: rockchip/rk3328-rock64.dtb.
inline std::string dtb_named(const std::string& path) {
    const std::string vendor = path.substr(0, path.find('/')), file = path.substr(path.find('/') + 1, path.rfind('.') - path.find('/') - 1);
    const std::string first = file.substr(0, file.find('-'));
    const std::map<std::string, std::string> socs{{"rockchip", first}, {"starfive", "jh7110"}, {"allwinner", file.substr(0, file.find('-', 7))},
                                                  {"amlogic", "meson"}, {"freescale", "imx8"}, {"broadcom", first}, {"mediatek", first}};
    const std::string known = vendor == "freescale" ? "fsl" : vendor == "broadcom" ? "brcm" : vendor;
    return stand_in::dtb({"vendor," + file.substr(file.find('-') + 1), known + ',' + (known == "fsl" ? first : socs.at(vendor))});
}

/// A folder with small inputs for each of the shipped descriptions, in which the command is run. Its bootloader is for
/// boards with one SoC.
class command_folder {
public:
    explicit command_folder(const std::string& soc = "rk3328") {
        for (const char* name : {"initrd", "rootfs/etc/hostname", "rootfs/etc/fstab", "rootfs/usr/bin/tool"})
            write(name, std::string{"content of "} + name);
        write("Image", stand_in::kernel());
        for (const char* dtb : {"rockchip/rk3328-nanopi-r2s.dtb", "rockchip/rk3328-rock64.dtb", "rockchip/rk3588s-orangepi-5.dtb",
                                "rockchip/rk3588-orangepi-5-plus.dtb", "rockchip/rk3588s-rock-5a.dtb"})
            write(std::string{"dtbs/"} + dtb, dtb_named(dtb));
        put_bootloader_of(soc);
        // Their own times and modes are those of whoever runs the test.
        run("cd " + word(dir_.path().string()) + " && find . -exec touch -h -d @1000000000 {} + && chmod -R u=rwX,go=rX .");
    }

    /// idbloader.img and u-boot.itb.
    void put_bootloader_of(const std::string& soc) const {
        const soc_files& files = files_of_soc(soc);
        write("u-boot.itb", files.u_boot_itb);
        if (!files.idbloader.empty()) write("idbloader.img", files.idbloader);
    }
    void write(std::string_view name, std::string_view content) const { write_file(dir_.path() / name, content); }
    [[nodiscard]] std::string read(std::string_view name) const { return read_file(dir_.path() / name); }
    [[nodiscard]] std::string operator/(std::string_view name) const { return dir_ / name; }

    /// Somebody else's program in this folder.
    [[nodiscard]] run_result shell(const std::string& script) const {
        return run("cd " + word(dir_.path().string()) + " && " + script);
    }

    /// `environment` goes in front: "SOURCE_DATE_EPOCH=1". What the command said has no path of this folder in it.
    [[nodiscard]] run_result operator()(const std::string& arguments, const std::string& environment = {}) const {
        const auto command = imgcompose_command();
        if (!command) throw std::runtime_error("IMGCOMPOSE_COMMAND does not name the command: start the tests with ctest");
        return run("cd " + word(dir_.path().string()) + " && unset SOURCE_DATE_EPOCH && " + environment + ' ' +
                   word(command->string()) + ' ' + arguments);
    }

private:
    temp_dir dir_;
};

inline std::string shipped(std::string_view description) {
    return word((source_dir() / "examples" / "descriptions" / (std::string{description} + ".toml")).string());
}

} // namespace imgcompose_test
