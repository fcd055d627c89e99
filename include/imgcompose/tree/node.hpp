// SPDX-License-Identifier: BSL-1.0
// What a filesystem tree is made of.
#pragma once

#include <imgcompose/core/error.hpp>
#include <imgcompose/core/file_type.hpp>
#include <imgcompose/core/text.hpp>
#include <imgcompose/core/units.hpp>
#include <imgcompose/image/time.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void nanoseconds_out_of_range(std::uint32_t nanoseconds) {
    throw input_error(text::join("a time has ", nanoseconds,
                                 " nanoseconds; at most 999999999 are possible, full seconds belong to the seconds"));
}
} // namespace fail

/// Seconds since 1970, of any sign, and nanoseconds from 0 to 999999999. Throws input_error for more.
struct timestamp {
    /// Since 1970, in UTC.
    std::int64_t seconds = 0;
    /// And so many more: less than 1,000,000,000.
    std::uint32_t nanoseconds = 0;
    friend constexpr auto operator<=>(const timestamp&, const timestamp&) = default;
    constexpr timestamp() = default;
    /// Since 1970.
    constexpr timestamp(std::int64_t s, std::uint32_t ns) : seconds(s), nanoseconds(ns) {
        if (ns > 999'999'999) fail::nanoseconds_out_of_range(ns);
    }
    /// Since 1970.
    constexpr timestamp(std::chrono::seconds s) : seconds(s.count()) {}
};

/// An extended attribute by its full name, such as "user.comment", "security.capability" or
/// "system.posix_acl_access" (an ACL in the kernel's interface format, version 2).
struct xattr {
    /// The full name, with its namespace.
    std::string name{};
    /// Any bytes.
    std::string value{};
    friend auto operator<=>(const xattr&, const xattr&) = default;
};

/// What a node has beside its content. The initial mode is 0755 for directories, 0777 for symbolic links and 0644
/// otherwise.
struct attributes_of_node {
    /// Its owner.
    std::uint32_t uid = 0;
    /// Its group.
    std::uint32_t gid = 0;
    std::optional<std::uint16_t> mode{}; ///< permission bits with setuid, setgid, sticky: at most 07777
    std::optional<timestamp> mtime{};    ///< the image's epoch if not given
    /// Extended attributes, in any order.
    std::vector<xattr> xattrs{};
};

/// A device number as Linux splits it: 12 bits of major, 20 bits of minor.
struct device_number {
    /// The driver: at most 4095.
    std::uint32_t major = 0;
    /// The device: at most 1048575.
    std::uint32_t minor = 0;
    friend constexpr auto operator<=>(const device_number&, const device_number&) = default;
};

/// A range of a regular file that holds data; what lies between ranges is a hole and reads as zero.
struct data_range {
    /// From the start of the file.
    bytes at{};
    /// How long it is.
    bytes size{};
    friend constexpr auto operator<=>(const data_range&, const data_range&) = default;
};

IMGCOMPOSE_NAMESPACE_END
