// SPDX-License-Identifier: BSL-1.0
// Every command with its arguments and options: what is parsed, what --help, the manual page and completions tell.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace command {

enum class argument_kind : std::uint8_t {
    flag,        // takes no value
    text,        // of which nothing can be guessed
    file,        // an existing file, or one to write
    toml_file, // a description
    directory,
    choice, // one of `choices`, and nothing else
    words,  // one of `choices` mostly
    board,  // the name of a board
    change, // KEY=VALUE of a description
};

struct argument {
    std::string_view names{};       ///< "-o,--output"; of an argument without a name what stands for it: "DESCRIPTION"
    argument_kind kind = argument_kind::flag;
    std::string_view placeholder{}; ///< what stands for the value: "FILE"
    std::string_view meaning{};     ///< without a full stop
    std::span<const std::string_view> choices{};
    bool required = false;
    std::string_view group{}; ///< the heading in --help; "Options" if empty
    bool repeated = false;
    bool optional_value = false;

    [[nodiscard]] constexpr bool is_positional() const { return !names.starts_with('-'); }
    [[nodiscard]] constexpr bool takes_value() const { return kind != argument_kind::flag; }
    /// "--output"
    [[nodiscard]] constexpr std::string_view long_name() const {
        const auto comma = names.find(',');
        return comma == names.npos ? names : names.substr(comma + 1);
    }
    /// "-o"; empty if there is none.
    [[nodiscard]] constexpr std::string_view short_name() const {
        const auto comma = names.find(',');
        return comma == names.npos ? std::string_view{} : names.substr(0, comma);
    }
};

struct subcommand {
    std::string_view name{};
    std::string_view meaning{}; ///< a sentence without its full stop
    std::span<const argument> arguments{};
    std::string_view exit_status{}; ///< if it is not that of the other commands
};

