// SPDX-License-Identifier: BSL-1.0
// The one place where the version is typed; CMake and the Conan recipe read it from here.
#pragma once

#define IMGCOMPOSE_VERSION_MAJOR 0
#define IMGCOMPOSE_VERSION_MINOR 1
#define IMGCOMPOSE_VERSION_PATCH 0
#define IMGCOMPOSE_VERSION_STRING "0.1.0"

// With IMGCOMPOSE_COMPILED, headers that users include only declare their functions: they are in imgcompose::compiled, or
// in the one file that includes compiled.hpp.
#ifdef IMGCOMPOSE_COMPILED
#define IMGCOMPOSE_INLINE
#else
#define IMGCOMPOSE_INLINE inline
#endif

// Two versions of this header-only library may meet in one program: each has its own symbols.
#define IMGCOMPOSE_ABI_NAMESPACE v0_1
#define IMGCOMPOSE_NAMESPACE_BEGIN                                                                                     \
    namespace imgcompose {                                                                                             \
    inline namespace IMGCOMPOSE_ABI_NAMESPACE {
#define IMGCOMPOSE_NAMESPACE_END                                                                                       \
    }                                                                                                                  \
    }
