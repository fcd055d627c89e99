// SPDX-License-Identifier: BSL-1.0
// The blocks of directories, as lists and as hash trees.
#pragma once

#include <imgcompose/fs/ext4/checksum.hpp>
#include <imgcompose/fs/ext4/content.hpp>

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// directory_entry.file_type. Linux include/linux/fs_types.h, FT_*.
constexpr std::uint8_t ext4_file_type(file_type t) {
    switch (t) {
    case file_type::regular: return 1;
    case file_type::directory: return 2;
    case file_type::character_device: return 3;
    case file_type::block_device: return 4;
    case file_type::fifo: return 5;
    case file_type::socket: return 6;
    case file_type::symlink: return 7;
    }
    return 0;
}

/// Writes one directory's blocks.
class ext4_directory_writer {
public:
    ext4_directory_writer(const ext4_content& c, const ext4_directory& d) : c_(c), d_(d) {
        if (d.hashed) shape_ = ext4_htree_shape(c.profile.block_size, c.profile.metadata_csum, d.leaf_count);
    }

    /// Fills `block`, all zero before, with block `logical` of the directory.
    void put(std::uint32_t logical, std::span<std::byte> block) const {
        if (d_.hashed && logical < shape_.index_blocks()) put_index(logical, block);
        else put_leaf(d_.hashed ? logical - shape_.index_blocks() : logical, block);
    }

private:
    std::size_t put_entry(std::span<std::byte> block, std::size_t at, std::uint32_t ino, std::size_t rec_len,
                          std::string_view name, std::uint8_t type) const {
        put_struct(block.subspan(at),
                   ext4_format::directory_entry{.inode = to_disk(ino),
                                                .rec_len = to_disk(static_cast<std::uint16_t>(rec_len)),
                                                .name_len = static_cast<std::uint8_t>(name.size()),
                                                .file_type = type});
        if (!name.empty()) std::memcpy(block.data() + at + sizeof(ext4_format::directory_entry), name.data(), name.size());
        return at + rec_len;
    }

    void put_leaf(std::uint32_t leaf, std::span<std::byte> block) const {
        const std::size_t room = c_.profile.directory_block_room();
        constexpr std::uint8_t directory_type = ext4_file_type(file_type::directory);
        if (leaf >= d_.leaf_count) {
            put_entry(block, 0, 0, room, {}, 0);
        } else {
            const std::uint32_t first = c_.leaves[d_.first_leaf + leaf].first;
            const std::uint32_t end =
                leaf + 1 < d_.leaf_count ? c_.leaves[d_.first_leaf + leaf + 1].first : d_.first + d_.count;
            // The last entry reaches to the end of the block.
            std::size_t at = 0;
            if (leaf == 0 && !d_.hashed) {
                at = put_entry(block, at, d_.ino, directory_entry_size(1), ".", directory_type);
                at = put_entry(block, at, d_.parent_ino, first == end ? room - at : directory_entry_size(2), "..",
                               directory_type);
            }
            const tree& t = *c_.tree;
            for (std::uint32_t i = first; i < end; ++i) {
                const tree::entry& e = t.entries()[c_.order[i]];
                const std::string_view name = t.name_of(e);
                const std::size_t rec_len = i + 1 == end ? room - at : directory_entry_size(name.size());
                at = put_entry(block, at, c_.ino_of[e.target], rec_len, name,
                               ext4_file_type(t.at(inode_index{e.target}).type));
            }
        }
        ext4_checksum::finish_directory_block(c_.profile, d_.ino, block);
    }

    void put_index(std::uint32_t logical, std::span<std::byte> block) const {
        const std::uint32_t bs = c_.profile.block_size;
        // How many leaves lie below an entry of the root, and of a node of the upper of two levels.
        const std::uint64_t per_lowest = shape_.node_limit;
        const std::uint64_t per_upper = per_lowest * shape_.node_limit;
        const std::uint32_t leaves_at = shape_.index_blocks();
        if (logical == 0) {
            constexpr std::uint8_t directory_type = ext4_file_type(file_type::directory);
            put_entry(block, 0, d_.ino, directory_entry_size(1), ".", directory_type);
            put_entry(block, directory_entry_size(1), d_.parent_ino, bs - directory_entry_size(1), "..",
                      directory_type);
            put_struct(block.subspan(24),
                       ext4_format::dx_root_info{.reserved_zero = to_disk(0u),
                                                 .hash_version = ext4_format::hash_half_md4,
                                                 .info_length = 8,
                                                 .indirect_levels = static_cast<std::uint8_t>(shape_.levels),
                                                 .unused_flags = 0});
            if (shape_.levels == 0) put_entries(block, 32, shape_.root_limit, d_.leaf_count, leaves_at, 0, 1);
            else
                put_entries(block, 32, shape_.root_limit, shape_.nodes[0], 1, 0,
                            shape_.levels == 1 ? per_lowest : per_upper);
            return;
        }
        put_entry(block, 0, 0, bs, {}, 0);
        const std::uint32_t node = logical - 1;
        const bool upper = shape_.levels == 2 && node < shape_.nodes[0];
        if (upper) {
            const std::uint32_t first = node * shape_.node_limit;
            const std::uint32_t count = std::min(shape_.node_limit, shape_.nodes[1] - first);
            put_entries(block, 8, shape_.node_limit, count, 1 + shape_.nodes[0] + first, first * per_lowest,
                        per_lowest);
        } else {
            const std::uint32_t first = (node - (shape_.levels == 2 ? shape_.nodes[0] : 0)) * shape_.node_limit;
            const std::uint32_t count = std::min(shape_.node_limit, d_.leaf_count - first);
            put_entries(block, 8, shape_.node_limit, count, leaves_at + first, first, 1);
        }
    }

    /// `count` entries at byte `at`: for the blocks from `first_block` on, whose first leaves are `first_leaf`,
    /// `first_leaf` + `step`, ...
    void put_entries(std::span<std::byte> block, std::size_t at, std::uint32_t limit, std::uint32_t count,
                     std::uint32_t first_block, std::uint64_t first_leaf, std::uint64_t step) const {
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t hash = c_.leaves[d_.first_leaf + first_leaf + i * step].hash;
            put_struct(block.subspan(at + i * sizeof(ext4_format::dx_entry)),
                       ext4_format::dx_entry{.hash = to_disk(hash), .block = to_disk(first_block + i)});
        }
        put_struct(block.subspan(at), ext4_format::dx_countlimit{.limit = to_disk(static_cast<std::uint16_t>(limit)),
                                                                 .count = to_disk(static_cast<std::uint16_t>(count))});
        ext4_checksum::finish_dx_node(c_.profile, d_.ino, block, at, limit, count);
    }

    const ext4_content& c_;
    const ext4_directory& d_;
    htree_shape shape_{};
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
