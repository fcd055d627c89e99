// SPDX-License-Identifier: BSL-1.0
// The kernel's command line as a value.
// Source: Linux Documentation/admin-guide/kernel-parameters.rst; lib/cmdline.c, next_arg; init/do_mounts.c.
#pragma once

#include <imgcompose/core/guid.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// What follows `root=`. The kernel itself finds devices, PARTUUID and PARTLABEL; LABEL and UUID of a filesystem need
/// an initramfs that looks for them.
struct root_spec {
    /// What the value is.
    enum class kind : std::uint8_t { none, label, uuid, partuuid, partlabel, device };

    /// How the root is found.
    kind by = kind::none;
    /// What stands behind LABEL= and the like, or the device.
    std::string value{};

    friend bool operator==(const root_spec&, const root_spec&) = default;
};

/// The filesystem with this label.
root_spec by_label(std::string value);
/// The filesystem with this UUID (of FAT: volume id as ABCD-1234).
root_spec by_uuid(std::string value);
root_spec by_uuid(const uuid& id);
/// The partition with this GPT GUID, or of an MBR its disk signature and number: 2178694e-02.
root_spec by_partuuid(std::string value);
root_spec by_partuuid(const uuid& id);
/// The partition with this GPT name.
root_spec by_partlabel(std::string value);
/// A device by its name, such as /dev/mmcblk0p2.
root_spec by_device(std::string value);

namespace detail {
inline constexpr std::pair<root_spec::kind, std::string_view> root_prefixes[] = {
    {root_spec::kind::label, "LABEL="},
    {root_spec::kind::uuid, "UUID="},
    {root_spec::kind::partuuid, "PARTUUID="},
    {root_spec::kind::partlabel, "PARTLABEL="},
};
} // namespace detail

/// As it stands behind `root=`.
std::string to_string(const root_spec& root);

/// From what stands behind `root=`. Throws input_error if nothing does.
root_spec parse_root_spec(std::string_view s);

/// Whether the kernel mounts the root writable.
enum class root_access : std::uint8_t { unsaid, read_only, read_write };

/// `{.console = {"ttyS2,1500000"}, .root = by_label("NIXOS_SD"), .rootwait = true, .init = "/sbin/init"}`
struct cmdline {
    std::vector<std::string> console{};    ///< what follows `console=`; the last becomes /dev/console
    std::optional<std::string> earlycon{}; ///< what follows `earlycon=`; empty: take it from the device tree
    /// What follows `root=`.
    root_spec root{};
    /// What follows `rootfstype=`; empty: the kernel tries what it has.
    std::string rootfstype{};
    /// Whether to wait for a root that appears late, as on SD cards.
    bool rootwait = false;
    /// `ro`, `rw` or neither.
    root_access access = root_access::unsaid;
    /// What follows `init=`.
    std::string init{};
    std::vector<std::string> extra{}; ///< other arguments, each `name` or `name=value`, without quotes

    friend bool operator==(const cmdline&, const cmdline&) = default;
    /// For where text is wanted, such as extlinux_entry::append.
    operator std::string() const;
};

/// What an arm64 kernel keeps of its command line, with the terminator.
/// Source: Linux arch/arm64/include/uapi/asm/setup.h, COMMAND_LINE_SIZE.
inline constexpr std::size_t arm64_cmdline_size = 2048;

/// The words in a fixed order: console, earlycon, root, rootfstype, rootwait, ro or rw, init, then `extra`.
/// Throws input_error for what the kernel would read differently: a double quote, a control character, a blank where
/// no quotes can be, or more than 2047 characters.
std::string to_string(const cmdline& c);

/// Reads a command line as the kernel does: of what may be there once, the last counts; behind `--` nothing is the
/// kernel's own. Throws input_error for what `to_string` could not write: an open quote, one inside a value, a blank in
/// a name, or too long a line.
cmdline parse_cmdline(std::string_view line);

/// Both: lists are joined, of the rest `later` wins where it says something.
cmdline merge(cmdline base, const cmdline& later);

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/boot/cmdline_impl.hpp>
#endif
