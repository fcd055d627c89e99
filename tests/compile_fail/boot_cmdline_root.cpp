// SPDX-License-Identifier: BSL-1.0
// EXPECT: kind
// A bare string does not say what it names: a label, a UUID, a device.
#include <imgcompose/boot/cmdline.hpp>

#ifdef MUST_FAIL
const imgcompose::cmdline line{.root = std::string{"NIXOS_SD"}};
#else
const imgcompose::cmdline line{.root = imgcompose::by_label("NIXOS_SD")};
#endif
