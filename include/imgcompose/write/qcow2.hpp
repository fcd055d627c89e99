// SPDX-License-Identifier: BSL-1.0
// QEMU's qcow2, version 3. Source: QEMU docs/interop/qcow2.txt.
#pragma once

#include <imgcompose/core/endian.hpp>
#include <imgcompose/write/block_sink.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/new_file.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void too_large_for_qcow2(bytes size) {
    throw layout_error(text::join("an image of ", size.count, " bytes is larger than the 2 PiB that QEMU takes of a qcow2 file "
                                  "with clusters of 64 KiB"));
}
} // namespace fail

namespace qcow2_format {

struct header {
    std::array<char, 4> magic; ///< "QFI\xfb"
    be32 version;
    be64 backing_file_offset;
    be32 backing_file_size, cluster_bits;
    be64 size;
    be32 crypt_method, l1_size;
    be64 l1_table_offset, refcount_table_offset;
    be32 refcount_table_clusters, nb_snapshots;
    be64 snapshots_offset;
    be64 incompatible_features, compatible_features, autoclear_features;
    be32 refcount_order, header_length;
};
static_assert(disk_struct<header> && sizeof(header) == 104);

inline constexpr std::uint64_t copied = std::uint64_t{1} << 63; ///< in L1 and L2 entries: the only reference
inline constexpr std::uint32_t cluster_bits = 16;
inline constexpr std::uint64_t cluster_size = 1 << cluster_bits;

} // namespace qcow2_format

/// An image as a qcow2 file without a backing file: clusters of 64 KiB that hold data other than zeros are stored, all
/// others read as zero. The size is rounded up to whole sectors of 512 bytes.
class qcow2 final : public block_sink {
public:
    explicit qcow2(const std::filesystem::path& path)
        : block_sink(bytes{qcow2_format::cluster_size}), path_(path.string()) {}

    void abandon() noexcept override { file_.abandon(); }

private:
    static constexpr std::uint64_t cluster = qcow2_format::cluster_size;
    static constexpr std::uint64_t entries = cluster / 8;       // of an L2 table
    static constexpr std::uint64_t counts = cluster / 2;        // of a refcount block, of 16 bits each
    static constexpr std::uint64_t most_tables = (32 << 20) / 8; // QEMU block/qcow2.h, QCOW_MAX_L1_SIZE
    using table = std::vector<be64>;

    void begin_blocks(std::uint64_t count) override {
        if (div_up(count, entries) > most_tables) fail::too_large_for_qcow2(image_size());
        file_.begin(path_);
        next_ = 1; // the first cluster is the header's
        l1_.assign(static_cast<std::size_t>(std::max<std::uint64_t>(div_up(count, entries), 1)), {});
        l2_.clear();
    }
    void data_blocks(std::uint64_t first, std::span<const std::byte> content) override {
        while (!content.empty()) { // what one L2 table is of
            const std::uint64_t count = std::min(content.size() / cluster, entries - first % entries);
            store(first, content.first(static_cast<std::size_t>(count * cluster)));
            content = content.subspan(static_cast<std::size_t>(count * cluster));
            first += count;
        }
    }
    void zero_blocks(std::uint64_t, std::uint64_t) override {}
    void undefined_blocks(std::uint64_t, std::uint64_t) override {}

    void store(std::uint64_t first, std::span<const std::byte> content) {
        if (const auto number = static_cast<std::size_t>(first / entries); number != l2_number_ || l2_.empty()) {
            close_table();
            l2_number_ = number;
        }
        // Neighbours are stored as neighbours, in one write.
        std::size_t run = 0;
        const auto flush = [&](std::size_t end) {
            if (run == end) return;
            if (l2_.empty()) l2_.resize(entries);
            std::uint64_t host = append(content.subspan(run, end - run));
            for (std::size_t i = run; i < end; i += cluster)
                l2_[static_cast<std::size_t>((first + i / cluster) % entries)] =
                    to_disk(qcow2_format::copied | host++ * cluster);
        };
        for (std::size_t i = 0; i < content.size(); i += cluster) {
            if (!detail::all_zero(content.subspan(i, cluster))) continue;
            flush(i);
            run = i + cluster;
        }
        flush(content.size());
    }
    /// Writes the L2 table out; what follows needs another one.
    void close_table() {
        if (l2_.empty()) return;
        l1_[l2_number_] = to_disk(qcow2_format::copied | append(std::as_bytes(std::span{l2_})) * cluster);
        l2_.clear();
    }

    /// Puts whole clusters behind all others; which one is the first.
    std::uint64_t append(std::span<const std::byte> content) {
        const std::uint64_t at = next_;
        if (!content.empty()) file_.file().write_exactly_at(offset{bytes{at * cluster}}, content);
        next_ += div_up(content.size(), cluster);
        return at;
    }

    void finish_blocks(bool sync) override {
        close_table();
        const std::uint64_t l1_at = append(std::as_bytes(std::span{l1_}));

        // The blocks and the table that count references are counted, too.
        std::uint64_t blocks = 0, table_clusters = 0;
        for (std::uint64_t all = 0; all != next_ + blocks + table_clusters;) {
            all = next_ + blocks + table_clusters;
            blocks = div_up(all, counts);
            table_clusters = div_up(blocks, entries);
        }
        const std::uint64_t all = next_ + blocks + table_clusters, first_block = next_;
        std::vector<be16> block(counts);
        table references(static_cast<std::size_t>(table_clusters * entries));
        for (std::uint64_t b = 0; b < blocks; ++b) {
            for (std::uint64_t i = 0; i < counts; ++i)
                block[static_cast<std::size_t>(i)] = to_disk(static_cast<std::uint16_t>(b * counts + i < all ? 1 : 0));
            references[static_cast<std::size_t>(b)] = to_disk((first_block + b) * cluster);
            append(std::as_bytes(std::span{block}));
        }
        const std::uint64_t references_at = append(std::as_bytes(std::span{references}));

        qcow2_format::header h{};
        h.magic = {'Q', 'F', 'I', '\xfb'};
        h.version = to_disk(3u);
        h.cluster_bits = to_disk(qcow2_format::cluster_bits);
        h.size = to_disk(round_up(image_size().count, 512));
        h.l1_size = to_disk(static_cast<std::uint32_t>(l1_.size()));
        h.l1_table_offset = to_disk(l1_at * cluster);
        h.refcount_table_offset = to_disk(references_at * cluster);
        h.refcount_table_clusters = to_disk(static_cast<std::uint32_t>(table_clusters));
        h.refcount_order = to_disk(4u);
        h.header_length = to_disk(static_cast<std::uint32_t>(sizeof h));
        file_.file().set_size(bytes{next_ * cluster}); // the last table may end within its cluster
        file_.file().write_exactly_at(offset{}, to_bytes(h));
        file_.finish(sync);
    }

    std::string path_;
    new_file file_;
    std::uint64_t next_ = 1; // cluster that is free next
    table l1_;
    table l2_; // the one that is being filled; empty while nothing is stored there
    std::size_t l2_number_ = 0;
};

IMGCOMPOSE_NAMESPACE_END
