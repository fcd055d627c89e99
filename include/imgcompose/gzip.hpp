// SPDX-License-Identifier: BSL-1.0
// Images packed by gzip; needs the target imgcompose::gzip (zlib).
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/core/error.hpp>
#include <imgcompose/write/chunked_sink.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void no_such_gzip_level(int level) {
    throw input_error(text::join("gzip has no level ", level, "; levels are 1 to 9"));
}
[[noreturn]] inline void zlib_refused(const char* what) {
    throw error(std::string{"zlib cannot pack: "} + what + " failed");
}
} // namespace fail

struct gzip_options {
    int level = 6;        ///< 1 (fast) to 9 (small)
    std::size_t jobs = 0; ///< threads; 0: one a processor, at most eight
};

/// The raw image as one gzip member without name and time: the same bytes every time, by any number of threads. Chunks are
/// packed apart, each knowing the 32 KiB before it, and joined at byte boundaries (RFC 1951, 3.2.4).
class gzip final : public chunked_sink {
public:
    /// Throws input_error if there is no such level.
    explicit gzip(byte_stream& to, const gzip_options& options = {})
        : chunked_sink(to, 1 << 20, options.jobs), level_(options.level) {
        if (level_ < 1 || level_ > 9) fail::no_such_gzip_level(level_);
    }

private:
    /// One raw deflate stream of zlib.
    class deflater {
    public:
        explicit deflater(int level) {
            if (::deflateInit2(&stream_, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
                fail::zlib_refused("deflateInit2");
        }
        deflater(const deflater&) = delete;
        deflater& operator=(const deflater&) = delete;
        ~deflater() { ::deflateEnd(&stream_); }

        void begin() {
            if (::deflateReset(&stream_) != Z_OK) fail::zlib_refused("deflateReset");
        }
        void know(std::span<const std::byte> before) {
            if (::deflateSetDictionary(&stream_, raw(before.data()), static_cast<uInt>(before.size())) != Z_OK)
                fail::zlib_refused("deflateSetDictionary");
        }
        void pack(std::span<const std::byte> next, bool last, std::vector<std::byte>& to) {
            to.resize(::deflateBound(&stream_, static_cast<uLong>(next.size())) + 64); // and the marker at the end
            stream_.next_in = const_cast<Bytef*>(raw(next.data())); // zlib's own type is not const
            stream_.avail_in = static_cast<uInt>(next.size());
            stream_.next_out = reinterpret_cast<Bytef*>(to.data());
            stream_.avail_out = static_cast<uInt>(to.size());
            const int result = ::deflate(&stream_, last ? Z_FINISH : Z_SYNC_FLUSH);
            if (result != (last ? Z_STREAM_END : Z_OK) || stream_.avail_in != 0) fail::zlib_refused("deflate");
            to.resize(to.size() - stream_.avail_out);
        }

    private:
        static const Bytef* raw(const std::byte* p) { return reinterpret_cast<const Bytef*>(p); }
        ::z_stream stream_{};
    };

    void begin_packing() override {
        checksum_ = 0, size_ = 0;
        // RFC 1952, 2.3: magic, deflate, no flags, no time, no extra flags, unknown system.
        constexpr std::array<unsigned char, 10> header{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
        append(std::as_bytes(std::span{header}));
    }
    class gzip_packer final : public packer {
    public:
        explicit gzip_packer(int level) : deflater_(level) {}
        [[nodiscard]] packed pack(const chunk& next, const chunk& before, bool last) override {
            packed p{.unpacked_size = next->size()};
            deflater_.begin();
            if (before) deflater_.know(std::span{*before}.last(std::min<std::size_t>(before->size(), 32768)));
            deflater_.pack(*next, last, p.content);
            p.checksum = static_cast<std::uint32_t>( // faster than core/crc.hpp
                ::crc32_z(0, reinterpret_cast<const Bytef*>(next->data()), next->size()));
            return p;
        }

    private:
        deflater deflater_;
    };
    [[nodiscard]] std::unique_ptr<packer> make_packer() const override { return std::make_unique<gzip_packer>(level_); }
    void appended(const packed& p) override {
        checksum_ = static_cast<std::uint32_t>(
            ::crc32_combine(checksum_, p.checksum, static_cast<z_off_t>(p.unpacked_size)));
        size_ += p.unpacked_size;
    }
    void finish_packing() override {
        const std::array<le32, 2> trailer{to_disk(checksum_), to_disk(static_cast<std::uint32_t>(size_))};
        append(std::as_bytes(std::span{trailer}));
    }

    int level_;
    std::uint32_t checksum_ = 0;
    std::uint64_t size_ = 0;
};

IMGCOMPOSE_NAMESPACE_END
