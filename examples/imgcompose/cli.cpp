// SPDX-License-Identifier: BSL-1.0
#include "cli.hpp"

#include "cli_pages.hpp"
#include "commands.hpp"
#include "document.hpp"
#include "outputs.hpp"

#include <imgcompose/core/error.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <functional>

namespace command {

namespace {

void add_output(CLI::App& app, output_options& o) {
    app.add_option("-o,--output", o.file, "The image to write; what is there is replaced when it is complete. A name that "
                                          "ends in .gz, .zst, .qcow2 or .simg (Android sparse) asks for that format; - is "
                                          "standard output")->required();
    app.add_option("--also", o.also, "Another file to write in the same pass; may be repeated")->allow_extra_args(false);
    app.add_flag("--bmap", o.bmap, "Write a block map for bmaptool, named as the image and .bmap");
    app.add_flag("--update", o.update, "Take what has not changed from the image that is there, and remember in a file named "
                                       "as the image and .plan what is where, for the next time");
    app.add_flag("--in-place", o.in_place, "With --update: write what has changed into the image itself, which is torn "
                                           "when that is interrupted");
    app.add_option("--jobs", o.jobs, "Threads that write (default: one a processor)");
    app.add_flag("--fsync", o.fsync, "Wait until it is on the disk");
    app.add_flag("--digest", o.digest, "Print the SHA-256 of the image");
    app.add_flag("-q,--quiet", o.quiet, "No progress");
}

void add_description(CLI::App& app, description_options& o) {
    app.add_option("DESCRIPTION", o.file, "A TOML file; docs/description.md tells its keys")->required();
    app.add_option("--set", o.changes, "KEY=VALUE: another value for a variable or key, such as image.table=mbr or "
                                       "partition.root.size=min")->allow_extra_args(false);
    app.add_option("--inputs", o.inputs, "Where the files are that the description names (default: its own folder)");
}

void add_mkfs(CLI::App& app, mkfs_options& o) {
    app.add_option("TYPE", o.type, "ext4 or fat")->required()->check(CLI::IsMember({"ext4", "fat"}));
    app.add_option("--from", o.from, "The directory whose content it gets, or a tar, cpio or zip archive, packed or not")->required();
    add_output(app, o.output);
    app.add_option("--size", o.size, "Such as 512MiB, 2GB, 64s (sectors), min, min+10%, min+64MiB (default: min)");
    app.add_option("--label", o.label, "Name of the filesystem");
    app.add_option("--uuid", o.uuid, "ext4: its UUID; FAT: its volume id, such as 1234-ABCD (default: derived)");
    app.add_option("--readable-by", o.readable_by, "Who must read it: linux (default), u-boot or u-boot-2017");
    app.add_option("--seed", o.seed, "Words from which every identifier is derived that is not given");
    app.add_option("--epoch", o.epoch, "Time of what has none of its own, in seconds since 1970 (default: "
                                       "$SOURCE_DATE_EPOCH or 0)");
    auto* const clamp = app.add_option("--clamp-mtime", o.clamp_to, "No time is later than this, or than the epoch");
    clamp->expected(0, 1);
    app.add_option("--owner", o.owner, "UID:GID of all files (default: as they are)");
    app.add_option("--exclude", o.exclude, "Leave out what this pattern matches; may be repeated")->allow_extra_args(false);

    constexpr const char* ext4 = "ext4";
    app.add_option("--block-size", o.block_size, "1KiB, 2KiB or 4KiB (default)")->group(ext4);
    app.add_option("--inodes", o.inodes, "How many inodes")->group(ext4);
    app.add_option("--inode-size", o.inode_size, "Bytes of an inode (default: 256)")->group(ext4);
    app.add_option("--bytes-per-inode", o.bytes_per_inode, "One inode for so much space (default: 16KiB)")->group(ext4);
    app.add_option("--reserved-percent", o.reserved_percent, "Blocks that only root may use (default: 5)")->group(ext4);
    app.add_option("--journal", o.journal, "none, a size, or auto (default: as mke2fs)")->group(ext4);
    app.add_option("--grows-to", o.grows_to, "resize2fs can later grow it online up to this size")->group(ext4);
    app.add_option("--mount-options", o.mount_options, "Default mount options in the superblock")->group(ext4);
    app.add_option("-O,--features", o.features, "Features on, or off with ^, as for mke2fs: ^metadata_csum,large_dir")
        ->delimiter(',')->allow_extra_args(false)->group(ext4);

    constexpr const char* fat = "FAT";
    app.add_option("--fat-bits", o.fat_bits, "12, 16 or 32 (default: by size)")->group(fat);
    app.add_option("--cluster-size", o.cluster_size, "Such as 4KiB (default: by size)")->group(fat);
    app.add_option("--sector-size", o.sector_size, "Of the medium: 512 (default) or 4096")->group(fat);
    app.add_option("--symlinks", o.symlinks, "refuse (default), follow or skip symbolic links")->group(fat);
    app.callback([&o, clamp] {
        o.clamp = clamp->count() != 0;
        mkfs(o);
    });
}

void tell(const std::exception& e) {
    const bool names_a_place = dynamic_cast<const description_error*>(&e) != nullptr;
    fmt::print(stderr, "{}{}\n", names_a_place ? "" : "imgcompose: ", e.what());
}

int parse_and_run(int argc, char** argv) {
    CLI::App app{"Composes bootable disk images byte for byte, without root, mounts or external tools.", "imgcompose"};
    app.set_version_flag("--version", "imgcompose " IMGCOMPOSE_VERSION_STRING);
    app.require_subcommand(1);
    app.footer("Exit status: 0 done, 1 an error, 2 a wrong command line, 128 and the signal's number if stopped by one.");

    bool boards_json = false;
    CLI::App& boards_app = *app.add_subcommand("boards", "List the boards that are known");
    boards_app.add_flag("--json", boards_json, "For programs");
    boards_app.callback([&] { boards(boards_json); });

    build_options built;
    CLI::App& build_app = *app.add_subcommand("build", "Make the disk image that a description tells of");
    add_description(build_app, built.description);
    add_output(build_app, built.output);
    build_app.add_flag("--no-lint", built.no_lint, "Write it although it would not boot: do without the checks of lint, whose errors "
                                                   "otherwise end the command before anything is written");
    build_app.callback([&] { build(built); });

    plan_options planned;
    CLI::App& plan_app = *app.add_subcommand("plan", "Tell where every byte of that image comes from, without making it");
    add_description(plan_app, planned.description);
    plan_app.add_flag("--json", planned.json, "All regions and extents, for programs");
    plan_app.add_flag("--all", planned.all, "Also what lies inside of partitions");
    plan_app.callback([&] { plan(planned); });

    mkfs_options made;
    add_mkfs(*app.add_subcommand("mkfs", "Make a filesystem of a directory or an archive"), made);

    inspect_options inspected;
    CLI::App& inspect_app = *app.add_subcommand("inspect", "Tell what is on a disk, an image or a described image");
    inspect_app.add_option("DISK", inspected.disk.file, "An image file, a block device, or a description (*.toml)")->required();
    inspect_app.add_option("--set", inspected.disk.changes, "As for build, of a description")->allow_extra_args(false);
    inspect_app.add_option("--inputs", inspected.disk.inputs, "As for build, of a description");
    auto* const inspect_json = inspect_app.add_flag("--json", inspected.json, "All that is known, for programs");
    inspect_app.add_option("--svg", inspected.svg, "Write a picture of it to this file")->excludes(inspect_json);
    inspect_app.callback([&] { inspect(inspected); });

    int status = 0;
    diff_options compared;
    CLI::App& diff_app = *app.add_subcommand("diff", "Tell what differs between two disks: layout and files, not bytes");
    diff_app.add_option("BEFORE", compared.before, "An image file, a block device, or a description (*.toml)")->required();
    diff_app.add_option("AFTER", compared.after, "The same")->required();
    diff_app.add_option("--inputs", compared.inputs, "As for build, of descriptions");
    diff_app.add_flag("--json", compared.json, "For programs");
    diff_app.add_flag("--no-contents", compared.without_contents, "Do not read files of equal size");
    diff_app.add_flag("--no-times", compared.without_times, "Leave out modification times");
    diff_app.footer("Exit status: 0 they are the same, 1 they differ, 2 an error.");
    diff_app.callback([&] {
        try {
            status = diff(compared) ? 0 : 1;
        } catch (const std::exception& e) {
            tell(e);
            status = 2;
        }
    });

    extract_options extracted;
    CLI::App& extract_app = *app.add_subcommand("extract", "Take the bootloader or a partition out of an image");
    extract_app.add_option("DISK", extracted.disk.file, "An image file, a block device, or a description (*.toml)")->required();
    extract_app.add_option("--set", extracted.disk.changes, "As for build, of a description")->allow_extra_args(false);
    extract_app.add_option("--inputs", extracted.disk.inputs, "As for build, of a description");
    auto* const extract_partition = extract_app.add_option("--partition", extracted.partition, "The bytes of the partition of this number");
    extract_app.add_flag("--bootloader", extracted.bootloader, "Every bootloader file, with its exact length")->excludes(extract_partition);
    extract_app.add_flag("--files", extracted.files, "Of --partition: its files (ext4, FAT), without owners and attributes")->needs(extract_partition);
    extract_app.add_option("-o,--output", extracted.output, "The directory, or the file for a partition's bytes");
    extract_app.callback([&] { extract(extracted); });

    lint_options linted;
    CLI::App& lint_app = *app.add_subcommand("lint", "Tell what would keep a disk from booting");
    lint_app.add_option("DISK", linted.disk.file, "An image file, a block device, or a description (*.toml)")->required();
    lint_app.add_option("--set", linted.disk.changes, "As for build, of a description")->allow_extra_args(false);
    lint_app.add_option("--inputs", linted.disk.inputs, "As for build, of a description");
    lint_app.add_option("--board", linted.board, "Judge for this board (default: the description's)");
    lint_app.add_option("--firmware", linted.firmware, "What reads the boot partition: u-boot (default) or u-boot-2017");
    lint_app.add_flag("--without-bootloader", linted.without_bootloader, "The bootloader is elsewhere, such as in SPI flash");
    lint_app.add_flag("--spi", linted.spi, "The image is that of the board's SPI flash, such as u-boot-rockchip-spi.bin");
    lint_app.add_flag("--json", linted.json, "For programs");
    lint_app.footer("Exit status: 0 nothing keeps it from booting, 1 something does, 2 an error.");
    lint_app.callback([&] {
        try {
            status = lint(linted) ? 0 : 1;
        } catch (const std::exception& e) {
            tell(e);
            status = 2;
        }
    });

    import_options imported;
    CLI::App& import_app = *app.add_subcommand("import-genimage", "Make a description of a configuration of genimage");
    import_app.add_option("CONFIG", imported.file, "What it cannot express is told, line by line, on standard error")->required();
    import_app.add_option("--image", imported.image, "Which of its disk images, if it has several");
    import_app.add_option("--inputs", imported.inputs, "Where the files are that it names (default: its own folder)");
    import_app.add_option("-o,--output", imported.output, "The description to write (default: standard output)");
    import_app.callback([&] { import_genimage(imported); });

    std::string shell;
    CLI::App& completion_app = *app.add_subcommand("completion", "Print what a shell needs to complete command lines");
    completion_app.add_option("SHELL", shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completion_app.callback([&] { fmt::print("{}", completion(app, shell)); });

    CLI::App& man_app = *app.add_subcommand("man", "Print the manual page");
    man_app.callback([&] { fmt::print("{}", man_page(app)); });

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& e) { // --help, --version
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        app.exit(e);
        if (const std::string meant = suggestion(app, {argv + 1, argv + argc}); !meant.empty())
            fmt::print(stderr, "imgcompose: {}\n", meant);
        return 2;
    }
    return status;
}

} // namespace

int run(int argc, char** argv) {
    try {
        return parse_and_run(argc, argv);
    } catch (const stopped_by_signal& e) {
        tell(e);
        return 128 + e.number;
    } catch (const std::exception& e) {
        tell(e);
    }
    return 1;
}

} // namespace command
