// SPDX-License-Identifier: BSL-1.0
// Images packed by zstd, in frames that allow seeking; needs the target imgcompose::zstd (libzstd).
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/core/error.hpp>
#include <imgcompose/write/chunked_sink.hpp>

#include <zstd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void libzstd_refused(const char* why) { throw error(std::string{"libzstd cannot pack: "} + why); }
[[noreturn]] inline void no_such_zstd_level(int level, int least, int most) {
    throw input_error(text::join("zstd has no level ", level, "; levels are ", least, " to ", most));
}
[[noreturn]] inline void impossible_zstd_frame(bytes size) {
    throw input_error(text::join("zstd frames of ", size.count, " bytes are asked for; choose 4 KiB to 1 GiB"));
}
[[noreturn]] inline void too_many_zstd_frames(std::size_t frames) {
    throw layout_error(text::join("the image has ", frames, " zstd frames, more than a seek table can list; choose larger "
                                  "frames"));
}
} // namespace fail

struct zstd_options {
    int level = 3;               ///< 1 (fast) to 19 (small); libzstd knows some beyond both
    bytes frame_size{2_MiB};     ///< unpacked bytes that are packed alone: what has to be read to seek
    std::size_t jobs = 0;        ///< threads; 0: one a processor, at most eight
};

/// The raw image as independent frames and a table of them at the end, which any reader of zstd skips. Source: zstd
/// contrib/seekable_format/zstd_seekable_compression_format.md.
class zstd final : public chunked_sink {
public:
    /// Throws input_error if libzstd has no such level, or frames cannot be of that size.
    explicit zstd(byte_stream& to, const zstd_options& options = {})
        : chunked_sink(to, checked(options).frame_size.count, options.jobs), level_(options.level) {}

private:
    struct frame {
        std::uint32_t packed_size, unpacked_size;
    };
    static constexpr std::uint32_t skippable_magic = 0x184d2a5e, seekable_magic = 0x8f92eab1;
    static constexpr std::size_t most_frames = 0x8000000; // ZSTD_SEEKABLE_MAXFRAMES
    static constexpr bytes least_frame{4_KiB}, largest_frame{1_GiB}; // ZSTD_SEEKABLE_MAX_FRAME_DECOMPRESSED_SIZE

    static const zstd_options& checked(const zstd_options& o) {
        const ZSTD_bounds levels = ::ZSTD_cParam_getBounds(ZSTD_c_compressionLevel);
        if (o.level < levels.lowerBound || o.level > levels.upperBound)
            fail::no_such_zstd_level(o.level, levels.lowerBound, levels.upperBound);
        if (o.frame_size < least_frame || o.frame_size > largest_frame) fail::impossible_zstd_frame(o.frame_size);
        return o;
    }

    void begin_packing() override { frames_.clear(); }
    class zstd_packer final : public packer {
    public:
        explicit zstd_packer(int level) : context_(::ZSTD_createCCtx()) {
            if (!context_) fail::libzstd_refused("there is no memory for a context");
            ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
            ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
        }
        [[nodiscard]] packed pack(const chunk& next, const chunk& before, bool last) override {
            packed p{.unpacked_size = next->size()};
            if (next->empty() && last && before) return p; // nothing is left; but an empty image is one empty frame
            room_.resize(::ZSTD_compressBound(next->size()));
            const std::size_t size =
                ::ZSTD_compress2(context_.get(), room_.data(), room_.size(), next->data(), next->size());
            if (::ZSTD_isError(size) != 0) fail::libzstd_refused(::ZSTD_getErrorName(size));
            p.content.assign(room_.begin(), room_.begin() + static_cast<std::ptrdiff_t>(size));
            return p;
        }

    private:
        struct free_context {
            void operator()(ZSTD_CCtx* c) const { ::ZSTD_freeCCtx(c); }
        };
        std::unique_ptr<ZSTD_CCtx, free_context> context_;
        std::vector<std::byte> room_;
    };
    [[nodiscard]] std::unique_ptr<packer> make_packer() const override { return std::make_unique<zstd_packer>(level_); }
    void appended(const packed& p) override {
        if (p.content.empty()) return;
        if (frames_.size() == most_frames) fail::too_many_zstd_frames(frames_.size() + 1);
        frames_.push_back({narrow<std::uint32_t>(p.content.size()), static_cast<std::uint32_t>(p.unpacked_size)});
    }
    void finish_packing() override {
        std::vector<std::byte> table;
        const auto put = [&](std::uint32_t value) {
            const auto raw = to_bytes(le32{to_disk(value)});
            table.insert(table.end(), raw.begin(), raw.end());
        };
        put(skippable_magic);
        put(static_cast<std::uint32_t>(frames_.size() * 8 + 9));
        for (const frame& f : frames_) put(f.packed_size), put(f.unpacked_size);
        put(static_cast<std::uint32_t>(frames_.size()));
        table.push_back(std::byte{}); // no checksums in the table: the frames have them
        put(seekable_magic);
        append(table);
    }

    int level_;
    std::vector<frame> frames_;
};

IMGCOMPOSE_NAMESPACE_END