namespace options {
using enum argument_kind;

inline constexpr std::array<std::string_view, 3> readers{"linux", "u-boot", "u-boot-2017"};
inline constexpr std::array<std::string_view, 2> firmwares{"u-boot", "u-boot-2017"};
inline constexpr std::array<std::string_view, 2> filesystems{"ext4", "fat"};
inline constexpr std::array<std::string_view, 3> shells{"bash", "zsh", "fish"};
inline constexpr std::array<std::string_view, 3> block_sizes{"1KiB", "2KiB", "4KiB"};
inline constexpr std::array<std::string_view, 3> fat_bits{"12", "16", "32"};
inline constexpr std::array<std::string_view, 2> sector_sizes{"512", "4096"};
inline constexpr std::array<std::string_view, 3> symlinks{"refuse", "follow", "skip"};
inline constexpr std::array<std::string_view, 2> journals{"auto", "none"};

inline constexpr argument help{"-h,--help", flag, "", "Print this help and exit"};
inline constexpr std::string_view status_of_diff = "Exit status: 0 the disks are the same, 1 they differ, 2 an error.";
inline constexpr std::string_view status_of_lint = "Exit status: 0 nothing would keep the disk from booting, 1 something would, 2 an error.";

// Shared by several commands.
inline constexpr argument description{"DESCRIPTION", toml_file, "", "A TOML file; docs/description.md lists its keys", {}, true};
inline constexpr argument disk{"DISK", file, "", "An image file, a block device, or a description (*.toml)", {}, true};
inline constexpr argument set{"--set", change, "KEY=VALUE",
    "Change a variable or key of the description, such as image.table=mbr or partition.root.size=min; may be repeated", {}, false, "", true};
inline constexpr argument inputs{"--inputs", directory, "DIR", "Where the files are that the description names (default: the description's own folder)"};
inline constexpr argument json{"--json", flag, "", "Print JSON, for programs"};

inline constexpr argument output{"-o,--output", file, "FILE",
    "The image to write; an existing file is replaced once the new one is complete. A name that ends in .gz, .zst, .qcow2 or "
    ".simg (Android sparse) selects that format; - is standard output", {}, true};
inline constexpr argument also{"--also", file, "FILE", "Another file to write in the same pass; may be repeated", {}, false, "", true};
inline constexpr argument bmap{"--bmap", flag, "", "Also write a block map for bmaptool, named like the image with .bmap added"};
inline constexpr argument update{"--update", flag, "",
    "Reuse what has not changed from the existing image, and record its layout in a file named like the image with .plan added, for the next update"};
inline constexpr argument in_place{"--in-place", flag, "",
    "With --update: write only the changes into the existing image, which is left inconsistent if that is interrupted"};
inline constexpr argument into_existing{"--into-existing", flag, "",
    "Write into the block device or file that -o names, which is left inconsistent if that is interrupted. A device that is in use is "
    "refused, and the data is on it before the command ends"};
inline constexpr argument discard{"--discard", flag, "", "With --into-existing: discard what need not be read back (default: leave it as it is)"};
inline constexpr argument allow_fixed{"--allow-fixed", flag, "", "With --into-existing: also write to a disk that cannot be removed from the machine"};
inline constexpr argument jobs{"--jobs", text, "N", "Number of threads (default: one per processor)"};
inline constexpr argument fsync{"--fsync", flag, "", "Wait until the data is on the disk"};
inline constexpr argument digest{"--digest", flag, "", "Print the SHA-256 of the image"};
inline constexpr argument quiet{"-q,--quiet", flag, "", "Do not show progress"};

inline constexpr std::array boards{json, help};
inline constexpr std::array build{
    description, set, inputs, output, also, bmap, update, in_place, into_existing, discard, allow_fixed, jobs, fsync, digest, quiet,
    argument{"--no-lint", flag, "", "Write it even if it would not boot: skip the checks of lint, whose errors otherwise end the command before anything is written"},
    help,
};
inline constexpr std::array plan{
    description, set, inputs,
    argument{"--json", flag, "", "Print the layout, all parts and all extents as JSON, for programs"},
    argument{"--all", flag, "", "Also list what lies inside partitions"},
    argument{"--parameter", flag, "", "Print only the partitions, as a parameter.txt for Rockchip's tools"},
    help,
};
inline constexpr std::array mkfs{
    argument{"TYPE", choice, "", "ext4 or fat", filesystems, true},
    argument{"--from", file, "PATH", "The directory whose files it gets, or a tar, cpio or zip archive, compressed or not", {}, true},
    output, also, bmap, update, in_place, into_existing, discard, allow_fixed, jobs, fsync, digest, quiet,
    argument{"--size", text, "SIZE", "Such as 512MiB, 2GB, 64s (sectors), min, min+10%, min+64MiB (default: min)"},
    argument{"--label", text, "LABEL", "Name of the filesystem"},
    argument{"--uuid", text, "ID", "ext4: its UUID; FAT: its volume ID, such as 1234-ABCD (default: derived from the seed)"},
    argument{"--readable-by", choice, "READER", "What must be able to read it: linux (default), u-boot or u-boot-2017", readers},
    argument{"--seed", text, "TEXT", "Any text; identifiers that are not given are derived from it"},
    argument{"--epoch", text, "SECONDS", "Time stamp of what has none of its own, in seconds since 1970 (default: $SOURCE_DATE_EPOCH or 0)"},
    argument{"--clamp-mtime", text, "SECONDS", "Replace time stamps later than this, or later than the epoch if no value is given", {}, false, "", false, true},
    argument{"--owner", text, "UID:GID", "Owner of all files (default: unchanged)"},
    argument{"--exclude", text, "PATTERN", "Leave out files that match this pattern; may be repeated", {}, false, "", true},
    argument{"--no-xattrs", flag, "", "Leave out extended attributes, ACLs and capabilities; large directories are read faster"},
    argument{"--block-size", words, "SIZE", "1KiB, 2KiB or 4KiB (default)", block_sizes, false, "ext4 only"},
    argument{"--inodes", text, "N", "Number of inodes", {}, false, "ext4 only"},
    argument{"--inode-size", text, "BYTES", "Size of an inode (default: 256)", {}, false, "ext4 only"},
    argument{"--bytes-per-inode", text, "SIZE", "Create one inode for this much space (default: 16KiB)", {}, false, "ext4 only"},
    argument{"--reserved-percent", text, "N", "Share of the blocks that only root may use (default: 5)", {}, false, "ext4 only"},
    argument{"--journal", words, "SIZE", "none, a size, or auto (default: like mke2fs)", journals, false, "ext4 only"},
    argument{"--grows-to", text, "SIZE", "Let resize2fs grow it online up to this size later, with as many inodes as a filesystem made of that size has; adds up to 2 MiB, mostly never written, for each 128 MiB of the smallest size", {}, false, "ext4 only"},
    argument{"--mount-options", text, "OPTIONS", "Default mount options in the superblock", {}, false, "ext4 only"},
    argument{"-O,--features", text, "LIST", "Features to turn on, or off with ^, as for mke2fs: ^metadata_csum,large_dir", {}, false, "ext4 only", true},
    argument{"--fat-bits", choice, "N", "12, 16 or 32 (default: by size)", fat_bits, false, "FAT only"},
    argument{"--cluster-size", text, "SIZE", "Such as 4KiB (default: by size)", {}, false, "FAT only"},
    argument{"--sector-size", choice, "BYTES", "Sector size of the medium: 512 (default) or 4096", sector_sizes, false, "FAT only"},
    argument{"--symlinks", choice, "HOW", "What to do with symbolic links: refuse (default), follow or skip them", symlinks, false, "FAT only"},
    help,
};
inline constexpr std::array inspect{
    disk, set, inputs,
    argument{"--json", flag, "", "Print everything that was found as JSON, for programs"},
    argument{"--svg", file, "FILE", "Draw a picture of it in this file; - is standard output"},
    help,
};
inline constexpr std::array diff{
    argument{"BEFORE", file, "", "An image file, a block device, or a description (*.toml)", {}, true},
    argument{"AFTER", file, "", "What to compare it with", {}, true},
    inputs, json,
    argument{"--no-contents", flag, "", "Do not compare the contents of files of equal size"},
    argument{"--no-times", flag, "", "Ignore modification times"},
    help,
};
inline constexpr std::array extract{
    disk, set, inputs,
    argument{"--partition", text, "N", "Extract the partition with this number"},
    argument{"--bootloader", flag, "", "Extract every bootloader file, with its exact length"},
    argument{"--files", flag, "", "With --partition: extract its files (ext4, FAT) instead of its bytes; owners and extended attributes are not kept"},
    argument{"-o,--output", file, "PATH", "The directory for files, or the file for a partition's bytes"},
    help,
};
inline constexpr std::array lint{
    disk, set, inputs,
    argument{"--board", board, "BOARD", "Check for this board (default: the description's)"},
    argument{"--firmware", choice, "FIRMWARE", "What reads the boot partition: u-boot (default) or u-boot-2017", firmwares},
    argument{"--without-bootloader", flag, "", "The bootloader is elsewhere, such as in SPI flash"},
    argument{"--spi", flag, "", "The image is that of the board's SPI flash, such as u-boot-rockchip-spi.bin"},
    json, help,
};
inline constexpr std::array import_genimage{
    argument{"CONFIG", file, "", "A configuration of genimage; what cannot be expressed is listed on standard error", {}, true},
    argument{"--image", text, "NAME", "Which of its disk images to import, if it has several"},
    argument{"--inputs", directory, "DIR", "Where the files are that it names (default: its own folder)"},
    argument{"-o,--output", file, "FILE", "The description to write (default: standard output)"},
    help,
};
inline constexpr std::array completion{argument{"SHELL", choice, "", "bash, zsh or fish", shells, true}, help};
inline constexpr std::array man{help};

inline constexpr std::array top{help, argument{"--version", flag, "", "Print the version and exit"}};

inline constexpr std::array<subcommand, 11> commands{{
    {"boards", "List the known boards", boards},
    {"build", "Build the disk image that a description defines", build},
    {"plan", "Show where every byte of that image comes from, without building it", plan},
    {"mkfs", "Make a filesystem from a directory or an archive", mkfs},
    {"inspect", "Show what is on a disk, in an image, or in what a description defines", inspect},
    {"diff", "Show how two disks differ: layout and files, not bytes", diff, status_of_diff},
    {"extract", "Extract the bootloader or a partition from an image", extract},
    {"lint", "Show what would keep a disk from booting", lint, status_of_lint},
    {"import-genimage", "Convert a genimage configuration to a description", import_genimage},
    {"completion", "Print the completion script for a shell", completion},
    {"man", "Print the manual page", man},
}};

} // namespace options
} // namespace command
