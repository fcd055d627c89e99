// SPDX-License-Identifier: BSL-1.0
#include "cli.hpp"

#include "commands.hpp"
#include "document.hpp"

#include <imgcompose/core/error.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <functional>

namespace command {

namespace {

void add_output(CLI::App& app, output_options& o) {
    app.add_option("-o,--output", o.file, "The image to write; what is there is replaced when it is complete")->required();
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
    app.add_option("--from", o.from, "The directory whose content it gets")->required();
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

int parse_and_run(int argc, char** argv) {
    CLI::App app{"Composes bootable disk images byte for byte, without root, mounts or external tools.", "imgcompose"};
    app.set_version_flag("--version", "imgcompose " IMGCOMPOSE_VERSION_STRING);
    app.require_subcommand(1);
    app.footer("Exit status: 0 done, 1 an error, 2 a wrong command line.");

    bool boards_json = false;
    CLI::App& boards_app = *app.add_subcommand("boards", "List the boards that are known");
    boards_app.add_flag("--json", boards_json, "For programs");
    boards_app.callback([&] { boards(boards_json); });

    description_options description;
    output_options output;
    CLI::App& build_app = *app.add_subcommand("build", "Make the disk image that a description tells of");
    add_description(build_app, description);
    add_output(build_app, output);
    build_app.callback([&] { build(description, output); });

    plan_options planned;
    CLI::App& plan_app = *app.add_subcommand("plan", "Tell where every byte of that image comes from, without making it");
    add_description(plan_app, planned.description);
    plan_app.add_flag("--json", planned.json, "All regions and extents, for programs");
    plan_app.add_flag("--all", planned.all, "Also what lies inside of partitions");
    plan_app.callback([&] { plan(planned); });

    mkfs_options made;
    add_mkfs(*app.add_subcommand("mkfs", "Make a filesystem of a directory"), made);

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& e) { // --help, --version
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        app.exit(e);
        return 2;
    }
    return 0;
}

} // namespace

int run(int argc, char** argv) {
    try {
        return parse_and_run(argc, argv);
    } catch (const description_error& e) {
        fmt::print(stderr, "{}\n", e.what());
    } catch (const std::exception& e) {
        fmt::print(stderr, "imgcompose: {}\n", e.what());
    }
    return 1;
}

} // namespace command
