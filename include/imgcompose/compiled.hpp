// SPDX-License-Identifier: BSL-1.0
// All functions that IMGCOMPOSE_COMPILED leaves out of the headers. One source file of a program includes this, or that of the
// library which imgcompose::compiled is; every file of the program is compiled with -DIMGCOMPOSE_COMPILED.
#pragma once

#include <imgcompose/board/board_impl.hpp>
#include <imgcompose/boot/cmdline_impl.hpp>
#include <imgcompose/boot/extlinux_impl.hpp>
#include <imgcompose/compose/compose_impl.hpp>
#include <imgcompose/compose/disk_impl.hpp>
#include <imgcompose/compose/layout_impl.hpp>
#include <imgcompose/compose/shared_impl.hpp>
#include <imgcompose/compose/steps_impl.hpp>
#include <imgcompose/core/guid_impl.hpp>
#include <imgcompose/core/named_range_impl.hpp>
#include <imgcompose/core/suggest_impl.hpp>
#include <imgcompose/core/text_impl.hpp>
#include <imgcompose/flash/flash_impl.hpp>
#include <imgcompose/flash/target_impl.hpp>
#include <imgcompose/fs/ext4/ext4_impl.hpp>
#include <imgcompose/fs/fat/fat_impl.hpp>
#include <imgcompose/image/blob_impl.hpp>
#include <imgcompose/image/image_impl.hpp>
#include <imgcompose/image/recipe_impl.hpp>
#include <imgcompose/image/sorted_runs_impl.hpp>
#include <imgcompose/image/source_files_impl.hpp>
#include <imgcompose/os/file_impl.hpp>
#include <imgcompose/os/system_impl.hpp>
#include <imgcompose/tree/directory_impl.hpp>
#include <imgcompose/tree/glob_impl.hpp>
#include <imgcompose/tree/merge_impl.hpp>
#include <imgcompose/tree/steps_impl.hpp>
#include <imgcompose/tree/tree_impl.hpp>
#include <imgcompose/write/digest_impl.hpp>
#include <imgcompose/write/file_sink_impl.hpp>
#include <imgcompose/write/new_file_impl.hpp>
#include <imgcompose/write/sink_impl.hpp>
#include <imgcompose/write/write_impl.hpp>
