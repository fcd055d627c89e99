// SPDX-License-Identifier: BSL-1.0
// An idbloader.img looked into: which form it has, how long it is, whether its hashes are right, and its stages as they
// were before mkimage. What is read may be damaged or hostile. Source: U-Boot tools/rkcommon.c, struct header0_info and
// header0_info_v2; tools/rkspi.c.
#pragma once

#include <imgcompose/board/rockchip/idbloader.hpp>
#include <imgcompose/image/window.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void idbloader_is_cut_off(bytes there, bytes claimed) {
    throw format_error(text::join("idbloader.img has ", there.count, " of the ", claimed.count,
                                  " bytes that its header tells of; fetch or build it again"));
}
} // namespace fail

namespace rockchip {

/// What the boot ROM loads: the first is the TPL, the second SPL.
struct found_stage {
    offset at{};  ///< in the plain form
    bytes size{}; ///< in whole sectors; what they were filled up with cannot be told from what the stage has
    std::optional<bool> hash_matches{};
};

struct found_idbloader {
    bool hashes = false; ///< of the second header generation
    bool encoded = false; ///< its stages are, by RC4
    std::string tag{};   ///< of the first generation: "RK33"; of a signed one empty
    bool spread = false; ///< every 2 KiB followed by 2 KiB of zeros, for SPI flash
    bytes size{};        ///< of all of it, twice as much if spread
    std::vector<found_stage> stages{};
    std::optional<bool> header_hash_matches{};

    /// Whether the boot ROM of that SoC loads it. Throws input_error for a SoC that is not known.
    [[nodiscard]] bool is_for(std::string_view soc) const {
        const boot_rom& rom = boot_rom_of(soc);
        return rom.hashes == hashes && rom.tag == tag && !stages.empty() && stages.front().size <= rom.most;
    }
};

/// The plain form of a spread idbloader: the first 2 KiB of every 4. Source: U-Boot tools/rkspi.c.
inline owned_bytes gathered_from_spi(std::span<const std::byte> spread) {
    owned_bytes out;
    for (std::size_t at = 0; at < spread.size(); at += 2 * detail::chunk) {
        const auto piece = spread.subspan(at, std::min(detail::chunk, spread.size() - at));
        out.insert(out.end(), piece.begin(), piece.end());
    }
    return out;
}

namespace detail {

inline bool is_all(std::span<const std::byte> raw, std::byte what) {
    return std::ranges::all_of(raw, [&](std::byte b) { return b == what; });
}

/// Up to `size` bytes at a place of the plain form.
inline owned_bytes plain_bytes(const window& from, bool spread, offset at, bytes size) {
    if (!spread) return from.take(at, size);
    const std::uint64_t first = at.count / chunk, within = at.count % chunk;
    owned_bytes all = gathered_from_spi(
        from.take(offset{bytes{first * 2 * chunk}}, bytes{2 * round_up(within + size.count, chunk)}));
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(within, all.size())));
    all.resize(std::min<std::uint64_t>(size.count, all.size()));
    return all;
}

class idbloader_reader {
public:
    idbloader_reader(const window& from, sha256_function sha256) : from_(from), sha256_(sha256) {}

