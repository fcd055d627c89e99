// SPDX-License-Identifier: BSL-1.0
// What a partition is for: the type GUIDs of GPT, the type bytes of MBR and the attributes of GPT, by name.
#pragma once

#include <imgcompose/core/error.hpp>
#include <imgcompose/core/guid.hpp>
#include <imgcompose/core/text.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Type GUIDs. Sources: UEFI 2.10 table 5.7 (esp, mbr_partition_scheme), the Discoverable Partitions Specification
/// (Linux), util-linux's gpt.c, and those named beside a value.
namespace partition_type {

inline constexpr uuid esp = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"_uuid;
inline constexpr uuid mbr_partition_scheme = "024dee41-33e7-11d3-9d69-0008c781f39f"_uuid;
inline constexpr uuid bios_boot = "21686148-6449-6e6f-744e-656564454649"_uuid;
inline constexpr uuid xbootldr = "bc13c2ff-59e6-4262-a352-b275fd6f7172"_uuid;
inline constexpr uuid prep_boot = "9e1a2d38-c612-4316-aa26-8b49521e5a8b"_uuid;

inline constexpr uuid basic_data = "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"_uuid;
inline constexpr uuid microsoft_reserved = "e3c9e316-0b5c-4db8-817d-f92df00215ae"_uuid;
inline constexpr uuid windows_recovery = "de94bba4-06d1-4d40-a16a-bfd50179d6ac"_uuid;

inline constexpr uuid linux_filesystem = "0fc63daf-8483-4772-8e79-3d69d8477de4"_uuid;
inline constexpr uuid linux_swap = "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"_uuid;
inline constexpr uuid linux_home = "933ac7e1-2eb4-4f13-b844-0e14e2aef915"_uuid;
inline constexpr uuid linux_srv = "3b8f8425-20e0-4f3b-907f-1a25a76f98e8"_uuid;
inline constexpr uuid linux_var = "4d21b016-b534-45c2-a9fb-5c16e091fd2d"_uuid;
inline constexpr uuid linux_tmp = "7ec6f557-3bc5-4aca-b293-16ef5df639d1"_uuid;
inline constexpr uuid linux_user_home = "773f91ef-66d4-49b5-bd83-d683bf40ad16"_uuid;
inline constexpr uuid linux_raid = "a19d880f-05fc-4d3b-a006-743f0f84911e"_uuid;
inline constexpr uuid linux_lvm = "e6d6d379-f507-44c2-a23c-238f2a3df928"_uuid;
inline constexpr uuid linux_reserved = "8da63339-0007-60c0-c436-083ac8230908"_uuid;
inline constexpr uuid linux_luks = "ca7d7ccb-63ed-4c53-861c-1742536059cc"_uuid;     // sgdisk code 8309
inline constexpr uuid linux_dm_crypt = "7ffec5c9-2d00-49b7-8941-3ea10a5586b7"_uuid; // sgdisk code 8308

inline constexpr uuid chromeos_kernel = "fe3a2a5d-4f32-41a7-b725-accc3285a309"_uuid;
inline constexpr uuid chromeos_rootfs = "3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec"_uuid;
inline constexpr uuid chromeos_reserved = "2e0a753d-9e48-43b0-8337-b15192cb1b5e"_uuid;
inline constexpr uuid chromeos_firmware = "cab6e88e-abf3-4102-a07a-d4bb9be3c1d3"_uuid; // vboot_reference, gpt.h

inline constexpr uuid u_boot_environment = "3de21764-95bd-54bd-a5c3-4abe786f38a8"_uuid; // U-Boot include/part_efi.h
inline constexpr uuid hifive_fsbl = "5b193300-fc78-40cd-8002-e86c45580b47"_uuid;
inline constexpr uuid hifive_bbl = "2e54b353-1271-4842-806f-e436d6af6985"_uuid;
/// Where a JH7110's boot ROM looks for the SPL on SD. Source: U-Boot doc/board/starfive/jh7110_common.rst.
inline constexpr uuid starfive_spl = hifive_bbl;

struct named_type {
    std::string_view name{};
    uuid type{};
    std::string_view title{}; ///< for people
};

/// The names of those that belong to no architecture. A type with two names is reported by its first.
inline constexpr std::array<named_type, 29> names{{
    {"esp", esp, "EFI system"},
    {"mbr_partition_scheme", mbr_partition_scheme, "MBR partition scheme"},
    {"bios_boot", bios_boot, "BIOS boot"},
    {"xbootldr", xbootldr, "extended boot loader"},
    {"prep_boot", prep_boot, "PReP boot"},
    {"basic_data", basic_data, "basic data"},
    {"microsoft_reserved", microsoft_reserved, "Microsoft reserved"},
    {"windows_recovery", windows_recovery, "Windows recovery"},
    {"linux_filesystem", linux_filesystem, "Linux filesystem"},
    {"linux_generic", linux_filesystem, "Linux filesystem"}, // systemd-repart's word
    {"linux_swap", linux_swap, "Linux swap"},
    {"linux_home", linux_home, "Linux home"},
    {"linux_srv", linux_srv, "Linux server data"},
    {"linux_var", linux_var, "Linux variable data"},
    {"linux_tmp", linux_tmp, "Linux temporary data"},
    {"linux_user_home", linux_user_home, "Linux user's home"},
    {"linux_raid", linux_raid, "Linux RAID"},
    {"linux_lvm", linux_lvm, "Linux LVM"},
    {"linux_reserved", linux_reserved, "Linux reserved"},
    {"linux_luks", linux_luks, "Linux LUKS"},
    {"linux_dm_crypt", linux_dm_crypt, "Linux dm-crypt"},
    {"chromeos_kernel", chromeos_kernel, "ChromeOS kernel"},
    {"chromeos_rootfs", chromeos_rootfs, "ChromeOS root filesystem"},
    {"chromeos_reserved", chromeos_reserved, "ChromeOS reserved"},
    {"chromeos_firmware", chromeos_firmware, "ChromeOS firmware"},
    {"u_boot_environment", u_boot_environment, "U-Boot environment"},
    {"starfive_spl", starfive_spl, "StarFive SPL"},
    {"hifive_bbl", hifive_bbl, "HiFive BBL"},
    {"hifive_fsbl", hifive_fsbl, "HiFive FSBL"},
}};

} // namespace partition_type

