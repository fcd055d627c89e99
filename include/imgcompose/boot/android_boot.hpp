// SPDX-License-Identifier: BSL-1.0
// Android boot images (boot.img), which Rockchip's vendor U-Boot boots from its boot partition: versions 0 to 2 written
// and read, 3 and 4 read.
// Source: AOSP system/tools/mkbootimg include/bootimg/bootimg.h and mkbootimg.py; U-Boot include/android_image.h.
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/image/window.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Of versions 0 to 2: a version has the fields of those before it.
struct android_boot_header {
    std::array<char, 8> magic; ///< "ANDROID!"
    le32 kernel_size, kernel_addr;
    le32 ramdisk_size, ramdisk_addr;
    le32 second_size, second_addr;
    le32 tags_addr;
    le32 page_size;
    le32 header_version;
    le32 os_version;
    std::array<char, 16> name;
    std::array<char, 512> cmdline; ///< the first 511 characters and a NUL
    std::array<std::byte, 32> id;  ///< a SHA-1 of the contents, and zeros
    std::array<char, 1024> extra_cmdline;
    le32 recovery_dtbo_size; ///< from here: version 1
    le64 recovery_dtbo_offset;
    le32 header_size;
    le32 dtb_size; ///< from here: version 2
    le64 dtb_addr;
};
static_assert(disk_struct<android_boot_header> && sizeof(android_boot_header) == 1660);
static_assert(offsetof(android_boot_header, header_version) == 40 && offsetof(android_boot_header, id) == 576);
static_assert(offsetof(android_boot_header, recovery_dtbo_size) == 1632);
static_assert(offsetof(android_boot_header, dtb_size) == 1648);

/// Of versions 3 and 4, whose pages always have 4096 bytes; addresses and device tree are in another partition.
struct android_boot_header_v3 {
    std::array<char, 8> magic;
    le32 kernel_size, ramdisk_size;
    le32 os_version;
    le32 header_size;
    std::array<le32, 4> reserved;
    le32 header_version;
    std::array<char, 1536> cmdline;
    le32 signature_size; ///< version 4
};
static_assert(disk_struct<android_boot_header_v3> && sizeof(android_boot_header_v3) == 1584);
static_assert(offsetof(android_boot_header_v3, header_version) == 40);

/// SHA-1, for the id of a boot image; nothing that is safe depends on it.
using sha1_value = std::array<std::byte, 20>;
using sha1_function = sha1_value (*)(std::span<const std::byte>);

namespace fail {
[[noreturn]] inline void android_boot_impossible(std::string_view why) {
    throw input_error(text::join("the Android boot image ", why));
}
[[noreturn]] inline void not_an_android_boot(std::string_view why) {
    throw format_error(text::join("not a valid Android boot image: ", why));
}
} // namespace fail

/// Android's own version and the month of its security patches; zero: not said.
struct android_version {
    unsigned major = 0, minor = 0, patch = 0; ///< each at most 127
    unsigned year = 0;                        ///< 2000 to 2127
    unsigned month = 0;
    friend bool operator==(const android_version&, const android_version&) = default;
};

/// What boots. What is empty is left out. The addresses are those that mkbootimg gives without options.
struct android_boot {
    image kernel{};
    image ramdisk{};
    image second{};        ///< Rockchip's: a resource image (RSCE) with logo and device tree
    image recovery_dtbo{}; ///< needs version 1
    image dtb{};           ///< needs version 2
    std::uint32_t kernel_address = 0x10008000;
    std::uint32_t ramdisk_address = 0x11000000;
    std::uint32_t second_address = 0x10f00000;
    std::uint32_t tags_address = 0x10000100;
    std::uint64_t dtb_address = 0x11f00000;
    std::string name{};    ///< of the board, at most 15 characters
    std::string cmdline{}; ///< at most 1534 characters
    android_version os{};
    unsigned version = 0; ///< of the header: 0, 1 or 2
    bytes page_size{2048};
};

namespace detail {

constexpr std::uint32_t packed(const android_version& v) {
    if (v == android_version{}) return 0;
    if (v.major > 127 || v.minor > 127 || v.patch > 127)
        fail::android_boot_impossible("has a version with a part above 127");
    std::uint32_t level = 0;
    if (v.year != 0 || v.month != 0) {
        if (v.year < 2000 || v.year > 2127 || v.month < 1 || v.month > 12)
            fail::android_boot_impossible("has a patch month outside of 2000-01 to 2127-12");
        level = (v.year - 2000) << 4 | v.month;
    }
    return (v.major << 14 | v.minor << 7 | v.patch) << 11 | level;
}
constexpr android_version unpacked(std::uint32_t v) {
    const std::uint32_t level = v & 0x7ff;
    return {.major = v >> 25,
            .minor = v >> 18 & 0x7f,
            .patch = v >> 11 & 0x7f,
            .year = level == 0 ? 0 : 2000 + (level >> 4),
            .month = level & 15};
}

inline std::uint32_t android_size(const image& part) {
    if (part.size().count > std::numeric_limits<std::uint32_t>::max())
        fail::android_boot_impossible(text::join("has a part of ", part.size().count, " bytes, more than 4294967295"));
    return static_cast<std::uint32_t>(part.size().count);
}

template <std::size_t Size> void put_text(std::array<char, Size>& to, std::string_view text) {
    text.copy(to.data(), to.size());
}

} // namespace detail

