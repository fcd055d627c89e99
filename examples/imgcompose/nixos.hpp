// SPDX-License-Identifier: BSL-1.0
// The table [nixos] of a description: the generations of a NixOS system, found in the tree that has its store.
#pragma once

#include "document.hpp"

#include <imgcompose/boot/nixos_generations.hpp>
#include <imgcompose/tree/tree.hpp>

#include <chrono>
#include <string>

namespace command {

/// The name of the partition whose tree has the store.
std::string store_of(const section& nixos);

/// Where /boot is in the tree of the partition that gets the files: "" if that partition is /boot.
std::string boot_folder_of(const section& nixos);

/// What is booted, by the tree with /nix/store. `epoch` is when generations were made that do not say it.
imgcompose::nixos_boot_menu read_nixos(const section& nixos, const imgcompose::tree& store, std::chrono::seconds epoch);

} // namespace command
