// SPDX-License-Identifier: BSL-1.0
// The built command on descriptions and inputs of a test's own.
#pragma once

#include <tests/support/run.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace imgcompose_test {

/// For the shell. A call of `quoted` with a std::string would find std::quoted too.
inline std::string word(std::string_view s) { return imgcompose_test::quoted(s); }

/// A folder with small inputs for each of the shipped descriptions, in which the command is run.
class command_folder {
public:
    command_folder() {
        for (const char* name : {"idbloader.img", "u-boot.itb", "Image", "initrd", "rootfs/etc/hostname",
                                 "rootfs/etc/fstab", "rootfs/usr/bin/tool", "dtbs/rockchip/rk3328-nanopi-r2s.dtb",
                                 "dtbs/rockchip/rk3328-rock64.dtb", "dtbs/rockchip/rk3588s-orangepi-5.dtb",
                                 "dtbs/rockchip/rk3588-orangepi-5-plus.dtb", "dtbs/rockchip/rk3588s-rock-5a.dtb"})
            write(name, std::string{"content of "} + name);
        // Their own times and modes are those of whoever runs the test.
        run("cd " + word(dir_.path().string()) + " && find . -exec touch -h -d @1000000000 {} + && chmod -R u=rwX,go=rX .");
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