/// The image, its parts at whole pages; the same bytes as mkbootimg makes. The id is left zero without `sha1`: nobody
/// who boots looks at it. Throws input_error for what the header cannot say.
inline image android_boot_image(const android_boot& from, sha1_function sha1 = nullptr) {
    if (from.version > 2) fail::android_boot_impossible("can be written with a header of version 0, 1 or 2");
    const std::uint64_t page = from.page_size.count;
    if (page < 2048 || page > 16384 || (page & (page - 1)) != 0)
        fail::android_boot_impossible(
            text::join("cannot have pages of ", page, " bytes; take 2048, 4096, 8192 or 16384"));
    if (from.kernel.size() == bytes{}) fail::android_boot_impossible("needs a kernel");
    if (from.version < 1 && from.recovery_dtbo.size() != bytes{})
        fail::android_boot_impossible("has a recovery_dtbo, which needs version 1");
    if (from.version < 2 && from.dtb.size() != bytes{})
        fail::android_boot_impossible("has a dtb, which needs version 2");
    if (from.version == 2 && from.dtb.size() == bytes{}) fail::android_boot_impossible("of version 2 needs a dtb");
    if (from.name.size() > 15) fail::android_boot_impossible("has a name of more than 15 characters");
    if (from.cmdline.size() > 1534) fail::android_boot_impossible("has a command line of more than 1534 characters");
    if (from.name.find('\0') != std::string::npos || from.cmdline.find('\0') != std::string::npos)
        fail::android_boot_impossible("has a name or command line with a NUL");

    android_boot_header h{};
    h.magic = {'A', 'N', 'D', 'R', 'O', 'I', 'D', '!'};
    h.kernel_size = to_disk(detail::android_size(from.kernel));
    h.kernel_addr = to_disk(from.kernel_address);
    h.ramdisk_size = to_disk(detail::android_size(from.ramdisk));
    h.ramdisk_addr = to_disk(from.ramdisk.size() != bytes{} ? from.ramdisk_address : 0);
    h.second_size = to_disk(detail::android_size(from.second));
    h.second_addr = to_disk(from.second.size() != bytes{} ? from.second_address : 0);
    h.tags_addr = to_disk(from.tags_address);
    h.page_size = to_disk(page);
    h.header_version = to_disk(from.version);
    h.os_version = to_disk(detail::packed(from.os));
    detail::put_text(h.name, from.name);
    const std::string_view cmdline = from.cmdline;
    detail::put_text(h.cmdline, cmdline.substr(0, h.cmdline.size() - 1));
    if (cmdline.size() >= h.cmdline.size()) detail::put_text(h.extra_cmdline, cmdline.substr(h.cmdline.size() - 1));

    struct part {
        const image& content;
        std::string_view name;
    };
    const std::array parts{part{from.kernel, "kernel"}, part{from.ramdisk, "ramdisk"}, part{from.second, "second"},
                           part{from.recovery_dtbo, "recovery_dtbo"}, part{from.dtb, "dtb"}};
    const std::size_t used_parts = 3 + from.version;
    std::size_t header_size = offsetof(android_boot_header, recovery_dtbo_size);
    if (from.version >= 1) header_size = offsetof(android_boot_header, dtb_size);
    if (from.version >= 2) header_size = sizeof h;

    std::array<offset, parts.size()> places;
    offset end{from.page_size};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        places[i] = end;
        end = end + align_up(parts[i].content.size(), from.page_size);
    }
    if (from.version >= 1) {
        h.recovery_dtbo_size = to_disk(detail::android_size(from.recovery_dtbo));
        if (from.recovery_dtbo.size() != bytes{}) h.recovery_dtbo_offset = to_disk(places[3].count);
        h.header_size = to_disk(header_size);
    }
    if (from.version >= 2) {
        h.dtb_size = to_disk(detail::android_size(from.dtb));
        h.dtb_addr = to_disk(from.dtb_address);
    }
    if (sha1 != nullptr) {
        owned_bytes all;
        for (std::size_t i = 0; i < used_parts; ++i) {
            const owned_bytes content = read_all(parts[i].content);
            const le32 size = to_disk(detail::android_size(parts[i].content));
            const auto raw = to_bytes(size);
            all.insert(all.end(), content.begin(), content.end());
            all.insert(all.end(), raw.begin(), raw.end());
        }
        std::ranges::copy(sha1(all), h.id.begin());
    }

    image made{from_start(end)};
    const auto raw = to_bytes(h);
    owned_bytes head(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(header_size));
    head.resize(page);
    made.place(offset{}, owned(std::move(head)), "header");
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bytes size = parts[i].content.size();
        if (size == bytes{}) continue;
        made.place(places[i], parts[i].content, parts[i].name);
        made.place(places[i] + size, zeros(align_up(size, from.page_size) - size));
    }
    return made;
}