/// Type bytes of MBR partitions. Source: util-linux include/pt-mbr-partnames.h and pt-mbr.h.
namespace mbr_type {
inline constexpr std::uint8_t empty = 0x00, fat12 = 0x01, fat16_small = 0x04, extended = 0x05, fat16 = 0x06,
                              ntfs = 0x07;
inline constexpr std::uint8_t fat32 = 0x0b, fat32_lba = 0x0c, fat16_lba = 0x0e, extended_lba = 0x0f;
inline constexpr std::uint8_t linux_swap = 0x82, linux_filesystem = 0x83, linux_extended = 0x85, linux_lvm = 0x8e;
inline constexpr std::uint8_t non_fs_data = 0xda, xbootldr = 0xea, gpt_protective = 0xee, esp = 0xef, linux_raid = 0xfd;

struct named_type {
    std::string_view name{};
    std::uint8_t type = empty;
    std::string_view title{}; ///< for people
};
inline constexpr std::array<named_type, 18> names{{
    {"fat12", fat12, "FAT12"},
    {"fat16_small", fat16_small, "FAT16, up to 32 MiB"},
    {"extended", extended, "extended"},
    {"fat16", fat16, "FAT16"},
    {"ntfs", ntfs, "NTFS or exFAT"},
    {"fat32", fat32, "FAT32"},
    {"fat32_lba", fat32_lba, "FAT32 (LBA)"},
    {"fat16_lba", fat16_lba, "FAT16 (LBA)"},
    {"extended_lba", extended_lba, "extended (LBA)"},
    {"linux_swap", linux_swap, "Linux swap"},
    {"linux_filesystem", linux_filesystem, "Linux filesystem"},
    {"linux_extended", linux_extended, "Linux extended"},
    {"linux_lvm", linux_lvm, "Linux LVM"},
    {"non_fs_data", non_fs_data, "data without a filesystem"},
    {"xbootldr", xbootldr, "extended boot loader"},
    {"gpt_protective", gpt_protective, "protective GPT"},
    {"esp", esp, "EFI system"},
    {"linux_raid", linux_raid, "Linux RAID"},
}};

/// Whether logical partitions can lie in a partition of this type.
constexpr bool is_extended(std::uint8_t type) {
    return type == extended || type == extended_lba || type == linux_extended;
}
} // namespace mbr_type

