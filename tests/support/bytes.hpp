// SPDX-License-Identifier: BSL-1.0
// Bytes of images and files as text that tests compare.
#pragma once

#include <imgcompose/image/read.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace imgcompose_test {

inline std::string text_of(std::span<const std::byte> raw) { return {reinterpret_cast<const char*>(raw.data()), raw.size()}; }
inline std::string text_of(const imgcompose::image& i) { return text_of(imgcompose::read_all(i)); }
inline std::string text_at(const imgcompose::image& i, imgcompose::offset at, std::size_t size) {
    std::string s(size, '\0');
    imgcompose::read(i, at, std::as_writable_bytes(std::span{s}));
    return s;
}

/// Whether `words` are somewhere in `text`.
inline bool has(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

} // namespace imgcompose_test
