// SPDX-License-Identifier: BSL-1.0
// What a partition holds, by its magic numbers. ext4 and FAT are looked into; of others their label and size are told.
// Source of magic numbers and places: util-linux libblkid/src/superblocks/*.c, where no other is named.
#pragma once

#include <imgcompose/core/guid.hpp>
#include <imgcompose/core/unicode.hpp>
#include <imgcompose/inspect/report.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {

/// Fields of a superblock at fixed places; what lies behind the end is zero or empty.
class superblock_fields {
public:
    explicit superblock_fields(const window& part) : part_(part) {}

    [[nodiscard]] bool has(std::uint64_t at, std::string_view magic) const {
        return text(at, magic.size(), false) == magic;
    }
    template <disk_field F> [[nodiscard]] auto number(std::uint64_t at) const {
        const auto field = part_.get<F>(offset{bytes{at}});
        return field ? from_disk(*field) : decltype(from_disk(*field)){};
    }
    /// Up to the first NUL, if there may be one.
    [[nodiscard]] std::string text(std::uint64_t at, std::size_t size, bool ends_at_nul = true) const {
        const owned_bytes raw = part_.take(offset{bytes{at}}, bytes{size});
        const std::string s{reinterpret_cast<const char*>(raw.data()), raw.size()};
        return ends_at_nul ? s.substr(0, s.find('\0')) : s;
    }
    [[nodiscard]] std::string id(std::uint64_t at) const {
        const owned_bytes raw = part_.take(offset{bytes{at}}, bytes{16});
        uuid id;
        for (std::size_t i = 0; i < raw.size(); ++i) id.raw[i] = std::to_integer<std::uint8_t>(raw[i]);
        return id.is_nil() ? std::string{} : to_string(id);
    }
    [[nodiscard]] std::string utf16(std::uint64_t at, std::size_t units) const {
        std::u16string name;
        for (std::size_t i = 0; i < units; ++i) {
            const auto unit = number<le16>(at + 2 * i);
            if (unit == 0) break;
            name += static_cast<char16_t>(unit);
        }
        return utf8_of(name);
    }

private:
    window part_;
};

/// `count` blocks of `block` bytes; 0 for what 64 bits cannot hold.
constexpr bytes size_of_blocks(std::uint64_t count, std::uint64_t block) {
    if (block != 0 && count > std::numeric_limits<std::uint64_t>::max() / block) return {};
    return bytes{count * block};
}

inline std::optional<found_content> known_by_magic(const window& part) {
    const superblock_fields s{part};
    const auto filesystem = [](std::string kind, std::string label, std::string id, bytes size,
                               std::optional<bytes> free = {}) {
        return found_content{.kind = std::move(kind),
                             .filesystem = true,
                             .label = std::move(label),
                             .id = std::move(id),
                             .size = size,
                             .free = free};
    };
    if (s.has(0, "hsqs")) return filesystem("squashfs", "", "", bytes{s.number<le64>(40)});
    if (s.has(0, "XFSB")) {
        const std::uint64_t block = s.number<be32>(4);
        return filesystem("xfs", s.text(108, 12), s.id(32), size_of_blocks(s.number<be64>(8), block),
                          size_of_blocks(s.number<be64>(144), block));
    }
    if (s.has(0x10040, "_BHRfS_M")) {
        const bytes size{s.number<le64>(0x10070)}, used{s.number<le64>(0x10078)};
        return filesystem("btrfs", s.text(0x1012b, 256), s.id(0x10020), size, size - std::min(used, size));
    }
    if (s.number<le32>(1024) == 0xF2F52010) {
        const std::uint32_t log_block = s.number<le32>(1024 + 16);
        return filesystem("f2fs", s.utf16(1024 + 124, 512), s.id(1024 + 108),
                          log_block < 17 ? size_of_blocks(s.number<le64>(1024 + 36), 1ull << log_block) : bytes{});
    }
    if (s.number<le32>(1024) == 0xE0F5E1E2) {
        const unsigned log_block = s.number<le16>(1024 + 12) & 0xff;
        return filesystem("erofs", s.text(1024 + 64, 16), s.id(1024 + 48),
                          log_block < 17 ? size_of_blocks(s.number<le32>(1024 + 36), 1ull << log_block) : bytes{});
    }
    if (s.has(4086, "SWAPSPACE2"))
        return filesystem("swap", s.text(1052, 16), s.id(1036),
                          size_of_blocks(s.number<le32>(1028) + std::uint64_t{1}, 4096));
    if (s.has(0, std::string_view{"LUKS\xba\xbe", 6})) {
        const bool first = s.number<be16>(6) == 1;
        return filesystem(first ? "LUKS1" : "LUKS2", first ? "" : s.text(24, 48), s.text(168, 40), {});
    }
    for (const std::uint64_t at : {0u, 512u, 1024u, 1536u})
        if (s.has(at, "LABELONE") && s.has(at + 24, "LVM2 001")) return filesystem("LVM2", "", s.text(at + 32, 32), {});
    if (s.has(3, "NTFS    ")) return filesystem("NTFS", "", "", size_of_blocks(s.number<le64>(40), s.number<le16>(11)));
    if (s.has(3, "EXFAT   ")) return filesystem("exFAT", "", "", size_of_blocks(s.number<le64>(72), 512));
    if (s.has(32769, "CD001"))
        return filesystem("ISO 9660", without_padding(s.text(32808, 32)), "",
                          size_of_blocks(s.number<le32>(32848), 2048));

    // What boots without being a filesystem.
    const auto artefact = [](std::string kind) { return found_content{.kind = std::move(kind)}; };
    if (s.has(0, "CHROMEOS")) return artefact("ChromeOS kernel"); // vboot_reference firmware/lib/include/vb2_struct.h
    if (s.has(0, "ANDROID!")) return artefact("Android boot");    // AOSP system/tools/mkbootimg
    if (s.has(56, "ARM\x64")) return artefact("arm64 Image");     // Linux Documentation/arch/arm64/booting.rst
    if (s.number<be32>(0) == 0xd00dfeed) return artefact("FIT or device tree");
    if (s.number<be32>(0) == 0x27051956) return artefact("uImage");
    if (s.has(0, "LOADER  ")) return artefact("Rockchip uboot.img");
    if (s.has(0, "BL3X")) return artefact("Rockchip trust.img");
    return {};
}

} // namespace detail

/// "1234-ABCD", as mount and lsblk have it.
inline std::string volume_id_text(std::uint32_t id) {
    std::string s;
    for (int digit = 7; digit >= 0; --digit) {
        s += "0123456789ABCDEF"[id >> (4 * digit) & 15];
        if (digit == 4) s += '-';
    }
    return s;
}

/// What is at the start of `part`; nothing if it is not known.
inline std::optional<found_content> recognise_content(const window& part) {
    if (auto e = read_ext4_facts(part))
        return found_content{.kind = std::string{e->kind()},
                             .filesystem = true,
                             .label = e->label,
                             .id = to_string(e->id),
                             .size = e->size,
                             .free = e->free,
                             .ext4 = std::move(e)};
    if (auto known = detail::known_by_magic(part)) return known;
    if (auto f = read_fat_facts(part))
        return found_content{.kind = std::string{name_of(f->geometry.type)},
                             .filesystem = true,
                             .label = f->label,
                             .id = volume_id_text(f->volume_id),
                             .size = f->size(),
                             .free = f->free(),
                             .fat = std::move(f)};
    return {};
}

IMGCOMPOSE_NAMESPACE_END