namespace fail {
[[noreturn]] inline void chromeos_attribute_out_of_range(unsigned priority, unsigned tries) {
    throw input_error(
        text::join("ChromeOS kernel priority ", priority, " and tries ", tries, " must each be 15 or less"));
}
} // namespace fail

/// The attribute bits of a GPT entry. Sources: UEFI 2.10 table 5.8 (bits 0 to 2), the Discoverable Partitions
/// Specification (59, 60, 63) and Microsoft's PARTITION_INFORMATION_GPT (60 to 63).
struct gpt_attributes {
    std::uint64_t bits = 0;

    static const gpt_attributes required;             ///< the platform needs it: do not delete
    static const gpt_attributes no_block_io;          ///< firmware makes no block device of it
    static const gpt_attributes legacy_bios_bootable; ///< what U-Boot calls bootable
    static const gpt_attributes grow_filesystem;      ///< systemd-growfs at first mount
    static const gpt_attributes read_only;
    static const gpt_attributes shadow_copy;
    static const gpt_attributes hidden;
    static const gpt_attributes no_auto; ///< not mounted or given a drive letter by itself

    friend constexpr auto operator<=>(gpt_attributes, gpt_attributes) = default;
    friend constexpr gpt_attributes operator|(gpt_attributes a, gpt_attributes b) { return {a.bits | b.bits}; }
    [[nodiscard]] constexpr bool has(gpt_attributes a) const { return (bits & a.bits) == a.bits; }
};
inline constexpr gpt_attributes gpt_attributes::required{1ULL << 0};
inline constexpr gpt_attributes gpt_attributes::no_block_io{1ULL << 1};
inline constexpr gpt_attributes gpt_attributes::legacy_bios_bootable{1ULL << 2};
inline constexpr gpt_attributes gpt_attributes::grow_filesystem{1ULL << 59};
inline constexpr gpt_attributes gpt_attributes::read_only{1ULL << 60};
inline constexpr gpt_attributes gpt_attributes::shadow_copy{1ULL << 61};
inline constexpr gpt_attributes gpt_attributes::hidden{1ULL << 62};
inline constexpr gpt_attributes gpt_attributes::no_auto{1ULL << 63};

/// How depthcharge chooses among kernel partitions: bits 48 to 56. Source: vboot_reference firmware/lib/cgptlib.
struct chromeos_kernel_attributes {
    unsigned priority = 0; ///< 0 to 15; 0 is never booted
    unsigned tries = 0;    ///< 0 to 15; counted down while not yet successful
    bool successful = false;

    /// Throws input_error for a value above 15.
    constexpr operator gpt_attributes() const {
        if (priority > 15 || tries > 15) fail::chromeos_attribute_out_of_range(priority, tries);
        return {std::uint64_t{priority} << 48 | std::uint64_t{tries} << 52 | std::uint64_t{successful} << 56};
    }
};

IMGCOMPOSE_NAMESPACE_END
