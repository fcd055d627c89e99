// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/os/block_device.hpp>

#include <imgcompose/os/native.hpp>
#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

namespace ic = imgcompose;
using imgcompose_test::write_file;

namespace {

/// /sys and /proc/self/mountinfo are below a folder of the test's.
class other_system final : public ic::os::linux_calls {
public:
    explicit other_system(const std::filesystem::path& top) : top_(top) {}
    ic::os::answer open(ic::os::handle directory, const char* name, ic::os::open_mode mode) override {
        return linux_calls::open(directory, moved(name).c_str(), mode);
    }
    ic::os::answer read_link(ic::os::handle directory, const char* name, std::span<char> to) override {
        return linux_calls::read_link(directory, moved(name).c_str(), to);
    }

private:
    std::string moved(const std::string& name) const {
        return name.starts_with("/sys/") || name.starts_with("/proc/") ? top_.string() + name : name;
    }
    std::filesystem::path top_;
};

ic::os::file_status device(std::uint32_t major, std::uint32_t minor) {
    ic::os::file_status s;
    s.type = ic::file_type::block_device;
    s.device_major = major, s.device_minor = minor;
    return s;
}

} // namespace

TEST_CASE("what is removable, a partition and in use is told by /sys and /proc") {
    const imgcompose_test::temp_dir dir;
    // A disk on SATA, a stick on USB, a card and an eMMC, as Linux 6.1 shows them.
    const auto disk = [&](const std::string& at, const std::string& number, const std::string& removable) {
        write_file(dir / ("sys/devices/" + at + "/dev"), number + "\n");
        write_file(dir / ("sys/devices/" + at + "/ro"), "0\n");
        if (!removable.empty()) write_file(dir / ("sys/devices/" + at + "/removable"), removable + "\n");
        else write_file(dir / ("sys/devices/" + at + "/partition"), "1\n");
        std::filesystem::create_directories(dir / "sys/dev/block");
        std::filesystem::create_directories(dir / ("sys/devices/" + at + "/holders"));
        std::filesystem::create_directory_symlink("../../devices/" + at, dir / ("sys/dev/block/" + number));
    };
    disk("pci/ata1/block/sda", "8:0", "0");
    disk("pci/ata1/block/sda/sda1", "8:1", "");
    disk("pci/ata1/block/sda/sda2", "8:2", "");
    disk("pci/usb2/2-1/block/sdb", "8:16", "0");
    disk("pci/usb2/2-1/block/sdb/sdb1", "8:17", "");
    disk("mmc/block/mmcblk1", "179:0", "0");
    write_file(dir / "sys/devices/mmc/block/mmcblk1/device/type", "SD\n");
    disk("mmc/block/mmcblk0", "179:32", "0");
    write_file(dir / "sys/devices/mmc/block/mmcblk0/device/type", "MMC\n");
    disk("pci/block/sr0", "11:0", "1");
    write_file(dir / "sys/devices/pci/block/sr0/ro", "1\n");
    write_file(dir / "proc/self/mountinfo", "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n28 27 8:17 / /media/a\\040b rw - vfat /dev/sdb1 rw\n");
    std::filesystem::create_directory(dir / "sys/devices/pci/ata1/block/sda/sda2/holders/dm-0");

    other_system calls{dir.path()};
    const ic::os::replaced_calls replaced{calls};
    const auto sda = ic::os::facts_of_block_device(device(8, 0));
    CHECK_FALSE(sda.removable);
    CHECK_FALSE(sda.partition);
    CHECK(sda.uses == std::vector<std::string>{"mounted at /", "a part of dm-0"});
    CHECK(ic::os::facts_of_block_device(device(8, 1)).partition);
    const auto sdb = ic::os::facts_of_block_device(device(8, 16));
    CHECK(sdb.removable);
    CHECK_FALSE(sdb.read_only);
    CHECK(sdb.uses == std::vector<std::string>{"mounted at /media/a b"});
    CHECK(ic::os::facts_of_block_device(device(179, 0)).removable);
    CHECK_FALSE(ic::os::facts_of_block_device(device(179, 32)).removable);
    CHECK(ic::os::facts_of_block_device(device(11, 0)).removable);
    CHECK(ic::os::facts_of_block_device(device(11, 0)).read_only);
    const auto unknown = ic::os::facts_of_block_device(device(99, 0));
    CHECK_FALSE(unknown.removable);
    CHECK(unknown.uses.empty());
    CHECK(ic::os::facts_of_block_device(device(7, 3)).loop);
}

TEST_CASE("mount points are found by device number, with their escapes undone") {
    constexpr std::string_view mountinfo = "22 27 0:21 / /proc rw,nosuid shared:5 - proc proc rw\n"
                                           "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
                                           "90 27 8:17 /sub /media/my\\040card\\134x rw - vfat /dev/sdb1 rw\n"
                                           "91 27 8:17 / /second rw - vfat /dev/sdb1 rw\n"
                                           "broken line\n";
    using points = std::vector<std::string>;
    CHECK(ic::os::detail::mount_points(mountinfo, "254:0") == points{"/"});
    CHECK(ic::os::detail::mount_points(mountinfo, "8:17") == points{"/media/my card\\x", "/second"});
    CHECK(ic::os::detail::mount_points(mountinfo, "8:1").empty());
    CHECK(ic::os::detail::mount_points("", "8:1").empty());
}

TEST_CASE("files without a size of their own are read whole") {
    const auto info = ic::os::read_text("/proc/self/status");
    REQUIRE(info);
    CHECK(info->find("Pid:") != std::string::npos);
    CHECK_FALSE(ic::os::read_text("/proc/self/none"));
    const imgcompose_test::temp_dir dir;
    imgcompose_test::write_file(dir / "f", std::string(200'000, 'x'));
    CHECK(ic::os::read_text(dir / "f") == std::string(200'000, 'x'));
}
