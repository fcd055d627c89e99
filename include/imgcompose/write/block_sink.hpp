// SPDX-License-Identifier: BSL-1.0
// What formats have in common that describe an image by blocks of one size.
#pragma once

#include <imgcompose/write/sink.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Turns ranges, which begin and end anywhere, into whole blocks. A block that holds any data is data, and the rest of it
/// zero; one that holds any zeros is zero. The last block of an image is filled up with zeros.
class block_sink : public sink {
public:
    explicit block_sink(bytes block) : partial_(static_cast<std::size_t>(block.count)) {}

    void begin(bytes size) final {
        image_size_ = size;
        next_ = 0, filled_ = 0;
        begin_blocks(div_up(size.count, partial_.size()));
    }
    void data(offset, std::span<const std::byte> content) final { take(byte_kind::data, content.size(), content.data()); }
    void zero(offset, bytes size) final { take(byte_kind::zero, size.count, nullptr); }
    void undefined(offset, bytes size) final { take(byte_kind::undefined, size.count, nullptr); }
    void finish(bool sync) final {
        if (filled_ != 0) {
            std::ranges::fill(std::span{partial_}.subspan(filled_), std::byte{});
            emit_partial();
        }
        finish_blocks(sync);
    }

protected:
    // `first` counts blocks from the start of the image.
    virtual void begin_blocks(std::uint64_t count) = 0;
    virtual void data_blocks(std::uint64_t first, std::span<const std::byte> content) = 0;
    virtual void zero_blocks(std::uint64_t first, std::uint64_t count) = 0;
    virtual void undefined_blocks(std::uint64_t first, std::uint64_t count) = 0;
    virtual void finish_blocks(bool sync) = 0;

    [[nodiscard]] bytes image_size() const { return image_size_; }
    [[nodiscard]] std::size_t block_size() const { return partial_.size(); }

private:
    void take(byte_kind kind, std::uint64_t size, const std::byte* content) {
        const auto go_on_by = [&](std::uint64_t n) {
            size -= n;
            if (content != nullptr) content += n;
        };
        if (filled_ != 0) go_on_by(add_to_partial(kind, size, content));
        if (const std::uint64_t blocks = size / partial_.size(); blocks != 0) {
            emit(kind, blocks, content);
            go_on_by(blocks * partial_.size());
        }
        if (size != 0) add_to_partial(kind, size, content);
    }
    /// How many bytes it took.
    std::uint64_t add_to_partial(byte_kind kind, std::uint64_t size, const std::byte* content) {
        const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(size, partial_.size() - filled_));
        const auto to = std::span{partial_}.subspan(filled_, n);
        if (content != nullptr) std::copy_n(content, n, to.begin());
        else std::ranges::fill(to, std::byte{});
        const auto weight = [](byte_kind k) { return k == byte_kind::data ? 2 : k == byte_kind::zero ? 1 : 0; };
        if (filled_ == 0 || weight(kind) > weight(partial_kind_)) partial_kind_ = kind;
        filled_ += n;
        if (filled_ == partial_.size()) emit_partial();
        return n;
    }
    void emit_partial() {
        filled_ = 0;
        emit(partial_kind_, 1, partial_.data());
    }
    void emit(byte_kind kind, std::uint64_t blocks, const std::byte* content) {
        const std::uint64_t first = next_;
        next_ += blocks;
        if (kind == byte_kind::data)
            data_blocks(first, {content, static_cast<std::size_t>(blocks) * partial_.size()});
        else if (kind == byte_kind::zero) zero_blocks(first, blocks);
        else undefined_blocks(first, blocks);
    }

    bytes image_size_{};
    std::uint64_t next_ = 0; // block that is emitted next
    std::vector<std::byte> partial_;
    std::size_t filled_ = 0;
    byte_kind partial_kind_ = byte_kind::undefined;
};

IMGCOMPOSE_NAMESPACE_END
