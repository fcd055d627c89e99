// SPDX-License-Identifier: BSL-1.0
// What a user of a board with a Rockchip SoC includes; nothing else is needed with it.
// From its trees and files to an image, a file or a card. imgcompose.hpp has also what reads images, boot
// scripts, and other boards.
#pragma once

#include <imgcompose/board/rockchip.hpp>
#include <imgcompose/boot/cmdline.hpp>
#include <imgcompose/boot/extlinux.hpp>
#include <imgcompose/compose/compose.hpp>
#include <imgcompose/compose/steps.hpp>
#include <imgcompose/flash/flash.hpp>
#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/fs/fat/fat.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/partition/linux_types.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/tree/glob.hpp>
#include <imgcompose/tree/merge.hpp>
#include <imgcompose/tree/steps.hpp>
#include <imgcompose/version.hpp>
#include <imgcompose/write/digest.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/write.hpp>
