// SPDX-License-Identifier: BSL-1.0
// Block maps, by which bmaptool copies only what an image holds. Source: bmap-tools, the comments in its own .bmap files
// and TransRead and BmapCopy of bmaptools/ (format 2.0).
#pragma once

#include <imgcompose/write/block_sink.hpp>
#include <imgcompose/write/byte_stream.hpp>
#include <imgcompose/write/digest.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void no_sha256_for_bmap(std::size_t digits) {
    throw input_error(text::join("a bmap needs SHA-256, which has 64 digits, and was given a digest of ", digits,
                                 "; imgcompose/openssl.hpp has sha256_digest"));
}
} // namespace fail

/// Makes a new, empty SHA-256, such as `make_sha256` of imgcompose/openssl.hpp.
using digest_maker = std::function<std::unique_ptr<digest>()>;

/// The block map of an image, a sink beside the one for the image itself. Blocks of 4 KiB that are data or zero are mapped,
/// undefined ones are not: a reader leaves those of the medium as they are.
class bmap final : public block_sink {
public:
    bmap(byte_stream& to, digest_maker sha256) : block_sink(whole_block), to_(to), sha256_(std::move(sha256)) {}

    void abandon() noexcept override { to_.abandon(); }

private:
    struct range {
        std::uint64_t first = 0, last = 0;
        std::string checksum{};
    };

    void begin_blocks(std::uint64_t count) override {
        if (const std::size_t digits = sha256_()->text().size(); digits != no_checksum.size())
            fail::no_sha256_for_bmap(digits);
        to_.begin();
        blocks_ = count;
        ranges_.clear();
        open_.reset();
    }
    void data_blocks(std::uint64_t first, std::span<const std::byte> content) override {
        const std::uint64_t count = content.size() / block_size();
        go_on(first, count);
        // The image may end within its last block.
        const std::uint64_t end = std::min((first + count) * block_size(), image_size().count);
        open_->update(content.first(static_cast<std::size_t>(end - first * block_size())));
    }
    void zero_blocks(std::uint64_t first, std::uint64_t count) override {
        constexpr std::uint64_t at_once = os::zero_page.size() / whole_block.count;
        for (std::uint64_t done = 0; done < count;) {
            const std::uint64_t n = std::min(count - done, at_once);
            data_blocks(first + done, std::span{os::zero_page}.first(static_cast<std::size_t>(n * whole_block.count)));
            done += n;
        }
    }
    void undefined_blocks(std::uint64_t, std::uint64_t) override { close_range(); }
    void finish_blocks(bool sync) override {
        close_range();
        // The checksum of the file is made with zeros in its own place.
        std::string text = document();
        const auto whole = sha256_();
        whole->update(std::as_bytes(std::span{text}));
        text.replace(text.find(no_checksum), no_checksum.size(), whole->text());
        to_.append(std::as_bytes(std::span{text}));
        to_.finish(sync);
    }

    void go_on(std::uint64_t first, std::uint64_t count) {
        if (!open_) {
            open_ = sha256_();
            ranges_.push_back({first, first, {}});
        }
        ranges_.back().last = first + count - 1;
    }
    void close_range() {
        if (!open_) return;
        ranges_.back().checksum = open_->text();
        open_.reset();
    }

    [[nodiscard]] std::string document() const {
        std::uint64_t mapped = 0;
        for (const range& r : ranges_) mapped += r.last - r.first + 1;
        std::string s = text::join("<?xml version=\"1.0\" ?>\n<bmap version=\"2.0\">\n    <ImageSize> ", image_size().count,
                                   " </ImageSize>\n    <BlockSize> ", whole_block.count, " </BlockSize>\n    <BlocksCount> ", blocks_,
                                   " </BlocksCount>\n    <MappedBlocksCount> ", mapped,
                                   " </MappedBlocksCount>\n    <ChecksumType> sha256 </ChecksumType>\n    <BmapFileChecksum> ",
                                   no_checksum, " </BmapFileChecksum>\n    <BlockMap>\n");
        for (const range& r : ranges_) {
            s += text::join("        <Range chksum=\"", r.checksum, "\"> ", r.first);
            if (r.last != r.first) s += text::join('-', r.last);
            s += " </Range>\n";
        }
        return s + "    </BlockMap>\n</bmap>\n";
    }

    static constexpr std::string_view no_checksum = "0000000000000000000000000000000000000000000000000000000000000000";
    byte_stream& to_;
    digest_maker sha256_;
    std::uint64_t blocks_ = 0;
    std::vector<range> ranges_;
    std::unique_ptr<digest> open_; // of the last range, while it goes on
};

IMGCOMPOSE_NAMESPACE_END
