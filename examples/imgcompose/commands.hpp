// SPDX-License-Identifier: BSL-1.0
// What the command does, behind its command line. Each throws what it could not do.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace command {

/// Where an image goes, and how.
struct output_options {
    std::filesystem::path file{};              ///< "-": standard output
    std::vector<std::filesystem::path> also{}; ///< more of them, written in the same pass
    bool bmap = false;                         ///< also a block map beside `file`
    bool update = false;                       ///< what has not changed is taken from what `file` holds already
    bool in_place = false;                     ///< an update writes only what has changed, into `file` itself
    bool into_existing = false;                ///< `file` is a device or file that is written into as it is
    bool discard = false;                      ///< and need not keep what is undefined
    bool allow_fixed = false;                  ///< and may be a disk that cannot be taken out
    std::size_t jobs = 0; ///< threads; 0: as many as there are processors
    bool fsync = false;
    bool digest = false; ///< print its SHA-256
    bool quiet = false;
};

struct description_options {
    std::filesystem::path file{};
    std::filesystem::path inputs{}; ///< the folder of the description if empty
    std::vector<std::string> changes{};
};

struct build_options {
    description_options description{};
    output_options output{};
    bool no_lint = false; ///< also what would not boot is written
};

struct plan_options {
    description_options description{};
    bool json = false;
    bool all = false; ///< also regions inside of others
    bool parameter = false; ///< a Rockchip parameter.txt instead
};

/// Texts are as the user wrote them.
struct mkfs_options {
    std::string type{};
    std::filesystem::path from{}; ///< a directory, or an archive
    output_options output{};
    std::string size = "min";
    std::string label{}, uuid{}, readable_by = "linux", seed{}, journal = "auto", owner{}, grows_to{};
    std::optional<std::int64_t> epoch{};
    std::string block_size{}, bytes_per_inode{}, cluster_size{}, mount_options{}, symlinks = "refuse";
    std::optional<std::uint64_t> inodes{}, inode_size{}, fat_bits{}, sector_size{};
    std::optional<double> reserved_percent{};
    std::vector<std::string> features{}, exclude{};
    bool clamp = false, no_xattrs = false;
    std::optional<std::int64_t> clamp_to{}; ///< the epoch if not given
};

struct inspect_options {
    description_options disk{}; ///< an image, a device, or a description
    bool json = false;
    std::filesystem::path svg{}; ///< write a picture here instead
};

struct diff_options {
    std::filesystem::path before{}, after{}; ///< images, devices or descriptions
    std::filesystem::path inputs{};          ///< of descriptions
    bool json = false, without_contents = false, without_times = false;
};

struct extract_options {
    description_options disk{};
    bool bootloader = false;
    std::optional<std::uint32_t> partition{};
    bool files = false;               ///< the partition's files instead of its bytes
    std::filesystem::path output{};   ///< a directory, or a file for a partition's bytes
};

struct lint_options {
    description_options disk{};
    std::string board{};              ///< judge for this one; that of a description if empty
    std::string firmware = "u-boot";  ///< what reads the boot partition
    bool without_bootloader = false;
    bool spi = false; ///< the image is that of SPI flash
    bool json = false;
};

struct import_options {
    std::filesystem::path file{};
    std::filesystem::path inputs{}; ///< the folder of the file if empty
    std::string image{};            ///< which of its disk images; the only one if empty
    std::filesystem::path output{}; ///< standard output if empty
};

void boards(bool json);
void build(const build_options& options);
void plan(const plan_options& options);
void mkfs(const mkfs_options& options);
void import_genimage(const import_options& options);
void inspect(const inspect_options& options);
/// Whether both are the same.
bool diff(const diff_options& options);
void extract(const extract_options& options);
/// Whether nothing was found that keeps the disk from booting.
bool lint(const lint_options& options);

/// $SOURCE_DATE_EPOCH, if it is set. Throws imgcompose::input_error if it is no number.
std::optional<std::chrono::seconds> source_date_epoch();

} // namespace command
