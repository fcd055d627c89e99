// SPDX-License-Identifier: BSL-1.0
// Android's sparse image format, which fastboot and simg2img take. Source: AOSP system/core, libsparse/sparse_format.h.
#pragma once

#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/write/block_sink.hpp>
#include <imgcompose/write/byte_stream.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void too_large_for_android_sparse(bytes size) {
    throw layout_error(text::join("an image of ", size.count, " bytes has more than the 4294967295 blocks of 4 KiB that an "
                                  "Android sparse image can count; write it raw"));
}
} // namespace fail

namespace android_sparse_format {

struct header {
    le32 magic;
    le16 major_version, minor_version;
    le16 file_hdr_sz, chunk_hdr_sz;
    le32 blk_sz, total_blks, total_chunks;
    le32 image_checksum; ///< CRC-32 of the image, undefined bytes as zero; 0: there is none
};
static_assert(disk_struct<header> && sizeof(header) == 28);

struct chunk_header {
    le16 chunk_type, reserved;
    le32 chunk_sz; ///< in blocks, of the image
    le32 total_sz; ///< in bytes, of this file, with the header
};
static_assert(disk_struct<chunk_header> && sizeof(chunk_header) == 12);

inline constexpr std::uint32_t magic = 0xed26ff3a;
enum : std::uint16_t { raw = 0xcac1, fill = 0xcac2, dont_care = 0xcac3, crc32 = 0xcac4 };

} // namespace android_sparse_format

struct android_sparse_options {
    bool checksum = false; ///< CRC-32 of the whole blocks, in the header and in a chunk at the end; few readers look at it
};

/// An image as an Android sparse file: `data` is RAW, or FILL where the same four bytes repeat; `zero` is FILL of zero, and
/// `undefined` DONT_CARE, which a flasher leaves as it is. Blocks of 4 KiB; an image that ends within one is filled up.
class android_sparse final : public block_sink {
public:
    explicit android_sparse(const std::filesystem::path& path, const android_sparse_options& options = {})
        : block_sink(whole_block), options_(options), file_(path) {}

    void abandon() noexcept override { file_.abandon(); }

private:
    static constexpr std::uint32_t longest_raw = 1 << 14; // blocks: readers take a chunk into memory at once

    void begin_blocks(std::uint64_t count) override {
        if (count > 0xffffffff) fail::too_large_for_android_sparse(image_size());
        blocks_ = static_cast<std::uint32_t>(count);
        file_.begin();
        file_.append(to_bytes(android_sparse_format::header{}));
        chunks_ = 0, checksum_ = 0;
        open_ = {};
    }
    void data_blocks(std::uint64_t, std::span<const std::byte> content) override {
        if (options_.checksum) checksum_ = crc32(content, checksum_);
        // Runs of blocks that are no repetition are written in one piece.
        std::size_t raw = 0;
        const auto flush = [&](std::size_t end) {
            if (raw != end) add_raw(content.subspan(raw, end - raw));
        };
        for (std::size_t i = 0; i < content.size(); i += block_size()) {
            std::uint32_t value = 0;
            if (!is_fill(content.subspan(i, block_size()), value)) continue;
            flush(i);
            raw = i + block_size();
            add(android_sparse_format::fill, value, 1);
        }
        flush(content.size());
    }
    void zero_blocks(std::uint64_t, std::uint64_t count) override {
        count_zeros(count);
        add(android_sparse_format::fill, 0, static_cast<std::uint32_t>(count));
    }
    void undefined_blocks(std::uint64_t, std::uint64_t count) override {
        count_zeros(count);
        add(android_sparse_format::dont_care, 0, static_cast<std::uint32_t>(count));
    }
    void finish_blocks(bool sync) override {
        close_chunk();
        if (options_.checksum) append_chunk(android_sparse_format::crc32, 0, checksum_);
        android_sparse_format::header h{};
        h.magic = to_disk(android_sparse_format::magic);
        h.major_version = to_disk(std::uint16_t{1});
        h.file_hdr_sz = to_disk(static_cast<std::uint16_t>(sizeof h));
        h.chunk_hdr_sz = to_disk(static_cast<std::uint16_t>(sizeof(android_sparse_format::chunk_header)));
        h.blk_sz = to_disk(static_cast<std::uint32_t>(whole_block.count));
        h.total_blks = to_disk(blocks_);
        h.total_chunks = to_disk(chunks_);
        h.image_checksum = to_disk(checksum_);
        file_.rewrite(offset{}, to_bytes(h));
        file_.finish(sync);
    }

    /// Whether four bytes repeat all over the block.
    static bool is_fill(std::span<const std::byte> content, std::uint32_t& value) {
        if (std::memcmp(content.data(), content.data() + 4, content.size() - 4) != 0) return false;
        le32 first;
        std::memcpy(&first, content.data(), sizeof first);
        value = from_disk(first);
        return true;
    }

    void count_zeros(std::uint64_t blocks) {
        if (!options_.checksum) return;
        const auto zeros = std::span{os::zero_page}.first(whole_block.count);
        for (; blocks != 0; --blocks) checksum_ = crc32(zeros, checksum_);
    }

    struct chunk {
        std::uint16_t type = 0; ///< 0: none is open
        std::uint32_t value = 0, blocks = 0;
        offset at{}; ///< of its header, if it is raw
    };
    void add(std::uint16_t type, std::uint32_t value, std::uint32_t blocks) {
        if (open_.type != type || open_.value != value) {
            close_chunk();
            open_ = {type, value, 0, {}};
        }
        open_.blocks += blocks;
    }
    void add_raw(std::span<const std::byte> content) {
        while (!content.empty()) {
            if (open_.type != android_sparse_format::raw || open_.blocks == longest_raw) {
                close_chunk();
                open_ = {android_sparse_format::raw, 0, 0, file_.end()};
                file_.append(to_bytes(android_sparse_format::chunk_header{})); // its length is known at its end
            }
            const std::size_t n = std::min(content.size(), std::size_t{longest_raw - open_.blocks} * block_size());
            file_.append(content.first(n));
            open_.blocks += static_cast<std::uint32_t>(n / block_size());
            content = content.subspan(n);
        }
    }
    void close_chunk() {
        const chunk c = std::exchange(open_, {});
        if (c.type == android_sparse_format::raw) {
            file_.rewrite(c.at, to_bytes(header_of(c.type, c.blocks, bytes{c.blocks * whole_block.count})));
            ++chunks_;
        } else if (c.type == android_sparse_format::fill) {
            append_chunk(c.type, c.blocks, c.value);
        } else if (c.type == android_sparse_format::dont_care) {
            file_.append(to_bytes(header_of(c.type, c.blocks, {})));
            ++chunks_;
        }
    }
    /// One of four bytes.
    void append_chunk(std::uint16_t type, std::uint32_t blocks, std::uint32_t value) {
        file_.append(to_bytes(header_of(type, blocks, 4_B)));
        file_.append(to_bytes(le32{to_disk(value)}));
        ++chunks_;
    }
    static android_sparse_format::chunk_header header_of(std::uint16_t type, std::uint32_t blocks, bytes content) {
        android_sparse_format::chunk_header h{};
        h.chunk_type = to_disk(type);
        h.chunk_sz = to_disk(blocks);
        h.total_sz = to_disk(sizeof h + content.count);
        return h;
    }

    android_sparse_options options_;
    file_stream file_;
    std::uint32_t blocks_ = 0, chunks_ = 0, checksum_ = 0;
    chunk open_;
};

IMGCOMPOSE_NAMESPACE_END
