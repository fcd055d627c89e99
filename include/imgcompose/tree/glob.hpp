// SPDX-License-Identifier: BSL-1.0
// Patterns for paths in a tree.
#pragma once

#include <imgcompose/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A pattern for whole absolute paths. `?` is any byte but a slash, `*` any number of them, `[a-z]` and `[!a-z]` one of
/// a set, `\` takes the next byte as it is. `**` is any number of bytes, slashes too; between slashes it may be no
/// directory at all: "/a/**/b" matches "/a/b". A pattern that does not begin with a slash may begin in any directory.
class glob {
public:
    /// Throws input_error if the pattern is empty, or a set or a backslash is not complete.
    explicit glob(std::string_view pattern);

    [[nodiscard]] bool matches(std::string_view path) const;

private:
    // The `]` that ends a set: not the first byte in it.
    [[nodiscard]] std::size_t end_of_set(std::size_t open) const;
    [[nodiscard]] std::size_t after_one(std::size_t p) const;
    [[nodiscard]] bool matches_one(std::size_t p, char c) const;
    static bool in_set(std::string_view set, char c);

    std::string pattern_;
};

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/tree/glob_impl.hpp>
#endif
