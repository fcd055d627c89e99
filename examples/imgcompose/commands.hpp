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
    std::filesystem::path file{};
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

struct plan_options {
    description_options description{};
    bool json = false;
    bool all = false; ///< also regions inside of others
};

/// Texts are as the user wrote them.
struct mkfs_options {
    std::string type{};
    std::filesystem::path from{};
    output_options output{};
    std::string size = "min";
    std::string label{}, uuid{}, readable_by = "linux", seed{}, journal = "auto", owner{}, grows_to{};
    std::optional<std::int64_t> epoch{};
    std::string block_size{}, bytes_per_inode{}, cluster_size{}, mount_options{}, symlinks = "refuse";
    std::optional<std::uint64_t> inodes{}, inode_size{}, fat_bits{}, sector_size{};
    std::optional<double> reserved_percent{};
    std::vector<std::string> features{}, exclude{};
    bool clamp = false;
    std::optional<std::int64_t> clamp_to{}; ///< the epoch if not given
};

void boards(bool json);
void build(const description_options& description, const output_options& output);
void plan(const plan_options& options);
void mkfs(const mkfs_options& options);

/// $SOURCE_DATE_EPOCH, if it is set. Throws imgcompose::input_error if it is no number.
std::optional<std::chrono::seconds> source_date_epoch();

} // namespace command
