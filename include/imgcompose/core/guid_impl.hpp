// SPDX-License-Identifier: BSL-1.0
// The functions of guid.hpp.
#pragma once

#include <imgcompose/core/guid.hpp>
#include <imgcompose/core/error.hpp>
#include <imgcompose/core/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] IMGCOMPOSE_INLINE void not_a_uuid(std::string_view s) {
    throw input_error(text::join(text::quoted(s), " is not a UUID; write it as 8-4-4-4-12 hexadecimal digits, such as "
                                                  "0fc63daf-8483-4772-8e79-3d69d8477de4"));
}
} // namespace fail

IMGCOMPOSE_INLINE std::string to_string(const uuid& id) {
    std::string s;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) s += '-';
        s += "0123456789abcdef"[id.raw[i] / 16];
        s += "0123456789abcdef"[id.raw[i] % 16];
    }
    return s;
}

IMGCOMPOSE_NAMESPACE_END
