// SPDX-License-Identifier: BSL-1.0
// How large a journal is, and its first block; the rest must read as zero, or an old journal could be taken for ours.
#pragma once

#include <imgcompose/fs/ext4/format.hpp>
#include <imgcompose/fs/ext4/options.hpp>

#include <cstdint>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void journal_size_out_of_range(std::uint64_t blocks, std::uint64_t block_size) {
    throw input_error(text::join("ext4: a journal of ", blocks, " blocks of ", block_size,
                                 " bytes was asked for; 1024 to 10240000 blocks are possible"));
}
} // namespace fail

/// Blocks of the journal of a filesystem; 0: none. Source of the steps: e2fsprogs lib/ext2fs/mkjournal.c,
/// ext2fs_default_journal_size.
inline std::uint32_t ext4_journal_blocks(const ext4_journal& j, std::uint64_t filesystem_blocks,
                                         std::uint32_t block_size) {
    if (j.what == ext4_journal::kind::none) return 0;
    if (j.what == ext4_journal::kind::of_size) {
        const std::uint64_t blocks = j.size.count / block_size;
        if (blocks < 1024 || blocks > 10'240'000) fail::journal_size_out_of_range(blocks, block_size);
        return static_cast<std::uint32_t>(blocks);
    }
    struct step {
        std::uint64_t below;
        std::uint32_t blocks;
    };
    constexpr step steps[] = {{2048, 0},
                              {32768, 1024},
                              {256 * 1024, 4096},
                              {512 * 1024, 8192},
                              {4096 * 1024, 16384},
                              {8192 * 1024, 32768},
                              {16384 * 1024, 65536},
                              {32768 * 1024, 131072}};
    for (const step& s : steps)
        if (filesystem_blocks < s.below) return s.blocks;
    return 262144;
}

inline ext4_format::journal_superblock make_ext4_journal_superblock(std::uint32_t blocks, std::uint32_t block_size) {
    ext4_format::journal_superblock j{};
    j.h_magic = to_disk(ext4_format::journal_magic);
    j.h_blocktype = to_disk(ext4_format::journal_superblock_v2);
    j.s_blocksize = to_disk(block_size);
    j.s_maxlen = to_disk(blocks);
    j.s_first = to_disk(1u);
    j.s_sequence = to_disk(1u);
    j.s_nr_users = to_disk(1u);
    return j;
}

IMGCOMPOSE_NAMESPACE_END