    std::optional<found_idbloader> read() {
        const owned_bytes start = from_.take(offset{}, bytes{chunk});
        if (start.size() != chunk) return {};
        owned_bytes decoded{start.begin(), start.begin() + sizeof(header_v1)};
        rc4(decoded);
        const auto v1 = struct_from<header_v1>(decoded);
        if (from_disk(v1.magic) == header_v1_magic) return read_v1(v1);
        const auto v2 = struct_from<header_v2>(start);
        if (from_disk(v2.magic) == header_v2_magic) return read_v2(v2, start);
        return {};
    }

private:
    found_idbloader read_v1(const header_v1& h) {
        const std::uint64_t begin = from_disk(h.init_offset), init = from_disk(h.init_size),
                            both = std::max<std::uint64_t>(from_disk(h.init_boot_size), init);
        found_.spread = is_spread(begin + both);
        found_.encoded = from_disk(h.disable_rc4) == 0;
        found_.stages.push_back({.at = offset{bytes{begin * sector}}, .size = bytes{init * sector}});
        std::uint64_t end = begin + both;
        // What mkimage says where there is no second stage; somebody may have put one behind all the same.
        if (bytes{(both - init) * sector} == no_second_stage) end = end_of_data(begin + init, end);
        if (end > begin + init)
            found_.stages.push_back(
                {.at = offset{bytes{(begin + init) * sector}}, .size = bytes{(end - begin - init) * sector}});
        owned_bytes mark = take(begin, 4);
        if (found_.encoded) rc4(mark);
        const std::string_view tag{reinterpret_cast<const char*>(mark.data()), mark.size()};
        const auto known = [&](const boot_rom& r) { return !r.tag.empty() && r.tag == tag; };
        if (std::ranges::any_of(boot_roms, known)) found_.tag = tag;
        return sized(end);
    }
    found_idbloader read_v2(const header_v2& h, std::span<const std::byte> raw) {
        found_.hashes = true;
        const bool checked = from_disk(h.boot_flag) == 1 && sha256_ != nullptr;
        const auto has_hash = [&](std::span<const std::byte> data, std::span<const std::byte> hash) {
            return std::ranges::equal(sha256_(data), hash.first(sizeof(sha256_value)));
        };
        if (checked) found_.header_hash_matches = has_hash(raw.first(offsetof(header_v2, hash)), h.hash);
        const auto size_of = [](const image_entry_v2& e) { return std::uint64_t{from_disk(e.size_and_off) >> 16}; };
        const auto place_of = [](const image_entry_v2& e) { return std::uint64_t{from_disk(e.size_and_off) & 0xffff}; };
        const auto images =
            std::span{h.images}.first(std::min<std::size_t>(from_disk(h.size_and_nimage) >> 16, h.images.size()));
        std::uint64_t end = chunk / sector;
        for (const image_entry_v2& e : images) end = std::max(end, place_of(e) + size_of(e));
        found_.spread = is_spread(end);
        for (const image_entry_v2& e : images) {
            if (size_of(e) == 0) continue;
            found_stage s{.at = offset{bytes{place_of(e) * sector}}, .size = bytes{size_of(e) * sector}};
            // At most 32 MiB, which the header's fields allow.
            if (checked) s.hash_matches = has_hash(take(place_of(e), size_of(e) * sector), e.hash);
            found_.stages.push_back(s);
        }
        return sized(end);
    }
    found_idbloader sized(std::uint64_t end) {
        found_.size = bytes{end * sector * (found_.spread ? 2 : 1)};
        return found_;
    }

    /// A plain one has code right behind its header.
    [[nodiscard]] bool is_spread(std::uint64_t end) const {
        constexpr std::uint64_t looked_at = 4;
        bool any = false;
        for (std::uint64_t n = 0; n < looked_at && n * chunk < end * sector; ++n) {
            const owned_bytes data = from_.take(offset{bytes{2 * n * chunk}}, bytes{chunk});
            const owned_bytes gap = from_.take(offset{bytes{(2 * n + 1) * chunk}}, bytes{chunk});
            if (!is_all(gap, std::byte{})) return false;
            any |= n > 0 && !is_all(data, std::byte{});
        }
        return any;
    }
    /// Up to `size` bytes at a sector of the plain form.
    [[nodiscard]] owned_bytes take(std::uint64_t at, std::uint64_t size) const {
        return plain_bytes(from_, found_.spread, offset{bytes{at * sector}}, bytes{size});
    }
    [[nodiscard]] std::uint64_t end_of_data(std::uint64_t first, std::uint64_t last) const {
        std::uint64_t at = first;
        while (at < last) {
            const owned_bytes raw = take(at, chunk);
            if (is_all(raw, std::byte{}) || is_all(raw, std::byte{0xff})) break; // as well as nothing
            at += chunk / sector;
        }
        return std::min(at, last);
    }

    const window& from_;
    sha256_function sha256_;
    found_idbloader found_{};
};

} // namespace detail

/// What is at the start of `from`; nothing if it is none. It may claim more than is there: see `size`.
inline std::optional<found_idbloader> read_idbloader(const window& from, sha256_function sha256 = nullptr) {
    return detail::idbloader_reader{from, sha256}.read();
}

/// A stage of what was found at the start of `from`, put together and decoded: as it was before mkimage, but with the tag
/// for the first four bytes of the first generation's first. Throws format_error if not all of it is there.
inline image stage_of(const window& from, const found_idbloader& found, const found_stage& stage) {
    if (!found.spread && !found.encoded) {
        if (!from.has(stage.at, stage.size)) fail::idbloader_is_cut_off(from.size(), found.size);
        return from.part(stage.at, stage.size).copy();
    }
    owned_bytes all = detail::plain_bytes(from, found.spread, stage.at, stage.size);
    if (all.size() != stage.size.count) fail::idbloader_is_cut_off(from.size(), found.size);
    if (found.encoded) detail::rc4_by_sectors(all);
    return owned(std::move(all));
}

} // namespace rockchip
IMGCOMPOSE_NAMESPACE_END
