// SPDX-License-Identifier: BSL-1.0
// EXPECT: deciseconds
// A timeout without a unit would be tenths for one reader and seconds for another.
#include <imgcompose/boot/extlinux.hpp>

#ifdef MUST_FAIL
const imgcompose::extlinux file{.timeout = 10};
#else
const imgcompose::extlinux file{.timeout = std::chrono::seconds{1}};
#endif
