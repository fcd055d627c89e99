// SPDX-License-Identifier: BSL-1.0
// What a user of a board with a Rockchip SoC includes; nothing else is needed with it.
#pragma once

#include <imgcompose/board/rockchip.hpp>
#include <imgcompose/imgcompose.hpp>
