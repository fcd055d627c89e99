// SPDX-License-Identifier: BSL-1.0
// Where the bytes of an image come from.
#pragma once

#include <imgcompose/core/units.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Bytes that exist in memory.
using owned_bytes = std::vector<std::byte>;

/// Makes bytes on demand, the same for the same arguments, from several threads at once.
class generator {
public:
    generator() = default;
    generator(const generator&) = delete;
    generator& operator=(const generator&) = delete;
    virtual ~generator() = default;

    /// Fills `to` with the bytes of `item` (what that means is the generator's own affair) from `from` on.
    virtual void generate(std::uint32_t item, bytes from, std::span<std::byte> to) const = 0;
    /// What is generated, for plans and messages, such as "inode table".
    [[nodiscard]] virtual std::string describe(std::uint32_t item) const = 0;
};

class source_files;

/// One of the things extents take `data` from. In an extent `item` is the file's id for source_files, passed on to a
/// generator, and unused for owned bytes.
using source = std::variant<std::shared_ptr<const owned_bytes>, std::shared_ptr<const source_files>,
                            std::shared_ptr<const generator>>;

IMGCOMPOSE_NAMESPACE_END
