// SPDX-License-Identifier: BSL-1.0
// What partitions hold: trees, their filesystems, and the files that U-Boot boots by.
#pragma once

#include "document.hpp"
#include "made.hpp"

#include <imgcompose/board/board.hpp>
#include <imgcompose/boot/extlinux.hpp>
#include <imgcompose/boot/nixos_generations.hpp>
#include <imgcompose/image/recipe.hpp>
#include <imgcompose/tree/tree.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace command {

/// The tree that the steps of a partition make.
imgcompose::tree read_tree(const section& partition, const made_for& target);

/// A partition's filesystem with that tree in it.
imgcompose::recipe read_filesystem(const section& filesystem, imgcompose::tree content, const made_for& target);

/// Adds the files of [extlinux], [nixos], [boot_script] and [loader] to the tree of the partition that gets them.
class boot_files {
public:
    boot_files(const section& top, const made_for& target);

    /// Finds the generations of [nixos] in the tree of the partition of that name, if it is the one with the store.
    void look_for_generations(const std::string& partition, const imgcompose::tree& content);
    /// Puts in `content` what belongs to the partition of that name, and looks for the files that are booted. Nothing can
    /// be put into one that `is_ready_made`.
    void add_to(const std::string& partition, imgcompose::tree& content, bool is_ready_made);
    /// Throws description_error if a file belongs to a partition that never came.
    void require_all_added() const;
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

private:
    /// Refuses at `key` of `s` what keeps a file from being booted, and remembers what may.
    void tell(const section& s, std::string_view key, const std::vector<imgcompose::finding>& findings);
    void add_extlinux(imgcompose::tree& content);
    void add_nixos(imgcompose::tree& content);
    void add_boot_script(imgcompose::tree& content);
    void add_loader(imgcompose::tree& content);

    section extlinux_, nixos_, script_, loader_;
    std::optional<imgcompose::nixos_boot_menu> generations_{};
    imgcompose::extlinux configuration_{};
    std::vector<std::string_view> device_trees_{}, architectures_{}; // of the boards
    std::vector<std::string> partitions_{}; // their names
    std::chrono::seconds epoch_;
    bool extlinux_added_ = false, nixos_added_ = false, script_added_ = false, loader_added_ = false;
    std::vector<std::string> warnings_;
};

} // namespace command