/// One part of a boot image that was read.
struct found_android_part {
    std::string_view name{};
    offset at{};
    bytes size{};
    std::uint64_t address = 0; ///< in memory; 0 where the version has none
};

struct found_android_boot {
    unsigned version = 0;
    bytes page_size{};
    std::string name{};
    std::string cmdline{};
    android_version os{};
    std::uint32_t tags_address = 0;
    std::array<std::byte, 32> id{};
    std::vector<found_android_part> parts{}; ///< those that are not empty, in order
    bytes size{};                            ///< up to the last page
    bool is_whole = true;                    ///< what was read has all parts

    [[nodiscard]] const found_android_part* find(std::string_view part) const {
        const auto p = std::ranges::find(parts, part, &found_android_part::name);
        return p == parts.end() ? nullptr : &*p;
    }
};

namespace detail {

template <std::size_t Size> std::string text_up_to_nul(const std::array<char, Size>& from) {
    return {from.begin(), std::find(from.begin(), from.end(), '\0')};
}

inline void lay_out(found_android_boot& b, std::initializer_list<found_android_part> parts, bytes available) {
    offset end{b.page_size};
    for (found_android_part p : parts) {
        if (p.size == bytes{}) continue;
        p.at = end;
        if (end + p.size > offset{available}) b.is_whole = false; // the last page's padding may be missing
        end = end + align_up(p.size, b.page_size);
        b.parts.push_back(p);
    }
    b.size = from_start(end);
}

} // namespace detail

/// The Android boot image at the start of `from`. Parts that are cut off are told in `is_whole`; throws format_error
/// for a header that cannot be.
inline found_android_boot read_android_boot(const window& from) {
    // 40: where all versions have their number
    const auto start = from.take(offset{}, 44_B);
    const std::string_view text{reinterpret_cast<const char*>(start.data()), start.size()};
    if (!text.starts_with("ANDROID!") || start.size() < 44)
        fail::not_an_android_boot("it does not begin with ANDROID!");
    found_android_boot b{.version = from_disk(struct_from<le32>(std::span{start}.subspan(40)))};
    if (b.version > 4) fail::not_an_android_boot(text::join("its version is ", b.version, "; 0 to 4 are known"));
    const auto size_of = [](const auto& field) { return bytes{from_disk(field)}; };
    if (b.version >= 3) {
        const auto h = from.get<android_boot_header_v3>(offset{});
        if (!h) fail::not_an_android_boot("its header is cut off");
        b.page_size = 4_KiB;
        b.cmdline = detail::text_up_to_nul(h->cmdline);
        b.os = detail::unpacked(from_disk(h->os_version));
        const bytes signature = b.version == 4 ? size_of(h->signature_size) : bytes{};
        detail::lay_out(b,
                        {{"kernel", {}, size_of(h->kernel_size)},
                         {"ramdisk", {}, size_of(h->ramdisk_size)},
                         {"signature", {}, signature}},
                        from.size());
        return b;
    }
    // Of an older version this reads also what follows its header, in the same page.
    const auto h = from.get<android_boot_header>(offset{});
    if (!h) fail::not_an_android_boot("its header is cut off");
    b.page_size = size_of(h->page_size);
    if (b.page_size < 2_KiB || b.page_size > 64_KiB || (b.page_size.count & (b.page_size.count - 1)) != 0)
        fail::not_an_android_boot(text::join("its pages have ", b.page_size.count, " bytes"));
    b.name = detail::text_up_to_nul(h->name);
    b.cmdline = detail::text_up_to_nul(h->cmdline) + detail::text_up_to_nul(h->extra_cmdline);
    b.os = detail::unpacked(from_disk(h->os_version));
    b.tags_address = from_disk(h->tags_addr);
    b.id = h->id;
    detail::lay_out(b,
                    {{"kernel", {}, size_of(h->kernel_size), from_disk(h->kernel_addr)},
                     {"ramdisk", {}, size_of(h->ramdisk_size), from_disk(h->ramdisk_addr)},
                     {"second", {}, size_of(h->second_size), from_disk(h->second_addr)},
                     {"recovery_dtbo", {}, b.version >= 1 ? size_of(h->recovery_dtbo_size) : bytes{}},
                     {"dtb", {}, b.version >= 2 ? size_of(h->dtb_size) : bytes{}, from_disk(h->dtb_addr)}},
                    from.size());
    return b;
}

/// The bytes of one of its parts; fewer than its size if they are cut off.
inline window content_of(const window& boot, const found_android_part& part) { return boot.part(part.at, part.size); }

IMGCOMPOSE_NAMESPACE_END
